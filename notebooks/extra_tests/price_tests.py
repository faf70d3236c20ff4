"""One more test for the search: a price is an exact value, not a limit."""

from app_tests import AppTestCase


class PriceTestCase(AppTestCase):
    """Tests for searching by price."""

    def test_cheaper_product_does_not_match(self) -> None:
        """A search for 12.50 finds neither cheaper nor more expensive products."""
        self.client.post("/en/category-create", data={"name": "Kitchen"})
        for name, price in {"Cup": "9.50", "Teapot": "12.50", "Kettle": "24.90"}.items():
            fields = {"name": name, "price": price, "company": "Casa", "category": "1"}
            self.client.post("/en/product-create", data=fields)
        page = self.client.get("/en/product-search?price=12.50").text
        self.assertIn("Teapot", page)
        self.assertNotIn("Cup", page)
        self.assertNotIn("Kettle", page)
