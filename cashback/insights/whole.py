"""Everything that is kept of one shopper, for the person it concerns: what was told and what came of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.ids import show
from cashback.insights.credit_kept import PARTS as CREDIT
from cashback.insights.credit_kept import credit_kept
from cashback.insights.listings import CARDS, MOVEMENTS, PURCHASES, REWARDS, SHOPPERS, flat
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot
from webhooks.sealing import SealingKey

_PARTS: dict[str, tuple[str, str]] = {
    "shopper": ("shp", f"{SHOPPERS} AND n.shopper_id = $2"),
    "cards": ("crd", f"{CARDS} AND c.shopper_id = $2 ORDER BY c.linked_at"),
    "facts": (
        "fct",
        """SELECT f.fact AS kind, f.value, f.since, f.until, f.source, f.recorded_at FROM shopper_facts f
        WHERE f.operator_id = $1 AND f.shopper_id = $2 ORDER BY f.since, f.fact, f.value""",
    ),
    "purchases": ("pur", f"{PURCHASES} AND p.shopper_id = $2 ORDER BY p.purchased_at, p.id"),
    "rewards": ("rwd", f"{REWARDS} AND p.shopper_id = $2 ORDER BY p.purchased_at, p.id, r.offer_id"),
    "movements": ("trf", f"{MOVEMENTS} AND t.shopper_id = $2 ORDER BY t.posted_at, t.id"),
    "claims": (
        "clm",
        """SELECT c.id, c.shop_id AS shop, c.day, c.told_time AS time, c.amount_minor, c.currency, c.last_four,
        c.media_type AS picture, (SELECT length(b.body) FROM claim_pictures b WHERE b.shopper_id = c.shopper_id
        AND b.claim_id = c.id) AS picture_bytes, c.claimed_at, c.state, c.reason, c.words, c.answered_at,
        c.purchase_id AS purchase, c.made_words AS made_with
        FROM claims c WHERE c.operator_id = $1 AND c.shopper_id = $2 ORDER BY c.claimed_at, c.id""",
    ),
    "adjustments": (
        "adj",
        """SELECT a.id, a.kind, a.asset, a.amount, a.reason, a.words, a.purchase_id AS purchase, a.state, a.asked_at,
        a.decided_at FROM adjustments a WHERE a.operator_id = $1 AND a.shopper_id = $2 ORDER BY a.asked_at, a.id""",
    ),
    "payout_accounts": (
        "pac",
        """SELECT a.id, a.rail, a.last_four, a.added_at, a.removed_at FROM payout_accounts a
        WHERE a.operator_id = $1 AND a.shopper_id = $2 ORDER BY a.added_at, a.id""",
    ),
    "payouts": (
        "pyt",
        """SELECT p.id, p.asset, p.amount, p.rail, p.state, p.reason, p.requested_at FROM payouts p
        WHERE p.operator_id = $1 AND p.shopper_id = $2 ORDER BY p.requested_at, p.id""",
    ),
    **CREDIT,
    "notices": (
        "ntc",
        """SELECT n.kind, n.params::text AS params, n.told_at, n.read_at FROM notices n
        WHERE n.operator_id = $1 AND n.shopper_id = $2 ORDER BY n.told_at, n.key""",
    ),
    "notice_preferences": (
        "ntp",
        """SELECT p.topic, p.channel, p.wanted, p.changed_at FROM notice_preferences p
        WHERE p.operator_id = $1 AND p.shopper_id = $2 ORDER BY p.topic, p.channel""",
    ),
    "deeds": (
        "aud",
        """SELECT l.at, l.actor, l.action, l.detail::text AS detail FROM audit_log l
        WHERE l.operator_id = $1 AND l.subject = $2 ORDER BY l.at, l.id""",
    ),
}
"""Prefix of the ids and statement of each part."""


async def everything_of(
    connection: AsyncConnection, master: SealingKey, snapshot: Snapshot, actor: Actor, shopper_id: UUID, now: datetime
) -> dict[str, Any]:
    """All parts, each a list in the order of time; `deeds` is what was done about the shopper.

    Numbers of accounts and cards stay sealed and are told by their last four; a picture of a claim by its type and
    size. What the shopper declared and wrote is opened.
    """
    name = show("shp", shopper_id)
    await audit_log.record(connection, actor, "shopper.exported", name, {}, now)
    told: dict[str, Any] = {"exported_at": now}
    for part, (prefix, statement) in _PARTS.items():
        asked = (actor.operator_id, name if part == "deeds" else shopper_id)
        told[part] = [_row(row, prefix) for row in await fetch(connection, statement, asked)]
    return told | await credit_kept(connection, master, snapshot, actor, shopper_id, now)


def _row(row: Any, prefix: str) -> dict[str, Any]:
    shown = flat(row, prefix)
    for document in ("params", "detail"):
        if document in shown:
            shown[document] = msgspec.json.decode(shown[document])
    return shown
