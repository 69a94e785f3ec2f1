"""Why a score is what it is, and exactly what would change it: both computed from the table that decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from eligibility.application import History
from eligibility.card import Card, held
from eligibility.characteristics import Features, on_time_share_bps, repayment_of

REASONS_MAX = 4
IMPROVEMENTS_MAX = 3
STEPS_MAX = 24
"""How many steps of one kind are looked ahead."""

Changes = Callable[[History, int], Features]


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing a shopper can do. `changes`: the features that so many steps of it would give another value."""

    feature: str
    changes: Changes
    en: tuple[str, str]
    """For one step, and for several."""
    fr: tuple[str, str]
    most: int = STEPS_MAX


@dataclass(frozen=True, slots=True)
class Improvement:
    """So many steps of a lever bring exactly so many points to the score."""

    feature: str
    steps: int
    points: int

    def written(self) -> dict[str, Any]:
        """As it stands in a record."""
        return {"feature": self.feature, "steps": self.steps, "points": self.points}


def _on_time(history: History, more: int) -> Features:
    on_time, due = history.instalments_on_time + more, history.instalments_due + more
    if history.instalments_due == 0:
        return repayment_of(replace(history, instalments_due=due, instalments_on_time=on_time))
    return {"on_time_share_bps": on_time_share_bps(on_time, due)}


def _settled(history: History, _: int) -> Features:
    return {"open_incident": 0} if history.instalments_due and history.open_incident else {}


def _months_pass(history: History, months: int) -> Features:
    since = history.months_since_late
    return {} if since is None or history.instalments_due == 0 else {"months_since_late": since + months}


def _completed(history: History, more: int) -> Features:
    return {"plans_completed": history.plans_completed + more} if history.instalments_due else {}


LEVERS: tuple[Lever, ...] = (
    Lever(
        "on_time_share_bps",
        _on_time,
        ("one more instalment on time", "{steps} more instalments on time"),
        ("une échéance de plus à temps", "{steps} échéances de plus à temps"),
    ),
    Lever(
        "open_incident",
        _settled,
        ("the unpaid instalment settled", ""),
        ("l'échéance impayée réglée", ""),
        1,
    ),
    Lever(
        "months_since_late",
        _months_pass,
        ("one more month without delay", "{steps} more months without delay"),
        ("un mois de plus sans retard", "{steps} mois de plus sans retard"),
    ),
    Lever(
        "plans_completed",
        _completed,
        ("one more plan paid to the end", "{steps} more plans paid to the end"),
        ("un plan de plus payé jusqu'au bout", "{steps} plans de plus payés jusqu'au bout"),
        5,
    ),
    Lever(
        "months_linked",
        lambda history, more: {"months_linked": history.months_linked + more},
        ("one more month with your card linked", "{steps} more months with your card linked"),
        ("un mois de plus avec votre carte reliée", "{steps} mois de plus avec votre carte reliée"),
    ),
    Lever(
        "visits_90d",
        lambda history, more: {"visits_90d": history.visits_90d + more, "days_since_visit": 0},
        ("one more visit", "{steps} more visits"),
        ("une visite de plus", "{steps} visites de plus"),
        12,
    ),
    Lever(
        "distinct_shops",
        lambda history, more: {"distinct_shops": history.distinct_shops + more},
        ("one more shop", "{steps} more shops"),
        ("une boutique de plus", "{steps} boutiques de plus"),
        8,
    ),
)
"""What a shopper can do. Things that would happen together (a completed plan and its instalments) are reckoned one
at a time, so a promise is never more than what the table gives. Calendar features that only wait are the months."""
LEVER_OF = {lever.feature: lever for lever in LEVERS}


def losses(card: Card, points: list[int]) -> list[int]:
    """Which characteristics are furthest below their best, the furthest first: at most four places in the card's
    order."""
    lost = [(best - each) * 1024 - place for place, (best, each) in enumerate(zip(card.best, points, strict=True))]
    lost.sort(reverse=True)
    return [-each % 1024 for each in lost[:REASONS_MAX] if each > 0]


def improvements(card: Card, points: list[int], history: History) -> tuple[Improvement, ...]:
    """For each lever the first step that raises the score, and by exactly how much; the best three, the most points
    first."""
    found = sorted(_firsts(card, points, history), key=lambda each: (-each.points, each.steps, each.feature))
    return tuple(found[:IMPROVEMENTS_MAX])


def _firsts(card: Card, points: list[int], history: History) -> Iterator[Improvement]:
    total = card.written.base + sum(points)
    score = held(total)
    for lever in LEVERS:
        for steps in range(1, lever.most + 1):
            changed = lever.changes(history, steps)
            gained = held(total + card.change(points, changed)) - score
            if gained > 0:
                yield Improvement(lever.feature, steps, gained)
            if gained > 0 or not changed:
                break


def spoken(improvement: Improvement, language: str) -> str:
    """What the shopper reads: "one more instalment on time: +35". `language`: "en" or "fr"."""
    lever = LEVER_OF[improvement.feature]
    one, several = lever.en if language == "en" else lever.fr
    text = one if improvement.steps == 1 else several
    colon = ":" if language == "en" else " :"
    return f"{text.format(steps=improvement.steps)}{colon} +{improvement.points}"
