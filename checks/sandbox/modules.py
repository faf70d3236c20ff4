"""Hide preloaded modules until the submission imports them itself.

The zygote has imported Flask and hundreds of other modules. A submission that uses
`logging.handlers` and never imports it must fail as it does on the learner's machine, and a
file of the learner that is called logging.py must hide Python's. So a submission starts with the
modules of a bare interpreter, and a finder hands a preloaded module out only

- when the submission imports it (or something imported needs it), and
- when Python would have loaded the very same files: no entry of the submission's own search path
  holds a module with the name of anything that this module imports.

With it go exactly the modules that its own import brings: recorder.py has written down which
module's body imports what. Whatever is not handed out is imported from its file, slower, with the
same result as outside.

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

NOT_ON_THE_PATH = {*sys.builtin_module_names, "__main__"}


class Preloaded:
    """What the zygote has imported, and which module needs which."""

    def __init__(self, at_start: frozenset[str], needs: dict[str, dict[str, None]]) -> None:
        self.at_start = at_start
        self.needs = needs
        self.modules: dict[str, Any] = {}
        self.path: tuple[str, ...] = ()
        self.names: list[str] = []
        self.bits: dict[str, int] = {}
        self.sets: dict[str, int] = {}  # by name, all that its import brings

    def finish(self) -> None:
        """Take stock of what is there now, and add up what each import brings."""
        self.modules = {
            name: module for name, module in sys.modules.items() if name not in self.at_start
        }
        self.path = tuple(sys.path)
        for name in self.modules:
            self._note_maker(name)
            if above := name.rpartition(".")[0]:
                self.needs.setdefault(name, {})[above] = None
        self._add_up()

    def _note_maker(self, name: str) -> None:
        """Let a module that no import made (six.moves) come with the package that made it."""
        above = name
        while above and not self._has_spec(above):
            above = above.rpartition(".")[0]
        if above and above != name:
            self.needs.setdefault(above, {})[name] = None

    def _has_spec(self, name: str) -> bool:
        spec = getattr(self.modules.get(name), "__spec__", None)
        return spec is not None and spec.name == name

    def _add_up(self) -> None:
        """Compute all closures at once: a set is a number with a bit for each name."""
        names = {*self.modules, *(name for needs in self.needs.values() for name in needs)}
        self.names = sorted(names - self.at_start)
        self.bits = {name: 1 << place for place, name in enumerate(self.names)}
        sets = dict(self.bits)
        grown = True
        while grown:
            grown = False
            for name in self.names:
                union = sets[name]
                for needed in self.needs.get(name, ()):
                    union |= sets.get(needed, 0)
                grown |= union != sets[name]
                sets[name] = union
        self.sets = sets

    def members(self, numbers: int) -> list[str]:
        """Return the names of a set."""
        return [name for name in self.names if self.bits[name] & numbers]


class HandOut:
    """The finder of a submission, first of sys.meta_path."""

    def __init__(self, preloaded: Preloaded) -> None:
        self._preloaded = preloaded
        self._given = 0  # a set of names, as in Preloaded
        self._hidden: dict[str, tuple[ModuleType, str]] = {}  # attributes of packages
        self._listings: dict[str, tuple[int, set[str]]] = {}

    def hide(self) -> None:
        """Leave sys.modules as a bare interpreter has it.

        The zygote itself does it, once: what uses one of the modules already goes on using it.
        """
        modules = self._preloaded.modules
        for name, module in modules.items():
            sys.modules.pop(name, None)
            above, _, attribute = name.rpartition(".")
            package = modules.get(above) or sys.modules.get(above)
            if package is not None and vars(package).get(attribute) is module:
                delattr(package, attribute)
                self._hidden[name] = package, attribute
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Hand a module out once; whoever removes it from sys.modules gets a new one."""
        known = self._preloaded
        module = known.modules.get(name)
        spec: ModuleSpec | None = getattr(module, "__spec__", None)
        if spec is None or known.bits[name] & self._given:
            return None
        if self._differs(known.members(known.sets[name] & ~self._given)):
            return None
        loader = _Giver(spec, lambda: self.give(name), module)
        given = ModuleSpec(name, loader, origin=spec.origin)  # type: ignore[arg-type]
        given.submodule_search_locations = spec.submodule_search_locations
        given.cached, given.has_location = spec.cached, spec.has_location
        return given

    def give(self, name: str) -> None:
        """Put a module and what its import brings into sys.modules."""
        known = self._preloaded
        for each in known.members(known.sets[name] & ~self._given):
            if each not in known.modules:
                continue
            sys.modules.setdefault(each, known.modules[each])
            if each in self._hidden:
                package, attribute = self._hidden[each]
                setattr(package, attribute, known.modules[each])
        self._given |= known.sets[name]

    def _differs(self, closure: Sequence[str]) -> bool:
        """Say whether Python would load another file for one of these."""
        modules = self._preloaded.modules
        for name in closure:
            if name in sys.modules and sys.modules[name] is not modules.get(name):
                return True
        own = [entry for entry in sys.path if entry not in self._preloaded.path]
        tops = {name.partition(".")[0] for name in closure} - NOT_ON_THE_PATH
        return any(
            _is_module(name, entry) for entry in own for name in tops & self._names(entry or ".")
        )

    def _names(self, entry: str) -> set[str]:
        """Return the names that a folder of the search path may have modules for."""
        folder = Path(entry)
        try:
            changed = folder.stat().st_mtime_ns
            if self._listings.get(entry, (0, set()))[0] != changed:
                names = {each.name.partition(".")[0] for each in folder.iterdir()}
                self._listings[entry] = changed, names
        except OSError:
            return set()
        return self._listings[entry][1]


class _Giver:
    """The loader of a module that exists already; else the loader that it came from."""

    def __init__(self, spec: ModuleSpec, give: Callable[[], None], module: Any) -> None:
        self._spec, self._give, self._module = spec, give, module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spec.loader, name)

    def create_module(self, spec: ModuleSpec) -> Any:
        """Return the module that is there."""
        return self._module

    def exec_module(self, module: Any) -> None:
        """Bring what its import would have brought; the machinery has replaced its spec."""
        module.__spec__ = self._spec
        self._give()


def _is_module(name: str, entry: str) -> bool:
    spec = PathFinder.find_spec(name, [entry])
    return spec is not None and spec.loader is not None  # a mere folder hides nothing
