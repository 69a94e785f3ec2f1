"""What is expected beside what was booked: each case by itself, and laws over all of them together."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.iso20022.entries import Direction
from cashback.reconciliation.matching import match
from cashback.reconciliation.schemas import Booked, Expected, Finding, How, Kind, Line, Reconciled

FIRST, SECOND = date(2026, 12, 1), date(2026, 12, 2)
TODAY = date(2026, 12, 20)
IN, OUT = Direction.IN, Direction.OUT
A, B = "019aca0000007000800000000000000a", "019aca0000007000800000000000000b"
PAID = Expected(Kind.PAYOUT, "A", 10_00, "EUR", OUT, FIRST, end_to_end=A, group="batch1")
OTHER = replace(PAID, ref="B", end_to_end=B, amount_minor=25_00)
DEBIT = Booked("1", 10_00, "EUR", OUT, FIRST, end_to_end=A)
BACK = Booked("2", 10_00, "EUR", IN, SECOND, end_to_end=A, return_reason="AC04")
BATCH = Booked("3", 35_00, "EUR", OUT, FIRST, group="batch1")
INVOICE = Expected(Kind.INVOICE, "2026-000042", 120_00, "EUR", IN, FIRST, references=("2026-000042",), recorded=False)
CREDIT = Booked("4", 120_00, "EUR", IN, FIRST, references=("2026000042",))
TOP_UP = Expected(Kind.PAYMENT, "topup-1", 500_00, "EUR", IN, FIRST, references=("topup-1",))


def compared(expected: list[Expected], booked: list[Booked], as_of: date = TODAY) -> list[tuple[Finding, int]]:
    return [(line.finding, line.difference_minor) for line in match(expected, booked, as_of=as_of).lines]


@pytest.mark.parametrize(
    ("expected", "booked", "found"),
    [
        ([PAID], [DEBIT], [(Finding.MATCHED, 0)]),
        ([PAID], [replace(DEBIT, end_to_end=f" {A.upper()}")], [(Finding.MATCHED, 0)]),
        ([PAID], [], [(Finding.MISSING, 10_00)]),
        ([], [DEBIT], [(Finding.UNKNOWN, -10_00)]),
        ([PAID], [replace(DEBIT, amount_minor=10_01)], [(Finding.AMOUNT, -1)]),
        ([PAID], [replace(DEBIT, currency="PLN")], [(Finding.MISSING, 10_00), (Finding.UNKNOWN, -10_00)]),
        ([PAID], [DEBIT, BACK], [(Finding.RETURNED, 10_00)]),
        ([PAID], [DEBIT, replace(BACK, amount_minor=9_50)], [(Finding.RETURNED, 9_50)]),
        ([replace(PAID, returned=True)], [DEBIT, BACK], [(Finding.MATCHED, 0)]),
        ([replace(PAID, returned=True)], [DEBIT], [(Finding.NOT_RETURNED, -10_00)]),
        ([replace(PAID, returned=True)], [], [(Finding.MATCHED, 0)]),
        ([PAID], [DEBIT, replace(DEBIT, ref="9")], [(Finding.TWICE, -10_00)]),
        ([replace(PAID, rejected="AC01")], [], [(Finding.REJECTED, 10_00)]),
        ([replace(PAID, recorded=False)], [DEBIT], [(Finding.UNRECORDED, 0)]),
        ([PAID, OTHER], [BATCH], [(Finding.MATCHED, 0), (Finding.MATCHED, 0)]),
        ([PAID, OTHER], [replace(BATCH, amount_minor=34_99)], [(Finding.AMOUNT, 1), *[(Finding.MATCHED, 0)] * 2]),
        ([PAID, OTHER], [BATCH, replace(BATCH, ref="9")], [*[(Finding.MATCHED, 0)] * 2, (Finding.TWICE, -35_00)]),
        ([PAID, OTHER], [BATCH, BACK], [(Finding.MATCHED, 0), (Finding.RETURNED, 10_00)]),
        ([PAID, OTHER], [DEBIT, replace(BATCH, amount_minor=25_00)], [(Finding.MATCHED, 0), (Finding.MATCHED, 0)]),
        ([PAID], [DEBIT, BATCH], [(Finding.MATCHED, 0), (Finding.UNKNOWN, -35_00)]),
        ([INVOICE], [CREDIT], [(Finding.UNRECORDED, 0)]),
        ([replace(INVOICE, recorded=True)], [CREDIT], [(Finding.MATCHED, 0)]),
        ([INVOICE], [replace(CREDIT, amount_minor=119_99)], [(Finding.AMOUNT, -1)]),
        ([INVOICE], [replace(CREDIT, direction=OUT)], [(Finding.AMOUNT, -240_00)]),
        ([PAID, replace(OTHER, returned=True)], [replace(BATCH, amount_minor=10_00)], [(Finding.MATCHED, 0)] * 2),
        ([PAID, replace(OTHER, returned=True)], [BATCH, replace(BACK, end_to_end=B, amount_minor=25_00)],
            [(Finding.MATCHED, 0)] * 2),
        ([PAID, replace(OTHER, rejected="AC01")], [replace(BATCH, amount_minor=10_00)],
            [(Finding.MATCHED, 0), (Finding.REJECTED, 25_00)]),
        ([INVOICE], [replace(CREDIT, references=("20260000421",))],
            [(Finding.MISSING, -120_00), (Finding.UNKNOWN, 120_00)]),
        ([TOP_UP], [Booked("5", 500_00, "EUR", IN, SECOND)], [(Finding.MATCHED, 0)]),
        ([TOP_UP], [Booked("5", 500_00, "EUR", IN, FIRST + timedelta(11))],
            [(Finding.MISSING, -500_00), (Finding.UNKNOWN, 500_00)]),
        ([], [Booked("6", 60, "EUR", OUT, FIRST, charge=True)], [(Finding.CHARGE, -60)]),
    ],
)  # fmt: skip
def test_each_case_has_its_finding_and_its_cents(
    expected: list[Expected], booked: list[Booked], found: list[tuple[Finding, int]]
) -> None:
    assert sorted(compared(expected, booked)) == sorted(found)


def test_what_is_not_due_waits() -> None:
    assert compared([PAID], [], as_of=FIRST) == [(Finding.WAITING, 10_00)]
    assert match([PAID], [], as_of=FIRST).differences == ()


def test_several_invoices_by_one_movement_and_one_by_several() -> None:
    second = replace(INVOICE, ref="2026-000043", references=("2026-000043",), amount_minor=30_00)
    both = replace(CREDIT, amount_minor=150_00, references=("2026-000042", "2026-000043"))
    (line,) = match([INVOICE, second], [both], as_of=TODAY).lines
    assert line == Line(
        Finding.UNRECORDED, "EUR", 150_00, 150_00, Kind.INVOICE, ("2026-000042", "2026-000043"), ("4",), FIRST,
        How.REFERENCE,
    )  # fmt: skip
    halves = [replace(CREDIT, ref=ref, amount_minor=60_00) for ref in "45"]
    (line,) = match([INVOICE], halves, as_of=TODAY).lines
    assert (line.finding, line.difference_minor, line.booked) == (Finding.UNRECORDED, 0, ("4", "5"))


def test_a_part_that_was_paid_and_recorded_leaves_the_rest_of_its_invoice_open() -> None:
    paid = replace(TOP_UP, ref="2026-000042", amount_minor=50_00, references=("2026-000042",))
    rest = replace(INVOICE, amount_minor=70_00, due_on=TODAY)
    half = replace(CREDIT, amount_minor=50_00)
    assert sorted(compared([paid, rest], [half])) == [(Finding.MATCHED, 0), (Finding.WAITING, -70_00)]
    assert compared([paid, rest], [CREDIT]) == [(Finding.UNRECORDED, 0)]


def test_an_invoice_paid_less_a_credit_note_names_both() -> None:
    note = replace(INVOICE, ref="CN-2026-000001", amount_minor=20_00, direction=OUT, references=("CN-2026-000001",))
    net = replace(CREDIT, amount_minor=100_00, references=("2026-000042", "CN-2026-000001"))
    assert compared([INVOICE, note], [net]) == [(Finding.UNRECORDED, 0)]


def test_what_has_an_id_is_never_matched_by_its_amount() -> None:
    stranger = Booked("7", 10_00, "EUR", OUT, FIRST)
    assert sorted(compared([PAID], [stranger])) == [(Finding.MISSING, 10_00), (Finding.UNKNOWN, -10_00)]
    twins = [TOP_UP, replace(TOP_UP, ref="topup-2", references=())]
    found = compared(twins, [Booked("5", 500_00, "EUR", IN, FIRST)])
    assert sorted(found) == [*[(Finding.MISSING, -500_00)] * 2, (Finding.UNKNOWN, 500_00)]


def test_a_returned_payment_tells_why_and_by_what_it_was_found() -> None:
    (line,) = match([PAID], [DEBIT, BACK], as_of=TODAY).lines
    assert (line.reason, line.how, line.on, line.booked) == ("AC04", How.END_TO_END, FIRST, ("1", "2"))


def test_one_reference_twice_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="two movements have one reference"):
        match([PAID, PAID], [], as_of=TODAY)
    with pytest.raises(ValueError, match="two movements have one reference"):
        match([], [DEBIT, DEBIT], as_of=TODAY)


REFERENCES = st.sampled_from(("2026-000001", "2026-000002", "RF18539007547034"))
IDS = st.sampled_from((A, B, "c"))
EXPECTED = st.builds(
    Expected,
    kind=st.sampled_from(Kind),
    ref=st.uuids().map(str),
    amount_minor=st.integers(1, 5),
    currency=st.sampled_from(("EUR", "PLN")),
    direction=st.sampled_from(Direction),
    due_on=st.sampled_from((FIRST, TODAY)),
    end_to_end=st.none() | st.uuids().map(lambda each: each.hex),
    group=st.none() | st.sampled_from(("g", "h")),
    references=st.lists(REFERENCES, max_size=2).map(tuple),
    recorded=st.booleans(),
    returned=st.booleans(),
    rejected=st.none() | st.just("AC01"),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Expected], list[Booked]]:
    ours = draw(st.lists(EXPECTED, max_size=8, unique_by=lambda one: one.ref))
    ids = [one.end_to_end for one in ours if one.end_to_end is not None]
    booked = st.builds(
        Booked,
        ref=st.uuids().map(str),
        amount_minor=st.integers(1, 5),
        currency=st.sampled_from(("EUR", "PLN")),
        direction=st.sampled_from(Direction),
        booked_on=st.sampled_from((FIRST, SECOND)),
        end_to_end=st.none() | st.sampled_from([*ids, "stranger"]),
        group=st.none() | st.sampled_from(("g", "h", "i")),
        references=st.lists(REFERENCES, max_size=2).map(tuple),
        charge=st.booleans(),
    )
    return ours, draw(st.lists(booked, max_size=8, unique_by=lambda one: one.ref))


def signed(one: Expected | Booked) -> int:
    return one.amount_minor if one.direction is IN else -one.amount_minor


@settings(deadline=None, max_examples=60)
@given(worlds(), st.randoms(use_true_random=False))
def test_no_cent_is_lost_or_told_twice_and_no_order_matters(
    world: tuple[list[Expected], list[Booked]], chance: random.Random
) -> None:
    ours, theirs = world
    found = match(ours, theirs, as_of=TODAY)
    for currency in ("EUR", "PLN"):
        lines = [line for line in found.lines if line.currency == currency]
        assert sum(line.ours_minor for line in lines) == sum(
            signed(one) for one in ours if one.currency == currency and not one.returned
        )
        assert sum(line.bank_minor for line in lines) == sum(signed(one) for one in theirs if one.currency == currency)
    assert {one.ref for one in ours} <= {ref for line in found.lines for ref in line.refs}
    assert {one.ref for one in theirs} == {ref for line in found.lines for ref in line.booked}
    assert all(line.difference_minor == 0 for line in found.lines if line.finding is Finding.MATCHED)
    chance.shuffle(ours)
    chance.shuffle(theirs)
    assert match(ours, theirs, as_of=TODAY) == found


LINES = 5_000


def seeded(seed: int) -> tuple[list[Expected], list[Booked], set[tuple[Finding, str]]]:
    """Books and a bank that agree but for one line in a hundred; what was broken, by its finding and its name."""
    chance = random.Random(seed)
    ours, theirs = [], []
    for number in range(LINES):
        minor, day = chance.choice((10_00, 20_00, chance.randrange(1, 100_00))), FIRST + timedelta(number % 10)
        if number % 10 == 0:
            ref = f"2026-{number:06d}"
            one = Expected(Kind.INVOICE, ref, minor, "EUR", IN, day, references=(ref,))
            told = Booked(
                f"b{number}", minor, "EUR", IN, day, references=(chance.choice((ref, ref.replace("-", " "))),)
            )
        else:
            ref = f"{chance.getrandbits(128):032x}"
            one = Expected(Kind.PAYOUT, f"p{number}", minor, "EUR", OUT, day, end_to_end=ref, group=f"g{number // 50}")
            told = Booked(f"b{number}", minor, "EUR", OUT, day, end_to_end=ref, group=f"g{number // 50}")
        ours.append(one)
        theirs.append(told)
    broken: set[tuple[Finding, str]] = set()
    gone: set[str] = set()
    for number in chance.sample([number for number in range(LINES) if number % 10], LINES // 100):
        one, told = ours[number], theirs[number]
        kind = chance.choice(("missing", "unknown", "amount", "returned", "twice"))
        if kind == "missing":
            gone.add(told.ref)
            broken.add((Finding.MISSING, one.ref))
        elif kind == "unknown":
            ours[number] = replace(one, returned=True)
            theirs[number] = replace(told, end_to_end=f"{chance.getrandbits(128):032x}")
            broken.add((Finding.UNKNOWN, told.ref))
        elif kind == "amount":
            theirs[number] = replace(told, amount_minor=told.amount_minor + chance.choice((-1, 1)) or 2)
            broken.add((Finding.AMOUNT, one.ref))
        elif kind == "returned":
            theirs.append(replace(told, ref=f"r{number}", direction=IN, return_reason="AC04"))
            broken.add((Finding.RETURNED, one.ref))
        else:
            theirs.append(replace(told, ref=f"d{number}"))
            broken.add((Finding.TWICE, one.ref))
    return ours, [told for told in theirs if told.ref not in gone], broken


def named(found: Reconciled) -> set[tuple[Finding, str]]:
    return {(line.finding, (line.refs or line.booked)[0]) for line in found.differences}


@pytest.mark.parametrize("seed", [7, 42, 8823714])
def test_of_five_thousand_lines_every_broken_one_is_found_and_no_other(seed: int) -> None:
    ours, theirs, broken = seeded(seed)
    assert len(broken) >= LINES // 100
    found = match(ours, theirs, as_of=TODAY)
    assert named(found) == broken
    assert len(found.differences) == len(broken)
