"""A small table, shown as text or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Cell = str | int


@dataclass(frozen=True)
class Table:
    """A head and rows; numbers are aligned right, text is aligned left."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __repr__(self) -> str:
        lines = [self.head, *([str(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        sides = [str.rjust if self._is_number(at) else str.ljust for at in range(len(widths))]
        return "\n".join(
            "  ".join(
                side(cell, width) for side, cell, width in zip(sides, line, widths, strict=True)
            ).rstrip()
            for line in lines
        )

    def only(self, *names: str) -> Table:
        """Return the rows whose first cell ends with one of the names."""
        return Table(self.head, [row for row in self.rows if str(row[0]).endswith(names)])

    def _repr_html_(self) -> str:
        columns = range(len(self.head))
        aligns = ["right" if self._is_number(at) else "left" for at in columns]
        marks = ["<code>" if self._is_code(at) else "" for at in columns]
        head = _row("th", self.head, aligns, [""] * len(self.head))
        rows = [_row("td", row, aligns, marks) for row in self.rows]
        return "\n".join(
            ["<table>", f"<thead>{head}</thead>", "<tbody>", *rows, "</tbody></table>"]
        )

    def _is_number(self, at: int) -> bool:
        cells = [str(row[at]) for row in self.rows]
        return bool(cells) and all(cell.rstrip("%").replace(".", "").isdigit() for cell in cells)

    def _is_code(self, at: int) -> bool:
        text = "".join(str(row[at]) for row in self.rows)
        return not self._is_number(at) and any(mark in text for mark in "/_(*")


def _row(kind: str, cells: Sequence[Cell], aligns: Sequence[str], marks: Sequence[str]) -> str:
    # The attribute is for sites that strip styles, the style for those with a style of their own.
    inner = "".join(
        f'<{kind} align="{align}" style="text-align: {align}">'
        f"{mark}{escape(str(cell), quote=False)}{mark.replace('<', '</')}</{kind}>"
        for cell, align, mark in zip(cells, aligns, marks, strict=True)
    )
    return f"<tr>{inner}</tr>"
