"""Do two sources call a place alike? Pure, and deliberately small: it compares, it does not find a shop."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import lru_cache

_NOT_A_NAME = frozenset(
    (
        *("CARTE", "CB", "FACTURE", "FACT", "PAIEMENT", "ACHAT", "MAG", "MAGASIN", "BOUTIQUE", "SC", "LES", "DES"),
        *("SARL", "SAS", "SA", "STE", "FR", "FRA", "FRANCE", "COM", "WWW", "THE"),
        *("SUMUP", "PAYPAL", "ZETTLE", "SQ", "IZ"),
    )
)
"""Words that bank forms, legal forms and payment facilitators put around a name."""
_BEGINNING = 4
"""Names cut short still have so many letters in common."""
_ALIKE = 0.8
"""Share of letters in the same order from which two names are one name written twice (abbreviations, typing errors)."""
_WORDS_KEPT = 65_536


@lru_cache(maxsize=_WORDS_KEPT)
def words_of(text: str) -> tuple[str, ...]:
    """The words that may be a part of a name: capitals without accents, no figures, no words of forms."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    found = re.findall(r"[A-Z]+", plain.replace("'", ""))
    return tuple(each for each in found if len(each) > 1 and each not in _NOT_A_NAME)


def alike(names: Iterable[str], others: Iterable[str], towns: Iterable[str] = ()) -> bool | None:
    """Whether one of these names may be one of the others; None where one side tells none. Towns are no names."""
    return _compared(names, others, towns, _similar)


def same(names: Iterable[str], others: Iterable[str], towns: Iterable[str] = ()) -> bool:
    """Whether one of these names is one of the others, or the beginning of it where a form cut it short."""
    return bool(_compared(names, others, towns, _equal))


def _compared(
    names: Iterable[str],
    others: Iterable[str],
    towns: Iterable[str],
    agree: Callable[[tuple[str, ...], tuple[str, ...]], bool],
) -> bool | None:
    no_name = {word for town in towns for word in words_of(town)}
    mine = {words for name in names if (words := _without(words_of(name), no_name))}
    theirs = {words for name in others if (words := _without(words_of(name), no_name))}
    if not mine or not theirs:
        return None
    return any(agree(*_apart_from_town(one, other)) for one in mine for other in theirs)


def _apart_from_town(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Both without a last word that they share: forms write the town there."""
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-1] and one != other:
        return one[:-1], other[:-1]
    return one, other


def _without(words: tuple[str, ...], left_out: set[str]) -> tuple[str, ...]:
    return tuple(each for each in words if each not in left_out) if left_out else words


def _equal(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    first, second = "".join(one), "".join(other)
    return min(len(first), len(second)) >= _BEGINNING and (first.startswith(second) or second.startswith(first))


@lru_cache(maxsize=_WORDS_KEPT)
def _similar(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if any(len(word) >= _BEGINNING and word in other for word in one) or _equal(one, other):
        return True
    first, second = "".join(one), "".join(other)
    if one[0][:_BEGINNING] == other[0][:_BEGINNING] and min(len(first), len(second)) >= _BEGINNING:
        return True
    return first == second or SequenceMatcher(None, first, second).ratio() >= _ALIKE
