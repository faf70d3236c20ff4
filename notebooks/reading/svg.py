"""The few shapes that the pictures are drawn with, as text.

Presentation attributes only: code-hosting sites strip <style> and `style=`. Every picture has a
light ground of its own, so that it reads the same on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

GROUND, INK, FAINT, LINE = "#fbfbf8", "#1b1f24", "#57606a", "#8c959f"
CHAR = 0.602  # the width of a monospace letter, in parts of its size


def rect(x: float, y: float, w: float, h: float, fill: str, stroke: str = "none") -> str:
    """Draw a box."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" '
        f'fill="{fill}" stroke="{stroke}"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = LINE) -> str:
    """Draw a line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"/>'


def circle(x: float, y: float, r: float, fill: str, stroke: str = "none") -> str:
    """Draw a disc."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" stroke="{stroke}"/>'


def text(
    x: float,
    y: float,
    words: str,
    size: float = 12,
    fill: str = INK,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """Write text in a monospace font; `x` is its start, middle or end."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}" '
        f'text-anchor="{anchor}"{weight}>{escape(words, quote=False)}</text>'
    )


def picture(width: float, height: float, label: str, shapes: Sequence[str]) -> str:
    """Put shapes on a ground; `label` is the alternative text."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}" '
            'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">',
            f"<title>{escape(label, quote=False)}</title>",
            rect(0.5, 0.5, width - 1, height - 1, GROUND, LINE),
            *shapes,
            "</svg>",
        ]
    )


class Picture:
    """A picture that notebooks show, with a text that says what is in it."""

    def __init__(self, svg: str, says: str) -> None:
        self.svg = svg
        self.says = says

    def __repr__(self) -> str:
        return self.says

    def _ipython_display_(self) -> None:
        """Show the picture and its text: JupyterLab gives an SVG no alternative text."""
        from IPython.display import display

        display({"image/svg+xml": self.svg, "text/plain": self.says}, raw=True)  # type: ignore[no-untyped-call]
        print(self.says)
