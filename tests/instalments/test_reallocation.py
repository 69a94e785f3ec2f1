"""What a refund makes of a plan, whatever the policy: nothing grows, nothing falls below zero, no cent is lost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.instalments.reallocation import shrink
from cashback.instalments.schemas import Instalment, InstalmentState, RefundPolicy

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def part(number: int, principal: int, fee: int = 0, paid: int = 0, state: str = "open") -> Instalment:
    day = date(2026, 12, 1) + timedelta(days=30 * number)
    paid_at = NOW if state == "paid" else None
    return Instalment(
        number, day, principal, day, principal, fee, paid, InstalmentState(state), None, paid_at, 0, None
    )  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> list[Instalment]:
    """Instalments anywhere in their life: paid, partly paid, given up, open."""
    parts = []
    for number in range(1, draw(st.integers(2, 12)) + 1):
        principal, fee = draw(st.integers(0, 5_000)), draw(st.sampled_from([0, 0, 1, 90]))
        state = draw(st.sampled_from(["open", "paid", "written_off"]))
        paid = principal + fee if state == "paid" else draw(st.integers(0, max(0, principal + fee - 1)))
        parts.append(part(number, principal, fee, paid, state))
    return parts


def owed(parts: object) -> list[int]:
    return [each.owed_minor for each in parts]  # type: ignore[attr-defined]


@given(lives(), st.sampled_from(RefundPolicy), st.data())
def test_instalments_and_refunds_are_the_purchase(
    parts: list[Instalment], policy: RefundPolicy, data: st.DataObject
) -> None:
    whole = sum(each.principal_minor for each in parts)
    refund = data.draw(st.integers(0, whole))
    after = shrink(parts, refund, policy)
    assert sum(each.principal_minor for each in after.instalments) == whole - refund
    assert after.owed_minor + after.lost_minor + after.paid_minor == refund
    assert min(after.owed_minor, after.lost_minor, after.paid_minor) >= 0
    for old, new in zip(parts, after.instalments, strict=True):
        assert 0 <= new.principal_minor <= old.principal_minor
        assert 0 <= new.paid_minor <= new.principal_minor + new.fee_minor
        assert (new.fee_minor, new.due_on, new.number) == (old.fee_minor, old.due_on, old.number)
        assert new.owed_minor <= old.owed_minor
    paid = [sum(each.paid_minor for each in group) for group in (parts, after.instalments)]
    assert paid[0] - paid[1] == after.paid_minor
    assert sum(owed(parts)) - sum(owed(after.instalments)) == after.owed_minor
    still_open = sum(each.open_principal_minor for each in parts)
    assert after.owed_minor == min(refund, still_open), "what is open shrinks before anything goes back"
    if refund < still_open:
        assert (after.lost_minor, after.paid_minor) == (0, 0)


@given(lives(), st.sampled_from(RefundPolicy), st.data())
def test_two_refunds_take_as_much_as_one(parts: list[Instalment], policy: RefundPolicy, data: st.DataObject) -> None:
    whole = sum(each.principal_minor for each in parts)
    first = data.draw(st.integers(0, whole))
    second = data.draw(st.integers(0, whole - first))
    steps = shrink(parts, first, policy)
    more = shrink(steps.instalments, second, policy)
    once = shrink(parts, first + second, policy)
    assert steps.owed_minor + more.owed_minor == once.owed_minor
    assert steps.lost_minor + more.lost_minor == once.lost_minor
    assert steps.paid_minor + more.paid_minor == once.paid_minor


@given(lives(), st.data())
def test_each_policy_begins_where_it_says(parts: list[Instalment], data: st.DataObject) -> None:
    still_open = {each.number: each.open_principal_minor for each in parts if each.open_principal_minor}
    refund = data.draw(st.integers(0, sum(still_open.values())))
    for policy, order in ((RefundPolicy.NEXT, sorted(still_open)), (RefundPolicy.LAST, sorted(still_open)[::-1])):
        after = {each.number: each.open_principal_minor for each in shrink(parts, refund, policy).instalments}
        cuts = [still_open[number] - after[number] for number in order]
        touched = [cut for cut in cuts if cut]
        assert cuts[: len(touched)] == touched
        assert all(
            cut == still_open[number] for cut, number in zip(cuts, order[: max(0, len(touched) - 1)], strict=False)
        )
    equal = {
        each.number: each.open_principal_minor for each in shrink(parts, refund, RefundPolicy.REAMORTISE).instalments
    }
    cuts = [still_open[number] - equal[number] for number in sorted(still_open) if equal[number]]
    assert not cuts or max(cuts) - min(cuts) <= 1
    assert cuts == sorted(cuts), "what does not divide is taken from the latest, so that cents stay with the earliest"


EDGES = [
    (RefundPolicy.REAMORTISE, 1, [3334, 3333, 3332]),
    (RefundPolicy.REAMORTISE, 2, [3334, 3332, 3332]),
    (RefundPolicy.REAMORTISE, 6665, [3334, 1, 0]),
    (RefundPolicy.NEXT, 3334, [3334, 0, 3332]),
    (RefundPolicy.LAST, 3334, [3334, 3332, 0]),
    (RefundPolicy.LAST, 6667, [3333, 0, 0]),
    (RefundPolicy.NEXT, 10000, [0, 0, 0]),
]


@pytest.mark.parametrize(("policy", "refund", "left"), EDGES)
def test_to_the_cent(policy: RefundPolicy, refund: int, left: list[int]) -> None:
    parts = [part(1, 3334, paid=3334, state="paid"), part(2, 3333), part(3, 3333)]
    assert [each.principal_minor for each in shrink(parts, refund, policy).instalments] == left


@pytest.mark.parametrize("refund", [-1, 10001])
def test_more_than_there_is_is_an_error(refund: int) -> None:
    parts = [part(1, 5000, paid=5000, state="paid"), part(2, 5000)]
    with pytest.raises(ValueError, match="expected a refund"):
        shrink(parts, refund, RefundPolicy.LAST)
