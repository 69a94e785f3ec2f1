"""Taking from quotas: never more than is left, a refusal is final, and what is not needed goes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.offers.schemas import SOMEBODY, Draw, Entitlement, Grant
from cashback.rewards.quotas import Allocation, Choose, allocate

P, Q = UUID(int=1), UUID(int=2)
A, B, C, D = (UUID(int=10 + number) for number in range(4))


@dataclass(frozen=True)
class Offered:
    """What an offer would give to a purchase; without a budget it asks nobody."""

    offer: UUID
    worth: int
    budgeted: bool = True


def _entitlement(purchase_id: UUID, offered: Offered, amount: int, asks: int) -> Entitlement:
    draws = (Draw("total", 0, times=False, whole=False),) if offered.budgeted else ()
    worth = offered.worth
    return Entitlement(SOMEBODY, purchase_id, offered.offer, 1, "EUR", amount, worth, worth, asks, draws, None, [])


def best_of(offers: Mapping[UUID, list[Offered]]) -> Choose:
    """The choice that entitlements make: the offer worth most at its grant, of one asset."""

    def choose(grants: Mapping[tuple[UUID, UUID], Grant], may_ask: bool) -> list[Entitlement]:
        chosen: list[Entitlement] = []
        for purchase_id, offered in offers.items():
            best: tuple[int, int, Offered] | None = None
            for each in offered:
                held = grants.get((purchase_id, each.offer), Grant(0, 0))
                asks = max(0, each.worth - held.wanted) if may_ask and each.budgeted else 0
                amount = min(held.granted, each.worth) + asks if each.budgeted else each.worth
                if best is None or amount > best[0]:
                    best = (amount, asks, each)
            if best is not None and (best[0] or best[2].budgeted):
                amount, asks, each = best
                chosen.append(_entitlement(purchase_id, each, amount, asks))
        return chosen

    return choose


def amounts(allocation: Allocation) -> dict[tuple[UUID, UUID], int]:
    return {(each.purchase_id, each.offer_id): each.amount for each in allocation.entitlements if each.amount}


def totals(left: Mapping[UUID, int]) -> dict[tuple[UUID, str], int]:
    """Budgets of these offers."""
    return {(offer, "total"): amount for offer, amount in left.items()}


Grants = dict[tuple[UUID, UUID], Grant]


@pytest.mark.parametrize(
    ("offers", "held", "left", "owed", "grants", "taken"),
    [
        ({P: [Offered(A, 5)]}, {}, {A: 10}, {(P, A): 5}, {(P, A): Grant(5, 5)}, {A: 5}),
        ({P: [Offered(A, 5)]}, {}, {A: 3}, {(P, A): 3}, {(P, A): Grant(5, 3)}, {A: 3}),
        ({P: [Offered(A, 5)]}, {}, {A: 0}, {}, {(P, A): Grant(5, 0)}, {A: 0}),
        ({P: [Offered(A, 5)]}, {}, {}, {}, {(P, A): Grant(5, 0)}, {A: 0}),
        ({P: [Offered(A, 5)]}, {(P, A): Grant(5, 0)}, {A: 10}, {}, {}, {}),
        ({P: [Offered(A, 5)]}, {(P, A): Grant(5, 3)}, {A: 10}, {(P, A): 3}, {}, {}),
        ({P: [Offered(A, 8)]}, {(P, A): Grant(5, 5)}, {A: 10}, {(P, A): 8}, {(P, A): Grant(8, 8)}, {A: 3}),
        ({P: [Offered(A, 8)]}, {(P, A): Grant(5, 0)}, {A: 10}, {(P, A): 3}, {(P, A): Grant(8, 3)}, {A: 3}),
        ({P: [Offered(A, 2)]}, {(P, A): Grant(5, 5)}, {A: 0}, {(P, A): 2}, {(P, A): Grant(2, 2)}, {A: -3}),
        ({}, {(P, A): Grant(5, 5)}, {A: 0}, {}, {(P, A): Grant(0, 0)}, {A: -5}),
        ({}, {(P, A): Grant(5, 2)}, {A: 0}, {}, {(P, A): Grant(3, 0)}, {A: -2}),
        (
            {P: [Offered(A, 5), Offered(B, 4, budgeted=False)]},
            {},
            {A: 3},
            {(P, B): 4},
            {(P, A): Grant(2, 0)},
            {A: 0},
        ),
        (
            {P: [Offered(A, 5), Offered(B, 4)]},
            {},
            {A: 0, B: 9},
            {(P, B): 4},
            {(P, A): Grant(5, 0), (P, B): Grant(4, 4)},
            {A: 0, B: 4},
        ),
        (
            {P: [Offered(A, 5), Offered(B, 4), Offered(C, 3), Offered(D, 2), Offered(Q, 1, budgeted=False)]},
            {},
            {A: 0, B: 0, C: 0, D: 9},
            {(P, Q): 1},
            {(P, A): Grant(5, 0), (P, B): Grant(4, 0), (P, C): Grant(3, 0)},
            {A: 0, B: 0, C: 0},
        ),
        (
            {P: [Offered(A, 5)], Q: [Offered(A, 5)]},
            {},
            {A: 7},
            {(P, A): 5, (Q, A): 2},
            {(P, A): Grant(5, 5), (Q, A): Grant(5, 2)},
            {A: 7},
        ),
        (
            {Q: [Offered(A, 5)]},
            {(P, A): Grant(5, 5)},
            {A: 0},
            {(Q, A): 5},
            {(P, A): Grant(0, 0), (Q, A): Grant(5, 5)},
            {A: 0},
        ),
    ],
)
def test_what_is_asked_granted_and_given_back(
    offers: dict[UUID, list[Offered]],
    held: Grants,
    left: dict[UUID, int],
    owed: dict[tuple[UUID, UUID], int],
    grants: Grants,
    taken: dict[UUID, int],
) -> None:
    allocation = allocate(best_of(offers), held, totals(left))
    assert amounts(allocation) == owed
    assert allocation.grants == grants
    assert allocation.taken == {key: moved for key, moved in totals(taken).items() if moved}


def test_asking_a_better_offer_in_vain_costs_nothing_that_was_held() -> None:
    held = {(P, A): Grant(5, 5)}
    offers = {P: [Offered(A, 5), Offered(B, 6)], Q: [Offered(A, 5)]}
    allocation = allocate(best_of(offers), held, totals({A: 0, B: 0}))
    assert amounts(allocation) == {(P, A): 5}
    assert allocation.grants == {(P, B): Grant(6, 0), (Q, A): Grant(5, 0)}


OFFERS = st.lists(st.builds(Offered, st.sampled_from([A, B, C]), st.integers(1, 9)), min_size=1, max_size=3)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from([UUID(int=n) for n in range(1, 6)]), OFFERS, max_size=5), max_size=6),
    st.fixed_dictionaries(dict.fromkeys((A, B, C), st.integers(0, 20))),
)
def test_no_quota_is_ever_exceeded_and_it_equals_its_grants(
    batches: list[dict[UUID, list[Offered]]], caps: dict[UUID, int]
) -> None:
    """Whatever purchases come, grow, shrink and go, in whatever batches: given = granted, and never above the cap."""
    grants: Grants = {}
    given = dict.fromkeys(caps, 0)
    for offers in batches:
        unique = {key: list({each.offer: each for each in offered}.values()) for key, offered in offers.items()}
        mine = {key: grant for key, grant in grants.items() if key[0] in unique}
        allocation = allocate(best_of(unique), mine, totals({key: cap - given[key] for key, cap in caps.items()}))
        grants |= allocation.grants
        for (offer, _), more in allocation.taken.items():
            given[offer] += more
        granted = {offer: sum(grant.granted for key, grant in grants.items() if key[1] == offer) for offer in caps}
        assert granted == given
        assert all(0 <= given[offer] <= cap for offer, cap in caps.items())
        for key, amount in amounts(allocation).items():
            assert amount <= grants[key].granted
        again = allocate(
            best_of(unique), {key: grants[key] for key in grants if key[0] in unique}, totals(dict.fromkeys(caps, 0))
        )
        assert amounts(again) == amounts(allocation)
        assert again.taken == {}
