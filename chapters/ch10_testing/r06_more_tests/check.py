"""Recipe 6: the learner's tests notice what is broken, and a product needs no image."""

import pytest

from checks import catalog, expect

TEAPOT = {**catalog.TEAPOT, "category": "1"}
NOT_SAVED = {"a_category_is_not_saved": "a new category is not saved"}


@pytest.mark.guard("The tests of recipe 5 passed, too.")
@pytest.mark.hint("Read the first failure; `python -m unittest -v app_tests` shows all of it.")
def test_the_tests_pass(suite):
    """`python -m unittest app_tests` passes on your app."""
    run = suite.run()
    expect(run.ran > 0 or run.failures, wanted="at least one test in app_tests.py", seen=run)
    expect(run.code == 0, wanted="tests that pass on your app", seen=run)


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("Create eleven products, and look for the last two on both pages of the list.")
def test_broken_pages_are_noticed(suite):
    """A test fails when a missing page returns 200, or when a page of the list is wrong."""
    suite.expect_noticed(
        {
            "missing_pages_answer_200": "a missing page returns 200",
            "the_list_is_empty": "the list shows no product",
            "five_products_a_page": "a page of the list has five products",
            "eleven_products_a_page": "a page of the list has eleven products",
            "every_page_is_the_first": "the second page of the list repeats the first",
        }
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("After creating a category, look for it. Then try one that is not allowed.")
def test_broken_categories_are_noticed(suite):
    """A test fails when a category is not saved, has no name, or has the name of another."""
    suite.expect_noticed(
        {
            **NOT_SAVED,
            "a_category_needs_no_name": "a category needs no name",
            "a_category_twice": "the form takes a category's name a second time",
        }
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("After creating a product, look for it, with an image and without one.")
def test_broken_products_are_noticed(suite):
    """A test fails when a product is not saved or counted, must have an image, or loses it."""
    suite.expect_noticed(
        {
            "a_product_is_not_saved": "a new product is not saved",
            "the_count_stays_at_zero": "the home page does not count a new product",
            "a_product_needs_an_image_part": "a request must have a part for the image",
            "the_image_is_lost": "an uploaded image is lost",
        }
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("Compare what was saved with what was sent. Which prices must the form refuse?")
def test_wrong_values_are_noticed(suite):
    """A test fails when a product has a wrong company, price or category, or a false price."""
    suite.expect_noticed(
        {
            "the_company_is_lost": "a new product has a wrong company",
            "the_cents_are_lost": "a new product costs 12.00 and not 12.50",
            "every_product_in_one_category": "all new products are in the first of two categories",
            "a_price_may_be_negative": "a price may be negative",
        }
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("What a search must not find matters as much as what it must find.")
def test_a_broken_search_is_noticed(suite):
    """A test fails when the search ignores one of its four fields, or needs only one of two."""
    fields = ("name", "price", "company", "category")
    suite.expect_noticed(
        {f"the_search_ignores_the_{field}": f"the search ignores the {field}" for field in fields}
        | {"one_field_of_the_search_is_enough": "a product has to match only one of two fields"}
    )


@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint('Search for "POT" and find the teapot.')
def test_a_narrow_search_is_noticed(suite):
    """A test fails when the search needs the whole text, or the same case."""
    suite.expect_noticed(
        {
            "the_search_needs_the_whole_text": "a part of a text finds nothing",
            "the_search_minds_the_case": "a text in another case finds nothing",
        }
    )


@pytest.mark.points(3)
@pytest.mark.hint("What does request.files[...] do without such a part? Who else knows the image?")
def test_a_product_needs_no_image_part(site):
    """A product is created by a request that has no part for an image."""
    site.add_category("Kitchen")
    site.configure(WTF_CSRF_ENABLED=False)
    page = site.post("/en/product-create", TEAPOT)
    expect(page.status == 302, wanted="302 to the page of the new product", seen=page)
    shown = site.get(page.location or "/")
    good = shown.status == 200 and "Teapot" in shown.text
    expect(good, wanted="a page of the new product", seen=shown)


@pytest.mark.guard("Images could be uploaded before.")
@pytest.mark.hint("The image is optional, not gone.")
def test_an_image_is_still_saved(site):
    """An image that is sent along is saved, and the product's page shows it."""
    site.add_category("Kitchen")
    image = ("teapot.png", b"an image")
    page = site.submit("/en/product-create", **catalog.TEAPOT, image=image)
    images = [image.get("src", "") for image in page.soup.select("main img")]
    expect(images, wanted="an image on the page of the product", seen=page)
    found = site.get(images[0])
    same = found.status == 200 and found.text == "an image"
    expect(same, wanted="the image that was uploaded", seen=f"{images[0]}, status {found.status}")


@pytest.mark.guard("The forms were protected before.")
@pytest.mark.hint("Only the tests' own config switches the protection off.")
def test_forms_stay_protected(site):
    """Outside of the tests, a form without its CSRF token is refused."""
    page = site.post("/en/category-create", {"name": "Kitchen"})
    wanted = "400 for a form without its token"
    expect(page.status == 400, wanted=wanted, seen=f"status {page.status}")


@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("What one test leaves behind must not reach the next one.")
def test_the_order_does_not_matter(suite):
    """The tests pass one by one, in any order, and a second time."""
    catalog.expect_any_order(suite, NOT_SAVED)


@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("setUp runs before each test: create the app and its database there.")
def test_each_test_has_an_app_of_its_own(suite):
    """Each test has a new app with a new database: what is added to an old one does not matter."""
    catalog.expect_own_apps(suite, NOT_SAVED)


@pytest.mark.guard("Recipe 5 left them alone.")
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("The app reads the names of its files once, inside create_app().")
def test_the_development_database_is_left_alone(site):
    """The tests leave your own database, log and uploads as they are."""
    catalog.expect_nothing_changed(site)


@pytest.mark.guard("Recipe 5 left none.")
@pytest.mark.depends("test_the_tests_pass")
@pytest.mark.hint("Which settings name a file or a folder? Let each point to a temporary folder.")
def test_no_file_is_left_behind(site):
    """The tests leave no file of their own in the app's folder: no database, log or upload."""
    catalog.expect_nothing_left(site)
