"""Small modules that a check puts into a submission's app, to see or to change what it does.

    name = probes.put(site, "queries")
    site.get("/en/products", **{name: "1"})
    ... site.output() ...

Each has a name that no submission can know, and the app imports it last of all. In its text,
PROBE stands for this name, and VALUES for what the check passes.
"""

from __future__ import annotations

import random
from pathlib import Path

from checks.site import Site

INIT = "my_app/__init__.py"


def new_name() -> str:
    """Return a name for a module or a function that no submission can know."""
    return f"m{random.SystemRandom().getrandbits(48):012x}"


def text(probe: str, name: str, **values: object) -> str:
    """Return the source of checks/probes/PROBE.py under this name, with these values."""
    source = Path(__file__).with_name(f"{probe}.py").read_text(encoding="utf-8")
    return source.replace("PROBE", name).replace("VALUES = {}", f"VALUES = {values!r}")


def put(site: Site, probe: str, name: str = "", **values: object) -> str:
    """Put a probe into the app of a site that does not run yet; return its name."""
    name = name or new_name()
    site.write(f"my_app/{name}.py", text(probe, name, **values))
    import_last(site, name)
    return name


def import_last(site: Site, name: str) -> None:
    """Have the app import a module of its package, after everything else."""
    site.write(INIT, f"{site.read(INIT)}\n\nimport my_app.{name}  # noqa: E402, F401\n")
