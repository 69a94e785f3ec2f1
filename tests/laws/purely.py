"""The road without a database: the same pure functions, over all that was ever told of one shopper.

It knows nothing of batches, rows or what was posted before, so what it answers is what the road must end with.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.merchants.matching import ShopDirectory
from cashback.merchants.schemas import Identifier, Shop
from cashback.offers.compiled import OfferVersion
from cashback.offers.conversion import converted_units
from cashback.offers.entitlements import entitlements, is_available
from cashback.offers.lots import Lot, ends_at, stand
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Entitlement, Grant
from cashback.programme_file.reading import parse
from cashback.programmes.schemas import Asset, Centre
from cashback.purchases.assignment import Refunds, assign, credited
from cashback.purchases.fold import facts, fold, group_of
from cashback.purchases.merging import merge, refunds_by_source, witness
from cashback.purchases.recognition import recognise
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, PurchaseState, Statement
from cashback.purchases.statements import statement
from cashback.purchases.views import view_of
from cashback.rewards.spends import spend_of
from issuers.adapter import Delivery
from issuers.sandbox import SandboxAdapter

SHOPPER_ID = UUID(int=1)
CARD_ID = UUID(int=2)
_ADAPTER = SandboxAdapter()


@dataclass(frozen=True, slots=True)
class Rules:
    """A programme in memory: shops, offers, assets."""

    zone: ZoneInfo
    shops: ShopDirectory
    book: OfferBook
    assets: dict[str, Asset]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a life ends with. Superseded purchases are left out: they are worth nothing and depend on the order."""

    wallet: dict[str, tuple[int, int, int, int]]
    purchases: dict[str, tuple[str, int, str | None]]
    """State, net and, of an unlinked refund, the purchase it was assigned to."""
    rewards: dict[tuple[str, str], tuple[str, int, str]]


def rules_of(programme: str) -> Rules:
    """Compile a programme file whose offers judge purchases of any time."""
    file = parse(programme)
    zone = ZoneInfo(file.programme.zone)
    centres = {
        each.code: Centre(UUID(int=100 + number), each.code, each.name, zone, each.country)
        for number, each in enumerate(file.centres)
    }
    shops = [
        Shop(UUID(int=200 + number), each.code, each.name, each.name, each.category, "", "", centres[each.centre].id)
        for number, each in enumerate(file.shops)
    ]
    identifiers = [
        Identifier(each.network, each.scheme, each.value, shop.id, None, None)
        for shop, entry in zip(shops, file.shops, strict=True)
        for each in entry.identifiers or ()
    ]
    versions = [
        OfferVersion(UUID(int=300 + number), each.code, 1, each.terms(), None, None)
        for number, each in enumerate(file.offers)
    ]
    book = OfferBook.compile(
        versions,
        zones={each.id: zone for each in centres.values()},
        default_zone=zone,
        currency=file.programme.currency,
        shops=shops,
        centres=centres.values(),
    )
    assets = {each.code: each.asset() for each in file.assets}
    return Rules(zone, ShopDirectory(shops, identifiers), book, assets)


def statements_of(bodies: Iterable[dict[str, Any]]) -> list[Statement]:
    """The statements that messages of the sandbox network make."""
    return [
        statement(event, network="sandbox", shopper_id=SHOPPER_ID, card_id=CARD_ID)
        for number, body in enumerate(bodies)
        for event in _ADAPTER.parse(Delivery(json.dumps({"id": str(number), **body}).encode(), {}))
    ]


def outcome(rules: Rules, told: Sequence[Statement], links: Sequence[LinkInterval], now: datetime) -> Outcome:
    """Fold, match, assign, entitle and convert; every budget is taken to be large enough."""
    groups, members = group_of(told), defaultdict(list)
    for fact_ref, each in facts(told).items():
        members[PurchaseKey(SHOPPER_ID, "sandbox", groups[fact_ref])].append(each)
    folds = {key: fold(key, group, links, now) for key, group in members.items()}
    shops = {
        key: rules.shops.match(key.network, each.merchant["identifiers"], each.purchased_at)
        for key, each in folds.items()
    }
    folds, linked = _recognised(folds, members, shops, links, now)
    shops = {key: None if each.state is PurchaseState.WITNESS else shops[key] for key, each in folds.items()}
    credits = [each for each in folds.values() if each.state is PurchaseState.CREDIT]
    shop_ids = {key: None if shop is None else shop.id for key, shop in shops.items()}
    assigned = assign(list(folds.values()), credits, shop_ids, linked)
    given: defaultdict[PurchaseKey, list[Folded]] = defaultdict(list)
    for credit, purchase in assigned.items():
        given[purchase].append(folds[credit])
    standing = {
        key: each
        if each.state is PurchaseState.CREDIT
        else each.with_credits(credited(each, given[key], linked.get(key)))
        for key, each in folds.items()
    }
    ids = {key: UUID(int=1000 + number) for number, key in enumerate(sorted(standing, key=lambda each: each.ref))}
    spends = [spend_of(ids[key], each, shops[key]) for key, each in standing.items()]
    grants = {
        (spend.purchase_id, offer.offer_id): Grant(offer.reckon(spend.net_minor), offer.reckon(spend.net_minor))
        for spend in spends
        for offer in rules.book.candidates(spend)
        if offer.budgeted
    }
    codes = {offer.offer_id: offer.code for offer in rules.book.offers}
    refs = {purchase_id: key.ref for key, purchase_id in ids.items()}
    wallet: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    lots: dict[str, list[Lot]] = defaultdict(list)
    owed = [each for each in entitlements(spends, rules.book, grants, may_ask=False) if each.amount]
    for number, each in enumerate(owed):
        if is_available(each.matures_at, now):
            lots[each.asset].append(_lot(rules, UUID(int=number), each))
            wallet[each.asset][1] += each.amount
        else:
            wallet[each.asset][0] += each.amount
    expired = _age(rules, wallet, lots, now)
    rewards: dict[tuple[str, str], tuple[str, int, str]] = {}
    for number, each in enumerate(owed):
        state = "available" if is_available(each.matures_at, now) else "pending"
        state = "expired" if expired.get(UUID(int=number)) == each.amount else state
        rewards[refs[each.purchase_id], codes[each.offer_id]] = (each.asset, each.amount, state)
    return Outcome(
        wallet={asset: tuple(amounts) for asset, amounts in wallet.items() if any(amounts)},  # type: ignore[misc]
        purchases={
            key.ref: (each.state.value, each.net_minor, assigned[key].ref if key in assigned else None)
            for key, each in standing.items()
        },
        rewards=rewards,
    )


def _recognised(
    folds: dict[PurchaseKey, Folded],
    members: Mapping[PurchaseKey, Sequence[Statement]],
    shops: Mapping[PurchaseKey, Shop | None],
    links: Sequence[LinkInterval],
    now: datetime,
) -> tuple[dict[PurchaseKey, Folded], dict[PurchaseKey, Refunds]]:
    """Views of one purchase become one; of purchases with several views the refunds that name them."""
    views = [
        view_of(each, members[key], shop_id=shop and shop.id, called=(shop.name, shop.brand) if shop else ())
        for key, each in folds.items()
        for shop in (shops[key],)
    ]
    merged, linked = dict(folds), {}
    for group in recognise(view for view in views if view is not None):
        keys = [each.key for each in group.views]
        if len(keys) > 1:
            merged |= {key: witness(folds[key]) for key in keys}
            merged[keys[0]] = merge([folds[key] for key in keys], members, links, now)
            linked[keys[0]] = refunds_by_source(members[key] for key in keys)
    return merged, linked


def _lot(rules: Rules, number: UUID, owed: Entitlement) -> Lot:
    assert owed.matures_at is not None
    days = owed.expires_days
    return Lot(
        number, owed.amount, owed.matures_at, None if days is None else ends_at(owed.matures_at, days, rules.zone)
    )


def _age(rules: Rules, wallet: dict[str, list[int]], lots: dict[str, list[Lot]], now: datetime) -> dict[UUID, int]:
    """Exchange and let expire; answers what expired of which lot. What never expires is exchanged by its years."""
    expired: dict[UUID, int] = {}
    for asset in sorted(lots, key=lambda each: rules.assets[each].conversion is None):
        rule = rules.assets[asset].conversion
        found = stand(lots[asset], (), now, zone=rules.zone, rule=rule)
        expired |= found.expired
        wallet[asset][1] -= sum(found.expired.values())
        if rule is None:
            continue
        units = sum(found.converted.values())
        if not any(each.expires_at for each in lots[asset]):
            years: Counter[int] = Counter()
            for lot in lots[asset]:
                years[lot.since.astimezone(rules.zone).year] += lot.amount
            units = sum(converted_units(years, rule, now.astimezone(rules.zone).year)[0].values())
        wallet[asset][1] -= units
        wallet[asset][2] += units
        wallet[rule.into][1] += units // rule.threshold * rule.amount
    return expired
