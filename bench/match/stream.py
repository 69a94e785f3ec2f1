"""A stream of labelled purchases over a quarter of a year, with the identifiers that make memories go wrong.

Merchant ids that a whole brand or the customers of one facilitator share, ids that change, tenants that follow each
other on one terminal, authorizations told under another id than their clearings, and persons who answer wrongly.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.match.corpus import Row, make_corpus, split_of
from bench.match.texts import FACILITATORS, Shares
from bench.match.world import World

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 90
NETWORK = "cards"
SPLITS = 10

Ids = Callable[[Row, float], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often identifiers mislead, as shares of contracts (of rows for `shared`)."""

    shared: float = 0.05
    changed: float = 0.10
    swapped: float = 0.02
    authorised_elsewhere: float = 0.08
    reviewer_error: float = 0.03


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase of the stream."""

    number: int
    at: datetime
    card: str
    names: tuple[str, ...]
    row: Row
    shared: bool
    """Told under an id that several outlets use."""


def make_stream(
    world: World, shares: Shares, trouble: Trouble, seed: int, rows: int, splits: frozenset[int]
) -> list[Purchase]:
    """About so many purchases at brands of some splits, in the order of their time; the same arguments, the same
    stream."""
    random_ = random.Random(f"stream {seed}")
    drawn = make_corpus(world, shares, seed, rows * SPLITS // len(splits))
    corpus = [row for row in drawn if split_of(row.brand) in splits]
    seconds = sorted(random_.randrange(DAYS * 86_400) for _ in corpus)
    shared = _shared(corpus, trouble, random_)
    ids, swapped = _ids(corpus, shared, trouble, random_)
    stream: list[Purchase] = []
    for number, (row, second) in enumerate(zip(corpus, seconds, strict=True)):
        at = START + timedelta(seconds=second)
        mids = ids(row, second / (DAYS * 86_400))
        terminal = "00000001" if row.mid in swapped else row.terminal
        names = tuple(name for mid in mids for name in (f"terminal:{mid}/{terminal}", f"mid:{mid}"))
        card = f"card-{random_.randrange(len(corpus) // 4)}"
        stream.append(Purchase(number, at, card, names, row, row.mid in shared))
    return stream


def _shared(corpus: list[Row], trouble: Trouble, random_: random.Random) -> dict[str, str]:
    """By own id, the id that is used instead: one of a facilitator's customers, or one of a brand's shops."""
    behind: dict[str, list[str]] = {}
    brands: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for row in corpus:
        counts[row.mid] = counts.get(row.mid, 0) + 1
        text = (row.sighting.descriptor or "").upper()
        prefix = next((each for each in FACILITATORS if text.startswith(each.upper().rstrip(" *_"))), None)
        if prefix is not None:
            behind.setdefault(prefix.upper().rstrip(" *_"), []).append(row.mid)
        elif row.brand:
            brands.setdefault(row.brand, []).append(row.mid)
    pools = [(f"shared-{name}", sorted(set(mids))) for name, mids in sorted(behind.items())]
    found = {mid: pool for pool, mids in pools for mid in mids if random_.random() < 0.5}
    names = sorted(brands)
    random_.shuffle(names)
    wanted = trouble.shared * len(corpus)
    for name in names:
        if sum(counts[mid] for mid in found) >= wanted:
            break
        mids = sorted(set(brands[name]))
        if len(mids) > 1:
            found |= dict.fromkeys(mids, f"shared-{name}")
    kept: dict[str, str] = {}
    total = 0
    for mid in sorted(found, key=lambda each: (found[each], each)):
        if total < wanted or found[mid] in kept.values():
            kept[mid] = found[mid]
            total += counts[mid]
    return kept


def _ids(corpus: list[Row], shared: dict[str, str], trouble: Trouble, random_: random.Random) -> tuple[Ids, set[str]]:
    """The merchant ids under which a row is told at a point of the stream, the clearing's first; and those of tenants
    who follow each other on one terminal."""
    own = sorted({row.mid for row in corpus} - shared.keys())
    changes = {mid: (random_.uniform(0.2, 0.8), f"{mid[:-2]}N{random_.randrange(10)}") for mid in own}
    changes = {mid: change for mid, change in changes.items() if random_.random() < trouble.changed}
    rest = [mid for mid in own if mid not in changes]
    random_.shuffle(rest)
    pairs = rest[: 2 * round(trouble.swapped * len(own))]
    swaps = {}
    for first, second in zip(pairs[::2], pairs[1::2], strict=False):
        # The second tenant takes over the first one's id in the middle; each has its own before or after.
        swaps[second] = (0.5, first)
        swaps[first] = (0.5, f"{first}-moved")
    elsewhere = {mid: f"9{mid[1:]}" for mid in own if random_.random() < trouble.authorised_elsewhere}

    def told(row: Row, part: float) -> tuple[str, ...]:
        mid = shared.get(row.mid, row.mid)
        for moves in (changes, swaps):
            if row.mid in moves and part >= moves[row.mid][0]:
                mid = moves[row.mid][1]
        return (mid, elsewhere[row.mid]) if row.mid in elsewhere else (mid,)

    return told, set(swaps)
