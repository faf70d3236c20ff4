"""The folder that a submission runs in, and its files."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from checks import files
from checks.files import FoundFile
from checks.sandbox import layers

DISK, INODES = 128, 20_000  # megabytes; files and folders


class Scratch:
    """A folder for the app, with a home and a place for temporary files beside it."""

    def __init__(self, parent: Path) -> None:
        root = Path(mkdtemp(dir=parent))
        # A disk for each: a submission that fills it takes no room from the others, or from us.
        self._mounted = layers.attempt(lambda: layers.mount_scratch(root, DISK, INODES))
        for name in ("home", "tmp"):
            (root / name).mkdir()
        self.folder = root / "app"

    def discard(self) -> None:
        """Take the disk away with all that is on it."""
        if self._mounted:
            layers.attempt(lambda: layers.unmount(self.folder.parent))

    def read(self, name: str) -> str:
        """Return a file of the app's folder or its instance folder, "" when it is missing.

        log = site.read("application.log")
        """
        for place in (name, f"instance/{name}"):
            if (content := files.read_bytes(self.folder, place)) is not None:
                return content.decode("utf-8", "replace")
        return ""

    def exists(self, name: str) -> bool:
        """Return whether a file is in the app's folder or its instance folder.

        expect(site.exists("coverage_report.py"), wanted="a file coverage_report.py")
        """
        return any(files.exists(self.folder, place) for place in (name, f"instance/{name}"))

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file into the app's folder, and the folders above it.

        site.write("instance/uploads", "not a folder")
        """
        content = content.encode() if isinstance(content, str) else content
        files.write_bytes(self.folder, name, content)

    def find(self, pattern: str) -> list[FoundFile]:
        """Return the ordinary files below the app's folder that match, sorted.

        Each is a pure path with read_text(), read_bytes() and stat(), which never follow a link:

            sizes = {path.name: path.stat().st_size for path in site.find("**/*.log*")}
        """
        return files.find(self.folder, pattern)
