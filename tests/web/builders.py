"""A small centre and its shoppers, written row by row. Every argument has a boring default.

What purchases earn is worked out by the product's own entitlements, so that pages and figures cannot disagree.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from centre_lac import FIVE_PERCENT, SHOPS, TEN_POINTS
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.engine import transaction
from cashback.ids import uuid7
from cashback.ledger.chart import BALANCE_COLUMN
from cashback.ledger.models import balances, transfers
from cashback.merchants.models import merchant_identifiers, shops
from cashback.merchants.schemas import Shop
from cashback.offers.compiled import OfferVersion
from cashback.offers.entitlements import entitlements
from cashback.offers.matcher import OfferBook
from cashback.offers.models import offer_versions, offers
from cashback.offers.schemas import Spend
from cashback.offers.terms import Terms
from cashback.offers.uncertainty import in_zone, latest
from cashback.programmes.models import assets, centres, operators, programmes
from cashback.purchases.models import purchases, statements
from cashback.rewards.models import matured_years, rewards
from cashback.shoppers.models import cards, shopper_references, shoppers
from issuers.events import TimeBasis

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


@dataclass(slots=True)
class House:
    """One operator with a centre, shops and offers, all live since January."""

    engine: AsyncEngine
    operator_id: UUID
    centre_id: UUID
    book: OfferBook
    shop_ids: Mapping[str, UUID]
    offer_codes: Mapping[UUID, str]
    categories: Mapping[UUID, str]
    identifiers: Mapping[str, str]


@dataclass(slots=True)
class Shopper:
    """A shopper with one linked card, unless they have none."""

    house: House
    shopper_id: UUID
    card_id: UUID | None
    held: dict[str, dict[str, int]] = field(default_factory=dict)


async def a_house(
    engine: AsyncEngine,
    *,
    name: str = "Centre Lac",
    offered: Mapping[str, Mapping[str, Any]] | None = None,
    shop_names: Mapping[str, str] | None = None,
    yearly_limit: int | None = None,
    created_at: datetime = NOW,
) -> House:
    """A programme in euros with points that become 10 EUR at 100, and two offers."""
    operator_id, centre_id = uuid7(NOW), uuid7(NOW)
    given = {"five-percent": FIVE_PERCENT, "ten-points": TEN_POINTS} if offered is None else offered
    shop_ids = {code: uuid7(NOW) for code, *_ in SHOPS}
    terms = {code: Terms.model_validate(each) for code, each in given.items()}
    live_from = datetime(2026, 1, 1, tzinfo=UTC)
    versions = [OfferVersion(uuid7(NOW), code, 1, each, live_from, None) for code, each in terms.items()]
    own = {"operator_id": operator_id}
    async with transaction(engine, operator_id) as connection:
        await connection.execute(
            insert(operators).values(**own, slug=f"o{operator_id.hex}", name=name, created_at=created_at)
        )
        await connection.execute(
            insert(programmes).values(
                **own, code="lac", name=name, zone="Europe/Paris", currency="EUR", revision=1, document={}
            )
        )
        await connection.execute(
            insert(centres).values(
                **own, id=centre_id, code="lac", name="Centre Lac", zone="Europe/Paris", country="FR"
            )
        )
        await connection.execute(insert(assets), _assets(own, yearly_limit))
        await connection.execute(insert(shops), _shops(own, centre_id, shop_ids, shop_names or {}))
        await connection.execute(insert(merchant_identifiers), _identifiers(own, shop_ids))
        if versions:
            await connection.execute(
                insert(offers), [own | {"id": each.offer_id, "code": each.code} for each in versions]
            )
            await connection.execute(insert(offer_versions), [_version(own, each) for each in versions])
    places = [
        Shop(shop_ids[code], code, shop, shop, category, floor, "", centre_id)
        for code, shop, category, floor, _ in SHOPS
    ]
    book = OfferBook.compile(versions, {centre_id: PARIS}, PARIS, "EUR", shops=places)
    return House(
        engine=engine,
        operator_id=operator_id,
        centre_id=centre_id,
        book=book,
        shop_ids=shop_ids,
        offer_codes={each.offer_id: each.code for each in versions},
        categories={shop_ids[code]: category for code, _, category, *_ in SHOPS},
        identifiers={code: mid for code, _, _, _, mid in SHOPS},
    )


def _assets(own: Mapping[str, Any], yearly_limit: int | None) -> list[dict[str, Any]]:
    conversion = {"threshold": 100, "into": "EUR", "amount": 1000, "yearly_limit": yearly_limit}
    rows = (("EUR", "money", "euro", "euro", None), ("PTS", "points", "points", "points", conversion))
    return [
        {**own, "code": code, "kind": kind, "name_en": en, "name_fr": fr, "clawback": "debt", "conversion": rule}
        for code, kind, en, fr, rule in rows
    ]


def _shops(
    own: Mapping[str, Any], centre_id: UUID, shop_ids: Mapping[str, UUID], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            **own,
            "id": shop_ids[code],
            "centre_id": centre_id,
            "code": code,
            "name": names.get(code, name),
            "brand": name,
            "category": category,
            "floor": floor,
        }
        for code, name, category, floor, _ in SHOPS
    ]


def _identifiers(own: Mapping[str, Any], shop_ids: Mapping[str, UUID]) -> list[dict[str, Any]]:
    return [
        {**own, "id": uuid7(NOW), "shop_id": shop_ids[code], "network": "sandbox", "scheme": "mid", "value": mid}
        for code, _, _, _, mid in SHOPS
    ]


def _version(own: Mapping[str, Any], version: OfferVersion) -> dict[str, Any]:
    return {
        **own,
        "offer_id": version.offer_id,
        "version": version.version,
        "terms": version.terms.stored(),
        "digest": version.terms.digest(),
        "live_from": version.live_from,
        "live_until": version.live_until,
        "author": "system:tests",
        "created_at": NOW,
    }


async def a_shopper(
    house: House, *, reference: str = "camille", linked: bool = True, last_four: str = "4242", scheme: str = "visa"
) -> Shopper:
    """A shopper, usually with one card linked since January."""
    shopper_id, card_id = uuid7(NOW), uuid7(NOW)
    own = {"operator_id": house.operator_id, "shopper_id": shopper_id}
    async with transaction(house.engine, house.operator_id) as connection:
        await connection.execute(insert(shoppers).values(**own, locale="fr", created_at=NOW))
        await connection.execute(insert(shopper_references).values(**own, reference=reference))
        if linked:
            await connection.execute(
                insert(cards).values(
                    **own,
                    network="sandbox",
                    token=f"card_{card_id.hex}",
                    linked_at=datetime(2026, 1, 2, tzinfo=UTC),
                    card_id=card_id,
                    last_four=last_four,
                    scheme=scheme,
                )
            )
    return Shopper(house, shopper_id, card_id if linked else None)


async def a_purchase(
    shopper: Shopper,
    *,
    minor: int = 84_90,
    shop: str | None = "maison-lumiere",
    at: datetime = NOW - timedelta(hours=3),
    cleared_after: timedelta | None = timedelta(hours=20),
    refunded_minor: int = 0,
    state: str | None = None,
    descriptor: str = "MAISON LUMIERE LYON",
    identifiers: Sequence[str] | None = None,
    told_at: datetime | None = None,
    now: datetime = NOW,
    until: datetime | None = None,
    basis: TimeBasis = TimeBasis.INSTANT,
    network: str = "sandbox",
) -> UUID:
    """A purchase with its evidence, rewards, transfers and balances as they stand at `now`.

    With `until` it was made at some instant from `at` on; `basis` says what that was derived from.
    """
    house, purchase_id = shopper.house, uuid7(told_at or at)
    cleared_at = None if cleared_after is None or at + cleared_after > now else at + cleared_after
    shop_id = None if shop is None else house.shop_ids[shop]
    known = [f"mid:{house.identifiers[shop]}"] if shop is not None else ["mid:99999999"]
    merchant = {"identifiers": list(identifiers or known), "descriptor": descriptor, "mcc": "5999"}
    net = minor - refunded_minor
    natural = "authorized" if cleared_at is None else "cleared"
    standing = state or (natural if refunded_minor == 0 else "partly_refunded" if net else "refunded")
    own = {"operator_id": house.operator_id, "shopper_id": shopper.shopper_id}
    ref = f"tx_{purchase_id.hex[:12]}"
    row = {
        **own,
        "id": purchase_id,
        "network": network,
        "purchase_ref": ref,
        "card_id": shopper.card_id,
        "state": standing,
        "authorised_minor": 0 if standing == "declined" else minor,
        "cleared_minor": 0 if cleared_at is None else minor,
        "refunded_minor": refunded_minor,
        "credited_minor": 0,
        "net_minor": net if standing in ("authorized", "cleared", "partly_refunded") else 0,
        "currency": "EUR",
        "purchased_at": at,
        "purchased_until": until or at,
        "time_basis": basis.value,
        "cleared_at": cleared_at,
        "shop_id": shop_id,
        "place_key": merchant["identifiers"][0],
        "merchant": merchant,
        "updated_at": told_at or at,
    }
    async with transaction(house.engine, house.operator_id) as connection:
        await connection.execute(insert(purchases).values(**row))
        await connection.execute(insert(statements), _evidence(row, minor, refunded_minor, merchant))
        await _reward(connection, shopper, row, now)
    return purchase_id


def _evidence(
    row: Mapping[str, Any], minor: int, refunded_minor: int, merchant: Mapping[str, Any]
) -> list[dict[str, Any]]:
    at, cleared_at = row["purchased_at"], row["cleared_at"]
    first = {"declined": "decline", "credit": "refund"}.get(row["state"], "authorization")
    told = [(first, at, minor)]
    if cleared_at is not None:
        told.append(("clearing", cleared_at, minor))
    if refunded_minor:
        told.append(("refund", (cleared_at or at) + timedelta(days=1), refunded_minor))
    common = {key: row[key] for key in ("operator_id", "shopper_id", "network", "purchase_ref", "card_id", "currency")}
    return [
        {
            **common,
            "fact_ref": f"{kind}:{row['purchase_ref']}",
            "digest": kind.encode(),
            "revision": 0,
            "kind": kind,
            "group_ref": row["purchase_ref"],
            "amount_minor": amount,
            "occurred_at": when,
            "occurred_until": row["purchased_until"] if when == at else when,
            "time_basis": row["time_basis"] if when == at else "instant",
            "final": kind == "clearing",
            "merchant": merchant,
            "recorded_at": when + timedelta(seconds=2),
        }
        for kind, when, amount in told
    ]


async def _reward(connection: AsyncConnection, shopper: Shopper, row: Mapping[str, Any], now: datetime) -> None:
    house = shopper.house
    spend = Spend(
        purchase_id=row["id"],
        ref=f"{row['network']}:{row['purchase_ref']}",
        counts=row["state"] in ("authorized", "cleared", "partly_refunded"),
        net_minor=row["net_minor"],
        gross_minor=row["net_minor"],
        currency="EUR",
        purchased_at=row["purchased_at"],
        purchased_until=latest(row["purchased_at"], row["purchased_until"], TimeBasis(row["time_basis"])),
        time_basis=TimeBasis(row["time_basis"]),
        cleared_at=row["cleared_at"],
        network=row["network"],
        shop_id=row["shop_id"],
        centre_id=None if row["shop_id"] is None else house.centre_id,
        category=house.categories.get(row["shop_id"]),
        card_id=row["card_id"],
        channel=None,
        brand=None,
        floor=None,
        area=None,
    )
    spend = in_zone(spend, house.book.around.zone(spend.centre_id))
    for owed in entitlements([spend], house.book, {}):
        matured = owed.matures_at is not None and owed.matures_at <= now
        pending, available = (0, owed.amount) if matured else (owed.amount, 0)
        reward_id = uuid7(now)
        await connection.execute(
            insert(rewards).values(
                operator_id=house.operator_id,
                shopper_id=shopper.shopper_id,
                purchase_id=owed.purchase_id,
                offer_id=owed.offer_id,
                id=reward_id,
                offer_version=owed.version,
                asset=owed.asset,
                state="available" if matured else "pending",
                amount=owed.amount,
                pending=pending,
                available=available,
                matures_at=owed.matures_at,
                revision=1,
                trail=json.loads(json.dumps(owed.trail, default=str)),
                updated_at=row["updated_at"],
            )
        )
        at = row["purchased_at"]
        ends, moved = ("funder:operator", "shopper:pending"), (owed.asset, owed.amount, row["id"])
        await post(connection, shopper, *ends, *moved, at, reward_id=reward_id)
        if matured:
            assert owed.matures_at is not None
            ends = ("shopper:pending", "shopper:available")
            await post(connection, shopper, *ends, *moved, owed.matures_at, reason="matured", reward_id=reward_id)


async def post(
    connection: AsyncConnection,
    shopper: Shopper,
    debit: str,
    credit: str,
    asset: str,
    amount: int,
    purchase_id: UUID | None = None,
    at: datetime = NOW,
    *,
    reason: str = "earned",
    reward_id: UUID | None = None,
) -> None:
    """One transfer, and the balances that follow from it. The key of one that moves a reward names it."""
    own = {"operator_id": shopper.house.operator_id, "shopper_id": shopper.shopper_id}
    transfer_id = uuid7(at)
    await connection.execute(
        insert(transfers).values(
            **own,
            key=f"test:{transfer_id}" if reward_id is None else f"reward:{reward_id.hex}:{transfer_id}:0",
            digest=b"0" * 16,
            id=transfer_id,
            debit=debit,
            credit=credit,
            asset=asset,
            amount=amount,
            reason=reason,
            purchase_id=purchase_id,
            posted_at=at,
        )
    )
    held = shopper.held.setdefault(asset, dict.fromkeys((*BALANCE_COLUMN.values(), "version"), 0))
    for account, sign in ((debit, -1), (credit, 1)):
        column = account.removeprefix("shopper:")
        if column in held:
            held[column] += sign * amount
    held["version"] += 1
    statement = upsert(balances).values(**own, asset=asset, **held)
    await connection.execute(statement.on_conflict_do_update(index_elements=["shopper_id", "asset"], set_=dict(held)))


async def converted(shopper: Shopper, *, times: int = 1, year: int = 2026) -> None:
    """Points the shopper holds, exchanged at the threshold: 100 each time, for 10 EUR."""
    house = shopper.house
    async with transaction(house.engine, house.operator_id) as connection:
        units, euros = times * 100, times * 1000
        ends = ("shopper:available", "shopper:converted")
        await post(connection, shopper, *ends, "PTS", units, reason="converted")
        await post(connection, shopper, "funder:operator", "shopper:available", "EUR", euros, reason="converted")
        await connection.execute(
            insert(matured_years).values(
                operator_id=house.operator_id,
                shopper_id=shopper.shopper_id,
                asset="PTS",
                year=year,
                matured=units,
                converted=units,
                revision=1,
            )
        )
