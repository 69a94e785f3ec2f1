"""Every operation of the document, asked by a stranger of every right for what is not theirs: as if it were not there.

The matrix is made of the document: a new operation is probed by being there. A stranger is another operator, and
the test twin of this one. What they get for an id of ours and for an id of nothing is the same to the letter.
"""

import re
from collections.abc import AsyncIterator

import pytest
from app_desk import EVERY_SCOPE, Desk, opened_desk
from conformance import the_document
from probes import NOWHERE, UNMADE, a_thing_of_every_kind, request_of
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Scope, system
from cashback.auth.keys import create_key
from cashback.db.engine import transaction
from cashback.programmes.operators import OperatorMode
from cashback.twins import bring_twin

RIGHTS: dict[str, tuple[Scope, ...]] = {scope.value: (scope,) for scope in EVERY_SCOPE} | {"every scope": EVERY_SCOPE}
"""A row for each set of rights that a caller may have; a role is one more."""
MADE_BY_NAMING = ("PUT /v1/offers/{code}/draft", "PUT /v1/shoppers/{reference}")
"""Operations that make what they name, with the operator who asks: for them there is nothing to be refused."""
NAMES = {"another operator": ("kind",), "the test twin": ("kind", "shop", "code")}
"""Names in addresses that mean the same for both: kinds of exports, and what a twin was given with the programme."""
OPERATIONS = sorted(
    f"{method.upper()} {path}" for path, item in the_document().document["paths"].items() for method in item
)
PROBED = [name for name in OPERATIONS if "{" in name and name not in MADE_BY_NAMING]


@pytest.fixture
async def stranger(engine: AsyncEngine) -> AsyncIterator[Desk]:
    async with opened_desk(engine) as opened:
        yield opened


async def keys_of_twin(desk: Desk) -> dict[str, str]:
    """Our own operator made live, and the keys of its test twin by their rights."""
    await desk.world.rows("UPDATE operators SET mode = $1 RETURNING 1", OperatorMode.LIVE.value)
    twin = await bring_twin(desk.world.engine, desk.operator_id, desk.world.now)
    async with transaction(desk.world.engine, twin.operator_id) as connection:
        actor = system(twin.operator_id, "tests")
        return {"every scope": await create_key(connection, actor, label="all", scopes=EVERY_SCOPE, now=desk.world.now)}


def test_every_id_in_an_address_is_known_here() -> None:
    named = {name for operation in OPERATIONS for name in re.findall(r"\{(\w+)\}", operation)}
    assert named <= NOWHERE.keys(), f"say in probes.py how to make one of {sorted(named - NOWHERE.keys())}"


@pytest.mark.parametrize("who", ["another operator", "the test twin"])
async def test_a_stranger_learns_nothing_of_what_there_is(desk: Desk, stranger: Desk, who: str) -> None:
    ours = await a_thing_of_every_kind(desk)
    if who == "the test twin":
        keys = await keys_of_twin(desk)
    else:
        keys = {name: await stranger.key_with(*scopes, label=name) for name, scopes in RIGHTS.items()}
    before = await desk.state()
    told = []
    for name in PROBED:
        ids = re.findall(r"\{(\w+)\}", name)
        if set(ids) <= set(NAMES[who]):
            continue
        for rights, key in keys.items():
            answers = []
            for values in (ours, NOWHERE):
                method, path, content = request_of(name, values)
                answer = await desk.ask(method, path, key=key, **content)
                text = answer.text
                for each in ids:
                    text = text.replace(values[each], f"<{each}>")
                answers.append((answer.status_code, text))
            if answers[0] != answers[1] or answers[0][0] not in (403, 404, 422):
                told.append((name, rights, answers))
    assert told == []
    assert await desk.state() == before
    await desk.world.audit()


@pytest.mark.parametrize("who", ["another operator", "the test twin"])
async def test_no_list_of_a_stranger_holds_an_id_of_ours(desk: Desk, stranger: Desk, who: str) -> None:
    ours = await a_thing_of_every_kind(desk)
    if who == "the test twin":
        key = (await keys_of_twin(desk))["every scope"]
    else:
        key = await stranger.key_with(*EVERY_SCOPE, label="theirs")
    looked_at = 0
    ids = {value for name, value in ours.items() if name not in ("reference", "code", "shop", "kind", *UNMADE)}
    for name in OPERATIONS:
        if name.startswith("GET ") and "{" not in name:
            mine = await desk.ask(*request_of(name, ours)[:2], **request_of(name, ours)[2])
            theirs = await desk.ask(*request_of(name, ours)[:2], key=key, **request_of(name, ours)[2])
            assert theirs.status_code == mine.status_code, (name, theirs.text)
            looked_at += mine.is_success
            assert not [each for each in ids if each in theirs.text], name
    assert looked_at > 15


async def test_within_one_operator_the_same_ids_are_found(desk: Desk) -> None:
    """The probes would show nothing if their ids led nowhere for everybody."""
    ours = await a_thing_of_every_kind(desk)
    found = set()
    for name in PROBED:
        if name.startswith("GET "):
            method, path, content = request_of(name, ours)
            answer = await desk.ask(method, path, **content)
            if answer.is_success:
                found.update(re.findall(r"\{(\w+)\}", name))
    assert found >= {"reference", "code", "claim", "payout", "settlement", "endpoint", "message"}
