"""From a reward as it stands to a reward as it should stand: the transfers that make the difference."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.ledger.chart import AVAILABLE, FUNDER, PENDING
from cashback.rewards.plan import RewardRow, reward_transfers

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


def at(pending: int, available: int, revision: int = 0) -> RewardRow:
    return replace(ROW, pending=pending, available=available, revision=revision)


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


AMOUNT = st.integers(0, 10_000)


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_the_transfers_lead_exactly_from_one_to_the_other(a: int, b: int, c: int, d: int) -> None:
    accounts = {FUNDER: 0, PENDING: a, AVAILABLE: b}
    for each in reward_transfers(at(a, b), at(c, d, revision=1)):
        assert each.amount > 0
        accounts[each.debit] -= each.amount
        accounts[each.credit] += each.amount
    assert accounts == {FUNDER: a + b - c - d, PENDING: c, AVAILABLE: d}


@pytest.mark.parametrize(
    ("pending", "available", "state"), [(0, 0, "clawed_back"), (5, 0, "pending"), (0, 5, "available")]
)
def test_the_state_is_said_by_the_amounts(pending: int, available: int, state: str) -> None:
    assert (at(pending, available).state, at(pending, available).amount) == (state, pending + available)
