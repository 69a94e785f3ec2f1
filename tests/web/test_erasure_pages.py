"""Erasing oneself in the shopper's app: what the page says, what a refusal leaves, and what the browser forgets."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from builders import House
from shopper_site import App, a_lending_house, a_plan, a_regular, an_app
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import words

from cashback.erasure import service
from cashback.erasure.schemas import Obstacle, Outlook


@pytest.fixture(scope="module")
async def lending(engine: AsyncEngine) -> House:
    return await a_lending_house(engine)


@pytest.fixture
async def app(engine: AsyncEngine, lending: House) -> AsyncIterator[App]:
    async with an_app(engine, lending, await a_regular(lending, f"camille-{uuid4().hex}")) as made:
        yield made


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def test_the_page_says_what_goes_what_stays_and_what_it_costs(app: App) -> None:
    assert "/wallet/me/erasure" in (await app.get("/me")).text
    french = words((await app.get("/me/erasure", "fr")).text)
    for said in (
        "Ce qui part tout de suite",
        "10 ans",
        "Tapez EFFACER",
        "J'y renonce définitivement".replace("'", "’"),
    ):
        assert said in french
    english = words((await app.get("/me/erasure")).text)
    assert re.search(r"€[\d.]+ available", english)
    assert "Download my data first" in english


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"word": "DELETE", "give_up": "yes"}, "The word is not right"),
        ({"word": "ERASE"}, "Say that you give up what is left"),
        ({"word": "DELETE"}, "2 things to mend"),
        ({"word": "ERASE", "give_up": "yes", "seen": "something else"}, "Your wallet has changed meanwhile"),
    ],
)
async def test_a_refused_erasure_keeps_what_was_typed_and_everything_else(
    app: App, form: dict[str, str], why: str
) -> None:
    before = await app.rows("SELECT (SELECT count(*) FROM erasures), (SELECT count(*) FROM transfers)")
    told = {"seen": seen_in((await app.get("/me/erasure")).text), **form}
    answer = await app.post("/me/erasure", told)
    assert answer.status_code in (409, 422)
    assert why in words(answer.text)
    assert f'value="{form["word"]}"' in answer.text
    assert await app.rows("SELECT (SELECT count(*) FROM erasures), (SELECT count(*) FROM transfers)") == before


async def test_an_open_plan_is_in_the_way_and_the_page_leads_there(app: App) -> None:
    await a_plan(app.shopper)
    page = await app.get("/me/erasure")
    assert "A payment in instalments is open" in words(page.text)
    assert 'name="word"' not in page.text
    refused = await app.post("/me/erasure", {"word": "ERASE", "give_up": "yes", "seen": ""})
    assert refused.status_code == 409
    assert (await app.get("")).status_code == 200


async def test_what_was_in_the_way_and_is_gone_a_moment_later_saves_nobody_the_word(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = seen_in((await app.get("/me/erasure")).text)
    look_ahead = service.look_ahead

    async def blocked(*told: Any) -> Outlook:
        return replace(await look_ahead(*told), obstacles=(Obstacle.OPEN_PLAN,))

    monkeypatch.setattr(service, "look_ahead", blocked)
    refused = await app.post("/me/erasure", {"word": "", "give_up": "yes", "seen": seen})
    assert refused.status_code == 422
    assert await app.rows("SELECT 1 FROM erasures WHERE shopper_id = $1", app.shopper.shopper_id) == []


async def test_who_erased_themselves_is_out_and_their_browser_forgets(app: App) -> None:
    seen = seen_in((await app.get("/me/erasure")).text)
    gone = await app.post("/me/erasure", {"word": " erase ", "give_up": "yes", "seen": seen})
    assert gone.status_code == 303, words(gone.text)
    assert gone.headers["location"] == "/en/erased"
    assert "max-age=0" in gone.headers["set-cookie"].lower()
    farewell = await app.browser.get("/en/erased")
    assert "You are erased" in words(farewell.text)
    assert farewell.headers["clear-site-data"] == '"cache", "storage"'
    assert (await app.get("")).status_code == 401
    rows = await app.rows("SELECT asked_by FROM erasures WHERE shopper_id = $1", app.shopper.shopper_id)
    assert len(rows) == 1
    assert rows[0][0].startswith("shopper:")
