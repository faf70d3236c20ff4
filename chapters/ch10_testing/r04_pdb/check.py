"""The debugger stops in the view `products` when BREAKPOINTS is on, and nowhere else."""

import re

import pytest

from checks import expect
from checks.serving import fresh_number, fresh_word, serve

PROMPT = "(Pdb)"
FRAME = re.compile(r"^(?:\(Pdb\) )*> .*\)(\S+)\(\)", re.MULTILINE)
# Typed at the prompt: show which variables hold the products of the page, by their names.
SHOW_PRODUCTS = """
def {word}(frame):
    found = []
    for variable, value in frame.items():
        try:
            names = [item.name for item in value]
        except Exception:
            continue
        if names == {names!r}:
            found.append(variable)
    print("{word}", len(found))
{word}(dict(locals()))
"""


def add_products(site, count=13):
    """Put products with new names into two pages of the catalog; return the names."""
    names = [f"{fresh_word()} {number}" for number in range(count)]
    values = ", ".join(f"('{name}', 950, 'C', 1, 'a.png')" for name in names)
    site.execute(
        "INSERT INTO category (id, name) VALUES (1, 'Things');"
        f"INSERT INTO product (name, price, company, category_id, image_path) VALUES {values};"
    )
    return names


class Session:
    """What somebody types at the prompt, with a value that only the view's frame knows."""

    def __init__(self, page, *commands):
        self.word, self.factor = fresh_word(), fresh_number(1000, 9999)
        self.answer = f"{self.word}{page * self.factor}"
        flash = f"!__import__('flask').flash('{self.word}%d' % (page * {self.factor}))"
        self.text = "\n".join(
            [flash, f"p '{self.word}%d' % (page * {self.factor})", *commands, "c"]
        )

    def printed_in(self, output):
        """Say whether the debugger has printed the value."""
        return f"'{self.answer}'" in output


def type_in(site, *sessions):
    """Type these commands, and then no more, at the terminal of the next start."""
    site.set_stdin("".join(f"{session.text}\n" for session in sessions))


def visit(site, path):
    """Request a page; return it with what the server has printed meanwhile."""
    before = site.output()
    page = site.get(path)
    return page, site.output().removeprefix(before)


def seen_at(output, page):
    """Describe where the app has stopped, and what the visitor got."""
    stops = FRAME.findall(output)
    where = ", ".join(f"{name}()" for name in stops[:3]) or "no stop"
    return f"{where}; the page: {page}"


def pages_of(site):
    """Visit every page but the list of products; return those that are not as usual."""
    usual = {
        "/": 302,
        "/en/": 200,
        "/en/home": 200,
        "/fr/product/1": 200,
        "/en/product-search?name=a": 200,
        "/en/categories": 200,
        "/en/category/1": 200,
        "/en/product-create": 200,
        "/en/category-create": 200,
        "/uploads/none.png": 404,
        "/en/product/424242": 404,
        "/en/nothing-here": 404,
    }
    for path, status in usual.items():
        page = site.get(path)
        if page.status != status:
            return f"{path}: {page}"
    page = site.get("/en/home", accept="application/json")
    if page.status != 200:
        return f"the home page as JSON: {page}"
    word = fresh_word()
    product = {"name": word, "price": "1", "company": "C", "category": word}
    for path, fields in (
        ("/en/category-create", {"name": word}),
        ("/en/product-create", product),
        ("/fr/product-create", {**product, "image": ("a.png", b"a picture")}),
        # These two are refused: the form is shown again.
        ("/en/category-create", {"name": word}),
        ("/en/product-create", {**product, "price": "dear"}),
    ):
        page = site.submit(path, **fields)
        if page.status != 200 or word not in page.text:
            return f"after sending the form of {path}: {page}"
    return ""


@pytest.mark.points(2)
@pytest.mark.hint(
    "Call breakpoint() in the view products(), before its return, if BREAKPOINTS is on."
)
def test_the_debugger_stops_in_products(site):
    """With BREAKPOINTS on, a visit to the list of products stops in pdb, in the view `products`."""
    add_products(site)
    for start in ("FLASK_BREAKPOINTS=true", 'create_app({"BREAKPOINTS": True})', "debug mode"):
        number = fresh_number(1, 2)
        session = Session(number)
        if start.startswith("create_app"):
            site.configure(BREAKPOINTS=None)
            serve(site, {"BREAKPOINTS": True})
        else:
            site.configure(BREAKPOINTS=True, DEBUG=start == "debug mode")
            site.use_command()
        type_in(site, session)
        page, output = visit(site, f"/en/products/{number}")
        seen = seen_at(output, page)
        expect(PROMPT in output, wanted=f"pdb's prompt (Pdb), with {start}", seen=seen)
        expect(
            "products" in FRAME.findall(output),
            wanted="a stop in the view products()",
            seen=seen,
            hint="The stop belongs into the view itself, not into a helper or the module.",
        )
        expect(
            session.printed_in(output),
            wanted=f"pdb prints an expression with the view's variable page: {session.answer}",
            seen=output,
        )
        expect(
            page.status == 200,
            wanted="the page after `c`",
            seen=page,
            hint="After the stop, the view goes on and returns its page as before.",
        )
        # A page that was rendered before the stop shows on the next one what was flashed.
        site.set_stdin("")
        expect(
            session.answer in page.text + site.get("/en/home").text,
            wanted=f"what was typed as flask.flash({session.answer!r}) shown on the page",
            seen=page,
            hint="Let pdb itself read what is typed.",
        )


@pytest.mark.hint("The query runs in a line of the view. The stop belongs after that line.")
def test_the_products_are_there_to_look_at(site):
    """When the view stops, a local variable holds the products of that page."""
    names = add_products(site)
    site.configure(BREAKPOINTS=True)
    for number, here in ((1, names[:10]), (2, names[10:])):
        word = fresh_word()
        code = SHOW_PRODUCTS.format(word=word, names=here)
        type_in(site, Session(number, f"!exec({code!r})"))
        page, output = visit(site, f"/en/products/{number}")
        shown = re.search(rf"{word} (\d+)", output)
        expect(shown, wanted="a stop in products()", seen=seen_at(output, page),
               hint="Is the line with breakpoint() reached when there are products?")  # fmt: skip
        expect(
            int(shown[1]),
            wanted=f"a local variable with the {len(here)} products of page {number}",
            seen="none: the products have not been looked up yet",
        )


@pytest.mark.hint("breakpoint() belongs in one view, once. Look for others, or for one outside.")
def test_no_other_page_stops(site):
    """With BREAKPOINTS on, the list stops once per visit, and no other page stops at all."""
    site.configure(BREAKPOINTS=True)
    page = site.get("/en/categories")
    unusual = "" if page.status == 404 else f"/en/categories without a category: {page}"
    add_products(site)
    unusual = unusual or pages_of(site)
    expect(
        not unusual and PROMPT not in site.output(),
        wanted="no stop on the other pages",
        seen=unusual or site.output(),
    )
    visits = ("/en/products", "/fr/products/1", "/en/products/1")
    sessions = [Session(1) for _ in visits]
    type_in(site, *sessions)
    for number, path in enumerate(visits):
        page, output = visit(site, path)
        printed = [session.printed_in(output) for session in sessions]
        expect(
            printed == [place == number for place in range(len(visits))],
            wanted=f"one stop for each of three visits, this one to {path}",
            seen=f"{printed.count(True)} stops; {page}",
        )


@pytest.mark.points(2)
@pytest.mark.hint("What does the view read, and what is it when nobody has set it?")
def test_it_is_off_unless_asked_for(site):
    """Without BREAKPOINTS, and with it set to false or 0, no page stops, in debug mode neither."""
    names = add_products(site)
    session = Session(1)
    site.configure(BREAKPOINTS=True)
    type_in(site, session)
    page, output = visit(site, "/en/products")
    expect(session.printed_in(output), wanted="a stop with FLASK_BREAKPOINTS=true",
           seen=seen_at(output, page))  # fmt: skip
    site.set_stdin("")
    for start, settings in (
        ("without the setting", {"BREAKPOINTS": None}),
        ("with FLASK_BREAKPOINTS=false", {"BREAKPOINTS": "false"}),
        ("with FLASK_BREAKPOINTS=0", {"BREAKPOINTS": "0"}),
        ("in debug mode, without the setting", {"BREAKPOINTS": None, "DEBUG": True}),
        ('with create_app({"BREAKPOINTS": False})', {"BREAKPOINTS": True, "DEBUG": None}),
    ):
        site.configure(**settings)
        site.use_command()
        if start.startswith("with create_app"):
            serve(site, {"BREAKPOINTS": False})
        page, output = visit(site, "/en/products")
        shown = page.status == 200 and all(name in page.words for name in names[:10])
        stopped = PROMPT in output
        expect(
            shown and not stopped,
            wanted=f"{start}, the list of products at once",
            seen=f"a stop; {page}" if stopped else page,
        )
    site.configure(BREAKPOINTS=None)
    site.use_command("run.py")
    before = site.output()
    page = site.get("/en/products")
    unusual = pages_of(site) if page.status == 200 else str(page)
    expect(
        not unusual and PROMPT not in site.output().removeprefix(before),
        wanted="no stop on any page, when started by `python run.py` without the setting",
        seen=unusual or site.output(),
        hint="Look for a breakpoint() that does not depend on the setting.",
    )


@pytest.mark.hint("breakpoint() reads PYTHONBREAKPOINT; pdb.set_trace() does not.")
def test_the_environment_has_the_last_word(site):
    """PYTHONBREAKPOINT=0 keeps the debugger away; a name there is called in the place of pdb."""
    add_products(site)
    site.configure(BREAKPOINTS=True)
    module, function, answer = fresh_word(), fresh_word(), fresh_word()
    site.write(
        f"{module}.py",
        "import sys\n"
        f"def {function}(*arguments, **options):\n"
        f"    frame = sys._getframe(1)\n"
        f"    print('{answer}', frame.f_code.co_name, frame.f_locals.get('page'), flush=True)\n",
    )
    site.environ(PYTHONBREAKPOINT=f"{module}.{function}")
    page = site.get("/en/products/2")
    expect(
        f"{answer} products 2" in site.output() and page.status == 200,
        wanted="with PYTHONBREAKPOINT=module.function, a call of that function from products()",
        seen=f"no call; {page}",
    )
    site.environ(PYTHONBREAKPOINT="0")
    before = site.output()
    page = site.get("/en/products/2")
    new = site.output().removeprefix(before)
    expect(
        page.status == 200 and PROMPT not in new,
        wanted="with PYTHONBREAKPOINT=0, the list at once, and no prompt",
        seen=new if PROMPT in new else page,
    )
