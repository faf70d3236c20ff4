"""The forms of the catalog."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField
from sqlalchemy import select
from wtforms import DecimalField, Field, SelectField, StringField, SubmitField
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)

from my_app.catalog.models import Category
from my_app.extensions import db

# No SVG: it can contain a script, which would run as part of this site.
IMAGE_TYPES = ["png", "jpg", "jpeg", "gif", "webp"]
PRICES = NumberRange(min=0, max=1_000_000)


def stripped(text: str | None) -> str | None:
    """Strip surrounding whitespace."""
    return text.strip() if text else text


class CategoryForm(FlaskForm):
    """The form for a new category."""

    name = StringField(_l("Name"), filters=[stripped], validators=[DataRequired(), Length(max=100)])
    submit = SubmitField(_l("Create category"))

    def validate_name(self, field: Field) -> None:
        """Reject the name of an existing category."""
        if db.session.scalar(select(Category).where(Category.name == field.data)):
            raise ValidationError(_l("A category with this name already exists."))


class ProductForm(FlaskForm):
    """The form for a new product."""

    name = StringField(_l("Name"), filters=[stripped], validators=[DataRequired(), Length(max=100)])
    price = DecimalField(_l("Price"), validators=[InputRequired(), PRICES])
    company = StringField(
        _l("Company"), filters=[stripped], validators=[DataRequired(), Length(max=100)]
    )
    category = SelectField(_l("Category"), coerce=int)
    image = FileField(
        _l("Image"), validators=[FileAllowed(IMAGE_TYPES, _l("Only images can be uploaded."))]
    )
    submit = SubmitField(_l("Create product"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Fill the select field with the categories in the database."""
        super().__init__(*args, **kwargs)
        categories = db.session.scalars(select(Category).order_by(Category.name))
        self.category.choices = [(category.id, category.name) for category in categories]


class SearchForm(FlaskForm):
    """The search form; an empty field matches everything."""

    class Meta:
        """A search changes nothing, so it needs no CSRF token."""

        csrf = False

    name = StringField(_l("Name"), filters=[stripped])
    price = DecimalField(_l("Price"), validators=[Optional(), PRICES])
    company = StringField(_l("Company"), filters=[stripped])
    category = StringField(_l("Category"), filters=[stripped])
