"""Every move from every state, as it is written here a second time: allowed or refused, and then nothing moved."""

from datetime import timedelta
from itertools import pairwise

import pytest
from offer_people import FIVE, SEVEN, People
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, a_world, day

from cashback.offers.life import DEEDS, DRAFT_MOVES, STATUS_MOVES, DraftState, Move, Status

DRAFT_TABLE = {
    # state: revise, submit, request_changes, reject, approve; a dot is a refusal
    "none": "draft . . . .",
    "draft": "draft submitted . . .",
    "submitted": "draft . changes_requested rejected approved",
    "changes_requested": "draft . . . .",
    "approved": "draft . . . .",
    "rejected": "draft . . . .",
}
DRAFT_COMMANDS = ("revise", "submit", "request_changes", "reject", "approve")

STATUS_TABLE = {
    # status: approve, approve for later, pause, resume, end, cancel, stop
    "never_live": "live scheduled . . . . .",
    "scheduled": ". . . . . never_live ended",
    "live": "live changing paused . ended . ended",
    "changing": ". . . . . live ended",
    "paused": "live scheduled . live ended . .",
    "ended": "live scheduled . . . . .",
}
STATUS_COMMANDS = ("approve", "approve later", "pause", "resume", "end", "cancel", "stop")


def cases(table: dict[str, str], commands: tuple[str, ...]) -> list[tuple[str, str, str | None]]:
    return [
        (state, command, None if cell == "." else cell)
        for state, row in table.items()
        for command, cell in zip(commands, row.split(), strict=True)
    ]


async def brought_to_draft(people: People, state: str) -> None:
    if state == "none":
        return
    await people.write()
    if state != "draft":
        await people.do("submit")
    last = {"changes_requested": "request_changes", "approved": "approve", "rejected": "reject"}.get(state)
    if last is not None:
        await people.do(last, "bob")


async def brought_to_status(people: People, status: str) -> None:
    if status == "never_live":
        people.code = "new"
        await people.write()
    elif status == "scheduled":
        people.code = "new"
        await people.approved(starts_at=day(5))
    elif status == "changing":
        await people.approved(starts_at=day(5))
    elif status in ("paused", "ended"):
        await people.do("pause" if status == "paused" else "end")


@pytest.mark.parametrize(("state", "command", "expected"), cases(DRAFT_TABLE, DRAFT_COMMANDS))
async def test_every_move_of_a_draft_from_every_state(
    engine: AsyncEngine, state: str, command: str, expected: str | None
) -> None:
    people = People(await a_world(engine, FIVE_PERCENT))
    people.world.clock.advance(timedelta(hours=1))
    await brought_to_draft(people, state)
    assert await people.draft_state() == (None if state == "none" else state)
    seen = await people.revision()
    if expected is None:
        status, code, said = await people.refused(people.do(command, "cleo"))
        assert (status, code) == (409, "offer_move")
        assert command in said
    else:
        done = await people.do(command, "cleo")
        assert (await people.draft_state(), done.revision) == (expected, seen + 1)
        assert await people.revision() == done.revision
    await people.world.audit()


@pytest.mark.parametrize(("status", "command", "expected"), cases(STATUS_TABLE, STATUS_COMMANDS))
async def test_every_move_of_an_offer_from_every_status(
    engine: AsyncEngine, status: str, command: str, expected: str | None
) -> None:
    people = People(await a_world(engine, FIVE_PERCENT))
    people.world.clock.advance(timedelta(hours=1))
    await brought_to_status(people, status)
    people.world.clock.advance(timedelta(hours=1))
    assert await people.status() == status
    if command.startswith("approve"):
        await people.submitted(SEVEN, "dan")
    move, *later = command.split()
    more = {"starts_at": day(3)} if later else {}
    if expected is None:
        refused = await people.refused(people.do(move, "cleo", **more))
        assert refused[:2] == (409, "offer_move")
        assert status in refused[2]
    else:
        await people.do(move, "cleo", **more)
        assert await people.status() == expected
        await no_two_versions_overlap(people)
    await people.world.audit()


async def no_two_versions_overlap(people: People) -> None:
    spans = [span for span in await people.intervals() if span[1] is None or span[1] != span[2]]
    ordered = sorted(spans, key=lambda span: (span[1] is not None, span[1]))
    for (_, _, end), (_, begin, _) in pairwise(ordered):
        assert end is not None
        assert end <= begin


def test_the_tables_above_are_those_of_the_product() -> None:
    for state, row in DRAFT_TABLE.items():
        wanted = dict(zip(DRAFT_COMMANDS, row.split(), strict=True))
        held = DRAFT_MOVES[None if state == "none" else DraftState(state)]
        assert {move.value: to.value for move, to in held.items()} == {k: v for k, v in wanted.items() if v != "."}
    for status, row in STATUS_TABLE.items():
        wanted = dict(zip(STATUS_COMMANDS, row.split(), strict=True))
        allowed = {move.split()[0] for move, to in wanted.items() if to != "."}
        assert {move.value for move in STATUS_MOVES[Status(status)]} == allowed
    assert set(DEEDS) == set(Move)


async def test_the_status_follows_the_clock_without_anybody_writing(engine: AsyncEngine) -> None:
    people = People(await a_world(engine, FIVE_PERCENT), "new")
    await people.approved(FIVE, starts_at=day(2), ends_at=day(4))
    state = await people.state()
    told = []
    for at in (day(1), day(2), day(3.9), day(4)):
        people.world.clock.move_to(at)
        told.append(await people.status())
    assert told == ["scheduled", "live", "live", "ended"]
    assert await people.state() == state
