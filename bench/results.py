"""`bench/results.json`: one flat object of the last figures of each part, beside the machine they come from."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from cashback.clock import SystemClock

RESULTS = Path(__file__).with_name("results.json")


class Target(NamedTuple):
    """What a figure should reach on two cores."""

    bound: float
    at_most: bool = False
    """Less is better; else the figure should be at least the bound."""

    def said(self, value: float) -> str:
        """The bound and whether a figure keeps it."""
        reached = value <= self.bound if self.at_most else value >= self.bound
        return f"at {'most' if self.at_most else 'least'} {self.bound:g}: {'reached' if reached else 'missed'}"


TARGETS = {
    "ack.ratio": Target(0.5),
    "road.vs_orm": Target(8.0),
    "road.vs_tpcb": Target(1.0),
    "growth.ratio": Target(0.8),
    "depth.ratio": Target(0.5),
    "books.road_ratio": Target(0.97),
    "books.lag_p99_s": Target(10.0, at_most=True),
    "books.seal_per_s": Target(50_000),
    "books.verify_per_s": Target(100_000),
    "books.export_mb": Target(200, at_most=True),
    "rules.vs_zen": Target(5.0),
    "rules.us_per_purchase": Target(60.0, at_most=True),
    "rules.growth": Target(6.0, at_most=True),
    "recognise.once": Target(0.995),
    "recognise.earned_twice": Target(0, at_most=True),
    "recognise.unexplained_minor": Target(0, at_most=True),
    "bank.write_peak_mb": Target(50.0, at_most=True),
    "bank.read_peak_mb": Target(50.0, at_most=True),
    "statement.s": Target(60.0, at_most=True),
    "match.precision_low": Target(0.995),
    "match.recall": Target(0.6),
    "match.harsh_precision_low": Target(0.99),
    "match.harsh_recall": Target(0.45),
    "match.ece": Target(0.02, at_most=True),
    "match.accepted_ties": Target(0.0, at_most=True),
    "match.per_s": Target(1_000.0),
    "match.single_p95_ms": Target(10.0, at_most=True),
    "match.growth": Target(10.0, at_most=True),
    "match.stream_precision": Target(0.995),
    "match.stream_recall": Target(0.85),
    "match.identifier_p50_ms": Target(1.0, at_most=True),
    "mature.ratio": Target(0.5),
    "pages.demo_p95_ms": Target(200.0, at_most=True),
    "pages.p95_ms": Target(500.0, at_most=True),
    "score.vs_bare": Target(1.5, at_most=True),
    "score.p99_us": Target(1_000.0, at_most=True),
    "score.auc_taiwan": Target(0.780),
    "score.auc_spain": Target(0.838),
    "score.auc_german": Target(0.775),
    "score.cells": Target(250, at_most=True),
    "score.schedules_wrong": Target(0, at_most=True),
}

_DIGITS = {"match": 5, "score": 4}
"""Decimal places of the parts whose figures are shares close to one; three of the others."""

Value = float | str
Results = dict[str, Value]


def merge(figures: Mapping[str, Value], postgresql: str) -> Results:
    """Put new figures in the place of those of the same part, keep the other parts, and store them."""
    parts = {name.partition(".")[0] for name in figures}
    held: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept = {name: value for name, value in held.items() if name.partition(".")[0] not in parts}
    merged: Results = {
        **kept,
        **{
            name: value if isinstance(value, str) else round(value, _DIGITS.get(name.partition(".")[0], 3))
            for name, value in figures.items()
        },
    }
    merged |= {
        "machine": _machine(),
        "cpus": os.cpu_count() or 0,
        "python": platform.python_version(),
        "postgresql": postgresql,
        "date": SystemClock().now().isoformat(timespec="seconds"),
    }
    RESULTS.write_text(json.dumps(dict(sorted(merged.items())), indent=2) + "\n")
    return merged


def show(results: Results) -> None:
    """Print all figures, with the target where there is one."""
    table = Table("figure", "value", "target", title="; ".join(str(results[name]) for name in _ABOUT))
    for name, value in results.items():
        if name in _ABOUT or isinstance(value, str):
            continue
        target = TARGETS.get(name)
        table.add_row(
            name, f"{value:,.{4 if name.startswith('match.') else 2}f}", "" if target is None else target.said(value)
        )
    Console().print(table)


_ABOUT = ("machine", "cpus", "python", "postgresql", "date")


def _machine() -> str:
    """The processor as Linux names it, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {platform.system()} {platform.release()}"
