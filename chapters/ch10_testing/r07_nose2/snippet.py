"""Let nose2 find all tests, then some of them; then see what it finds without its settings."""

import re
import subprocess
import sys
from pathlib import Path


def nose2(*arguments: str) -> None:
    """Run nose2 as in a terminal; print the names of the tests and the last lines."""
    done = subprocess.run(
        [sys.executable, "-m", "nose2", *arguments], capture_output=True, text=True
    )
    print("\n$", " ".join(["nose2", *arguments]))
    for line in done.stderr.splitlines():
        test = re.match(r"(?P<method>\w+) \((?P<name>[\w.]+)\)$", line)
        if test:
            print("   ", test["name"])
        elif re.match(r"Ran|OK|FAILED|ModuleNotFoundError", line):
            print(line)
    print("exit code:", done.returncode)


def show(title: str) -> None:
    print(f"\n== {title} ==")


show("All tests, a module, a class, a test")
nose2()
nose2("-v", "language_tests")
nose2("app_tests.CatalogTestCase")
nose2("-v", "app_tests.CatalogTestCase.test_home")

show("What the first nose took, and nose2 does not")
nose2("app_tests.py:CatalogTestCase.test_home")

config = Path("nose2.cfg")
settings = config.read_text()

show("One letter less in the pattern")
config.write_text(settings.replace("*_tests.py", "*_test.py"))
nose2()

show("The pattern in quotes")
config.write_text(settings.replace("*_tests.py", '"*_tests.py"'))
nose2()
config.write_text(settings)

show("The same settings in setup.cfg")
config.rename("setup.cfg")
nose2()

show("A list in pyproject.toml, then a string")
for pattern in ('["*_tests.py"]', '"*_tests.py"'):
    print(f"\ntest-file-pattern = {pattern}")
    Path("pyproject.toml").write_text(
        f'[tool.nose2.unittest]\nstart-dir = "."\ntest-file-pattern = {pattern}\n'
    )
    nose2()
