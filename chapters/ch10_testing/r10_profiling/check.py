"""Recipe 10: a profile of every request, and pages whose queries do not grow with their rows."""

import json
import random
import re
import time
from dataclasses import dataclass

import pytest

from checks import expect, probes, stock
from checks.gitignore import ignored

PROGRAM = "generate_profile.py"
TABLE = "function calls"  # stands above every table that pstats prints

# Reads the profiles: pstats would be the submission's own where there is a pstats.py.
READ = """
import json, marshal, pathlib, sys

found = {}
for file in sorted(pathlib.Path("profile").rglob("*"))[:200]:
    if not file.is_file() or file.name.startswith("."):
        continue
    try:
        stats = marshal.loads(file.read_bytes())
        found[str(file)] = {
            key: sum(row[1] for (_, _, name), row in stats.items() if key in name)
            for key in sys.argv[1:]
        }
    except Exception as error:
        found[str(file)] = repr(error)[:100]
print(json.dumps(found))
"""
EXECUTE, COMMIT = "'execute' of 'sqlite3", "'commit' of 'sqlite3"

# A clone has the folder only where git keeps something in it, as it does for .gitkeep.
CLEAN = """
import pathlib, shutil

folder = pathlib.Path("profile")
kept = [path for path in folder.glob(".*") if path.is_file()] if folder.is_dir() else []
for path in folder.iterdir() if kept else ():
    if path not in kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
if not kept:
    shutil.rmtree(folder, ignore_errors=True)
"""


# The profiles


def profiled(site, calls=()):
    """Have the site started by the learner's program; return the name to find in the profiles."""
    expect(
        site.exists(PROGRAM),
        wanted=f"a file {PROGRAM} beside run.py",
        seen="no such file",
        hint=f"The program is called {PROGRAM} and stands beside run.py.",
    )
    site.run("-I", "-c", CLEAN)
    site.use_command(PROGRAM)
    return probes.put(site, "calls", calls=dict(calls))


def profiles(site, *names):
    """Return for each file in the folder profile how often each function was called in it."""
    done = site.run("-I", "-c", READ, *names)
    expect(done.code == 0, wanted="profiles that can be read", seen=done)
    return json.loads(done.out)


def listed(found):
    """Describe the files in the folder profile for a message."""
    rows = [
        f"{file}: {kinds if isinstance(kinds, str) else 'a profile'}"
        for file, kinds in found.items()
    ]
    return "\n".join(rows[:6]) or "the folder profile has no file, or there is no such folder"


def visit(site, path):
    """Open a page of the profiled app; the traceback of a failure comes after its response."""
    page = site.get(path)
    if page.status >= 500:
        until(site.note, 1.0)
    expect(
        page.status == 200,
        wanted=f"the page {path} from `python {PROGRAM}`",
        seen=page,
        hint="What does the traceback say? The folder must exist before the first request.",
    )


def until(condition, seconds=3.0):
    """Wait for what may come a moment after the response."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.points(2)
@pytest.mark.hint("The middleware wraps app.wsgi_app, and the app is what still has run().")
def test_profiled_app_serves(site):
    """`python generate_profile.py` serves the catalog and prints a profile of each request."""
    profiled(site)
    for count, path in enumerate(("/en/products", "/en/product-search"), 1):
        visit(site, path)
        expect(
            until(lambda count=count: site.output().count(TABLE) >= count),
            wanted=f"the table of a profile on the terminal after {count} requests",
            seen=site.output() or "nothing was printed",
            hint="ProfilerMiddleware prints to the terminal unless its `stream` is None.",
        )


@pytest.mark.depends("test_profiled_app_serves")
@pytest.mark.points(2)
@pytest.mark.hint("ProfilerMiddleware has a parameter for the folder; it does not make the folder.")
def test_profiles_are_kept(site):
    """Each request leaves a file of its own in the folder `profile`, made by the profiler."""
    paths = ("/en/products", "/en/category-create", "/en/product-search")
    counts = dict(zip(paths, random.sample(range(100, 999), 3), strict=True))
    name = profiled(site, {f"GET {path}": count for path, count in counts.items()})
    for path in paths:
        visit(site, path)
    time.sleep(1.1)  # Werkzeug's own file names tell seconds apart
    visit(site, paths[0])
    until(lambda: len(site.find("profile/**/*")) > len(paths), 1.0)
    found = profiles(site, name)
    expect(
        any(not isinstance(kinds, str) for kinds in found.values()),
        wanted="files in the folder profile that pstats can read",
        seen=listed(found),
    )
    calls = [kinds[name] for kinds in found.values() if not isinstance(kinds, str)]
    lost = [path for path, count in counts.items() if count not in calls]
    expect(
        not lost,
        wanted="for each of three requests one profile, with the calls of this request and no more",
        seen=f"no such profile of {', '.join(lost)}\n{listed(found)}",
        hint="Each request needs a profile and a file name of its own; the default name has the "
        "time in it.",
    )
    expect(
        calls.count(counts[paths[0]]) == 2,
        wanted=f"a profile of each of two requests for {paths[0]}, a second apart",
        seen=listed(found),
        hint="A name made of the method and the path alone is the same for the next request.",
    )


@pytest.mark.depends("test_profiled_app_serves")
@pytest.mark.hint("Is every request kept, or only the last one? The browser follows the redirect.")
def test_creation_is_profiled(site):
    """The profile of a product's creation shows the database calls."""
    count = random.randrange(100, 999)
    name = profiled(site, {"POST /en/product-create": count})
    site.add_category("Kitchen")
    site.add_product(name="Teapot", price="5", company="Casa", category="Kitchen")
    found = profiles(site, name, EXECUTE, COMMIT)
    own = [k for k in found.values() if not isinstance(k, str) and k[name] == count]
    expect(
        own,
        wanted="a profile of the request POST /en/product-create in the folder profile",
        seen=listed(found),
    )
    expect(
        own[0][EXECUTE] and own[0][COMMIT],
        wanted="the calls of execute and commit of sqlite3 in this profile",
        seen=f"execute {own[0][EXECUTE]} times, commit {own[0][COMMIT]} times",
        hint="The profiler must see built-in functions as well, and the whole request.",
    )


@pytest.mark.depends("test_profiled_app_serves")
@pytest.mark.hint("Flask's development server uses threads unless run() gets threaded=False.")
def test_one_request_at_a_time(site):
    """Two requests at the same moment are both served, one after the other."""
    name = profiled(site)
    visit(site, "/en/products")
    path = f"/en/products?{name}=1"
    found = site.get_together(path, path)
    expect(
        found == [200, 200],
        wanted="200 for both of two requests sent together",
        seen=" and ".join(map(str, found)),
    )
    until(lambda: site.output().count(f"{name} together:") >= 2)
    expect(
        f"{name} together: 2" not in site.output(),
        wanted="the second of two requests to wait for the end of the first",
        seen="both were in the app at the same moment, so each one's profile has the waiting of "
        "both",
    )


@pytest.mark.depends("test_profiled_app_serves")
@pytest.mark.hint("Add the folder to .gitignore, as you did with the coverage report.")
def test_profiles_are_ignored_by_git(site):
    """git leaves the profiles out, and keeps every source file."""
    profiled(site)
    sources = [path.relative_to(site.folder).as_posix() for path in site.find("**/*.py")]
    visit(site, "/en/products")
    until(lambda: site.find("profile/**/*"), 1.0)
    made = [path.relative_to(site.folder).as_posix() for path in site.find("profile/**/*")]
    made = [path for path in made if not path.rpartition("/")[2].startswith(".")]
    made = made or ["profile/GET.en.products.25ms.1700000000.prof"]
    kept = [path for path in made if path not in ignored(site, made)]
    expect(
        not kept,
        wanted="a line in .gitignore that leaves the profiles out",
        seen=f"git would keep {kept[0] if kept else ''}",
    )
    lost = sorted(ignored(site, sources))
    expect(
        not lost,
        wanted="source files that git keeps",
        seen=f"git leaves out {', '.join(lost[:4])}",
        hint="A pattern without a slash or with * takes more than you mean: name the folder.",
    )


# The pages


@dataclass(frozen=True)
class Cost:
    """What a page takes: queries, and rows that came from the database."""

    queries: int
    rows: int


def cost(site, name, path, **params):
    """Measure what a page takes."""
    for _ in range(2):  # the first request may load what later ones need not
        mark = f"{random.getrandbits(32):08x}"
        page = site.get(path, **params, **{name: mark})
        expect(page.status == 200, wanted=f"the page {path}", seen=page)
    line = re.compile(rf"^{name} {mark} (\d+) (\d+)$", re.MULTILINE)
    until(lambda: line.search(site.output()))
    match = line.search(site.output())
    expect(match, wanted=f"the end of the request for {path}", seen=page)
    return Cost(int(match[1]), int(match[2]))


def fill(site, products, categories):
    """Add products to the database, each category in turn; the numbers are those of new rows."""
    rows = [
        f"INSERT INTO category (id, name) VALUES ({number}, 'Category {number}');"
        for number in categories
    ]
    every = range(1, (categories[-1] if len(categories) else 10) + 1)
    rows += [
        "INSERT INTO product (name, price, company, category_id)"
        f" VALUES ('Product {number}', 500, 'Casa', {every[number % len(every)]});"
        for number in products
    ]
    site.execute("".join(rows))


def expect_steady(site, path, **params):
    """Expect that neither more categories nor more pages make one page more expensive."""
    name = probes.put(site, "queries")
    fill(site, range(2), range(1, 3))
    few = cost(site, name, path, **params)
    fill(site, range(2, 10), range(3, 11))
    many = cost(site, name, path, **params)
    expect(
        many.queries > 0,
        wanted=f"products from the database on {path}",
        seen="the page sent no query",
        hint="The page must show what is in the database now.",
    )
    expect(
        few.queries == many.queries,
        wanted=f"as many queries on {path} for ten products in ten categories as for two in two",
        seen=f"{few.queries} queries for two, {many.queries} for ten",
    )
    fill(site, range(10, 70), ())
    pages = cost(site, name, path, **params)
    expect(
        pages.queries <= many.queries and pages.rows <= many.rows + 2,
        wanted="ten products from the database for a page of ten, however many there are",
        seen=f"{many.rows} rows for the page with 10 products in the catalog, {pages.rows} with 70",
        hint="The database must cut the page out (LIMIT), not Python: keep db.paginate().",
    )


@pytest.mark.points(2)
@pytest.mark.hint("Tell the query of the view to load each product's category along with it.")
def test_list_costs_the_same_for_many_categories(site):
    """The list takes as many queries for ten categories as for two, and loads one page."""
    expect_steady(site, "/en/products")


@pytest.mark.points(2)
@pytest.mark.hint("The search builds a query of its own, and shows the same cards.")
def test_search_costs_the_same_for_many_categories(site):
    """The search takes as many queries for ten categories as for two, and loads one page."""
    expect_steady(site, "/en/product-search", company="casa")


@pytest.mark.guard("The list showed these products before it was made faster.")
@pytest.mark.points(1)
@pytest.mark.hint("Only the way that the categories are loaded changes: order and pages stay.")
def test_list_shows_the_same_products(site):
    """The list shows the same products as before, ten a page, each with its category."""
    items = stock.fill(site)
    stock.expect_items(site, items, "/en/products", numbered=True)
    site.execute(f"UPDATE category SET name = 'New name' WHERE name = '{items[0].category}'")
    seen = stock.cards(site.get("/en/products")).get(items[0].id, "")
    expect(
        "New name" in seen,
        wanted="the new name of a category on the card of its product, once it is renamed",
        seen=seen,
        hint="Names that are kept in memory are old when the database changes.",
    )


@pytest.mark.guard("The search found these products before it was made faster.")
@pytest.mark.points(1)
@pytest.mark.hint("To load the categories and to filter by them are two things: keep both.")
def test_search_finds_the_same_products(site):
    """The search finds the same products as before, each with its category."""
    items = stock.fill(site)
    one = random.choice(items)
    number = one.category.rpartition(" ")[2]
    for params, wanted in (
        ({"name": "TEA"}, lambda i: "tea" in i.name.lower()),
        ({"name": "0%"}, lambda i: "0%" in i.name),
        ({"price": f"{one.cents / 100:.2f}"}, lambda i: i.cents == one.cents),
        ({"company": "casa "}, lambda i: "casa" in i.company.lower()),
        ({"category": number}, lambda i: number in i.category),
        ({"category": "ho"}, lambda i: "ho" in i.category.lower()),
        ({"name": "pot", "category": "o_k"}, lambda i: "ot" in i.name and "o_k" in i.category),
        (
            {"company": one.company, "category": one.category, "price": f"{one.cents / 100}"},
            lambda i: (i.company, i.category, i.cents) == (one.company, one.category, one.cents),
        ),
        ({"category": "Nowhere"}, lambda i: False),
    ):
        matching = [item for item in items if wanted(item)]
        stock.expect_items(site, matching, "/en/product-search", **params)


@pytest.mark.guard("The tests of recipes 5 to 9 watch over these views.")
@pytest.mark.points(1)
@pytest.mark.hint("Run `nose2`: the first test that fails says what the change has broken.")
def test_own_tests_still_pass(suite):
    """Your own tests still pass after the change."""
    run = suite.run("-m", "nose2", "-v")
    expect(run.passed, wanted="tests in *_tests.py that pass on your app", seen=run)


@pytest.mark.guard("The app was never profiled in daily use.")
@pytest.mark.points(1)
@pytest.mark.hint("Only generate_profile.py may wrap the app; create_app() and run.py stay.")
def test_app_itself_is_not_profiled(sites):
    """Neither create_app() nor `python run.py` profiles anything."""
    for command in ((), ("run.py",)):
        site = sites()
        site.run("-I", "-c", CLEAN)
        before = site.find("profile/**/*")
        if command:
            site.use_command(*command)
        page = site.get("/en/products")
        what = f"`python {command[0]}`" if command else "the app of create_app()"
        expect(page.status == 200, wanted=f"the list of products from {what}", seen=page)
        time.sleep(0.1)
        expect(
            TABLE not in site.output() and site.find("profile/**/*") == before,
            wanted=f"no profile from {what}",
            seen=site.output() or "files in the folder profile",
        )
