"""Taking from quotas for a batch: who asked for how much, what each was given, and what goes back. Pure.

Works on what `lock_quotas` found left, so the whole batch is decided while the rows are held. Purchases ask in order of
their own time. A grant shrinks with its entitlement and the quota gets the rest back before anybody asks.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cashback.offers.schemas import Entitlement, Grant

ROUNDS_MAX = 3
"""How often a choice is made again when the quota of the chosen offer is empty."""

GrantKey = tuple[UUID, UUID]
Choose = Callable[[Mapping[GrantKey, Grant], bool], list[Entitlement]]
"""Entitlements at these grants; the flag says whether more may be asked for."""


@dataclass(slots=True)
class Allocation:
    """The outcome for a batch."""

    entitlements: list[Entitlement]
    grants: dict[GrantKey, Grant]
    """Every grant that changed."""
    taken: dict[UUID, int] = field(default_factory=dict)
    """By offer: what its quota gave, net of what it got back."""


def allocate(choose: Choose, held: Mapping[GrantKey, Grant], left: Mapping[UUID, int]) -> Allocation:
    """Let the batch ask, at most `ROUNDS_MAX` times, and settle every grant at its entitlement.

    `left` holds what each locked quota has left; an offer without a row in it has no budget and is not asked.
    """
    room = dict(left)
    grants = dict(held)
    for _ in range(ROUNDS_MAX):
        wanted = choose(grants, True)
        asking = [each for each in wanted if each.asks]
        # Whoever asks keeps what it holds until it has the answer: being refused must not cost an earlier grant.
        _shrink(grants, wanted, room, keeping={each.purchase_id for each in asking})
        if not asking:
            break
        for each in asking:
            key = (each.purchase_id, each.offer_id)
            before = grants.get(key, Grant(0, 0))
            given = max(0, min(each.asks, room.get(each.offer_id, 0)))
            room[each.offer_id] = room.get(each.offer_id, 0) - given
            grants[key] = Grant(each.wanted, min(before.granted, each.wanted) + given)
    owed = choose(grants, False)
    _shrink(grants, owed, room)
    changed = {key: grant for key, grant in grants.items() if held.get(key) != grant}
    taken: dict[UUID, int] = {}
    for key, grant in changed.items():
        taken[key[1]] = taken.get(key[1], 0) + grant.granted - held.get(key, Grant(0, 0)).granted
    return Allocation(owed, changed, taken)


def _shrink(
    grants: dict[GrantKey, Grant],
    wanted: Iterable[Entitlement],
    room: dict[UUID, int],
    keeping: Container[UUID] = frozenset(),
) -> None:
    """Give back what is no longer needed, but for purchases that are `keeping` it. What was refused stays refused."""
    needs = {(each.purchase_id, each.offer_id): each.wanted for each in wanted}
    for key, grant in list(grants.items()):
        if key[0] in keeping:
            continue
        need = needs.get(key)
        if need is None:
            settled = Grant(grant.wanted - grant.granted, 0)
        elif need < grant.wanted:
            settled = Grant(need, min(grant.granted, need))
        else:
            continue
        grants[key] = settled
        room[key[1]] = room.get(key[1], 0) + grant.granted - settled.granted
