"""Applies and exports diffs in a scratch git store; the only caller of git.

An app is a git tree here: an object name in the store under the build folder. No commit is
made and no file of the app is touched, so nothing can be left half done.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from workbook.diffs import Diff
from workbook.errors import WorkbookError

# Said in full, so that no git and no setting exports other bytes.
_EXPORT = (
    *("diff-tree", "-r", "-p", "-U3", "--full-index", "--no-renames", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--diff-algorithm=myers", "--indent-heuristic"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)


class DoesNotFit(WorkbookError):
    """Tell that a diff does not apply, or not exactly where it says."""


@dataclass(frozen=True)
class Store:
    """A bare scratch repository that keeps the trees of the series."""

    folder: Path

    def open(self) -> Store:
        """Make the store where it is missing; safe when several processes do it at once."""
        if not (self.folder / "HEAD").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare", "--template=", str(self.folder))
        return self

    def tree_of(self, folder: Path) -> str:
        """Return the tree of the files in a folder, without what its .gitignore names."""
        with self._index() as index:
            self._git("add", "--all", ".", index=index, work_tree=folder)
            return self._git("write-tree", index=index).strip()

    def apply(self, tree: str, diff: Diff, name: str) -> str:
        """Return the tree that `diff` makes of `tree`; raise DoesNotFit without touching any."""
        with self._index() as index:
            self._git("read-tree", tree, index=index)
            try:
                self._git(
                    "apply", "--cached", "--whitespace=nowarn", "-", index=index, stdin=diff.body
                )
            except _GitFailed as error:
                raise DoesNotFit(_why_not(error.output, name)) from None
            return self._git("write-tree", index=index).strip()

    def apply_fresh(self, tree: str, diff: Diff, name: str) -> str:
        """Apply a diff that must be exactly what git would export; raise DoesNotFit if stale."""
        new = self.apply(tree, diff, name)
        if (exported := self.export(tree, new)) != diff.body:
            raise DoesNotFit(_why_stale(diff, exported, name))
        return new

    def export(self, old: str, new: str) -> str:
        """Return the diff between two trees, the same bytes on every machine."""
        return self._git(*_EXPORT, old, new)

    def files(self, tree: str) -> dict[str, str]:
        """Return the blob of each path of a tree."""
        listing = self._git("ls-tree", "-r", "-z", tree)
        rows = [row.partition("\t") for row in listing.split("\0") if row]
        return {path: facts.split()[2] for facts, _, path in rows}

    def checkout(self, tree: str, folder: Path) -> None:
        """Write the files of a tree into a folder."""
        with self._index() as index:
            self._git("read-tree", tree, index=index)
            self._git("checkout-index", "--all", index=index, work_tree=folder)

    @contextmanager
    def _index(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="index-", dir=self.folder) as folder:
            yield Path(folder) / "index"

    def _git(
        self,
        *words: str,
        index: Path | None = None,
        work_tree: Path | None = None,
        stdin: str = "",
    ) -> str:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        environ |= {
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DIR": str(self.folder),
            "LC_ALL": "C",
        }
        if index:
            environ["GIT_INDEX_FILE"] = str(index)
        if work_tree:
            environ["GIT_WORK_TREE"] = str(work_tree)
        return _run(
            ["git", "-c", "core.quotePath=false", "-c", "core.autocrlf=false", *words],
            environ,
            work_tree or self.folder,
            stdin,
        )


class _GitFailed(Exception):
    def __init__(self, output: str) -> None:
        self.output = output
        super().__init__(output)


def _run(words: list[str], environ: dict[str, str], folder: Path, stdin: str) -> str:
    try:
        # surrogateescape: file content that is not UTF-8 must pass through unharmed
        ran = subprocess.run(
            words,
            env=environ,
            cwd=folder,
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise WorkbookError(
            "git is missing, and the workbook builds its steps with it: "
            "install it with `sudo apt-get install git`."
        ) from None
    if ran.returncode:
        raise _GitFailed(ran.stderr.decode("utf-8", "replace"))
    return ran.stdout.decode("utf-8", "surrogateescape")


def _why_not(output: str, name: str) -> str:
    where = re.search(r"patch failed: (.+):(\d+)", output)
    if where:
        return (
            f"{name} does not apply: {where[1]} near line {where[2]} is not what the diff expects. "
            "Mend it with `make edit` and `make refresh`."
        )
    reason = re.sub(r"(?m)^error: ", "", output).strip().splitlines() or ["git gave no reason"]
    return f"{name} does not apply: {reason[0]}."


def _why_stale(diff: Diff, exported: str, name: str) -> str:
    """Say which line of a diff that applies is not what git would write."""
    start = diff.preamble.count("\n")
    pairs = zip_longest(diff.body.splitlines(), exported.splitlines(), fillvalue="nothing")
    for line, (is_, should) in enumerate(pairs, start + 1):
        if is_ != should:
            return (
                f"{name} is stale: it applies, but line {line} is {is_[:60]!r} and should be "
                f"{should[:60]!r}. Run `make refresh`."
            )
    return f"{name} is stale. Run `make refresh`."
