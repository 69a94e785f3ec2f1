"""The score as its shopper sees it, for a usual purchase of theirs, and as it stood before. Reads only."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.clock import zulu
from cashback.decisions import rulebooks, storage
from cashback.decisions.answers import blocks_of, score_of
from cashback.decisions.gathering import Gathered, gather
from cashback.rewards.snapshot import Snapshot
from eligibility import FEATURES, Application, Instrument, Purchase, Rulebook, Terms, decide

HISTORY_MAX = 24
_A_PLAN = Terms(id="usual", count=2)
_NOT_LOOKED_AT = {
    "en": "Age, sex, nationality, address, name, language, device, which shops or what kind of shop, social networks"
    " and how you react to offers are not looked at.",
    "fr": "L'âge, le sexe, la nationalité, l'adresse, le nom, la langue, l'appareil, les boutiques ou leur nature, les"
    " réseaux sociaux et vos réactions aux offres ne sont pas pris en compte.",
}


async def score_of_shopper(
    connection: AsyncConnection, snapshot: Snapshot, shopper_id: UUID, now: datetime
) -> dict[str, Any]:
    """Value, band, blocks, what costs most, what would raise it, what was read, and how it stood before."""
    force = await rulebooks.in_force(connection, snapshot.operator_id, now)
    found = (await gather(connection, snapshot, [shopper_id], now))[shopper_id]
    value, band = _tried(force.rulebook, found, snapshot, now)
    written = force.rulebook.card.written
    earlier = await storage.of_shopper(connection, shopper_id, HISTORY_MAX)
    return {
        **score_of(value, band, force.rulebook, snapshot.programme.zone),
        "as_of": zulu(now),
        "statement": {"en": written.statement_en, "fr": written.statement_fr},
        "blocks": blocks_of(value, force.rulebook),
        "looked_at": [
            {"feature": name, "value": value["features"][name], "unit": FEATURES[name].unit,
             "text_en": FEATURES[name].en, "text_fr": FEATURES[name].fr, "basis": FEATURES[name].basis}
            for name in force.rulebook.card.names
        ],
        "not_looked_at": _NOT_LOOKED_AT,
        "history": [
            {"decision_id": each.ref, "decided_at": zulu(each.decided_at), "outcome": each.outcome,
             "value": each.score, "band": each.band}
            for each in earlier
        ],
    }  # fmt: skip


def _tried(rulebook: Rulebook, found: Gathered, snapshot: Snapshot, now: datetime) -> tuple[dict[str, Any], str]:
    """What a decision on a usual purchase would say of the score; nothing is asked of anybody and nothing is kept."""
    today = now.astimezone(snapshot.programme.zone).date()
    figures = rulebook.policy.figures
    history, told = found.history, found.told
    usual = history.median_basket_minor or figures.amount_min_minor
    application = Application(
        decision_id="",
        shopper="",
        as_of=now,
        of_age=True,
        country=figures.countries[0],
        purchase=Purchase(
            amount_minor=usual,
            currency=figures.currency,
            made_on=today,
            supplied_on=today,
            category="",
            online=False,
            large_company=False,
        ),
        instrument=Instrument(prepaid=False, expires_on=today, strong_authentication=True),
        history=history,
        told=told,
        plans=(_A_PLAN,),
    )
    decision = decide(rulebook, application)
    value: dict[str, Any] = json.loads(decision.record)
    return value, "none" if decision.score is None else decision.score.band
