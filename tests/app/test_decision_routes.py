"""Eligibility over HTTP: the whole way from a question to a plan, to a contested answer and to people."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from app_desk import Desk, assert_problem
from pypdf import PdfReader
from world import CARD, SHOPPER, START, day, purchase

from cashback.actors import Scope, system
from cashback.collecting import opening
from cashback.decisions.replaying import replay_all
from cashback.instalments.schemas import Settings
from cashback.instalments.settings import save
from cashback.offers.wording import Tongue
from eligibility import Regime

ASKED = {"shopper": SHOPPER, "amount_minor": 90_00, "currency": "EUR", "shop": "cafe", "of_age": True}
CARD_FACTS = {"shopper": SHOPPER, "network": "sandbox", "token": CARD}
DEBIT = {**CARD_FACTS, "prepaid": False, "expires_on": "2030-01-31", "strong_authentication": True}


@pytest.fixture
async def shop(desk: Desk) -> Desk:
    """A desk whose anna came twenty times and has a card that can be charged; the operator offers plans."""
    await desk.world.link(at=START)
    for number in range(20):
        await desk.world.tell(*purchase(f"p-{number}", 60_00, at=day(number * 3 + 1), mid=("1001", "1002")[number % 2]))
    desk.world.clock.move_to(day(60, hour=4))
    await desk.world.drain()
    async with desk.world.connection() as connection:
        actor, master = system(desk.operator_id, "tests"), desk.world.stage.road.keyring.master
        await save(connection, actor, Settings(), desk.world.now)
        await opening.open_lender(
            connection, actor, master, {"url": opening.SIMULATED_LENDER, "token": "simulation"}, desk.world.now
        )
    assert (await desk.ask("POST", "/v1/cards/facts", json=DEBIT)).status_code == 201
    return desk


async def asked(desk: Desk, key: str, **more: Any) -> dict[str, Any]:
    answer = await desk.ask("POST", "/v1/eligibility", json={**ASKED, **more}, headers={"idempotency-key": key})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_from_a_question_to_a_plan(shop: Desk) -> None:
    told = await asked(shop, "e-1")
    assert (told["outcome"], [each["id"] for each in told["plans"]]) == ("eligible", ["2x", "3x24"])
    thrice = told["plans"][1]
    assert (thrice["eligible"], thrice["regime"], thrice["taeg_bps"], thrice["total_cost_minor"]) == (
        True, Regime.EXEMPT_50D.value, 0, 0,
    )  # fmt: skip
    assert [(each["due_date"], each["total_minor"]) for each in thrice["schedule"]] == [
        ("2026-12-31", 30_00), ("2027-01-24", 30_00), ("2027-02-17", 30_00),
    ]  # fmt: skip
    assert thrice["constraints"]["amount"] == {"min": 50_00, "max": 2000_00}
    assert thrice["constraints"]["max_for_you"] >= 90_00
    assert told["score"]["value"] > 0
    assert len(told["score"]["top_reasons"]) == 4
    assert await asked(shop, "e-1") == told
    assert (await shop.ask("GET", f"/v1/decisions/{told['decision_id']}")).json() == told
    record = (await shop.ask("GET", f"/v1/decisions/{told['decision_id']}/record")).content
    assert json.loads(record)["application"]["decision_id"] == told["decision_id"]
    sheet = (await shop.ask("GET", thrice["information_sheet"])).json()
    assert (sheet["document"], sheet["lines"][0]["value"]) == ("price_notice", 90_00)
    body = {"decision_id": told["decision_id"], "plan": "3x24", "order_ref": "order-1"}
    opened = await shop.ask("POST", "/v1/instalment-plans", json=body, headers={"idempotency-key": "a-1"})
    assert opened.status_code == 201, opened.text
    assert opened.json()["accepted"] == "3x24"
    again = await shop.ask("POST", "/v1/instalment-plans", json=body, headers={"idempotency-key": "a-1"})
    assert again.json() == opened.json()
    other = await shop.ask("POST", "/v1/instalment-plans", json=body, headers={"idempotency-key": "a-2"})
    assert_problem(other, 409, "quote_used")
    second = await asked(shop, "e-2", plans=["2x"])
    assert (second["outcome"], [each["code"] for each in second["reasons"]]) == ("refused", ["wait_after_plan"])
    await shop.world.pass_to(shop.world.now)
    await shop.world.audit()


async def test_credit_by_the_partner_needs_means_and_its_sheet_names_it(shop: Desk) -> None:
    means = {"of_age": True, "country": "FR", "income_minor": 2500_00, "expenses_minor": 900_00, "instalments_minor": 0}
    assert (await shop.ask("PUT", f"/v1/shoppers/{SHOPPER}/means", json=means)).status_code == 200
    told = await asked(shop, "e-1", of_age=None)
    plan = next(each for each in told["plans"] if each["id"] == "3x")
    assert (plan["eligible"], plan["regime"], plan["lender_of_record"]) == (True, "light", "partner")
    sheet = (await shop.ask("GET", plan["information_sheet"])).json()
    lines = {each["code"]: each["value"] for each in sheet["lines"]}
    assert (sheet["document"], lines["lender"], lines["withdrawal_days"]) == ("light_sheet", "Sandbox Lender", 14)
    kept = {}
    for language in ("fr", "en"):
        pdf = await shop.ask("GET", f"{plan['information_sheet']}.pdf?language={language}")
        assert pdf.headers["content-type"] == "application/pdf"
        assert (await shop.ask("GET", f"{plan['information_sheet']}.pdf?language={language}")).content == pdf.content
        pages = PdfReader(BytesIO(pdf.content)).pages
        kept[language] = " ".join("".join(each.extract_text() for each in pages).split())
    assert "Attention ! Un crédit coûte de l'argent et doit être remboursé." in kept["fr"]
    assert "Délai de rétractation en jours 14" in kept["fr"].replace("14 jours", "14")
    assert "Lender Sandbox Lender" in kept["en"]
    for due in plan["schedule"]:
        assert f"Due on {Tongue('en').day(due['due_date'])}" in kept["en"]
    assert_problem(await shop.ask("GET", f"{plan['information_sheet']}.pdf?language=it"), 422, "invalid")
    half = await shop.ask("PUT", f"/v1/shoppers/{SHOPPER}/means", json={**means, "expenses_minor": None})
    assert_problem(half, 422, "means_by_half")


async def test_a_refusal_is_a_200_and_is_contested_before_people(shop: Desk) -> None:
    assert (await shop.ask("POST", "/v1/cards/facts", json={**DEBIT, "prepaid": True})).status_code == 201
    told = await asked(shop, "e-1", plans=["2x"])
    assert (told["outcome"], told["plans"][0]["eligible"]) == ("refused", False)
    assert [(each["code"], each["actionable"]) for each in told["reasons"]] == [("card_prepaid", True)]
    assert "automatically" in told["notice"]["en"]
    review = await shop.ask("POST", told["review_url"], json={"words": "It is a debit card."})
    assert review.status_code == 201, review.text
    name = review.json()["id"]
    assert (await shop.ask("POST", told["review_url"], json={})).json()["id"] == name
    (waiting,) = (await shop.ask("GET", "/v1/decision-reviews")).json()["data"]
    assert (waiting["id"], waiting["state"], waiting["late"]) == (name, "open", False)
    shown = (await shop.ask("GET", f"/v1/decision-reviews/{name}")).json()
    assert shown["shopper_words"] == "It is a debit card."
    assert shown["record"]["plans"][0]["reasons"] == [{"code": "card_prepaid"}]
    answer = {"plan": "2x", "reason": "wrong_data", "words": "the issuer says debit"}
    done = await shop.ask("POST", f"/v1/decision-reviews/{name}/overturn", json=answer)
    assert (done.status_code, done.json()["state"]) == (200, "overturned")
    made = (await shop.ask("GET", f"/v1/decisions/{done.json()['new_decision_id']}")).json()
    assert (made["automated"], made["outcome"]) == (False, "eligible")
    figures = (await shop.ask("GET", "/v1/decision-reviews/figures")).json()
    assert figures["overturned_by_reason"] == {"wrong_data": 1}
    body = {"decision_id": made["decision_id"], "plan": "2x", "order_ref": "order-1"}
    opened = await shop.ask("POST", "/v1/instalment-plans", json=body, headers={"idempotency-key": "a-1"})
    assert opened.status_code == 201, opened.text
    async with shop.world.connection() as connection:
        found = await replay_all(connection, shop.operator_id)
    assert (found.decisions, found.others) == (2, 0)


async def test_what_has_changed_is_said_as_a_problem_and_kept(shop: Desk) -> None:
    told = await asked(shop, "e-1", plans=["2x"])
    assert (await shop.ask("POST", "/v1/cards/facts", json={**DEBIT, "prepaid": True})).status_code == 201
    body = {"decision_id": told["decision_id"], "plan": "2x", "order_ref": "order-1"}
    turned = await shop.ask("POST", "/v1/instalment-plans", json=body, headers={"idempotency-key": "a-1"})
    assert_problem(turned, 409, "not_open_any_more")
    assert "prepaid" in turned.json()["detail"]
    assert await shop.world.rows("SELECT count(*) FROM decision_records") == [(2,)]
    shop.world.clock.move_to(shop.world.now + timedelta(hours=1))
    late = await shop.ask("POST", "/v1/instalment-plans", json=body, headers={"idempotency-key": "a-2"})
    assert_problem(late, 409, "quote_expired")


async def test_the_score_is_told_with_what_counts_and_what_does_not(shop: Desk) -> None:
    await asked(shop, "e-1")
    told = (await shop.ask("GET", f"/v1/shoppers/{SHOPPER}/score")).json()
    assert sum(each["maximum"] for each in told["blocks"]) == 1000
    assert sum(each["points"] for each in told["blocks"]) == told["value"]
    assert [each["outcome"] for each in told["history"]] == ["eligible"]
    assert told["calibrated"] is False
    assert all(each["basis"] for each in told["looked_at"])
    assert "nationality" in told["not_looked_at"]["en"]


async def test_a_key_that_reads_neither_asks_nor_answers(shop: Desk) -> None:
    key = await shop.key_with(Scope.READ, label="window")
    before = await shop.state()
    refused = await shop.ask("POST", "/v1/eligibility", key=key, json=ASKED, headers={"idempotency-key": "e-1"})
    assert refused.status_code == 403
    assert (await shop.ask("GET", "/v1/decision-reviews", key=key)).status_code == 403
    without = await shop.ask("POST", "/v1/eligibility", json=ASKED)
    assert_problem(without, 422, "invalid")
    assert await shop.state() == before
