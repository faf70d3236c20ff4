"""Runs the learner's tests in a copy of the app, measured by coverage.

`python -m reading.measuring RESULT.json OPTIONS`; the options are JSON: `branch` and `measure`
(true or false), `source` (a list; none: as .coveragerc says), `pattern` (of the test files), and
`rounds` (to run the tests more than once, for their best time, without contexts).
"""

from __future__ import annotations

import io
import json
import sys
import time
import unittest
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import coverage


def main(result: str, settings: str) -> None:
    """Run the tests as recipe 9's coverage_report.py does; write the result as JSON."""
    options = json.loads(settings)
    measured = coverage.Coverage(branch=options.get("branch"), data_file=None)
    if "source" in options:
        measured.set_option("run:source", options["source"])
    if not options.get("rounds"):
        # Every line remembers which test ran it.
        measured.set_option("run:dynamic_context", "test_function")
    seconds: list[float] = []
    with measured.collect() if options.get("measure", True) else nullcontext():
        for _ in range(options.get("rounds", 1)):
            found = unittest.defaultTestLoader.discover(".", pattern=options["pattern"])
            begin = time.process_time()
            ran = unittest.TextTestRunner(io.StringIO()).run(found)
            seconds.append(time.process_time() - begin)
    facts: dict[str, Any] = {
        "seconds": min(seconds),
        "ran": ran.testsRun,
        "failed": sorted({_name(test) for test, _ in ran.failures + ran.errors}),
        "files": _files(measured) if options.get("measure", True) else {},
    }
    Path(result).write_text(json.dumps(facts), encoding="utf-8")


def _files(measured: coverage.Coverage) -> Any:
    report = Path("coverage.json")
    measured.json_report(outfile=str(report), show_contexts=True)
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    for name, facts in files.items():
        facts["text"] = Path(name).read_text(encoding="utf-8")
    return files


def _name(test: Any) -> str:
    """Return a test's name; of a sub-test, that of the test around it."""
    return str(getattr(test, "test_case", test).id())


if __name__ == "__main__":
    main(*sys.argv[1:])
