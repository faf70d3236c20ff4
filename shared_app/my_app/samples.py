"""Sample products: `flask --app my_app add-samples`."""

import shutil
from decimal import Decimal
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from my_app.catalog.models import Category, Product
from my_app.extensions import db

# Name, price, company, category. The image is static/samples/<name with hyphens>.svg.
SAMPLES = [
    ("Pocket Phone", "249.00", "Larkspur", "Phones"),
    ("Light Laptop", "899.00", "Fjordline", "Computers"),
    ("Headphones", "79.90", "Tonari", "Audio"),
    ("Travel Camera", "429.00", "Heliograph", "Photo"),
    ("Coffee Pot", "34.50", "Casa Brava", "Kitchen"),
    ("Reading Lamp", "59.00", "Nordlys", "Home"),
    ("City Bicycle", "649.00", "Tramontane", "Outdoors"),
    ("Watering Can", "18.90", "Greenfinger", "Garden"),
    ("Big Phone", "549.00", "Larkspur", "Phones"),
    ("Work Laptop", "1199.00", "Fjordline", "Computers"),
    ("Kitchen Radio", "44.90", "Tonari", "Audio"),
    ("Instant Camera", "89.00", "Heliograph", "Photo"),
    ("Tea Cup", "9.50", "Casa Brava", "Kitchen"),
    ("Oak Chair", "129.00", "Nordlys", "Home"),
    ("Scooter", "149.00", "Tramontane", "Outdoors"),
    ("Garden Shovel", "24.90", "Greenfinger", "Garden"),
    ("Flip Phone", "119.00", "Larkspur", "Phones"),
    ("Desk Monitor", "219.00", "Fjordline", "Computers"),
    ("Shelf Speaker", "159.00", "Tonari", "Audio"),
    ("Tripod", "39.00", "Heliograph", "Photo"),
    ("Toaster", "49.00", "Casa Brava", "Kitchen"),
    ("Wall Clock", "29.00", "Nordlys", "Home"),
    ("Helmet", "69.00", "Tramontane", "Outdoors"),
    ("Flower Pot", "12.90", "Greenfinger", "Garden"),
]


@click.command()
@with_appcontext
def add_samples() -> None:
    """Fill an empty catalog with sample products."""
    if db.session.scalar(select(Product).limit(1)):
        click.echo("The catalog already has products: nothing added.")
        return
    names = {category for _, _, _, category in SAMPLES}
    categories = {name: find_category(name) for name in sorted(names)}
    for name, price, company, category in SAMPLES:
        product = Product(name=name, price=Decimal(price), company=company)
        product.category = categories[category]
        product.image_path = copy_image(f"{name.lower().replace(' ', '-')}.svg")
        db.session.add(product)
    db.session.commit()
    click.echo(f"Added {len(SAMPLES)} products in {len(categories)} categories.")


def find_category(name: str) -> Category:
    """Return the category with this name, a new one if there is none."""
    found = db.session.scalar(select(Category).where(Category.name == name))
    return found or Category(name=name)


def copy_image(name: str) -> str:
    """Copy a sample image to the upload folder and return its name."""
    folder = Path(current_app.config["UPLOAD_FOLDER"])
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(current_app.root_path, "static", "samples", name), folder)
    return name
