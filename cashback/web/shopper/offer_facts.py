"""An offer as its shopper reads it: the same five facts of each, its conditions in words, and a worked example.

Everything is read from the terms that decide; nothing here is typed by hand.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from cashback.insights.house import House
from cashback.merchants.schemas import Shop
from cashback.offers.compiled import CompiledOffer
from cashback.offers.conditions.clock import ClockKind
from cashback.offers.conditions.repeat import ShopTrail, StampCard, Streak
from cashback.offers.conditions.spend import MaximumSpend, MinimumSpend
from cashback.offers.conditions.sums import Repeats, SpendAcross
from cashback.offers.conditions.where import Areas, Brands, Centres, Floors, ShopCategories, Shops
from cashback.offers.conditions.who import Activated
from cashback.offers.effects.multiplier import Multiplier
from cashback.offers.effects.plain import Fixed, Percent, PerUnit
from cashback.offers.effects.scale import Scale
from cashback.offers.explanation import percent_of
from cashback.offers.kinds import FOR_EVER, Kind, PersonalKind, TalliedKind
from cashback.offers.limits import Limit, Measure, Per
from cashback.offers.periods import local
from cashback.offers.schemas import SOMEBODY, Spend
from cashback.offers.sentences import read_aloud
from cashback.programmes.schemas import AssetKind
from cashback.rewards.running import Running
from cashback.web.context import Told
from cashback.web.messages import typographic

EXAMPLE_MINOR = 60_00
"""A usual purchase in a centre, in minor units; more where an offer asks for more."""
EXAMPLE_STEP_MINOR = 10_00

_ICONS = {
    AssetKind.MONEY: "coins",
    AssetKind.POINTS: "sparkles",
    AssetKind.MINUTES: "clock",
    AssetKind.TICKET: "ticket",
    AssetKind.GIFT: "gift",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the five: a word, an icon, and what the offer says of it."""

    word: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """One offer and one shopper."""

    code: str
    name: str
    promise: str
    icon: str
    gain: str
    facts: tuple[Fact, ...]
    """What to spend, how much at most, where, until when, what to do: always these five."""
    needs_activation: bool
    active: bool
    """Whether it counts for this shopper now, as far as activating goes."""
    for_shopper: bool
    who: tuple[tuple[bool, str], ...]
    progress: tuple[str, ...]
    percent: int | None
    floors: frozenset[str]
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Example:
    """A purchase, and how the reward is reckoned from it."""

    spent: str
    said: str


@dataclass(frozen=True, slots=True)
class Detail:
    """What the page of one offer adds."""

    conditions: tuple[str, ...]
    limits: tuple[str, ...]
    examples: tuple[Example, ...]
    shops: Mapping[str, Sequence[Shop]]
    """By floor."""
    hold: str
    stacks: str


def view_of(running: Running, house: House, told: Told) -> OfferView:
    """The facts of an offer that runs."""
    offer, terms = running.offer, running.offer.terms
    t, language = told.t, told.t.language
    activated = any(isinstance(each, Activated) for each in terms.conditions)
    who = tuple((bool(entry["ok"]), _aloud(entry, told)) for entry in running.who)
    active = not activated or all(ok for (ok, _), entry in zip(who, running.who, strict=True) if _of_activation(entry))
    ends = None if offer.closes == FOR_EVER else offer.closes
    return OfferView(
        code=offer.code,
        name=offer.code if terms.name is None else terms.name.said(language),
        promise="" if terms.promise is None else terms.promise.said(language),
        icon=_ICONS[house.asset(offer.asset).kind],
        gain=_gain(offer, house, told),
        facts=(
            Fact("offers.fact.spend", "shopping-bag", _least(offer, told)),
            Fact("offers.fact.cap", "circle-minus", _most(offer, told)),
            Fact("offers.fact.where", "map-pin", _where(offer, house, told)),
            Fact("offers.fact.until", "hourglass", _when(offer, ends, house, told)),
            Fact("offers.fact.do", "check", t("offers.do.activate" if activated else "offers.do.nothing")),
        ),
        needs_activation=activated,
        active=active,
        for_shopper=all(ok for (ok, _), entry in zip(who, running.who, strict=True) if not _of_activation(entry)),
        who=who,
        progress=tuple(_aloud(entry, told) for entry in running.progress),
        percent=min(map(percent_of, running.progress)) if running.progress else None,
        floors=frozenset(shop.floor for shop in shops_of(offer, house) if shop.floor),
        ends=ends,
    )


def detail_of(running: Running, house: House, told: Told) -> Detail:
    """Conditions, limits, examples and shops of an offer."""
    offer, terms, t = running.offer, running.offer.terms, told.t
    by_floor: defaultdict[str, list[Shop]] = defaultdict(list)
    for shop in sorted(shops_of(offer, house), key=lambda each: (each.floor, each.name)):
        by_floor[shop.floor].append(shop)
    hold = t.count("offers.hold", terms.hold_days) if terms.hold_days else t("offers.hold_none")
    return Detail(
        conditions=tuple(typographic(each) for each in _conditions(offer, house, told)),
        limits=tuple(_limit(each, offer, told) for each in terms.limits),
        examples=tuple(_examples(offer, house, told)),
        shops=dict(by_floor),
        hold=hold,
        stacks=t("offers.stacks" if terms.group is None else "offers.stacks_group"),
    )


def shops_of(offer: CompiledOffer, house: House) -> list[Shop]:
    """Where it counts: shops that every condition of place lets through."""
    found = list(house.snapshot.shops.shops.values())
    centres = {centre.id: centre.code for centre in house.programme.centres.values()}
    for each in offer.terms.conditions:
        if isinstance(each, Shops):
            found = [shop for shop in found if shop.code in each.shops]
        elif isinstance(each, Centres):
            found = [shop for shop in found if centres.get(shop.centre_id) in each.centres]
        elif isinstance(each, ShopCategories):
            found = [shop for shop in found if shop.category in each.categories]
        elif isinstance(each, Brands):
            found = [shop for shop in found if shop.brand in each.brands]
        elif isinstance(each, Floors):
            found = [shop for shop in found if shop.floor in each.floors]
        elif isinstance(each, Areas):
            found = [shop for shop in found if shop.area in each.areas]
    return found


def _of_activation(entry: Mapping[str, Any]) -> bool:
    return str(entry["kind"]) == Activated.name()


def _gain(offer: CompiledOffer, house: House, told: Told) -> str:
    reward, t, tongue = offer.terms.reward, told.t, told.formats.tongue
    if isinstance(reward, Percent):
        return tongue.rate(reward.rate_bps)
    if isinstance(reward, Fixed):
        return told.formats.amount(reward.amount, house.asset(offer.asset))
    if isinstance(reward, PerUnit):
        per = told.formats.money(reward.per, house.programme.currency)
        return t("offers.per", units=told.formats.amount(reward.units, house.asset(offer.asset)), per=per)
    if isinstance(reward, Scale):
        return t("offers.up_to", rate=tongue.rate(max(each.rate_bps for each in reward.steps)))
    assert isinstance(reward, Multiplier), "a reward of a kind that this page does not know"
    base = house.by_code.get(reward.of, {}).get(t.language, reward.of)
    return t("offers.times", factor=tongue.number(reward.factor_bps, 10_000), offer=base)


def _least(offer: CompiledOffer, told: Told) -> str:
    conditions, currency = offer.terms.conditions, offer.terms.currency
    least = next((each.amount for each in conditions if isinstance(each, MinimumSpend)), None)
    most = next((each.amount for each in conditions if isinstance(each, MaximumSpend)), None)
    if least is None and most is None:
        together = next((each for each in conditions if isinstance(each, SpendAcross)), None)
        return told.t("offers.any_amount") if together is None else _together(together, offer, told)
    if most is None:
        return told.t("offers.from_amount", amount=told.formats.money(least or 0, currency))
    if least is None:
        return told.t("offers.to_amount", amount=told.formats.money(most, currency))
    return told.t("offers.between", least=told.formats.money(least, currency), most=told.formats.money(most, currency))


def _most(offer: CompiledOffer, told: Told) -> str:
    cap = offer.terms.reward.cap_per_purchase
    if cap is not None:
        return told.t("offers.cap", amount=told.formats.tongue.amount(cap, offer.asset))
    own = [each for each in offer.terms.limits if not each.per.shared]
    if own:
        return _limit(own[0], offer, told)
    once = next((each for each in offer.terms.conditions if _once(each)), None)
    if once is None:
        return told.t("offers.no_cap")
    return told.t("offers.limit.once", period=told.t(f"offers.period.{once.period.value}"), whom="")


def _where(offer: CompiledOffer, house: House, told: Told) -> str:
    found, every = shops_of(offer, house), house.snapshot.shops.shops
    if len(found) == len(every):
        return told.t("offers.everywhere")
    names = [shop.name for shop in sorted(found, key=lambda each: each.name)]
    return told.formats.tongue.names(names) if names else told.t("offers.nowhere")


def _when(offer: CompiledOffer, ends: datetime | None, house: House, told: Told) -> str:
    """On which days and at which hours it counts, and until when."""
    until = told.t("offers.no_end") if ends is None else told.formats.moment(ends, house.programme.zone)
    return " · ".join([*_times(offer, house, told), until])


def _times(offer: CompiledOffer, house: House, told: Told) -> list[str]:
    around, zone, tongue = house.book.around, house.programme.zone, told.formats.tongue
    clocks = [each for each in offer.terms.conditions if isinstance(each, ClockKind)]
    entries = [each.reading(around)(local(told.now, zone), zone, True) for each in clocks]
    return [
        each.rule.said(tongue.language).format_map(type(each).words(entry, tongue))
        for each, entry in zip(clocks, entries, strict=True)
    ]


def _conditions(offer: CompiledOffer, house: House, told: Told) -> list[str]:
    """Every condition that the five facts do not say."""
    said = _times(offer, house, told)
    for each in offer.terms.conditions:
        if isinstance(each, TalliedKind):
            said.append(_counted(each, offer, told))
        elif isinstance(each, Kind) and not isinstance(each, _IN_FACTS):
            said.append(told.t("offers.condition", what=each.title.said(told.t.language)))
    return said


_IN_FACTS = (
    MinimumSpend, MaximumSpend, Centres, Shops, ShopCategories, Brands, Floors, Areas, ClockKind, PersonalKind,
    TalliedKind,
)  # fmt: skip


def _once(condition: Kind) -> TypeGuard[SpendAcross | ShopTrail]:
    """Whether what several purchases reach together earns once a period."""
    return isinstance(condition, ShopTrail) or (
        isinstance(condition, SpendAcross) and condition.repeats is Repeats.ONCE
    )


def _together(condition: SpendAcross, offer: CompiledOffer, told: Told) -> str:
    amount = told.formats.money(condition.amount, offer.terms.currency)
    period = told.t(f"offers.period.{condition.period.value}")
    if condition.shops is None:
        return told.t("offers.together", amount=amount, period=period)
    return told.t("offers.together_shops", amount=amount, period=period, n=condition.shops)


def _counted(condition: TalliedKind, offer: CompiledOffer, told: Told) -> str:
    """What several purchases must reach together, as a rule of the offer."""
    t = told.t
    if isinstance(condition, SpendAcross):
        return _together(condition, offer, told) + t(f"offers.repeats.{condition.repeats.value}")
    if isinstance(condition, ShopTrail):
        return t("offers.trail", n=condition.shops, period=t(f"offers.period.{condition.period.value}"))
    if isinstance(condition, StampCard):
        return t("offers.stamps_day" if condition.one_a_day else "offers.stamps", n=condition.every)
    assert isinstance(condition, Streak), "a count of a kind that this page does not know"
    return t("offers.streak", n=condition.weeks)


_WHOM = {
    Per.CARD: "offers.whom.card",
    Per.SHOPPER_AND_SHOP: "offers.whom.shop",
    Per.SHOP: "offers.whom.shared",
    Per.OFFER: "offers.whom.shared",
}


def _limit(limit: Limit, offer: CompiledOffer, told: Told) -> str:
    t = told.t
    period, whom = t(f"offers.period.{limit.period.value}"), "" if limit.per is Per.SHOPPER else t(_WHOM[limit.per])
    if limit.measure is Measure.AMOUNT:
        most = told.formats.tongue.amount(limit.at_most, offer.asset)
        return t("offers.limit.amount", most=most, period=period, whom=whom)
    key = "offers.limit.once" if limit.at_most == 1 else "offers.limit.times"
    return t(key, n=told.formats.number(limit.at_most), period=period, whom=whom)


def _examples(offer: CompiledOffer, house: House, told: Told) -> list[Example]:
    """A usual purchase, and the first one that the cap cuts; none where another offer or a count decides."""
    reward = offer.terms.reward
    if offer.tallies or reward.multiplies() is not None:
        return []
    usual = max(EXAMPLE_MINOR, -(-offer.least_minor // EXAMPLE_STEP_MINOR) * EXAMPLE_STEP_MINOR)
    bases = [usual]
    cap, unbounded = reward.cap_per_purchase, reward.unbounded()
    if cap is not None:
        above = next((base for base in (usual * n for n in (2, 5, 10, 20, 50)) if unbounded(base) > cap), None)
        bases += [] if above is None else [above]
    explain = reward.explainer(house.book.around)
    return [
        Example(told.formats.money(base, offer.terms.currency), _aloud(explain(_bought(base, house, told), base), told))
        for base in bases
    ]


def _bought(minor: int, house: House, told: Told) -> Spend:
    """An imagined purchase of an amount, somewhere."""
    return Spend(
        purchase_id=SOMEBODY,
        ref="",
        counts=True,
        net_minor=minor,
        gross_minor=minor,
        currency=house.programme.currency,
        purchased_at=told.now,
        cleared_at=None,
        network="",
        card_id=SOMEBODY,
        channel=None,
        shop_id=None,
        centre_id=None,
        category=None,
        brand=None,
        floor=None,
        area=None,
    )


def _aloud(entry: dict[str, Any], told: Told) -> str:
    return typographic(read_aloud(entry, told.t.language, told.formats.tongue.assets))
