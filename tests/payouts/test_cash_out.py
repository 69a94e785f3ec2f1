"""A shopper's money goes out: asked for, judged by rules and people, sent, carried out or come back. Each story ends
with an audit of the books."""

from datetime import timedelta
from uuid import UUID

import pytest
from paid_world import IBAN, OTHER_IBAN, PAYING, Paid, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import day, refund

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from cashback.payouts.rails import Done, Postponed, Refused, Stranded, Unknown
from cashback.payouts.schemas import RailName, State


@pytest.fixture
async def paid(engine: AsyncEngine) -> Paid:
    """Anna has 40 EUR and an account at Stripe that has cooled."""
    made = await paid_world(engine)
    await made.earn(40)
    await made.stripe_account()
    return made


async def test_a_payout_is_asked_for_sent_and_carried_out(paid: Paid) -> None:
    payout = await paid.request(15_00)
    assert (payout.state, payout.rail) == (State.APPROVED, RailName.STRIPE)
    assert await paid.wallet() == (25_00, 15_00, 0)
    await paid.pay()
    assert await paid.state(payout) == (State.SENT, None)
    paid.rail.found = Done("po_1")
    paid.world.clock.advance(timedelta(hours=25))
    await paid.pay()
    assert await paid.state(payout) == (State.PAID, None)
    assert await paid.wallet() == (25_00, 0, 15_00)
    assert await paid.told() == ["payout_account_added", "payout_paid"]
    assert [call for call, _ in paid.rail.calls] == ["submit", "look_up"]
    await paid.audit()


async def test_the_same_request_again_answers_the_same_payout(paid: Paid) -> None:
    first = await paid.request(15_00)
    assert (await paid.request(15_00)).id == first.id
    assert await paid.wallet() == (25_00, 15_00, 0)
    with pytest.raises(Conflict) as refused:
        await paid.request(16_00)
    assert refused.value.code == "idempotency_key_reused"
    await paid.pay()
    assert (await paid.request(15_00)).state is State.SENT
    assert await paid.wallet() == (25_00, 15_00, 0)
    await paid.audit()


async def test_what_the_rail_refuses_is_in_the_wallet_again_with_the_reason(paid: Paid) -> None:
    payout = await paid.request(15_00)
    paid.rail.next_answers.append(Refused("account_closed"))
    await paid.pay()
    assert await paid.state(payout) == (State.FAILED, "account_closed")
    assert await paid.wallet() == (40_00, 0, 0)
    assert (await paid.told())[-1] == "payout_failed"
    await paid.pay()
    assert len(paid.rail.calls) == 1
    await paid.audit()


async def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_sent_again(paid: Paid) -> None:
    payout = await paid.request(15_00)
    paid.rail.next_answers.append(Unknown("timeout"))
    await paid.pay()
    assert await paid.state(payout) == (State.UNKNOWN, "timeout")
    assert await paid.wallet() == (25_00, 15_00, 0)
    await paid.pay()
    assert len(paid.rail.calls) == 1
    paid.world.clock.advance(timedelta(minutes=2))
    await paid.pay()
    assert await paid.state(payout) == (State.SENT, None)
    assert [call for call, _ in paid.rail.calls] == ["submit", "look_up"]
    await paid.audit()


async def test_what_never_arrived_is_sent_again_with_the_same_key(paid: Paid) -> None:
    payout = await paid.request(15_00)
    paid.rail.next_answers.append(Unknown("timeout"))
    await paid.pay()
    paid.rail.paid.clear()
    paid.world.clock.advance(timedelta(hours=30))
    await paid.pay()
    assert await paid.state(payout) == (State.SENT, None)
    assert [call for call, _ in paid.rail.calls] == ["submit", "look_up", "submit"]
    assert len({key for _, key in paid.rail.calls}) == 1
    assert (await paid.stored(payout)).attempt == 2
    await paid.audit()


async def test_a_busy_rail_is_asked_again_later(paid: Paid) -> None:
    payout = await paid.request(15_00)
    paid.rail.next_answers.append(Postponed("rate_limit"))
    await paid.pay()
    assert await paid.state(payout) == (State.APPROVED, "rate_limit")
    assert len(paid.rail.calls) == 1
    paid.world.clock.advance(timedelta(minutes=2))
    await paid.pay()
    assert await paid.state(payout) == (State.SENT, None)
    await paid.audit()


async def test_money_that_is_stranded_is_fetched_back_before_it_is_given_back(paid: Paid) -> None:
    payout = await paid.request(15_00)
    paid.rail.next_answers.append(Stranded("payouts_not_allowed"))
    await paid.pay()
    assert await paid.state(payout) == (State.FAILED, "payouts_not_allowed")
    assert [call for call, _ in paid.rail.calls] == ["submit", "take_back"]
    assert await paid.wallet() == (40_00, 0, 0)
    await paid.audit()


async def test_a_payout_can_be_taken_back_until_it_is_sent(paid: Paid) -> None:
    payout = await paid.request(15_00)
    await paid.command("cancel", payout)
    assert await paid.state(payout) == (State.CANCELLED, "asked_back")
    assert await paid.wallet() == (40_00, 0, 0)
    assert (await paid.command("cancel", payout)).state is State.CANCELLED
    await paid.pay()
    assert paid.rail.calls == []
    sent = await paid.request(15_00, key="k2")
    await paid.pay()
    with pytest.raises(Conflict) as refused:
        await paid.command("cancel", sent)
    assert refused.value.code == "payout_state"
    assert await paid.wallet() == (25_00, 15_00, 0)
    await paid.audit()


async def test_a_new_account_waits_a_day_and_its_shopper_is_told(engine: AsyncEngine) -> None:
    paid = await paid_world(engine)
    await paid.earn(40)
    await paid.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789"})
    account = await paid.account(RailName.STRIPE, {"account": "acct_anna000001"})
    assert account.usable_at == paid.now + timedelta(hours=24)
    payout = await paid.request(15_00)
    assert await paid.state(payout) == (State.HELD, "account_cooling")
    assert sorted(await paid.told()) == ["payout_account_added", "payout_held"]
    paid.world.clock.advance(timedelta(hours=23))
    await paid.pay()
    assert await paid.state(payout) == (State.HELD, "account_cooling")
    paid.world.clock.advance(timedelta(hours=2))
    await paid.pay()
    assert await paid.state(payout) == (State.SENT, None)
    await paid.audit()


async def test_above_the_limit_two_people_agree_and_never_the_same_twice(paid: Paid) -> None:
    await paid.earn(60, at=30)
    mine = await paid.request(60_00, actor=paid.person("ada"))
    assert await paid.state(mine) == (State.WAITING_APPROVAL, "above_limit")
    await paid.pay()
    assert paid.rail.calls == []
    with pytest.raises(Forbidden) as refused:
        await paid.command("approve", mine, paid.person("ada"), words="fine")
    assert refused.value.code == "second_person"
    approved = await paid.command("approve", mine, paid.person("bob"), words="seen the purchases")
    assert approved.state is State.APPROVED
    await paid.pay()
    assert (await paid.state(mine))[0] is State.SENT
    await paid.audit()


async def test_what_a_shopper_asks_for_above_the_limit_needs_two_people(paid: Paid) -> None:
    await paid.earn(60, at=30)
    shopper = await paid.shopper()
    herself = Actor(paid.world.operator_id, f"shopper:{shopper}", frozenset(), shopper)
    hers = await paid.request(60_00, actor=herself)
    first = await paid.command("approve", hers, paid.person("ada"), words="fine")
    assert first.state is State.WAITING_APPROVAL
    with pytest.raises(Forbidden):
        await paid.command("approve", hers, paid.person("ada"), words="fine again")
    assert (await paid.command("approve", hers, paid.person("bob"), words="fine")).state is State.APPROVED
    await paid.audit()


async def test_a_person_stops_a_payout_and_the_operator_finds_why(paid: Paid) -> None:
    payout = await paid.request(15_00)
    await paid.command("stop", payout, words="the purchases are not real")
    assert await paid.state(payout) == (State.STOPPED, "rejected")
    assert await paid.wallet() == (40_00, 0, 0)
    logged = await paid.world.rows("SELECT detail->>'words' FROM audit_log WHERE action = 'payout.rejected'")
    assert logged == [("the purchases are not real",)]
    await paid.audit()


async def test_a_refund_before_it_is_sent_stops_it_and_the_debt_is_paid_from_it(paid: Paid) -> None:
    payout = await paid.request(30_00)
    await paid.world.play(refund("r", 200_00, at=day(3), of="buy-anna-1", card="card-anna"), at=paid.now)
    assert await paid.wallet() == (-10_00, 30_00, 0)
    await paid.pay()
    assert await paid.state(payout) == (State.STOPPED, "overdrawn")
    assert await paid.wallet() == (20_00, 0, 0)
    assert paid.rail.calls == []
    await paid.audit()


async def test_a_refund_after_it_was_paid_is_a_debt_and_is_recovered(paid: Paid) -> None:
    payout = await paid.request(40_00)
    paid.rail.next_answers.append(Done("po_1"))
    await paid.pay()
    assert (await paid.state(payout))[0] is State.PAID
    await paid.world.play(refund("r", 400_00, at=day(3), of="buy-anna-1", card="card-anna"), at=paid.now)
    assert await paid.wallet() == (-40_00, 0, 40_00)
    await paid.audit()
    await paid.earn(50, at=40)
    assert await paid.wallet() == (10_00, 0, 40_00)
    await paid.audit()


async def test_caps_of_a_day_hold_what_is_above_until_the_next(paid: Paid) -> None:
    await paid.earn(110, at=30)
    first = await paid.request(50_00, key="k1")
    second = await paid.request(50_00, key="k2")
    third = await paid.request(50_00, key="k3")
    states = [(await paid.state(each)) for each in (first, second, third)]
    assert states == [(State.APPROVED, None), (State.APPROVED, None), (State.HELD, "daily_cap_shopper")]
    await paid.pay()
    assert (await paid.state(third))[0] is State.HELD
    paid.world.clock.advance(timedelta(days=1))
    await paid.pay()
    assert (await paid.state(third))[0] is State.SENT
    await paid.audit()


async def test_the_operators_cap_counts_all_shoppers_and_what_was_taken_back_counts_no_more(paid: Paid) -> None:
    for name in ("ben", "cleo"):
        await paid.earn(50, name, at=2)
        await paid.account(RailName.STRIPE, {"account": f"acct_{name}000001"}, name)
    await paid.earn(50, at=3)
    paid.world.clock.advance(timedelta(hours=25))
    mine = await paid.request(40_00)
    ben = await paid.request(50_00, "ben")
    cleo = await paid.request(50_00, "cleo")
    again = await paid.request(20_00, key="k2")
    assert await paid.state(again) == (State.HELD, "daily_cap_operator")
    await paid.command("cancel", ben)
    more = await paid.request(20_00, "ben", key="k2")
    assert (await paid.state(more))[0] is State.APPROVED
    assert (await paid.world.rows("SELECT sum(taken)::bigint FROM payout_days"))[0] == (110_00,)
    assert {(await paid.state(each))[0] for each in (mine, cleo)} == {State.APPROVED}
    await paid.audit()


async def test_an_account_is_shown_by_its_last_four_and_kept_sealed(engine: AsyncEngine) -> None:
    paid = await paid_world(engine)
    account = await paid.account(told={"iban": "fr14 2004 1010 0505 0001 3M02 606", "holder": "Anna Exemple"})
    assert account.last_four == "2606"
    assert (await paid.account()).id == account.id
    assert (await paid.account(told={"iban": OTHER_IBAN, "holder": "Anna Exemple"})).id != account.id
    dump = str(await paid.world.rows("SELECT * FROM payout_accounts")) + str(
        await paid.world.rows("SELECT * FROM audit_log")
    )
    assert IBAN not in dump
    assert "Exemple" not in dump
    assert IBAN.encode() not in (await paid.world.rows("SELECT sealed FROM payout_accounts"))[0][0]


@pytest.mark.parametrize(
    ("rail", "told", "code"),
    [
        (RailName.SEPA, {"iban": IBAN[:-1] + "7", "holder": "A"}, "wrong_check_digits"),
        (RailName.SEPA, {"iban": "XX6420041010050500013M0260", "holder": "A"}, "unknown_country"),
        (RailName.SEPA, {"iban": IBAN}, "bad_account"),
        (RailName.SEPA, {"iban": IBAN, "holder": "A", "note": "x"}, "bad_account"),
        (RailName.SEPA, {"iban": IBAN, "holder": "x" * 71}, "bad_account"),
        (RailName.STRIPE, {"account": "4242424242424242"}, "bad_account"),
        (RailName.GIFT_CARD, {"account": "x"}, "no_account_needed"),
        (RailName.STATEMENT_CREDIT, {"network": "visa", "card": "card-token-1"}, "rail_not_allowed"),
    ],
)
async def test_an_account_that_cannot_be_is_refused_without_repeating_it(
    engine: AsyncEngine, rail: RailName, told: dict[str, str], code: str
) -> None:
    paid = await paid_world(engine)
    with pytest.raises(Invalid) as refused:
        await paid.account(rail, told)
    assert refused.value.code == code
    assert not any(value in refused.value.detail for value in told.values() if len(value) > 6)
    assert await paid.world.rows("SELECT count(*) FROM payout_accounts") == [(0,)]


READER = Actor(UUID(int=1), "key:reader", frozenset({Scope.READ, Scope.SHOPPERS}))


@pytest.mark.parametrize(
    ("asked", "error", "code"),
    [
        ({"amount": 4_99}, Invalid, "below_minimum"),
        ({"amount": 40_01}, Invalid, "insufficient_balance"),
        ({"amount": 100_01}, Invalid, "above_cap"),
        ({"amount": 10_00, "asset": "PTS"}, Invalid, "invalid"),
        ({"amount": 10_00, "rail": RailName.SEPA}, Invalid, "no_account"),
        ({"amount": 10_00, "rail": RailName.STATEMENT_CREDIT}, Invalid, "rail_not_allowed"),
        ({"amount": 10_00, "account_id": UUID(int=3)}, NotFound, "unknown_account"),
        ({"amount": 10_00, "key": "auto:1"}, Invalid, "invalid"),
        ({"amount": 10_00, "key": "4242424242424242"}, Invalid, "card_number"),
        ({"amount": 10_00, "actor": READER}, Forbidden, "scope_missing"),
    ],
)
async def test_what_is_not_paid_out_is_refused_and_nothing_moved(
    paid: Paid, asked: dict[str, object], error: type[ProductError], code: str
) -> None:
    before = await paid.wallet(), await paid.world.transfers(), await paid.world.rows("SELECT count(*) FROM audit_log")
    with pytest.raises(error) as refused:
        await paid.request(asked.pop("amount"), **asked)  # type: ignore[arg-type]
    assert refused.value.code == code
    after = await paid.wallet(), await paid.world.transfers(), await paid.world.rows("SELECT count(*) FROM audit_log")
    assert after == before


async def test_without_the_section_nothing_is_paid_out(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, PAYING[: PAYING.index("payouts:")])
    await paid.earn(40)
    with pytest.raises(Invalid) as refused:
        await paid.request(10_00)
    assert refused.value.code == "not_paid_out"
    assert await paid.wallet() == (40_00, 0, 0)
    await paid.audit()
