"""What the checks of this catalog share: how its data is told apart from what a run leaves."""

from __future__ import annotations

from checks import files
from checks.site import Site

LEFT_BY_PYTHON = ("__pycache__", ".pytest_cache")
TEAPOT = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "Kitchen"}


def contents(site: Site, pattern: str = "**/*") -> dict[str, bytes]:
    """Return the bytes of the files below the app's folder, without Python's own caches."""
    found = {}
    for path in site.find(pattern):
        name = path.relative_to(site.folder)
        if not set(LEFT_BY_PYTHON) & set(name.parts):
            found[name.as_posix()] = files.read_bytes(site.folder, name.as_posix()) or b""
    return found


def changes(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Return the names of the files that are new, gone or not the same, sorted."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
