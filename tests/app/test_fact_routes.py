"""Facts and activations over HTTP: told late, ended, refused with nothing moved, and how a shopper stands."""

from typing import Any

import pytest
from app_desk import Desk, assert_problem
from world import CENTRE, SHOPPER, day, purchase

from cashback.clock import zulu
from cashback.ids import show

CLUB = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}}
offers:
  - {code: base, reward: {kind: fixed, asset: PTS, amount: 10}}
  - code: gold
    name: {en: Gold, fr: Or}
    promise: {en: 10 % for gold, fr: 10 % pour l'or}
    conditions: [{kind: tiers, tiers: [gold]}]
    reward: {kind: percent, asset: EUR, rate_bps: 1000}
  - code: card
    conditions:
      - {kind: dates, first_day: 2026-11-01, last_day: 2026-11-30}
      - {kind: stamp_card, every: 3}
    reward: {kind: fixed, asset: PTS, amount: 50}
    group: points
  - code: fortnight
    conditions: [{kind: activated, valid_days: 14, places: 1}]
    reward: {kind: fixed, asset: PTS, amount: 100}
    group: fortnight
  - {code: over, conditions: [{kind: dates, last_day: 2026-11-01}], reward: {kind: fixed, asset: PTS, amount: 1}}
"""
)


@pytest.fixture
async def club(desk: Desk) -> Desk:
    """The desk of a club in which anna has a card."""
    await desk.world.apply(CLUB)
    await desk.world.link()
    return desk


async def tell(desk: Desk, *facts: dict[str, Any]) -> Any:
    told = [{"shopper": SHOPPER, "kind": "tier", "value": "gold", **each} for each in facts]
    return await desk.ask("POST", "/v1/facts", json={"facts": told})


async def audited(desk: Desk, action: str) -> list[str]:
    rows = await desk.world.rows(
        "SELECT actor, subject, detail::text FROM audit_log WHERE action = $1 ORDER BY id", action
    )
    shown = show("shp", await desk.world.stage.shopper(SHOPPER))
    assert {(actor, subject) for actor, subject, _ in rows} == {("key:all", shown)}
    return [detail for _, _, detail in rows]


async def test_a_fact_told_late_moves_what_was_bought_since_and_its_end_moves_it_back(club: Desk) -> None:
    await club.world.play(*purchase("p", 20_00, at=day(1)), at=day(3))
    assert await club.world.wallet() == {"PTS": (0, 10, 0, 0)}
    told = await tell(club, {"since": day(0.5).isoformat()})
    assert (told.status_code, told.json()) == (201, {"told": 1, "transfers": 1})
    assert await club.world.wallet() == {"EUR": (0, 2_00, 0, 0), "PTS": (0, 10, 0, 0)}
    (detail,) = await audited(club, "facts.told")
    assert detail == (
        '{"facts": [{"kind": "tier", "since": "' + zulu(day(0.5)) + '", "until": null, "value": "gold"}]}'
    )
    state = await club.state()
    again = await tell(club, {"since": day(0.5).isoformat()})
    assert again.json() == {"told": 1, "transfers": 0}
    assert {name for name, digest in (await club.state()).items() if digest != state[name]} == {"audit_log"}
    body = {"shopper": SHOPPER, "kind": "tier", "value": "gold", "at": day(0.75).isoformat()}
    ended = await club.ask("POST", "/v1/facts/end", json=body)
    assert (ended.status_code, ended.json()) == (200, {"ended_at": zulu(day(0.75)), "transfers": 1})
    assert await club.world.wallet() == {"PTS": (0, 10, 0, 0)}
    assert await audited(club, "fact.ended") == ['{"at": "' + zulu(day(0.75)) + '", "kind": "tier", "value": "gold"}']
    state = await club.state()
    assert_problem(await club.ask("POST", "/v1/facts/end", json=body), 404, "unknown_fact")
    assert await club.state() == state
    await club.world.audit()


async def test_what_was_said_is_read_back_in_its_order(club: Desk) -> None:
    club.world.clock.move_to(day(2))
    await tell(
        club,
        {"since": day(1).isoformat()},
        {"kind": "birth_month", "value": "07"},
        {"kind": "segment", "value": "families", "since": day(0).isoformat(), "until": day(1).isoformat()},
        {"kind": "tag", "value": "staff", "since": day(9).isoformat()},
    )
    read = await club.ask("GET", f"/v1/shoppers/{SHOPPER}/facts")
    assert read.json() == {
        "has_more": False,
        "next_cursor": None,
        "data": [
            {"kind": kind, "value": value, "since": zulu(day(since)), "until": until, "holds": holds}
            for kind, value, since, until, holds in (
                ("segment", "families", 0, zulu(day(1)), False),
                ("tier", "gold", 1, None, True),
                ("birth_month", "07", 2, None, True),
                ("tag", "staff", 9, None, False),
            )
        ],
    }
    (detail,) = await audited(club, "facts.told")
    assert "07" not in detail.split("birth_month")[1].split("}")[0].replace(day(2).isoformat(), "")


@pytest.mark.parametrize(
    ("fact", "status", "code"),
    [
        ({"shopper": "nobody"}, 404, "unknown_shopper"),
        ({"shopper": "no\x00body"}, 422, "invalid"),
        ({"kind": "activation", "value": "fortnight"}, 422, "fact_kind"),
        ({"kind": "birth_month", "value": "13"}, 422, "fact_value"),
        ({"value": " gold"}, 422, "fact_value"),
        ({"value": "g\x00ld"}, 422, "invalid"),
        ({"value": "x" * 65}, 422, "fact_value"),
        ({"value": "4111111111111111"}, 422, "card_number"),
        ({"since": day(2).isoformat(), "until": day(2).isoformat()}, 422, "fact_interval"),
        ({"since": "2026-11-01T10:00:00"}, 422, "invalid"),
        ({"kind": "colour"}, 422, "invalid"),
        ({"value": ""}, 422, "invalid"),
        ({"colour": "red"}, 422, "invalid"),
    ],
    ids=lambda given: str(given)[:40],
)
async def test_one_fact_that_is_refused_refuses_all(club: Desk, fact: dict[str, Any], status: int, code: str) -> None:
    state = await club.state()
    assert_problem(await tell(club, {}, fact), status, code)
    assert await club.state() == state


async def test_the_same_fact_twice_is_one_and_with_two_ends_refused(club: Desk) -> None:
    since = {"since": day(1).isoformat()}
    assert (await tell(club, since, since)).json() == {"told": 2, "transfers": 0}
    state = await club.state()
    assert_problem(await tell(club, since, {**since, "until": day(2).isoformat()}), 422, "fact_repeated")
    assert await club.state() == state


async def test_at_most_five_hundred_at_once(club: Desk) -> None:
    many = [{"kind": "segment", "value": f"s{number}"} for number in range(501)]
    state = await club.state()
    assert_problem(await tell(club, *many), 422, "invalid")
    assert_problem(await club.ask("POST", "/v1/facts", json={"facts": []}), 422, "invalid")
    assert await club.state() == state
    assert (await tell(club, *many[:500])).json() == {"told": 500, "transfers": 0}


async def test_an_activation_counts_from_now_on_and_the_places_end(club: Desk) -> None:
    await club.ask("POST", "/v1/shoppers", json={"references": ["ben"]})
    body = {"shopper": SHOPPER, "offer": "fortnight"}
    await club.world.play(*purchase("before", at=day(1)), at=day(3))
    shown = show("shp", await club.world.stage.shopper(SHOPPER))
    first = await club.ask("POST", "/v1/activations", json=body)
    assert (first.status_code, first.json()) == (
        201,
        {"shopper": shown, "offer": "fortnight", "already_active": False},
    )
    assert await audited(club, "offer.activated") == ['{"offer": "fortnight"}']
    state = await club.state()
    again = await club.ask("POST", "/v1/activations", json=body)
    assert (again.status_code, again.json()["already_active"]) == (201, True)
    refused = await club.ask("POST", "/v1/activations", json={**body, "shopper": "ben"})
    assert_problem(refused, 422, "no_place_left")
    assert_problem(await club.ask("POST", "/v1/activations", json={**body, "offer": "base"}), 422, "no_activation")
    assert_problem(await club.ask("POST", "/v1/activations", json={**body, "offer": "over"}), 404, "unknown_offer")
    assert_problem(await club.ask("POST", "/v1/activations", json={**body, "offer": "x"}), 404, "unknown_offer")
    assert_problem(await club.ask("POST", "/v1/activations", json={**body, "shopper": "x"}), 404, "unknown_shopper")
    assert_problem(
        await club.ask("POST", "/v1/facts/end", json={"shopper": SHOPPER, "kind": "activation", "value": "fortnight"}),
        422,
        "fact_kind",
    )
    assert await club.state() == state
    await club.world.play(*purchase("after", at=day(4)), at=day(6))
    assert await club.world.wallet() == {"PTS": (0, 120, 0, 0)}
    await club.world.audit()


async def test_a_shopper_reads_the_offers_that_run_with_how_far_they_are(club: Desk) -> None:
    await club.world.play(*purchase("one", at=day(1)), *purchase("two", at=day(2)), at=day(4))
    await club.ask("POST", "/v1/activations", json={"shopper": SHOPPER, "offer": "fortnight"})
    read = (await club.ask("GET", f"/v1/shoppers/{SHOPPER}/offers")).json()["data"]
    offers = {each["offer"]: each for each in read}
    assert list(offers) == ["base", "card", "fortnight", "gold"]
    assert (offers["card"]["until"], offers["base"]["until"]) == ("2026-11-30T23:00:00Z", None)
    (stamps,) = offers["card"]["progress"]
    assert (stamps["got"], stamps["wanted"], stamps["missing"]) == (2, 3, 1)
    assert (stamps["en"], stamps["fr"]) == ("Stamp 2 of 3", "Tampon 2 sur 3")
    assert offers["base"]["progress"] == []
    assert (offers["fortnight"]["activated_since"], offers["fortnight"]["for_shopper"]) == (zulu(day(4)), True)
    assert offers["gold"]["for_shopper"] is False
    assert offers["gold"]["name"] == {"en": "Gold", "fr": "Or"}
    (who,) = offers["gold"]["who"]
    assert who["en"] == "For tier gold only: you had none"
    assert who["fr"].replace("\u00a0", " ") == "Réservé au niveau gold : vous n'en aviez pas"
    assert_problem(await club.ask("GET", "/v1/shoppers/nobody/offers"), 404, "unknown_shopper")
    assert_problem(await club.ask("GET", "/v1/shoppers/nobody/facts"), 404, "unknown_shopper")


async def test_offers_that_a_shopper_is_held_out_of_are_not_shown(desk: Desk) -> None:
    await desk.world.apply(CLUB.replace("{code: base, ", "{code: base, holdout_bps: 5000, "))
    desk.world.clock.move_to(day(2))
    references = [f"s{number}" for number in range(20)]
    await desk.ask("POST", "/v1/shoppers", json={"references": references})
    seen = 0
    for reference in references:
        read = (await desk.ask("GET", f"/v1/shoppers/{reference}/offers")).json()["data"]
        codes = [each["offer"] for each in read]
        assert codes in (["base", "card", "fortnight", "gold"], ["card", "fortnight", "gold"])
        seen += "base" in codes
    assert 0 < seen < 20
