"""Translations: what is compiled, what is refused, and where an app gets them."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from engine.conftest import HOME

from workbook import series, translations, tree
from workbook.translations import CannotCompile, compile_po

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset={0}\\n{1}"\n\n'
PRODUCTS = 'msgid "Products"\nmsgstr "Produits"\n'


def test_a_po_file_is_compiled_to_what_gettext_reads(tmp_path: Path) -> None:
    compiled = tmp_path / "fr.mo"
    compiled.write_bytes(
        compile_po((HEADER.format("utf-8", "") + PRODUCTS).encode(), tmp_path / "kept", "fr.po")
    )
    with compiled.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Products") == "Produits"


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (compile_po(PRODUCTS.encode(), tmp_path / name, "fr.po") for name in "ab")
    assert one == two


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'msgid "a"\nmsgstrr "b"\n', "line 2: "),
        (b"\xff\xfe", "can't decode byte"),
        ((HEADER.format("base64", "") + PRODUCTS).encode(), "'base64' is not a text encoding"),
        (
            (HEADER.format("utf-8", "Plural-Forms: nplurals=2000000000; plural=0;\\n")
             + 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n').encode(),
            "MemoryError",
        ),
    ],
)  # fmt: skip
def test_a_broken_or_hostile_file_is_refused_in_one_line(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotCompile) as caught:
        compile_po(content, tmp_path, "my_app/translations/fr/LC_MESSAGES/messages.po")
    message = str(caught.value)
    assert message.startswith("my_app/translations/fr/LC_MESSAGES/messages.po cannot be compiled: ")
    assert reason in message
    assert "\n" not in message
    assert not [*tmp_path.iterdir()]


def test_every_step_is_built_with_its_translations() -> None:
    book = series.load(HOME)
    for number in (0, len(book.recipes)):
        sources = [*tree.build(book, number).glob(translations.SOURCES)]
        assert len(sources) == 2
        assert all(path.with_suffix(".mo").is_file() for path in sources)
