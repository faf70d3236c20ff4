"""A machine without user namespaces, as Docker's and Ubuntu 24.04's defaults."""

import json
import subprocess
import sys
from pathlib import Path

from hostile import APP, CHECK, ROOT, START

WITHOUT = (
    "from pathlib import Path; layers.new_user_namespace()"
    "; Path('/proc/sys/user/max_user_namespaces').write_text('0'); layers.drop_capabilities()"
)


def test_it_still_grades_guards_the_files_and_says_what_is_missing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the user's own")
    (tmp_path / "my_app").mkdir()
    (tmp_path / "my_app" / "__init__.py").write_text(f"open({str(secret)!r}).read()\n{APP}")
    check = tmp_path / "check.py"
    check.write_text(CHECK.format(lines="    site.get('/')\n"))
    job = json.dumps({"id": "x", "app": str(tmp_path), "check": str(check)})
    done = subprocess.run(
        [sys.executable, "-c", START.format(before=WITHOUT), "grade"], input=f"{job}\n",
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=True,
    )  # fmt: skip
    result = json.loads(done.stdout)
    assert {"user", "pid", "net", "root"} <= set(result["missing"])
    assert not {"limits", "seccomp"} & set(result["missing"])
    assert result["verdict"] == "forbidden", result
    assert done.stderr == ""
