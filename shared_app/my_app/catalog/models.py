"""The tables of the catalog."""

from decimal import Decimal

from sqlalchemy import Dialect, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from my_app.extensions import db


class Money(TypeDecorator[Decimal]):
    """A Decimal in Python, a whole number of cents in the database.

    SQLite has no decimal type, and a float cannot represent every price exactly.
    """

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Convert 12.50 to 1250."""
        return None if value is None else round(value * 100)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Convert 1250 to 12.50."""
        return None if value is None else Decimal(value).scaleb(-2)


class Category(db.Model):
    """A category of products."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    products: Mapped[list["Product"]] = relationship(back_populates="category")


class Product(db.Model):
    """A product in the catalog."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    price: Mapped[Decimal] = mapped_column(Money)
    company: Mapped[str] = mapped_column(String(100))
    image_path: Mapped[str | None] = mapped_column(String(255))
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    category: Mapped[Category] = relationship(back_populates="products")
