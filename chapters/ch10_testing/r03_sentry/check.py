"""Crashes, messages and handled errors arrive where SENTRY_DSN points to.

The inbox is a stand-in: it takes what the SDK sends and keeps it, without a page and issues.
"""

import builtins

import pytest

from checks import expect

LATE = 3.0  # seconds that an event may take to arrive
SECOND = 0.3  # seconds to wait for one too many
CRASH = "OperationalError"
DSN_OF_THE_SDK = """
import json
from my_app import create_app
create_app()
import sentry_sdk
print(json.dumps((getattr(sentry_sdk.get_client(), "options", None) or {}).get("dsn")))
"""


def report_to(inbox, site, **settings):
    """Start the app with the DSN of the inbox."""
    site.configure(SENTRY_DSN=inbox.dsn, **settings)
    site.start()


def crash(site):
    """Take the table of the products away, and ask for them."""
    site.execute("DROP TABLE product")
    return site.get("/en/products")


def save_in_vain(site):
    """Create a product with an image that cannot be saved: its folder is a file."""
    site.write("instance/uploads", "not a folder")
    site.add_category("Phones")
    fields = {"name": "Big Phone", "price": "549", "company": "Larkspur", "category": "Phones"}
    return site.submit("/en/product-create", **fields, image=("phone.png", b"a picture"))


def exception(event):
    """Return the last exception of an event, {} when it has none."""
    return ((event.get("exception") or {}).get("values") or [{}])[-1] or {}


def handled(event):
    """Say whether the event tells that the app went on: True, False or None."""
    return (exception(event).get("mechanism") or {}).get("handled")


def message(event):
    """Return the message of an event, "" when it has none."""
    entry = event.get("logentry") or {}
    return str(event.get("message") or entry.get("formatted") or entry.get("message") or "")


def told(event):
    """Describe an event in a line."""
    error = exception(event)
    words = f"{error.get('type')}: {error.get('value')}" if error else message(event)
    return f"{event.get('level')} {words.splitlines()[0] if words else '(empty)'}"


def all_told(events):
    """Describe events for a learner."""
    return "; ".join(map(told, events)) or "no event"


@pytest.mark.points(2)
@pytest.mark.hint("The SDK starts in create_app() with SENTRY_DSN, and finds Flask by itself.")
def test_a_crash_is_reported_once(site, sentry_inbox):
    """A view that crashes sends one event with the error, marked as not handled."""
    report_to(sentry_inbox, site)
    page = crash(site)
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="one event for the crash", seen=f"no event; {page}")
    events = sentry_inbox.wait_for(2, SECOND)
    expect(len(events) == 1, wanted="one event for the crash", seen=all_told(events))
    error = exception(events[0])
    expect(error.get("type") == CRASH, wanted=f"an {CRASH}", seen=told(events[0]))
    expect(
        handled(events[0]) is False,
        wanted="a crash: mechanism.handled is false",
        seen=f"handled: {handled(events[0])}",
    )


@pytest.mark.hint("Do not build the event yourself: the SDK's Flask integration knows all this.")
@pytest.mark.depends("test_a_crash_is_reported_once")
def test_the_report_says_where(site, sentry_inbox):
    """The event of a crash names the page, the view and the line of the app."""
    report_to(sentry_inbox, site)
    crash(site)
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="an event for the crash", seen="no event")
    url = str((events[0].get("request") or {}).get("url"))
    expect(url.endswith("/en/products"), wanted="the address /en/products", seen=url)
    view = str(events[0].get("transaction"))
    expect("products" in view, wanted="the view catalog.products", seen=view)
    frames = (exception(events[0]).get("stacktrace") or {}).get("frames") or []
    own = [frame for frame in frames if frame.get("module") == "my_app.catalog.views"]
    seen = ", ".join(str(frame.get("module")) for frame in frames)
    expect(own, wanted="a line of my_app/catalog/views.py in the traceback", seen=seen)


@pytest.mark.points(2)
@pytest.mark.hint("Tell the SDK of the exception where it is caught, then go on as before.")
def test_a_lost_image_is_reported(site, sentry_inbox):
    """An image that cannot be saved sends one event, handled, and the product is still created."""
    report_to(sentry_inbox, site)
    page = save_in_vain(site)
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="one event for the lost image", seen=f"no event; {page}")
    events = sentry_inbox.wait_for(2, SECOND)
    expect(len(events) == 1, wanted="one event for the lost image", seen=all_told(events))
    kind = getattr(builtins, str(exception(events[0]).get("type")), None)
    known = isinstance(kind, type) and issubclass(kind, OSError)
    expect(known, wanted="the exception itself, an OSError", seen=told(events[0]))
    expect(
        handled(events[0]) is True,
        wanted="a handled exception: mechanism.handled is true",
        seen=f"handled: {handled(events[0])}",
    )
    went_on = "The image could not be saved." in page.words and "/product/" in page.url
    expect(went_on, wanted="the page of the product, and the warning", seen=page)


@pytest.mark.points(2)
@pytest.mark.hint("capture_message() takes a text, the same every time, and a level.")
def test_an_empty_catalog_is_a_message(site, sentry_inbox):
    """The page of the categories, when there is none, sends a warning in always the same words."""
    report_to(sentry_inbox, site)
    pages = [site.get("/en/categories"), site.get("/fr/categories?page=2")]
    events = sentry_inbox.wait_for(2, LATE)
    seen = f"{all_told(events)}; {pages[0]}"
    expect(len(events) == 2, wanted="one event for each of two visits", seen=seen)
    texts = [message(event) for event in events]
    expect(all(texts), wanted="a message", seen=all_told(events))
    same = "the same words from two pages: the server counts what is the same"
    expect(texts[0] == texts[1], wanted=same, seen=" / ".join(texts))
    level = events[0].get("level")
    expect(level == "warning", wanted="the level warning", seen=f"the level {level}")
    statuses = [page.status for page in pages]
    expect(statuses == [404, 404], wanted="still the answer 404", seen=pages[0])


@pytest.mark.hint("Report what somebody should look into: not a visit, not a page not found.")
def test_ordinary_visits_report_nothing(site, sentry_inbox):
    """Ordinary visits, a wrong form and a page not found send no event; a crash after them does."""
    report_to(sentry_inbox, site)
    site.add_category("Phones")
    product = site.add_product(name="Pen", price="1", company="C", category="Phones")
    for path in ("home", "products", f"product/{product}", "categories", "product-search?name=x"):
        site.get(f"/en/{path}")
    site.submit("/en/product-create", name="", price="dear", category="Phones")
    for path in ("/en/nothing-here", "/en/product/999", "/en/products/999"):
        site.get(path)
    crash(site)
    # They arrive in the order of their sending: what comes first tells of all before.
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="an event for the crash in the end", seen="no event")
    first = exception(events[0]).get("type") == CRASH
    expect(first, wanted="no event before the crash", seen=all_told(events))


@pytest.mark.hint("The DSN comes from the configuration alone, and None means: report nothing.")
def test_without_a_dsn_nothing_changes(site, sentry_inbox):
    """Reports go where SENTRY_DSN says; without it to nobody, and the app answers as before."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    target = target_of(site)
    there = target == f'"{sentry_inbox.dsn}"'
    expect(there, wanted="reports to the project of SENTRY_DSN", seen=f"reports to {target}")
    site.configure(SENTRY_DSN=None)
    target = target_of(site)
    nobody = target in ("null", '""')
    expect(nobody, wanted="without SENTRY_DSN, reports to nobody", seen=f"reports to {target}")
    page = save_in_vain(site)
    kept = "The image could not be saved." in page.words and "/product/" in page.url
    expect(kept, wanted="the page of the product, and the warning", seen=page)
    page = crash(site)
    expect(page.status == 500, wanted="500 for a crash", seen=page)


def target_of(site):
    """Ask the SDK for the DSN that it has after create_app(), as JSON."""
    done = site.python(DSN_OF_THE_SDK)
    expect(done.code == 0, wanted="create_app() works", seen=done.err)
    return (done.out.strip().splitlines() or ["null"])[-1]
