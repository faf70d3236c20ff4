"""Programs that a check starts in the sandbox."""

from collections.abc import Callable
from typing import Any

import pytest

HEAD = (
    "import pytest, signal, socket\nfrom checks import expect\n"
    "pytestmark = pytest.mark.hint('Read.')\n\ndef test_it(site):\n    '''It works.'''\n"
)
SERVER = """
import os, signal, socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        mood = os.environ["MOOD"].encode()
        self.wfile.write(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + mood)
signal.signal(signal.SIGHUP, lambda *args: print("hup", flush=True))
print("ready", os.getcwd(), flush=True)
socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def row(grade_source: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Run a few lines as the body of a check; return its row."""

    def run(*lines: str) -> dict[str, Any]:
        source = HEAD + "".join(f"    {line}\n" for line in lines)
        result: dict[str, Any] = grade_source(source, app="catalog")["checks"][0]
        return result

    return run


def test_a_program_has_a_port_output_signals_and_an_exit_code(
    row: Callable[..., dict[str, Any]],
) -> None:
    outcome = row(
        f"site.write('server.py', {SERVER!r})",
        "with socket.socket() as probe:",
        "    probe.bind(('127.0.0.1', 0))",
        "    port = probe.getsockname()[1]",
        "with site.process('python', 'server.py', str(port), environ={'MOOD': 'ok'}) as program:",
        "    program.wait_for(lambda: 'ready' in program.output(), 5, 'it was ready')",
        "    assert site.get(f'http://127.0.0.1:{port}/a').text == 'ok'",
        "    program.signal(signal.SIGHUP)",
        "    program.wait_for(lambda: 'hup' in program.output(), 5, 'it took the signal')",
        "    assert program.stop() == -15",
        "assert program.output().startswith('ready')",
        "with site.process('sh', '-c', 'sleep 60 & exit 3') as program:",
        "    assert program.wait(5) == 3",
    )
    assert outcome["verdict"] == "passed", outcome


def test_programs_of_a_site_share_its_folders_and_tmp(row: Callable[..., dict[str, Any]]) -> None:
    outcome = row(
        "with site.process('sh', '-c', 'echo one > /tmp/note; pwd; sleep 60') as first:",
        "    first.wait_for(first.output, 5, 'it printed')",
        "    with site.process('cat', '/tmp/note') as second:",
        "        assert second.wait(5) == 0",
        "        assert second.output() == 'one\\n'",
        "path = site.readable('authority.pem', 'PEM')",
        "done = site.run('-c', f'print(open({path!r}).read())')",
        "assert done.out == 'PEM\\n', done",
        "assert 'rror' in site.run('-c', f'open({path!r}, \"w\")').err",
    )
    assert outcome["verdict"] == "passed", outcome


def test_a_program_that_is_missing_or_ends_early_is_named(
    row: Callable[..., dict[str, Any]],
) -> None:
    outcome = row(
        "with site.process('no-such-program') as program:",
        "    program.wait_for(lambda: False, 5, 'it listened')",
    )
    assert outcome["verdict"] == "error"
    assert "ended with exit code 127 before it listened: no-such-program" in outcome["message"]


def test_the_commands_of_the_environment_are_on_the_path(
    row: Callable[..., dict[str, Any]],
) -> None:
    outcome = row(
        "with site.process('coverage', '--version') as program:",
        "    assert program.wait(20) == 0, program.output()",
        "assert 'Coverage' in program.output()",
    )
    assert outcome["verdict"] == "passed", outcome


def test_shared_memory_works_as_werkzeugs_debugger_needs_it(
    row: Callable[..., dict[str, Any]],
) -> None:
    outcome = row(
        "code = 'import multiprocessing; print(multiprocessing.Value(\"B\").value)'",
        "done = site.run('-c', code)",
        "assert done.out == '0\\n', done",
    )
    assert outcome["verdict"] == "passed", outcome
