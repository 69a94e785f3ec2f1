"""What an operator may call a shopper, and who is meant by an id, whatever anybody is called."""

from urllib.parse import quote

import httpx
from app_desk import Desk, assert_problem
from world import CARD, SHOPPER

from cashback.ids import show

NO_NAMES = (
    "shp_",
    "shp_1042",
    "SHP_01m6b1yq00e7s96mrfqv4tfyzk",
    "shp_01m6b1yq00e7s96mrfqv4tfyzk",
    "a/b",
    ".",
    "..",
    " crm-7",
    "crm-7 ",
    "crm\t7",
    "Rene\u0301",
    "anna.exemple@mail.example",
)
NAMES = ("crm-1042", "a b", "René", "a.b", "a@b", "50%", "?", "mem_7", "shp")


async def idof(desk: Desk, name: str) -> str:
    answer = await desk.ask("GET", f"/v1/shoppers/{name}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def test_an_id_means_the_shopper_whose_id_it_is(desk: Desk) -> None:
    for name in (SHOPPER, "bea", "carl"):
        await desk.ask("PUT", f"/v1/shoppers/{name}", json={"locale": "fr"})
    anna, bea, carl = [await idof(desk, name) for name in (SHOPPER, "bea", "carl")]
    again = await desk.ask("PUT", f"/v1/shoppers/{bea}", json={})
    assert (again.status_code, again.json()["reference"]) == (200, "bea")
    opened = await desk.ask("POST", "/v1/shoppers", json={"references": [bea, "carl"]})
    assert opened.json() == {bea: bea, "carl": carl}
    assert len((await desk.ask("GET", "/v1/shoppers")).json()["data"]) == 3
    for name in NO_NAMES:
        before = await desk.state()
        assert_problem(await desk.ask("POST", "/v1/shoppers", json={"references": ["new", name]}), 422, "bad_reference")
        assert await desk.state() == before
    assert_problem(await desk.ask("PUT", "/v1/shoppers/shp_1042", json={}), 422, "bad_reference")

    # One who was called by another one's id before that was refused.
    await desk.world.rows(f"UPDATE shopper_references SET reference = '{bea}' WHERE reference = 'carl' RETURNING 1")
    assert (await desk.ask("GET", f"/v1/shoppers/{bea}")).json()["reference"] == "bea"
    card = {"shopper": bea, "network": "sandbox", "token": CARD}
    assert (await desk.ask("POST", "/v1/cards", json=card)).json()["shopper"] == bea
    tier = {"shopper": bea, "kind": "tier", "value": "gold"}
    assert (await desk.ask("POST", "/v1/facts", json={"facts": [tier]})).status_code == 201
    held = {each: (await desk.ask("GET", f"/v1/shoppers/{each}/facts")).json()["data"] for each in (bea, carl, anna)}
    assert [len(held[each]) for each in (bea, carl, anna)] == [1, 0, 0]
    link = (await desk.ask("POST", f"/v1/shoppers/{carl}/sso-links", json={})).json()["url"]
    async with httpx.AsyncClient(transport=desk.client._transport, base_url="http://inside") as browser:
        assert (await browser.get(link)).status_code == 303
    (entered,) = await desk.world.rows("SELECT subject_id FROM sessions WHERE role = 'shopper'")
    assert show("shp", entered[0]) == carl
    await desk.world.audit()


async def test_what_may_be_called_is_asked_for_by_the_same_name(desk: Desk) -> None:
    opened = (await desk.ask("POST", "/v1/shoppers", json={"references": list(NAMES)})).json()
    assert set(opened) == set(NAMES)
    for name in NAMES:
        found = (await desk.ask("GET", f"/v1/shoppers/{quote(name, safe='')}")).json()
        assert (found["id"], found["reference"]) == (opened[name], name)


async def test_another_language_told_again_holds_and_is_written_down(desk: Desk) -> None:
    first = await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={})
    assert (first.status_code, first.json()["locale"]) == (201, "en")
    for _ in range(2):
        changed = await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={"locale": "fr"})
        assert (changed.status_code, changed.json()["locale"]) == (200, "fr")
    assert (await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={})).json()["locale"] == "fr"
    log = (await desk.ask("GET", "/v1/audit-log", params={"action": "shopper.language_changed"})).json()["data"]
    assert [(each["subject"], each["detail"]) for each in log] == [(first.json()["id"], {"language": "fr"})]
    assert_problem(await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={"locale": "de"}), 422, "invalid")
    await desk.world.audit()
