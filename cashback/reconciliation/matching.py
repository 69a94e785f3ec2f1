"""Comparing what we expect with what was booked: a pure function, and each cent of both in one result.

In this order: by the end-to-end id; an order that was booked as one movement with all of its payments; by references,
where several invoices may be paid by one movement and one invoice by several; and at last what has no reference at all
by amount and days, if one of either is left. What carries an id of its own is never matched by its amount: a payment
that is missing and a stranger of the same amount are two differences, not one match.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from cashback.iso20022.entries import Direction
from cashback.reconciliation.schemas import Booked, Expected, Finding, How, Line, Reconciled

NEAR = timedelta(days=10)
"""So far apart may days be of what is matched by its amount."""


def match(expected: Iterable[Expected], booked: Iterable[Booked], *, as_of: date) -> Reconciled:
    """Every expected and every booked movement in exactly one result, the same for any order of either.

    ValueError if two of ours have one kind and ref, or two of the bank's one ref.
    """
    ours = sorted(expected, key=lambda one: (one.due_on, one.kind, one.ref))
    theirs = sorted(booked, key=lambda one: (one.booked_on, one.ref))
    if len({(one.kind, one.ref) for one in ours}) < len(ours) or len({one.ref for one in theirs}) < len(theirs):
        raise ValueError("two movements have one reference")
    table = _Table([_Account(one) for one in ours])
    left = [one for one in theirs if not one.charge]
    for step in (table.by_end_to_end, table.by_batch):
        left = step(left)
    lines = [*table.by_reference(left)]
    lines += table.by_amount()
    lines += [_judged(each, as_of) for each in table.accounts if not each.told]
    lines += [_alone(one, Finding.UNKNOWN) for one in table.left]
    lines += [_alone(one, Finding.CHARGE) for one in theirs if one.charge]
    return Reconciled(tuple(sorted(lines, key=_order)))


def normal(text: str) -> str:
    """A reference as it is compared: banks change case, and cut and join at will."""
    return "".join(each for each in text if each.isalnum()).casefold()


def _order(line: Line) -> tuple[date, str, tuple[str, ...], tuple[str, ...]]:
    return line.on or date.min, line.finding, line.refs, line.booked


def _signed(one: Expected | Booked) -> int:
    return one.amount_minor if one.direction is Direction.IN else -one.amount_minor


@dataclass(slots=True)
class _Account:
    """One of ours, and what was booked for it."""

    expected: Expected
    booked: list[Booked] = field(default_factory=list)
    how: How | None = None
    in_batch: Booked | None = None
    """It was booked within this movement, with its own amount."""
    told: bool = False
    """A result holds it already."""

    @property
    def ours(self) -> int:
        return 0 if self.expected.returned else _signed(self.expected)

    @property
    def untouched(self) -> bool:
        return not self.booked and self.in_batch is None


class _Table:
    """All of ours, found by whatever names them."""

    def __init__(self, accounts: Sequence[_Account]) -> None:
        self.accounts = accounts
        self.left: list[Booked] = []
        self.lines: list[Line] = []
        self.end_to_end: dict[tuple[str, str], _Account] = {}
        self.groups: defaultdict[tuple[str, str, Direction], list[_Account]] = defaultdict(list)
        self.references: defaultdict[tuple[str, str], list[_Account]] = defaultdict(list)
        for each in accounts:
            one = each.expected
            if one.end_to_end is not None:
                self.end_to_end[one.currency, normal(one.end_to_end)] = each
            if one.group is not None:
                self.groups[one.currency, normal(one.group), one.direction].append(each)
            for text in one.references:
                self.references[one.currency, normal(text)].append(each)

    def by_end_to_end(self, left: Sequence[Booked]) -> list[Booked]:
        """What names one of ours in either direction is its account; answers what is left."""
        rest = []
        for one in left:
            found = None if one.end_to_end is None else self.end_to_end.get((one.currency, normal(one.end_to_end)))
            if found is None:
                rest.append(one)
            else:
                found.booked.append(one)
                found.how = How.END_TO_END
        return rest

    def by_batch(self, left: Sequence[Booked]) -> list[Booked]:
        """Movements that name an order and no payment are all of the order's that were not booked by themselves."""
        rest, orders = [], defaultdict[tuple[str, str, Direction], list[Booked]](list)
        for one in left:
            key = None if one.group is None or one.end_to_end is not None else normal(one.group)
            if key is None or (one.currency, key, one.direction) not in self.groups:
                rest.append(one)
            else:
                orders[one.currency, key, one.direction].append(one)
        for order, movements in orders.items():
            mine = [each for each in self.groups[order] if _in_order(each)]
            if not mine:
                rest += movements
                continue
            for each in mine:
                each.in_batch, each.how = movements[0], How.BATCH
            members = sum(_signed(each.expected) for each in mine)
            beyond = sum(map(_signed, movements)) - members
            if beyond:
                repeated = len(movements) > 1 and beyond % members == 0 and beyond // members > 0
                finding = Finding.TWICE if repeated else Finding.AMOUNT
                self.lines.append(_order_line(finding, mine[0].expected, movements, beyond))
        return rest

    def by_reference(self, left: Sequence[Booked]) -> Iterator[Line]:
        """Movements and expectations that name each other, directly or through one another, are one result."""
        yield from self.lines
        named: defaultdict[int, list[Booked]] = defaultdict(list)
        groups = _Groups()
        by_id: dict[int, _Account] = {}
        for one in left:
            found = [
                each
                for text in one.references
                for each in self.references.get((one.currency, normal(text)), [])
                if each.untouched
            ]
            for each in found:
                by_id[id(each)] = each
                groups.join(id(found[0]), id(each))
            if found:
                named[id(found[0])].append(one)
            else:
                self.left.append(one)
        merged: defaultdict[int, tuple[list[int], list[Booked]]] = defaultdict(lambda: ([], []))
        for key in by_id:
            merged[groups.root(key)][0].append(key)
        for key, movements in named.items():
            merged[groups.root(key)][1].extend(movements)
        for keys, movements in merged.values():
            yield _together([by_id[key] for key in keys], movements, How.REFERENCE)

    def by_amount(self) -> Iterator[Line]:
        """What nothing names: one of ours and one of theirs with the same amount near each other, and no second."""
        ours: defaultdict[tuple[str, int], list[_Account]] = defaultdict(list)
        for each in self.accounts:
            if each.untouched and not each.told and each.expected.end_to_end is None and each.expected.recorded:
                ours[each.expected.currency, _signed(each.expected)].append(each)
        theirs: defaultdict[tuple[str, int], list[Booked]] = defaultdict(list)
        for one in self.left:
            if one.end_to_end is None and one.group is None:
                theirs[one.currency, _signed(one)].append(one)
        matched: set[str] = set()
        for key, accounts in ours.items():
            movements = theirs.get(key, [])
            if len(accounts) != 1 or len(movements) != 1:
                continue
            if abs(movements[0].booked_on - accounts[0].expected.due_on) <= NEAR:
                matched.add(movements[0].ref)
                yield _together(accounts, movements, How.AMOUNT)
        self.left = [one for one in self.left if one.ref not in matched]


def _order_line(finding: Finding, member: Expected, movements: Sequence[Booked], beyond: int) -> Line:
    """What was booked for an order beyond its payments, which are judged each by itself."""
    return Line(
        finding,
        member.currency,
        ours_minor=0,
        bank_minor=beyond,
        kind=member.kind,
        refs=(member.group or "",),
        booked=tuple(one.ref for one in movements),
        on=movements[0].booked_on,
        how=How.BATCH,
    )


def _in_order(account: _Account) -> bool:
    """Whether it is part of what the bank booked for the order: what was refused before and never came back is not."""
    one = account.expected
    if any(each.direction is one.direction for each in account.booked):
        return False
    return bool(account.booked) or (not one.returned and one.rejected is None)


class _Groups:
    """Which ids belong together (union by path halving)."""

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}

    def root(self, key: int) -> int:
        parents = self.parents
        parents.setdefault(key, key)
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    def join(self, one: int, other: int) -> None:
        self.parents[self.root(other)] = self.root(one)


def _together(accounts: Sequence[_Account], movements: Sequence[Booked], how: How) -> Line:
    """Expectations and movements that can only be told apart by their sum."""
    recorded = [each for each in accounts if each.expected.recorded]
    bank = sum(map(_signed, movements))
    if 0 < len(recorded) < len(accounts) and sum(each.ours for each in recorded) == bank:
        # What else they name is not paid yet, and is judged by itself.
        accounts = recorded
    for each in accounts:
        each.told = True
    first = min((each.expected for each in accounts), key=lambda one: (one.recorded, one.kind, one.ref))
    ours = sum(each.ours for each in accounts)
    finding = Finding.MATCHED if len(recorded) == len(accounts) else Finding.UNRECORDED
    return Line(
        finding if ours == bank else Finding.AMOUNT,
        first.currency,
        ours,
        bank,
        first.kind,
        tuple(sorted(each.expected.ref for each in accounts)),
        tuple(sorted(one.ref for one in movements)),
        min(one.booked_on for one in movements),
        how,
    )


def _judged(account: _Account, as_of: date) -> Line:
    """One of ours with what names it: what the bank moved in the end against what our books say."""
    one = account.expected
    bank = sum(map(_signed, account.booked)) + (0 if account.in_batch is None else _signed(one))
    booked = [*account.booked, *([] if account.in_batch is None else [account.in_batch])]
    same = sum(each.direction is one.direction for each in account.booked) + (account.in_batch is not None)
    back = [each for each in account.booked if each.direction is not one.direction]
    reason = next((each.return_reason for each in back if each.return_reason is not None), None)
    return Line(
        _finding(account, bank, same, bool(back), as_of),
        one.currency,
        account.ours,
        bank,
        one.kind,
        (one.ref,),
        tuple(each.ref for each in booked),
        min((each.booked_on for each in booked), default=one.due_on),
        account.how,
        reason or one.rejected,
    )


def _finding(account: _Account, bank: int, same: int, back: bool, as_of: date) -> Finding:
    one = account.expected
    if account.untouched:
        if one.returned:
            return Finding.MATCHED
        if one.rejected is not None:
            return Finding.REJECTED
        return Finding.MISSING if one.due_on < as_of else Finding.WAITING
    if bank == account.ours:
        return Finding.MATCHED if one.recorded or one.returned else Finding.UNRECORDED
    if same > 1 and not back:
        return Finding.TWICE
    if one.returned and not back:
        return Finding.NOT_RETURNED
    if back and not one.returned:
        return Finding.RETURNED
    return Finding.AMOUNT


def _alone(one: Booked, finding: Finding) -> Line:
    return Line(finding, one.currency, 0, _signed(one), None, (), (one.ref,), one.booked_on, None, one.return_reason)
