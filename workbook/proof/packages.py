"""The installed packages behind some modules: which ones, and in which versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata


def behind(modules: Iterable[str]) -> list[str]:
    """Return "name version" of each package that has one of the modules, and of what it needs."""
    owners = _owners()
    todo = {(_normal(name), "") for module in modules for name in owners.get(module, ())}
    seen: set[tuple[str, str]] = set()
    while todo:
        package = todo.pop()
        if package not in seen:
            seen.add(package)
            todo |= set(_required(*package))
    versions = {name: _version(name) for name, _ in seen}
    return sorted(f"{name} {version}" for name, version in versions.items() if version)


@cache
def _owners() -> dict[str, list[str]]:
    return {module: list(names) for module, names in metadata.packages_distributions().items()}


@cache
def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _required(name: str, extra: str) -> tuple[tuple[str, str], ...]:
    return tuple(_requirements(name, extra))


def _requirements(name: str, extra: str) -> Iterator[tuple[str, str]]:
    """Yield what a package needs with one of its extras, or without any ('')."""
    from packaging.requirements import Requirement

    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            yield from ((_normal(needed.name), word) for word in ("", *needed.extras))


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
