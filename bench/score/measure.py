"""`python -m bench score`. `SCORE_DATA` names the folder of the data sets.

Without it, or without the extra `score-peers`, the figures that need them are left out, and said so.
"""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from time import perf_counter_ns

import numpy as np

from bench.score import peers
from bench.score.bare import bare, columns_of
from eligibility import (
    Application,
    History,
    Instrument,
    Purchase,
    Sealer,
    Terms,
    Told,
    decide,
    features_of,
    shipped_rulebook,
    split,
)
from eligibility.training import Options, Table, cross_validate, read_table, train

Figures = dict[str, float]
SHOPPERS = 500
ROUNDS = 60
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
ORIGIN = {
    "as_of": NOW.isoformat(),
    "shopper": "0193b0a2f3c27d1e8f5a9c4b6d7e8f90",
    "told": [
        {"read_at": NOW.isoformat(), "source": "purchases"},
        {"read_at": NOW.isoformat(), "source": "instalments"},
    ],
}
SETS = {
    "taiwan": (
        "taiwan_default.csv.gz",
        "default-payment-next-month",
        "1",
        ("ID",),
        ("SEX", "AGE", "EDUCATION", "MARRIAGE"),
    ),
    "spain": ("credit_spain.csv.gz", "Status", "bad", (), ("Age", "Marital")),
    "german": (
        "german_credit.csv.gz",
        "creditability",
        "bad",
        ("telephone",),
        ("personal_status_and_sex", "age_in_years", "foreign_worker"),
    ),
}
"""File, target, its bad value, columns dropped, protected columns held out as groups."""


def measure() -> Figures:
    """Every figure of the part."""
    return _speed() | _schedules() | _ranking()


def history(draw: Random) -> History:
    """One shopper with everything known."""
    due = draw.randint(1, 40)
    return History(
        visits_total=draw.randint(3, 90),
        days_linked=draw.randint(30, 900),
        months_linked=draw.randint(1, 30),
        active_months_6=draw.randint(0, 6),
        gap_variation_bps=draw.randint(0, 20_000),
        days_since_visit=draw.randint(0, 120),
        visits_90d=draw.randint(0, 15),
        distinct_shops=draw.randint(0, 10),
        median_basket_minor=draw.randint(5_00, 200_00),
        median_month_minor=draw.randint(100_00, 900_00),
        lost_chargebacks=draw.choice((0, 0, 0, 1)),
        refund_excess_bps=draw.choice((0, 0, 600)),
        instalments_due=due,
        instalments_on_time=due,
        worst_days_late_12m=0,
        months_since_late=None,
        open_incident=False,
        plans_completed=due // 3,
        clean_plans=due // 3,
        failed_authorisations=0,
        plans_active=0,
        in_arrears=False,
        exposure_minor=0,
        open_monthly_minor=0,
        last_plan_at=None,
        last_refusal_at=None,
    )


def _speed() -> Figures:
    rulebook, draw = shipped_rulebook(), Random(7)
    histories = [history(draw) for _ in range(SHOPPERS)]
    features = [features_of(each, amount_minor=120_00, instalment_minor=60_00, cap_minor=300_00) for each in histories]
    columns, sealer = columns_of(rulebook.card), Sealer(rulebook.card)
    assert all(sealer.seal(each, ORIGIN).score == bare(columns, each)[0] for each in features), (
        "the floor scores the same"
    )
    applications = [_application(each) for each in histories]
    ours, floor, whole = [], [], []
    for round_number in range(ROUNDS):
        keep = round_number >= 5
        for taken, calls in (
            (floor, [lambda each=each: bare(columns, each) for each in features]),
            (ours, [lambda each=each: sealer.seal(each, ORIGIN) for each in features]),
        ):
            taken += _timed(calls) if keep else _timed(calls)[:0]
        if round_number % 10 == 0:
            whole += _timed([lambda each=each: decide(rulebook, each) for each in applications])
    p50, p99 = np.percentile(ours, [50, 99])
    return {
        "score.p50_us": p50,
        "score.p99_us": p99,
        "score.bare_p50_us": float(np.median(floor)),
        "score.vs_bare": p50 / float(np.median(floor)),
        "score.decision_p50_us": float(np.median(whole)),
        "score.decision_p99_us": float(np.percentile(whole, 99)),
    }


def _timed(calls: list[Callable[[], object]]) -> list[float]:
    """Microseconds of each call."""
    taken = []
    for call in calls:
        begin = perf_counter_ns()
        call()
        taken.append((perf_counter_ns() - begin) / 1000)
    return taken


def _application(each: History) -> Application:
    today = date(2026, 12, 1)
    return Application(
        decision_id="dec-1",
        shopper="pseudonym-1",
        as_of=NOW,
        of_age=True,
        country="FR",
        purchase=Purchase(
            amount_minor=120_00,
            currency="EUR",
            made_on=today,
            supplied_on=today,
            category="5651",
            online=False,
            large_company=False,
        ),
        instrument=Instrument(prepaid=False, expires_on=date(2029, 1, 31), strong_authentication=True),
        history=each,
        told=tuple(Told(source=name, read_at=NOW) for name in ("purchases", "instalments")),
        plans=(Terms(id="2x", count=2), Terms(id="3x24", count=3, every_days=24)),
    )


def _schedules() -> Figures:
    """Every amount from the least to 1,000,000 in 2 to 12 parts: how many do not sum to it."""
    wrong = 0
    for count in range(2, 13):
        wrong += sum(sum(split(amount, count)) != amount for amount in range(count * 100, 1_000_001))
    return {"score.schedules_wrong": wrong}


def _ranking() -> Figures:
    folder = os.environ.get("SCORE_DATA")
    if folder is None:
        print("score: SCORE_DATA names no folder of data sets; nothing was trained", flush=True)
        return {}
    figures: Figures = {}
    cells = 0
    for name in ("taiwan", "spain"):
        trained = train(_table(Path(folder), name), Options(card_id=name))
        area = trained.model["ranking"]["auc"]
        cells = max(cells, trained.fitted.card.cells)
        print(f"score: {name} AUC {area['value']}, {area['low']} to {area['high']} (95 %)", flush=True)
        figures[f"score.auc_{name}"] = float(area["value"])
    found = cross_validate(_table(Path(folder), "german"), folds=5, seeds=10, told=lambda _: None)
    print(f"score: german AUC {found.value:.4f}, {found.low:.4f} to {found.high:.4f} over the draws", flush=True)
    figures |= {"score.auc_german": float(found.value), "score.cells": cells}
    return figures | peers.measure(_table(Path(folder), "spain"))


def _table(folder: Path, name: str) -> Table:
    file, target, bad, drop, groups = SETS[name]
    return read_table(folder / file, target=target, bad=bad, drop=drop, groups=groups, research=True)
