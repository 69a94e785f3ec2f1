"""Where a stranger to the portal stumbled: addresses of forms, what was mistyped, what the simulator and steps tell."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from builders import NOW, a_shopper
from portal_site import Portal, a_portal, a_test_house
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import entry_of_operator, words

from cashback.actors import Scope, system
from cashback.auth.keys import create_key
from cashback.auth.roles import MemberRole
from cashback.courier import service
from cashback.db.engine import transaction
from cashback.demo.keys import keep_keys
from cashback.demo.service import _settings
from cashback.errors import Invalid
from cashback.ids import show
from cashback.pipeline import Road, drain
from cashback.settings import read_settings
from cashback.web.developer.routes import ROUTES
from webhooks.egress import Egress

KEY = re.compile(r"ck_(?:live|test)_[a-z2-7]{52}")
WHY = ("The card was not linked yet on that day", "The bank refused: nothing was bought", "it needs an endpoint")
FORMS = [route.path for route in ROUTES if "POST" in (route.methods or ())]


@pytest.fixture
async def portal(engine: AsyncEngine) -> AsyncIterator[Portal]:
    async with a_portal(engine, await a_test_house(engine)) as opened:
        yield opened


async def test_who_comes_to_a_forms_address_by_a_link_is_led_to_its_page(portal: Portal) -> None:
    assert len(FORMS) == 13
    for path in FORMS:
        filled = path.format(locale="fr", id="whe_00000000000000000000000000", action="test")
        answer = await portal.browser.get(filled)
        assert (answer.status_code, answer.headers["location"]) == (303, "/".join(filled.split("/")[:4])), path
        assert (await portal.browser.get(answer.headers["location"])).status_code == 200, path
    elsewhere = await portal.browser.get("/%5Cevil.example/developer/keys/new")
    assert elsewhere.headers["location"] == "/en/developer/keys"


async def test_a_header_line_without_a_colon_is_named_and_what_was_typed_is_kept(portal: Portal) -> None:
    form = {"scheme": "out", "headers": "webhook-id: msg_1\nno colon", "body": '{"a": 1}', "event": "auth"}
    answer = await portal.post("signatures/check", form)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert "headers, line 2: expected 'name: value'" in page
    assert ["webhook-id: msg_1\nno colon" in page, '{"a": 1}' in page, 'value="auth"' in page] == [True] * 3


async def test_the_words_of_a_bad_secret_name_the_three_kinds(portal: Portal) -> None:
    headers = "webhook-id: msg_1\nwebhook-timestamp: {}\nwebhook-signature: v1,x"
    stamp = int(portal.runtime.clock.now().timestamp())
    answer = await portal.post("signatures/check", {"secret": "nonsense", "headers": headers.format(stamp)})
    assert [kind in words(answer.text) for kind in ("bad_secret", "whsec_", "whpk_", "whsk_")] == [True] * 4


def test_a_demonstration_sends_to_its_own_machine_unless_told_otherwise(tmp_path: Path) -> None:
    keys = keep_keys(tmp_path / "keys")
    url = "http://127.0.0.1:8000"
    for given, allowed in (({}, True), ({"CASHBACK_LOOPBACK_WEBHOOKS": "0"}, False)):
        settings = read_settings(_settings(given, keys, "postgresql://somewhere/nothing", url))
        assert settings.loopback_webhooks is allowed


@pytest.mark.parametrize(
    ("url", "named"),
    [("http://localhost:9/x", True), ("https://127.0.0.1/x", True), ("http://receiver.example/x", False)],
)
async def test_a_refused_address_of_this_machine_names_the_setting(portal: Portal, url: str, named: bool) -> None:
    engine, operator_id = portal.runtime.engine, portal.house.operator_id
    before = await state_of(engine, operator_id)
    strict, keyring, actor = Egress(), portal.runtime.keyring, system(operator_id, "test")
    with pytest.raises(Invalid) as refused:
        await service.add(engine, keyring, strict, actor, url=url, types=None, ed25519=False, now=NOW)
    assert ("CASHBACK_LOOPBACK_WEBHOOKS=1" in refused.value.detail) == named
    assert await state_of(engine, operator_id) == before


async def test_what_came_of_a_scenario_is_its_shoppers_and_a_card_linked_last_is_offered_first(portal: Portal) -> None:
    await portal.post("simulator/card")
    key = KEY.search((await portal.post("keys/new", {"label": "x", "scope": ["read", "shoppers"]})).text)
    assert key is not None
    headers = {"authorization": f"Bearer {key[0]}"}
    await portal.browser.post("/v1/shoppers", headers=headers, json={"references": ["late"]})
    card = {"shopper": "late", "network": "sandbox", "token": "late-card", "last_four": "9876"}
    assert (await portal.browser.post("/v1/cards", headers=headers, json=card)).status_code == 201
    await portal.post("endpoints/new", {"url": "http://127.0.0.1:9/events"})
    keys = re.findall(r'<option value="([0-9a-f]{16})"[^>]*>([^<]+)<', (await portal.get("simulator")).text)
    assert [each[1][-4:] for each in keys][:2] == ["4242", "9876"]
    unknown = await portal.post("simulator/run", {"scenario": "clear", "amount": "48", "card": "f" * 16})
    assert unknown.status_code == 422
    first = await portal.post("simulator/run", {"scenario": "clear", "amount": "48.00", "card": keys[0][0]})
    second = await portal.post("simulator/run", {"scenario": "clear", "amount": "48.00", "card": keys[1][0]})
    await drain(portal.runtime.engine, Road(portal.runtime.keyring), portal.house.operator_id, NOW)
    for ran in (first, second):
        page = words((await portal.browser.get(ran.headers["location"])).text)
        assert page.count("purchase.recognised") == 1
        assert ["waiting" in page, "no endpoint" in page] == [True, False]
    await portal.work()
    page = words((await portal.browser.get(first.headers["location"])).text)
    assert ["waiting" in page, "no endpoint" in page] == [False, False]
    assert re.search(
        r'href="/en/developer/deliveries/whe_\w+/msg_\w+"><code>purchase',
        (await portal.browser.get(first.headers["location"])).text,
    )
    before = words((await portal.get("simulator")).text)
    assert ["Run a scenario: what it does appears here." in before, "purchase.recognised" in before] == [True, False]
    long_ago = {"scenario": "clear", "amount": "48.00", "card": keys[1][0], "days": "35"}
    for form, told in (
        (long_ago, "The card was not linked yet on that day"),
        ({**long_ago, "scenario": "late", "days": "0"}, "The card was not linked yet on that day"),
        ({**long_ago, "scenario": "decline", "days": "0"}, "The bank refused: nothing was bought"),
        ({**long_ago, "days": "0"}, None),
    ):
        ran = await portal.post("simulator/run", form)
        page = words((await portal.browser.get(ran.headers["location"])).text)
        assert [each for each in WHY if each in page] == ([told] if told else []), form
    wrong = await portal.post("simulator/run", {**long_ago, "amount": "word"})
    assert "The amount cannot be read" in words(wrong.text)
    assert 'value="word"' in wrong.text
    nobody = f"simulator?since=0&of={show('shp', uuid4())}"
    assert "purchase.recognised" not in (await portal.get(nobody)).text
    assert (await portal.get("simulator?of=nonsense")).status_code == 422


async def test_steps_of_others_are_not_ones_own(portal: Portal, engine: AsyncEngine) -> None:
    async with transaction(engine, portal.house.operator_id) as connection:
        await create_key(
            connection, system(portal.house.operator_id, "seed"), label="theirs", scopes=[Scope.READ], now=NOW
        )
    await a_shopper(portal.house)
    assert "is-done" not in (await portal.get("start")).text
    await portal.post("start/key")
    begun = await portal.get("start")
    assert begun.text.count("is-done") == 1
    assert "a test operator: nothing here is real" in words(begun.text)
    assert "shopper=test-shopper" not in begun.text
    await portal.post("simulator/card")
    opened = html.unescape((await portal.get("start")).text)
    assert "/v1/events/stream?from=beginning&shopper=test-shopper'" in opened
    assert re.search(r"<code>test-shopper</code> · <code>shp_\w{26}</code>", opened)


@pytest.mark.parametrize(("role", "offered"), [(MemberRole.EDITOR, True), (MemberRole.FINANCE, False)])
async def test_the_console_leads_those_to_the_portal_who_may_enter(
    engine: AsyncEngine, portal: Portal, role: MemberRole, offered: bool
) -> None:
    portal.browser.cookies.clear()
    await portal.browser.get("/enter", params={"t": entry_of_operator(portal.house, role)})
    page = (await portal.browser.get("/en/operator/live")).text
    assert ('href="/en/developer/start"' in page) == offered
