"""The floor: one bisection and one look-up a characteristic, a sum, JSON, SHA-256. No reasons, no origin, no checks."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping

from eligibility import Card

Columns = list[tuple[str, list[int], list[int], int | None]]


def columns_of(card: Card) -> Columns:
    """The card as plain lists."""
    return [(row.feature, list(row.edges), list(row.points), row.missing) for row in card.written.characteristics]


def bare(columns: Columns, features: Mapping[str, int | None]) -> tuple[int, bytes, str]:
    """Score, bytes and hash of one shopper."""
    points = {}
    for name, edges, cells, missing in columns:
        value = features[name]
        points[name] = missing if value is None else cells[bisect_right(edges, value)]
    score = sum(each or 0 for each in points.values())
    record = json.dumps(
        {"features": features, "points": points, "score": score}, sort_keys=True, separators=(",", ":")
    ).encode()
    return score, record, hashlib.sha256(record).hexdigest()
