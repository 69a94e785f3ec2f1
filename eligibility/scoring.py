"""Layer 2: the shopping score of one shopper, with its reasons, and its sealed record."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from eligibility.canonical import encode
from eligibility.card import Card
from eligibility.errors import Unreadable
from eligibility.explain import losses

SCORE = "score-1"
_WHOLE = {int, type(None)}


@dataclass(frozen=True, slots=True)
class SealedScore:
    """A score as it is stored: its canonical bytes and their SHA-256."""

    score: int
    record: bytes
    sha256: str


def score_part(card: Card, points: list[int]) -> dict[str, Any]:
    """What a record says of a score: the card, points by feature, the four features that cost most, the score."""
    names = card.names
    return {
        "card": card.id,
        "card_sha256": card.sha256,
        "points": dict(zip(names, points, strict=True)),
        "reasons": [names[place] for place in losses(card, points)],
        "score": card.score(points),
    }


class Sealer:
    """Scores and seals with one card, at the price of little more than the look-ups.

    The names of a record are the same for every shopper, so its canonical bytes are a text with gaps, made once; they
    are the bytes that `canonical.encode` gives.
    """

    def __init__(self, card: Card) -> None:
        self._card = card
        self._quoted = [encode(name).decode() for name in card.names]
        self._order = sorted(range(len(card.names)), key=card.names.__getitem__)
        self._names = [card.names[place] for place in self._order]
        gaps = "{" + ",".join(f"{self._quoted[place].replace('%', '%%')}:%s" for place in self._order) + "}"
        head = encode({"card": card.id, "card_sha256": card.sha256}).decode()[:-1].replace("%", "%%")
        self._text = f'{head},"features":{gaps},"origin":%s,"points":{gaps},"reasons":[%s],"score":%s}}'

    def seal(self, features: Mapping[str, int | None], origin: Mapping[str, Any]) -> SealedScore:
        """The score of the card's features, recorded.

        `origin`: whose features they are, as of when, and where they were read, as JSON. Raises Unreadable: a feature
        the card needs is not known, or a value is no whole number.
        """
        get, card = features.get, self._card
        values = [get(name) for name in self._names]
        if not _WHOLE.issuperset(map(type, values)):
            raise Unreadable("value", f"card {card.id}: expected whole numbers, found {dict(features)}")
        points = card.points(features)
        score = card.score(points)
        text = self._text % (
            *["null" if value is None else value for value in values],
            encode(origin).decode(),
            *[points[place] for place in self._order],
            ",".join([self._quoted[place] for place in losses(card, points)]),
            score,
        )
        record = text.encode()
        return SealedScore(score, record, sha256(record).hexdigest())
