"""What came of an offer: given, sold, its effect against the hold-out, steps, days, shops, newcomers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cashback.figures.offer_days import OfferDay, by_shop, days_of
from cashback.figures.offer_days import as_of as counted_as_of
from cashback.figures.offer_effects import STALE_AFTER, Effect, read_effect
from cashback.figures.uplift import Span, TooFew, Uplift
from cashback.offers.compiled import CompiledOffer
from cashback.offers.life import Status as Life
from cashback.programmes.schemas import currency_of
from cashback.web.console.charts import Bar, Chart, Series
from cashback.web.console.frame import Call
from cashback.web.console.offers.states import Stand
from cashback.web.shopper.offer_facts import shops_of

CHART_DAYS = 90
SHOPS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with what it is compared with; `part` of a budget in percent, where there is one."""

    name: str
    value: str
    note: str
    part: int | None = None


@dataclass(frozen=True, slots=True)
class ShopLine:
    """One shop of the offer."""

    name: str
    purchases: str
    spent: str
    given: str


@dataclass(frozen=True, slots=True)
class Results:
    """What is shown of an offer that was live."""

    tiles: Sequence[Tile]
    effect: str
    """The uplift in one sentence, or why there is none yet."""
    effect_more: str
    sure: bool
    chart: Chart | None
    funnel: Sequence[Bar]
    shops: Sequence[ShopLine]
    newcomers: str
    measuring: bool
    as_of: str


async def results_of(call: Call, offer: Stand) -> Results | None:
    """The results of an offer; None before it was live. What is not measured yet is measured beside the page."""
    compiled = _compiled(call, offer)
    if compiled is None:
        return None
    effect = await read_effect(call.connection, call.operator_id, offer.history.offer_id)
    measuring = _measured(call, compiled, effect)
    days = await days_of(call.connection, call.operator_id, offer.history.offer_id)
    said, more, sure = _effect(call, effect, days, compiled, over=offer.life is Life.ENDED or offer.days_over)
    return Results(
        tiles=_tiles(call, days, compiled),
        effect=said,
        effect_more=more,
        sure=sure,
        chart=_chart(call, days, compiled.asset),
        funnel=_funnel(call, effect),
        shops=_shops(call, days, compiled.asset),
        newcomers=_newcomers(call, days),
        measuring=measuring,
        as_of=await counted(call),
    )


async def counted(call: Call) -> str:
    """When the days of offers were counted last; empty before the first time."""
    at = await counted_as_of(call.connection, call.operator_id)
    return "" if at is None else call.formats.moment(at, call.zone)


def _compiled(call: Call, offer: Stand) -> CompiledOffer | None:
    """The version that is live, else the one that was last, if it has begun."""
    version = offer.live or offer.last
    if version is None or (version.live_from is not None and version.live_from > call.now):
        return None
    code, number = offer.history.code, version.version
    return next((each for each in call.programme.book.offers if (each.code, each.version) == (code, number)), None)


def _measured(call: Call, offer: CompiledOffer, effect: Effect | None) -> bool:
    """Have it measured where that is due; whether it is under way."""
    measures, operator_id = call.web.desk.measures, call.operator_id
    ended = effect is not None and offer.live_until <= effect.as_of
    if effect is None or (call.now - effect.as_of >= STALE_AFTER and not ended):
        shops = [each.id for each in shops_of(offer, call.programme)]
        measures.begin(offer, shops, operator_id, call.programme.programme.holdout_bps)
    return measures.under_way(operator_id, offer.offer_id)


def _tiles(call: Call, days: Sequence[OfferDay], offer: CompiledOffer) -> list[Tile]:
    t, formats, currency = call.t, call.formats, call.programme.programme.currency
    given, spent = sum(each.amount for each in days), sum(each.net_minor for each in days)
    purchases = sum(each.purchases for each in days)
    budget, part, note = offer.terms.budget, None, t("console.offers.no_budget_long")
    if budget is not None:
        part = min(100, given * 100 // budget)
        note = t(
            "console.offers.share_of_budget",
            share=formats.share(given, budget),
            amount=formats.tongue.amount(budget, offer.asset),
        )
    average = formats.money(spent // purchases, currency) if purchases else "–"
    return [
        Tile("console.offers.tile.given", formats.tongue.amount(given, offer.asset), note, part),
        Tile(
            "console.offers.tile.purchases", formats.number(purchases), t("console.offers.tile.average", amount=average)
        ),
        Tile("console.offers.tile.sales", formats.money(spent, currency), t("console.offers.tile.sales_hint")),
        Tile(
            "console.offers.tile.newcomers",
            formats.share(sum(each.newcomers for each in days), purchases),
            t("console.offers.tile.newcomers_hint"),
        ),
    ]


def _effect(
    call: Call, effect: Effect | None, days: Sequence[OfferDay], offer: CompiledOffer, *, over: bool
) -> tuple[str, str, bool]:
    t = call.t
    if effect is None:
        return t("console.offers.effect.unmeasured"), "", False
    found = effect.compared
    if isinstance(found, TooFew):
        number = call.formats.number
        if found.what == "holdout":
            return _no_holdout(call, offer, over=over), "", False
        key = f"console.offers.effect.few.{found.what}"
        return t(key, have=number(found.have), want=number(found.want)), "", False
    return _uplift(call, effect, found, days, offer.asset)


def _no_holdout(call: Call, offer: CompiledOffer, *, over: bool) -> str:
    """Why nobody was kept from the offer: its group is empty, or it has none (mended only while it runs)."""
    if offer.holdout_bps:
        return call.t("console.offers.effect.few.empty", share=call.formats.tongue.rate(offer.holdout_bps))
    return call.t("console.offers.effect.few." + ("over" if over else "holdout"))


def _uplift(call: Call, effect: Effect, found: Uplift, days: Sequence[OfferDay], asset: str) -> tuple[str, str, bool]:
    t, tongue, currency = call.t, call.formats.tongue, call.programme.programme.currency

    def percent(value: float) -> str:
        sign = "+" if value > 0 else "\u2212" if value < 0 else ""
        return sign + tongue.rate(abs(round(value * 1_000)) * 10)

    def money(value: float) -> str:
        return call.formats.money(round(value), currency)

    share, total = found.share, found.total
    said = t(
        "console.offers.effect.share", value=percent(share.value), low=percent(share.low), high=percent(share.high)
    )
    more = t("console.offers.effect.sales", value=money(total.value), low=money(total.low), high=money(total.high))
    first, last = (each.astimezone(call.zone).date() for each in (effect.since, effect.until))
    given = sum(each.amount for each in days if first <= each.day <= last)
    if currency_of(asset) == currency and given:
        more += " " + t("console.offers.effect.return", **_per_unit(total, given, call))
    number = call.formats.number
    more += " " + t(
        "console.offers.effect.of", reached=number(effect.reached.members), held=number(effect.held.members)
    )
    return said, more, share.sure


def _per_unit(total: Span, given: int, call: Call) -> dict[str, str]:
    """Sales gained for one unit of money given."""
    currency = call.programme.programme.currency
    values = {"value": total.value, "low": total.low, "high": total.high}
    told = {name: call.formats.money(round(each * 100 / given), currency) for name, each in values.items()}
    return {**told, "one": call.formats.money(100, currency)}


def _chart(call: Call, days: Sequence[OfferDay], asset: str) -> Chart | None:
    if len(days) < 2:
        return None
    last = days[-1].day
    first = max(days[0].day, last - timedelta(days=CHART_DAYS - 1))
    amounts = {each.day: each.amount for each in days}
    run = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    values = [amounts.get(day, 0) for day in run]
    tongue, t = call.formats.tongue, call.t

    def said(value: float) -> str:
        return tongue.amount(round(value), asset)

    def name(day: date) -> str:
        return tongue.day(day).rsplit(" ", 1)[0]

    total = said(sum(values))
    return Chart(
        "given",
        t("console.offers.chart"),
        t("console.offers.chart_said", total=total, first=tongue.day(first), last=tongue.day(last)),
        [name(day) for day in run],
        [Series(t("console.offers.chart_line"), values)],
        said,
        said,
    )


def _funnel(call: Call, effect: Effect | None) -> list[Bar]:
    if effect is None or not effect.reached.members:
        return []
    arm = effect.reached
    steps = [("reached", arm.members), ("bought", arm.buyers), ("earned", arm.earners)]
    if effect.activated is not None:
        steps.insert(1, ("activated", effect.activated))
    found: list[Bar] = []
    before = arm.members
    for name, count in steps:
        note = "" if name == "reached" else call.formats.share(count, before)
        found.append(Bar(call.t(f"console.offers.step.{name}"), call.formats.number(count), note, count / arm.members))
        before = count or 1
    return found


def _shops(call: Call, days: Sequence[OfferDay], asset: str) -> list[ShopLine]:
    shops, formats, currency = call.programme.snapshot.shops.shops, call.formats, call.programme.programme.currency
    return [
        ShopLine(
            shops[shop_id].name if shop_id in shops else shop_id.hex,
            formats.number(purchases),
            formats.money(spent, currency),
            formats.tongue.amount(given, asset),
        )
        for shop_id, purchases, spent, given in by_shop(days)[:SHOPS_SHOWN]
    ]


def _newcomers(call: Call, days: Sequence[OfferDay]) -> str:
    purchases, newcomers = sum(each.purchases for each in days), sum(each.newcomers for each in days)
    if not purchases:
        return ""
    number = call.formats.number
    return call.t("console.offers.newcomers", new=number(newcomers), old=number(purchases - newcomers))
