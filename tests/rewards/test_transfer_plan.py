"""From a reward as it stands to a reward as it should stand: the transfers that make the difference."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.ledger.chart import AVAILABLE, EXPIRED, FUNDER, PENDING
from cashback.offers.schemas import Funders
from cashback.rewards.plan import RewardRow, reward_transfers, shared_out

ROW = RewardRow(
    shopper_id=UUID(int=1),
    purchase_id=UUID(int=2),
    offer_id=UUID(int=3),
    id=UUID(int=4),
    offer_version=1,
    asset="EUR",
    pending=0,
    available=0,
    matures_at=None,
    revision=0,
    trail=[],
    updated_at=datetime(2026, 11, 1, tzinfo=UTC),
)


def at(pending: int, available: int, revision: int = 0, funders: Funders = ()) -> RewardRow:
    return replace(ROW, pending=pending, available=available, revision=revision, funders=funders)


@pytest.mark.parametrize(
    ("held", "target", "moves"),
    [
        ((0, 0), (100, 0), [(FUNDER, PENDING, 100, "earned")]),
        ((0, 0), (0, 100), [(FUNDER, AVAILABLE, 100, "earned")]),
        ((100, 0), (0, 100), [(PENDING, AVAILABLE, 100, "matured")]),
        ((100, 0), (0, 70), [(PENDING, AVAILABLE, 70, "matured"), (PENDING, FUNDER, 30, "clawed_back")]),
        ((100, 0), (0, 130), [(PENDING, AVAILABLE, 100, "matured"), (FUNDER, AVAILABLE, 30, "earned")]),
        ((0, 100), (100, 0), [(AVAILABLE, PENDING, 100, "hold_extended")]),
        ((0, 100), (70, 0), [(AVAILABLE, PENDING, 70, "hold_extended"), (AVAILABLE, FUNDER, 30, "clawed_back")]),
        ((0, 100), (130, 0), [(AVAILABLE, PENDING, 100, "hold_extended"), (FUNDER, PENDING, 30, "earned")]),
        ((100, 0), (60, 0), [(PENDING, FUNDER, 40, "clawed_back")]),
        ((0, 100), (0, 0), [(AVAILABLE, FUNDER, 100, "clawed_back")]),
        ((100, 0), (100, 0), []),
    ],
)
def test_moves(held: tuple[int, int], target: tuple[int, int], moves: list[tuple[str, str, int, str]]) -> None:
    transfers = reward_transfers(at(*held), at(*target, revision=7))
    assert [(each.debit, each.credit, each.amount, each.reason) for each in transfers] == moves
    assert [each.key for each in transfers] == [f"reward:{ROW.id.hex}:7:{leg}" for leg in range(len(moves))]
    assert all((each.corrects is None) == (each.reason in ("earned", "matured")) for each in transfers)


@pytest.mark.parametrize(
    ("held", "target", "moves"),
    [
        ((0, 100, 0), (0, 0, 100), [(AVAILABLE, EXPIRED, 100, "expired")]),
        ((0, 100, 0), (0, 30, 70), [(AVAILABLE, EXPIRED, 70, "expired")]),
        ((100, 0, 0), (0, 0, 100), [(PENDING, EXPIRED, 100, "expired")]),
        ((0, 30, 70), (0, 30, 30), [(EXPIRED, FUNDER, 40, "clawed_back")]),
        ((0, 30, 70), (0, 20, 0), [(AVAILABLE, FUNDER, 10, "clawed_back"), (EXPIRED, FUNDER, 70, "clawed_back")]),
        ((0, 0, 100), (0, 40, 0), [(EXPIRED, AVAILABLE, 40, "expiry_undone"), (EXPIRED, FUNDER, 60, "clawed_back")]),
        ((0, 0, 100), (100, 0, 0), [(EXPIRED, PENDING, 100, "hold_extended")]),
        ((0, 0, 0), (0, 0, 100), [(FUNDER, EXPIRED, 100, "earned")]),
    ],
)
def test_moves_of_what_expires(held: Any, target: Any, moves: list[tuple[str, str, int, str]]) -> None:
    before, after = (replace(at(*each[:2]), expired=each[2]) for each in (held, target))
    transfers = reward_transfers(before, replace(after, revision=7))
    assert [(each.debit, each.credit, each.amount, each.reason) for each in transfers] == moves
    assert all((each.corrects is None) == (each.reason in ("earned", "expired")) for each in transfers)


LUNE, SHOP, HOUSE = "funder:brand:Lune", "funder:shop:07", FUNDER
THREE = (("shop:07", 3333), ("brand:Lune", 3333), ("operator", 3334))
SEVEN = (("brand:Lune", 7000), ("operator", 3000))


@pytest.mark.parametrize(
    ("held", "target", "moves"),
    [
        (((0, 0), ()), ((10, 0), THREE), [(SHOP, PENDING, 3), (LUNE, PENDING, 3), (HOUSE, PENDING, 4)]),
        (((10, 0), THREE), ((9, 0), THREE), [(PENDING, SHOP, 1)]),
        (((0, 100), SEVEN), ((0, 40), SEVEN), [(AVAILABLE, LUNE, 42), (AVAILABLE, HOUSE, 18)]),
        (((100, 0), ()), ((100, 0), SEVEN), [(LUNE, HOUSE, 70)]),
        (((0, 100), SEVEN), ((0, 110), ()), [(HOUSE, AVAILABLE, 10), (HOUSE, LUNE, 70)]),
        (((100, 0), SEVEN), ((0, 100), SEVEN), [(PENDING, AVAILABLE, 100)]),
    ],
)
def test_each_funder_pays_its_share(held: Any, target: Any, moves: list[tuple[str, str, int]]) -> None:
    transfers = reward_transfers(at(*held[0], funders=held[1]), at(*target[0], revision=7, funders=target[1]))
    assert [(each.debit, each.credit, each.amount) for each in transfers] == moves


SHARES = st.lists(st.integers(1, 5_000), min_size=1, max_size=3).map(
    lambda parts: tuple((f"brand:{place}", part) for place, part in enumerate([*parts[:-1], 10_000 - sum(parts[:-1])]))
)


@given(st.integers(0, 10**12), SHARES)
def test_what_funders_pay_adds_up_and_is_their_share_to_the_unit(amount: int, funders: Funders) -> None:
    parts = shared_out(amount, funders)
    assert sum(part for _, part in parts) == amount
    assert all(
        abs(part * 10_000 - amount * share) < 10_000 for (_, part), (_, share) in zip(parts, funders, strict=True)
    )


@given(st.integers(0, 10_000), st.integers(0, 10_000), SHARES, SHARES)
def test_changing_hands_ends_as_if_it_had_been_so_from_the_start(a: int, b: int, one: Funders, other: Funders) -> None:
    paid: Counter[str] = Counter()
    for held, target in (
        (at(0, 0), at(a, 0, 1, one)),
        (at(a, 0, 1, one), at(0, b, 2, other)),
    ):
        for each in reward_transfers(held, target):
            paid[each.debit] += each.amount
            paid[each.credit] -= each.amount
    assert {account: amount for account, amount in paid.items() if amount} == {
        account: amount for account, amount in [*shared_out(b, other), (AVAILABLE, -b)] if amount
    }


AMOUNT = st.integers(0, 10_000)


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_the_transfers_lead_exactly_from_one_to_the_other(a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    accounts = {FUNDER: 0, PENDING: a, AVAILABLE: b, EXPIRED: e}
    for each in reward_transfers(replace(at(a, b), expired=e), replace(at(c, d, revision=1), expired=f)):
        assert each.amount > 0
        accounts[each.debit] -= each.amount
        accounts[each.credit] += each.amount
    assert accounts == {FUNDER: a + b + e - c - d - f, PENDING: c, AVAILABLE: d, EXPIRED: f}


@pytest.mark.parametrize(
    ("pending", "available", "expired", "state"),
    [
        (0, 0, 0, "clawed_back"),
        (5, 0, 0, "pending"),
        (0, 5, 0, "available"),
        (0, 5, 5, "available"),
        (0, 0, 5, "expired"),
    ],
)
def test_the_state_is_said_by_the_amounts(pending: int, available: int, expired: int, state: str) -> None:
    row = replace(at(pending, available), expired=expired)
    assert (row.state, row.amount, row.matured) == (state, pending + available + expired, available + expired)
