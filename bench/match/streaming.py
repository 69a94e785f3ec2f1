"""`match.stream_*`: what is decided without a person over a quarter of a year, by evidence and by memory together.

Brands that the model never saw, complete lists of outlets, misleading identifiers, persons who err. Bounds are lower
bounds of 95 %; by MID an accepted MID counts as wrong if one of its purchases was.
"""

import os
import time
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench.match.remembering import Player, Quarter
from bench.match.scoring import clopper_pearson
from bench.match.stream import NETWORK, START, Trouble, make_stream
from bench.match.texts import CLEAN, HARSH, Shares
from bench.match.world import Plan, make_world
from cashback.merchants.evidence import Catalogue, EvidenceMatcher, OutletEntry
from cashback.merchants.matching import ShopDirectory
from cashback.merchants.memo.aliases import Book, Key, Origin, State
from cashback.merchants.memo.deciding import Known, Seen, decide
from cashback.merchants.memo.learning import Answer, believe
from cashback.merchants.schemas import Identifier, Shop

HELD_OUT = frozenset({8, 9})
SEEDS = (5_810, 5_811)
ROWS = 10_000
HITS, HIT_SHOPS = 20_000, 5_000

Figures = dict[str, float]


def measure() -> Figures:
    """All figures of streams; what happened by quarter is printed."""
    os.environ["OMP_NUM_THREADS"] = "1"
    figures: Figures = {}
    for prefix, shares, complete in (("", CLEAN, 1.0), ("harsh_", HARSH, 1.0), ("partly_", CLEAN, 0.7)):
        runs = [play(shares, seed, complete) for seed in SEEDS]
        figures |= {f"match.stream_{prefix}{name}": value for name, value in quality(runs).items()}
        show(prefix or "clean", runs)
    return figures | hits()


def play(shares: Shares, seed: int, complete: float) -> list[Quarter]:
    """One stream, by quarters."""
    trouble = Trouble()
    world = make_world(Plan(seed, complete=complete))
    entries, brands = world.catalogue()
    matcher = EvidenceMatcher(Catalogue.compile(entries, brands))
    stream = make_stream(world, shares, trouble, seed, ROWS, HELD_OUT)
    outcomes = matcher.match_many([each.row.sighting for each in stream])
    player = Player(known_shops(entries), seed, reviewer_error=trouble.reviewer_error)
    return player.play(stream, outcomes)


def known_shops(entries: Sequence[OutletEntry]) -> dict[str, Known]:
    """What the guard knows of the shops of the programme."""
    return {
        each.id: Known(
            tuple(dict.fromkeys(filter(None, (each.name, each.brand, each.legal_name, *each.aliases)))),
            each.country,
            each.category_codes,
        )
        for each in entries
        if each.member
    }


def quality(runs: Sequence[Sequence[Quarter]]) -> Figures:
    """Over all streams: precision with its bounds, recall of the last quarter, and how much persons were asked."""
    quarters = [quarter for run in runs for quarter in run]
    last = [run[-1] for run in runs]
    accepted, right = sum(each.accepted for each in quarters), sum(each.right for each in quarters)
    mids = sum(len(set().union(*(quarter.mids_accepted for quarter in run))) for run in runs)
    wrong_mids = sum(len(set().union(*(quarter.mids_wrong for quarter in run))) for run in runs)
    return {
        "precision": right / accepted,
        "precision_low": clopper_pearson(right, accepted),
        "precision_low_by_mid": clopper_pearson(mids - wrong_mids, mids),
        "recall": sum(each.right for each in last) / sum(each.members for each in last),
        "recall_first": sum(run[0].right for run in runs) / sum(run[0].members for run in runs),
        "last_precision": sum(each.right for each in last) / sum(each.accepted for each in last),
        "answers_per_1000": 1_000 * sum(each.answers for each in quarters) / sum(each.purchases for each in quarters),
        "last_answers_per_1000": 1_000 * sum(each.answers for each in last) / sum(each.purchases for each in last),
        "wrong_shared": sum(each.wrong_shared for each in quarters),
    }


def show(name: str, runs: Sequence[Sequence[Quarter]]) -> None:
    """A table by quarter."""
    columns = (
        "quarter",
        "purchases",
        "precision",
        "recall",
        "by evidence",
        "by memory",
        "waiting",
        "answers per 1,000",
    )
    table = Table(*columns, title=f"stream: {name.rstrip('_')}")
    for number, held in enumerate(zip(*runs, strict=True), start=1):
        purchases, accepted = sum(each.purchases for each in held), sum(each.accepted for each in held)
        right, members = sum(each.right for each in held), sum(each.members for each in held)
        by = {basis: sum(each.by_basis[basis][0] for each in held) for basis in ("evidence", "memo")}
        table.add_row(
            str(number),
            f"{purchases:,}",
            f"{right / accepted:.4f}",
            f"{right / members:.3f}",
            f"{by['evidence']:,}",
            f"{by['memo']:,}",
            f"{sum(each.waiting for each in held) / purchases:.3f}",
            f"{1_000 * sum(each.answers for each in held) / purchases:.0f}",
        )
    Console().print(table)


def hits() -> Figures:
    """What one decision by an identifier costs, given by the operator or learned."""
    shops = [Shop(UUID(int=n), f"s{n}", f"Shop {n}", "", "5651", "", "", UUID(int=0)) for n in range(HIT_SHOPS)]
    identifiers = [Identifier(NETWORK, "mid", str(n), shop.id, None, None) for n, shop in enumerate(shops)]
    directory = ShopDirectory(shops, identifiers)
    known = {shop.code: Known((shop.name,), "FR", (shop.category,)) for shop in shops}
    book = Book()
    for number, shop in enumerate(shops):
        key = Key(NETWORK, "mid", str(number))
        said = Answer("person", START, START, State.CONFIRMED, shop.code, Origin.REVIEW)
        book.put(key, believe(key, [said]))
    at = START + timedelta(days=1)
    given: list[float] = []
    learned: list[float] = []
    for number in range(HITS):
        name = f"mid:{number % HIT_SHOPS}"
        begin = time.perf_counter()
        shop = directory.match(NETWORK, (f"terminal:{number}", name), at)
        given.append(time.perf_counter() - begin)
        seen = Seen(NETWORK, (f"terminal:{number}", name), "shop||lyon|", f"shop {number % HIT_SHOPS}", "FR", "5651")
        begin = time.perf_counter()
        ruling = decide(book, seen, None, known, at)
        learned.append(time.perf_counter() - begin)
        assert shop is not None
        assert ruling.shop == shop.code
    return {
        "match.identifier_p50_ms": 1_000 * median(given),
        "match.memory_p50_ms": 1_000 * median(learned),
    }
