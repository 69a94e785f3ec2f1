"""Money over HTTP: funders told of, paid, paused; wallets adjusted by one and by two; what the shopper reads."""

from app_desk import Desk, assert_problem
from world import SHOPPER, day, purchase

from cashback.actors import Scope

CAFE = {"funder": "shop:cafe", "name": "Café des Arts", "mode": "prepaid", "alert_minor": 10_00}
GIFT = {
    "shopper": SHOPPER,
    "kind": "goodwill",
    "asset": "EUR",
    "amount": 5_00,
    "reason": "delay",
    "words": "a week late",
}


async def test_a_funder_from_its_name_to_its_pause(desk: Desk) -> None:
    assert (await desk.ask("PUT", "/v1/funders", json=CAFE)).json() == {"funder": "shop:cafe", "mode": "prepaid"}
    money = {"funder": "shop:cafe", "payment": "top_up", "amount_minor": 50_00}
    key = {"idempotency-key": "bank-1"}
    assert (await desk.ask("POST", "/v1/funders/payments", json=money, headers=key)).json() == {"new": True}
    assert (await desk.ask("POST", "/v1/funders/payments", json=money, headers=key)).json() == {"new": True}
    await desk.world.rows("DELETE FROM idempotency RETURNING 1")  # as when the answer is no longer kept
    assert (await desk.ask("POST", "/v1/funders/payments", json=money, headers=key)).json() == {"new": False}
    other = {**money, "amount_minor": 51_00}
    answer = await desk.ask("POST", "/v1/funders/payments", json=other, headers=key)
    assert_problem(answer, 409, "idempotency_key_reused")
    stop = {"funder": "shop:cafe", "paused": True, "reason": "under repair"}
    assert (await desk.ask("POST", "/v1/funders/pauses", json=stop)).json() == {"changed": True}
    listed = (await desk.ask("GET", "/v1/funders")).json()
    (found,) = listed["data"]
    assert (listed["currency"], found["funder"], found["worth_minor"]) == ("EUR", "shop:cafe", 50_00)
    assert (found["balances"], found["paused_why"]) == ({"EUR": 50_00}, "under repair")
    go = {"funder": "shop:cafe", "paused": False}
    assert (await desk.ask("POST", "/v1/funders/pauses", json=go)).json() == {"changed": True}
    named = f"funder:shop:{(await desk.ask('GET', '/v1/shops/cafe')).json()['id']}"
    log = (await desk.ask("GET", "/v1/audit-log", params={"subject": named})).json()["data"]
    assert {each["subject"] for each in log} == {named}
    assert {each["action"] for each in log} >= {"funder.told", "funding.paused", "funding.resumed"}
    accounts = (await desk.ask("GET", "/v1/books/trial-balance")).json()["accounts"]
    assert named in {each["account"] for each in accounts}
    wrong = await desk.ask("PUT", "/v1/funders", json={**CAFE, "funder": "shop:nowhere"})
    assert_problem(wrong, 422, "unknown_funder")
    await desk.world.audit()


async def test_an_adjustment_waits_for_a_second_key_and_the_shopper_reads_of_it(desk: Desk) -> None:
    await desk.world.link()
    await desk.world.play(*purchase("p", 20_00, at=day(1)), at=day(3))
    support = await desk.key_with(Scope.SUPPORT, label="support")
    finance = await desk.key_with(Scope.MONEY, Scope.READ, label="finance")
    key = {"idempotency-key": "ticket-1"}
    asked = await desk.ask("POST", "/v1/adjustments", key=support, json=GIFT, headers=key)
    found = asked.json()
    assert (asked.status_code, found["state"], found["asked_by"]) == (201, "waiting", "key:support")
    path, words = f"/v1/adjustments/{found['id']}/approve", {"words": "agreed"}
    assert_problem(await desk.ask("POST", path, key=support, json=words), 403, "scope_missing")
    waiting = await desk.ask("GET", "/v1/adjustments?state=waiting", key=finance)
    assert [each["id"] for each in waiting.json()["data"]] == [found["id"]]
    assert (await desk.ask("POST", path, key=finance, json=words)).json()["state"] == "posted"
    wallet = (await desk.ask("GET", f"/v1/wallets/{SHOPPER}")).json()["EUR"]
    assert wallet == {"pending": 1_00, "available": 5_00, "converted": 0, "in_transit": 0, "paid": 0, "expired": 0}
    (notice,) = (await desk.ask("GET", f"/v1/shoppers/{SHOPPER}/notices")).json()["data"]
    assert notice["fr"] == "5,00\u00a0€ ont été ajoutés à votre cagnotte par l'équipe du centre"
    assert_problem(await desk.ask("POST", "/v1/adjustments/adj_x/refuse", json=words), 404, "unknown_adjustment")
    await desk.world.audit()
