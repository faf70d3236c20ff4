"""A submission is slow, deep or fills its disk: the result comes at most five seconds late."""

from __future__ import annotations

import pytest
from attacker import APP, CHECK, Attack

MANY = CHECK + "".join(
    f"\ndef test_{number}(site):\n    '''Again {number}.'''\n    site.get('/')\n    site.get('/')\n"
    for number in range(4)
)
WAYS = {
    "responses that are nearly late": APP.replace(
        '        return "<form', '        import time; time.sleep(2.5)\n        return "<form'
    ),
    "3000 folders in each other": """
import os
folder = os.open(os.environ["TMPDIR"], os.O_RDONLY)
for _ in range(3000):
    os.mkdir("d", dir_fd=folder)
    folder, above = os.open("d", os.O_RDONLY, dir_fd=folder), folder
    os.close(above)
"""
    + APP,
    "a full disk": """
import os
try:
    for number in range(100):
        with open(os.environ["TMPDIR"] + f"/{number}", "wb") as file:
            file.write(bytes(15 << 20))
except OSError:
    pass
"""
    + APP,
    "many files": """
import os
try:
    for number in range(300_000):
        open(os.environ["TMPDIR"] + f"/{number}", "wb").close()
except OSError:
    pass
"""
    + APP,
    "folders without rights": """
import os
os.mkdir(os.environ["TMPDIR"] + "/closed")
open(os.environ["TMPDIR"] + "/closed/file", "w").close()
os.chmod(os.environ["TMPDIR"] + "/closed", 0)
"""
    + APP,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_result_comes_in_time(attack: Attack, way: str) -> None:
    graded = attack({"my_app/__init__.py": WAYS[way]}, MANY, seconds=8)
    assert graded.result.seconds < 8 + 5
    assert "grader-error" not in {row.verdict for row in graded.result.checks}
    assert graded.result.verdict != "passed"
    assert "Traceback" not in graded.complaints
