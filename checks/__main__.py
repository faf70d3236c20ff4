"""`python -m checks judge` grades; `python -m checks layers` shows what isolates here."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Parse the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m checks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    judge = commands.add_parser("judge", help="read jobs as JSON lines, write results")
    judge.add_argument("--book", type=Path, default=Path(__file__).parent.parent)
    commands.add_parser("layers", help="show which layers of isolation this machine has")
    chosen = parser.parse_args()
    if chosen.command == "layers":
        return show_layers()
    from checks import judge as judging

    return judging.main(chosen.book.resolve(), sys.stdin, sys.stdout)


def show_layers() -> int:
    """Print the layers and whether they work here."""
    from rich.console import Console
    from rich.table import Table

    from checks.sandbox import landlock, layers

    table = Table("layer", "what it gives", "here")
    for name, purpose, works in layers.layers():
        table.add_row(name, purpose, "yes" if works else "no")
    version = landlock.version()
    table.add_row("landlock", "touches no file but its own", f"yes, {version}" if version else "no")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
