"""Taking from quotas for a batch: who asked for how much, what each was given, and what goes back. Pure.

Works on what `lock_quotas` found left, so the whole batch is decided while the rows are held. Purchases ask in order of
their own time. A grant shrinks with its entitlement and the quotas get the rest back before anybody asks. A reward may
be drawn from several quotas, a budget and one of the day and one of the shop: it gets what the emptiest has left.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cashback.offers.limits import drawn
from cashback.offers.schemas import Entitlement, Grant

ROUNDS_MAX = 3
"""How often a choice is made again when the quota of the chosen offer is empty."""

GrantKey = tuple[UUID, UUID]
"""Purchase and offer."""
QuotaKey = tuple[UUID, str]
"""Offer and bucket."""
Choose = Callable[[Mapping[GrantKey, Grant], bool], list[Entitlement]]
"""Entitlements at these grants; the flag says whether more may be asked for."""

_NOTHING = Grant(0, 0)


@dataclass(slots=True)
class Allocation:
    """The outcome for a batch."""

    entitlements: list[Entitlement]
    grants: dict[GrantKey, Grant]
    """Every grant that changed."""
    taken: dict[QuotaKey, int] = field(default_factory=dict)
    """What each quota gave, net of what it got back."""


def allocate(choose: Choose, held: Mapping[GrantKey, Grant], left: Mapping[QuotaKey, int]) -> Allocation:
    """Let the batch ask, at most `ROUNDS_MAX` times, and settle every grant at its entitlement.

    `left` holds what each locked quota has left; a quota without a row in it gives nothing.
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
            _give(each, grants, room)
    owed = choose(grants, False)
    _shrink(grants, owed, room)
    changed = {key: grant for key, grant in grants.items() if held.get(key) != grant}
    taken: dict[QuotaKey, int] = {}
    for key, grant in changed.items():
        _move(taken, key[1], held.get(key, _NOTHING), -1)
        _move(taken, key[1], grant, 1)
    return Allocation(owed, changed, {key: moved for key, moved in taken.items() if moved})


def unsettled(held: Mapping[GrantKey, Grant], owed: Iterable[Entitlement], judged: Container[UUID]) -> set[UUID]:
    """The purchases judged for which a quota is to be asked, or gets something back."""
    owed = list(owed)
    asking = {each.purchase_id for each in owed if each.asks}
    needs = _needs(owed)
    return asking | {
        key[0] for key, grant in held.items() if key[0] in judged and _settled(grant, needs.get(key)) is not grant
    }


def _give(asking: Entitlement, grants: dict[GrantKey, Grant], room: dict[QuotaKey, int]) -> None:
    key = (asking.purchase_id, asking.offer_id)
    buckets = tuple(each.bucket for each in asking.draws)
    before = grants.get(key, _NOTHING)
    if before.buckets != buckets:
        _move(room, asking.offer_id, before, 1)
        before = Grant(0, 0, buckets)
    given = asking.asks
    for each in asking.draws:
        left = room.get((asking.offer_id, each.bucket), 0)
        allowed = left
        if each.times:
            allowed = given if before.granted or left > 0 else 0
        if each.whole and allowed < given:
            allowed = 0
        given = max(0, min(given, allowed))
    after = Grant(asking.within, min(before.granted, asking.within) + given, buckets)
    _move(room, asking.offer_id, before, 1)
    _move(room, asking.offer_id, after, -1)
    grants[key] = after


def _shrink(
    grants: dict[GrantKey, Grant],
    wanted: Iterable[Entitlement],
    room: dict[QuotaKey, int],
    keeping: Container[UUID] = frozenset(),
) -> None:
    """Give back what is no longer needed, but for purchases that are `keeping` it. What was refused stays refused."""
    needs = _needs(wanted)
    for key, grant in list(grants.items()):
        settled = grant if key[0] in keeping else _settled(grant, needs.get(key))
        if settled is not grant:
            grants[key] = settled
            _move(room, key[1], grant, 1)
            _move(room, key[1], settled, -1)


def _needs(wanted: Iterable[Entitlement]) -> dict[GrantKey, Entitlement]:
    return {(each.purchase_id, each.offer_id): each for each in wanted if each.draws}


def _settled(grant: Grant, need: Entitlement | None) -> Grant:
    """The grant as it should stand; the very same when nothing of it goes back."""
    if need is None or grant.buckets != tuple(each.bucket for each in need.draws):
        refused = grant.wanted - grant.granted
        return grant if grant.granted == 0 and grant.wanted == refused else Grant(refused, 0, grant.buckets)
    if need.within < grant.wanted:
        return Grant(need.within, min(grant.granted, need.within), grant.buckets)
    return grant


def _move(room: dict[QuotaKey, int], offer_id: UUID, grant: Grant, sign: int) -> None:
    for bucket, amount in drawn(grant).items():
        if amount:
            room[offer_id, bucket] = room.get((offer_id, bucket), 0) + sign * amount
