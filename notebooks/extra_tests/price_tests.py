"""One more test of the search: a price is that price, not a limit."""

from app_tests import AppTestCase


class PriceTestCase(AppTestCase):
    """Searching by price."""

    def test_a_cheaper_product_is_no_match(self) -> None:
        """A search for 12.50 leaves out what costs less, as it leaves out what costs more."""
        self.client.post("/en/category-create", data={"name": "Kitchen"})
        for name, price in {"Cup": "9.50", "Teapot": "12.50", "Kettle": "24.90"}.items():
            fields = {"name": name, "price": price, "company": "Casa", "category": "1"}
            self.client.post("/en/product-create", data=fields)
        page = self.client.get("/en/product-search?price=12.50").text
        self.assertIn("Teapot", page)
        self.assertNotIn("Cup", page)
        self.assertNotIn("Kettle", page)
