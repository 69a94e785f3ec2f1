"""Payouts over the API: an account is added, money is asked for, people agree, a gift card is looked at."""

from datetime import timedelta

import pytest
from app_desk import Desk, assert_problem
from paid_world import IBAN, PAYING
from world import SHOPPER, START, day, purchase

from cashback.actors import Scope
from cashback.clock import zulu
from cashback.payouts.fake_rail import FakeRail
from cashback.payouts.gifts import import_codes
from cashback.payouts.paying import pay_due
from cashback.payouts.rails import Rails
from cashback.payouts.schemas import RailName
from cashback.programmes.service import load_programme

TOLD = {"rail": "sepa", "told": {"iban": IBAN, "holder": "Anna Exemple"}}


@pytest.fixture
async def rich(desk: Desk) -> Desk:
    """Anna has 80 EUR."""
    await desk.world.apply(PAYING)
    await desk.world.link(at=START)
    await desk.world.play(*purchase("p-1", 800_00, at=day(1)), at=day(20))
    return desk


async def pay(desk: Desk) -> None:
    keyring = desk.world.stage.road.keyring
    rails = Rails({RailName.STRIPE: lambda _: FakeRail()})
    await pay_due(desk.world.engine, keyring, desk.operator_id, rails, desk.world.now)


async def test_an_account_is_added_shown_by_its_last_four_and_removed(rich: Desk) -> None:
    path = f"/v1/shoppers/{SHOPPER}/payout-accounts"
    added = await rich.ask("POST", path, json=TOLD)
    assert added.status_code == 201
    assert added.json()["last_four"] == "2606"
    assert added.json()["usable_at"] == zulu(rich.world.now + timedelta(hours=24))
    listed = await rich.ask("GET", path)
    assert listed.json()["data"] == [added.json()]
    assert IBAN not in added.text + listed.text
    assert_problem(
        await rich.ask("POST", path, json={**TOLD, "told": {"iban": "FR00", "holder": "A"}}), 422, "not_an_iban"
    )
    gone = await rich.ask("POST", f"{path}/{added.json()['id']}/remove")
    assert gone.status_code == 200
    assert (await rich.ask("GET", path)).json()["data"] == []
    assert_problem(await rich.ask("POST", f"{path}/{added.json()['id']}/remove"), 404, "unknown_account")


async def test_money_is_asked_for_once_agreed_to_and_cancelled(rich: Desk) -> None:
    await rich.ask("POST", f"/v1/shoppers/{SHOPPER}/payout-accounts", json=TOLD)
    path, body = f"/v1/shoppers/{SHOPPER}/payouts", {"asset": "EUR", "amount": 60_00}
    first = await rich.ask("POST", path, json=body, headers={"idempotency-key": "k"})
    assert (first.status_code, first.json()["state"], first.json()["reason"]) == (
        201,
        "waiting_approval",
        "above_limit",
    )
    assert (await rich.ask("POST", path, json=body, headers={"idempotency-key": "k"})).json() == first.json()
    again = await rich.ask("POST", path, json={**body, "amount": 1_00}, headers={"idempotency-key": "k"})
    assert_problem(again, 409, "idempotency_key_reused")
    wallet = (await rich.ask("GET", f"/v1/wallets/{SHOPPER}")).json()["EUR"]
    assert (wallet["available"], wallet["in_transit"]) == (20_00, 60_00)
    one = f"/v1/payouts/{first.json()['id']}"
    assert_problem(await rich.ask("POST", f"{one}/approve", json={"words": "mine"}), 403, "second_person")
    for name in ("ada", "bob"):
        key = await rich.key_with(Scope.MONEY, label=name)
        assert (await rich.ask("POST", f"{one}/approve", key=key, json={"words": "seen"})).status_code == 200
    shown = (await rich.ask("GET", one)).json()
    assert [each["to"] for each in shown["moves"]] == ["requested", "waiting_approval", "held"]
    assert shown["reason"] == "account_cooling"
    held = await rich.ask("GET", "/v1/payouts", params={"state": "held"})
    assert [each["id"] for each in held.json()["data"]] == [first.json()["id"]]
    assert (await rich.ask("POST", f"{one}/cancel")).json()["state"] == "cancelled"
    assert_problem(await rich.ask("POST", f"{one}/stop", json={"words": "late"}), 409, "payout_state")
    assert [each["state"] for each in (await rich.ask("GET", path)).json()["data"]] == ["cancelled"]
    await rich.world.audit()


async def test_a_gift_card_is_given_and_looked_at(rich: Desk) -> None:
    async with rich.world.connection() as connection:
        programme = await load_programme(connection, rich.operator_id)
        master = rich.world.stage.road.keyring.master
        data = b"code,asset,amount,expires_on\nGIFT-0001,EUR,10.00,2027-12-31\n"
        await import_codes(connection, rich.world.stage.actor, programme, master, data, rich.world.now)
    body = {"asset": "EUR", "amount": 10_00, "rail": "gift_card"}
    asked = await rich.ask("POST", f"/v1/shoppers/{SHOPPER}/payouts", json=body, headers={"idempotency-key": "gift"})
    one = f"/v1/payouts/{asked.json()['id']}"
    assert_problem(await rich.ask("POST", f"{one}/reveal"), 409, "payout_state")
    await pay(rich)
    card = await rich.ask("POST", f"{one}/reveal")
    assert card.json() == {"code": "GIFT-0001", "asset": "EUR", "amount": 10_00, "expires_on": "2027-12-31"}
    assert (await rich.ask("GET", one)).json()["state"] == "paid"
    await rich.world.audit()
