"""What is told of a decision, read from its record alone, so that told again it says the same. Pure.

Amounts are minor units of the record's currency, rates basis points. Sentences stand in English and French; codes are
stable. A refusal tells at least one thing the shopper can do, or says that there is none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from cashback.clock import zulu, zulu_or_none
from cashback.decisions.conduct import Conduct
from cashback.decisions.schemas import Answered
from cashback.decisions.telling import reason_told, reasons_of, reasons_of_plan
from eligibility import (
    FEATURES,
    Improvement,
    Rulebook,
    spoken,
)

AUTOMATED_EN = (
    "This answer was made automatically. You may ask for a person to look at it, and say what you think of it."
)
AUTOMATED_FR = (
    "Cette réponse a été calculée automatiquement. Vous pouvez demander qu'une personne l'examine et donner votre avis."
)
ADVICE_EN = "If you have debts that worry you, a debt adviser (Point Conseil Budget) helps for free."
ADVICE_FR = "Si des dettes vous préoccupent, un Point Conseil Budget vous aide gratuitement."


@dataclass(frozen=True, slots=True)
class Around:
    """What an answer says beside its record. `lender`: the partner's name, empty if there is none. `zone`: in which
    moments are read."""

    rulebook: Rulebook
    conduct: Conduct
    shop: str
    shop_name: str
    lender: str
    zone: tzinfo
    review: str | None = None
    """The id of its review, if it is contested."""


def answer_of(answered: Answered, around: Around) -> dict[str, Any]:
    """The whole answer to a question."""
    decided, value = answered.decided, json.loads(answered.record)
    currency = value["application"]["purchase"]["currency"]
    told = [_plan(each, value, around) for each in value["plans"]]
    shown = [each for each in told if each["eligible"] or each["counter_offers"]] if decided.discovery else told
    refused = value["outcome"] != "eligible"
    return {
        "decision_id": decided.ref,
        "outcome": value["outcome"],
        "automated": value["automated"],
        "decided_at": zulu(decided.decided_at),
        "expires_at": zulu(decided.expires_at),
        "amount_minor": decided.amount_minor,
        "currency": currency,
        "shop": around.shop,
        "plans": shown,
        "reasons": reasons_of(value, around.zone) if refused else [],
        "score": score_of(value, decided.band, around.rulebook, around.zone),
        "review_url": f"/v1/decisions/{decided.ref}/review",
        "review": around.review,
        "notice": {"en": f"{AUTOMATED_EN} {ADVICE_EN}", "fr": f"{AUTOMATED_FR} {ADVICE_FR}"}
        if refused and value["automated"]
        else None,
        "used_at": zulu_or_none(decided.used_at),
    }


def _plan(plan: Mapping[str, Any], value: Mapping[str, Any], around: Around) -> dict[str, Any]:
    currency = value["application"]["purchase"]["currency"]
    figures = around.rulebook.policy.figures
    name = plan["id"]
    offered = next((each for each in around.conduct.plans if each.id == name), None)
    decision_id = value["application"]["decision_id"]
    sheet = f"/v1/decisions/{decision_id}/plans/{name}/information-sheet"
    return {
        "id": name,
        "name": None if offered is None else {"en": offered.en, "fr": offered.fr},
        "eligible": plan["eligible"],
        "regime": plan.get("regime"),
        "articles": plan.get("articles", []),
        "lender_of_record": plan.get("lender_of_record"),
        "schedule": [
            {"due_date": day, "principal_minor": principal, "fee_minor": fee, "total_minor": principal + fee}
            for day, principal, fee in plan.get("schedule", [])
        ],
        "total_cost_minor": plan.get("total_cost_minor"),
        "currency": currency,
        "taeg_bps": plan.get("taeg_bps"),
        "constraints": {
            "amount": {"min": figures.amount_min_minor, "max": figures.amount_max_minor},
            "max_for_you": plan["most_minor"],
        },
        "reasons": reasons_of_plan(plan, value, around.zone),
        "counter_offers": [_counter(each) for each in plan["counter_offers"]],
        "information_sheet": sheet if "schedule" in plan else None,
    }


def _counter(written: Mapping[str, Any]) -> dict[str, Any]:
    terms = written["terms"]
    return {
        "kind": written["kind"],
        "amount_minor": written["amount_minor"],
        "count": terms["count"],
        "every_days": terms["every_days"],
        "first_share_bps": terms["first_share_bps"],
    }


def score_of(value: Mapping[str, Any], band: str, rulebook: Rulebook, zone: tzinfo) -> dict[str, Any]:
    """The score as its shopper sees it: value, what costs most, what would raise it and by how much; or what is missing
    to have one."""
    part, currency = value["score"], value["application"]["purchase"]["currency"]
    if "missing" in part:
        return {
            "value": None,
            "band": "none",
            "card_version": rulebook.card.id,
            "calibrated": rulebook.card.written.calibrated,
            "top_reasons": [],
            "improvements": [],
            "missing": [reason_told(each, currency, zone) for each in part["missing"]],
        }
    return {
        "value": part["score"],
        "band": band,
        "card_version": part["card"],
        "calibrated": rulebook.card.written.calibrated,
        "top_reasons": [
            {"feature": name, "text_fr": FEATURES[name].fr, "text_en": FEATURES[name].en} for name in part["reasons"]
        ],
        "improvements": [_improvement(each) for each in part["improvements"]],
        "missing": [],
    }


def _improvement(written: Mapping[str, Any]) -> dict[str, Any]:
    improvement = Improvement(written["feature"], written["steps"], written["points"])
    return {**written, "text_fr": spoken(improvement, "fr"), "text_en": spoken(improvement, "en")}


def blocks_of(value: Mapping[str, Any], rulebook: Rulebook) -> list[dict[str, Any]]:
    """The bars of a score: what each block of the card gave, of how much it can give."""
    points = value["score"].get("points")
    if points is None:
        return []
    written = rulebook.card.written
    return [
        {
            "id": block.id,
            "text_fr": block.fr,
            "text_en": block.en,
            "points": sum(points[row.feature] for row in written.characteristics if row.block == block.id),
            "maximum": block.maximum,
        }
        for block in written.blocks
    ]
