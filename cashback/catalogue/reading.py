"""Reading the catalogue: `locale/<language>/LC_MESSAGES/messages.po`, once for a process.

An entry's context is its key, which the code names; its id is the English text, so that a text that changes in English
is new to every translator. Placeholders are filled by `str.format`. A text that counts is a gettext plural and has two
keys here, `….one` and `….other`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
ROOT = Path(__file__).parent / "locale"
FORMS = ("one", "other")
"""Of a plural, in the order of gettext; both languages have two."""


def path_of(language: Language, root: Path = ROOT) -> Path:
    """Where a language's texts are."""
    return root / language / "LC_MESSAGES" / "messages.po"


def read(path: Path, language: Language) -> Catalog:
    """A file as Babel knows it; an error of the file is one."""
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@cache
def texts_in(language: Language) -> Mapping[str, str]:
    """Every text of one language by its key; KeyError for a key that nobody wrote."""
    return dict(_texts(read(path_of(language), language)))


def _texts(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for message in catalog:
        if message.context is None:
            continue
        if isinstance(message.string, str):
            yield message.context, message.string
        elif message.string is not None:
            yield from zip((f"{message.context}.{form}" for form in FORMS), message.string, strict=True)
