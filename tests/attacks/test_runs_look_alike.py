"""Two runs look alike from inside: same paths, an empty network, an empty /tmp."""

from collections.abc import Callable
from typing import Any

Attack = Callable[..., dict[str, Any]]

LOOK = """
import json, os, socket, sys
state = {name: os.environ[name] for name in ("HOME", "TMPDIR", "PATH")}
state |= {"here": os.getcwd(), "path": sys.path, "argv": sys.argv, "pid": os.getpid()}
state |= {name: sorted(os.listdir(name)) for name in ("/tmp", "/site/home")}
with socket.create_server(("127.0.0.1", 45000)) as server:
    client = socket.create_connection(("127.0.0.1", 45000))
    server.accept()[0].close()
    client.recv(1)
    client.close()
open("/tmp/seen", "w").write("x")
print(json.dumps(state))
"""


def test_a_run_finds_nothing_of_the_one_before(attack: Attack) -> None:
    row = attack(
        "",
        "first, second = (new.run('look.py') for new in (sites(), sites()))",
        "assert first.code == 0, first",
        "assert first.out == second.out",
        files={"look.py": LOOK},
    )
    assert row["verdict"] == "passed", row
