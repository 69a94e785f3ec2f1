"""What people decide: the record of a decision that was overturned. Pure.

It holds everything an automated record holds, judged anew by the same function, and beside it who overruled which
reasons of which plan, and why. From its bytes alone the same bytes come again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eligibility import (
    Application,
    Decision,
    OtherVersions,
    Rulebook,
    decide,
    encode,
    read_application,
    replay,
    versions,
)

BY_LAW = frozenset(
    {
        "not_of_age",
        "country_refused",
        "currency_refused",
        "regime_refused",
        "needs_partner",
        "usury_exceeded",
        "usury_unknown",
        "ficp_missing",
        "plan_impossible",
        "instalment_too_small",
        "no_strong_authentication",
        "card_expires",
    }
)
"""What no reviewer can overrule: the law, the lender, and what could never be collected."""
SAID_WITH_OTHERS = frozenset({"nothing_to_do", "improve", "wait_after_refusal"})
"""Words that follow from other reasons, and the pause that the contested refusal itself brought."""


@dataclass(frozen=True, slots=True)
class Overturned:
    """What reviewers decided. `reviewers`: in their order, as the audit log names them."""

    review: str
    contested: str
    plan: str
    reason: str
    reviewers: tuple[str, ...]
    overruled: tuple[str, ...]
    """Codes that stood against the plan."""

    def written(self) -> dict[str, Any]:
        """As it stands in a record."""
        return {
            "review": self.review,
            "contested": self.contested,
            "plan": self.plan,
            "reason": self.reason,
            "reviewers": list(self.reviewers),
            "overruled": list(self.overruled),
        }


def against(decision: Decision, plan: str) -> tuple[str, ...]:
    """The codes that stand against a plan, sorted, without those that only follow from others."""
    answer = next(each for each in decision.plans if each.terms.id == plan)
    return tuple(sorted({each.code for each in answer.reasons} - SAID_WITH_OTHERS))


def record_of(rulebook: Rulebook, application: Application, overturned: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a decision by people: the plan they name is open."""
    value = json.loads(decide(rulebook, application).record)
    for plan in value["plans"]:
        if plan["id"] == overturned["plan"]:
            plan["eligible"], plan["reasons"], plan["counter_offers"] = True, [], []
    value["automated"], value["outcome"], value["people"] = False, "eligible", dict(overturned)
    return encode(value)


def replayed(rulebook: Rulebook, record: bytes) -> bytes:
    """The bytes that a record gives when it is decided again, whoever decided it.

    Raises as `eligibility.replay` does: OtherVersions, or Unreadable.
    """
    try:
        value = json.loads(record)
    except ValueError:
        value = None
    if not isinstance(value, Mapping) or value.get("automated") is not False:
        return replay(rulebook, record)
    if value["versions"] != versions(rulebook):
        raise OtherVersions("other_versions", "the record of people was made by other versions")
    return record_of(rulebook, read_application(value["application"]), value["people"])


def overruled(value: Mapping[str, Any]) -> frozenset[str]:
    """The codes that stand against the plan of a decision by people no more; empty of an automated one."""
    codes: Sequence[str] = value["people"]["overruled"] if not value["automated"] else ()
    return frozenset(codes) | SAID_WITH_OTHERS if not value["automated"] else frozenset(codes)
