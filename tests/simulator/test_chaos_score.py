"""The scorer can fail: each way in which a house may be wrong is found, named, and counted to the cent."""

from collections import Counter
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import msgspec
import pytest
from chaos_worlds import CALM, changed, hostile, row_id, rows_of, settled, truths_of, understood

from cashback.purchases.schemas import PurchaseState
from cashback.simulator.chaos.files import TruePurchase
from cashback.simulator.chaos.outcome import Outcome, Row
from cashback.simulator.chaos.people import ZONE
from cashback.simulator.chaos.reasons import Reason
from cashback.simulator.chaos.report import Report, passes, score, spoken
from cashback.simulator.chaos.scoring import Verdict, by_view, judge

WORLD = hostile(5, 100, CALM)
TRUTHS = truths_of(WORLD)
UNDERSTOOD = understood(WORLD)


def earned(truth: TruePurchase) -> int:
    return UNDERSTOOD.earned.get(row_id(truth, 0), {}).get("EUR", 0)


def month(truth: TruePurchase) -> tuple[str, int]:
    return truth.shopper, truth.at.astimezone(ZONE).month


MONTHS = Counter({key: sum(map(earned, mine)) for key, mine in groupby(sorted(TRUTHS, key=month), key=month)})


def one() -> TruePurchase:
    """A purchase that earns cashback, nothing given back, in a month whose limit leaves room for as much again."""
    return next(
        each
        for each in TRUTHS
        if each.net_minor == each.amount_minor >= 20_00 and 0 < earned(each) <= 15_00 - MONTHS[month(each)]
    )


def verdict(outcome: Outcome, truth: TruePurchase) -> Verdict:
    judged = judge(TRUTHS, by_view(outcome.rows), outcome.earned)
    return next(each.verdict for each in judged if each.truth is truth)


def reasons(report: Report) -> dict[str, dict[str, int]]:
    """What moves a wallet, but for nothing."""
    return {each["reason"]: each["difference"] for each in report["reasons"] if each["difference"]}


def test_a_house_that_understood_everything_is_all_right() -> None:
    report = score(TRUTHS, UNDERSTOOD)
    assert (report["once"], report["share_once"], report["earned_twice"]) == (100, 1.0, 0)
    assert report["wallets"]["EUR"]["deserved"] == report["wallets"]["EUR"]["stands"] > 0
    assert (reasons(report), report["unexplained"], report["examples"]) == ({}, 0, [])
    assert passes(report)
    assert "100 of 100 true purchases are one (100.000%)" in spoken(report)


def test_a_purchase_whose_view_stands_alone_is_split_and_earns_twice() -> None:
    truth = one()
    second = rows_of(UNDERSTOOD, truth)[1]
    alone = changed(
        UNDERSTOOD, second, state=PurchaseState.CLEARED, witness_of=None, shop=truth.shop,
        net_minor=truth.net_minor, cleared_minor=truth.amount_minor,
    )  # fmt: skip
    assert verdict(alone, truth) is Verdict.SPLIT
    report = score(TRUTHS, alone)
    assert (report["once"], report["earned_twice"], report["unexplained"]) == (99, 1, 0)
    assert reasons(report).keys() == {Reason.COUNTED_TWICE.value}
    assert reasons(report)["counted_twice"]["EUR"] > 0
    assert not passes(report)
    assert f"{truth.id} split EARNED TWICE" in spoken(report)


def test_a_view_that_stands_alone_without_a_shop_is_split_but_earns_nothing() -> None:
    truth = one()
    second = rows_of(UNDERSTOOD, truth)[1]
    alone = changed(UNDERSTOOD, second, state=PurchaseState.CLEARED, witness_of=None, net_minor=truth.net_minor)
    report = score(TRUTHS, alone)
    assert (report["once"], report["earned_twice"], report["unexplained"]) == (99, 0, 0)
    assert passes(report)


def test_a_view_that_its_own_source_took_back_splits_nothing() -> None:
    truth = one()
    second = rows_of(UNDERSTOOD, truth)[1]
    assert verdict(changed(UNDERSTOOD, second, state=PurchaseState.REVERSED, witness_of=None), truth) is Verdict.ONCE


def test_two_purchases_in_one_group_are_joined_and_one_of_them_is_swallowed() -> None:
    first = one()
    other = next(
        each
        for each in TRUTHS
        if each.shopper == first.shopper and each is not first and earned(each) and MONTHS[month(each)] < 15_00
    )
    outcome = UNDERSTOOD
    for row in rows_of(UNDERSTOOD, other):
        outcome = changed(outcome, row, state=PurchaseState.WITNESS, witness_of=row_id(first, 0), shop=None)
    assert (verdict(outcome, first), verdict(outcome, other)) == (Verdict.JOINED, Verdict.JOINED)
    report = score(TRUTHS, outcome)
    assert (report["once"], report["unexplained"]) == (98, 0)
    assert reasons(report)["swallowed"]["EUR"] < 0
    assert report["examples"][0]["with"] in ([first.id], [other.id])


def test_a_view_without_a_row_is_lost() -> None:
    truth = one()
    rows = [row for row in UNDERSTOOD.rows if row.id != row_id(truth, 1)]
    assert verdict(settled(rows, UNDERSTOOD.book, dict(UNDERSTOOD.shops)), truth) is Verdict.LOST


def test_a_purchase_of_which_nothing_stands_is_missed_to_the_cent() -> None:
    truth = one()
    gone = {row_id(truth, number) for number in range(3)}
    outcome = settled([row for row in UNDERSTOOD.rows if row.id not in gone], UNDERSTOOD.book, dict(UNDERSTOOD.shops))
    report = score(TRUTHS, outcome)
    difference = report["wallets"]["EUR"]["difference"]
    assert difference < 0
    assert reasons(report)["not_standing"]["EUR"] == difference
    assert report["unexplained"] == 0


def test_a_purchase_that_the_truth_does_not_know_is_found() -> None:
    stranger = Row(
        id=UUID(int=9), shopper=one().shopper, network="fidel", ref="nobody's", state=PurchaseState.CLEARED,
        shop=one().shop, net_minor=30_00, cleared_minor=30_00, currency="EUR", since=one().at - timedelta(days=40),
        until=one().at - timedelta(days=40),
    )  # fmt: skip
    outcome = settled([*UNDERSTOOD.rows, stranger], UNDERSTOOD.book, dict(UNDERSTOOD.shops))
    assert reasons(score(TRUTHS, outcome)) == {"unknown_row": {"EUR": 1_50}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"net_minor": 15_00, "cleared_minor": 15_00}, Reason.AMOUNT_MISTAKEN),
        ({"shop": None}, Reason.SHOP_MISSED),
        ({"state": PurchaseState.LAPSED}, Reason.NOT_STANDING),
        ({"currency": "CHF"}, Reason.AMOUNT_MISTAKEN),
    ],
)
def test_a_row_that_tells_it_otherwise_is_a_mistake_with_its_name(fields: dict[str, object], reason: Reason) -> None:
    truth = one()
    outcome = changed(UNDERSTOOD, rows_of(UNDERSTOOD, truth)[0], **fields)
    report = score(TRUTHS, outcome)
    assert reason.mistake
    assert reasons(report).keys() == {reason.value}
    assert reasons(report)[reason.value]["EUR"] == report["wallets"]["EUR"]["difference"] < 0
    assert report["unexplained"] == 0


def test_a_time_that_moves_a_purchase_out_of_its_month_is_told_with_what_it_costs() -> None:
    evening = next(each for each in TRUTHS if UNDERSTOOD.earned.get(row_id(each, 0), {}).get("PTS"))
    row = rows_of(UNDERSTOOD, evening)[0]
    moved = changed(UNDERSTOOD, row, since=row.since - timedelta(hours=5), until=row.since - timedelta(hours=5))
    assert reasons(score(TRUTHS, moved))["time_mistaken"]["PTS"] == -100


def test_what_was_posted_beside_the_rules_stays_unexplained() -> None:
    row = rows_of(UNDERSTOOD, one())[0]
    earned = {**UNDERSTOOD.earned, row.id: {"EUR": UNDERSTOOD.earned[row.id]["EUR"] + 1}}
    report = score(TRUTHS, msgspec.structs.replace(UNDERSTOOD, earned=earned))
    assert report["unexplained"] == 1
    assert not passes(report)


def test_a_refund_is_followed_to_where_it_went() -> None:
    refunded = next(each for each in TRUTHS if each.refunds and each.amount_minor >= 20_00)
    (refund,) = refunded.refunds
    row = rows_of(UNDERSTOOD, refunded)[0]
    whole = changed(UNDERSTOOD, row, state=PurchaseState.CLEARED, net_minor=refunded.amount_minor)
    network, ref = refund.views[0]
    credit = Row(
        id=UUID(int=8), shopper=refunded.shopper, network=network, ref=ref, state=PurchaseState.CREDIT,
        currency="EUR", since=refund.at, until=refund.at,
    )  # fmt: skip
    waits = settled([*whole.rows, credit], whole.book, dict(whole.shops))
    views = {refund.views[0]}
    alone = msgspec.structs.replace(refunded, refunds=(msgspec.structs.replace(refund, views=tuple(views)),))
    told = [alone if each is refunded else each for each in TRUTHS]
    assert reasons(score(told, waits)).keys() == {"open_credit"}
    other = next(
        each for each in TRUTHS
        if each.shopper == refunded.shopper and each is not refunded and each.net_minor > refund.amount_minor
    )  # fmt: skip
    taken = changed(
        settled([*whole.rows, msgspec.structs.replace(credit, credit_to=other.views[0][1])], whole.book,
                dict(whole.shops)),
        rows_of(whole, other)[0], net_minor=other.net_minor - refund.amount_minor,
        state=PurchaseState.PARTLY_REFUNDED,
    )  # fmt: skip
    report = score(told, taken)
    assert reasons(report).keys() == {"credit_elsewhere"}
    assert report["unexplained"] == 0
    untold = [msgspec.structs.replace(alone, refunds=(msgspec.structs.replace(refund, views=()),))
              if each is refunded else each for each in TRUTHS]  # fmt: skip
    assert reasons(score(untold, whole)).keys() == {"refund_untold"}


def a_day(row: Row) -> dict[str, object]:
    """The row as a source tells it that knows only days."""
    midnight = row.since.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"since": midnight, "until": midnight + timedelta(days=1), "basis": "date"}


def twins(outcome: Outcome) -> tuple[TruePurchase, TruePurchase, list[TruePurchase], Outcome]:
    """A purchase, an equal one half an hour later, the truth with both, and an outcome in which both are understood."""
    first = one()
    second = msgspec.structs.replace(
        first,
        id="twin",
        at=first.at + timedelta(minutes=30),
        views=tuple((network, f"twin of {ref}") for network, ref in first.views),
    )
    rows = list(outcome.rows)
    for number, row in enumerate(rows_of(outcome, first)):
        mine = msgspec.structs.replace(row, **a_day(row)) if row.network.startswith("sandbox") else row
        rows[rows.index(row)] = mine
        group = None if row.witness_of is None else row_id(second, 0)
        rows.append(
            msgspec.structs.replace(mine, id=row_id(second, number), ref=f"twin of {row.ref}", witness_of=group)
        )
    return first, second, [*TRUTHS, second], settled(rows, outcome.book, dict(outcome.shops))


def test_rows_of_one_day_that_say_the_same_may_change_places() -> None:
    first, second, truths, outcome = twins(UNDERSTOOD)
    assert score(truths, outcome)["once"] == 101
    number = next(place for place, view in enumerate(first.views) if view[0].startswith("sandbox"))
    swapped = {row_id(first, number): row_id(second, 0), row_id(second, number): row_id(first, 0)}
    rows = [
        msgspec.structs.replace(row, witness_of=swapped[row.id]) if row.id in swapped else row for row in outcome.rows
    ]
    assert score(truths, settled(rows, outcome.book, dict(outcome.shops)))["once"] == 101


def test_moments_that_changed_places_are_a_mistake() -> None:
    first, second, truths, outcome = twins(UNDERSTOOD)
    number = next(place for place, view in enumerate(first.views) if place and not view[0].startswith("sandbox"))
    swapped = {row_id(first, number): row_id(second, 0), row_id(second, number): row_id(first, 0)}
    rows = [
        msgspec.structs.replace(row, witness_of=swapped[row.id]) if row.id in swapped else row for row in outcome.rows
    ]
    report = score(truths, settled(rows, outcome.book, dict(outcome.shops)))
    assert (report["verdicts"], report["undecidable"]) == ({"once": 99, "joined": 2}, 0)


def test_equal_purchases_of_which_no_source_told_both_cannot_be_told_apart() -> None:
    first, second, truths, outcome = twins(UNDERSTOOD)
    bank = next(view for view in second.views if view[0].startswith("sandbox"))
    halves = {
        first.id: msgspec.structs.replace(first, views=tuple(view for view in first.views if view[0] != bank[0])),
        second.id: msgspec.structs.replace(second, views=(bank,)),
    }
    told = [halves.get(each.id, each) for each in truths]
    kept = {view for each in told for view in each.views}
    rows = [
        msgspec.structs.replace(
            row, state=PurchaseState.WITNESS, witness_of=row_id(first, 0), shop=None, net_minor=0, cleared_minor=0
        )
        if (row.network, row.ref) == bank
        else row
        for row in outcome.rows
        if (row.network, row.ref) in kept
    ]
    report = score(told, settled(rows, outcome.book, dict(outcome.shops)))
    assert (report["verdicts"], report["undecidable"]) == ({"once": 99, "joined": 2}, 2)
    assert report["unexplained"] == 0


def test_a_view_that_was_taken_back_counts_neither_as_split_nor_as_joined_but_is_counted() -> None:
    truth = one()
    other = next(each for each in TRUTHS if each is not truth and each.shopper == truth.shopper)
    gone = ("sandbox_bank", "was pending")
    told = [msgspec.structs.replace(each, withdrawn=(gone,)) if each is truth else each for each in TRUTHS]
    row = msgspec.structs.replace(
        rows_of(UNDERSTOOD, other)[1], id=UUID(int=7), ref=gone[1], network=gone[0], state=PurchaseState.WITNESS
    )
    report = score(told, settled([*UNDERSTOOD.rows, row], UNDERSTOOD.book, dict(UNDERSTOOD.shops)))
    assert (report["once"], report["withdrawn_elsewhere"], report["unexplained"]) == (100, 1, 0)


def test_a_row_of_one_day_may_stand_with_an_equal_purchase_that_its_source_did_not_see() -> None:
    first, second, truths, outcome = twins(UNDERSTOOD)
    bank = next(view for view in second.views if view[0].startswith("sandbox"))
    told = [
        msgspec.structs.replace(each, views=tuple(view for view in each.views if view != bank))
        if each is second
        else each
        for each in truths
    ]
    number = next(place for place, view in enumerate(first.views) if view[0].startswith("sandbox"))
    rows = [
        msgspec.structs.replace(row, witness_of=row_id(second, 0)) if row.id == row_id(first, number) else row
        for row in outcome.rows
        if (row.network, row.ref) != bank
    ]
    report = score(told, settled(rows, outcome.book, dict(outcome.shops)))
    assert (report["once"], report["unexplained"]) == (101, 0)
