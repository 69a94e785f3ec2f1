"""The texts of the pages in the language of their reader, from the catalogue; placeholders are filled by `str.format`.

A key that counts ends in `.one` and `.other`; `Translator.count` chooses. French treats 0 like 1.
"""

import re
from collections.abc import Mapping
from typing import Any

from cashback.catalogue.reading import texts_in
from cashback.offers.wording import Language, Texts

MESSAGES: Mapping[str, Texts] = {
    key: Texts(text, french) for key, text in texts_in("en").items() if (french := texts_in("fr").get(key)) is not None
}
"""Every text in both languages, by its key."""


def typographic(text: str) -> str:
    """A sentence with the apostrophe that printers use, and one full stop where an abbreviation ends it."""
    return text.replace("'", "\u2019").replace("..", ".")


_CONTRACTED = {"de": {"Le": "du", "Les": "des"}, "à": {"Le": "au", "Les": "aux"}}
_ARTICLE = re.compile(r"\b(de|à) (Les?) (?=\S)")


def contracted(text: str) -> str:
    """A French sentence in which a name's own article joins what stands before it: `aux Terrasses`, `du Lac`.
    Only the article of a name is written with a capital within a sentence."""
    return _ARTICLE.sub(lambda found: f"{_CONTRACTED[found[1]][found[2]]} ", text)


class Translator:
    """The texts of one language. A missing key is a KeyError: tests open every page in both."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **figures: Any) -> str:
        """The text of a key with its placeholders filled."""
        text = typographic(MESSAGES[key].said(self.language).format(**figures))
        return contracted(text) if self.language == "fr" else text

    def count(self, key: str, n: int, shown: str | None = None) -> str:
        """The text for so many; `shown` is the number as the language writes it."""
        singular = n <= 1 if self.language == "fr" else n == 1
        return self(f"{key}.{'one' if singular else 'other'}", n=str(n) if shown is None else shown)
