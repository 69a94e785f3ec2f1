"""What is kept of one shopper about payment in instalments, for the person it concerns: plans, answers, declarations,
second looks, the score. What is sealed for the shopper's own row is opened: it is told to nobody else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.decision_log import service as log
from cashback.decisions import means, own_reviews
from cashback.decisions.shown import score_of_shopper
from cashback.ids import show
from cashback.insights.consents import read_consents
from cashback.rewards.snapshot import Snapshot
from webhooks.sealing import SealingKey

PARTS: Mapping[str, tuple[str, str]] = {
    "plans": (
        "pln",
        """SELECT p.id, p.decision_id AS decision, p.way, p.lender, p.shop_id AS shop, p.purchase_id AS purchase,
        p.currency, p.amount_minor, p.fee_minor, p.refunded_minor, p.returned_minor, p.taeg_bps, p.regime, p.state,
        p.reason, p.concluded_on, p.accepted_by, p.accepted_at, p.withdraw_until, p.withdrawn_on, p.closed_at
        FROM plans p WHERE p.operator_id = $1 AND p.shopper_id = $2 ORDER BY p.accepted_at, p.id""",
    ),
    "instalments": (
        "pln",
        """SELECT i.plan_id AS plan, i.number, i.planned_on, i.due_on, i.principal_minor, i.fee_minor, i.paid_minor,
        i.state, i.late_since, i.paid_at, i.failures FROM instalments i
        WHERE i.operator_id = $1 AND i.shopper_id = $2 ORDER BY i.plan_id, i.number""",
    ),
    "plan_moves": (
        "pln",
        """SELECT m.plan_id AS plan, m.what, m.to_state AS state, m.detail::text AS detail, m.at FROM plan_moves m
        WHERE m.operator_id = $1 AND m.shopper_id = $2 ORDER BY m.plan_id, m.number""",
    ),
    "cards_charged": (
        "mdt",
        """SELECT m.rail, m.state, m.scheme, m.last_four, m.funding, m.expires_on, m.agreed_at, m.ended_at
        FROM mandates m WHERE m.operator_id = $1 AND m.shopper_id = $2 ORDER BY m.agreed_at, m.id""",
    ),
}
"""Prefix of the ids and statement of each part."""
_ANSWERS = """
SELECT d.id, d.decided_at, d.outcome, d.amount_minor, d.currency, d.shop_id, d.purchase_id, d.score, d.band,
    d.expires_at, d.used_at, d.used_plan
FROM decisions d WHERE d.operator_id = $1 AND d.shopper_id = $2 ORDER BY d.decided_at, d.id
"""


async def credit_kept(
    connection: AsyncConnection, master: SealingKey, snapshot: Snapshot, actor: Actor, shopper_id: UUID, now: datetime
) -> dict[str, Any]:
    """`answers` with their records, `declarations`, `reviews` with the shopper's own words, `score`, `consents`."""
    operator_id = actor.operator_id
    rows = await fetch(connection, _ANSWERS, (operator_id, shopper_id))
    records = await log.read(connection, operator_id, [row.id for row in rows])
    answers = [
        {
            **{name: value for name, value in row._mapping.items() if not isinstance(value, UUID)},
            "id": show("dec", row.id),
            "shop": show("sho", row.shop_id),
            "purchase": None if row.purchase_id is None else show("pur", row.purchase_id),
            "record": msgspec.json.decode(records[row.id].record) if row.id in records else None,
        }
        for row in rows
    ]
    return {
        "answers": answers,
        "declarations": [
            {"declared_at": at, **msgspec.to_builtins(said)}
            for said, at in await means.every(connection, master, operator_id, shopper_id)
        ],
        "reviews": await own_reviews.every(connection, master, actor, shopper_id),
        "score": await score_of_shopper(connection, snapshot, shopper_id, now),
        "consents": [msgspec.to_builtins(each) for each in await read_consents(connection, operator_id, shopper_id)],
    }
