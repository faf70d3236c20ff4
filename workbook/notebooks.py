"""Executes the notebooks, reports stale outputs, and rewrites them.

notebooks/NAME.md (MyST) is the source; notebooks/NAME.ipynb is made from it. Outputs compare
exactly, except in cells with a tag: `volatile` (numbers may differ) and `volatile-rows` (rows may
differ or come in another order: only the head and the number of rows compare).
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

from workbook import files, runner, terminal, tree
from workbook.errors import FAILED, PASSED, UsageError, WorkbookError
from workbook.series import Series

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = "notebooks"
VOLATILE, SHUFFLED = "volatile", "volatile-rows"
CELL_LIMIT = 120
# Called after each cell with its number and the number of all cells.
Progressed = Callable[[int, int], None]

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
_PROCESS = re.compile(r"\b(pid|process)([ =:]+)\d+", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def refresh(series: Series, names: Sequence[str], only_check: bool) -> int:
    """Execute the notebooks; rewrite those whose content changed, or only report them."""
    found = sources(series, names)
    stale = 0
    for source, nb in _executed(series, found):
        target = source.with_suffix(".ipynb")
        problems = differences(read(target), nb, series.name_of(target))
        stale += bool(problems)
        name = series.name_of(target)
        for problem in problems if only_check else ():
            terminal.complain(problem)
        if problems and not only_check:
            write(nb, target)
        done = "stale" if problems and only_check else "rewritten" if problems else "up to date"
        terminal.say(f"{name}: {done}")
    if stale and only_check:
        terminal.complain("`make notebooks` executes the notebooks and rewrites the stale ones.")
    return FAILED if stale and only_check else PASSED


def sources(series: Series, names: Sequence[str] = ()) -> list[Path]:
    """Return the sources of the notebooks, all or those named."""
    there = sorted((series.root / FOLDER).glob("*.md"))
    known = [path.stem for path in there if path.stem != "README"]
    if unknown := sorted(set(names) - set(known)):
        raise UsageError(f"There is no notebook {unknown[0]!r}; there are: {', '.join(known)}.")
    return [series.root / FOLDER / f"{name}.md" for name in known if name in (names or known)]


def _executed(series: Series, found: Sequence[Path]) -> Iterator[tuple[Path, NotebookNode]]:
    """Execute notebooks side by side, with progress; yield them in their order."""
    from rich.progress import Progress

    with Progress(console=terminal.console()) as progress, ThreadPoolExecutor(2) as pool:

        def start(source: Path) -> NotebookNode:
            task = progress.add_task(source.stem, total=None)
            return execute(
                series, source, lambda at, of: progress.update(task, completed=at, total=of)
            )

        yield from zip(found, pool.map(start, found), strict=True)


def execute(
    series: Series, source: Path, progressed: Progressed = lambda at, of: None
) -> NotebookNode:
    """Return a notebook made from its source, with fresh outputs."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    nb = make(source)

    def after(cell: NotebookNode, cell_index: int, **_: Any) -> None:
        progressed(cell_index + 1, len(nb.cells))

    with tree.scratch(series) as place:
        client = NotebookClient(
            nb,
            timeout=CELL_LIMIT,
            kernel_name="python3",
            resources={"metadata": {"path": str(source.parent)}},
            on_cell_executed=after,
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],
        )
        try:
            asyncio.run(client.async_execute(env=environ(series, place)))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise WorkbookError(_why(series.name_of(source), nb, error)) from None
    return tidy(nb, series)


def make(source: Path) -> NotebookNode:
    """Return the notebook of a source, without outputs."""
    import jupytext  # type: ignore[import-untyped]

    nb: NotebookNode = jupytext.read(source)
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    nb.nbformat, nb.nbformat_minor = 4, 5
    for at, cell in enumerate(nb.cells, 1):
        cell.id = f"{source.stem}-{at:02d}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
    return nb


def environ(series: Series, place: Path) -> dict[str, str]:
    """Return the environment of a kernel: the helpers and the engine can be imported."""
    folder = series.root / FOLDER
    settings = runner.environ(series, folder, place)
    # The launcher drops its folder from the path; under this setting it would be the helpers'.
    del settings["PYTHONSAFEPATH"]
    return settings | {"IPYTHONDIR": str(place), "JUPYTER_PREFER_ENV_PATH": "1"}


def _why(name: str, nb: NotebookNode, error: Exception) -> str:
    for at, cell in enumerate(nb.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                said = ": ".join(part for part in (output.ename, output.evalue.strip()) if part)
                return f"{name}, cell {at}: {said}\n{_indented(cell.source)}"
    return f"{name}: {type(error).__name__}: {error}"


def tidy(nb: NotebookNode, series: Series) -> NotebookNode:
    """Take out of an executed notebook what differs from run to run and from place to place."""
    language = nb.metadata.get("language_info", {})
    nb.metadata["language_info"] = {"name": "python", "version": language.get("version", "")}
    names = {str(series.build): "build", str(series.root): ".", sys.prefix: ".venv"}
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = [_tidied(output, names) for output in _joined(cell.outputs)]
    return nb


def _joined(outputs: Sequence[NotebookNode]) -> Iterator[NotebookNode]:
    """Join what was printed in pieces: how it was cut is chance."""
    last: NotebookNode | None = None
    for output in outputs:
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
            continue
        last = output
        yield output


def _tidied(output: NotebookNode, names: dict[str, str]) -> NotebookNode:
    for path, name in names.items():
        if output.output_type == "stream":
            output.text = output.text.replace(path, name)
        for mime, value in output.get("data", {}).items():
            if isinstance(value, str):
                output.data[mime] = value.replace(path, name)
    return output


def read(path: Path) -> NotebookNode | None:
    """Read a committed notebook; None when there is none."""
    import nbformat

    if not path.exists():
        return None
    try:
        nb: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (ValueError, nbformat.ValidationError) as error:
        raise WorkbookError(f"{path.name} cannot be read: {error}; run `make notebooks`.") from None
    return nb


def write(nb: NotebookNode, path: Path) -> None:
    """Write a notebook as the others are written."""
    import nbformat

    text: str = nbformat.writes(nb, indent=1)  # type: ignore[no-untyped-call]
    files.replace(path, text.rstrip("\n") + "\n")


def differences(old: NotebookNode | None, new: NotebookNode, name: str) -> list[str]:
    """Return where a committed notebook differs from a fresh one, a sentence each."""
    if old is None:
        return [f"{name} is missing."]
    if len(old.cells) != len(new.cells):
        return [
            f"{name} has {terminal.count(len(old.cells), 'cell')}, its source has {len(new.cells)}."
        ]
    problems: list[str] = []
    for at, (was, now) in enumerate(zip(old.cells, new.cells, strict=True), 1):
        if _facts(was) != _facts(now):
            problems.append(f"{name}, cell {at}: not what its source has.")
        elif (problem := _difference(_outputs(was), _outputs(now))) is not None:
            problems.append(f"{name}, cell {at}: {problem}\n{_indented(now.source)}")
    return problems


def _facts(cell: NotebookNode) -> tuple[Any, ...]:
    return cell.cell_type, cell.source, sorted(cell.metadata.get("tags", []))


def _outputs(cell: NotebookNode) -> list[str]:
    """Return all that a cell shows, as lines that two runs can be compared by."""
    tags = set(cell.metadata.get("tags", []))
    lines: list[str] = [f"[{cell.get('execution_count')}]"] if cell.cell_type == "code" else []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts = {output.name: output.text}
        elif output.output_type == "error":
            parts = {"error": f"{output.ename}: {output.evalue}"}
        else:
            parts = dict(sorted(output.data.items()))
        for kind, value in parts.items():
            lines += [f"[{kind}]", *comparable(kind, str(value), tags)]
    return lines


def comparable(kind: str, text: str, tags: set[str]) -> list[str]:
    """Return the lines of an output without what may differ in a cell with these tags."""
    if kind.startswith("image/") and kind != "image/svg+xml":
        return []
    lines = [_normal(line) for line in text.splitlines()]
    if tags & {VOLATILE, SHUFFLED}:
        lines = [" ".join(_NUMBER.sub("#", line).replace("-", "").split()) for line in lines]
    if SHUFFLED in tags:
        lines = [*lines[:1], f"({len(lines)} lines)"]
    return lines


def _normal(line: str) -> str:
    line = _PROCESS.sub(r"\1\2#", _ADDRESS.sub("0x#", line))
    for path in (gettempdir(), str(Path.home())):
        line = line.replace(path, "~") if len(path) > 1 else line
    return line


def _difference(was: list[str], now: list[str]) -> str | None:
    for old, new in zip(was, now, strict=False):
        if old != new:
            old, new = _around(old, new)
            return f"committed `{old}`, now `{new}`."
    if len(was) != len(now):
        return f"committed {len(was)} lines of output, now {len(now)}."
    return None


def _around(old: str, new: str) -> tuple[str, str]:
    """Cut two long lines to where they begin to differ."""
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    begin = max(0, at - 40)
    return old[begin : begin + 100], new[begin : begin + 100]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
