"""The part `match`: brands the model never saw, complete lists of outlets, no identifiers; clean and harsher.

Precision has lower bounds of 95 %, counted by transaction and by MID; recall is of all transactions in shops of the
programme, also those that nobody could place. Costs are processor time of one thread.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median, quantiles

from bench.match.corpus import Row, make_corpus, split_of
from bench.match.places import imagined_places
from bench.match.scoring import Accepted, calibration_error, clopper_pearson, lower_bound
from bench.match.texts import CLEAN, HARSH, Shares
from bench.match.world import Plan, make_world
from cashback.merchants.evidence import Catalogue, Decision, EvidenceMatcher, Outcome, Sighting, Tier

HELD_OUT = frozenset({8, 9})
SEEDS = range(5_800, 5_805)
ROWS = 20_000
_CORPORA = ((CLEAN, 1.0), (HARSH, 1.0), (CLEAN, 0.7))
"""Shares of corruption, and the share of brands whose lists of outlets are complete."""
CURVE = (0.0, 0.9, 0.95, 0.98, 0.985, 0.99, 0.993, 0.996)
SIZES = (1_000, 10_000, 100_000)
COST_ROWS, COST_ROUNDS, SINGLE = 3_000, 3, 1_000
SHOPS_PER_PLACE = 70

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Answered:
    """A labelled row and what the matcher said."""

    row: Row
    outcome: Outcome
    world: int

    @property
    def right(self) -> bool:
        """Whether the shop it names is the label."""
        return self.outcome.shop == self.row.shop != ""

    @property
    def mid(self) -> str:
        """Its MID, of its world."""
        return f"{self.world} {self.row.mid}"


def measure() -> Figures:
    """All figures of the part; the curve is printed."""
    os.environ["OMP_NUM_THREADS"] = "1"
    asked = [(shares, complete, seed) for shares, complete in _CORPORA for seed in SEEDS]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(pool.map(answers, *zip(*asked, strict=True)))
    clean, harsh, partly = (
        [
            each
            for (shares, complete, _), part in zip(asked, found, strict=True)
            if (shares, complete) == corpus
            for each in part
        ]
        for corpus in _CORPORA
    )
    figures: Figures = {}
    for prefix, part in (("", clean), ("harsh_", harsh)):
        figures |= {f"match.{prefix}{name}": value for name, value in quality(part).items()}
    figures |= {f"match.partly_{name}": value for name, value in quality(partly).items()}
    print(table(clean, harsh), flush=True)
    figures |= cost()
    return figures


def answers(shares: Shares, complete: float, seed: int) -> list[Answered]:
    """What the matcher says of brands it was not trained on, in a world of its own."""
    world = make_world(Plan(seed, complete=complete))
    matcher = EvidenceMatcher(Catalogue.compile(*world.catalogue()))
    rows = [row for row in make_corpus(world, shares, seed, ROWS) if split_of(row.brand) in HELD_OUT]
    outcomes = matcher.match_many([row.sighting for row in rows])
    return [Answered(row, outcome, seed) for row, outcome in zip(rows, outcomes, strict=True)]


def quality(found: Sequence[Answered]) -> Figures:
    """Precision with both bounds, recall, ECE, and what went wrong on a tie."""
    accepted = [each for each in found if each.outcome.decision is Decision.ACCEPT]
    return {
        **_bounds(accepted, found),
        "ece": calibration_error([(each.outcome.probability, each.right) for each in found]),
        "accepted_ties": float(sum(each.outcome.tie for each in accepted)),
        "review_share": sum(each.outcome.decision is Decision.REVIEW for each in found) / len(found),
        "rows": float(len(found)),
    }


def _bounds(accepted: Sequence[Answered], found: Sequence[Answered]) -> Figures:
    right = sum(each.right for each in accepted)
    cases = [Accepted(each.outcome.probability, False, each.right, each.mid) for each in accepted]
    return {
        "precision": right / max(1, len(accepted)),
        "precision_low": clopper_pearson(right, len(accepted)),
        "precision_low_by_mid": lower_bound(cases),
        "recall": right / sum(bool(each.row.shop) for each in found),
    }


def table(clean: Sequence[Answered], harsh: Sequence[Answered]) -> str:
    """The curve and the strata, as Markdown."""
    lines = [
        "| accept from | clean: wrong of | low | low by MID | recall | harsher: wrong of | low | low by MID | recall |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for level in CURVE:
        cells = [f"{level:g}" if level else "the model's"]
        for found in (clean, harsh):
            accepted = [each for each in found if _accepted_at(each, level)]
            bounds = _bounds(accepted, found)
            wrong = len(accepted) - sum(each.right for each in accepted)
            cells += [f"{wrong} of {len(accepted):,}", f"{bounds['precision_low']:.4f}"]
            cells += [f"{bounds['precision_low_by_mid']:.4f}", f"{bounds['recall']:.3f}"]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| proof | clean: wrong of | recall | harsher: wrong of | recall |", "|---|---|---|---|---|"]
    for tier in Tier:
        cells = [tier.value]
        for found in (clean, harsh):
            inside = [each for each in found if each.outcome.tier is tier and each.outcome.decision is Decision.ACCEPT]
            right = sum(each.right for each in inside)
            cells += [f"{len(inside) - right} of {len(inside):,}"]
            cells += [f"{right / sum(bool(each.row.shop) for each in found):.3f}"]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| stratum | rows | accepted | wrong | to review | rejected |", "|---|---|---|---|---|---|"]
    for stratum in sorted({each.row.stratum for each in clean}):
        inside = [each for each in clean if each.row.stratum == stratum]
        counts = [sum(each.outcome.decision is decision for each in inside) for decision in Decision]
        wrong = sum(each.outcome.decision is Decision.ACCEPT and not each.right for each in inside)
        lines.append(f"| {stratum} | {len(inside):,} | {counts[0]:,} | {wrong} | {counts[1]:,} | {counts[2]:,} |")
    lines += ["", "| said | rows | was so |", "|---|---|---|"]
    for low in range(0, 20, 2):
        inside = [each for each in clean if low <= min(19, int(each.outcome.probability * 20)) < low + 2]
        said = sum(each.outcome.probability for each in inside) / max(1, len(inside))
        lines.append(f"| {said:.3f} | {len(inside):,} | {sum(e.right for e in inside) / max(1, len(inside)):.3f} |")
    return "\n".join(lines)


def _accepted_at(each: Answered, level: float) -> bool:
    """Accepted, had the model's thresholds been this one level; no level means its own."""
    if not level:
        return each.outcome.decision is Decision.ACCEPT
    provable = each.outcome.reason in ("accepted", "unsure") and each.outcome.margin > 0
    return provable and each.outcome.probability >= level


def cost() -> Figures:
    """Matches a second in a batch, one call alone, and how the cost grows with the catalogue."""
    figures: Figures = {}
    for shops in SIZES:
        places = imagined_places(shops // SHOPS_PER_PLACE + 2, seed=shops)
        plan = Plan(
            950, shops=shops, names=1_217 + shops * 88 // 1_000, independents=0.088 * shops / (1_217 + shops * 0.088)
        )
        world = make_world(plan, places)
        begin = time.process_time()
        catalogue = Catalogue.compile(*world.catalogue())
        compiled = time.process_time() - begin
        rows = [row.sighting for row in make_corpus(world, CLEAN, 950, COST_ROWS * COST_ROUNDS)]
        spent = []
        for number in range(COST_ROUNDS):
            matcher = EvidenceMatcher(catalogue)
            part = rows[number * COST_ROWS : (number + 1) * COST_ROWS]
            begin = time.process_time()
            matcher.match_many(part)
            spent.append((time.process_time() - begin) / len(part))
        label = f"{shops // 1_000}k"
        figures[f"match.us_at_{label}"] = median(spent) * 1e6
        figures[f"match.compile_s_at_{label}"] = compiled
        if shops == SIZES[1]:
            figures |= _single(EvidenceMatcher(catalogue), rows[:SINGLE])
    figures["match.per_s"] = 1e6 / figures["match.us_at_10k"]
    figures["match.growth"] = figures["match.us_at_100k"] / figures["match.us_at_1k"]
    return figures


def _single(matcher: EvidenceMatcher, sightings: Sequence[Sighting]) -> Figures:
    spent = []
    for sighting in sightings:
        begin = time.process_time()
        matcher.match(sighting)
        spent.append((time.process_time() - begin) * 1e3)
    marks = quantiles(spent, n=20)
    return {"match.single_p50_ms": median(spent), "match.single_p95_ms": marks[18]}
