"""The developer portal over HTTP: what its pages show, what its forms do, and whom it refuses."""

import html
import re
from collections.abc import AsyncIterator

import pytest
from builders import NOW, a_house, a_shopper
from portal_site import Portal, a_portal, a_test_house
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import Site, Words, a_site, entry_of_operator, words

from cashback.audit import audit
from cashback.auth.roles import OPENED_BY, MemberRole, Page
from cashback.db.engine import fetch, transaction
from cashback.web.developer.guides import GUIDES
from cashback.web.developer.routes import ROUTES

KEY = re.compile(r"ck_(?:live|test)_[a-z2-7]{52}")
MESSAGE = re.compile(r"/developer/deliveries/(whe_\w+)/(msg_[0-9a-f]+)")
PAGES = (
    "start", "reference", "reference/events", "reference/guides", "keys", "endpoints", "deliveries", "requests",
    "simulator", "signatures", "errors",
)  # fmt: skip
SOUGHT = {
    "pagination": "pages",
    "idempotency": "idempotency",
    "webhook+delete": "remove-webhook-endpoint",
    "refund+a+purchase": "refund-instalment-plan",
    "rembourser+un+achat": "refunds",
    "delete+a+shopper": "erase-shopper",
}
"""What people type, and where it is to lead."""
FORMS = [route.path for route in ROUTES if "POST" in (route.methods or ())]
ENDPOINT = {"url": "http://127.0.0.1:9/events"}


@pytest.fixture
async def portal(engine: AsyncEngine) -> AsyncIterator[Portal]:
    house = await a_test_house(engine)
    async with a_portal(engine, house) as opened:
        yield opened


async def made_key(portal: Portal, label: str = "till", *scopes: str) -> str:
    answer = await portal.post("keys/new", {"label": label, "scope": list(scopes) or ["read", "shoppers", "webhooks"]})
    found = KEY.search(answer.text)
    assert found is not None, answer.text
    return found[0]


async def asked(portal: Portal, path: str, key: str, **more: object) -> int:
    headers = {"authorization": f"Bearer {key}", **more.pop("headers", {})}  # type: ignore[dict-item]
    answer = await portal.browser.request(str(more.pop("method", "GET")), path, headers=headers, **more)  # type: ignore[arg-type]
    await portal.app.requests_written()
    return answer.status_code


async def test_an_integrator_comes_to_the_first_event(portal: Portal, engine: AsyncEngine) -> None:
    assert [each in (await portal.get("start")).text for each in ("is-done", "Make a key")] == [False, True]
    shown = await portal.post("start/key")
    key = KEY.search(shown.text)
    assert key is not None
    assert f"Authorization: Bearer {key[0]}" in html.unescape(shown.text)
    assert key[0] not in (await portal.get("start")).text
    assert await asked(portal, "/v1/event-types", key[0]) == 200
    assert await asked(portal, "/v1/events/stream?follow=false", key[0]) == 200
    opened = await portal.post("simulator/card", {"back": "start"})
    assert opened.headers["location"] == "/en/developer/start"
    ticks = await portal.get("start/ticks?seen=00000")
    assert ticks.text.count("is-done") == 4
    sent = await portal.post("start/send")
    assert sent.status_code == 303, words(sent.text)
    await portal.work()
    assert (await portal.get("start/ticks?seen=11110")).text.count("is-done") == 5
    assert (await portal.get("start/ticks?seen=11111")).status_code == 204
    async with transaction(engine, portal.house.operator_id) as connection:
        told = [row.type for row in await fetch(connection, "SELECT type FROM outbox_messages ORDER BY type")]
        report = await audit(connection, portal.house.operator_id, NOW)
    assert told == ["card.linked", "purchase.recognised", "reward.earned", "reward.earned", "shopper.opened"]
    assert report.breaches == []


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_every_page_opens_in_both_languages(portal: Portal, language: str) -> None:
    for page in PAGES:
        answer = await portal.browser.get(f"/{language}/developer/{page}")
        assert answer.status_code == 200, page
        assert f'<html lang="{language}">' in answer.text
        assert 'aria-current="page"' in answer.text
        assert [each for each in Words(answer.text).attributes if each[1] == "style"] == []
        assert answer.headers["cache-control"] == "no-store"


async def test_a_stranger_and_a_shopper_are_kept_out(engine: AsyncEngine, portal: Portal) -> None:
    shopper = await a_shopper(portal.house)
    async with a_site(engine, workbench=None).shopper(shopper) as browser:
        cookies = dict(browser.cookies)
    portal.browser.cookies.clear()
    assert {(await portal.get(page)).status_code for page in PAGES} == {401}
    portal.browser.cookies.update(cookies)
    assert {(await portal.get(page)).status_code for page in PAGES} == {403}


@pytest.mark.parametrize("role", [role for role in MemberRole if role not in OPENED_BY[Page.PORTAL]])
async def test_roles_that_do_not_integrate_are_kept_out(site: Site, engine: AsyncEngine, role: MemberRole) -> None:
    house = await a_house(engine)
    async with a_portal(engine, house) as portal:
        portal.browser.cookies.clear()
        await portal.browser.get("/enter", params={"t": entry_of_operator(house, role)})
        assert {(await portal.get(page)).status_code for page in PAGES} == {403}


async def test_without_a_workbench_there_is_no_portal(engine: AsyncEngine, site: Site) -> None:
    async with site.operator(await a_house(engine)) as browser:
        assert (await browser.get("/en/developer/start")).status_code == 404


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}])
@pytest.mark.parametrize("token", ["mine", "none", "another's"])
async def test_a_form_of_another_site_or_session_moves_nothing(
    portal: Portal, headers: dict[str, str], token: str
) -> None:
    before = await state_of(portal.runtime.engine, portal.house.operator_id)
    given = {"mine": {"csrf": portal.csrf}, "none": {}, "another's": {"csrf": portal.csrf[::-1]}}[token]
    assert len(FORMS) == 13
    for path in FORMS:
        filled = path.format(locale="en", id="key_00000000000000000000000000", action="test")
        sent = headers if token == "mine" else {"sec-fetch-site": "same-origin"}
        answer = await portal.browser.post(filled, data={"label": "x", "scope": "read", **given}, headers=sent)
        assert answer.status_code == 403, path
    assert await state_of(portal.runtime.engine, portal.house.operator_id) == before


async def test_a_key_is_shown_once_replaced_with_an_overlap_and_revoked(portal: Portal) -> None:
    first = await made_key(portal)
    listed = (await portal.get("keys")).text
    assert first not in listed
    assert first[-4:] in listed
    assert "never" in listed
    assert await asked(portal, "/v1/event-types", first) == 200
    assert "never" not in (await portal.get("keys")).text
    (key_id,) = set(re.findall(r"/keys/(key_\w+)/rotate", listed))
    second = KEY.search((await portal.post(f"keys/{key_id}/rotate", {"overlap": "3600"})).text)
    assert second is not None
    assert [await asked(portal, "/v1/event-types", each) for each in (first, second[0])] == [200, 200]
    assert "Replaced, until" in (await portal.get("keys")).text
    assert (await portal.post(f"keys/{key_id}/rotate", {"overlap": "3600"})).status_code == 422
    assert (await portal.post(f"keys/{key_id}/rotate", {"overlap": "99"})).status_code == 422
    assert (await portal.post(f"keys/{key_id}/revoke")).status_code == 303
    assert [await asked(portal, "/v1/event-types", each) for each in (first, second[0])] == [401, 200]
    assert "Presented after that" in (await portal.get("keys")).text


async def test_a_key_without_a_scope_or_a_name_is_refused_and_what_was_typed_is_kept(portal: Portal) -> None:
    before = await state_of(portal.runtime.engine, portal.house.operator_id)
    refused = await portal.post("keys/new", {"label": "only a name"})
    assert refused.status_code == 422
    assert "scopes: expected at least one" in refused.text
    assert 'value="only a name"' in refused.text
    assert (await portal.post("keys/new", {"label": "", "scope": "read"})).status_code == 422
    assert (await portal.post("keys/new", {"label": "x", "scope": "system"})).status_code == 403
    assert (await portal.post("keys/new", {"label": "x", "scope": "nonsense"})).status_code == 422
    assert await state_of(portal.runtime.engine, portal.house.operator_id) == before


async def test_where_money_is_real_nothing_is_invented_and_an_editors_keys_move_none(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    async with a_portal(engine, house, MemberRole.EDITOR) as portal:
        page = await portal.get("simulator")
        assert "Not available where money is real" in words(page.text)
        assert "<form" not in page.text.split("<main")[1]
        before = await state_of(engine, house.operator_id)
        assert (await portal.post("simulator/run", {"scenario": "clear", "amount": "10.00"})).status_code == 403
        assert (await portal.post("simulator/card")).status_code == 403
        assert (await portal.post("start/send")).status_code == 403
        assert (await portal.post("keys/new", {"label": "x", "scope": "money"})).status_code == 403
        assert await state_of(engine, house.operator_id) == before
        assert 'value="money"' not in (await portal.get("keys")).text


async def test_an_editor_gets_no_key_above_themselves_in_a_test_operator_either(engine: AsyncEngine) -> None:
    house = await a_test_house(engine)
    async with a_portal(engine, house) as admins:
        await made_key(admins, "whole", "read", "team", "money")
        (whole,) = re.findall(r"keys/(key_\w+)/rotate", (await admins.get("keys")).text)
    async with a_portal(engine, house, MemberRole.EDITOR) as portal:
        page = (await portal.get("keys")).text
        assert [f'value="{scope}"' in page for scope in ("shoppers", "team", "money", "books", "approval")] == [
            True, False, False, False, False,
        ]  # fmt: skip
        before = await state_of(engine, house.operator_id)
        for scope in ("team", "money", "books", "approval", "support", "claims"):
            assert (await portal.post("keys/new", {"label": "x", "scope": scope})).status_code == 403
        assert (await portal.post(f"keys/{whole}/rotate", {"overlap": "0"})).status_code == 403
        assert await state_of(engine, house.operator_id) == before
        assert KEY.search((await portal.post("start/key")).text) is not None


async def test_an_endpoint_lives_and_its_deliveries_are_seen_and_sent_again(portal: Portal) -> None:
    added = await portal.post("endpoints/new", {**ENDPOINT, "type": ["endpoint.*"], "ed25519": "1"})
    assert added.text.count("whsec_") >= 1
    assert "whpk_" in added.text
    assert "whsec_…" not in (await portal.get("endpoints")).text
    assert (await portal.post("endpoints/new", ENDPOINT)).status_code == 409
    assert (await portal.post("endpoints/new", {"url": "http://10.0.0.8/x"})).status_code == 422
    (endpoint,) = set(re.findall(r"endpoints/(whe_\w+)/test", added.text))
    portal.answer = 500
    sent = await portal.post(f"endpoints/{endpoint}/test")
    await portal.work()
    page = await portal.browser.get(sent.headers["location"])
    assert ["thank you" in page.text, "500" in page.text, "Pending" in page.text] == [True, True, True]
    fragment = await portal.browser.get(sent.headers["location"], headers={"hx-request": "true"})
    assert fragment.text.lstrip().startswith('<div class="delivery"')
    listed = await portal.get(f"deliveries?endpoint={endpoint}&state=pending")
    assert MESSAGE.search(listed.text)
    assert not MESSAGE.search((await portal.get(f"deliveries?endpoint={endpoint}&state=delivered")).text)
    portal.answer = 200
    again = MESSAGE.search(listed.text)
    assert again is not None
    replayed = await portal.post(f"deliveries/{endpoint}/replay", {"message": again[2]})
    assert replayed.status_code == 303
    await portal.work()
    assert "Delivered" in (await portal.browser.get(replayed.headers["location"])).text
    rotated = await portal.post(f"endpoints/{endpoint}/rotate", {"overlap": "0"})
    assert "whsec_" in rotated.text
    assert (await portal.post(f"endpoints/{endpoint}/disable", {"why": "moved house"})).status_code == 303
    assert "moved house" in (await portal.get("endpoints")).text
    assert (await portal.post(f"endpoints/{endpoint}/test")).status_code == 409
    assert (await portal.post(f"deliveries/{endpoint}/replay")).status_code == 409
    assert (await portal.post(f"endpoints/{endpoint}/enable")).status_code == 303
    span = {"since": "2026-11-21T00:00", "until": "2026-11-22T00:00"}
    again_in_span = await portal.post(f"deliveries/{endpoint}/replay", span)
    assert "There is nothing to send" in (await portal.browser.get(again_in_span.headers["location"])).text
    assert (await portal.post(f"deliveries/{endpoint}/replay", {**span, "until": "x"})).status_code == 422


async def test_an_endpoint_that_disabled_itself_says_why(portal: Portal) -> None:
    await portal.post("endpoints/new", ENDPOINT)
    (endpoint,) = set(re.findall(r"endpoints/(whe_\w+)/test", (await portal.get("endpoints")).text))
    portal.answer = 410
    await portal.post(f"endpoints/{endpoint}/test")
    await portal.work()
    assert "answered 410 Gone" in words((await portal.get("endpoints")).text)


async def test_another_operators_things_are_not_found(engine: AsyncEngine, portal: Portal) -> None:
    await portal.post("endpoints/new", ENDPOINT)
    key = await made_key(portal)
    await asked(portal, "/v1/event-types", key)
    (endpoint,) = set(re.findall(r"endpoints/(whe_\w+)/test", (await portal.get("endpoints")).text))
    (key_id,) = set(re.findall(r"/keys/(key_\w+)/rotate", (await portal.get("keys")).text))
    (request_id,) = set(re.findall(r"/requests/(req_\w+)", (await portal.get("requests")).text))
    before = await state_of(engine, portal.house.operator_id)
    async with a_portal(engine, await a_house(engine)) as stranger:
        assert (await stranger.get(f"deliveries?endpoint={endpoint}")).status_code == 404
        assert (await stranger.get(f"requests/{request_id}")).status_code == 404
        assert (await stranger.post(f"endpoints/{endpoint}/test")).status_code == 404
        assert (await stranger.post(f"endpoints/{endpoint}/rotate", {"overlap": "0"})).status_code == 404
        assert (await stranger.post(f"deliveries/{endpoint}/replay")).status_code == 404
        assert (await stranger.post(f"keys/{key_id}/rotate", {"overlap": "0"})).status_code == 404
        assert (await stranger.post(f"keys/{key_id}/revoke")).status_code == 404
    assert await state_of(engine, portal.house.operator_id) == before


async def test_a_request_is_logged_without_what_names_a_person(portal: Portal) -> None:
    key = await made_key(portal)
    body = {"references": ["anna.exemple"], "locale": "fr"}
    headers = {"idempotency-key": "first 4111111111111111"}
    assert await asked(portal, "/v1/shoppers", key, method="POST", json=body, headers=headers) == 201
    assert await asked(portal, "/v1/wallets/anna.exemple?limit=5&q=anna", key) == 422
    assert await asked(portal, "/v1/wallets/nobody", key) == 404
    listed = await portal.get("requests")
    assert [code in listed.text for code in ("201", "422", "404", "unknown_shopper")] == [True] * 4
    assert len(set(re.findall(r"/requests/(req_\w+)", (await portal.get("requests?outcome=refused")).text))) == 2
    assert len(set(re.findall(r"/requests/(req_\w+)", (await portal.get("requests?method=POST")).text))) == 1
    assert (await portal.get("requests?method=NONSENSE")).status_code == 422
    pages = [listed.text]
    for request_id in set(re.findall(r"/requests/(req_\w+)", listed.text)):
        pages.append((await portal.get(f"requests/{request_id}")).text)
    everything = html.unescape("\n".join(pages))
    assert [hidden in everything for hidden in ("anna.exemple", "nobody", key, "4111111111111111")] == [False] * 4
    assert "curl -X POST http://portal.test/v1/shoppers" in everything
    assert '"locale": "fr"' in everything
    rows = await fetch_all(portal, "SELECT r::text FROM api_requests r")
    assert [row for row in rows if "anna" in row or "nobody" in row or key in row] == []


async def test_every_answer_of_the_api_carries_a_request_id(portal: Portal) -> None:
    for path in ("/v1/event-types", "/v1/nothing", "/v1/wallets/x"):
        answer = await portal.browser.get(path)
        assert re.fullmatch(r"req_[0-9a-hjkmnp-tv-z]{26}", answer.headers["x-request-id"])
    assert "x-request-id" not in (await portal.get("start")).headers
    await portal.app.requests_written()
    assert await fetch_all(portal, "SELECT id::text FROM api_requests") == []


async def fetch_all(portal: Portal, statement: str) -> list[str]:
    async with transaction(portal.runtime.engine, portal.house.operator_id) as connection:
        return [row[0] for row in await fetch(connection, statement)]


async def test_an_endpoint_that_was_removed_is_waited_for_by_nothing(portal: Portal) -> None:
    await portal.post("endpoints/new", ENDPOINT)
    await portal.post("simulator/card")
    await portal.post("simulator/run", {"scenario": "clear", "amount": "48.00", "shop": "0"})
    shown = (await portal.get(f"simulator/effects?since=0&seen={'0' * 16}")).text
    assert "card.linked waiting" in words(shown)
    await fetch_all(portal, "UPDATE webhook_endpoints SET state = 'removed' RETURNING 1")
    (seen,) = re.findall(r"seen=([0-9a-f]+)", shown)
    after = words((await portal.get(f"simulator/effects?since=0&seen={seen}")).text)
    assert ("card.linked" in after, "waiting" in after) == (True, False)


SCENARIOS = {
    "authorize": (1, 10),
    "clear": (2, 10),
    "partial_refund": (3, 10),
    "chargeback": (3, 0),
    "late": (2, 10),
    "decline": (1, 0),
}
"""By scenario: how many webhooks are sent, and what points stand after 48 EUR in a shop that gives 10 for each."""


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_scenario_comes_in_by_the_front_door_and_is_seen_on_both_sides(
    portal: Portal, engine: AsyncEngine, scenario: str
) -> None:
    await portal.post("endpoints/new", ENDPOINT)
    assert (await portal.post("simulator/card")).status_code == 303
    ran = await portal.post("simulator/run", {"scenario": scenario, "amount": "48.00", "shop": "0"})
    sent, points = SCENARIOS[scenario]
    assert f"sent={sent}&refused=0" in ran.headers["location"], words(ran.text)
    await portal.work()
    held = "SELECT coalesce(sum(pending + available), 0)::int FROM balances WHERE asset = 'PTS'"
    assert await fetch_all(portal, held) == [points]
    page = await portal.browser.get(ran.headers["location"])
    assert f"Webhooks accepted: {sent}, refused: 0" in words(page.text)
    moved = await portal.get(f"simulator/effects?since=0&seen={'0' * 16}")
    assert ["10 points" in words(moved.text), "reward.earned" in moved.text] == [points > 0] * 2
    assert ("purchase.recognised" in moved.text) == (scenario != "decline")
    (seen,) = re.findall(r"seen=([0-9a-f]+)", moved.text)
    assert (await portal.get(f"simulator/effects?since=0&seen={seen}")).status_code == 204


async def test_a_burst_is_twenty_purchases_and_nonsense_sends_nothing(portal: Portal) -> None:
    assert (await portal.post("simulator/run", {"scenario": "clear", "amount": "48"})).status_code == 409
    await portal.post("simulator/card")
    for wrong in ({"scenario": "x"}, {"amount": "0"}, {"amount": "1e9"}, {"amount": "word"}, {"card": "-1"}):
        form = {"scenario": "clear", "amount": "48.00", **wrong}
        assert (await portal.post("simulator/run", form)).status_code == 422, wrong
    assert await fetch_all(portal, "SELECT delivery_id FROM inbox_messages") == []
    ran = await portal.post("simulator/run", {"scenario": "burst", "amount": "48.00"})
    assert "sent=40&refused=0" in ran.headers["location"]
    await portal.work()
    assert await fetch_all(portal, "SELECT count(*) FROM purchases") == [20]


async def test_the_reference_shows_every_operation_and_finds_some(portal: Portal) -> None:
    whole = (await portal.get("reference")).text
    document = (await portal.browser.get("/v1/openapi.json")).json()
    operations = sum(len(methods) for path, methods in document["paths"].items())
    assert whole.count("data-text=") == operations + len(GUIDES)
    found = (await portal.get("reference?q=wallet+read")).text
    assert 0 < len(re.findall(r'data-text="[^"]*"><a', found)) < operations
    assert "Nothing found" in words((await portal.get("reference?q=zzzz")).text)
    for sought, answer in SOUGHT.items():
        shown = (await portal.get(f"reference?q={sought}")).text
        assert re.search(rf'data-text="[^"]*"><a [^>]*href="[^"]*#{answer}"', shown), sought
    assert 'href="/v1/openapi.json"' in whole
    page = (await portal.get("reference/webhooks")).text
    assert "Scope <code>webhooks</code>" in page
    assert not re.search(r"<summary>[^<]*<code>4\d\d</code> <span[^>]*>[^<]*`", page)
    events = (await portal.get("reference/events")).text
    assert all(name in events for name in document["webhooks"])
    assert "&#34;state&#34;: &#34;cleared&#34;" in events
    for slug in sorted(set(re.findall(r'/developer/reference/([a-z0-9-]+)"', whole)) - {"events", "guides"}):
        page = await portal.get(f"reference/{slug}")
        assert page.status_code == 200
        for anchor in re.findall(rf"/developer/reference/{slug}#([a-z0-9-]+)", whole):
            assert page.text.count(f'id="{anchor}"') == 1
    assert (await portal.get("reference/no-such-group")).status_code == 404


async def test_the_start_page_of_a_demonstration_lets_integrators_in(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    async with a_portal(engine, house) as portal:
        portal.browser.cookies.clear()  # who is signed in with another operator is asked first
        page = await portal.browser.get("/en")
        link = re.search(r'href="(/enter\?t=[^"]+p=developer)"', page.text)
        assert link is not None
        entered = await portal.browser.get(html.unescape(link[1]), headers={"sec-fetch-site": "same-origin"})
        assert entered.headers["location"] == "/en/developer/start"
