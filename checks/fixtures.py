"""The fixtures of a check: the submission, its test suite, and the servers it may talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from checks.commands import Patience
from checks.site import Site
from checks.submission import Submission
from checks.suite import Suite
from workbook.servers.service import service

if TYPE_CHECKING:
    from workbook.servers.envelopes import Inbox
    from workbook.servers.nginx import Nginx
    from workbook.servers.service import Running
    from workbook.servers.smtp import MailServer
    from workbook.servers.timezones import TimezoneService
    from workbook.servers.valkey import Valkey


# A check function with no other fixture needs no server, so its sites get a network of their own.
WITHOUT_SERVERS = {"site", "sites", "suite"}


class Fixtures:
    """The fixtures of one job, registered as a pytest plugin."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission

    @pytest.fixture
    def site(self, sites: Callable[[], Site]) -> Site:
        """The submission in its own process.

        def test_home(site):
            '''The home page is there.'''
            expect(site.get("/en/home").status == 200, wanted="status 200")
        """
        return sites()

    @pytest.fixture
    def sites(self, request: pytest.FixtureRequest) -> Iterator[Callable[[], Site]]:
        """Make as many fresh copies of the submission as a check needs.

        first, second = sites(), sites()
        """
        alone = _needs_no_server(request)
        with ExitStack() as open_sites:

            def new() -> Site:
                site = self._site(self.submission.copy, alone)
                open_sites.callback(site.close)
                return site

            yield new

    @pytest.fixture
    def suite(self, request: pytest.FixtureRequest, sites: Callable[[], Site]) -> Suite:
        """The learner's tests, to be run on the app and on mutants of it.

        run = suite.run("-m", "unittest", "-v", "app_tests")
        """
        alone = _needs_no_server(request)
        return Suite(sites, self.submission, lambda: self._site(Path.mkdir, alone))

    def _site(self, copy: Callable[[Path], None], alone: bool) -> Site:
        own = self.submission
        patience = Patience(own.job.patience, own.job.patience)
        return Site(own.zygote, copy, own.scratch, patience, alone)

    @pytest.fixture
    def mail_server(self, request: pytest.FixtureRequest) -> Iterator[MailServer]:
        """Run a mail server with STARTTLS and log-in.

        site.configure(MAIL_SERVER=mail_server.host, MAIL_PORT=mail_server.port)
        mails = mail_server.wait_for(1, 3)
        """
        options = {"username": "catalog", "password": "let-me-in"}
        marker = request.node.get_closest_marker("mail_server")
        with self._service("smtp", **(options | (marker.kwargs if marker else {}))) as server:
            yield cast("MailServer", server)

    @pytest.fixture
    def sentry_inbox(self) -> Iterator[Inbox]:
        """Run an endpoint that takes what a Sentry SDK sends.

        site.configure(SENTRY_DSN=sentry_inbox.dsn)
        events = sentry_inbox.wait_for(1, 3)
        """
        with self._service("envelopes") as inbox:
            yield cast("Inbox", inbox)

    @pytest.fixture
    def timezone_service(self, request: pytest.FixtureRequest) -> Iterator[TimezoneService]:
        """Run a service that returns the time zone of an IP address.

        site.configure(TIMEZONE_API=timezone_service.url)
        timezone_service.mode = "slow"
        """
        marker = request.node.get_closest_marker("timezone_service")
        with self._service("timezones", *(marker.args if marker else ())) as running:
            yield cast("TimezoneService", running)

    @pytest.fixture
    def valkey(self) -> Iterator[Valkey]:
        """Run a Valkey server, empty at first."""
        with self._service("valkey") as server:
            yield cast("Valkey", server)

    @pytest.fixture
    def nginx(self) -> Nginx:
        """The nginx program, for `site.process`, and a free port for its configuration."""
        from workbook.servers import nginx

        self._skip_without("nginx")
        return nginx.program()

    @contextmanager
    def _service(self, name: str, *args: Any, **options: Any) -> Iterator[Running]:
        """Run a service for one check function, or take the one that the grader keeps running."""
        self._skip_without(name)
        if kept := self.submission.services.get(name):
            yield kept
            return
        with service(name).running(*args, **options) as running:
            yield running

    def _skip_without(self, name: str) -> None:
        if why := service(name).missing():
            pytest.skip(why)

    @pytest.fixture
    def refused_port(self) -> Iterator[int]:
        """A port that refuses connections, as a server that is down.

        site.configure(MAIL_PORT=refused_port)
        """
        from workbook.servers import ports

        with ports.refused_port() as port:
            yield port

    @pytest.fixture
    def silent_port(self) -> Iterator[int]:
        """A port that accepts connections and never responds, as a server that hangs.

        site.configure(MAIL_PORT=silent_port)
        """
        from workbook.servers import ports

        with ports.silent_port() as port:
            yield port


def _needs_no_server(request: pytest.FixtureRequest) -> bool:
    servers = {name for name in vars(Fixtures) if name[0] != "_"} - WITHOUT_SERVERS
    return not servers & set(request.fixturenames)
