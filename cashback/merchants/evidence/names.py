"""Names: an index that finds those alike, and what is measured of two that are compared.

Names are compared glued (`H M` is `HM`), so that spaces, ampersands and apostrophes do not matter. The index holds
three-letter pieces of each form, and those of its consonants: cut, misspelt, glued and vowelless forms are found.
Whether a form is found depends on the query and that form alone.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Indel, JaroWinkler

_VOWELS = str.maketrans("", "", "AEIOUY")
FOUND_LEAST = 0.35
"""Forms that share less with a query are not found."""


class Form(NamedTuple):
    """One way to write a name."""

    words: tuple[str, ...]
    kind: int
    """0: the name or the brand, 1: an alias, 2: the legal name."""
    glued: str
    """All words as one."""


def form_of(words: tuple[str, ...], kind: int) -> Form:
    """The form of these words."""
    return Form(words, kind, "".join(words))


class Likeness(NamedTuple):
    """What is measured of a seen name and the form of a catalogue's name that resembles it most."""

    score: float
    """Mean of the two similarities: orders candidates."""
    ratio: float
    winkler: float
    skeleton: float
    """Similarity of the consonants."""
    seen_covered: float
    """Share of the seen letters that the name explains."""
    name_covered: float
    """Share of the name's letters that were seen."""
    exact: float
    prefix: float
    """Share of the shorter one that both begin with."""
    left_over: float
    """Seen words that the name does not have."""
    missing: float
    """Words of the name that were not seen."""
    name_length: float
    seen_length: float
    kind: float
    extra: float
    """Seen letters that the name does not explain, counted."""
    form: str


def skeleton(glued: str) -> str:
    """The consonants, and the first letter."""
    return glued[:1] + glued[1:].translate(_VOWELS)


@lru_cache(maxsize=131_072)
def pieces(glued: str) -> tuple[str, ...]:
    """The three-letter pieces of a glued name and of its consonants."""
    framed = f"^{glued}$"
    found = {framed[i : i + 3] for i in range(max(1, len(framed) - 2))}
    bones = f"~{skeleton(glued)}"
    found |= {"~" + bones[i : i + 3] for i in range(max(1, len(bones) - 2))}
    return tuple(sorted(found))


class NameIndex:
    """Finds forms that share pieces with a query."""

    __slots__ = ("_count", "_postings", "_sizes")

    def __init__(self, forms: Sequence[str]) -> None:
        gathered: dict[str, list[int]] = {}
        sizes = []
        for number, form in enumerate(forms):
            parts = pieces(form)
            sizes.append(len(parts))
            for piece in parts:
                gathered.setdefault(piece, []).append(number)
        self._postings = {piece: np.array(numbers, dtype=np.int32) for piece, numbers in gathered.items()}
        self._sizes = np.array(sizes, dtype=np.float32)
        self._count = len(forms)

    def search(self, glued: str) -> list[int]:
        """Numbers of the forms that share enough pieces, rising."""
        asked = pieces(glued)
        found = [self._postings[piece] for piece in asked if piece in self._postings]
        if not found:
            return []
        counts = np.bincount(np.concatenate(found), minlength=self._count)
        numbers = np.flatnonzero(counts)
        shared, sizes = counts[numbers], self._sizes[numbers]
        score = 2.0 * shared / (len(asked) + sizes) + 0.35 * shared / np.minimum(len(asked), sizes)
        kept: list[int] = numbers[score >= FOUND_LEAST].tolist()
        return kept


class Pair(NamedTuple):
    """The way a name was seen and the form of a catalogue's name that go together best."""

    score: float
    ratio: float
    winkler: float
    words: tuple[str, ...]
    form: Form


def best_pair(seen: Iterable[tuple[str, ...]], forms: Sequence[Form]) -> Pair:
    """The pair with the highest mean of two similarities; an alias or legal name counts a little less."""
    best: Pair | None = None
    for words in seen:
        glued = "".join(words)
        for form in forms:
            ratio = Indel.normalized_similarity(glued, form.glued)
            winkler = JaroWinkler.similarity(glued, form.glued)
            score = (ratio + winkler) / 2 - 0.01 * form.kind
            if best is None or score > best.score:
                best = Pair(score, ratio, winkler, words, form)
    if best is None:
        raise ValueError("expected a seen name and a form to compare it with, got none")
    return best


def likeness(pair: Pair) -> Likeness:
    """What is measured of a pair."""
    score, ratio, winkler, words, form = pair
    glued, other = "".join(words), form.glued
    common = ratio * (len(glued) + len(other)) / 2
    exact = glued == other
    return Likeness(
        score=max(0.0, score),
        ratio=ratio,
        winkler=winkler,
        skeleton=1.0 if exact else Indel.normalized_similarity(skeleton(glued), skeleton(other)),
        seen_covered=common / max(1, len(glued)),
        name_covered=common / max(1, len(other)),
        exact=float(exact),
        prefix=_shared(glued, other) / max(1, min(len(glued), len(other))),
        left_over=0.0 if exact else float(sum(not _found(word, form.words, other) for word in words)),
        missing=0.0 if exact else float(sum(not _found(word, words, glued) for word in form.words)),
        name_length=float(len(other)),
        seen_length=float(len(glued)),
        kind=float(form.kind),
        extra=len(glued) - common,
        form=" ".join(form.words),
    )


def _shared(first: str, second: str) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _found(word: str, others: Sequence[str], glued: str) -> bool:
    if word in others or (len(word) >= 3 and word in glued):
        return True
    return len(word) >= 4 and any(
        len(other) >= 3
        and (other.startswith(word) or word.startswith(other) or Indel.normalized_similarity(word, other) >= 0.8)
        for other in others
    )
