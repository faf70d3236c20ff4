"""The submission as a check sees it: HTTP responses, forms, files, database, commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from checks import database
from checks.browser import Browser, NoResponse, absolute, deadline, statuses
from checks.commands import Commands, Patience
from checks.diagnosis import explain, last_failure
from checks.expect import CheckFailed, expect
from checks.forms import filled_form
from checks.page import Page
from checks.sandbox.launcher import LARGEST_OUTPUT, Process, Zygote, listening_socket
from checks.verdict import SubmissionError
from workbook.text import clean

# run_simple takes over the socket that its reloader would hand on: no port to agree on.
TAKE_SOCKET = {"WERKZEUG_RUN_MAIN": "true", "WERKZEUG_SERVER_FD": "5"}
# After such a change a traceback is what the check wanted to see, not the learner's mistake.
SABOTAGE = re.compile(r"\b(DROP|ALTER|DELETE|UPDATE)\b", re.IGNORECASE)


class Site(Commands):
    """A submission in its own process, with a scratch copy of the app as its folder."""

    def __init__(
        self,
        zygote: Zygote,
        copy: Callable[[Path], None],
        scratch: Path,
        patience: Patience,
        own_network: bool = False,
    ) -> None:
        self._typed = ""
        self._command: tuple[str, ...] = ()
        self._process: Process | None = None
        self._printed = ""
        self._sabotaged = False
        self._base = ""
        self._browser = Browser(patience.request)
        super().__init__(zygote, copy, scratch, patience, own_network)

    def __repr__(self) -> str:
        return "site"

    # Settings of the next start

    def configure(self, **settings: Any) -> None:
        """Set settings of the app, by the environment, from the next start on (None: unset).

        site.configure(LOG_LEVEL="WARNING", ADMINS=["ada@example.org"])
        """
        for name, value in settings.items():
            self._set(self._settings, f"FLASK_{name}", value)

    def environ(self, **variables: str | None) -> None:
        """Set environment variables from the next start on (None: unset).

        site.environ(PYTHONBREAKPOINT="0")
        """
        for name, value in variables.items():
            self._set(self._environ, name, value)

    def set_stdin(self, text: str) -> None:
        r"""Set what is typed at the server's terminal, from the next start on.

        site.set_stdin("p page\nc\n")
        """
        self.stop()
        self._typed = text

    def use_command(self, *arguments: str) -> None:
        """Start the server by `python ARGUMENTS` from now on, not by create_app().

        site.use_command("run.py")
        """
        self.stop()
        self._command = arguments

    def _set(self, where: dict[str, str], name: str, value: Any) -> None:
        self.stop()
        if value is None:
            where.pop(name, None)
        else:
            where[name] = value if isinstance(value, str) else json.dumps(value)

    # The server

    def start(self) -> None:
        """Start the app; get, post and submit do it by themselves.

        site.start()
        expect(not site.exists("instance/application.log"), wanted="no log before a request")
        """
        if self._process:
            return
        with listening_socket() as listener:
            self._base = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            extra = TAKE_SOCKET if self._command else {}
            self._process = self._launch(
                self._command, {**self._settings, **self._environ, **extra},
                stdin=self._typed, listener=listener,
            )  # fmt: skip
        if self._command or self._process.ready(self._patience.start):
            return
        if ended := self._process.wait(self._patience.end):
            raise explain(ended, self.output(), self.inside, "while the app was starting")
        raise SubmissionError(
            "timeout",
            "The app did not start: create_app() was still running after "
            f"{self._patience.start:g} seconds.",
        )

    def stop(self) -> None:
        """Stop the server and all that it started; the files stay.

        site.stop()
        before = site.read("application.log")
        """
        if self._process:
            self._process.kill()
            self._printed += self._process.output()
            self._process.forget()
            self._process = None

    def output(self) -> str:
        """Return what the server has printed so far.

        expect("(Pdb)" in site.output(), wanted="pdb's prompt", seen=site.output())
        """
        return self._printed + (self._process.output() if self._process else "")

    def close(self) -> None:
        """Stop everything; the fixture calls this."""
        self.stop()
        self._browser.close()
        self.discard()

    # Requests

    def get(
        self,
        path: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        follow: bool = False,
        **params: Any,
    ) -> Page:
        """Send a GET request and return the page; `params` become the query.

        page = site.get("/en/product-search", name="tea")
        """
        given = {**(headers or {}), **({"Accept": accept} if accept else {})}
        return self._send("GET", path, follow, headers=given, params=params)

    def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = False,
    ) -> Page:
        """Send a POST request with data as it is, without a form and its CSRF token.

        page = site.post("/en/category-create", {"name": "Tea"})
        """
        return self._send("POST", path, follow, data=data or {}, files=files or {}, headers=headers)

    def submit(self, path: str, **fields: Any) -> Page:
        """Open a page, fill its form, send it as a browser does and follow the redirect.

        page = site.submit("/en/product-create", name="Pot", image=("pot.png", b"a picture"))
        """
        page = self.get(path, follow=True)
        expect(page.status == 200, wanted=f"a page with a form at {path}", seen=page)
        late = f"The form at {path} could not be read within {self._patience.request:g} seconds."
        with deadline(self._patience.request, late):
            form = filled_form(page, fields)
        base = self._base_of(path)
        url = absolute(base, page.url, form.url)
        expect(url, wanted=f"a form at {path} that is sent to the app", seen=form.url)
        target = str(url) if base != self._base else "/" + str(url).removeprefix(base)
        headers = {"Referer": urljoin(base, page.url), "Origin": base.rstrip("/")}
        return self._send(form.method, target, True, headers=headers, **form.options)

    def get_together(self, *paths: str) -> list[int]:
        """Send GET requests at the same moment; return the status of each response.

        expect(site.get_together("/en/home", "/en/home") == [200, 200], ...)
        """
        self.start()
        try:
            return statuses(self._base, paths, 2 * self._patience.request)
        except NoResponse as reason:
            raise self._trouble(f"GET {' and GET '.join(paths)}", str(reason)) from None

    def _send(self, method: str, path: str, follow: bool, **options: Any) -> Page:
        base = self._base_of(path)
        try:
            page = self._browser.send(base, method, path, **options)
            return self._browser.follow(base, page) if follow else page
        except NoResponse as reason:
            raise self._trouble(f"{method} {path}", str(reason)) from None

    def _base_of(self, path: str) -> str:
        if path.startswith("http://"):  # a program of the site that has a port of its own
            return urljoin(path, "/")
        self.start()
        return self._base

    def _trouble(self, request: str, reason: str) -> SubmissionError:
        if self._process and (ended := self._process.wait(self._patience.end)):
            return explain(ended, self.output(), self.inside, f"during {request}")
        return SubmissionError(
            "error", f"{request} had no HTTP response: {reason}. {self.note()}".strip()
        )

    # Things in the catalog

    def add_category(self, name: str) -> int:
        """Create a category with the app's own form; return its id.

        site.add_category("Kitchen")
        """
        return self._created("/en/category-create", "/category/", name=name)

    def add_product(self, **fields: Any) -> int:
        """Create a product with the app's own form; return its id.

        number = site.add_product(name="Pot", price="9", company="Casa", category="Kitchen")
        """
        return self._created("/en/product-create", "/product/", **fields)

    def _created(self, path: str, target: str, **fields: Any) -> int:
        page = self.submit(path, **fields)
        match = re.search(rf"{target}(\d{{1,18}})/?$", page.url)
        if not match:
            wanted = f"after {path} a redirect to the page of the new one, {target}<id>"
            raise CheckFailed(wanted, page)
        return int(match[1])

    # Commands

    def execute(self, script: str) -> None:
        """Change the app's database behind its back: one or more SQL statements.

        site.execute("DROP TABLE product")
        """
        if not self.exists(database.DATABASE):
            self.start()
        self._sabotaged |= bool(SABOTAGE.search(script))
        self._query(database.command(database.CHANGE, script), script)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query on the app's database, at most 10,000 and 900 KB.

        (count,) = site.rows("SELECT count(*) FROM product WHERE price > ?", 10)[0]
        """
        if not self.exists(database.DATABASE):
            raise CheckFailed(f"a database file {database.DATABASE}", "no such file")
        printed = self._query(database.command(database.READ, query, values), query)
        return database.rows_of(printed)

    def _query(self, arguments: tuple[str, ...], query: str) -> str:
        try:
            done = self.run(*arguments, settings=False)
        except SubmissionError as error:
            told = f"The database does not take {clean(query, 80)!r}: {error.message}"
            raise SubmissionError(error.verdict, told) from None
        if done.code:
            told = f"The database does not take {clean(query, 80)!r}: {clean(done.err, 300)}."
            raise SubmissionError("error", told)
        return done.out

    def note(self) -> str:
        """Return what the app reported last; "" without a traceback or after our own sabotage."""
        output = self.output()
        if self._sabotaged:
            return ""
        if failure := last_failure(output, self.inside):
            return f"The app reported: {str(failure).removesuffix('.')}."
        return "The app printed more than 1 MB." if len(output) > LARGEST_OUTPUT else ""
