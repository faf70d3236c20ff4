"""Recipe 6: the learner's tests must notice what is broken, and the app makes do without images."""

import pytest

from checks import expect

TESTS = ("-m", "unittest", "-v", "app_tests")
# Every test twice in one process, the first time from the last one to the first.
ANY_ORDER = """
import unittest
def tests(suite):
    for test in suite:
        yield from tests(test) if isinstance(test, unittest.TestSuite) else [test]
load = unittest.defaultTestLoader.loadTestsFromName
order = [*tests(load("app_tests"))][::-1] + [*tests(load("app_tests"))]
result = unittest.TextTestRunner().run(unittest.TestSuite(order))
raise SystemExit(not (result.testsRun and result.wasSuccessful()))
"""


@pytest.mark.guard("The tests of recipe 5 passed, too.")
@pytest.mark.hint("Read the first failure; `python -m unittest -v app_tests` shows all of it.")
def test_the_tests_pass(suite):
    """`python -m unittest app_tests` passes on your app."""
    run = suite.run()
    expect(run.ran > 0, "at least one test in app_tests.py", run)
    expect(run.code == 0, "tests that pass on your app", run)


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("Ask for something that is not there, and fill the list with more than ten.")
def test_broken_pages_are_noticed(suite):
    """A test fails when a missing page answers 200, or when the list of the products is wrong."""
    breaks = {
        "missing_pages_answer_200": "a missing page answers 200",
        "the_list_is_empty": "the list shows no product",
        "the_list_has_one_page": "the list puts all products on one page",
    }
    suite.expect_noticed(breaks)


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("After creating a category, look for it. Then try one that is not allowed.")
def test_broken_categories_are_noticed(suite):
    """A test fails when a category is not saved, or when one without a name is."""
    breaks = {
        "a_category_is_not_saved": "a new category is never saved",
        "a_category_needs_no_name": "a category needs no name",
    }
    suite.expect_noticed(breaks)


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("A product should be there afterwards; a wrong one should not.")
def test_broken_products_are_noticed(suite):
    """A test fails when a product is not saved, costs less than nothing, or must have an image."""
    breaks = {
        "a_product_is_not_saved": "a new product is never saved",
        "a_price_may_be_negative": "a price may be negative",
        "a_product_needs_an_image_part": "a request needs a part for the image",
    }
    suite.expect_noticed(breaks)


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("What a search must not find says as much as what it must find.")
def test_a_broken_search_is_noticed(suite):
    """A test fails when the search ignores one of its four fields."""
    fields = ("name", "price", "company", "category")
    breaks = {
        f"the_search_ignores_the_{field}": f"a search ignores the {field}" for field in fields
    }
    suite.expect_noticed(breaks)


@pytest.mark.points(3)
@pytest.mark.hint("What does request.files[...] do without such a part? Who else knows the image?")
def test_a_product_needs_no_image_part(site):
    """A product is created by a request that has no part for an image."""
    site.add_category("Kitchen")
    site.configure(WTF_CSRF_ENABLED=False)
    fields = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"}
    page = site.post("/en/product-create", fields)
    expect(page.status == 302, "302 to the page of the new product", page)
    shown = site.get(page.location or "/")
    expect(shown.status == 200 and "Teapot" in shown.text, "a page of the new product", shown)


@pytest.mark.guard("Images could be uploaded before.")
@pytest.mark.hint("The image is optional, not gone.")
def test_an_image_is_still_saved(site):
    """An image that is sent along is saved, and the product's page shows it."""
    site.add_category("Kitchen")
    fields = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "Kitchen"}
    page = site.submit("/en/product-create", **fields, image=("teapot.png", b"an image"))
    images = [image.get("src", "") for image in page.soup.select("main img")]
    expect(images, "an image on the page of the product", page)
    found = site.get(images[0])
    same = found.status == 200 and found.text == "an image"
    expect(same, "the image that was uploaded", f"{images[0]}, status {found.status}")


@pytest.mark.guard("The forms were protected before.")
@pytest.mark.hint("The tests have a config of their own.")
def test_forms_stay_protected(site):
    """Outside of the tests, a form without its CSRF token is refused."""
    page = site.post("/en/category-create", {"name": "Kitchen"})
    expect(page.status == 400, "400 for a form without its token", f"status {page.status}")


@pytest.mark.guard("One test is always in order.")
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("What one test leaves behind must not reach the next one: give each its own.")
def test_the_order_does_not_matter(suite):
    """The tests pass in any order, and a second time."""
    run = suite.run("-c", ANY_ORDER)
    expect(run.code == 0, "tests that pass backwards and twice in a row", run)


@pytest.mark.guard("Recipe 5 saw to it.")
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("The app chooses its database once, inside of create_app.")
def test_the_development_database_is_left_alone(site):
    """The tests do not change the database that you work with."""
    site.add_category("Kitchen")
    site.add_product(name="Teapot", price="12.50", company="Casa", category="Kitchen")
    site.stop()
    before = contents(site)
    run = site.run(*TESTS, settings=False)
    expect(run.code == 0, "the same tests passing with a product in your own database", run)
    changed = "instance/catalog.db has other bytes than before the tests"
    expect(contents(site) == before, "your own database unchanged", changed)


def contents(site):
    """Give the bytes of the app's own database files."""
    return {path.name: path.read_bytes() for path in site.find("instance/catalog.db*")}
