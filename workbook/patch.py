"""Applies and exports diffs in a scratch git store; the only caller of git.

An app is a git tree here: an object name in the store under the build folder. No commit is
made and no file of the app is touched, so nothing can be left half done.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from workbook.diffs import Diff
from workbook.errors import WorkbookError

# Every option is given, so that each git with any settings exports the same bytes.
_EXPORT = (
    *("diff-tree", "-r", "-p", "-U3", "--full-index", "--no-renames", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--diff-algorithm=myers", "--indent-heuristic"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)

# Of the commits in scratch repositories, which nobody publishes.
_SIGNATURE = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "workbook"),
        ("EMAIL", "workbook@localhost"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}


@dataclass(frozen=True)
class Merged:
    """What a three-way merge made; not clean: with conflict marks."""

    text: str
    clean: bool


class DoesNotFit(WorkbookError):
    """Raised for a diff that does not apply, or not exactly as it is written."""


@dataclass(frozen=True)
class Store:
    """A bare scratch repository that keeps the trees of the series."""

    folder: Path

    def open(self) -> Store:
        """Make the store where it is missing; safe when several processes do it at once."""
        if not self.folder.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            # git init shows its work half done: make the store beside its place and rename it.
            beside = Store(Path(mkdtemp(prefix="store-", dir=self.folder.parent)))
            beside._git("init", "--quiet", "--bare", "--template=", str(beside.folder))
            try:
                beside.folder.rename(self.folder)
            except OSError:
                shutil.rmtree(beside.folder)
                if not self.folder.exists():  # else another process was faster
                    raise
        return self

    def tree_of(self, folder: Path) -> str:
        """Return the tree of the files in a folder, without what its .gitignore names."""
        with self._index() as index:
            # Some file systems show every file as executable: what a diff says of modes counts.
            add = ("-c", "core.fileMode=false", "add", "--all", ".")
            self._git(*add, index=index, work_tree=folder)
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
                raise DoesNotFit(_why_not(diff, error.output, name)) from None
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

    def entries(self, tree: str) -> dict[str, str]:
        """Return the mode and the blob of each path of a tree, as "100644 1a2b..."."""
        listing = self._git("ls-tree", "-r", "-z", tree)
        rows = [row.partition("\t") for row in listing.split("\0") if row]
        return {path: facts.replace(" blob ", " ") for facts, _, path in rows}

    def tree_from(self, entries: Mapping[str, str]) -> str:
        """Return the tree of such entries."""
        lines = "".join(f"{entry}\t{path}\0" for path, entry in entries.items())
        with self._index() as index:
            self._git("update-index", "-z", "--index-info", index=index, stdin=lines)
            return self._git("write-tree", index=index).strip()

    def text(self, blob: str) -> str:
        """Return a blob's content; bytes that are not UTF-8 are escaped as surrogates."""
        return self._git("cat-file", "blob", blob)

    def has(self, blob: str) -> bool:
        """Return whether a content of this name is kept."""
        try:
            self._git("cat-file", "-e", blob)
        except _GitFailed:
            return False
        return True

    def put(self, text: str) -> str:
        """Keep a content and return its blob."""
        return self._git("hash-object", "-w", "--stdin", stdin=text).strip()

    def merge_texts(
        self, base: str, ours: str, theirs: str, names: Sequence[str], favour: bool = False
    ) -> Merged:
        """Merge three contents; `names` are what conflict marks call ours, base and theirs.

        With `favour`, theirs wins where both changed the same lines.
        """
        with TemporaryDirectory(prefix="merge-", dir=self.folder) as place:
            files = [Path(place) / name for name in ("ours", "base", "theirs")]
            for path, text in zip(files, (ours, base, theirs), strict=True):
                path.write_bytes(text.encode("utf-8", "surrogateescape"))
            labels = [word for name in names for word in ("-L", name)]
            labels += ["--theirs"] if favour else []
            try:
                merged = self._git("merge-file", "-p", *labels, *map(str, files))
            except _GitFailed as error:
                return Merged(error.printed or ours, clean=False)
            return Merged(merged, clean=True)

    def ignored(self, rules: Mapping[str, str], paths: Sequence[str]) -> set[str]:
        """Return the paths that git leaves out; `rules` are the .gitignore files by path."""
        with TemporaryDirectory(prefix="ignore-", dir=self.folder) as place:
            for path, text in rules.items():
                file = Path(place, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", errors="surrogateescape")
            arguments = ("check-ignore", "--no-index", "-z", "--stdin")
            asked = "".join(f"{path}\0" for path in paths)
            try:
                printed = self._git(*arguments, work_tree=Path(place), stdin=asked)
            except _GitFailed as error:
                if error.output:
                    raise
                return set()  # exit code 1: not one of them
        return set(filter(None, printed.split("\0")))

    def commit(self, tree: str, parent: str, message: str) -> str:
        """Return a commit of a tree; the same content gives the same name."""
        parents = ["-p", parent] if parent else []
        return self._git("commit-tree", tree, *parents, stdin=message).strip()

    def open_workspace(self, folder: Path, head: str, refs: Mapping[str, str]) -> None:
        """Make a repository with a work tree at the commit `head`; `refs` name further commits."""
        git = self._workspace(folder)
        git.folder.mkdir(parents=True)
        git._git("init", "--quiet", "--template=", "--initial-branch=edit", str(folder))
        git._git("config", "core.autocrlf", "false")
        names = [f"{commit}:refs/{name}" for name, commit in refs.items()]
        self._git("push", "--quiet", str(git.folder), f"{head}:refs/workbook/head", *names)
        git._git("checkout", "--quiet", "--force", "-B", "edit", head, work_tree=folder)

    def show(self, folder: Path, commit: str) -> None:
        """Put the files of a commit into a work tree, whose HEAD stays where it is."""
        self._workspace(folder)._git("read-tree", "--reset", "-u", commit, work_tree=folder)

    def mark_conflicts(self, folder: Path, stages: Mapping[str, Sequence[str]]) -> None:
        """Mark files of a work tree as in conflict; `stages` are base, ours, theirs of a path."""
        for path, entries in stages.items():
            rows = [f"0 {'0' * 40}\t{path}\0"]
            rows += [f"{entry} {n}\t{path}\0" for n, entry in enumerate(entries, 1) if entry]
            arguments = ("update-index", "-z", "--index-info")
            self._workspace(folder)._git(*arguments, work_tree=folder, stdin="".join(rows))

    def unmerged(self, folder: Path) -> set[str]:
        """Return the paths of a work tree whose conflict nobody has resolved with `git add`."""
        rows = self._workspace(folder)._git("ls-files", "--unmerged", "-z", work_tree=folder)
        return {row.partition("\t")[2] for row in rows.split("\0") if row}

    @staticmethod
    def _workspace(folder: Path) -> Store:
        return Store(folder / ".git")

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
        *arguments: str,
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
            **_SIGNATURE,
        }
        environ |= {"GIT_INDEX_FILE": str(index)} if index else {}
        environ |= {"GIT_WORK_TREE": str(work_tree)} if work_tree else {}
        return _run(
            ["git", "-c", "core.quotePath=false", "-c", "core.autocrlf=false", *arguments],
            environ,
            work_tree or self.folder,
            stdin,
        )


class _GitFailed(WorkbookError):
    def __init__(self, verb: str, output: str, printed: str) -> None:
        self.output, self.printed = output, printed
        lines = output.strip().splitlines() or ["it gave no reason"]
        super().__init__(f"git {verb} failed in the build folder: {lines[-1]}")


def _run(arguments: list[str], environ: dict[str, str], folder: Path, stdin: str) -> str:
    try:
        # surrogateescape: file content that is not UTF-8 must pass through unharmed
        ran = subprocess.run(
            arguments,
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
        verb = next(word for word in arguments[1:] if word != "-c" and "=" not in word)
        printed = ran.stdout.decode("utf-8", "surrogateescape")
        raise _GitFailed(verb, ran.stderr.decode("utf-8", "replace"), printed)
    return ran.stdout.decode("utf-8", "surrogateescape")


def _why_not(diff: Diff, output: str, name: str) -> str:
    where = re.search(r"patch failed: (.+):(\d+)", output)
    if where:
        return (
            f"{name} does not apply: {where[1]} near line {where[2]} is not what the diff expects. "
            "Fix it with `make edit` and `make refresh`."
        )
    if where := re.search(r"corrupt patch at (?:<stdin>:|line )(\d+)", output):
        line = diff.preamble.count("\n") + int(where[1])
        return (
            f"{name} does not apply: a hunk that ends near line {line} does not have as many lines "
            "as its header says."
        )
    reason = re.sub(r"(?m)^error: ", "", output).strip().splitlines() or ["git gave no reason"]
    return f"{name} does not apply: {reason[0]}."


def _why_stale(diff: Diff, exported: str, name: str) -> str:
    """Return which line of a diff that applies is not what git would write."""
    start = diff.preamble.count("\n")
    pairs = zip_longest(diff.body.splitlines(), exported.splitlines(), fillvalue="nothing")
    for line, (is_, should) in enumerate(pairs, start + 1):
        if is_ != should:
            return (
                f"{name} is stale: it applies, but line {line} is {is_[:60]!r} and should be "
                f"{should[:60]!r}. Run `make refresh`."
            )
    return f"{name} is stale. Run `make refresh`."
