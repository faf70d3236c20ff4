"""A catalog of products that nobody can know beforehand, and what pages must show of it.

items = stock.fill(site)
stock.expect_items(site, items, "/en/products", numbered=True)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from bs4 import Tag

from checks.expect import expect
from checks.page import Page
from checks.site import Site

PER_PAGE = 10
PRODUCT = re.compile(r"/product/\d+$")
chance = SystemRandom()


@dataclass(frozen=True)
class Item:
    """A product as it is in the database."""

    id: int
    name: str
    cents: int
    company: str
    category: str


def fill(site: Site, count: int = 37) -> list[Item]:
    """Put new products and categories straight into an empty database; return the products."""
    number = chance.randrange(1000, 9000)
    words = ("Home", "House", "Yard", "Wo_k")
    categories = [f"{word} {number + place}" for place, word in enumerate(words)]
    companies = [f"{word} {number + 9}" for word in ("Casa", "Casablanca", "Nord")]
    items = [
        Item(
            id=place,
            name=f"{chance.choice(('Pot', 'Teapot', 'Lamp', '50%'))} {chance.randrange(10**6):06}",
            cents=chance.choice((500, 1250, 2499)),
            company=chance.choice(companies),
            category=chance.choice(categories),
        )
        for place in range(1, count + 1)
    ]
    rows = [
        f"INSERT INTO category (id, name) VALUES ({place}, '{name}');"
        for place, name in enumerate(categories, 1)
    ]
    rows += [
        "INSERT INTO product (id, name, price, company, category_id) VALUES "
        f"({item.id}, '{item.name}', {item.cents}, '{item.company}', "
        f"{categories.index(item.category) + 1});"
        for item in items
    ]
    site.execute("".join(rows))
    return items


def cards(page: Page) -> dict[int, str]:
    """Return the text around the link to each product of a page, by the product's id."""
    found = {}
    for link in page.soup.find_all("a", href=PRODUCT):
        card = link
        while card.parent and len(_links(card.parent)) == 1:
            card = card.parent
        found[int(str(link["href"]).rpartition("/")[2])] = " ".join(card.get_text(" ").split())
    return found


def _links(tag: Tag) -> set[str]:
    return {str(link["href"]) for link in tag.find_all("a", href=PRODUCT)}


def expect_items(
    site: Site, items: Sequence[Item], path: str, *, numbered: bool = False, **params: str
) -> None:
    """Expect a path to list these products in this order, ten a page, each with its category.

    The second page is at PATH/2 where pages are `numbered`, else at PATH?page=2.
    """
    __tracebackhide__ = True
    query = "&".join(f"{key}={value}" for key, value in params.items())
    for number in range(1, max(1, math.ceil(len(items) / PER_PAGE)) + 1):
        part = items[(number - 1) * PER_PAGE : number * PER_PAGE]
        asked: dict[str, Any] = {**params, **({"page": number} if number > 1 else {})}
        page = site.get(f"{path}/{number}") if numbered else site.get(path, **asked)
        where = f"page {number} of {path}{'?' if query else ''}{query}"
        expect(page.status == 200, wanted=where, seen=page)
        _expect_cards(cards(page), part, where)


def _expect_cards(found: dict[int, str], part: Sequence[Item], where: str) -> None:
    __tracebackhide__ = True
    wanted = ", ".join(str(item.id) for item in part)
    expect(
        list(found) == [item.id for item in part],
        wanted=f"on {where} the products with the ids {wanted}" if part else f"none on {where}",
        seen=", ".join(map(str, found)) or "no product",
    )
    for item in part:
        for text in (item.name, item.company, item.category):
            expect(
                text in found[item.id],
                wanted=f"{text!r} on the card of product {item.id} on {where}",
                seen=found[item.id],
            )
