"""What the operator watches: outcomes, approvals, drift of the features, the challenger's disagreement, reviews.

Read from records and reviews, in pages; nothing is written. Shares are basis points. The stability index (PSI) is
conventional: below 0.1 stable, to 0.25 watch, above act; its edges are those of the card, so it compares what the card
tells apart.
"""

import json
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.decisions import rulebooks
from cashback.decisions.replaying import pages
from eligibility import Card

WINDOW_DAYS = 30
PSI_MIN = 100
"""Of fewer records in either window nothing is said of drift."""
WATCH, ACT = 0.1, 0.25
BPS = 10_000

_REVIEWS = """
SELECT state, coalesce(reason, ''), count(*), count(*) FILTER (WHERE due_at < $2 AND state IN ('open', 'waiting'))
FROM decision_reviews WHERE operator_id = $1 GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(slots=True)
class Window:
    """What the records of one time say."""

    records: int = 0
    by_people: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    challenged: int = 0
    """Scored by a challenger too."""
    disagreements: int = 0
    """On another side of a cut of the policy than the card."""
    features: dict[str, Counter[int | None]] = field(default_factory=dict)
    """By feature: how many records in each bin of the card; None: nothing known."""


async def monitor(connection: AsyncConnection, operator_id: UUID, now: datetime, days: int) -> dict[str, Any]:
    """The last so many days beside as many before them."""
    force = await rulebooks.in_force(connection, operator_id, now)
    cuts = [cut.score_at_least for cut in force.rulebook.policy.figures.cuts]
    width = timedelta(days=days)
    recent = await _window(connection, operator_id, force.rulebook.card, cuts, now - width, now)
    earlier = await _window(connection, operator_id, force.rulebook.card, cuts, now - 2 * width, now - width)
    return {
        "days": days,
        "decisions": recent.records,
        "by_people": recent.by_people,
        "outcomes": dict(sorted(recent.outcomes.items())),
        "approval_bps": share_bps(recent.outcomes["eligible"], recent.records),
        "approval_before_bps": share_bps(earlier.outcomes["eligible"], earlier.records),
        "reasons": dict(recent.reasons.most_common(12)),
        "challenger": {
            "scored": recent.challenged,
            "disagrees": recent.disagreements,
            "share_bps": share_bps(recent.disagreements, recent.challenged),
        },
        "drift": drift(earlier, recent),
        "reviews": await review_figures(connection, operator_id, now),
    }


async def review_figures(connection: AsyncConnection, operator_id: UUID, now: datetime) -> dict[str, Any]:
    """Reviews by state, how many are late, and how often people decided otherwise, by reason."""
    rows = await fetch(connection, _REVIEWS, (operator_id, now))
    states: Counter[str] = Counter()
    overturned: Counter[str] = Counter()
    late = 0
    for state, reason, count, overdue in rows:
        states[state] += count
        late += overdue
        if state == "overturned":
            overturned[reason] += count
    answered = states["upheld"] + states["overturned"]
    return {
        "states": dict(states),
        "late": late,
        "overturned_bps": share_bps(states["overturned"], answered),
        "overturned_by_reason": dict(overturned),
    }


def share_bps(part: int, whole: int) -> int | None:
    """A share in basis points, rounded down; None of nothing."""
    return part * BPS // whole if whole else None


async def _window(
    connection: AsyncConnection, operator_id: UUID, card: Card, cuts: list[int], since: datetime, until: datetime
) -> Window:
    window = Window()
    async for page in pages(connection, operator_id, since, until):
        for kept in page:
            count(window, json.loads(kept.record), card, cuts)
    return window


def count(window: Window, value: Mapping[str, Any], card: Card, cuts: list[int]) -> None:
    """Count one record in."""
    window.records += 1
    window.by_people += not value["automated"]
    window.outcomes[value["outcome"]] += 1
    window.reasons.update({each["code"] for plan in value["plans"] for each in plan["reasons"]})
    challenger = value.get("challenger")
    if challenger is not None and "score" in value["score"]:
        window.challenged += 1
        window.disagreements += _cut(challenger["score"], cuts) != _cut(value["score"]["score"], cuts)
    for row in card.written.characteristics:
        known = value["features"].get(row.feature)
        bin_ = None if known is None else bisect_right(row.edges, known)
        window.features.setdefault(row.feature, Counter())[bin_] += 1


def _cut(score: int, cuts: list[int]) -> int:
    return sum(score >= cut for cut in cuts)


def drift(earlier: Window, recent: Window) -> dict[str, Any]:
    """The stability index of each feature between two windows, in ten-thousandths; empty of too few records."""
    if min(earlier.records, recent.records) < PSI_MIN:
        return {}
    found = {name: psi(earlier.features.get(name, Counter()), bins) for name, bins in recent.features.items()}
    return {
        name: {"psi_bps": round(value * BPS), "says": "act" if value > ACT else "watch" if value > WATCH else "stable"}
        for name, value in sorted(found.items(), key=lambda each: -each[1])
    }


def psi(before: Counter[int | None], after: Counter[int | None]) -> float:
    """Population stability index of two counts over bins; half a case stands in for an empty bin."""
    total = sum(before.values()) or 1, sum(after.values()) or 1
    found = 0.0
    for bin_ in {*before, *after}:
        was, is_ = max(before[bin_], 0.5) / total[0], max(after[bin_], 0.5) / total[1]
        found += (is_ - was) * math.log(is_ / was)
    return found
