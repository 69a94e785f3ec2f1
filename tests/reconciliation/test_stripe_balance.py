"""Stripe's balance as its API lists it and as its report exports it, read and compared like a bank's."""

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from cashback.iso20022.entries import Direction
from cashback.iso20022.errors import FileRefused
from cashback.reconciliation.matching import match
from cashback.reconciliation.movements import Movement, one_telling, own_transfers
from cashback.reconciliation.schemas import Booked, Expected, Finding, Kind
from cashback.reconciliation.stripe_balance import read_stripe_balance

OPERATOR = UUID(int=1)
PAYOUT, OTHER = "019aca0000007000800000000000000a", "019aca0000007000800000000000000b"
FIRST = date(2026, 12, 1)
CREATED = 1_796_119_200
"""10:00 UTC of that day."""


def transaction(kind: str, amount: int, source: Any, **more: Any) -> dict[str, Any]:
    told = {"id": f"txn_{kind}_{abs(amount)}", "object": "balance_transaction", "type": kind, "amount": amount}
    return {**told, "currency": "eur", "created": CREATED, "fee": 0, "net": amount, "source": source, **more}


def transfer(payout: str, tr: str = "tr_1aaaa", **more: Any) -> dict[str, Any]:
    return {"id": tr, "object": "transfer", "metadata": {"payout": payout}, **more}


LIST = [
    transaction("transfer", -10_00, transfer(PAYOUT)),
    transaction("transfer_refund", 10_00, {"id": "trr_1aaaa", "object": "transfer_reversal", "transfer": "tr_1aaaa"}),
    transaction("payout", -500_00, "po_1aaaa", fee=25),
    transaction("stripe_fee", -3_00, None),
]


def read(*pages: object) -> list[Movement]:
    return read_stripe_balance(OPERATOR, "\n".join(json.dumps(page) for page in pages).encode())


def test_pages_lists_and_lines_tell_the_same() -> None:
    movements = read({"object": "list", "data": LIST, "has_more": False})
    assert movements == read(LIST) == read({"data": LIST[:2]}, {"data": LIST[2:]})
    assert [(one.direction, one.amount_minor, one.part, one.charge) for one in movements] == [
        (Direction.OUT, 10_00, 0, False),
        (Direction.IN, 10_00, 0, False),
        (Direction.OUT, 500_00, 0, False),
        (Direction.OUT, 25, 1, True),
        (Direction.OUT, 3_00, 0, True),
    ]
    assert {one.booked_on for one in movements} == {FIRST}
    assert [one.end_to_end for one in one_telling(movements)] == [
        PAYOUT,
        PAYOUT,
        "po_1aaaa",
        None,
        "txn_stripe_fee_300",
    ]


def test_a_report_tells_the_same_as_the_list() -> None:
    report = (
        "balance_transaction_id,created_utc,reporting_category,source_id,gross,fee,currency,transfer_metadata[payout]\n"
        f"txn_transfer_1000,2026-12-01 10:00:00,transfer,tr_1aaaa,-10.00,0.00,eur,{PAYOUT}\n"
        "txn_payout_50000,2026-12-01 10:00:00,payout,po_1aaaa,-500.00,0.25,eur,\n"
    )
    assert read_stripe_balance(OPERATOR, report.encode()) == read([LIST[0], LIST[2]])


def test_transfers_and_payouts_are_compared_like_a_bank_s_movements() -> None:
    ours = [Expected(Kind.PAYOUT, ref, 10_00, "EUR", Direction.OUT, FIRST, end_to_end=ref) for ref in (PAYOUT, OTHER)]
    movements = read([*LIST, transaction("transfer", -10_01, transfer(OTHER, "tr_2aaaa"))])
    at_bank = Booked("b", 500_00, "EUR", Direction.IN, FIRST, references=("po_1aaaa",))
    found = match([*ours, *own_transfers(movements)], [*one_telling(movements), at_bank], as_of=date(2026, 12, 20))
    assert [(line.finding, line.difference_minor, line.refs) for line in found.differences] == [
        (Finding.AMOUNT, -1, (OTHER,)),
        (Finding.CHARGE, -25, ()),
        (Finding.CHARGE, -3_00, ()),
        (Finding.RETURNED, 10_00, (PAYOUT,)),
    ]
    assert found.counts[Finding.MATCHED] == 2


def test_what_stripe_paid_out_is_missed_at_the_bank_unless_it_failed() -> None:
    movements = read([LIST[2]])
    alone = match(own_transfers(movements), one_telling(movements), as_of=date(2026, 12, 20))
    assert [(line.finding, line.refs) for line in alone.differences if line.kind] == [
        (Finding.MISSING, ("po_1aaaa:bank",))
    ]
    again = read([LIST[2], {**LIST[2], "id": "txn_again"}])
    twice = match(own_transfers(again), one_telling(again), as_of=date(2026, 12, 20))
    assert Finding.TWICE in {line.finding for line in twice.differences}
    movements = read([LIST[2], transaction("payout_failure", 500_00, "po_1aaaa")])
    failed = match(own_transfers(movements), one_telling(movements), as_of=date(2026, 12, 20))
    assert [line.finding for line in failed.differences] == [Finding.CHARGE]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[]", "expected balance transactions of Stripe, got none"),
        (b'{"data": [{"id": 1}]}', "line 1: expected pages of balance transactions"),
        (b'{"data": [', "line 1: expected pages of balance transactions"),
        (json.dumps([transaction("transfer", -1, "tr_1aaaa")]).encode(), "ask with expand[]=data.source"),
        (json.dumps([transaction("payout", -1, "po_1aaaa", currency="xxq")]).encode(), "expected an ISO 4217 code"),
        (json.dumps([transaction("payout", -1, "po_1aaaa", currency="isk")]).encode(), "ISK has other decimals"),
        (b'[{"id": "\\u0000"}]', "without the character U+0000"),
        (b"a,b\n1,2\n", "line 1: expected a list in JSON, or a report with the columns balance_transaction_id"),
        (b"id,type,source,amount,fee,currency,created\nt,transfer,tr_1,-1.00,0,eur,2026-12-01\n", "line 2: a transfer"),
        (b"id,type,source,amount,fee,currency,created\nt,payout,po_1,-1.001,0,eur,2026-12-01\n", "line 2: amount: EUR"),
        (b"id,type,source,amount,fee,currency,created\nt,payout,po_1,-1.00,0,eur,first\n", "line 2: Invalid isoformat"),
        (b"id,type,source,amount,fee,currency,created\n\xff", "expected a report as CSV in UTF-8"),
    ],
)
def test_what_is_no_balance_is_refused_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_stripe_balance(OPERATOR, data)
    assert said in str(refused.value)


def test_a_charge_of_another_transfer_is_not_this_one() -> None:
    reversal = replace(read([LIST[1]])[0], bank_ref="tr_other")
    assert one_telling([*read([LIST[0]]), reversal])[1].end_to_end is None
