"""The portal's simulator where time has passed, and its search among errors."""

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
