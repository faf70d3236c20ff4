"""Crashes, messages and handled errors arrive where SENTRY_DSN points to.

The inbox is a stand-in: it takes what the SDK sends and keeps it, without a page and issues.
"""

import builtins

import pytest

from checks import expect
from checks.serving import fresh_number, fresh_word, serve

LATE = 3.0  # seconds that an event may take to arrive
SECOND = 0.3  # seconds to wait for one too many
QUICK = 3.0  # seconds that a visitor may wait; a busy machine may take one more
CRASH = "OperationalError"
DSN_OF_THE_SDK = """
import json
from my_app import create_app
create_app()
import sentry_sdk
print(json.dumps((getattr(sentry_sdk.get_client(), "options", None) or {}).get("dsn")))
"""


class Crash:
    """A page whose table is gone, with an error message that nobody can know beforehand."""

    def __init__(self, site):
        self.table = fresh_word()
        self.path = f"/en/products/{fresh_number(1000, 9999)}"
        site.get("/")  # the database exists as soon as the app responds
        site.execute(
            f"ALTER TABLE product RENAME TO product_of_{self.table};"
            f"CREATE VIEW product AS SELECT * FROM {self.table};"
        )
        self.page = site.get(self.path)
        site.execute(f"DROP VIEW product; ALTER TABLE product_of_{self.table} RENAME TO product;")

    def is_in(self, event):
        """Say whether an event reports this crash."""
        return exception(event).get("type") == CRASH and self.table in value(event)


def save_in_vain(site):
    """Create a product with an image that cannot be saved: its folder is a file."""
    folder = f"uploads-{fresh_word()}"
    site.configure(UPLOAD_FOLDER=folder)
    site.write(f"instance/{folder}", "not a folder")
    category = f"Phones {fresh_word()}"
    site.add_category(category)
    fields = {"name": "Big Phone", "price": "549", "company": "Larkspur", "category": category}
    return folder, site.submit("/en/product-create", **fields, image=("phone.png", b"a picture"))


def went_on(page):
    """Say whether the visitor has the page of the product, and the warning."""
    return "The image could not be saved." in page.words and "/product/" in page.url


def inside(thing, *keys):
    """Return what lies below these keys of an event, None where it has another shape."""
    for key in keys:
        if isinstance(thing, dict):
            thing = thing.get(key)
        elif isinstance(thing, list) and isinstance(key, int) and thing:
            thing = thing[key]
        else:
            return None
    return thing


def exception(event):
    """Return the last exception of an event, {} when it has none."""
    found = inside(event, "exception", "values", -1)
    return found if isinstance(found, dict) else {}


def value(event):
    """Return the text of an event's exception."""
    return str(exception(event).get("value"))


def handled(event):
    """Say whether the event tells that the app went on: True, False or None."""
    return inside(exception(event), "mechanism", "handled")


def message(event):
    """Return the message of an event, "" when it has none."""
    entry = inside(event, "logentry")
    texts = (inside(event, "message"), inside(entry, "formatted"), inside(entry, "message"))
    return next((text for text in texts if isinstance(text, str) and text), "")


def told(event):
    """Describe an event in a line."""
    error = exception(event)
    text = f"{error.get('type')}: {error.get('value')}" if error else message(event)
    return f"{inside(event, 'level')} {text.splitlines()[0] if text else '(empty)'}"


def all_told(events):
    """Describe events for a learner."""
    return "; ".join(map(told, events)) or "no event"


def one_event(inbox, wanted, page):
    """Wait for one event, and for one too many; return it."""
    events = inbox.wait_for(1, LATE)
    expect(events, wanted=wanted, seen=f"no event; {page}")
    events = inbox.wait_for(2, SECOND)
    hint = "The SDK reports a crash by itself; what does your code report once more?"
    expect(len(events) == 1, wanted=wanted, seen=all_told(events), hint=hint)
    return events[0]


@pytest.mark.points(2)
@pytest.mark.hint(
    "Call sentry_sdk.init() in create_app() with SENTRY_DSN; it finds Flask by itself."
)
def test_a_crash_is_reported_once(site, sentry_inbox):
    """A view that crashes sends one event with the exception, marked as not handled."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    crashes = [Crash(site) for _ in range(4)]
    page = crashes[0].page
    expect(page.status == 500, wanted="still status 500 for a crash", seen=page)
    events = sentry_inbox.wait_for(4, LATE)
    expect(events, wanted="an event for each crash", seen=f"no event; {page}")
    events = sentry_inbox.wait_for(5, SECOND)
    reported = [any(crash.is_in(event) for event in events) for crash in crashes]
    expect(
        len(events) == 4 and all(reported),
        wanted="four events for four crashes, each with its own exception",
        seen=all_told(events),
        hint="Are all crashes sent (sample_rate), and none twice?",
    )
    expect(
        all(handled(event) is False for event in events),
        wanted="a crash: mechanism.handled is false",
        seen=f"handled: {[handled(event) for event in events]}",
        hint="Let the SDK report crashes: what your code captures counts as handled.",
    )


@pytest.mark.hint("The DSN alone decides; it is read in create_app(), however the app is started.")
def test_reports_come_however_the_app_starts(site, sentry_inbox):
    """Debug mode, `python run.py` and create_app({"SENTRY_DSN": ...}) report the same."""
    for start in ("in debug mode", "by `python run.py`", 'with create_app({"SENTRY_DSN": ...})'):
        sentry_inbox.clear()
        site.configure(SENTRY_DSN=sentry_inbox.dsn, DEBUG=None)
        if "debug" in start:
            site.configure(DEBUG=True)
        elif "run.py" in start:
            site.use_command("run.py")
        else:
            site.configure(SENTRY_DSN=None)
            serve(site, {"SENTRY_DSN": sentry_inbox.dsn})
        crash = Crash(site)
        events = sentry_inbox.wait_for(1, LATE)
        # In debug mode, Werkzeug logs the exception that Flask has raised again.
        expect(
            any(map(crash.is_in, events)),
            wanted=f"an event for a crash, started {start}",
            seen=f"{all_told(events)}; {crash.page}",
        )


@pytest.mark.hint("Do not build the event yourself: the SDK's Flask integration knows all this.")
def test_the_report_says_where(site, sentry_inbox):
    """The event of a crash has the URL, the view and the line of the app."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    crash = Crash(site)
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="an event for the crash", seen=f"no event; {crash.page}")
    url = str(inside(events[0], "request", "url"))
    expect(url.endswith(crash.path), wanted=f"the URL with {crash.path}", seen=url)
    view = str(inside(events[0], "transaction"))
    expect("products" in view, wanted="the view catalog.products", seen=view)
    frames = inside(exception(events[0]), "stacktrace", "frames")
    frames = frames if isinstance(frames, list) else []
    modules = [str(inside(frame, "module")) for frame in frames]
    own = [module for module in modules if module.startswith("my_app.")]
    expect(own, wanted="a line of my_app in the traceback", seen=", ".join(modules))


@pytest.mark.points(2)
@pytest.mark.hint("Report the exception where it is caught, then go on as before.")
def test_a_lost_image_is_reported(site, sentry_inbox):
    """An image that cannot be saved sends one event, handled, and the product is still created."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    folder, page = save_in_vain(site)
    event = one_event(sentry_inbox, "one event for the lost image", page)
    kind = getattr(builtins, str(exception(event).get("type")), None)
    known = isinstance(kind, type) and issubclass(kind, OSError) and folder in value(event)
    expect(
        known,
        wanted=f"the exception itself, an OSError about the folder {folder}",
        seen=told(event),
        hint="capture_exception() takes the exception; capture_message() only a text.",
    )
    expect(
        handled(event) is True,
        wanted="a handled exception: mechanism.handled is true",
        seen=f"handled: {handled(event)}",
    )
    expect(went_on(page), wanted="the page of the product, and the warning", seen=page)


@pytest.mark.points(2)
@pytest.mark.hint("capture_message() takes a text, the same every time, and a level.")
def test_an_empty_catalog_is_a_message(site, sentry_inbox):
    """The page of the categories, when there are none, sends a warning, always the same text."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    pages = [site.get("/en/categories"), site.get(f"/fr/categories?from={fresh_word()}")]
    events = sentry_inbox.wait_for(2, LATE)
    if len(events) == 2:
        events = sentry_inbox.wait_for(3, SECOND)
    seen = f"{all_told(events)}; {pages[0]}"
    expect(len(events) == 2, wanted="one event for each of two visits", seen=seen)
    texts = [message(event) for event in events]
    expect(all(texts), wanted="a message", seen=all_told(events))
    same = "the same text from two pages: the server counts what is the same"
    expect(texts[0] == texts[1], wanted=same, seen=" / ".join(texts))
    levels = [str(inside(event, "level")) for event in events]
    expect(levels == ["warning"] * 2, wanted="the level warning", seen=", ".join(levels))
    statuses = [page.status for page in pages]
    expect(statuses == [404, 404], wanted="still status 404", seen=pages[0])


@pytest.mark.hint("Report what somebody should look into: not a visit, not a page not found.")
def test_ordinary_visits_report_nothing(site, sentry_inbox):
    """Ordinary visits, a wrong form and a missing page send no event; a crash after them does."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    site.add_category("Phones")
    product = site.add_product(name="Pen", price="1", company="C", category="Phones")
    category = "category/1"
    for path in (
        "home",
        "products",
        f"product/{product}",
        "categories",
        category,
        "product-search",
    ):
        site.get(f"/en/{path}")
    image = {"image": ("pen.png", b"a picture")}
    site.add_product(name="Ink", price="1", company="C", category="Phones", **image)
    site.submit("/en/product-create", name="", price="dear", category="Phones")
    for path in ("/en/nothing-here", "/en/product/999", "/en/products/999", "/uploads/none.png"):
        site.get(path)
    crash = Crash(site)
    # They arrive in the order of their sending: what comes first tells of all before.
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="an event for the crash in the end", seen=f"no event; {crash.page}")
    expect(crash.is_in(events[0]), wanted="no event before the crash", seen=all_told(events))


@pytest.mark.hint("The DSN comes from app.config alone, and without one the SDK must stay off.")
def test_reports_go_where_the_dsn_says(site, sentry_inbox):
    """Reports go where SENTRY_DSN says, without it to nobody, whatever app was made before."""
    site.configure(SENTRY_DSN=sentry_inbox.dsn)
    target = target_of(site)
    there = target == f'"{sentry_inbox.dsn}"'
    expect(there, wanted="reports to the project of SENTRY_DSN", seen=f"reports to {target}")
    site.configure(SENTRY_DSN=None)
    for start, environ in (
        ("without SENTRY_DSN", None),
        ("with a DSN in the variable SENTRY_DSN, which is not FLASK_SENTRY_DSN", sentry_inbox.dsn),
    ):
        site.environ(SENTRY_DSN=environ)
        target = target_of(site)
        nobody = target in ("null", '""')
        hint = "sentry_sdk.init(dsn=None) reads the variable SENTRY_DSN; an empty text does not."
        expect(nobody, wanted=f"{start}, reports to nobody", seen=f"reports to {target}",
               hint=hint if environ else "")  # fmt: skip
    site.environ(SENTRY_DSN=None)
    other = sentry_inbox.dsn.replace("/1", "/2")
    for settings, count, wanted in (
        ([{"SENTRY_DSN": other}, {"SENTRY_DSN": sentry_inbox.dsn}], 1, "to the second app's DSN"),
        ([{"SENTRY_DSN": sentry_inbox.dsn}, {}], 0, "to nobody from a second app without a DSN"),
    ):
        sentry_inbox.clear()
        serve(site, *settings)
        crash = Crash(site)
        events = sentry_inbox.wait_for(1, LATE if count else 2 * SECOND)
        expect(
            len(events) == count,
            wanted=f"reports {wanted}, when an app with another DSN was made before",
            seen=all_told(events),
            hint="The SDK has one client per process: call init() for each app.",
        )
        expect(crash.page.status == 500, wanted="500 for a crash", seen=crash.page)
    page = save_in_vain(site)[1]
    expect(went_on(page), wanted="the page of the product without reports, too", seen=page)


@pytest.mark.hint("The SDK sends in a thread of its own. Leave it to that: no flush() in a view.")
def test_no_visitor_waits_for_a_report(site, sentry_inbox, silent_port):
    """While the Sentry server is silent, every page comes as fast as before."""
    there = sentry_inbox.dsn
    server = there.partition("@")[2].partition("/")[0]
    site.configure(SENTRY_DSN=there.replace(server, f"127.0.0.1:{silent_port}"))
    empty = site.get("/en/categories")
    crash = Crash(site).page
    image = save_in_vain(site)[1]
    for page, what in ((empty, "a message"), (crash, "a crash"), (image, "a lost image")):
        seconds = max(each.seconds for each in (page, *page.history))
        expect(
            seconds < QUICK + 1,
            wanted=f"the page within {QUICK:g} seconds, although a silent server gets {what}",
            seen=f"{page.status} after {seconds:.1f} seconds",
        )
    site.configure(SENTRY_DSN=there)
    Crash(site)
    events = sentry_inbox.wait_for(1, LATE)
    expect(events, wanted="an event as soon as the server responds", seen="no event")


def target_of(site):
    """Return the DSN that the SDK has after create_app(), as JSON."""
    done = site.python(DSN_OF_THE_SDK)
    expect(done.code == 0, wanted="create_app() works", seen=done.err)
    return (done.out.strip().splitlines() or ["null"])[-1]
