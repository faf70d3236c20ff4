"""Tell what git leaves out of a submission, by git's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.scratch import Scratch
from workbook.patch import Store


def ignored(site: Scratch, paths: Sequence[str]) -> set[str]:
    """Return the paths, relative to the app's folder, that its .gitignore files leave out.

        expect("profile/a.prof" in ignored(site, ["profile/a.prof"]), wanted=...)

    Git itself decides, in an empty repository that holds the .gitignore files alone.
    """
    found = [path.relative_to(site.folder).as_posix() for path in site.find("**/.gitignore")]
    rules = {name: site.read(name) for name in found}
    with TemporaryDirectory(prefix="git-") as place:
        return Store(Path(place) / "store").open().ignored(rules, paths)
