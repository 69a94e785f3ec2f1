"""A claim over HTTP: made, looked at beside the evidence, answered; every refusal is a problem and moves nothing."""

from base64 import b64encode
from typing import Any

import pytest
from app_desk import Desk, assert_problem
from world import ACCOUNT, CARD, SHOPPER, START, booked, day, purchase

from cashback.api.claim_routes import BODY_MAX_BYTES

JPEG = b"\xff\xd8\xff\xe0 a receipt"
BANK = "sandbox_bank"


@pytest.fixture
async def linked(desk: Desk) -> Desk:
    """Anna's card is linked, and five days have passed."""
    await desk.world.link(CARD)
    desk.world.clock.move_to(day(5))
    return desk


def told(**more: Any) -> dict[str, Any]:
    body = {"shopper": SHOPPER, "shop": "cafe", "day": "2026-11-02", "amount_minor": 20_00, "currency": "EUR"}
    return {**body, **more}


async def make(desk: Desk, *, key: str = "c-1", **more: Any) -> Any:
    return await desk.ask("POST", "/v1/claims", json=told(**more), headers={"idempotency-key": key})


async def told_of(desk: Desk) -> list[str]:
    """The kinds of what Anna was told, in the order of their names: they were told at one instant."""
    found = (await desk.ask("GET", f"/v1/shoppers/{SHOPPER}/notices")).json()["data"]
    return sorted(each["kind"] for each in found)


async def test_a_claim_is_made_seen_and_accepted(linked: Desk) -> None:
    made = await make(linked, picture=b64encode(JPEG).decode(), last_four="4521")
    assert made.status_code == 201, made.text
    claim = made.json()
    assert (claim["state"]["code"], claim["reason"], claim["picture"]) == ("open", None, "image/jpeg")
    assert (await make(linked, picture=b64encode(JPEG).decode(), last_four="4521")).json() == claim
    await linked.world.play(booked("b", 20_50, on=day(2)), at=day(5), provider=BANK)
    queue = (await linked.ask("GET", "/v1/claims")).json()
    assert queue["waiting"] == {"EUR": {"claims": 1, "amount_minor": 20_00}}
    assert [each["id"] for each in queue["data"]] == [claim["id"]]
    assert (queue["has_more"], queue["next_cursor"]) == (False, None)
    picture = await linked.ask("GET", f"/v1/claims/{claim['id']}/picture")
    assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["cache-control"] == "no-store"
    accepted = await linked.ask("POST", f"/v1/claims/{claim['id']}/accept", json={"words": "clear receipt"})
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["state"] == {"code": "accepted", "en": "accepted", "fr": "acceptée"}
    assert (await linked.ask("GET", f"/v1/wallets/{SHOPPER}")).json()["EUR"]["available"] == 0
    assert await linked.world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    again = await linked.ask("POST", f"/v1/claims/{claim['id']}/refuse", json={"reason": "no_proof", "words": "late"})
    assert_problem(again, 409, "already_answered")
    own = (await linked.ask("GET", f"/v1/shoppers/{SHOPPER}/claims")).json()["data"]
    assert [(each["id"], each["reason"]["code"], each["words"]) for each in own] == [
        (claim["id"], "confirmed", "clear receipt")
    ]
    taken = await linked.ask(
        "POST", f"/v1/claims/{claim['id']}/withdraw", json={"reason": "different", "words": "another shop"}
    )
    assert taken.json()["state"]["code"] == "withdrawn"
    assert await linked.world.wallet() == {}
    assert await told_of(linked) == ["claim_accepted", "claim_withdrawn"]
    await linked.world.audit()


async def test_a_claim_that_is_refused_or_counted_is_told_in_the_inbox(linked: Desk) -> None:
    claim = (await make(linked)).json()
    body = {"reason": "no_proof", "words": "the receipt is unreadable"}
    assert (await linked.ask("POST", f"/v1/claims/{claim['id']}/refuse", json=body)).status_code == 200
    assert await told_of(linked) == ["claim_refused"]
    (told,) = (await linked.ask("GET", f"/v1/shoppers/{SHOPPER}/notices")).json()["data"]
    assert "20.00" in told["en"]
    assert (await linked.ask("POST", f"/v1/claims/{claim['id']}/refuse", json=body)).status_code == 409
    counted = (await make(linked, key="c-2", amount_minor=30_00)).json()
    await linked.world.play(*purchase("p", 30_00, at=day(1, hour=9)), at=day(5))
    assert (await linked.ask("GET", f"/v1/claims/{counted['id']}")).json()["state"]["code"] == "counted"
    assert await told_of(linked) == ["claim_counted", "claim_refused"]
    await linked.world.audit()


async def test_a_claim_is_cancelled_for_its_shopper_once(linked: Desk) -> None:
    claim = (await make(linked, picture=b64encode(JPEG).decode())).json()
    cancelled = await linked.ask("POST", f"/v1/claims/{claim['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]["code"]) == (200, "cancelled")
    assert_problem(await linked.ask("POST", f"/v1/claims/{claim['id']}/cancel"), 409, "already_answered")
    again = await make(linked, key="c-2", picture=b64encode(JPEG).decode())
    assert again.status_code == 201, again.text
    assert_problem(
        await make(linked, key="c-3", amount_minor=5_00, picture=b64encode(JPEG).decode()), 422, "picture_claimed"
    )
    assert_problem(
        await linked.ask("POST", f"/v1/claims/{again.json()['id']}/refuse", json={"reason": "cancelled", "words": "x"}),
        422,
        "claim_reason",
    )
    assert await told_of(linked) == [], "who cancels knows it"
    await linked.world.audit()


async def test_the_evidence_stands_beside_the_claim(linked: Desk) -> None:
    await linked.world.link(ACCOUNT, provider=BANK, at=START)
    await linked.world.play(booked("b", on=day(1)), at=day(5), provider=BANK)
    claim = (await make(linked)).json()
    shown = (await linked.ask("GET", f"/v1/claims/{claim['id']}")).json()
    assert (shown["looked_at_from"], shown["unknown_identifiers"]) == ("2026-11-05T23:00:00Z", [])
    (near,) = shown["evidence"]
    assert (near["amount_minor"], near["descriptor"], near["shop"]) == (20_00, "CARTE SHOP CB*4521", None)
    assert near["compared"] == [
        {"code": "same_amount", "en": "same amount", "fr": "même montant"},
        {"code": "same_day", "en": "same day", "fr": "même jour"},
        {"code": "other_name", "en": "called otherwise", "fr": "porte un autre nom"},
        {"code": "card_not_told", "en": "card not told", "fr": "carte non indiquée"},
    ]
    body = {"words": "that shop's till", "purchase": near["purchase"]}
    accepted = await linked.ask("POST", f"/v1/claims/{claim['id']}/accept", json=body)
    assert accepted.json()["purchase"] == near["purchase"]
    assert await linked.world.purchases() == {claim["id"]: ("witness", 0), "b": ("cleared", 20_00)}
    assert await linked.world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    await linked.world.audit()


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"shopper": "nobody"}, 404, "unknown_shopper"),
        ({"shop": "cinema"}, 404, "unknown_shop"),
        ({"shop": "4242424242424242"}, 422, "card_number"),
        ({"day": "2026-13-01"}, 422, "invalid"),
        ({"amount_minor": 20.5}, 422, "invalid"),
        ({"currency": "euro"}, 422, "invalid"),
        ({"last_four": "4242424242424242"}, 422, "invalid"),
        ({"picture": "*"}, 422, "invalid"),
        ({"picture": b64encode(b"GIF89a").decode()}, 422, "picture_unknown"),
        ({"picture": "A" * BODY_MAX_BYTES}, 422, "too_large"),
        ({"words": "not asked for"}, 422, "invalid"),
        ({"day": "2026-10-01"}, 422, "not_linked"),
    ],
)
async def test_what_cannot_be_claimed_moves_nothing(linked: Desk, more: dict[str, Any], status: int, code: str) -> None:
    before = await linked.state()
    answer = await make(linked, **more)
    assert_problem(answer, status, code)
    assert "4242424242424242" not in answer.text
    assert await linked.state() == before


async def test_a_claim_needs_a_key_and_json(linked: Desk) -> None:
    before = await linked.state()
    assert_problem(await linked.ask("POST", "/v1/claims", json=told()), 422, "invalid")
    headers = {"idempotency-key": "c-1"}
    assert_problem(await linked.ask("POST", "/v1/claims", content=b"{", headers=headers), 422, "invalid")
    assert await linked.state() == before


@pytest.mark.parametrize("claim", ["clm_00000000000000000000000000", "nonsense", "pur_00000000000000000000000000"])
async def test_an_unknown_claim_is_not_found(linked: Desk, claim: str) -> None:
    for method, path, content in (
        ("GET", "", {}),
        ("GET", "/picture", {}),
        ("POST", "/accept", {"json": {"words": "seen"}}),
        ("POST", "/identifiers", {"json": {"network": "sandbox", "identifier": "mid:1"}}),
    ):
        assert_problem(await linked.ask(method, f"/v1/claims/{claim}{path}", **content), 404, "unknown_claim")
