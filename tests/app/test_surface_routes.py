"""What is held, read through the API: the programme, people, purchases with their reasons, rewards, movements."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from app_desk import Desk, assert_problem
from world import CARD, SHOPPER, START, authorization, day, decline, purchase, refund

from cashback.actors import Scope, system
from cashback.feeds.service import open_feed
from cashback.merchants.settings import turn_on
from cashback.programmes.connections import open_connection
from issuers.registry import ADAPTERS

STATEMENT = Path(__file__).parents[1] / "iso20022" / "files" / "first_bank.camt.053.001.02.xml"


async def every(desk: Desk, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows of a list, page by page; no page is larger than it was asked to be."""
    found: list[dict[str, Any]] = []
    params.setdefault("limit", 2)
    for _ in range(100):
        answer = await desk.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert set(page) >= {"data", "has_more", "next_cursor"}
        assert page["has_more"] is (page["next_cursor"] is not None)
        assert len(page["data"]) <= params["limit"]
        found += page["data"]
        if not page["has_more"]:
            return found
        params["cursor"] = page["next_cursor"]
    raise AssertionError("the list has no end")


@pytest.fixture
async def busy(desk: Desk) -> Desk:
    """Anna has bought five times in two shops and given one back; Bea has bought once."""
    await desk.ask("POST", "/v1/shoppers", json={"references": ["bea", "carl"]})
    await desk.world.link(at=START)
    await desk.world.link("card-2", "bea", at=START)
    await desk.world.play(
        *purchase("one", 10_00, at=day(1)),
        *purchase("two", 20_00, at=day(2), mid="1002"),
        *purchase("three", 30_00, at=day(3)),
        authorization("four", 40_00, at=day(4)),
        decline("five", 50_00, at=day(5)),
        *purchase("bea-1", 60_00, at=day(3.5), card="card-2"),
        refund("back", 10_00, at=day(6), of="one"),
        at=day(7),
    )
    return desk


async def test_the_programme_is_read_with_its_revision(desk: Desk) -> None:
    told = (await desk.ask("GET", "/v1/programme")).json()
    assert (told["code"], told["currency"], told["zone"]) == ("world", "EUR", "Europe/Paris")
    assert [each["code"] for each in told["centres"]] == ["centre"]
    assert told["assets"][0]["currency"] == "EUR"
    applied = await desk.ask("PUT", "/v1/programme", content=json.dumps(told["file"]))
    assert applied.json()["changes"] == []
    more = told["file"] | {
        "shops": [*told["file"]["shops"], {"code": "toys", "name": "Toys", "centre": "centre", "category": "5945"}]
    }
    assert (await desk.ask("PUT", "/v1/programme", content=json.dumps(more))).status_code == 200
    assert (await desk.ask("GET", "/v1/programme")).json()["revision"] > told["revision"]
    assert [each["code"] for each in await every(desk, "/v1/shops")] == ["books", "cafe", "toys"]
    assert [each["code"] for each in await every(desk, "/v1/shops", category="5945")] == ["toys"]
    (centre,) = await every(desk, "/v1/centres")
    shop = (await desk.ask("GET", "/v1/shops/cafe")).json()
    assert shop == (await desk.ask("GET", f"/v1/shops/{shop['id']}")).json()
    assert shop["centre"] == centre["code"]
    assert_problem(await desk.ask("GET", "/v1/shops/nowhere"), 404, "unknown_shop")
    named = await every(desk, "/v1/identifiers", limit=1)
    assert [(each["shop"], each["value"]) for each in named] == [("cafe", "1001"), ("books", "1002")]
    assert [each["value"] for each in await every(desk, "/v1/identifiers", shop="books")] == ["1002"]
    await desk.world.audit()


async def test_a_name_is_one_shopper_however_often_it_is_told(desk: Desk) -> None:
    first = await desk.ask("PUT", "/v1/shoppers/crm-7", json={"locale": "fr"})
    again = await desk.ask("PUT", "/v1/shoppers/crm-7", json={})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["locale"] == "fr"
    assert (await desk.ask("GET", "/v1/shoppers/crm-7")).json() == first.json()
    assert (await desk.ask("GET", f"/v1/shoppers/{first.json()['id']}")).json() == first.json()
    assert await every(desk, "/v1/shoppers", reference="crm-7") == [first.json()]
    assert await every(desk, "/v1/shoppers", reference="crm-8") == []
    before = await desk.state()
    assert_problem(await desk.ask("PUT", "/v1/shoppers/4242424242424242", json={}), 422, "card_number")
    assert_problem(await desk.ask("PUT", "/v1/shoppers/x", json={"name": "Anna"}), 422, "invalid")
    assert_problem(await desk.ask("GET", "/v1/shoppers/shp_00000000000000000000000000"), 404, "unknown_shopper")
    assert await desk.state() == before


async def test_shoppers_and_their_cards_are_listed_and_a_card_is_unlinked_by_its_id(busy: Desk) -> None:
    people = await every(busy, "/v1/shoppers")
    assert {each["reference"] for each in people} == {SHOPPER, "bea", "carl"}
    assert [each["id"] for each in people] == sorted(each["id"] for each in people)
    cards = await every(busy, "/v1/cards", limit=1)
    assert {(each["reference"], each["token"]) for each in cards} == {(SHOPPER, CARD), ("bea", "card-2")}
    (mine,) = await every(busy, "/v1/cards", shopper="bea")
    assert (await busy.ask("GET", f"/v1/cards/{mine['id']}")).json() == mine
    ended = await busy.ask("POST", f"/v1/cards/{mine['id']}/unlink")
    assert datetime.fromisoformat(ended.json()["unlinked_at"]) == busy.world.now
    assert await every(busy, "/v1/cards", shopper="bea", linked="true") == []
    assert [each["id"] for each in await every(busy, "/v1/cards", linked="false")] == [mine["id"]]
    assert_problem(await busy.ask("POST", f"/v1/cards/{mine['id']}/unlink"), 404, "card_not_linked")
    await busy.world.audit()


async def test_purchases_are_paged_and_found_by_what_is_asked(busy: Desk) -> None:
    async def refs(**asked: Any) -> list[str]:
        return [each["network_ref"] for each in await every(busy, "/v1/purchases", **asked)]

    assert await refs() == ["five", "four", "bea-1", "three", "two", "one"]
    assert await refs(shopper=SHOPPER) == ["five", "four", "three", "two", "one"]
    assert await refs(shop="books") == ["two"]
    assert await refs(state="declined") == ["five"]
    assert await refs(state="cleared", shopper="bea") == ["bea-1"]
    assert await refs(minimum_minor=30_00, maximum_minor=40_00) == ["four", "three"]
    assert await refs(since=day(2).isoformat(), until=day(3).isoformat()) == ["two"]
    assert await refs(shopper="carl") == []
    (one,) = await every(busy, "/v1/purchases", until=day(2).isoformat())
    assert (one["state"], one["net_minor"], one["shop_code"], one["reference"]) == ("refunded", 0, "cafe", SHOPPER)
    assert_problem(await busy.ask("GET", "/v1/purchases?shop=nowhere"), 404, "unknown_shop")
    assert_problem(await busy.ask("GET", "/v1/purchases?limit=201"), 422, "invalid")
    first = (await busy.ask("GET", "/v1/purchases?limit=2")).json()
    for path in (f"/v1/purchases?shopper={SHOPPER}", "/v1/rewards", f"/v1/wallets/{SHOPPER}/movements"):
        joint = "&" if "?" in path else "?"
        assert_problem(await busy.ask("GET", f"{path}{joint}cursor={first['next_cursor']}"), 422, "bad_cursor")


async def test_a_search_that_finds_little_looks_so_far_and_goes_on(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashback.insights.listings.LOOKED_AT", 2)
    page = (await busy.ask("GET", "/v1/purchases?maximum_minor=20&minimum_minor=1")).json()
    assert (page["data"], page["has_more"]) == ([], True)
    assert [each["network_ref"] for each in await every(busy, "/v1/purchases", state="refunded")] == ["one"]
    offered = [each["purchase"] for each in await every(busy, "/v1/rewards", offer="five", limit=1)]
    assert len(offered) == len(set(offered)) == 4


async def test_a_purchase_tells_why_it_earned_what_it_earned(busy: Desk) -> None:
    for found in await every(busy, "/v1/purchases"):
        story = (await busy.ask("GET", f"/v1/purchases/{found['id']}")).json()
        assert {name: story[name] for name in found} == found
        assert story["steps"]
    three = next(each for each in await every(busy, "/v1/purchases") if each["network_ref"] == "three")
    (judged,) = (await busy.ask("GET", f"/v1/purchases/{three['id']}")).json()["judgements"]
    assert (judged["offer"], judged["amount"], judged["state"]) == ("five", 1_50, "pending")
    assert all(each["en"] and each["fr"] for each in judged["trail"])


async def test_rewards_and_movements_add_up_to_the_wallet(busy: Desk) -> None:
    rewards = await every(busy, "/v1/rewards", shopper=SHOPPER)
    assert sum(each["amount"] for each in rewards) == 1_00 + 1_50 + 2_00
    held = await every(busy, "/v1/rewards", purchase=rewards[0]["purchase"])
    assert held == rewards[:1]
    assert_problem(await busy.ask("GET", "/v1/rewards?asset=PTS"), 404, "unknown_asset")
    assert_problem(await busy.ask("GET", "/v1/rewards?offer=six"), 404, "unknown_offer")
    moved = await every(busy, f"/v1/wallets/{SHOPPER}/movements")
    wallet = (await busy.ask("GET", f"/v1/wallets/{SHOPPER}")).json()["EUR"]
    gained = sum(each["amount"] for each in moved if each["credit"] == "shopper:pending")
    lost = sum(each["amount"] for each in moved if each["debit"] == "shopper:pending")
    assert gained - lost == wallet["pending"] == 4_50
    assert [each["posted_at"] for each in moved] == sorted((each["posted_at"] for each in moved), reverse=True)
    assert_problem(await busy.ask("GET", f"/v1/wallets/{SHOPPER}/movements?asset=PTS"), 404, "unknown_asset")


async def test_groups_are_counted_and_small_ones_are_not(desk: Desk) -> None:
    references = [f"r{number}" for number in range(20)]
    await desk.ask("POST", "/v1/shoppers", json={"references": references})
    facts = [{"shopper": each, "kind": "segment", "value": "families"} for each in references]
    facts += [{"shopper": each, "kind": "segment", "value": "staff"} for each in references[:19]]
    facts += [{"shopper": "r1", "kind": "segment", "value": "gone", "since": day(-3).isoformat()}]
    facts[-1]["until"] = day(-2).isoformat()
    assert (await desk.ask("POST", "/v1/facts", json={"facts": facts})).status_code == 201
    assert await every(desk, "/v1/segments", limit=1) == [
        {"kind": "segment", "value": "families", "shoppers": 20, "fewer_than": None},
        {"kind": "segment", "value": "staff", "shoppers": None, "fewer_than": 20},
    ]
    assert await every(desk, "/v1/segments", kind="tier") == []


@pytest.mark.parametrize("kind", ["shoppers", "cards", "purchases", "rewards", "movements"])
async def test_an_export_is_the_whole_list_as_lines_and_as_a_table(busy: Desk, kind: str) -> None:
    span = {"since": day(-400).isoformat(), "until": day(30).isoformat()}
    answer = await busy.ask("GET", f"/v1/exports/{kind}", params=span)
    assert answer.headers["content-type"] == "application/x-ndjson"
    *lines, end = [json.loads(each) for each in answer.text.splitlines()]
    assert end == {"end": True, "rows": len(lines)}
    if kind == "movements":
        listed = [each for who in (SHOPPER, "bea") for each in await every(busy, f"/v1/wallets/{who}/movements")]
    else:
        listed = await every(busy, f"/v1/{kind}")
    assert sorted(each["id"] for each in lines) == sorted(each["id"] for each in listed)
    assert len(lines) >= 2
    by_id = {each["id"]: each for each in listed}
    assert [set(each) for each in lines] == [set(by_id[each["id"]]) for each in lines]
    table = await busy.ask("GET", f"/v1/exports/{kind}", params={**span, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [each["id"] for each in rows] == [each["id"] for each in lines]
    ended = await busy.ask("GET", f"/v1/exports/{kind}", params={**span, "format": "csv", "end": True})
    assert ended.text == f"{table.text}#end,{len(rows)}\r\n"
    empty = await busy.ask(
        "GET", f"/v1/exports/{kind}", params={"since": day(-400).isoformat(), "until": day(-300).isoformat()}
    )
    assert empty.text == '{"end":true,"rows":0}\n'
    assert_problem(await busy.ask("GET", f"/v1/exports/{kind}", params={"since": day(40).isoformat()}), 422, "no_span")


async def test_a_table_runs_nothing_in_a_spreadsheet(busy: Desk) -> None:
    await busy.ask("PUT", "/v1/shoppers/=cmd()", json={})
    table = await busy.ask(
        "GET",
        "/v1/exports/shoppers",
        params={"since": day(-400).isoformat(), "until": day(40).isoformat(), "format": "csv"},
    )
    assert "'=cmd()" in {each["reference"] for each in csv.DictReader(io.StringIO(table.text))}


async def test_all_that_is_kept_of_a_shopper_is_told_and_that_it_was(busy: Desk) -> None:
    iban = {"rail": "sepa", "told": {"iban": "FR1420041010050500013M02606", "holder": "Anna Exemple"}}
    await busy.ask("POST", f"/v1/shoppers/{SHOPPER}/payout-accounts", json=iban)
    await busy.ask("POST", "/v1/facts", json={"facts": [{"shopper": SHOPPER, "kind": "tier", "value": "gold"}]})
    answer = await busy.ask("GET", f"/v1/shoppers/{SHOPPER}/export")
    whole = answer.json()
    assert whole["shopper"][0]["reference"] == SHOPPER
    assert [each["token"] for each in whole["cards"]] == [CARD]
    assert len(whole["purchases"]) == 5
    assert [each["value"] for each in whole["facts"]] == ["gold"]
    assert whole["movements"]
    assert {each["action"] for each in whole["deeds"]} >= {"shopper.exported", "card.linked"}
    assert "bea-1" not in answer.text
    assert "FR14" not in answer.text
    ((actor,),) = await busy.world.rows("SELECT actor FROM audit_log WHERE action = 'shopper.exported'")
    assert actor == "key:all"


async def test_places_that_wait_are_answered_over_http(busy: Desk) -> None:
    said = {"network": "sandbox", "identifier": "mid:7777", "verdict": "shop", "shop": "cafe"}
    path = "/v1/match-questions"
    assert_problem(await busy.ask("POST", f"{path}/answers", json=said), 422, "matching_off")
    async with busy.world.connection() as connection:
        actor = system(busy.operator_id, "tests")
        await turn_on(connection, actor, since=day(-30), evidence_since=None, now=busy.world.now)
    bought = authorization("unknown", 20_00, at=day(7), mid="7777", final=True)
    bought["merchant"] |= {"descriptor": "PRESSING ROYAL", "city": "LYON"}
    await busy.world.play(bought, at=day(8))
    (question,) = await every(busy, path)
    assert (question["identifier"], question["purchases"], question["waiting_minor"]) == ("mid:7777", 1, 20_00)
    assert question["texts"] == ["PRESSING ROYAL"]
    assert_problem(await busy.ask("POST", f"{path}/answers", json=said | {"shop": "nowhere"}), 404, "unknown_shop")
    assert (await busy.ask("POST", f"{path}/answers", json=said)).json()["purchases"] == 1
    await busy.world.drain()
    assert await every(busy, path) == []
    (found,) = await every(busy, "/v1/purchases", since=day(7).isoformat())
    assert found["shop_code"] == "cafe"
    assert [each["amount"] for each in await every(busy, "/v1/rewards", purchase=found["id"])] == [1_00]
    await busy.world.audit()


async def test_a_statement_of_the_bank_is_imported_once_and_compared(desk: Desk) -> None:
    for new in (4, 0):
        told = await desk.ask("POST", f"/v1/bank-files?name={STATEMENT.name}", content=STATEMENT.read_bytes())
        assert (told.status_code, told.json()["movements"], told.json()["new_movements"]) == (201, 4, new)
    (file,) = await every(desk, "/v1/bank-files")
    assert (file["name"], file["imported_by"]) == (STATEMENT.name, "key:all")
    differences = await every(desk, "/v1/bank-differences", since="2026-11-01")
    assert {each["finding"] for each in differences} == {"unknown"}
    before = await desk.state()
    assert_problem(await desk.ask("POST", "/v1/bank-files?name=x.xml", content=b"<Document>"), 422, "bad_file")
    assert await desk.state() == before


async def test_an_account_at_a_bank_is_linked_asked_for_and_unlinked(desk: Desk) -> None:
    await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={})
    async with desk.world.connection() as connection:
        actor, master, now = system(desk.operator_id, "tests"), desk.world.stage.road.keyring.master, desk.world.now
        slug = f"plaid-{desk.operator_id.hex[-12:]}"
        await open_connection(
            connection,
            actor,
            slug=slug,
            provider="plaid",
            registered_url="https://rewards.example/webhooks/plaid",
            secret=b"a secret of the bank",
            providers=ADAPTERS,
            master=master,
            now=now,
        )
        told = {"client_id": "id", "secret": "s"}
        await open_feed(connection, actor, slug=slug, base_url=None, credentials=told, master=master, now=now)
    body = {
        "shopper": SHOPPER,
        "connection": slug,
        "account": "acc-1",
        "access": {"access_token": "access-secret", "item_id": "item-1"},
    }
    linked = await desk.ask("POST", "/v1/bank-accounts", json=body)
    assert linked.status_code == 201, linked.text
    (account,) = await every(desk, "/v1/bank-accounts")
    assert (account["account"], account["shopper"], account["state"]) == ("acc-1", linked.json()["shopper"], "active")
    assert "access-secret" not in json.dumps(account)
    assert [each["network"] for each in await every(desk, "/v1/cards", shopper=SHOPPER)] == ["plaid"]
    ended = await desk.ask("POST", "/v1/bank-accounts/unlink", json={"connection": slug, "account": "acc-1"})
    assert ended.status_code == 200
    assert await every(desk, "/v1/bank-accounts") == []
    assert await every(desk, "/v1/cards", shopper=SHOPPER, linked="true") == []
    refused = await desk.ask("POST", "/v1/bank-accounts", json=body | {"access": {"access_token": "x" * 5000}})
    assert_problem(refused, 422, "invalid")
    assert "xxxx" not in refused.text
    await desk.world.audit()


@pytest.mark.parametrize("scope", [Scope.SHOPPERS, Scope.MONEY])
async def test_lists_ask_for_the_right_to_read(busy: Desk, scope: Scope) -> None:
    key = await busy.key_with(scope)
    for path in ("/v1/purchases", "/v1/rewards", "/v1/shoppers", "/v1/cards", "/v1/segments", "/v1/programme"):
        assert (await busy.ask("GET", path, key=key)).status_code == 403
