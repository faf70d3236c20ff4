"""Write down which module's body imports what, from the first import of the zygote on.

Imports nothing that a bare interpreter has not loaded: what is imported before the recording
begins is not in the record.
"""

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

_bootstrap = sys.modules["_frozen_importlib"]


class Recorder:
    """Records imports between `start` and `stop`."""

    def __init__(self) -> None:
        self.at_start = frozenset(sys.modules)  # what a bare interpreter has
        self.needs: dict[str, dict[str, None]] = {}  # by module; as ordered sets
        self._plain = builtins.__import__
        self._by_name = _bootstrap._gcd_import

    def start(self) -> None:
        """Record the import statement and to importlib.import_module."""
        builtins.__import__ = self._importing
        _bootstrap._gcd_import = self._importing_by_name  # type: ignore[attr-defined]

    def stop(self) -> None:
        """Restore what `start` has replaced."""
        builtins.__import__ = self._plain
        _bootstrap._gcd_import = self._by_name  # type: ignore[attr-defined]

    def _importing(
        self,
        name: str,
        globals: "Any" = None,
        locals: "Any" = None,
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        try:
            return self._plain(name, globals, locals, fromlist, level)
        finally:
            self._record(sys._getframe(1), _full(name, _package(globals), level), fromlist or ())

    def _importing_by_name(self, name: str, package: "Any" = None, level: int = 0) -> "Any":
        try:
            return self._by_name(name, package, level)
        finally:
            self._record(sys._getframe(1), _full(name, package, level), ())

    def _record(self, frame: "FrameType | None", name: str, wanted: "Sequence[str]") -> None:
        """Note an import; a failed one, too: the learner may have a file of that name."""
        while frame is not None and frame.f_code.co_name != "<module>":
            frame = frame.f_back
        body = frame.f_globals.get("__name__", "") if frame else ""
        needs = self.needs.setdefault(body, {})
        needs[name] = None
        module = sys.modules.get(name)
        for attribute in getattr(module, "__all__", ()) if "*" in wanted else wanted:
            part = sys.modules.get(f"{name}.{attribute}")
            if part is not None and getattr(module, attribute, None) is part:
                needs[f"{name}.{attribute}"] = None


def _full(name: str, package: "Any", level: int) -> str:
    """Resolve a relative name."""
    if not level or not package:
        return name
    above: str = package.rsplit(".", level - 1)[0]
    return f"{above}.{name}" if name else above


def _package(globals: "Any") -> "Any":
    if not globals:
        return ""
    if package := globals.get("__package__"):
        return package
    name = globals.get("__name__", "")
    return name if "__path__" in globals else name.rpartition(".")[0]
