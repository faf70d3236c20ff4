"""`checks/__main__.py grade` grades jobs; `checks/__main__.py layers` shows what isolates here.

Run it as a file, with `python -I`: then no module beside the caller or on PYTHONPATH is imported.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


def main() -> int:
    """Parse the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -I checks/__main__.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    grade = commands.add_parser("grade", help="read jobs as JSON lines, write results")
    grade.add_argument("--book", type=Path, default=HOME)
    commands.add_parser("layers", help="show which layers of isolation this machine has")
    chosen = parser.parse_args()
    if chosen.command == "layers":
        return show_layers()
    from checks import grader

    return grader.main(chosen.book.resolve(), sys.stdin, sys.stdout)


def show_layers() -> int:
    """Print the layers and whether they work here."""
    from rich.console import Console
    from rich.table import Table

    from checks.sandbox.survey import survey

    table = Table("layer", "what it gives", "here")
    for name, purpose, works in survey():
        table.add_row(name, purpose, "yes" if works else "no")
    Console().print(table)
    return 0


if __name__ == "__main__":
    # Of all that could name a folder to import from, only this file's own place counts.
    sys.path.insert(0, str(HOME))
    sys.exit(main())
