"""The part `rules`: one thread, processor time, medians of five rounds after some that are not counted.

Every round has purchases of its own, so that of a purchase nothing is remembered: only the book is warm, as it is in a
process that has been running for a while. `cold` is a fresh book with all that it makes ready on first use. The peers
get the candidates that our index found, without the cost of finding them, and none of our limits, competition, trails.
"""

from functools import partial
from statistics import mean, median

from bench.rules.generate import Town, compile_book, make_histories, make_offers, make_town
from bench.rules.ours import cases_of, explained, judged, microseconds, number_of, told
from bench.rules.peers import RuleEngine, Zen
from cashback.offers.compiled import OfferVersion
from cashback.offers.matcher import OfferBook
from cashback.runtime import collect_seldom

ROUNDS, WARM_ROUNDS = 5, 3
"""Rounds that count, and those before them in which the book makes its stretches of time ready."""
PURCHASES = 5_000
OFFERS, CENTRES = 10_000, 60
SIZES = {"1k": (1_000, 6), "10k": (OFFERS, CENTRES), "100k": (100_000, 600)}
"""Offers and centres: so many offers a shop throughout."""
SLOW_SAMPLE, NAIVE_SAMPLE, EXPLAINED = 500, 20, 500
"""Purchases of rule-engine, which is slow; of all offers one by one; explained."""

Figures = dict[str, float]


def measure() -> Figures:
    """All figures of the part, with the garbage collector set as a worker's is."""
    collect_seldom()
    town = make_town(CENTRES)
    offers = make_offers(town, OFFERS)
    figures = {**_compiled(town, offers), **_beside_the_peers(town, offers), **_explained(town, offers)}
    for label, (count, centres) in SIZES.items():
        figures[f"rules.us_at_{label}"] = _us(make_town(centres), count)
        if count != OFFERS:
            figures[f"rules.us_at_{label}_dense"] = _us(town, count)
    figures["rules.growth"] = figures["rules.us_at_100k"] / figures["rules.us_at_1k"]
    figures["rules.growth_dense"] = figures["rules.us_at_100k_dense"] / figures["rules.us_at_1k_dense"]
    return figures


def _compiled(town: Town, offers: list[OfferVersion]) -> Figures:
    cold = make_histories(town, PURCHASES, seed=1)
    book = compile_book(town, offers)
    return {
        "rules.compile_us_per_offer": microseconds(lambda: compile_book(town, offers), len(offers)),
        "rules.cold_us_per_purchase": microseconds(lambda: judged(book, cold), PURCHASES),
        "rules.conditions": mean(len(each.terms.conditions) for each in offers),
    }


def _beside_the_peers(town: Town, offers: list[OfferVersion]) -> Figures:
    book = compile_book(town, offers)
    zen, slow = Zen(offers), RuleEngine(offers)
    everything = range(len(offers))
    spent: dict[str, list[float]] = {
        "ours": [],
        "told": [],
        "zen": [],
        "rule_engine": [],
        "zen_naive": [],
        "rule_engine_naive": [],
    }
    candidates: list[int] = []
    matches: list[int] = []
    for turn in range(-WARM_ROUNDS, 0):
        judged(book, make_histories(town, PURCHASES, seed=90 + turn))
    for turn in range(ROUNDS + 1):
        histories = make_histories(town, PURCHASES, seed=100 + turn)
        cases = cases_of(compile_book(town, offers), make_histories(town, PURCHASES, seed=100 + turn))
        found = [[number_of(each) for each in case.candidates] for case in cases]
        some, few = slice(0, SLOW_SAMPLE), cases[:NAIVE_SAMPLE]
        spent["ours"].append(microseconds(partial(judged, book, histories), PURCHASES))
        again = make_histories(town, PURCHASES, seed=100 + turn)
        spent["told"].append(microseconds(partial(told, book, again), PURCHASES))
        spent["zen"].append(microseconds(partial(zen.behind_the_index, cases, found), PURCHASES))
        spent["zen_naive"].append(microseconds(partial(zen.naive, few, everything), NAIVE_SAMPLE))
        beside = partial(slow.behind_the_index, cases[some], found[some])
        spent["rule_engine"].append(microseconds(beside, SLOW_SAMPLE))
        if turn == 0:
            spent["rule_engine_naive"].append(microseconds(partial(slow.naive, few[:5], everything), 5))
            _agree("zen-engine", zen.mismatches(cases) + zen.mismatches(few, everything))
            _agree("rule-engine", slow.mismatches(cases) + slow.mismatches(few[:5], everything))
        candidates += [len(case.candidates) for case in cases]
        matches += [len(case.matches) for case in cases]
    us = {name: median(rounds[1:] or rounds) for name, rounds in spent.items()}
    return {
        "rules.us_per_purchase": us["ours"],
        "rules.us_with_reasons": us["told"],
        "rules.vs_zen": us["zen"] / us["ours"],
        "rules.vs_rule_engine": us["rule_engine"] / us["ours"],
        "rules.vs_zen_naive": us["zen_naive"] / us["ours"],
        "rules.vs_rule_engine_naive": us["rule_engine_naive"] / us["ours"],
        "rules.zen_us": us["zen"],
        "rules.zen_naive_us": us["zen_naive"],
        "rules.rule_engine_us": us["rule_engine"],
        "rules.candidates": mean(candidates),
        "rules.matches": mean(matches),
    }


def _agree(name: str, mismatches: int) -> None:
    if mismatches:
        raise RuntimeError(f"{name} finds other offers than ours for {mismatches} purchases; expected none")


def _explained(town: Town, offers: list[OfferVersion]) -> Figures:
    book = compile_book(town, offers)
    explained(book, make_histories(town, EXPLAINED, seed=200))
    rounds = [
        microseconds(partial(explained, book, histories), EXPLAINED)
        for histories in (make_histories(town, EXPLAINED, seed=201 + turn) for turn in range(ROUNDS))
    ]
    return {"rules.explain_us": median(rounds)}


def _us(town: Town, count: int) -> float:
    """Microseconds a purchase at so many offers, warm."""
    book = compile_book(town, make_offers(town, count))
    rounds = [_round(book, town, seed=300 + turn) for turn in range(WARM_ROUNDS + ROUNDS)]
    return median(rounds[WARM_ROUNDS:])


def _round(book: OfferBook, town: Town, seed: int) -> float:
    histories = make_histories(town, PURCHASES, seed)
    return microseconds(lambda: judged(book, histories), PURCHASES)
