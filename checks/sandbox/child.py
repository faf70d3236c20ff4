"""Be the submission's process: serve its app or run Python on its files.

Stands alone: the zygote loads it by path and must never import the checks package.
"""

import atexit
import importlib
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from checks.sandbox.modules import HandOut

READY, REPORT, LISTENER = 3, 4, 5
PLAIN = ("-m", "-c")


def prepare(request: dict[str, Any]) -> None:
    """Set what a fresh interpreter would have: environment, search path, streams."""
    os.environ.clear()
    os.environ.update(request["environ"])
    time.tzset()
    sys.path[:] = [request["folder"], *[path for path in sys.path if path]]
    for path in [path for path in sys.path_importer_cache if not path.startswith("/")]:
        del sys.path_importer_cache[path]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def run(request: dict[str, Any], preloaded: "HandOut", serve: Callable[..., Any]) -> NoReturn:
    """Do what the request says, then end as an interpreter would."""
    arguments: list[str] = request["arguments"]
    if request["program"]:
        run_program(arguments)
    if not arguments:
        finish(lambda: serve_factory(serve))
    os.close(READY)
    if arguments[0].startswith("-") and arguments[0] not in PLAIN:
        os.execv(sys.executable, [sys.executable, *arguments])
    if arguments[0] == "-m":
        preloaded.give("runpy")  # as the interpreter itself imports it for -m
    finish(lambda: run_python(arguments))


def run_program(command: list[str]) -> NoReturn:
    """Become any program, found on the PATH of the submission."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and a program inherits that
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)


def serve_factory(make_server: Callable[..., Any]) -> None:
    """Serve `my_app.create_app()` on the passed socket."""
    sys.modules["__main__"] = ModuleType("__main__")
    # Not by importlib: as long as the submission has not imported it, it is hidden.
    application = __import__("my_app").create_app()
    server = make_server("127.0.0.1", 0, application, threaded=True, fd=LISTENER)
    os.close(LISTENER)  # the server has a duplicate
    os.write(READY, b"1")
    os.close(READY)
    server.serve_forever()


def run_python(arguments: list[str]) -> None:
    """Do `python ARGUMENTS` without paying for a new interpreter."""
    first, rest = arguments[0], arguments[1:]
    if first == "-m":
        sys.argv[:] = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        return
    main = ModuleType("__main__")
    sys.modules["__main__"] = main
    if first == "-c":
        sys.argv[:] = ["-c", *rest[1:]]
        code = compile(rest[0], "<string>", "exec")
    else:
        sys.argv[:] = arguments
        sys.path[0] = str(Path(first).absolute().parent)
        main.__file__ = first
        code = compile(Path(first).read_bytes(), first, "exec")
    exec(code, main.__dict__)


def finish(work: Callable[[], None]) -> NoReturn:
    """Call `work` and leave with the exit code and the output of a normal interpreter."""
    code = 0
    try:
        work()
    except SystemExit as leaving:
        code = exit_code(leaving)
    except BaseException as error:
        error.__traceback__ = own_part(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def exit_code(leaving: SystemExit) -> int:
    """Translate sys.exit's argument as the interpreter does."""
    if leaving.code is None or isinstance(leaving.code, int):
        return (leaving.code or 0) & 0xFF
    print(leaving.code, file=sys.stderr)
    return 1


def own_part(traceback: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of this file and of runpy."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename in (
        __file__, "<frozen runpy>", runpy.__file__, "<frozen importlib._bootstrap>",
        importlib.__file__,
    ):  # fmt: skip
        traceback = traceback.tb_next
    return traceback


def warm_up() -> None:
    """Serve one page of a tiny app: what is loaded lazily is then loaded once for all."""
    from flask import Flask, render_template_string
    from flask_sqlalchemy import SQLAlchemy
    from flask_wtf import FlaskForm  # type: ignore[import-untyped]
    from sqlalchemy.orm import Mapped, mapped_column
    from wtforms import StringField  # type: ignore[import-untyped]

    class Form(FlaskForm):  # type: ignore[misc]
        word = StringField()

    database = SQLAlchemy()

    class Item(database.Model):  # type: ignore[misc, name-defined]
        id: Mapped[int] = mapped_column(primary_key=True)
        word: Mapped[str]

    application = Flask("warm_up")
    application.config.update(SECRET_KEY="x", SQLALCHEMY_DATABASE_URI="sqlite://")
    database.init_app(application)

    @application.route("/", methods=["GET", "POST"])
    def page() -> str:
        database.create_all()
        database.session.add(Item(word="x"))
        database.session.commit()
        items = database.session.scalars(database.select(Item)).all()
        return render_template_string("{{ f.word() }}{% for i in l %}{{ i.id }}{% endfor %}",
                                      f=Form(), l=items)  # fmt: skip

    client = application.test_client()
    client.get("/")
    client.post("/", data={"word": "x"})
    compile_templates_once()


def compile_templates_once() -> None:
    """Compile a template once a process: a test suite makes its app anew for every test.

    Those of Bootstrap-Flask, the same files for every submission, are compiled before the fork.
    What a submission compiles stays in its own process.
    """
    from flask import Flask
    from flask_bootstrap import Bootstrap5  # type: ignore[import-untyped]
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    kept: dict[str, bytes] = {}

    class Memory(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            if bucket.key in kept:
                bucket.bytecode_from_string(kept[bucket.key])

        def dump_bytecode(self, bucket: Bucket) -> None:
            kept[bucket.key] = bucket.bytecode_to_string()

    Flask.jinja_options = {"bytecode_cache": Memory()}
    with_templates = Flask("warm_up")
    Bootstrap5(with_templates)
    for name in ("form", "nav", "pagination", "utils"):
        with_templates.jinja_env.get_template(f"bootstrap5/{name}.html")
