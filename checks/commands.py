"""Run Python and other programs in a submission's folder, in its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.diagnosis import explain
from checks.programs import Program
from checks.sandbox.launcher import Limits, Process, Zygote
from checks.scratch import Scratch
from checks.verdict import SubmissionError
from workbook.text import clean


@dataclass(frozen=True)
class Patience:
    """How many seconds an app may take."""

    start: float = 10.0
    request: float = 10.0
    end: float = 1.0


@dataclass(frozen=True)
class Finished:
    """A command that ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}: {(self.out + self.err).strip()}"


class Commands(Scratch):
    """A submission's folder, and what can be run there."""

    def __init__(
        self,
        zygote: Zygote,
        copy: Callable[[Path], None],
        scratch: Path,
        patience: Patience,
        own_network: bool = False,
    ) -> None:
        self._zygote = zygote
        self._patience = patience
        self._own_network = own_network
        self._settings: dict[str, str] = {}
        self._environ: dict[str, str] = {}
        super().__init__(scratch)
        copy(self.folder)

    @property
    def inside(self) -> Path:
        """The app's folder as the submission sees it; `folder` is the grader's path to it."""
        return self._zygote.inside(self.folder)

    def run(
        self,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout: float = 20,
        settings: bool = True,
    ) -> Finished:
        """Run `python ARGUMENTS` in the app's folder; `settings`: with those of the site.

        done = site.run("-m", "nose2", timeout=40)
        expect(done.code == 0, wanted="tests that pass", seen=done)
        """
        own = {**self._settings, **self._environ} if settings else {}
        process = self._launch(
            arguments, {**own, **(environ or {})},
            stdin=stdin, separate=True,
        )  # fmt: skip
        command = clean(f"python {' '.join(arguments)}", 80)
        with _forgotten(process):
            ended = process.wait(timeout)
            if ended is None:
                raise SubmissionError(
                    "timeout", f"`{command}` was still running after {timeout:g} seconds."
                )
            process.kill()
            if ended.code < 0:
                raise explain(ended, process.errors(), self.inside, f"during `{command}`")
            return Finished(ended.code, process.output(), process.errors())

    @contextmanager
    def process(
        self, *command: str, environ: Mapping[str, str] | None = None, settings: bool = True
    ) -> Iterator[Program]:
        """Run any program in the app's folder while the block runs; kill it with its children.

        It is found on the PATH (the environment's bin directory, then the system's) and reads
        its configuration from the app's folder. All processes of a check share the loopback
        interface of the grader, the folders and /tmp; a port is chosen by the check:

            port = free_port()
            with (
                site.process("gunicorn", "--bind", "unix:/tmp/app.sock", "my_app:create_app()"),
                site.process("nginx", "-p", ".", "-c", "nginx.conf", environ={"PORT": str(port)})
                as nginx,
            ):
                nginx.wait_for(lambda: answers(port), 5, "it listened")
                page = site.get(f"http://127.0.0.1:{port}/en/products")
                nginx.signal(signal.SIGHUP)
            assert "emerg" not in nginx.output()

        Program has `output`, `wait`, `wait_for`, `signal` and `stop`.
        """
        own = {**self._settings, **self._environ} if settings else {}
        process = self._launch(command, {**own, **(environ or {})}, program=True, own_network=False)
        program = Program(clean(" ".join(command), 80), process)
        try:
            yield program
        finally:
            program.close()

    def readable(self, name: str, content: str | bytes) -> str:
        """Let the submission read a file that is not its own; return the path that it sees.

        A certificate authority, for example, or a configuration that a service brings along:

            site.environ(SSL_CERT_FILE=site.readable("authority.pem", mail_server.authority))
        """
        folder = self.folder.parent / "readable"
        folder.mkdir(exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
        # Whatever the umask of the caller is: when root grades, another user reads it.
        folder.chmod(0o755)
        (folder / name).chmod(0o644)
        return str(self.inside.parent / "readable" / name)

    def python(self, code: str, **options: Any) -> Finished:
        """Run a few lines of Python in the app's folder.

        done = site.python("from my_app import create_app; create_app()")
        """
        return self.run("-c", code, **options)

    def _launch(self, arguments: Sequence[str], environ: dict[str, str], **options: Any) -> Process:
        if not self.folder.is_dir():
            raise SubmissionError("error", "The app has deleted its own folder.")
        options.setdefault("own_network", self._own_network)
        return self._zygote.launch(self.folder, arguments, environ, Limits(), **options)


@contextmanager
def _forgotten(process: Process) -> Iterator[None]:
    try:
        yield
    finally:
        process.forget()
