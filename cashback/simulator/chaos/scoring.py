"""Recognition scored against the truth: is every true purchase one purchase, and no other's? Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from cashback.purchases.schemas import PurchaseState
from cashback.simulator.chaos.files import TruePurchase
from cashback.simulator.chaos.outcome import Row

_WITHDRAWN = frozenset({PurchaseState.REVERSED, PurchaseState.SUPERSEDED, PurchaseState.DECLINED})
"""What its own source took back stands for nothing, alone or not."""


class Verdict(StrEnum):
    """What became of a true purchase."""

    ONCE = "once"
    """All its views stand in one group, and no other's view does."""
    SPLIT = "split"
    """Its views stand in several groups."""
    JOINED = "joined"
    """A view of another purchase stands in its group."""
    LOST = "lost"
    """One of its views has no row."""


class Judged(Struct, frozen=True):
    """A true purchase with its rows, and the other purchases that it was joined with."""

    truth: TruePurchase
    verdict: Verdict
    rows: tuple[Row, ...]
    with_others: tuple[str, ...] = ()
    twice: bool = False
    """More than one of its rows earned something of the same asset."""


Views = Mapping[tuple[str, str], Row]


def by_view(rows: Iterable[Row]) -> Views:
    """Rows by network and reference."""
    return {(row.network, row.ref): row for row in rows}


def judge(truths: Sequence[TruePurchase], rows: Views, earned: Mapping[UUID, Mapping[str, int]]) -> list[Judged]:
    """Every true purchase with its verdict, in the order given."""
    owners: defaultdict[UUID, set[str]] = defaultdict(set)
    for truth in truths:
        for row in _rows(truth, rows):
            if row.state not in _WITHDRAWN:
                owners[row.group].add(truth.id)
    return [_judge(truth, _rows(truth, rows), owners, earned) for truth in truths]


def _rows(truth: TruePurchase, rows: Views) -> list[Row]:
    return [rows[view] for view in truth.views if view in rows]


def _judge(
    truth: TruePurchase,
    mine: Sequence[Row],
    owners: Mapping[UUID, set[str]],
    earned: Mapping[UUID, Mapping[str, int]],
) -> Judged:
    groups = {row.group for row in mine if row.state not in _WITHDRAWN}
    others = {owner for group in groups for owner in owners[group]} - {truth.id}
    if len(mine) < len(truth.views):
        verdict = Verdict.LOST
    elif others:
        verdict = Verdict.JOINED
    else:
        verdict = Verdict.SPLIT if len(groups) > 1 else Verdict.ONCE
    paid = [asset for row in mine for asset, amount in earned.get(row.id, {}).items() if amount > 0]
    return Judged(truth, verdict, tuple(mine), tuple(sorted(others)), len(paid) > len(set(paid)))
