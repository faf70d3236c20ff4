"""The views of the catalog, each under the language in its URL."""

from decimal import Decimal
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from my_app.catalog.forms import CategoryForm, ProductForm, SearchForm
from my_app.catalog.images import save_image
from my_app.catalog.models import Category, Product
from my_app.extensions import db
from my_app.languages import LANGUAGES

PER_PAGE = 10

catalog = Blueprint("catalog", __name__, url_prefix=f"/<any({', '.join(LANGUAGES)}):lang>")


@catalog.url_value_preprocessor
def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Remove the language from the view arguments: Flask-Babel reads it from the URL."""
    if values:
        values.pop("lang", None)


@catalog.url_defaults
def add_language(endpoint: str, values: dict[str, Any]) -> None:
    """Build URLs in the language of the current page."""
    values.setdefault("lang", str(get_locale()))


@catalog.route("/")
@catalog.route("/home")
def home() -> ResponseReturnValue:
    """Show the number of products, as HTML or as JSON."""
    count = db.session.execute(select(func.count(Product.id))).scalar_one()
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"count": count}
    return render_template("catalog/home.html", count=count)


@catalog.route("/products")
@catalog.route("/products/<int:page>")
def products(page: int = 1) -> ResponseReturnValue:
    """List the products, ten per page."""
    pagination = db.paginate(select(Product).order_by(Product.id), page=page, per_page=PER_PAGE)
    return render_template("catalog/products.html", pagination=pagination)


@catalog.route("/product/<int:product_id>")
def product(product_id: int) -> ResponseReturnValue:
    """Show one product."""
    product = db.get_or_404(Product, product_id)
    return render_template("catalog/product.html", product=product)


@catalog.route("/product-create", methods=["GET", "POST"])
def product_create() -> ResponseReturnValue:
    """Show the form for a new product, or create the product."""
    form = ProductForm()
    if not form.validate_on_submit():
        return render_template("catalog/product_create.html", form=form)
    product = Product(
        name=form.name.data,
        price=form.price.data,
        company=form.company.data,
        category_id=form.category.data,
    )
    image = request.files["image"]
    if image:
        try:
            product.image_path = save_image(image)
        except OSError:
            flash(_("The image could not be saved."), "warning")
    db.session.add(product)
    db.session.commit()
    flash(_("The product was created."), "success")
    return redirect(url_for(".product", product_id=product.id))


@catalog.route("/product-search")
def product_search() -> ResponseReturnValue:
    """Show the products that match every field that is filled in."""
    form = SearchForm(request.args)
    if not form.validate():
        return render_template("catalog/search.html", form=form)
    pagination = db.paginate(search_query(**form.data), per_page=PER_PAGE)
    return render_template("catalog/search.html", form=form, pagination=pagination)


def search_query(
    name: str | None, price: Decimal | None, company: str | None, category: str | None
) -> Select[tuple[Product]]:
    """Select the products that contain the given texts and have the given price."""
    query = select(Product).order_by(Product.id)
    if name:
        query = query.where(Product.name.icontains(name, autoescape=True))
    if price is not None:
        query = query.where(Product.price == price)
    if company:
        query = query.where(Product.company.icontains(company, autoescape=True))
    if category:
        query = query.join(Product.category)
        query = query.where(Category.name.icontains(category, autoescape=True))
    return query


@catalog.route("/categories")
def categories() -> ResponseReturnValue:
    """List the categories with the number of products in each."""
    query = select(Category, func.count(Product.id)).outerjoin(Category.products)
    rows = db.session.execute(query.group_by(Category.id).order_by(Category.name)).all()
    if not rows:
        abort(404)
    return render_template("catalog/categories.html", rows=rows)


@catalog.route("/category/<int:category_id>")
def category(category_id: int) -> ResponseReturnValue:
    """Show one category and its products."""
    category = db.get_or_404(Category, category_id)
    return render_template("catalog/category.html", category=category)


@catalog.route("/category-create", methods=["GET", "POST"])
def category_create() -> ResponseReturnValue:
    """Show the form for a new category, or create the category."""
    form = CategoryForm()
    if not form.validate_on_submit():
        return render_template("catalog/category_create.html", form=form)
    category = Category(name=form.name.data)
    db.session.add(category)
    db.session.commit()
    flash(_("The category was created."), "success")
    return redirect(url_for(".category", category_id=category.id))
