"""The record of a decision as a person reads it: plans, reasons, what was read with its points, what was declared."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cashback.decisions.conduct import Conduct
from cashback.decisions.telling import reasons_of
from cashback.web.console.frame import Call
from eligibility import FEATURES

_NEVER_MONTHS = 99
"""What stands for `never` where months are counted."""


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that was looked at."""

    text: str
    value: str
    points: int | None


@dataclass(frozen=True, slots=True)
class RecordView:
    """One decision's record in one language."""

    automated: bool
    score: int | None
    plans: tuple[tuple[str, str, bool], ...]
    """Id, name and whether it was open."""
    reasons: tuple[str, ...]
    read: tuple[Read, ...]
    means: tuple[tuple[str, str], ...]


def record_of(call: Call, record: bytes, conduct: Conduct) -> RecordView:
    """What the record says, in the reader's language."""
    value: dict[str, Any] = json.loads(record)
    application = value["application"]
    currency, language = application["purchase"]["currency"], call.t.language
    names = {each.id: each.fr if language == "fr" else each.en for each in conduct.plans}
    points = value["score"].get("points", {})
    told = reasons_of(value, call.zone)
    return RecordView(
        automated=value["automated"],
        score=value["score"].get("score"),
        plans=tuple((each["id"], names.get(each["id"], each["id"]), each["eligible"]) for each in value["plans"]),
        reasons=tuple(each[f"text_{language}"] for each in told),
        read=tuple(
            Read(_sentence(name, language), _value(call, name, known), points.get(name))
            for name, known in value["features"].items()
            if name in FEATURES
        ),
        means=_means(call, application.get("means"), currency),
    )


def _sentence(name: str, language: str) -> str:
    text = FEATURES[name].fr if language == "fr" else FEATURES[name].en
    return text[0].upper() + text[1:]


def _value(call: Call, name: str, known: int | None) -> str:
    """A feature's number by its unit."""
    if known is None:
        return call.t("reviews.unknown")
    unit = FEATURES[name].unit
    if unit.startswith("basis points"):
        return call.formats.tongue.rate(known)
    if unit == "0 or 1":
        return call.t("reviews.yes" if known else "reviews.no")
    if "never" in unit and known >= _NEVER_MONTHS:
        return call.t("reviews.never")
    if unit == "days":
        return call.formats.tongue.days(known)
    return call.formats.number(known)


def _means(call: Call, means: dict[str, Any] | None, currency: str) -> tuple[tuple[str, str], ...]:
    if not means:
        return ()
    rows = [
        (call.t("reviews.means.income"), call.formats.money(means["income_minor"], currency)),
        (call.t("reviews.means.expenses"), call.formats.money(means["expenses_minor"], currency)),
        (call.t("reviews.means.instalments"), call.formats.money(means["instalments_minor"], currency)),
    ]
    declared = datetime.fromisoformat(means["declared_at"])
    return (*rows, (call.t("reviews.means.at"), call.formats.moment(declared, call.zone)))
