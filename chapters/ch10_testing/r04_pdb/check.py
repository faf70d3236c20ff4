"""The debugger stops in the view `products` when BREAKPOINTS is on, and nowhere else."""

import json
import re

import pytest

from checks import expect

NAMES = [f"Thing {number}" for number in range(1, 12)]
PROMPT = "(Pdb)"
# What PYTHONBREAKPOINT names is called in the place of pdb; it notes where the app stands.
HOOK = """
import json, sys

def note(*args, **kwargs):
    frame = sys._getframe(1)
    values = {name: described(value) for name, value in frame.f_locals.items()}
    with open("stops.txt", "a") as file:
        print(json.dumps({"function": frame.f_code.co_name, "locals": values}), file=file)

def described(value):
    if isinstance(value, (int, str)):
        return value
    try:
        return [str(getattr(thing, "name", thing)) for thing in value]
    except Exception:
        return type(value).__name__
"""


def add_products(site, count):
    """Put products into the catalog (11: two pages) while no stop is asked for."""
    site.add_category("Things")
    for name in NAMES[:count]:
        site.add_product(name=name, price="9.50", company="C", category="Things")


def note_stops(site):
    """Let a hook note every stop from the next start on."""
    site.write("stop_notes.py", HOOK)
    site.environ(PYTHONBREAKPOINT="stop_notes.note")


def stops(site):
    """Return the stops that the hook has noted."""
    return [json.loads(line) for line in site.read("stops.txt").splitlines()]


def places(site):
    """Return the functions in which the app stopped, as a text."""
    return ", ".join(stop["function"] + "()" for stop in stops(site)) or "no stop"


@pytest.mark.points(2)
@pytest.mark.hint("Call breakpoint() in the view, before its return, where BREAKPOINTS is on.")
def test_the_debugger_stops_in_products(site):
    """With BREAKPOINTS on, a visit to the list of products stops in pdb, in the view `products`."""
    site.configure(BREAKPOINTS=True)
    site.set_stdin("p 'seen', page * 1000 + 7\nc\n")
    page = site.get("/en/products/1")
    told = site.output()
    found = re.findall(r"^(?:\(Pdb\) )?> .*\)(\S+)\(\)", told, re.MULTILINE)
    expect(
        PROMPT in told and "products" in found,
        wanted="pdb's prompt (Pdb), in the view products()",
        seen=f"a prompt in {found}; {page}" if PROMPT in told else f"no prompt; {page}",
    )
    expect("('seen', 1007)" in told, wanted="pdb answers `p page` in the view", seen=told)
    expect(page.status == 200, wanted="the page, after `c`", seen=page)


@pytest.mark.hint("Where does the view know its products? The stop belongs after that line.")
def test_the_products_are_there_to_look_at(site):
    """When the view stops, its number of the page and the products of that page can be printed."""
    add_products(site, 11)
    site.configure(BREAKPOINTS=True)
    note_stops(site)
    page = site.get("/en/products/2")
    here = [stop["locals"] for stop in stops(site) if stop["function"] == "products"]
    expect(here, wanted="a stop by breakpoint() in products()", seen=f"{places(site)}; {page}")
    expect(here[-1].get("page") == 2, wanted="a variable page that is 2", seen=here[-1])
    expect(
        NAMES[10:] in here[-1].values(),
        wanted=f"a variable with the products of page 2, and that is {NAMES[10]!r}",
        seen=here[-1],
    )


@pytest.mark.hint("breakpoint() belongs to one view. Look for others, or for one outside of it.")
def test_no_other_page_stops(site):
    """With BREAKPOINTS on, the list stops once a visit, and no other page stops at all."""
    add_products(site, 1)
    site.configure(BREAKPOINTS=True)
    note_stops(site)
    for path in ("home", "product/1", "product-search?name=1", "categories", "product-create"):
        site.get(f"/en/{path}")
    expect(not stops(site), wanted="no stop on the other pages", seen=places(site))
    for path in ("/en/products", "/fr/products", "/en/products/1"):
        site.get(path)
    wanted = "one stop in products() for each of three visits"
    expect(places(site) == "products(), products(), products()", wanted=wanted, seen=places(site))


@pytest.mark.points(2)
@pytest.mark.hint("What does the view read, and what is it when nobody has set it?")
def test_it_is_off_unless_asked_for(site):
    """Without BREAKPOINTS, or with FLASK_BREAKPOINTS=false, the list is shown at once as before."""
    add_products(site, 2)
    note_stops(site)
    site.configure(BREAKPOINTS=True)
    stopped = site.get("/en/products")
    expect(stops(site), wanted="a stop with FLASK_BREAKPOINTS=true", seen=f"no stop; {stopped}")
    before = len(stops(site))
    for setting, words in ((None, "without the setting"), (False, "with FLASK_BREAKPOINTS=false")):
        site.configure(BREAKPOINTS=setting)
        page = site.get("/en/products")
        shown = page.status == 200 and all(name in page.words for name in NAMES[:2])
        expect(shown, wanted=f"{words} the list of products", seen=page)
        expect(len(stops(site)) == before, wanted=f"{words} no stop", seen="it stopped")


@pytest.mark.hint("breakpoint() asks PYTHONBREAKPOINT first; other ways into pdb do not.")
@pytest.mark.depends("test_the_debugger_stops_in_products")
def test_the_environment_has_the_last_word(site):
    """PYTHONBREAKPOINT=0 keeps the debugger away even where BREAKPOINTS was left on."""
    site.configure(BREAKPOINTS=True)
    site.environ(PYTHONBREAKPOINT="0")
    page = site.get("/en/products")
    told = site.output()
    wanted = "with PYTHONBREAKPOINT=0 the list at once, and no prompt"
    quiet = page.status == 200 and PROMPT not in told
    expect(quiet, wanted=wanted, seen=told if PROMPT in told else page)
