"""The portal where time has passed: its simulator, and an endpoint that fails; its search among errors."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from builders import NOW
from portal_site import Portal, a_portal, a_test_house
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import words

from cashback.actors import system
from cashback.audit import audit
from cashback.db.engine import fetch, transaction
from cashback.instalments import settings as plan_settings
from cashback.instalments.schemas import Settings


@pytest.fixture
async def portal(engine: AsyncEngine) -> AsyncIterator[Portal]:
    async with a_portal(engine, await a_test_house(engine)) as opened:
        yield opened


async def fetch_all(portal: Portal, statement: str, *values: Any) -> list[Any]:
    async with transaction(portal.runtime.engine, portal.house.operator_id) as connection:
        return [row[0] for row in await fetch(connection, statement, values)]


async def test_a_late_instalment_and_a_purchase_of_some_weeks_ago_stand_as_if_their_days_had_passed(
    portal: Portal, engine: AsyncEngine
) -> None:
    operator_id = portal.house.operator_id
    await portal.post("simulator/card")
    plan = {"scenario": "late_instalment", "amount": "90.00", "shop": "0"}
    assert (await portal.post("simulator/run", {**plan, "days": "35"})).status_code == 409
    async with transaction(engine, operator_id) as connection:
        await plan_settings.save(connection, system(operator_id, "tests"), Settings(), NOW)
    before = await state_of(engine, operator_id)
    for wrong in ({"days": "0"}, {"days": "3"}, {"days": "35", "amount": "29.99"}):
        assert (await portal.post("simulator/run", {**plan, **wrong})).status_code == 422, wrong
    assert await state_of(engine, operator_id) == before
    ran = await portal.post("simulator/run", {**plan, "days": "35"})
    assert ran.status_code == 303, words(ran.text)
    page = words((await portal.browser.get(ran.headers["location"])).text)
    assert "The plan has begun and is late." in page
    late = "SELECT state || ' ' || paid_minor || ' ' || (late_since IS NOT NULL) FROM instalments ORDER BY number"
    assert await fetch_all(portal, late) == ["paid 3000 false", "open 0 true", "open 0 false"]
    past = {"scenario": "clear", "amount": "48.00", "shop": "0", "days": "15"}
    assert (await portal.post("simulator/run", past)).status_code == 303
    await portal.work()
    ages = await fetch_all(
        portal, "SELECT max(extract(day FROM $1::timestamptz - cleared_at))::int FROM purchases", NOW
    )
    assert ages == [15]
    async with transaction(engine, operator_id) as connection:
        assert (await audit(connection, operator_id, NOW)).breaches == []


async def test_the_catalogue_of_errors_is_searched(portal: Portal) -> None:
    found = await portal.get("errors", params={"q": "409 LABEL"})
    shown = re.findall(r'<li id="code-(\w+)-409" data-text="[^"]*">', found.text)
    assert shown == ["label_taken"]
    assert "No code like that" not in words(found.text.split('id="nothing-found"')[0])
    for code in ("no_match", "bad_amount", "bad_secret"):
        page = (await portal.get("errors", params={"q": code})).text
        assert re.search(rf'<li id="code-{code}(-422)?" data-text="[^"]*">', page), code
        assert 'id="nothing-found" hidden>' in page, code
    whole = words(found.text)
    assert "Choose another label, or replace that key." in whole
    assert "a new action needs a new idempotency key" in whole
    nothing = await portal.get("errors", params={"q": "xyzzy"})
    assert 'id="nothing-found">' in nothing.text


async def test_an_endpoint_that_fails_says_what_it_waits_for_and_is_changed_replayed_and_removed(
    portal: Portal,
) -> None:
    await portal.post("endpoints/new", {"url": "http://127.0.0.1:9/events", "type": ["reward.*", "card.linked"]})
    (endpoint,) = set(re.findall(r"endpoints/(whe_\w+)/test", (await portal.get("endpoints")).text))
    portal.answer = 302
    sent = [await portal.post(f"endpoints/{endpoint}/test") for _ in range(12)]
    await portal.work()
    failing = words((await portal.get("endpoints")).text)
    assert re.search(r"1\d failures in a row: one event is tried at a time, the next at 21 Nov 1\d:\d\d:\d\d", failing)
    assert "If nothing succeeds, a failure after 26 Nov" in failing
    listed = words((await portal.get(f"deliveries?endpoint={endpoint}")).text)
    assert "Times are those of Europe/Paris" in listed
    first = sent[0].headers["location"]
    message = first.rpartition("/")[2]
    assert message in listed
    assert "redirects are not followed" in words((await portal.browser.get(first)).text)
    for query, seen in (
        (f"message={message}", True),
        ("message=msg_" + "0" * 32, False),
        ("message=nonsense", False),
        ("type=endpoint.*", True),
        ("type=endpoint.test", True),
        ("type=reward.earned", False),
    ):
        page = (await portal.get(f"deliveries?endpoint={endpoint}&{query}")).text
        assert (f"/{endpoint}/msg_" in page) == seen, query
    assert (await portal.get(f"deliveries?endpoint={endpoint}&type=nonsense")).status_code == 422

    portal.answer = 200
    replayed = await portal.post(f"deliveries/{endpoint}/replay")
    assert re.search(r"1\d will be sent", words((await portal.browser.get(replayed.headers["location"])).text))
    await portal.work()
    assert (await portal.get(f"deliveries?endpoint={endpoint}&state=pending")).text.count("/msg_") == 0

    path = f"endpoints/{endpoint}"
    page = (await portal.get(path)).text
    assert [f'value="{name}" checked' in page for name in ("reward.*", "card.linked", "card.unlinked")] == [
        True,
        True,
        False,
    ]
    refused = await portal.post(f"{path}/change", {"url": "http://receiver.example/x"})
    assert [refused.status_code, "http://receiver.example/x" in refused.text] == [422, True]
    await portal.post(f"{path}/change", {"url": "http://127.0.0.1:9/new"})
    cards = (await portal.get("endpoints")).text
    assert ["127.0.0.1:9/new" in cards, "all events" in cards, endpoint in cards] == [True] * 3
    await portal.post(f"{path}/test")
    assert "1 event that waits will not be sent" in words((await portal.get(path)).text)
    assert (await portal.post(f"{path}/remove")).status_code == 303
    assert endpoint not in (await portal.get("endpoints")).text
    assert (await portal.get(path)).status_code == 404
    assert (await portal.post(f"{path}/change", {"url": "http://127.0.0.1:9/x"})).status_code == 404
    assert await fetch_all(portal, "SELECT state FROM webhook_deliveries WHERE state = 'pending'") == []
    done = await fetch_all(portal, "SELECT action FROM audit_log WHERE action LIKE 'endpoint.%' ORDER BY at, id")
    assert done.count("endpoint.changed") == done.count("endpoint.removed") == 1
