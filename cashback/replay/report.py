"""What a replay ends with: every wallet, every purchase with its reasons, what stayed unmatched, the ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.audit import audit
from cashback.db.engine import fetch
from cashback.offers.schemas import Trail
from cashback.offers.sentences import read_aloud
from cashback.purchases import service as purchases
from cashback.purchases.schemas import PurchaseKey
from cashback.rewards.explain import Considered, Verdict, before_the_rules, considered
from cashback.rewards.refold import refold
from cashback.rewards.snapshot import load_snapshot
from cashback.rewards.standings import Standing

_SHOPPERS = "SELECT shopper_id, reference FROM shopper_references WHERE operator_id = $1 ORDER BY reference"
_BALANCES = "SELECT shopper_id, asset, pending, available, converted, paid FROM balances ORDER BY asset"
_PURCHASES = "SELECT shopper_id, network, purchase_ref FROM purchases ORDER BY purchased_at, network, purchase_ref"
_REWARDS = """
SELECT r.purchase_id, o.code, r.offer_version, r.asset, r.amount, r.state, r.matures_at, r.trail::text
FROM rewards r JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id ORDER BY o.code
"""
_LEDGER = """
SELECT asset, account, sum(amount)::bigint FROM (
    SELECT asset, credit AS account, amount FROM transfers
    UNION ALL SELECT asset, debit, -amount FROM transfers) AS sides
GROUP BY asset, account ORDER BY asset, account
"""
_PARKED = "SELECT delivery_id, code, detail FROM inbox_parked WHERE resolved_at IS NULL ORDER BY parked_at, delivery_id"
_CONFLICTS = "SELECT delivery_id FROM inbox_conflicts ORDER BY received_at, delivery_id"
_UNCLAIMED = "SELECT count(*) FROM inbox_unclaimed"


async def report(connection: AsyncConnection, operator_id: UUID, now: datetime) -> dict[str, Any]:
    """The JSON answer of `cashback replay`; its fields are described in `docs/replay.md`."""
    snapshot = await load_snapshot(connection, operator_id)
    names = dict(await fetch(connection, _SHOPPERS, (operator_id,)))
    keys = [PurchaseKey(*row) for row in await fetch(connection, _PURCHASES)]
    standings = await refold(connection, snapshot, keys, now)
    stored = await purchases.purchases_of(connection, keys)
    order = {key: position for position, key in enumerate(keys)}
    standings.sort(key=lambda each: order[each.folded.key])
    rewards = await _rewards(connection)
    looked_at = await considered(connection, snapshot, [(row.folded.key.shopper_id, row.id) for row in stored.values()])
    told = [
        _purchase(each, names, rewards, looked_at.get(each.id, ())) for each in standings if each.folded.key in stored
    ]
    books = await audit(connection, operator_id, now)
    return {
        "at": now.isoformat(),
        "wallets": await _wallets(connection, names),
        "purchases": told,
        "unmatched": [_unmatched(each, names) for each in standings if each.shop is None],
        "ledger": {
            "accounts": await _accounts(connection),
            "transfers": books.transfers,
            "audit": "clean" if books.clean else [f"{each.invariant}: {each.row}" for each in books.breaches],
        },
        "inbox": {
            "parked": [
                {"delivery": row[0], "code": row[1], "detail": row[2]} for row in await fetch(connection, _PARKED)
            ],
            "conflicts": [row[0] for row in await fetch(connection, _CONFLICTS)],
            "unclaimed": (await fetch(connection, _UNCLAIMED))[0][0],
        },
    }


async def _wallets(connection: AsyncConnection, names: Mapping[UUID, str]) -> dict[str, dict[str, dict[str, int]]]:
    wallets: dict[str, dict[str, dict[str, int]]] = {name: {} for name in names.values()}
    for shopper_id, asset, pending, available, converted, paid in await fetch(connection, _BALANCES):
        wallets[names[shopper_id]][asset] = {
            "pending": pending,
            "available": available,
            "converted": converted,
            "paid": paid,
        }
    return wallets


async def _rewards(connection: AsyncConnection) -> dict[UUID, list[dict[str, Any]]]:
    rewards: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for purchase_id, offer, version, asset, amount, state, matures_at, trail in await fetch(connection, _REWARDS):
        rewards[purchase_id].append(
            {
                "offer": offer,
                "version": version,
                "asset": asset,
                "amount": amount,
                "state": state,
                "matures_at": None if matures_at is None else matures_at.isoformat(),
                "why": spoken(msgspec.json.decode(trail)),
            }
        )
    return rewards


def _purchase(
    standing: Standing,
    names: Mapping[UUID, str],
    rewards: Mapping[UUID, list[dict[str, Any]]],
    looked_at: Sequence[Considered],
) -> dict[str, Any]:
    folded, shop = standing.folded, standing.shop
    return {
        "shopper": names[folded.key.shopper_id],
        "provider": folded.key.network,
        "reference": folded.key.ref,
        "shop": None if shop is None else shop.code,
        "state": folded.state.value,
        "authorised_minor": folded.authorised_minor,
        "cleared_minor": folded.cleared_minor,
        "refunded_minor": folded.refunded_minor + folded.credited_minor,
        "net_minor": folded.net_minor,
        "currency": folded.currency,
        "purchased_at": folded.purchased_at.isoformat(),
        "credit_to": standing.credit_to,
        "rewards": rewards.get(standing.id, []),
        "why": _why(standing, looked_at),
    }


def _why(standing: Standing, looked_at: Sequence[Considered]) -> list[dict[str, Any]]:
    """What stands between the purchase and the rules, else every offer that could concern it."""
    before = before_the_rules(standing)
    if before or not looked_at:
        trail = before or [{"kind": "no_offer", "ok": False}]
        return [{"offer": None, "version": None, "matches": False, "why": spoken(trail)}]
    return [
        {
            "offer": each.offer.code,
            "version": each.offer.version,
            "matches": each.verdict is not Verdict.NOT_MET,
            "verdict": each.verdict.value,
            "missed": each.missed,
            "why": spoken(each.trail),
        }
        for each in sorted(looked_at, key=lambda each: (each.offer.code, each.offer.version))
    ]


def _unmatched(standing: Standing, names: Mapping[UUID, str]) -> dict[str, Any]:
    folded = standing.folded
    return {
        "shopper": names[folded.key.shopper_id],
        "provider": folded.key.network,
        "reference": folded.key.ref,
        "identifiers": list(folded.merchant["identifiers"]),
        "descriptor": folded.merchant["descriptor"],
        "net_minor": folded.net_minor,
        "currency": folded.currency,
        "purchased_at": folded.purchased_at.isoformat(),
    }


async def _accounts(connection: AsyncConnection) -> dict[str, dict[str, int]]:
    accounts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for asset, account, amount in await fetch(connection, _LEDGER):
        accounts[asset][account] = amount
    return dict(accounts)


def spoken(trail: Iterable[dict[str, Any]] | Trail) -> list[dict[str, Any]]:
    """A trail with the sentence of each entry in both languages."""
    return [{**entry, "en": read_aloud(entry, "en"), "fr": read_aloud(entry, "fr")} for entry in trail]
