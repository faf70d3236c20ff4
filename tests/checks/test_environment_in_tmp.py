"""The workbook, and with it Python's environment, may lie below /tmp."""

import json
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
import pytest

@pytest.mark.hint("Read.")
def test_it(site):
    '''It works.'''
    done = site.python("import flask; open('/tmp/written', 'w').write('yes')")
    assert done.code == 0, done
    again = site.python("import flask; print(open('/tmp/written').read())")
    assert again.out == "yes\\n", again
    inside = site.python("import sys; open(sys.prefix + '/pyvenv.cfg', 'a')")
    assert "OSError" in inside.err or "PermissionError" in inside.err, inside
"""


@pytest.fixture
def python() -> Iterator[Path]:
    """Make an environment below /tmp with the packages of this one."""
    with TemporaryDirectory(dir="/tmp", prefix="a book ") as place:
        environment = Path(place, ".venv")
        venv.create(environment, symlinks=True)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages = environment / "lib" / version / "site-packages"
        (packages / "these.pth").write_text(sysconfig.get_path("purelib") + "\n")
        yield environment / "bin" / "python"


def test_a_submission_writes_to_tmp_and_not_to_the_environment_there(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "check.py").write_text(CHECK)
    (tmp_path / "app" / "my_app").mkdir(parents=True)
    (tmp_path / "app" / "my_app" / "__init__.py").touch()
    job = {"id": "x", "app": str(tmp_path / "app"), "check": str(tmp_path / "check.py")}
    done = subprocess.run(
        [python, "checks/__main__.py", "grade"], input=json.dumps(job) + "\n", cwd=ROOT,
        stdout=subprocess.PIPE, text=True, check=True, timeout=60,
    )  # fmt: skip
    row = json.loads(done.stdout)["checks"][0]
    assert row["verdict"] == "passed", row["message"]
