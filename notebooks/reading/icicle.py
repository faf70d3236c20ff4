"""Draws trees of calls as icicles: the caller on top, what it calls below; width is calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import svg
from .owners import APP, FLASK, JINJA, LIBRARY, SQLALCHEMY

Node = dict[str, Any]
WIDTH, ROW, EDGE, GAP, TOP = 960.0, 24.0, 14.0, 30.0, 64.0
THIN = 1.5  # pixels; narrower boxes are not drawn
# Each ground is lighter than the one before, so the owners differ without colour, too.
COLOURS = {
    APP: ("#0b3c5d", "#ffffff"),
    SQLALCHEMY: ("#b3471d", "#ffffff"),
    JINJA: ("#8fb573", "#000000"),
    FLASK: ("#b4cde6", "#000000"),
    LIBRARY: ("#ececec", "#000000"),
}
SHORT = {SQLALCHEMY: "SQLA"}


@dataclass
class Box:
    """Calls of one owner in a row: `calls` counts them and everything below."""

    owner: str
    label: str
    calls: int = 0
    sql: str = ""
    children: list[Box] = field(default_factory=list)

    def queries(self) -> Iterator[str]:
        """Yield every SQL query below, in order."""
        if self.sql:
            yield self.sql
        for child in self.children:
            yield from child.queries()


def boxes(node: Node) -> Box:
    """Return a tree as boxes: consecutive calls of one owner become one box."""
    box = Box(node["owner"], _label(node), sql=node["sql"])
    _melt(node, box, node)
    box.calls += sum(child.calls for child in box.children)
    return box


def _melt(node: Node, box: Box, first: Node) -> None:
    box.calls += node["owner"] != LIBRARY or bool(node["sql"])
    for child in node["children"]:
        # The app's files get separate boxes: they are what the reader knows.
        same = child["owner"] == box.owner and (box.owner != APP or child["file"] == first["file"])
        if same and not child["sql"]:
            _melt(child, box, first)
        else:
            box.children.append(boxes(child))


def _label(node: Node) -> str:
    file = str(node["file"]).rpartition("/")[2]
    return file if file.endswith(".html") else str(node["name"])


def draw(trees: Mapping[str, Node]) -> svg.Picture:
    """Draw trees side by side to the same scale, each below its name."""
    roots = {name: boxes(node) for name, node in trees.items()}
    total = sum(root.calls for root in roots.values())
    scale = (WIDTH - 2 * EDGE - GAP * (len(roots) - 1)) / total
    depth = max(_depth(root, scale) for root in roots.values())
    bottom = TOP + 4 + depth * ROW
    shapes, x = [], EDGE
    for name, root in roots.items():
        shapes += _panel(name, root, x, bottom, scale)
        x += root.calls * scale + GAP
    says = "; ".join(f"{name}: {' in '.join(_counts(root))}" for name, root in roots.items())
    shapes += _legend(bottom + 62)
    return svg.Picture(svg.picture(WIDTH, bottom + 78, f"Icicle of calls. {says}", shapes), says)


def _counts(root: Box) -> tuple[str, str]:
    count = len([*root.queries()])
    return f"{count} {'query' if count == 1 else 'queries'}", f"{root.calls} calls"


def _depth(box: Box, scale: float) -> int:
    wide = [child for child in box.children if child.calls * scale >= THIN]
    return 1 + max((_depth(child, scale) for child in wide), default=0)


def _panel(name: str, root: Box, x: float, bottom: float, scale: float) -> list[str]:
    shapes = [svg.text(x, 22, name, 13, bold=True)]
    shapes += [svg.text(x, 38 + 15 * at, words) for at, words in enumerate(_counts(root))]
    marks: list[tuple[float, float]] = []
    shapes += _boxes(root, x, TOP, scale, marks)
    shapes.append(svg.line(x, bottom + 22, x + root.calls * scale, bottom + 22))
    places = _spread([at for at, _ in marks], 17)
    for number, (place, (at, y)) in enumerate(zip(places, marks, strict=True), 1):
        # A line goes from the box that sent the query straight down, then to its number.
        shapes.append(svg.line(at, y, at, bottom, svg.INK))
        shapes.append(svg.line(at, bottom, place, bottom + 14, svg.INK))
        shapes.append(svg.circle(place, bottom + 22, 8, svg.INK))
        shapes.append(svg.text(place, bottom + 25.5, str(number), 10, "#ffffff", "middle"))
    return shapes


def _boxes(
    box: Box, x: float, y: float, scale: float, marks: list[tuple[float, float]], foot: float = 0
) -> Iterator[str]:
    """Draw a box and those below; add to `marks` where the last box above a query ends."""
    width = box.calls * scale
    if box.sql:
        marks.append((x + width / 2, foot))
    elif width >= THIN:
        foot = y + ROW
        ground, ink = COLOURS[box.owner]
        yield svg.rect(x, y, width, ROW, ground, svg.GROUND)
        if label := _fitting(box, width):
            yield svg.text(x + 4, y + 16, label, 11, ink)
    for child in box.children:
        yield from _boxes(child, x, y + ROW, scale, marks, foot)
        x += child.calls * scale


def _fitting(box: Box, width: float) -> str:
    letters = int((width - 6) / (11 * svg.CHAR))
    whole = f"{box.owner}: {box.label}"
    wanted = (
        [whole, box.label] if box.owner == APP else [whole, box.owner, SHORT.get(box.owner, "")]
    )
    return next((words for words in wanted if len(words) <= letters), "")


def _spread(marks: list[float], apart: float) -> list[float]:
    """Move marks that would overlap, as little as possible."""
    placed: list[float] = []
    for mark in marks:
        placed.append(max(mark, placed[-1] + apart) if placed else mark)
    for at in range(len(placed) - 2, -1, -1):
        if placed[at + 1] - marks[at + 1] > apart:  # pushed far to the right: move back halfway
            placed[at] -= (placed[at + 1] - marks[at + 1]) / 2
    return placed


def _legend(y: float) -> Iterator[str]:
    x = EDGE
    for owner, (ground, _) in COLOURS.items():
        yield svg.rect(x, y - 10, 14, 12, ground, svg.LINE)
        yield svg.text(x + 20, y, owner, 11)
        x += 44 + len(owner) * 11 * svg.CHAR
    yield svg.circle(x + 6, y - 4, 7, svg.INK)
    yield svg.text(x + 20, y, "a query, in order", 11)
    yield svg.text(WIDTH - EDGE, y, "width: calls", 11, svg.FAINT, "end")
