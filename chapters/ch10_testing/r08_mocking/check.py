"""Recipe 8: a product keeps its visitor's time zone, and no test needs the network for it."""

import json
import random
import re
import time

import pytest

from checks import expect, seam

FORM = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "Kitchen"}
COLUMNS = "SELECT name FROM pragma_table_info('product')"
ALL_TESTS = ("-m", "nose2", "-v")
ZONES = ("Pacific/Auckland", "Asia/Kolkata", "Africa/Nairobi", "America/Bogota", "Europe/Oslo")
LOOPBACK = re.compile(r"localhost|127\..*|::1|None|")

# Several apps in one process, each with settings and a visitor of its own.
APPS = """
import json, sys
from my_app import create_app
from my_app.timezones import lookup_timezone

for number, (config, visitor) in enumerate(json.loads(sys.argv[1])):
    database = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///apps{number}.db"}
    app = create_app({"WTF_CSRF_ENABLED": False, **database, **config})
    client = app.test_client()
    client.post("/en/category-create", data={"name": "Kitchen"})
    response = client.post(
        "/en/product-create",
        data={"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"},
        headers={"X-Forwarded-For": "203.0.113.77", "X-Real-IP": "203.0.113.77"},
        environ_base={"REMOTE_ADDR": visitor},
    )
    print("status:", response.status_code)
    with app.app_context():
        print("found:", lookup_timezone("198.51.100.9") if config.get("TIMEZONE_API") else "")
"""

# Tells what the process looks up or connects to on a network, and then does something.
WATCHED = """
import sys

asked = set()

def watch(event, arguments):
    if event == "socket.getaddrinfo":
        asked.add(str(arguments[0]))
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        asked.add(str(arguments[1][0]))

sys.addaudithook(watch)
try:
    {work}
finally:
    for name in sorted(asked):
        print("{nonce} asked for:", name)
"""
RUN_TESTS = 'sys.argv[:] = ["nose2", "-v"]; import nose2; nose2.discover()'
ONE_PRODUCT = """
    from my_app import create_app
    client = create_app({"WTF_CSRF_ENABLED": False}).test_client()
    client.post("/en/category-create", data={"name": "Kitchen"})
    form = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"}
    print("status:", client.post("/en/product-create", data=form).status_code)
"""

# All tests, then one more visitor in the same process, who gets the real thing.
AFTERWARDS = """
import sys

url, visitor = sys.argv[1:]
sys.argv[:] = ["nose2", "-v"]
import nose2
tests = nose2.discover(exit=False)

from my_app import create_app
database = "sqlite:///afterwards.db"
config = {"TIMEZONE_API": url, "WTF_CSRF_ENABLED": False, "SQLALCHEMY_DATABASE_URI": database}
client = create_app(config).test_client()
client.post("/en/category-create", data={"name": "Kitchen"})
client.post(
    "/en/product-create",
    data={"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"},
    environ_base={"REMOTE_ADDR": visitor},
)
sys.exit(not tests.result.wasSuccessful())
"""

# Responses that have no time zone in them: what to say, status and body.
USELESS = (
    ("status 404 with JSON", 404, b'{"error": "unknown"}'),
    ("status 503 with a time zone in its JSON", 503, b'{"timezone": "Asia/Tokyo"}'),
    ("an HTML page", 200, b"<html><h1>Welcome!</h1>"),
    ("an empty body", 200, b""),
    ("bytes that are no text", 200, b"\xff\xfe\x00"),
    ("JSON without a timezone", 200, b"{}"),
    ("a JSON list", 200, b'["Asia/Tokyo"]'),
    ("a JSON text", 200, b'"Asia/Tokyo"'),
    ("the JSON null", 200, b"null"),
    ("null as the timezone", 200, b'{"timezone": null}'),
    ("a number as the timezone", 200, b'{"timezone": 9}'),
    ("a list as the timezone", 200, b'{"timezone": ["Asia/Tokyo"]}'),
)

# The mutants lie around the learner's client (probes/client.py), so that they fit every one.
RESULT = "    return zone\n\n\ndef saved"
SENT = "    return url, options"
MUTANTS = {
    "zone_is_not_saved": (
        "    return zone\n\n\ndef visit",
        "    return None\n\n\ndef visit",
    ),
    "wrong_visitor": (
        "    return environ",
        '    return {**environ, "REMOTE_ADDR": "192.0.2.250"}',
    ),
    "good_response_is_lost": (RESULT, f"    zone = None\n{RESULT}"),
    "wrong_url": (SENT, '    return url.rpartition("/")[0], options'),
    "no_timeout": (SENT, '    return url, {k: v for k, v in options.items() if k != "timeout"}'),
    "failure_breaks_the_form": (
        RESULT,
        "    if seen.error is not None and not isinstance(seen.error, requests.Timeout):\n"
        f"        raise seen.error\n{RESULT}",
    ),
    "timeout_breaks_the_form": (
        RESULT,
        f"    if isinstance(seen.error, requests.Timeout):\n        raise seen.error\n{RESULT}",
    ),
    "other_json_breaks_the_form": (
        RESULT,
        "    if zone is None and seen.response is not None and not in_trouble(seen.response):\n"
        "        if not isinstance(content(seen.response), Exception):\n"
        f'            raise KeyError("timezone")\n{RESULT}',
    ),
    "error_is_believed": (
        RESULT,
        "    if zone is None and seen.response is not None and in_trouble(seen.response):\n"
        f"        zone = zone_of(seen.response)\n{RESULT}",
    ),
}
WRONG = {
    "zone_is_not_saved": "the time zone is looked up, but not saved",
    "wrong_visitor": "the service is asked about another IP address than the visitor's",
    "good_response_is_lost": "the client returns None for a good response",
    "wrong_url": "the client leaves the IP address out of the URL",
    "no_timeout": "requests.get is called without a timeout",
    "failure_breaks_the_form": "the exception of a failed connection leaves the client",
    "timeout_breaks_the_form": "the exception of a timeout leaves the client",
    "other_json_breaks_the_form": "the client raises KeyError for JSON without a time zone",
    "error_is_believed": "the client takes the time zone from a response with an error status",
}


def add_product(site):
    """Create a category and a product by the forms; return the product's page."""
    site.add_category("Kitchen")
    return f"/en/product/{site.add_product(**FORM)}"


def zones(site):
    """Return what is saved as the time zone of each product, oldest first."""
    names = [name for (name,) in site.rows(COLUMNS)]
    expect(
        "user_timezone" in names,
        wanted="a column user_timezone in the table product",
        seen=", ".join(names),
        hint="Give the model Product a column user_timezone that may be empty.",
    )
    return [zone for (zone,) in site.rows("SELECT user_timezone FROM product ORDER BY id")]


def told(service):
    """Tell which paths were requested from the service."""
    return f"requests for {', '.join(service.requests)}" if service.requests else "no request"


def visitor():
    """Return an IP address that nobody can know beforehand."""
    return f"192.0.2.{random.randrange(1, 255)}"


def know(service, zone):
    """Have the service respond with this time zone."""
    service.respond_with(200, json.dumps({"ip": "127.0.0.1", "timezone": zone}).encode())


@pytest.mark.points(2)
@pytest.mark.hint("The view knows the visitor as request.remote_addr; look up once, when you save.")
def test_product_remembers_the_timezone(site, timezone_service):
    """A product is saved with its visitor's time zone, looked up once; its page shows it."""
    site.configure(TIMEZONE_API=timezone_service.url)
    first, second = random.sample(ZONES, 2)
    know(timezone_service, first)
    path = add_product(site)
    know(timezone_service, second)
    page = site.get(path)
    saved = zones(site)
    expect(
        timezone_service.requests == ["127.0.0.1"],
        wanted="one request to the service, for the path /127.0.0.1, the visitor's IP address",
        seen=told(timezone_service),
    )
    expect(saved == [first], wanted=f"{first} in the column user_timezone", seen=saved)
    expect(
        first in page.words,
        wanted=f"{first} on the product's page",
        seen=page,
        hint="Show user_timezone in the template of the product's page.",
    )


@pytest.mark.points(2)
@pytest.mark.hint("Read the setting from current_app.config when you look up, not at import.")
def test_settings_and_visitor_are_those_of_the_request(site, timezone_service):
    """Each app asks the service of its own TIMEZONE_API, about the visitor of the request."""
    zone, first, second = random.choice(ZONES), visitor(), visitor()
    know(timezone_service, zone)
    url = timezone_service.url
    site.configure(TIMEZONE_API=f"{url}/environment")
    apps = [
        ({"TIMEZONE_API": f"{url}/one"}, first),
        ({"TIMEZONE_API": None}, visitor()),
        ({"TIMEZONE_API": f"{url}/v1/two"}, second),
    ]
    done = site.run("-c", APPS, json.dumps(apps))
    expect(
        done.code == 0,
        wanted="my_app.timezones with lookup_timezone(ip), and a form that works in every app",
        seen=done,
        hint="The function is lookup_timezone(ip), in my_app/timezones.py.",
    )
    wanted = [f"one/{first}", "one/198.51.100.9", f"v1/two/{second}", "v1/two/198.51.100.9"]
    expect(
        timezone_service.requests == wanted,
        wanted=f"requests for {', '.join(wanted)}",
        seen=told(timezone_service),
        hint="A header such as X-Forwarded-For is written by the visitor: use remote_addr."
        if "203.0.113.77" in told(timezone_service)
        else "",
    )
    found = re.findall(r"^found: (.*)$", done.out, re.MULTILINE)
    expect(
        found == [zone, "", zone],
        wanted=f"{zone} from lookup_timezone",
        seen=done.out,
        hint="lookup_timezone returns the text under `timezone` in the response's JSON.",
    )


@pytest.mark.points(2)
@pytest.mark.hint("How long does requests wait when you do not say it? Pass the setting on.")
def test_timeout_is_the_setting(sites, timezone_service):
    """The lookup waits for TIMEZONE_TIMEOUT seconds, 2 by default, and no longer."""
    timezone_service.mode = "slow"
    zone = random.choice(ZONES)
    know(timezone_service, zone)
    for setting, delay, in_time in ((0.3, 5.0, False), (300, 3.0, True), (None, 0.8, True),
                                    (None, 7.0, False)):  # fmt: skip
        timezone_service.delay = delay
        site = sites()
        site.configure(TIMEZONE_API=timezone_service.url)
        if setting is not None:
            site.configure(TIMEZONE_TIMEOUT=setting)
        site.add_category("Kitchen")
        timezone_service.clear()
        started = time.monotonic()
        page = site.submit("/en/product-create", **FORM)
        seconds = time.monotonic() - started
        case = f"TIMEZONE_TIMEOUT {'by default' if setting is None else f'at {setting:g}'}"
        case += f" and a service that takes {delay:g} seconds"
        expect(timezone_service.requests, wanted="a request to the service", seen="no request")
        expect(
            page.status == 200 and "/product/" in page.url,
            wanted=f"the page of the new product, with {case}",
            seen=page,
            hint="A timeout is an exception of requests: catch it.",
        )
        saved, limit = zones(site), (setting or 2) + 2
        if in_time:
            expect(
                saved == [zone],
                wanted=f"{zone} saved, with {case}",
                seen=f"{saved} after {seconds:.1f} seconds",
                hint="Is the timeout taken from the setting, and is its default 2 seconds?",
            )
        else:
            expect(
                seconds < limit and saved == [None],
                wanted=f"no time zone (NULL) and the page within {limit:g} seconds, with {case}",
                seen=f"{saved} after {seconds:.1f} seconds",
            )


@pytest.mark.points(2)
@pytest.mark.hint(
    "Not every useless response is an exception of requests: think of JSON of another shape."
)
def test_service_in_trouble_does_not_break_the_form(site, timezone_service):
    """Whatever a service in trouble sends, the product is saved without a time zone."""
    site.configure(TIMEZONE_API=timezone_service.url)
    site.add_category("Kitchen")
    cases = [*USELESS, ("a connection that breaks", 0, b"")]
    for count, (what, status, body) in enumerate(cases, 1):
        timezone_service.respond_with(status, body)
        timezone_service.mode = "ok" if status else "down"
        page = site.submit("/en/product-create", **FORM)
        expect(timezone_service.requests, wanted="a request to the service", seen="no request")
        expect(
            page.status == 200 and page.url.startswith("/en/product/"),
            wanted=f"the page of the new product when the service sends {what}",
            seen=page,
        )
        saved = zones(site)
        expect(
            saved == [None] * count,
            wanted=f"no time zone (NULL) when the service sends {what}",
            seen=repr(saved[-1]) if saved else "no product",
            hint="Check the status, and that what you return is a text." if saved else "",
        )


@pytest.mark.hint("Look up after the form was found to be valid.")
def test_only_a_new_product_costs_a_request(site, timezone_service):
    """An invalid form costs no request to the service, and neither does any page."""
    site.configure(TIMEZONE_API=timezone_service.url)
    path = add_product(site)
    expect(timezone_service.requests, wanted="a request for a new product", seen="no request")
    timezone_service.clear()
    for changes in ({"price": ""}, {"name": " "}, {"price": "-1"}, {"company": ""}):
        page = site.submit("/en/product-create", **{**FORM, **changes})
        expect(
            not timezone_service.requests,
            wanted=f"no request to the service for a form with {changes}",
            seen=told(timezone_service),
        )
        expect("/product-create" in page.url, wanted="the form once more", seen=page)
    for page_path in (path, "/en/product-create", "/en/products", "/en/product-search?name=tea"):
        site.get(page_path)
        expect(
            not timezone_service.requests,
            wanted=f"no request to the service for {page_path}",
            seen=told(timezone_service),
            hint="Look up when the product is created, and save what was found.",
        )


def names_asked(run, nonce):
    """Return the names and IP addresses that a watched process wanted on the network."""
    asked = re.findall(rf"^{nonce} asked for: (.*)$", run.out, re.MULTILINE)
    return [name for name in asked if not LOOPBACK.fullmatch(name)]


@pytest.mark.guard("Products were created before there was a service.")
@pytest.mark.points(1)
@pytest.mark.hint("TIMEZONE_API is None by default, and then no request is sent.")
def test_form_works_without_a_service(site):
    """Without TIMEZONE_API a product is created as before, and nothing is looked up."""
    nonce = f"{random.getrandbits(32):08x}"
    done = site.run("-c", WATCHED.format(work=ONE_PRODUCT.strip(), nonce=nonce))
    expect("status: 302" in done.out, wanted="a new product (302)", seen=done)
    names = names_asked(done, nonce)
    expect(
        not names,
        wanted="no request to anybody while TIMEZONE_API is not set",
        seen=f"the app asked for {', '.join(names)}",
    )


@pytest.mark.depends("test_product_remembers_the_timezone")
@pytest.mark.points(2)
@pytest.mark.hint("Which module's name does the view read when it runs? Replace that one.")
def test_tests_need_no_network(suite):
    """Your tests pass on your app, and send nothing to the network while they run."""
    nonce = f"{random.getrandbits(32):08x}"
    run = suite.run("-c", WATCHED.format(work=RUN_TESTS, nonce=nonce))
    expect(run.ran, wanted="tests that nose2 finds", seen=run, hint="Does `nose2` find any test?")
    names = names_asked(run, nonce)
    expect(
        not names,
        wanted="no request to the network while the tests run",
        seen=f"they asked for {', '.join(names)}",
    )
    expect(
        run.code == 0,
        wanted="tests that pass on your app",
        seen=run,
        hint="Run `nose2`, and read the first failure.",
    )


@pytest.mark.depends("test_settings_and_visitor_are_those_of_the_request")
@pytest.mark.hint("What is started must be stopped, even after a test that fails: addCleanup.")
def test_tests_leave_nothing_patched(suite, timezone_service):
    """After your tests, the same process sends requests to the real service again."""
    address = visitor()
    run = suite.run("-c", AFTERWARDS, timezone_service.url, address)
    expect(
        run.code == 0 and run.ran,
        wanted="tests that pass on your app",
        seen=run,
        hint="Run `nose2`, and read the first failure.",
    )
    expect(
        address in timezone_service.requests,
        wanted=f"a request for /{address} when a visitor creates a product after the tests",
        seen=told(timezone_service),
    )


def expect_noticed(suite, *names):
    """Expect that the tests fail on each of these mutants."""
    __tracebackhide__ = True
    seam.expect_noticed(suite, "client", MUTANTS, {name: WRONG[name] for name in names}, *ALL_TESTS)


@pytest.mark.depends("test_settings_and_visitor_are_those_of_the_request")
@pytest.mark.points(2)
@pytest.mark.hint(
    "A replaced function remembers how it was called, and the database what was saved."
)
def test_tests_notice_a_lost_timezone(suite):
    """Your tests notice a time zone of the wrong visitor or URL, not understood or not saved."""
    names = ("zone_is_not_saved", "wrong_visitor", "wrong_url", "good_response_is_lost")
    expect_noticed(suite, *names)


@pytest.mark.depends("test_settings_and_visitor_are_those_of_the_request")
@pytest.mark.points(2)
@pytest.mark.hint(
    "Run the real client while the replaced requests.get raises, or returns a useless response."
)
def test_tests_notice_a_client_that_believes_all(suite):
    """Your tests notice when a failure of the service is not caught, or taken for a success."""
    names = ("failure_breaks_the_form", "timeout_breaks_the_form")
    expect_noticed(suite, *names, "other_json_breaks_the_form", "error_is_believed")


@pytest.mark.depends("test_settings_and_visitor_are_those_of_the_request")
@pytest.mark.hint("How was requests.get called? Make sure that the assertion is really made.")
def test_tests_notice_a_missing_timeout(suite):
    """Your tests notice when the lookup has no timeout."""
    expect_noticed(suite, "no_timeout")
