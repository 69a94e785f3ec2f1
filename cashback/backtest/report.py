"""The answer of a backtest as plain JSON; its fields are described in `docs/backtest.md`. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cashback.backtest.books import Books
from cashback.backtest.granting import Entry, Worlds
from cashback.backtest.resampling import RESAMPLES, cost_range
from cashback.backtest.stored import Shops
from cashback.backtest.totals import NEW_NUMBER, Totals
from cashback.money import BPS
from cashback.offers.limits import TOTAL
from cashback.offers.terms import Funder, Terms
from cashback.programmes.schemas import Programme, currency_of

SHOWN_MAX = 50
"""Shops and used-up quotas that are listed, the largest and the earliest."""

_NOTES = {
    "behaviour": "Shoppers are taken to buy what they bought: whom the offer would have brought is not counted.",
    "activation": "Nobody could activate an offer that did not exist: only activations that are stored count.",
    "facts": "Segments, tiers and tags are those on record now for the time of each purchase.",
    "final_net": "Each purchase asks quotas once, by its own time and at its final net; what was given back later was "
    "never lent to others.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that was found."""

    programme: Programme
    books: Books
    shops: Shops
    totals: Totals
    worlds: Worlds
    exact: bool
    """Whether the quotas came to rest."""


def report(outcome: Outcome, first: date, until: date, seed: int) -> dict[str, Any]:
    """The whole answer."""
    totals, new = outcome.totals, outcome.books.new
    refused = outcome.worlds.refused(new.offer_id)
    spread = cost_range(totals.costs, totals.shoppers, seed, new.terms.budget)
    notes = dict(_NOTES)
    if not outcome.exact:
        notes["quotas_unsettled"] = "The quotas did not come to rest in the passes allowed: read the cost as near."
    if totals.undecided:
        notes["time_undecided"] = (
            f"Of {totals.undecided} of the purchases at places of the offer the time is not told precisely enough: "
            "each condition's unsure decided."
        )
    if new.terms.budget is not None:
        notes["range_below_budget"] = "The range never lies above the budget."
    return {
        "offer": new.code,
        "asset": new.asset,
        "from": first.isoformat(),
        "to": until.isoformat(),
        "zone": outcome.programme.zone.key,
        "replaces": outcome.books.replaces,
        "considered": {"purchases": totals.purchases, "shoppers": totals.shoppers},
        "rewarded": _rewarded(totals),
        "cost": _cost(outcome, new.terms),
        "budget": _budget(outcome, refused),
        "used_up": _used_up(outcome, refused),
        "range": {"p5": spread.p5, "p50": spread.p50, "p95": spread.p95, "resamples": RESAMPLES, "seed": seed},
        "held_out": {"shoppers": totals.held_out_shoppers, "wanted": totals.held_out_wanted},
        "overlap": _overlap(outcome),
        "net_change": _net_change(outcome),
        "notes": [{"code": code, "text": text} for code, text in notes.items()],
    }


def split(amount: int, terms: Terms) -> dict[str, int]:
    """What each funder pays, by largest remainder: the parts are the whole."""
    shares = {each.funder.value: each.share_bps for each in terms.funding} or {Funder.OPERATOR.value: BPS}
    parts = {funder: amount * share // BPS for funder, share in shares.items()}
    left = amount - sum(parts.values())
    by_remainder = sorted(shares, key=lambda funder: (-(amount * shares[funder] % BPS), funder))
    for funder in by_remainder[:left]:
        parts[funder] += 1
    return parts


def _rewarded(totals: Totals) -> dict[str, int]:
    return {
        "purchases": totals.rewarded_purchases,
        "shoppers": totals.rewarded_shoppers,
        "shops": len(totals.purchases_by_shop),
        "net_minor": totals.rewarded_net_minor,
        "purchases_bps": _share(totals.rewarded_purchases, totals.purchases),
        "shoppers_bps": _share(totals.rewarded_shoppers, totals.shoppers),
    }


def _cost(outcome: Outcome, terms: Terms) -> dict[str, Any]:
    totals, asset = outcome.totals, outcome.books.new.asset
    total = sum(totals.by_day.values())
    cost: dict[str, Any] = {"total": total}
    if currency_of(asset) is not None:
        parts = split(total, terms)
        others = total - parts.get(Funder.OPERATOR.value, 0)
        commission = (2 * others * terms.commission_bps + BPS) // (2 * BPS)
        cost |= {"funders": parts, "commission": commission}
    cost["by_day"] = [
        {"day": date.fromordinal(day).isoformat(), "amount": amount, "purchases": totals.purchases_by_day[day]}
        for day, amount in sorted(totals.by_day.items())
    ]
    cost["by_shop"] = [
        {"shop": outcome.shops.codes[shop], "amount": amount, "purchases": totals.purchases_by_shop[shop]}
        for shop, amount in sorted(totals.by_shop.items(), key=lambda each: (-each[1], each[0]))[:SHOWN_MAX]
    ]
    return cost


def _budget(outcome: Outcome, refused: Sequence[Entry]) -> dict[str, Any] | None:
    """What the budget gave, the day from which it was not enough, and what was wanted beyond."""
    budget = outcome.books.new.terms.budget
    if budget is None:
        return None
    drawn, _ = outcome.worlds.joined.drawn.get((outcome.books.new.offer_id, TOTAL), (0, 0))
    left = budget - drawn - sum(outcome.totals.by_day.values())
    short = [entry for entry in refused if entry.cut == TOTAL]
    return {
        "amount": budget,
        "left": max(0, left),
        "ends_on": _day(outcome, short[0]) if short else None,
        "refused_purchases": sum(1 for entry in short if not entry.held),
        "wanted_after": sum(entry.wanted - entry.held for entry in short),
    }


def _used_up(outcome: Outcome, refused: Sequence[Entry]) -> list[dict[str, Any]]:
    """Shared limits by the day on which they first gave less than was asked."""
    first: dict[str, dict[str, Any]] = {}
    for entry in refused:
        if entry.cut in ("", TOTAL):
            continue
        known = first.setdefault(
            entry.cut, {"limit": entry.cut, "on": _day(outcome, entry), "purchases": 0, "wanted": 0}
        )
        known["purchases"] += 1
        known["wanted"] += entry.wanted - entry.held
    return list(first.values())[:SHOWN_MAX]


def _overlap(outcome: Outcome) -> list[dict[str, Any]]:
    """By offer that runs, in the order of codes; those that never meet the new one are left out."""
    totals, books = outcome.totals, outcome.books
    found = []
    for number, (code, asset) in enumerate(zip(books.codes, books.assets, strict=True)):
        difference = totals.with_it[number] - totals.bare[number]
        both = totals.both[number]
        if number == NEW_NUMBER or (not both and not difference):
            continue
        wins, loses = totals.wins[number], totals.loses[number]
        found.append(
            {
                "offer": code,
                "asset": asset,
                "both": both,
                "new_wins": wins,
                "new_loses": loses,
                "side_by_side": both - wins - loses,
                "difference": difference,
            }
        )
    return sorted(found, key=lambda each: str(each["offer"]))


def _net_change(outcome: Outcome) -> dict[str, int]:
    """What the programme gives with the offer, less what it gives without, by asset."""
    change: Counter[str] = Counter({outcome.books.new.asset: 0})
    for number, asset in enumerate(outcome.books.assets):
        change[asset] += outcome.totals.with_it[number] - outcome.totals.bare[number]
    return {asset: amount for asset, amount in sorted(change.items()) if amount or asset == outcome.books.new.asset}


def _day(outcome: Outcome, entry: Entry) -> str:
    return entry.at.astimezone(outcome.programme.zone).date().isoformat()


def _share(part: int, whole: int) -> int:
    return (2 * part * BPS + whole) // (2 * whole) if whole else 0
