"""Recipe 10: a profile of every request, and one query where there was one for each category."""

import re

import pytest

from checks import expect

# Says whether one and the same profile in the folder holds calls of all functions named.
HOLDS = """
import pathlib, pstats, sys
for file in pathlib.Path("profile").glob("*.prof"):
    names = [key[2] for key in pstats.Stats(str(file)).stats]
    if all(any(wanted in name for name in names) for wanted in sys.argv[1:]):
        print("found")
"""


def held(site, *functions: str) -> bool:
    """Look for a profile with these functions, in the sandbox: to read one is to trust it."""
    return "found" in site.run("-c", HOLDS, *functions).out


def profiled(site):
    """Start the profiled app where there is one."""
    expect(
        site.exists("generate_profile.py"),
        wanted="a file generate_profile.py beside run.py",
        seen="no such file",
    )
    site.use_command("generate_profile.py")
    return site


def queries(site, path: str, **params: str) -> int:
    """Count the SELECT statements that a page costs, as SQLAlchemy itself reports them."""
    site.configure(SQLALCHEMY_ECHO=True)
    site.get(path, **params)  # the first request may load what later ones need not
    before = len(re.findall(r"Engine SELECT\b", site.output()))
    page = site.get(path, **params)
    expect(page.status == 200, wanted=f"the page {path}", seen=page)
    return len(re.findall(r"Engine SELECT\b", site.output())) - before


def fill(site, numbers: range) -> None:
    """Add products that have a category of their own each, straight to the database."""
    rows = [
        f"INSERT INTO category (id, name) VALUES ({number}, 'Category {number}');"
        "INSERT INTO product (name, price, company, category_id)"
        f" VALUES ('Product {number}', 500, 'Casa', {number});"
        for number in numbers
    ]
    site.execute("".join(rows))


def expect_no_growth(few: int, many: int) -> None:
    """Expect that a page with more products costs no more queries."""
    expect(
        few == many and many > 0,
        wanted="as many queries for eight products in eight categories as for two in two",
        seen=f"{few} queries for two, {many} for eight",
    )


@pytest.mark.points(2)
@pytest.mark.hint("The middleware wraps app.wsgi_app, and the app is what still has run().")
def test_profiled_app_serves(site):
    """`python generate_profile.py` serves the catalog and prints a profile of each request."""
    page = profiled(site).get("/en/products")
    expect(page.status == 200, wanted="the list of products", seen=page)
    out = site.output()
    expect("function calls" in out and "/en/products" in out, wanted="a printed profile", seen=out)


@pytest.mark.depends("test_profiled_app_serves")
@pytest.mark.hint("ProfilerMiddleware has a parameter for the folder; it does not make the folder.")
def test_profiles_are_kept(site):
    """Each request leaves a file in the folder `profile` that pstats can read."""
    profiled(site).get("/en/products")
    kept = [path.name for path in site.find("profile/*.prof")]
    expect(kept, wanted="a .prof file in the folder profile", seen="none")
    expect(
        held(site, "products"),
        wanted="a profile of the request with its view, `products`, in it",
        seen=kept,
    )


@pytest.mark.depends("test_profiles_are_kept")
@pytest.mark.hint("Is every request kept, or only the last one?")
def test_creation_is_profiled(site):
    """The profile of a product's creation shows the view and the database calls."""
    profiled(site).add_category("Kitchen")
    site.add_product(name="Teapot", price="5", company="Casa", category="Kitchen")
    expect(
        held(site, "product_create", "'execute' of 'sqlite3", "'commit' of 'sqlite3"),
        wanted="one profile with the view `product_create` and execute and commit of sqlite3",
        seen=[path.name for path in site.find("profile/*.prof")],
    )


@pytest.mark.points(2)
@pytest.mark.hint("Tell the query of the view to load each product's category along with it.")
def test_list_costs_the_same_for_many_categories(site):
    """The list of products takes as many queries for eight categories as for two."""
    fill(site, range(1, 3))
    few = queries(site, "/en/products")
    fill(site, range(3, 9))
    expect_no_growth(few, queries(site, "/en/products"))


@pytest.mark.points(2)
@pytest.mark.hint("The search builds a query of its own, and shows the same cards.")
def test_search_costs_the_same_for_many_categories(site):
    """The search takes as many queries for eight categories as for two."""
    fill(site, range(1, 3))
    few = queries(site, "/en/product-search", company="casa")
    fill(site, range(3, 9))
    expect_no_growth(few, queries(site, "/en/product-search", company="casa"))


@pytest.mark.guard("The cards showed the category all along.")
@pytest.mark.hint("Fewer queries are no gain when the page loses what they brought.")
def test_cards_still_show_their_category(site):
    """Every product in the list and in the search still shows its category."""
    fill(site, range(1, 3))
    for path in ("/en/products", "/en/product-search?company=casa"):
        words = site.get(path).words
        for name in ("Product 1", "Category 1", "Product 2", "Category 2"):
            expect(name in words, wanted=f"{name} on {path}", seen=words)


@pytest.mark.guard("The app was never profiled in daily use.")
@pytest.mark.hint("Only generate_profile.py may wrap the app; create_app() stays as it was.")
def test_app_itself_is_not_profiled(site):
    """The app that run.py starts has no profiler in it."""
    site.get("/en/products")
    out = site.output()
    expect("function calls" not in out, wanted="no profile", seen=out)
