"""The catalogue is whole in every language, its files are what gettext's tools read, and nothing in it is dead."""

import io
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import PoFileError

import cashback
from cashback.catalogue.reading import FORMS, LANGUAGES, Language, path_of, read, texts_in

ROOT = Path(cashback.__file__).parent
SOURCES = [*ROOT.rglob("*.py"), *ROOT.rglob("*.html")]


@pytest.fixture(scope="module")
def catalogs() -> dict[Language, Catalog]:
    return {language: read(path_of(language), language) for language in LANGUAGES}


def entries(catalog: Catalog) -> dict[str, Message]:
    return {message.context: message for message in catalog if message.context}


def said(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def named(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def figures(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_says_everything(catalogs: dict[Language, Catalog]) -> None:
    english = entries(catalogs["en"])
    assert len(english) > 100
    for catalog in catalogs.values():
        told = entries(catalog)
        assert told.keys() == english.keys()
        assert [key for key, message in told.items() if message.id != english[key].id] == []
        assert [key for key, message in told.items() if not all(text.strip() for text in said(message))] == []
        assert [key for key, message in told.items() if len(said(message)) != len(named(message))] == []


def test_english_is_what_its_ids_say(catalogs: dict[Language, Catalog]) -> None:
    assert [key for key, message in entries(catalogs["en"]).items() if said(message) != named(message)] == []


def test_figures_are_the_same_in_every_language(catalogs: dict[Language, Catalog]) -> None:
    for catalog in catalogs.values():
        wrong = [
            key
            for key, message in entries(catalog).items()
            for text in said(message)
            if not figures(text) <= set().union(*map(figures, named(message)))
            or (isinstance(message.id, str) and figures(text) != figures(message.id))
        ]
        assert wrong == []


def test_nothing_waits_for_a_translator(catalogs: dict[Language, Catalog]) -> None:
    for language, catalog in catalogs.items():
        assert [message.context for message in catalog if message.fuzzy] == []
        assert catalog.obsolete == {}
        # Babel takes a percent sign before a letter for a placeholder of another kind than ours.
        assert [message.context for message, _ in catalog.check() if not message.python_format] == []
        assert "#~" not in path_of(language).read_text()


def test_french_and_english_are_not_the_same(catalogs: dict[Language, Catalog]) -> None:
    same = [
        key
        for key, message in entries(catalogs["fr"]).items()
        if said(message) == named(message) and len(re.findall(r"[A-Za-z]{4,}", said(message)[0])) > 2
    ]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_compiles_and_is_in_order(catalogs: dict[Language, Catalog], language: Language) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogs[language])
    compiled.seek(0)
    back = read_mo(compiled)
    assert len(back) == len(catalogs[language])
    keys = re.findall(r'^msgctxt "(.+)"$', path_of(language).read_text(), flags=re.M)
    assert keys == sorted(set(keys))


def test_plurals_have_the_forms_of_their_language(catalogs: dict[Language, Catalog]) -> None:
    assert {catalog.num_plurals for catalog in catalogs.values()} == {len(FORMS)}
    for key in texts_in("en"):
        stem, _, form = key.rpartition(".")
        assert form != "one" or f"{stem}.other" in texts_in("fr")


def test_every_text_is_used() -> None:
    used: set[str] = set()
    prefixes: set[str] = set()
    for path in SOURCES:
        text = path.read_text()
        used |= set(re.findall(r"['\"]([a-z_]+\.[a-z_0-9.]+)['\"]", text))
        prefixes |= set(re.findall(r"['\"]([a-z]+(?:[._][a-z]+)*\.[a-z_]*)(?:['\"] ~|\{)", text))
        prefixes |= set(re.findall(r"=\s*['\"]([a-z]+(?:\.[a-z_]+)*\.)['\"]$", text, flags=re.M))
    counted = {key.removesuffix(".one") for key in texts_in("en") if key.endswith(".one")}
    known = counted | {key for key in texts_in("en") if key.rpartition(".")[0] not in counted}
    # What a table says when it is empty has its hint beside it.
    used |= {f"{key}_hint" for key in used}
    assert sorted(key for key in known - used if not key.startswith(tuple(prefixes))) == []


def test_an_error_of_a_file_is_one(tmp_path: Path) -> None:
    broken = tmp_path / "messages.po"
    broken.write_text('msgctxt "a.b"\nmsgid "x"\nmsgstr "y"\nand so on\n')
    with pytest.raises(PoFileError):
        read(broken, "en")
