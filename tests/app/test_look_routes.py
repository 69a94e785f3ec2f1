"""Themes, own domains and preferences over the API: what the pages do, by the same services and the same rules."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO

import pytest
from app_desk import Desk, assert_problem, opened_desk
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER

from cashback.actors import Scope
from cashback.upkeep import prove_domains_again
from cashback.welcoming.domains import GONE_AFTER, DnsResolver, Unresolved

DOMAIN = "rewards.quai.example"
RECORDS: dict[str, list[str]] = {}


@pytest.fixture
async def quay(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async def texts(_: DnsResolver, name: str) -> list[str]:
        if name not in RECORDS:
            raise Unresolved("timeout")
        return RECORDS[name]

    RECORDS.clear()
    monkeypatch.setattr(DnsResolver, "texts", texts)
    async with opened_desk(engine) as made:
        yield made


def a_logo() -> str:
    made = BytesIO()
    Image.new("RGB", (64, 64), (11, 92, 120)).save(made, "PNG")
    return b64encode(made.getvalue()).decode()


async def test_a_look_is_tried_published_and_gone_back_to(quay: Desk) -> None:
    as_it_comes = (await quay.ask("GET", "/v1/theme")).json()
    assert (as_it_comes["version"], as_it_comes["published"], as_it_comes["brand"]) == (0, False, "#0c5c4c")
    body = {"name": "Le Quai", "brand": "#0b5c78", "brand_ink": "#88ddff", "seen": 0}
    tried = (await quay.ask("PUT", "/v1/theme", params={"dry_run": "true"}, json=body)).json()
    (failed,) = [each for each in tried["checks"] if not each["passes"]]
    assert (failed["part"], tried["published"]) == ("brand_ink", False)
    refused = await quay.ask("PUT", "/v1/theme", json=body)
    assert_problem(refused, 422, "theme_contrast")
    assert failed["nearest"] in refused.json()["detail"]
    assert (await quay.ask("GET", "/v1/theme/versions")).json()["data"] == []
    body |= {"brand_ink": failed["nearest"], "picture": a_logo()}
    first = (await quay.ask("PUT", "/v1/theme", json=body)).json()
    assert (first["version"], first["published"], first["logo"]["width"]) == (1, True, 64)
    assert (await quay.client.get(first["logo"]["address"])).status_code == 200
    assert_problem(await quay.ask("PUT", "/v1/theme", json=body), 409, "theme_changed")
    kept = {"name": "Le Quai", "brand": "#7a1f4c", "seen": 1}
    assert (await quay.ask("PUT", "/v1/theme", json=kept)).json()["logo"] == first["logo"]
    back = (await quay.ask("POST", "/v1/theme/versions/1/restore")).json()
    assert (back["version"], back["back_to"], back["brand"]) == (3, 1, "#0b5c78")
    assert_problem(await quay.ask("POST", "/v1/theme/versions/3/restore"), 409, "theme_in_force")
    page = (await quay.ask("GET", "/v1/theme/versions", params={"limit": 2})).json()
    assert [each["version"] for each in page["data"]] == [3, 2]
    rest = (await quay.ask("GET", "/v1/theme/versions", params={"cursor": page["next_cursor"]})).json()
    assert [each["version"] for each in rest["data"]] == [1]


async def test_a_domain_is_told_verified_gone_and_taken_down(quay: Desk) -> None:
    made = (await quay.ask("POST", "/v1/domains", json={"domain": f"{DOMAIN}."})).json()
    assert (made["domain"], made["served"], made["found"]) == (DOMAIN, False, None)
    assert made["record"]["name"] == f"_cashback.{DOMAIN}"
    assert_problem(await quay.ask("POST", "/v1/domains", json={"domain": DOMAIN}), 409, "domain_told")
    assert_problem(await quay.ask("POST", "/v1/domains", json={"domain": "no name"}), 422, "domain_name")
    verify = f"/v1/domains/{DOMAIN}/verify"
    assert (await quay.ask("POST", verify)).json()["found"] == "no_answer"
    RECORDS[made["record"]["name"]] = [made["record"]["value"]]
    proved = (await quay.ask("POST", verify)).json()
    assert (proved["served"], proved["found"], proved["missing_since"]) == (True, "proved", None)
    assert (await quay.ask("DELETE", f"/v1/domains/{DOMAIN}")).json() == {"domain": DOMAIN, "removed": True}
    assert_problem(await quay.ask("DELETE", f"/v1/domains/{DOMAIN}"), 404, "unknown_domain")
    assert (await quay.ask("GET", "/v1/domains")).json()["data"] == []


async def test_a_domain_is_proved_again_every_day_and_served_no_more_once_its_record_is_gone(quay: Desk) -> None:
    made = (await quay.ask("POST", "/v1/domains", json={"domain": DOMAIN})).json()
    name, world = made["record"]["name"], quay.world
    RECORDS[name] = [made["record"]["value"]]
    await quay.ask("POST", f"/v1/domains/{DOMAIN}/verify")

    async def a_day_later(days: int = 1) -> list[str]:
        world.clock.advance(timedelta(days=days))
        return await prove_domains_again(world.engine, DnsResolver(), world.operator_id, world.clock)

    async def stands() -> tuple[bool, bool]:
        (found,) = (await quay.ask("GET", "/v1/domains")).json()["data"]
        return found["served"], found["missing_since"] is not None

    assert await prove_domains_again(world.engine, DnsResolver(), world.operator_id, world.clock) == []
    assert (await a_day_later(), await stands()) == ([], (True, False))
    del RECORDS[name]
    assert (await a_day_later(GONE_AFTER.days + 1), await stands()) == ([], (True, False)), "no answer says nothing"
    RECORDS[name] = []
    assert (await a_day_later(), await stands()) == ([], (True, True))
    RECORDS[name] = [made["record"]["value"]]
    assert (await a_day_later(), await stands()) == ([], (True, False))
    RECORDS[name] = ["cashback-verification=another"]
    for _ in range(GONE_AFTER.days):
        assert (await a_day_later(), await stands()) == ([], (True, True))
    assert (await a_day_later(), await stands()) == ([DOMAIN], (False, True))
    assert await a_day_later() == []
    told = await world.rows(
        "SELECT action FROM audit_log WHERE subject = $1 AND action <> 'domain.checked' ORDER BY at", f"domain:{DOMAIN}"
    )
    assert [action for (action,) in told] == [
        "domain.told", "domain.missing", "domain.back", "domain.missing", "domain.lapsed",
    ]  # fmt: skip
    RECORDS[name] = [made["record"]["value"]]
    assert (await quay.ask("POST", f"/v1/domains/{DOMAIN}/verify")).json()["missing_since"] is None


async def test_preferences_are_chosen_for_a_shopper_by_the_rules_of_their_page(quay: Desk) -> None:
    await quay.world.link()
    path = f"/v1/shoppers/{SHOPPER}/preferences"
    before = {each["topic"]: each for each in (await quay.ask("GET", path)).json()["topics"]}
    assert before["plans"] == {"topic": "plans", "must": True, "inbox": True, "mail": True}
    assert (before["rewards"]["must"], before["rewards"]["mail"]) == (False, False)
    changed = await quay.ask("PUT", path, json={"topics": {"rewards": {"mail": True}}})
    after = {each["topic"]: each for each in changed.json()["topics"]}
    assert after == before | {"rewards": before["rewards"] | {"mail": True}}
    refused = await quay.ask("PUT", path, json={"topics": {"security": {"mail": False}, "payouts": {"mail": False}}})
    assert_problem(refused, 422, "must_be_told")
    assert {each["topic"]: each for each in (await quay.ask("GET", path)).json()["topics"]} == after
    told = await quay.world.rows(
        "SELECT actor, detail->>'rewards.mail' FROM audit_log WHERE action = 'preferences.chosen'"
    )
    assert told == [("key:all", "true")]
    reader = await quay.key_with(Scope.READ)
    assert_problem(await quay.ask("PUT", path, key=reader, json={"topics": {}}), 403, "scope_missing")
