"""Layer 2: the shopping score of one shopper, with its reasons, and its sealed record."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from eligibility.canonical import encode
from eligibility.card import Card
from eligibility.explain import losses

SCORE = "score-1"


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


def seal_score(card: Card, features: Mapping[str, int | None], origin: Mapping[str, Any]) -> SealedScore:
    """The score of features, recorded. `origin`: whose features they are, as of when, and where they were read, as
    JSON.

    Raises Unreadable: a feature the card needs is not known.
    """
    part = score_part(card, card.points(features))
    part["features"] = features
    part["origin"] = origin
    record = encode(part)
    return SealedScore(part["score"], record, sha256(record).hexdigest())
