"""Measure the tests, measure badly in three ways, and see what 100 % does not say."""

import subprocess
import sys
from pathlib import Path

LATE = """
import app_tests, coverage, language_tests, unittest
measured = coverage.Coverage()
with measured.collect():
    load = unittest.defaultTestLoader.loadTestsFromModule
    tests = unittest.TestSuite([load(app_tests), load(language_tests)])
    unittest.TextTestRunner().run(tests)
measured.report()
"""
HALF = '''
def half(price: float) -> float:
    """Return half of a price."""
    return price * 2
'''
HALF_TESTS = """
import unittest
from half import half

class HalfTestCase(unittest.TestCase):
    def test_half(self) -> None:
        half(3.00)
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` and capture what it prints."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


def total(*arguments: str) -> str:
    """Run a measurement and return the total of its report."""
    return python(*arguments).stdout.partition("TOTAL")[2].split("%")[0].split()[-1] + " %"


done = python("coverage_report.py")
print("== python coverage_report.py ==")
print(done.stdout)
print("Exit code:", done.returncode, "- pages:", len(list(Path("coverage_html").glob("z_*.html"))))

print("\n== The same tests and the same app, three other totals ==")
print("tests imported before start():", total("-c", LATE))
Path("my_app/forgotten.py").write_text("".join(f"LINE_{n} = {n}\n" for n in range(60)))
print("with a new file of 60 lines that no test imports:", total("coverage_report.py"))
rules = Path(".coveragerc").read_text()
Path(".coveragerc").write_text(rules.replace("source = my_app\n", ""))
print("the same without `source`:", total("coverage_report.py"))

print("\n== What 100 % does not say ==")
Path("half.py").write_text(HALF)
Path("half_tests.py").write_text(HALF_TESTS)
done = python("-m", "coverage", "run", "--include=half.py", "-m", "unittest", "half_tests")
print(done.stderr.splitlines()[-1], "-", end=" ")
print(python("-m", "coverage", "report").stdout.splitlines()[2])
print("half(3.00) =", python("-c", "from half import half; print(half(3.00))").stdout, end="")
