"""Stories of an offer from its first draft to its end, each closed by an audit of the books; and what is refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from offer_people import FIVE, SEVEN, SIX, People
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, SHOPPER, START, World, a_world, clearing, day, purchase

from cashback.actors import Scope
from cashback.errors import Invalid
from cashback.offers.service import load_offered

SIX_FILE = FIVE_PERCENT.replace("rate_bps: 500", "rate_bps: 600")
BUDGETED = FIVE_PERCENT.replace("hold_days: 14", 'hold_days: 14, budget: "10.00"')
HOUR = timedelta(hours=1)


@pytest.fixture
async def people(engine: AsyncEngine) -> People:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link(at=START)
    return People(world)


async def versions_of_rewards(world: World) -> list[tuple[str, int, int]]:
    return [
        (str(ref), int(version), int(amount))
        for ref, version, amount in await world.rows(
            """SELECT p.purchase_ref, r.offer_version, r.amount FROM rewards r
            JOIN purchases p ON p.shopper_id = r.shopper_id AND p.id = r.purchase_id ORDER BY 1"""
        )
    ]


async def programme_revision(world: World) -> int:
    return int((await world.rows("SELECT revision FROM programmes"))[0][0])


async def test_a_draft_becomes_a_version_and_each_purchase_keeps_the_terms_of_its_time(people: People) -> None:
    world = people.world
    world.clock.move_to(day(2))
    before = await programme_revision(world)
    written = await people.write(SIX, seen=1)
    assert written.changes_to_live == ("reward.rate_bps: 500 -> 600",)
    await people.write(SEVEN, "cleo")
    await people.do("submit")
    await world.play(*purchase("p-1", at=day(1)), at=day(3))
    assert await versions_of_rewards(world) == [("p-1", 1, 1_00)]
    assert await programme_revision(world) == before

    sent_back = await people.do("request_changes", "bob", reason="seven is too much")
    assert (sent_back.revision, await people.draft_state()) == (5, "changes_requested")
    again = await people.write(SIX)
    assert again.changes == ("reward.rate_bps: 700 -> 600",)
    await people.do("submit", "cleo")
    approved = await people.do("approve", "bob")
    assert (approved.version, approved.live_from) == (2, day(3))
    assert await programme_revision(world) == before + 1
    assert await people.intervals() == [(1, None, day(3)), (2, day(3), None)]

    await world.play(clearing("late", 20_00, at=day(3) - HOUR), clearing("p-3", 20_00, at=day(3) + HOUR), at=day(4))
    assert await versions_of_rewards(world) == [("late", 1, 1_00), ("p-1", 1, 1_00), ("p-3", 2, 1_20)]
    assert await people.audited() == [
        ("person:ada", "offer.drafted"),
        ("person:cleo", "offer.drafted"),
        ("person:ada", "offer.submitted"),
        ("person:bob", "offer.changes_requested"),
        ("person:ada", "offer.drafted"),
        ("person:cleo", "offer.submitted"),
        ("person:bob", "offer.approved"),
    ]
    detail = await world.rows("SELECT detail->'changes' FROM audit_log WHERE action = 'offer.approved'")
    assert "reward.rate_bps: 500 -> 600" in str(detail)
    await world.audit()


async def test_a_scheduled_version_begins_by_itself_and_a_planned_end_ends_it(people: People) -> None:
    world = people.world
    await people.approved(SIX, starts_at=day(3), ends_at=day(6))
    assert await people.status() == "changing"
    assert await people.intervals() == [(1, None, day(3)), (2, day(3), day(6))]
    told = [clearing(f"p-{number}", 20_00, at=day(number) + HOUR) for number in (2, 3, 5, 6)]
    await world.play(*told, at=day(8))
    assert await versions_of_rewards(world) == [("p-2", 1, 1_00), ("p-3", 2, 1_20), ("p-5", 2, 1_20)]
    assert await people.status() == "ended"
    await world.audit()


async def test_a_cancelled_version_never_begins_and_the_one_before_keeps_its_planned_end(people: People) -> None:
    world = people.world
    await people.approved(SIX, ends_at=day(9))
    world.clock.move_to(day(1))
    await people.approved(SEVEN, starts_at=day(4))
    assert await people.intervals() == [(1, None, START), (2, START, day(4)), (3, day(4), None)]
    world.clock.move_to(day(2))
    await people.do("cancel")
    assert await people.intervals() == [(1, None, START), (2, START, day(9)), (3, day(2), day(2))]
    await world.play(clearing("p-5", 20_00, at=day(5)), clearing("p-9", 20_00, at=day(9)), at=day(10))
    assert await versions_of_rewards(world) == [("p-5", 2, 1_20)]
    await world.audit()


async def test_a_pause_takes_nothing_back_and_resumes_with_the_same_terms_and_end(people: People) -> None:
    world = people.world
    await people.approved(SIX, ends_at=day(20))
    world.clock.move_to(day(2))
    await people.do("pause", reason="stock is being counted")
    world.clock.move_to(day(4))
    resumed = await people.do("resume", "bob")
    assert resumed.version == 3
    assert await people.intervals() == [(1, None, START), (2, START, day(2)), (3, day(4), day(20))]
    told = [clearing(f"p-{number}", 20_00, at=day(number) + HOUR) for number in (1, 3, 5)]
    await world.play(*told, at=day(6))
    assert await versions_of_rewards(world) == [("p-1", 2, 1_20), ("p-5", 3, 1_20)]
    await people.do("end")
    assert await people.status() == "ended"
    await world.audit()


async def test_an_offer_whose_end_passed_while_it_was_paused_is_not_resumed(people: People) -> None:
    await people.approved(SIX, ends_at=day(3))
    people.world.clock.move_to(day(1))
    await people.do("pause")
    people.world.clock.move_to(day(3))
    assert (await people.refused(people.do("resume")))[:2] == (409, "offer_over")


async def test_one_person_stops_what_is_live_and_what_is_to_come_at_once(people: People) -> None:
    world = people.world
    await people.approved(SEVEN, starts_at=day(5))
    world.clock.move_to(day(2))
    await people.stop_at_once("ada", scopes=frozenset({Scope.PROGRAMME}))
    assert await people.status() == "ended"
    assert await people.intervals() == [(1, None, day(2)), (2, day(2), day(2))]
    told = [clearing(f"p-{number}", 20_00, at=day(number) + HOUR) for number in (1, 3, 6)]
    await world.play(*told, at=day(7))
    assert await versions_of_rewards(world) == [("p-1", 1, 1_00)]
    moves = (await people.history()).moves[-2:]
    assert [(each.move.value, each.version, each.reason) for each in moves] == [
        ("cancel", 2, "pays twice"),
        ("stop", 1, "pays twice"),
    ]
    assert (await people.refused(people.do("resume")))[:2] == (409, "offer_move")
    await world.audit()


async def test_a_new_offer_is_seen_by_nobody_before_it_is_approved(people: People) -> None:
    people.code = "new"
    world = people.world
    await people.submitted(SEVEN)
    async with world.connection() as connection:
        assert list(await load_offered(connection, world.operator_id, world.now)) == ["five"]
    await people.do("approve", "bob")
    await world.play(clearing("p-1", 20_00, at=START + HOUR), at=day(1))
    assert await world.rewards() == {("p-1", "new"): ("EUR", 1_40, "pending")}
    await world.audit()


@pytest.mark.parametrize(
    ("authors", "submitter", "approver", "says"),
    [
        (("ada", "ada"), "ada", "ada", "person:ada wrote revision 3"),
        (("ada", "bob"), "cleo", "ada", "person:ada wrote revision 2"),
        (("ada", "bob"), "cleo", "bob", "person:bob wrote revision 3"),
        (("ada", "ada"), "cleo", "cleo", "person:cleo submitted"),
        (("ada", "ada"), "cleo", "ADA", "person:ADA wrote revision 3"),
    ],
)
async def test_nobody_approves_what_they_wrote_or_submitted(
    people: People, authors: tuple[str, str], submitter: str, approver: str, says: str
) -> None:
    await people.write(SIX, authors[0])
    await people.write(SEVEN, authors[1])
    await people.do("submit", submitter)
    status, code, said = await people.refused(people.do("approve", approver))
    assert (status, code) == (403, "four_eyes")
    assert said.startswith(says)
    await people.do("approve", "dan")
    assert await people.status() == "live"


async def test_who_wrote_a_draft_that_was_rejected_may_approve_the_next_one(people: People) -> None:
    await people.submitted(SIX, "bob")
    await people.do("reject", "ada")
    await people.submitted(SEVEN, "ada")
    assert (await people.do("approve", "bob")).version == 2


async def test_a_file_that_changes_an_offer_makes_its_draft_stale(people: People) -> None:
    world = people.world
    world.clock.move_to(day(1))
    await people.submitted(SEVEN)
    await world.apply(SIX_FILE)
    assert await people.draft_state() == "submitted"
    status, code, said = await people.refused(people.do("approve", "bob"))
    assert (status, code) == (409, "offer_stale")
    assert "reward.rate_bps: 500 -> 600" in said
    assert "version 2 by system:replay is live now" in said
    assert (await people.refused(people.do("approve", "bob", seen=3)))[1] == "offer_stale"
    again = await people.write(SEVEN)
    assert (again.changes, again.changes_to_live) == ((), ("reward.rate_bps: 600 -> 700",))
    await people.do("submit")
    assert (await people.do("approve", "bob")).version == 3
    await world.audit()


async def test_a_file_that_ends_an_offer_makes_its_draft_stale(people: People) -> None:
    people.world.clock.move_to(day(1))
    await people.submitted(SEVEN)
    await people.world.apply(FIVE_PERCENT.replace("code: five", "code: other"))
    _, code, said = await people.refused(people.do("approve", "bob"))
    assert code == "offer_stale"
    assert "version 1, over which it was written, is no longer live" in said


async def test_a_file_leaves_alone_what_is_scheduled_and_refuses_to_change_it(people: People) -> None:
    world = people.world
    await people.approved(SEVEN, starts_at=day(5))
    people.code = "new"
    await people.approved(SIX, starts_at=day(5))
    people.code = "five"
    spans = await people.intervals()
    world.clock.move_to(day(1))
    await world.apply(FIVE_PERCENT)
    with pytest.raises(Invalid, match="its version 2 begins at") as refused:
        await world.apply(SIX_FILE)
    assert refused.value.code == "effective_from"
    assert await people.intervals() == spans
    await people.do("cancel")
    await world.apply(SIX_FILE)
    assert [number for number, _, _ in await people.intervals()] == [1, 2, 3]
    people.code = "new"
    assert await people.status() == "scheduled"
    await world.audit()


async def test_what_a_file_did_stands_among_the_moves(people: People) -> None:
    people.world.clock.move_to(day(1))
    await people.world.apply(SIX_FILE)
    await people.world.apply(SIX_FILE.replace("code: five", "code: other"))
    moves = (await people.history()).moves
    assert [(each.move.value, each.version, each.actor) for each in moves] == [
        ("publish", 1, "system:replay"),
        ("publish", 2, "system:replay"),
        ("end", 2, "system:replay"),
    ]


async def test_a_budget_comes_with_the_approval_and_is_never_exceeded(people: People) -> None:
    world = people.world
    await people.approved({**FIVE, "budget": "1.50"})
    told = [clearing(f"p-{number}", 20_00, at=START + number * HOUR) for number in (1, 2, 3)]
    await world.play(*told, at=day(1))
    assert sum(amount for _, _, amount in await versions_of_rewards(world)) == 1_50
    await people.submitted({**FIVE, "budget": "1.00"})
    assert (await people.refused(people.do("approve", "bob")))[:2] == (422, "budget")
    await world.audit()


async def test_a_budget_does_not_change_before_its_version_begins(engine: AsyncEngine) -> None:
    people = People(await a_world(engine, BUDGETED))
    await people.submitted({**FIVE, "budget": "20.00"})
    assert (await people.refused(people.do("approve", "bob", starts_at=day(3))))[:2] == (422, "offer_budget")
    await people.do("approve", "bob")
    assert await people.world.rows("SELECT cap FROM quotas") == [(20_00,)]


REFUSED: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "no scope to write": ("revise", "ada", {"scopes": frozenset({Scope.APPROVAL})}, 403, "scope_missing"),
    "no scope to submit": ("submit", "ada", {"scopes": frozenset({Scope.APPROVAL})}, 403, "scope_missing"),
    "no scope to approve": ("approve", "bob", {"scopes": frozenset({Scope.PROGRAMME})}, 403, "scope_missing"),
    "no scope to reject": ("reject", "bob", {"scopes": frozenset({Scope.PROGRAMME})}, 403, "scope_missing"),
    "no scope to pause": ("pause", "bob", {"scopes": frozenset({Scope.APPROVAL})}, 403, "scope_missing"),
    "no scope to stop": ("stop", "bob", {"scopes": frozenset({Scope.READ})}, 403, "scope_missing"),
    "an old revision": ("approve", "bob", {"seen": 2}, 409, "offer_revision"),
    "a revision to come": ("approve", "bob", {"seen": 9}, 409, "offer_revision"),
    "an old revision to pause": ("pause", "bob", {"seen": 2}, 409, "offer_revision"),
    "an end before its beginning": ("approve", "bob", {"ends_at": START}, 422, "ends_at"),
    "an end before a later beginning": ("approve", "bob", {"starts_at": day(3), "ends_at": day(2)}, 422, "ends_at"),
    "no reason to reject": ("reject", "bob", {"reason": " "}, 422, "reason"),
    "no reason to stop": ("stop", "bob", {"reason": ""}, 422, "reason"),
    "a reason without end": ("pause", "bob", {"reason": "x" * 501}, 422, "reason"),
    "a reason of no text": ("pause", "bob", {"reason": "a\x00"}, 422, "reason"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_what_is_refused_moves_nothing(people: People, case: tuple[str, str, dict[str, Any], int, str]) -> None:
    await people.submitted(SEVEN)
    move, name, more, status, code = case
    work = people.write(name=name, **more) if move == "revise" else people.do(move, name, **more)
    assert (await people.refused(work))[:2] == (status, code)


async def test_an_offer_nobody_knows_is_not_found(people: People) -> None:
    people.code = "nothing"
    assert (await people.refused(people.do("pause", seen=0)))[:2] == (404, "unknown_offer")


async def test_a_draft_for_another_asset_or_place_is_refused_with_the_field(people: People) -> None:
    world = people.world
    await world.apply(FIVE_PERCENT.replace("assets:", "assets:\n  - {code: PTS, kind: points, name: {en: p, fr: p}}"))
    points = {"reward": {"kind": "fixed", "asset": "PTS", "amount": 10}}
    _, code, said = await people.refused(people.write(points))
    assert (code, said) == ("offer_asset", "offer five rewards EUR and cannot reward PTS: make another offer")
    for terms, field in (
        ({**FIVE, "conditions": [{"kind": "shops", "shops": ["bar"]}]}, "conditions[0].shops[0]: no shop"),
        ({"reward": {**FIVE["reward"], "rate": 1}}, "reward.rate: unknown field"),
        (
            {**FIVE, "conditions": [{"kind": "minimum_spend", "amount": 5.0}]},
            "conditions[0].amount: expected an amount",
        ),
    ):
        status, code, said = await people.refused(people.write(terms))
        assert (status, code) == (422, "offer_terms")
        assert field in said


@pytest.mark.parametrize("table", ["offer_revisions", "offer_moves"])
async def test_revisions_and_moves_are_never_rewritten(people: People, table: str) -> None:
    await people.submitted()
    with pytest.raises(DBAPIError, match="permission denied"):
        async with people.world.connection() as connection:
            await connection.exec_driver_sql(f"UPDATE {table} SET revision = revision + 10")


@pytest.mark.parametrize("begins", [START - HOUR, START + HOUR])
async def test_the_database_refuses_two_versions_at_one_instant(people: People, begins: datetime) -> None:
    with pytest.raises(DBAPIError, match="would be live together with another version"):
        async with people.world.connection() as connection:
            await connection.exec_driver_sql(
                "INSERT INTO offer_versions SELECT operator_id, offer_id, 2, terms, digest, $1, NULL, author, "
                "created_at FROM offer_versions",
                (begins,),
            )
    assert await people.intervals() == [(1, None, None)]


async def test_shoppers_see_the_version_in_force_and_no_draft(people: People) -> None:
    await people.submitted(SEVEN)
    await people.world.play(clearing("p-1", 20_00, at=START + HOUR), at=day(1))
    assert await people.world.wallet(SHOPPER) == {"EUR": (1_00, 0, 0, 0)}
    await people.world.audit()
