"""What a refund makes of a plan: which parts of it shrink, by a named policy, and what has to go back. Pure.

The law: whatever the policy, what is owed never grows, nothing falls below zero, and what is left of the principal and
what was given back are the amount of the plan, to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cashback.instalments.schemas import Instalment, InstalmentState, RefundPolicy


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Instalments after a refund, in their order, and where the refund went. The three amounts are the refund."""

    instalments: tuple[Instalment, ...]
    owed_minor: int
    """Taken off what was still to be collected."""
    lost_minor: int
    """Taken off what was written off."""
    paid_minor: int
    """Taken off what was paid: it goes back to the card."""


def shrink(instalments: Sequence[Instalment], refund_minor: int, policy: RefundPolicy) -> Shrunk:
    """Take a refund off a plan's instalments: what is open first, as the policy says; then what was given up, from the
    last one; then what was paid, from the last one.

    ValueError for a refund below zero or above the principal that is left.
    """
    left = sum(each.principal_minor for each in instalments)
    if not 0 <= refund_minor <= left:
        raise ValueError(f"expected a refund of 0 to {left}, got {refund_minor}")
    parts = {each.number: each for each in instalments}
    rest = refund_minor
    taken = dict.fromkeys(parts, 0)
    still_open = {each.number: each.open_principal_minor for each in instalments if each.open_principal_minor}
    for number, amount in _shares(still_open, min(rest, sum(still_open.values())), policy).items():
        taken[number] += amount
        rest -= amount
    owed = refund_minor - rest
    lost = 0
    for each in reversed(instalments):
        if each.state is InstalmentState.WRITTEN_OFF:
            cut = min(rest, max(0, each.principal_minor - max(0, each.paid_minor - each.fee_minor)))
            taken[each.number] += cut
            lost, rest = lost + cut, rest - cut
    back = dict.fromkeys(parts, 0)
    for each in reversed(instalments):
        cut = min(rest, each.principal_minor - taken[each.number])
        back[each.number] = cut
        rest -= cut
    after = tuple(_less(each, taken[each.number], back[each.number]) for each in instalments)
    return Shrunk(after, owed, lost, sum(back.values()))


def _shares(still_open: dict[int, int], refund_minor: int, policy: RefundPolicy) -> dict[int, int]:
    """How much of a refund each open instalment takes; together all of it."""
    if policy is RefundPolicy.REAMORTISE:
        return _equal(still_open, refund_minor)
    shares: dict[int, int] = {}
    for number in sorted(still_open, reverse=policy is RefundPolicy.LAST):
        shares[number] = min(refund_minor, still_open[number])
        refund_minor -= shares[number]
    return shares


def _equal(still_open: dict[int, int], refund_minor: int) -> dict[int, int]:
    """Equal parts of all that are open; what a small one cannot take the others take, and single cents the latest."""
    shares = dict.fromkeys(still_open, 0)
    able = sorted(still_open, key=lambda number: still_open[number], reverse=True)
    while able and still_open[able[-1]] * len(able) <= refund_minor:
        number = able.pop()
        shares[number] = still_open[number]
        refund_minor -= still_open[number]
    if able:
        each, more = divmod(refund_minor, len(able))
        for place, number in enumerate(sorted(able, reverse=True)):
            shares[number] = each + (place < more)
    return shares


def _less(part: Instalment, taken: int, back: int) -> Instalment:
    """An instalment with so much less principal; `back` of it was paid."""
    if not taken and not back:
        return part
    after = replace(part, principal_minor=part.principal_minor - taken - back, paid_minor=part.paid_minor - back)
    if part.state is InstalmentState.OPEN and after.owed_minor == 0:
        return _settled(after)
    return after


def _settled(part: Instalment) -> Instalment:
    """Nothing of it is owed any more, because the shop gave it back."""
    return replace(part, state=InstalmentState.VOID, next_at=None)
