"""Strategies: a shopper's life as messages of the sandbox network, and the ways in which it can be told.

`LAWS=thorough` in the environment tries every law many times harder than every day.

A life is the truth: every message has its own network time, so that telling it in another order, twice, or in other
batches changes nothing of what it says.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from world import CENTRE, authorization, clearing, day, decline, refund, reversal

EXAMPLES = 1000 if os.environ.get("LAWS") == "thorough" else 14
"""Lives tried against the database; the pure functions see sixteen times as many."""
LAW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)

PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points},
     conversion: {threshold: 30, into: EUR, amount: "3.00", yearly_limit: 1}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - {code: points, conditions: [{kind: minimum_spend, amount: "10.00"}],
     reward: {kind: fixed, asset: PTS, amount: 10}, hold_days: 10}
  - {code: percent, conditions: [{kind: minimum_spend, amount: "12.00"}], hold_days: 30, budget: "90000.00",
     reward: {kind: percent, asset: EUR, rate_bps: 333, cap_per_purchase: "2.50"}}
  - {code: reading, conditions: [{kind: shops, shops: [books]}],
     reward: {kind: percent, asset: EUR, rate_bps: 450, rounding: down}}
  - {code: parking, reward: {kind: per_unit, asset: PARKMIN, units: 15, per: "5.00"}}
"""
)
EXPIRING = PROGRAMME.replace("hold_days: 10", "hold_days: 10, expires_after_days: 40, notice_days: 5").replace(
    "hold_days: 30,", "hold_days: 30, expires_after_days: 20,"
)
"""The same, and points and percents expire; what is earned by reading does not."""
END_DAY = 140
"""In March: a year has turned on the way, and what did not clear has lapsed."""

Body = dict[str, Any]
AMOUNTS = st.sampled_from([4_50, 9_99, 10_00, 12_50, 20_00, 33_33, 100_00])
DAYS = st.integers(0, 75)
MIDS = st.sampled_from(["1001", "1001", "1002", "9999"])


@st.composite
def _one_purchase(draw: st.DrawFn, ref: str) -> list[Body]:
    """One of the ways in which a purchase can go; some never clear, some clear after they lapsed."""
    at, amount, mid = day(draw(DAYS), hour=draw(st.integers(0, 9))), draw(AMOUNTS), draw(MIDS)
    cleared = at + timedelta(days=draw(st.sampled_from([0, 1, 3, 35])))
    told: list[Body] = []
    way = draw(st.sampled_from(["plain", "tip", "split", "no clearing", "reversed", "clearing only", "final"]))
    if way != "clearing only":
        told.append(authorization(ref, amount, at=at, mid=mid, final=way == "final"))
    if way == "reversed":
        told.append(reversal(ref, draw(st.sampled_from([amount, amount // 2])), at=at, mid=mid))
    if way in ("plain", "clearing only"):
        told.append(clearing(ref, amount, at=cleared, mid=mid))
    if way == "tip":
        told.append(clearing(ref, amount + amount // 8, at=cleared, mid=mid))
    if way == "split":
        part = amount // 3
        told.append(clearing(ref, part, at=cleared, mid=mid, fact=f"{ref}-1"))
        told.append(clearing(ref, amount - part, at=cleared + timedelta(days=2), mid=mid, fact=f"{ref}-2"))
    if draw(st.integers(0, 5)) == 0:
        last = told[-1]
        corrected = cleared + timedelta(days=4)
        told.append({**last, "amount_minor": draw(AMOUNTS), "created_at": corrected.isoformat()})
    return told


@st.composite
def _one_refund(draw: st.DrawFn, name: str, purchases: int) -> list[Body]:
    """A refund that names a purchase, one that names none, or one told both ways under the same fact."""
    at, amount, mid = day(draw(DAYS) + 1), draw(AMOUNTS), draw(MIDS)
    of = f"p{draw(st.integers(0, purchases - 1))}"
    unlinked, linked = refund(name, amount, at=at, mid=mid), refund(name, amount, at=at, mid=mid, of=of)
    way = draw(st.sampled_from(["linked", "unlinked", "unlinked", "both", "corrected"]))
    if way == "corrected":
        later = (at + timedelta(days=2)).isoformat()
        return [linked, {**linked, "amount_minor": amount // 2, "created_at": later}]
    return {"linked": [linked], "unlinked": [unlinked], "both": [unlinked, linked]}[way]


@st.composite
def lives(draw: st.DrawFn, *, purchases_max: int = 7) -> list[Body]:
    """Everything that the network will ever say of one card."""
    purchases = draw(st.integers(1, purchases_max))
    told: list[Body] = []
    for number in range(purchases):
        told += draw(_one_purchase(f"p{number}"))
    for number in range(draw(st.integers(0, 3))):
        told += draw(_one_refund(f"r{number}", purchases))
    if draw(st.booleans()):
        told.append(decline("declined", draw(AMOUNTS), at=day(draw(DAYS))))
    return told


@dataclass(frozen=True, slots=True)
class Telling:
    """In which order a life is told, what of it twice, and how much of it before each instant."""

    order: list[int]
    stops: list[int]
    """Position in `order` up to which all was told when each instant of the timetable came."""


@st.composite
def tellings(draw: st.DrawFn, length: int, instants: int) -> Telling:
    """Any permutation with any duplication, cut anywhere."""
    order = list(draw(st.permutations(range(length))))
    for again in draw(st.lists(st.integers(0, length - 1), max_size=4)):
        order.insert(draw(st.integers(0, len(order))), again)
    stops = sorted(draw(st.lists(st.integers(0, len(order)), min_size=instants, max_size=instants)))
    return Telling(order, stops)
