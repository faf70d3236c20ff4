"""A product remembers its visitor's time zone, and no test needs the network for it."""

import re
import time

import pytest

from checks import expect

COLUMNS = "SELECT name FROM pragma_table_info('product')"
ALL_TESTS = ("-m", "unittest", "discover", "-v", "-p", "*_tests.py")

# All tests, with a service that counts; every name and address that they ask for is told.
WATCHED = """
import os, sys, unittest

asked = set()

def watch(event, arguments):
    if event == "socket.getaddrinfo":
        asked.add(str(arguments[0]))
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        asked.add(str(arguments[1][0]))

sys.addaudithook(watch)
os.environ["FLASK_TIMEZONE_API"] = "{url}"
try:
    unittest.main(module=None, argv=["unittest", "discover", "-v", "-p", "*_tests.py"])
finally:
    for name in sorted(asked):
        print("Asked for:", name)
"""
LOOPBACK = re.compile(r"localhost|127\..*|::1|None")

# All tests, then one more visitor in the same process, who gets the real thing.
AFTERWARDS = """
import os, sys, unittest

os.environ["FLASK_TIMEZONE_API"] = "{url}"
tests = unittest.main(
    module=None, argv=["unittest", "discover", "-v", "-p", "*_tests.py"], exit=False
)
from my_app import create_app

client = create_app({{"TESTING": True, "WTF_CSRF_ENABLED": False}}).test_client()
client.post("/en/category-create", data={{"name": "Kitchen"}})
client.post(
    "/en/product-create",
    data={{"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"}},
    environ_base={{"REMOTE_ADDR": "192.0.2.9"}},
)
sys.exit(not tests.result.wasSuccessful())
"""

BROKEN = {
    "zone_is_not_saved": "the time zone is looked up, but not saved",
    "wrong_address": "the service is asked about the server, not about the visitor",
    "good_answer_is_lost": "a good answer of the service is not understood",
    "failure_breaks_the_form": "a service that cannot be reached makes the form fail",
    "timeout_breaks_the_form": "a service that is too slow makes the form fail",
    "garbage_breaks_the_form": "an answer without a time zone in it makes the form fail",
    "error_is_an_answer": "an answer with an error status is believed",
    "no_timeout": "the lookup has no time-out",
}


def add_product(site):
    """Create a category and a product by the forms; return the product's page."""
    site.add_category("Kitchen")
    number = site.add_product(name="Teapot", price="12.50", company="Casa", category="Kitchen")
    return f"/en/product/{number}"


def zones(site):
    """Return what is saved as the time zone of each product, oldest first."""
    names = [name for (name,) in site.rows(COLUMNS)]
    expect(
        "user_timezone" in names,
        wanted="a column user_timezone in the table product",
        seen=", ".join(names),
    )
    return [zone for (zone,) in site.rows("SELECT user_timezone FROM product ORDER BY id")]


def told(service):
    """Tell which addresses the service was asked for."""
    return ", ".join(service.requests) or "no request"


@pytest.mark.points(2)
@pytest.mark.timezone_service({"127.0.0.1": "Pacific/Auckland"})
@pytest.mark.hint("The view knows the visitor as request.remote_addr; look up once, when you save.")
def test_product_remembers_the_timezone(site, timezone_service):
    """A product is saved with its visitor's time zone, looked up once; its page shows it."""
    site.configure(TIMEZONE_API=timezone_service.url)
    page = site.get(add_product(site))
    expect(
        timezone_service.requests == ["127.0.0.1"],
        wanted="one request to the service, for the visitor's address 127.0.0.1",
        seen=told(timezone_service),
    )
    saved = zones(site)
    expect(saved == ["Pacific/Auckland"], wanted="Pacific/Auckland in user_timezone", seen=saved)
    expect("Pacific/Auckland" in page.words, wanted="Pacific/Auckland on the page", seen=page)


@pytest.mark.points(2)
@pytest.mark.hint("How long does requests wait when nobody tells it?")
def test_slow_service_does_not_hold_the_form(site, timezone_service):
    """A slow service costs the visitor TIMEZONE_TIMEOUT seconds, and the product is saved."""
    timezone_service.mode, timezone_service.delay = "slow", 4.0
    site.configure(TIMEZONE_API=timezone_service.url, TIMEZONE_TIMEOUT=0.3)
    site.start()
    started = time.monotonic()
    add_product(site)
    seconds = time.monotonic() - started
    expect(timezone_service.requests, wanted="the service is asked", seen="no request")
    expect(
        seconds < 2.5,
        wanted="the product in well under two seconds, with TIMEZONE_TIMEOUT at 0.3",
        seen=f"it took {seconds:.1f} seconds, with a service that takes 4",
    )
    saved = zones(site)
    expect(saved == [None], wanted="a product without a time zone (NULL)", seen=saved)


@pytest.mark.points(2)
@pytest.mark.hint(
    "Not every bad answer is an exception of requests: think of JSON with no time zone."
)
def test_service_in_trouble_does_not_break_the_form(site, timezone_service):
    """Whatever a service in trouble answers, the product is saved without a time zone."""
    site.configure(TIMEZONE_API=timezone_service.url)
    site.add_category("Kitchen")
    form = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "Kitchen"}
    for count, mode in enumerate(("error", "garbage", "incomplete", "down"), 1):
        timezone_service.mode = mode
        page = site.submit("/en/product-create", **form)
        expect(timezone_service.requests, wanted="the service is asked", seen="no request")
        expect(
            page.status == 200 and page.url.startswith("/en/product/"),
            wanted=f"the page of the new product, while the service is in trouble ({mode})",
            seen=page,
        )
        saved = zones(site)
        expect(saved == [None] * count, wanted=f"no time zone saved ({mode})", seen=saved)


@pytest.mark.depends("test_product_remembers_the_timezone")
@pytest.mark.points(2)
@pytest.mark.hint("Which module's name does the view read when it runs? Replace that one.")
def test_tests_need_no_network(suite, timezone_service):
    """Your tests pass on a good app, and ask nobody on the network while they run."""
    run = suite.run_on_good("-c", WATCHED.format(url=timezone_service.url))
    expect(run.ran, wanted="tests in files called *_tests.py", seen=run)
    asked = re.findall(r"^Asked for: (.+)$", run.out, re.MULTILINE)
    names = [name for name in asked if not LOOPBACK.fullmatch(name)]
    wanted = "no request to the time zone service, nor to anybody else, while the tests run"
    expect(not names, wanted=wanted, seen=f"they asked for {', '.join(names)}")
    requests = timezone_service.requests
    expect(not requests, wanted=wanted, seen=f"{len(requests)} requests to TIMEZONE_API")
    expect(run.code == 0, wanted="tests that pass on a good app", seen=run)


@pytest.mark.hint("What is started must be stopped, even after a test that fails: addCleanup.")
def test_tests_leave_nothing_patched(suite, timezone_service):
    """Your tests pass on your own app, and after them it asks the real service again."""
    run = suite.run("-c", AFTERWARDS.format(url=timezone_service.url))
    expect(run.code == 0 and run.ran, wanted="tests that pass on your own app", seen=run)
    expect(
        "192.0.2.9" in timezone_service.requests,
        wanted="a visitor from 192.0.2.9 is looked up after the tests: nothing is replaced then",
        seen=told(timezone_service),
    )


def expect_noticed(suite, *names):
    """Expect that the tests fail in each of these broken apps."""
    suite.expect_noticed({name: BROKEN[name] for name in names}, *ALL_TESTS)


@pytest.mark.depends("test_tests_need_no_network")
@pytest.mark.points(2)
@pytest.mark.hint(
    "A replaced function remembers how it was called, and the database what was saved."
)
def test_tests_notice_a_lost_timezone(suite):
    """Your tests notice when the time zone is of a wrong address, not understood or not saved."""
    expect_noticed(suite, "zone_is_not_saved", "wrong_address", "good_answer_is_lost")


@pytest.mark.depends("test_tests_need_no_network")
@pytest.mark.points(2)
@pytest.mark.hint(
    "Run the real client while the replaced requests.get raises, or answers nonsense."
)
def test_tests_notice_a_client_that_believes_all(suite):
    """Your tests notice when a failure of the service is not caught, or taken for an answer."""
    expect_noticed(
        suite,
        "failure_breaks_the_form",
        "timeout_breaks_the_form",
        "garbage_breaks_the_form",
        "error_is_an_answer",
    )


@pytest.mark.depends("test_tests_need_no_network")
@pytest.mark.hint("How was requests.get called? Make sure that your question is really asked.")
def test_tests_notice_a_missing_timeout(suite):
    """Your tests notice when the lookup has no time-out."""
    expect_noticed(suite, "no_timeout")


@pytest.mark.guard("Products were created before there was a service.")
@pytest.mark.hint("TIMEZONE_API is None by default, and then nobody is asked.")
def test_form_works_without_a_service(site):
    """Without TIMEZONE_API a product is created as before."""
    page = site.get(add_product(site))
    expect(page.status == 200 and "Teapot" in page.words, wanted="the product's page", seen=page)
