"""One thing of every kind that the API names by an id, and the requests that ask for each."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from app_desk import ROUTES, Desk
from paid_world import IBAN, PAYING
from probe_values import SELLER
from world import CARD, SHOPPER, START, day, purchase

from cashback.actors import Scope, system
from cashback.collecting.opening import open_rail
from cashback.collecting.schemas import RailName
from cashback.ids import show
from cashback.instalments.schemas import Settings
from cashback.instalments.settings import save

NOWHERE = {
    "reference": "nobody",
    "code": "nothing",
    "claim": "clm_00000000000000000000000000",
    "payout": "pyt_00000000000000000000000000",
    "account": "pac_00000000000000000000000000",
    "adjustment": "adj_00000000000000000000000000",
    "settlement": "stl_00000000000000000000000000",
    "endpoint": "whe_00000000000000000000000000",
    "message": "msg_00000000000000000000000000000000",
    "purchase": "pur_00000000000000000000000000",
    "card": "crd_00000000000000000000000000",
    "decision": "dec_00000000000000000000000000",
    "kind": "nothings",
    "mandate": "man_00000000000000000000000000",
    "member": "mem_00000000000000000000000000",
    "key": "key_00000000000000000000000000",
    "plan": "pln_00000000000000000000000000",
    "review": "rev_00000000000000000000000000",
    "secret": "sso_00000000000000000000000000",
    "shop": "nowhere",
    "domain": "nowhere.example",
    "version": "999",
}
"""By the name that an address gives it: an id of nothing."""
PREPAID = {"prepaid": True, "expires_on": "2030-01-31", "strong_authentication": True}
WANTED = {"amount_minor": 90_00, "currency": "EUR", "shop": "cafe", "of_age": True, "plans": ["2x"]}
VERA = {"email": "vera@centre.example", "name": "Vera", "role": "viewer"}
SHOPS = "shops:\n"
HIDDEN = SHOPS + '  - {code: hidden, name: Hidden, centre: centre, category: "5942"}\n'


async def a_thing_of_every_kind(desk: Desk) -> dict[str, str]:
    """Make them over the API as far as it goes; by the name that an address gives each, its id."""
    await desk.world.apply(PAYING.replace(SHOPS, HIDDEN))
    await desk.world.link(at=START)
    await desk.world.play(*purchase("p-1", 800_00, at=day(1)), at=day(20))
    await desk.prepare_offers()
    ((purchase_id,),) = await desk.world.rows("SELECT id FROM purchases")
    found = {"reference": SHOPPER, "code": "submitted", "shop": "hidden", "kind": "purchases"}
    found["purchase"] = show("pur", purchase_id)
    found["card"] = (await desk.ask("GET", "/v1/cards")).json()["data"][0]["id"]

    async def made(path: str, key: str = "", **body: Any) -> Any:
        headers = {"idempotency-key": key} if key else {}
        answer = await desk.ask("POST", path, json=body, headers=headers)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    found["endpoint"] = (await made("/v1/webhook-endpoints", url="http://127.0.0.1:9/hook"))["id"]
    found["message"] = (await made(f"/v1/webhook-endpoints/{found['endpoint']}/test"))["message"]
    found["secret"] = (await made("/v1/sso-secrets"))["id"]
    told = {"iban": IBAN, "holder": "Anna Exemple"}
    found["account"] = (await made(f"/v1/shoppers/{SHOPPER}/payout-accounts", rail="sepa", told=told))["id"]
    found["payout"] = (await made(f"/v1/shoppers/{SHOPPER}/payouts", "po", asset="EUR", amount=10_00))["id"]
    asked = {"kind": "goodwill", "asset": "EUR", "amount": 1, "reason": "delay", "words": "late"}
    found["adjustment"] = (await made("/v1/adjustments", "ad", shopper=SHOPPER, **asked))["id"]
    claim = {"shop": "books", "day": "2026-11-15", "amount_minor": 20_00, "currency": "EUR"}
    found["claim"] = (await made("/v1/claims", "cl", shopper=SHOPPER, **claim))["id"]
    found["domain"] = (await made("/v1/domains", domain="rewards.probed.example"))["domain"]
    for seen in (0, 1):
        look = await desk.ask("PUT", "/v1/theme", json={"name": "Le Quai", "brand": "#0b5c78", "seen": seen})
    found["version"] = str(look.json()["version"])
    await desk.ask("PUT", "/v1/seller", json=SELLER)
    await desk.ask("PUT", "/v1/funders", json={"funder": "shop:cafe", "name": "Café", "mode": "prepaid"})
    await made("/v1/funders/payments", "fu", funder="shop:cafe", payment="top_up", amount_minor=100_00)
    found["member"] = (await made("/v1/members", **VERA))["member"]
    await desk.key_with(Scope.READ, label="till")
    keys = (await desk.ask("GET", "/v1/api-keys")).json()["data"]
    found["key"] = next(each["id"] for each in keys if each["label"] == "till")
    found |= await a_plan_by_review(desk)
    desk.world.clock.move_to(day(30))
    issued = await made("/v1/settlements", period="2026-11-01..2026-11-25")
    found["settlement"] = issued["settlements"][0]["id"]
    return found


async def a_plan_by_review(desk: Desk) -> dict[str, str]:
    """A refused question that people answer otherwise, the plan that is accepted then, and a card to be charged."""
    actor, master = system(desk.operator_id, "tests"), desk.world.stage.road.keyring.master
    async with desk.world.connection() as connection:
        await save(connection, actor, Settings(), desk.world.now)
        await open_rail(connection, actor, master, RailName.SANDBOX, {}, desk.world.now)

    async def posted(path: str, key: str, **body: Any) -> Any:
        answer = await desk.ask("POST", path, json=body, headers={"idempotency-key": key})
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    await posted("/v1/cards/facts", "cf", shopper=SHOPPER, network="sandbox", token=CARD, **PREPAID)
    refused = await posted("/v1/eligibility", "el", shopper=SHOPPER, **WANTED)
    review = (await posted(refused["review_url"], "co", words="look again"))["id"]
    answer = {"plan": "2x", "reason": "wrong_data", "words": "the issuer says debit"}
    opened = await posted(f"/v1/decision-reviews/{review}/overturn", "ov", **answer)
    body = {"decision_id": opened["new_decision_id"], "plan": "2x", "order_ref": "order-1"}
    plan = await posted("/v1/instalment-plans", "pl", **body)
    mandate = await posted(f"/v1/shoppers/{SHOPPER}/mandates", "ma", rail="sandbox", card="sim_ok")
    return {"decision": refused["decision_id"], "review": review, "plan": plan["plan"], "mandate": mandate["id"]}


def request_of(name: str, ids: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
    """The method, the address with these ids in it, and what the request of `ROUTES` sends."""
    method, template = name.split(" ", 1)
    _, _, content = ROUTES[method, template]
    headers = {**content.get("headers", {}), **({"idempotency-key": uuid4().hex} if method == "POST" else {})}
    return method, template.format(**ids), {**content, "headers": headers}
