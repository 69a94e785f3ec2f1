"""Recognition scored against the truth: is every true purchase one purchase, and no other's? Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from cashback.purchases.schemas import PurchaseState
from cashback.simulator.chaos.files import TruePurchase
from cashback.simulator.chaos.outcome import Row
from cashback.simulator.chaos.people import ZONE

_WITHDRAWN = frozenset({PurchaseState.REVERSED, PurchaseState.SUPERSEDED, PurchaseState.DECLINED})
"""What its own source took back stands for nothing, alone or not."""
CLOCKS_OFF_SECONDS = 300
"""How far two clocks may be apart that tell one moment."""
_MOMENTS = frozenset({"instant", "merchant_local", "assumed_utc"})


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
    undecidable: bool = False
    """Nobody can know better: it is joined with an equal purchase of the same shop and day, where no source told both
    or clocks do not tell them apart; or it is split into parts of which the one source that told them did not say that
    they belong together."""


Views = Mapping[tuple[str, str], Row]


def by_view(rows: Iterable[Row]) -> Views:
    """Rows by network and reference."""
    return {(row.network, row.ref): row for row in rows}


def judge(truths: Sequence[TruePurchase], rows: Views, earned: Mapping[UUID, Mapping[str, int]]) -> list[Judged]:
    """Every true purchase with its verdict, in the order given."""
    equals: defaultdict[tuple[str, str, date, int], list[TruePurchase]] = defaultdict(list)
    for truth in truths:
        equals[_likeness(truth)].append(truth)
    told = {each.id: each for alike in equals.values() for each in _interchanged(alike, rows)}
    owners: defaultdict[UUID, set[str]] = defaultdict(set)
    for truth in told.values():
        for row in _rows(truth, rows):
            if row.state not in _WITHDRAWN:
                owners[row.group].add(truth.id)
    return [_judge(told[truth.id], rows, owners, earned, told) for truth in truths]


def _likeness(truth: TruePurchase) -> tuple[str, str, date, int]:
    """Equal for purchases that a source which knows only days cannot tell apart."""
    return truth.shopper, truth.shop, truth.at.astimezone(ZONE).date(), truth.amount_minor


def _interchanged(alike: Sequence[TruePurchase], rows: Views) -> list[TruePurchase]:
    """Equal purchases with the rows of each source that knows only days dealt out again, to where they stand.

    Such rows say the same, word for word: which of them is whose has no meaning, only how many there are; also where
    the source did not see all of these purchases.
    """
    told = list(alike)
    if len(told) < 2:
        return told
    for network in sorted({network for each in told for network, _ in each.views}):
        mine = {each.id: [view for view in each.views if view[0] == network] for each in told}
        theirs = [view for views in mine.values() for view in views]
        if any(len(views) > 1 for views in mine.values()) or any(
            view not in rows or rows[view].basis in _MOMENTS for view in theirs
        ):
            continue
        told = _dealt(told, mine, theirs, rows)
    return told


def _dealt(
    told: Sequence[TruePurchase],
    mine: Mapping[str, Sequence[tuple[str, str]]],
    theirs: Sequence[tuple[str, str]],
    rows: Views,
) -> list[TruePurchase]:
    left = list(theirs)
    # A purchase that nobody else told keeps a row: there were as many purchases as there are.
    indispensable = {view for each in told for view in mine[each.id] if len(each.views) == 1}
    given: dict[str, tuple[str, str]] = {}
    for each in told:
        groups = {rows[view].group for view in each.views if view not in mine[each.id] and view in rows}
        fitting = [view for view in left if rows[view].group in groups and (mine[each.id] or view not in indispensable)]
        if fitting:
            given[each.id] = fitting[0]
            left.remove(fitting[0])
    # What stands with none of them goes back to whom it was told of, or to another that has none.
    for each in sorted(told, key=lambda each: not mine[each.id]):
        if left and each.id not in given:
            own = [view for view in mine[each.id] if view in left]
            given[each.id] = own[0] if own else left[0]
            left.remove(given[each.id])
    dealt: list[TruePurchase] = []
    for each in told:
        others = {*each.views} - {*mine[each.id]}
        dealt.append(replace(each, views=tuple(sorted(others | ({given[each.id]} if each.id in given else set())))))
    return dealt


def _rows(truth: TruePurchase, rows: Views) -> list[Row]:
    return [rows[view] for view in truth.views if view in rows]


def _judge(
    truth: TruePurchase,
    rows: Views,
    owners: Mapping[UUID, set[str]],
    earned: Mapping[UUID, Mapping[str, int]],
    told: Mapping[str, TruePurchase],
) -> Judged:
    mine = _rows(truth, rows)
    groups = {row.group for row in mine if row.state not in _WITHDRAWN}
    others = {owner for group in groups for owner in owners[group]} - {truth.id}
    if len(mine) < len(truth.views):
        verdict = Verdict.LOST
    elif others:
        verdict = Verdict.JOINED
    else:
        verdict = Verdict.SPLIT if len(groups) > 1 else Verdict.ONCE
    paid = [asset for row in mine for asset, amount in earned.get(row.id, {}).items() if amount > 0]
    return Judged(
        truth,
        verdict,
        tuple(mine),
        tuple(sorted(others)),
        twice=len(paid) > len(set(paid)),
        undecidable=(verdict is Verdict.JOINED and all(_nobody_knows(truth, told[each]) for each in others))
        or (verdict is Verdict.SPLIT and len({network for network, _ in truth.views}) == 1),
    )


def _nobody_knows(one: TruePurchase, other: TruePurchase) -> bool:
    """Whether two purchases are equal, and no source told both or clocks do not tell them apart."""
    if _likeness(one) != _likeness(other):
        return False
    sources = {network for network, _ in one.views}
    apart = abs((one.at - other.at).total_seconds())
    return apart <= CLOCKS_OFF_SECONDS or sources.isdisjoint(network for network, _ in other.views)
