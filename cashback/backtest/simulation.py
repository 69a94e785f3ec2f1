"""One purchase that was never made, judged for a shopper as they are or as they might be. Nothing is stored.

Every offer that runs at its place and time is looked at by the engine's own explanation, which is the walk that
decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.backtest.books import make_books
from cashback.backtest.service import read_offer
from cashback.backtest.stored import reading
from cashback.clock import zulu
from cashback.db.engine import fetch
from cashback.errors import Invalid, NotFound
from cashback.money import minor
from cashback.offers.amounts import AMOUNT_MAX
from cashback.offers.conditions.spend import MinimumSpend
from cashback.offers.explanation import Considered, Verdict, explain
from cashback.offers.kinds import TrailEntry
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import NOTHING_SAID, Fact, FactKind, Facts, Grant, History, Spend
from cashback.offers.sentences import read_aloud
from cashback.offers.wording import Tongue
from cashback.rewards import storage
from cashback.rewards.history import whole_histories
from cashback.rewards.quotas import ROUNDS_MAX, GrantKey
from cashback.rewards.snapshot import Snapshot, load_snapshot
from cashback.shoppers import service as shoppers

IMAGINED = UUID(int=2)
"""Stands for the purchase, for a card that nobody holds and for a shopper who does not exist."""
NETWORK = "imagined"
NEAR_MISSES_MAX = 5

_CARD = """
SELECT card_id, network FROM cards WHERE operator_id = $1 AND shopper_id = $2 AND ($3::text IS NULL OR token = $3)
    AND network NOT IN ('receipt', 'checkout')
ORDER BY linked_at DESC LIMIT 1
"""
_LEFT = "SELECT bucket, cap - granted FROM quotas WHERE operator_id = $1 AND offer_id = $2"


@dataclass(frozen=True, slots=True)
class Imagined:
    """The purchase, and what is said of who makes it."""

    shop: str
    amount: str
    """In the programme's currency, as people write it: `42.50`."""
    at: datetime | None = None
    shopper: str | None = None
    facts: Sequence[tuple[FactKind, str]] = ()
    card: str | None = None
    """A card of the shopper by its token; without it the one linked last."""
    network: str | None = None
    channel: str | None = None
    offer: str | Mapping[str, Any] | None = None
    """One more offer, tried as if it had always been live."""
    source: str = "the offer"


async def simulate(engine: AsyncEngine, actor: Actor, imagined: Imagined, now: datetime) -> dict[str, Any]:
    """The answer described in `docs/backtest.md`. The transaction cannot write.

    Raises Forbidden, NotFound for a shop, a shopper or a card that is not there, Invalid for an amount or an offer.
    """
    shoppers.require(actor, Scope.READ)
    async with reading(engine, actor.operator_id) as connection:
        snapshot = await load_snapshot(connection, actor.operator_id)
        history, grants = await _history(connection, snapshot, imagined)
        spend = await _spend(connection, snapshot, imagined, history.shopper_id, imagined.at or now)
        said = [Fact(kind, value, spend.purchased_at) for kind, value in imagined.facts]
        history = History(history.shopper_id, [*history.spends, spend], Facts([*history.facts.every(), *said]))
        book = snapshot.book
        if imagined.offer is not None:
            code, terms = await read_offer(connection, actor.operator_id, imagined.offer, imagined.source, now)
            books = make_books(snapshot, code, terms, None, None)
            book = books.all_joined(snapshot)
        looked_at = await _explained(connection, history, spend, book, grants)
    return _told(snapshot, imagined, spend, looked_at)


async def _history(
    connection: AsyncConnection, snapshot: Snapshot, imagined: Imagined
) -> tuple[History, dict[GrantKey, Grant]]:
    if imagined.shopper is None:
        return History(IMAGINED, [], NOTHING_SAID), {}
    found = await shoppers.find(connection, snapshot.operator_id, [imagined.shopper])
    if imagined.shopper not in found:
        raise NotFound(f"there is no shopper {imagined.shopper[:64]!r}", code="unknown_shopper")
    shopper_id = found[imagined.shopper]
    history = (await whole_histories(connection, snapshot, [shopper_id]))[shopper_id]
    return history, await storage.grants_of_shoppers(connection, [shopper_id])


async def _spend(
    connection: AsyncConnection, snapshot: Snapshot, imagined: Imagined, shopper_id: UUID, at: datetime
) -> Spend:
    shop = next((each for each in snapshot.shops.shops.values() if each.code == imagined.shop), None)
    if shop is None:
        raise NotFound(f"there is no shop {imagined.shop[:64]!r}", code="unknown_shop")
    currency = snapshot.programme.currency
    try:
        amount = minor(imagined.amount, currency)
    except (ValueError, ArithmeticError) as error:
        detail = f"expected an amount of {currency} such as 42.50, got {imagined.amount[:40]!r}"
        raise Invalid(detail, code="amount") from error
    if not 0 < amount <= AMOUNT_MAX:
        raise Invalid(f"the amount {imagined.amount[:40]!r} is not more than zero", code="amount")
    card_id, network = IMAGINED, NETWORK
    cards = await fetch(connection, _CARD, (snapshot.operator_id, shopper_id, imagined.card))
    if cards:
        card_id, network = cards[0]
    elif imagined.card is not None:
        raise NotFound("this shopper has no card of that token", code="unknown_card")
    return Spend(
        purchase_id=IMAGINED,
        ref=f"~{NETWORK}",
        counts=True,
        net_minor=amount,
        gross_minor=amount,
        currency=currency,
        purchased_at=at,
        cleared_at=at,
        network=imagined.network or network,
        card_id=card_id,
        channel=imagined.channel,
        shop_id=shop.id,
        centre_id=shop.centre_id,
        category=shop.category,
        brand=shop.brand,
        floor=shop.floor or None,
        area=shop.area or None,
    )


async def _explained(
    connection: AsyncConnection, history: History, spend: Spend, book: OfferBook, stored: Mapping[GrantKey, Grant]
) -> list[Considered]:
    """What the offers say, with what their quotas have left today; nothing is taken."""
    grants = dict(stored)
    looked_at: list[Considered] = []
    for _ in range(ROUNDS_MAX + 1):
        looked_at = explain(history, {spend.purchase_id}, book, grants, may_ask=True).get(spend.purchase_id, [])
        asking = [
            each
            for each in looked_at
            if each.verdict is Verdict.REWARDED
            and each.offer.budgeted
            and (spend.purchase_id, each.offer.offer_id) not in grants
        ]
        if not asking:
            break
        for each in asking:
            draws = each.offer.draws(spend)
            left = dict(await fetch(connection, _LEFT, (book.operator_id, each.offer.offer_id)))
            given = each.amount
            for draw in draws:
                rest = left.get(draw.bucket, draw.cap)
                allowed = (given if rest > 0 else 0) if draw.times else rest
                given = max(0, min(given, 0 if draw.whole and allowed < given else allowed))
            key = (spend.purchase_id, each.offer.offer_id)
            grants[key] = Grant(each.amount, given, tuple(draw.bucket for draw in draws))
    return looked_at


def _told(snapshot: Snapshot, imagined: Imagined, spend: Spend, looked_at: Sequence[Considered]) -> dict[str, Any]:
    assets = snapshot.programme.assets
    names = {
        "en": {code: each.name_en for code, each in assets.items()},
        "fr": {code: each.name_fr for code, each in assets.items()},
    }
    total: dict[str, int] = {}
    for each in looked_at:
        if each.verdict is Verdict.REWARDED:
            total[each.offer.asset] = total.get(each.offer.asset, 0) + each.amount
    near = [each for each in looked_at if each.verdict is Verdict.NOT_MET and each.missed == 1]
    return {
        "at": zulu(spend.purchased_at),
        "shopper": imagined.shopper,
        "shop": imagined.shop,
        "amount_minor": spend.net_minor,
        "currency": spend.currency,
        "total": total,
        "offers": [
            {
                "offer": each.offer.code,
                "version": each.offer.version,
                "verdict": each.verdict.value,
                "asset": each.offer.asset,
                "wanted": each.wanted,
                "amount": each.amount,
                "missed": each.missed,
                "why": [_read(entry, names) for entry in each.trail],
            }
            for each in looked_at
        ],
        "near_misses": [_missing(each, names) for each in near[:NEAR_MISSES_MAX]],
    }


def _read(entry: TrailEntry, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {**entry, "en": read_aloud(entry, "en", names["en"]), "fr": read_aloud(entry, "fr", names["fr"])}


def _missing(each: Considered, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The one condition that does not hold, and how much is missing where that is an amount."""
    entry = next(entry for entry in each.trail if not entry["ok"])
    found: dict[str, Any] = {"offer": each.offer.code, "condition": entry["kind"]}
    missing = entry.get("missing_minor")
    if missing and entry["kind"] == MinimumSpend.name():
        found |= {"missing_minor": missing, "currency": entry["currency"]}
        found |= {
            "en": f"{Tongue('en').money(missing, entry['currency'])} more",
            "fr": f"{Tongue('fr').money(missing, entry['currency'])} de plus",
        }
        return found
    read = _read(entry, names)
    return found | {"en": read["en"], "fr": read["fr"]}
