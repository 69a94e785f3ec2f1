"""Every operation of the document, asked by a stranger of every right for what is not theirs: as if it were not there.

The matrix is made of the document: a new operation is probed by being there. A stranger is another operator, and
the test twin of this one. What they get for an id of ours and for an id of nothing is the same to the letter.
"""

import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import pytest
from app_desk import EVERY_SCOPE, Desk, opened_desk
from conformance import the_document
from probes import NOWHERE, a_thing_of_every_kind, request_of
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Scope, system
from cashback.auth.keys import create_key
from cashback.auth.roles import SCOPES
from cashback.db.engine import transaction
from cashback.programmes.operators import OperatorMode
from cashback.twins import bring_twin

ALONE = EVERY_SCOPE if os.environ.get("LAWS") == "thorough" else ()
RIGHTS: dict[str, tuple[Scope, ...]] = {
    **{f"scope {scope.value}": (scope,) for scope in ALONE},
    **{f"role {role.value}": tuple(sorted(scopes)) for role, scopes in SCOPES.items()},
}
"""A row for each role that people have; `LAWS=thorough` adds one for each right alone."""
EVERYTHING = "role admin"
MADE_BY_NAMING = ("PUT /v1/offers/{code}/draft", "PUT /v1/shoppers/{reference}")
"""Operations that make what they name, with the operator who asks: for them there is nothing to be refused."""
NAMES = {"another operator": ("kind",), "the test twin": ("kind", "shop", "code")}
"""Names in addresses that mean the same for both: kinds of exports, and what a twin was given with the programme."""
OPERATIONS = sorted(
    f"{method.upper()} {path}" for path, item in the_document().document["paths"].items() for method in item
)
LISTED = {
    "domain": ("/v1/domains", "domain"),
    "version": ("/v1/theme/versions", "version"),
    "account": ("/v1/shoppers/{reference}/payout-accounts", "id"),
    "adjustment": ("/v1/adjustments", "id"),
    "key": ("/v1/api-keys", "id"),
    "mandate": ("/v1/shoppers/{reference}/mandates", "id"),
    "member": ("/v1/members", "member"),
    "secret": ("/v1/sso-secrets", "id"),
}
"""Where those stand that no address answers by itself."""
PROBED = [name for name in OPERATIONS if "{" in name and name not in MADE_BY_NAMING]


@dataclass(frozen=True, slots=True)
class Probed:
    """An operator with one thing of every kind, and keys of strangers: who they are, then which rights they have."""

    desk: Desk
    ours: Mapping[str, str]
    strangers: Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
async def probed(engine: AsyncEngine) -> AsyncIterator[Probed]:
    async with opened_desk(engine) as desk, opened_desk(engine) as stranger:
        ours = await a_thing_of_every_kind(desk)
        theirs = {name: await stranger.key_with(*scopes, label=name) for name, scopes in RIGHTS.items()}
        yield Probed(desk, ours, {"another operator": theirs, "the test twin": await keys_of_twin(desk)})


async def keys_of_twin(desk: Desk) -> dict[str, str]:
    """Our own operator made live, and the keys of its test twin by their rights."""
    await desk.world.rows("UPDATE operators SET mode = $1 RETURNING 1", OperatorMode.LIVE.value)
    now = desk.world.now
    twin = await bring_twin(desk.world.engine, desk.operator_id, now)
    async with transaction(desk.world.engine, twin.operator_id) as connection:
        actor = system(twin.operator_id, "tests")
        return {EVERYTHING: await create_key(connection, actor, label="all", scopes=RIGHTS[EVERYTHING], now=now)}


def test_every_id_in_an_address_is_known_here() -> None:
    named = {name for operation in OPERATIONS for name in re.findall(r"\{(\w+)\}", operation)}
    assert named <= NOWHERE.keys(), f"say in probes.py how to make one of {sorted(named - NOWHERE.keys())}"


@pytest.mark.parametrize("who", NAMES)
async def test_a_stranger_learns_nothing_of_what_there_is(probed: Probed, who: str) -> None:
    desk = probed.desk
    before = await desk.state()

    async def told_of(name: str, values: Mapping[str, str], rights: str) -> tuple[int, str]:
        """What somebody of these rights is answered, without the ids that they named and without their own name."""
        method, path, content = request_of(name, values)
        answer = await desk.ask(method, path, key=probed.strangers[who][rights], **content)
        text = answer.text.replace(rights, "<they>")
        for each in re.findall(r"\{(\w+)\}", name):
            text = text.replace(values[each], f"<{each}>")
        return answer.status_code, text

    differing = []
    for name in PROBED:
        if set(re.findall(r"\{(\w+)\}", name)) <= set(NAMES[who]):
            continue
        of_nothing: set[tuple[int, str]] = set()
        for rights in probed.strangers[who]:
            of_ours = await told_of(name, probed.ours, rights)
            if of_ours not in of_nothing:
                of_nothing.add(await told_of(name, NOWHERE, rights))
            if of_ours not in of_nothing or of_ours[0] not in (403, 404, 422):
                differing.append((name, rights, of_ours))
    assert differing == []
    assert await desk.state() == before
    await desk.world.audit()


@pytest.mark.parametrize("who", NAMES)
async def test_no_list_of_a_stranger_holds_an_id_of_ours(probed: Probed, who: str) -> None:
    key = probed.strangers[who][EVERYTHING]
    looked_at = 0
    ids = {value for name, value in probed.ours.items() if name not in ("reference", "code", "shop", "kind", "version")}
    for name in OPERATIONS:
        if name.startswith("GET ") and "{" not in name:
            method, path, content = request_of(name, probed.ours)
            mine = await probed.desk.ask(method, path, **content)
            theirs = await probed.desk.ask(method, path, key=key, **content)
            assert mine.is_success, (name, mine.text)
            assert theirs.is_success or theirs.json()["code"] in ("instalments_not_offered",), (name, theirs.text)
            looked_at += 1
            assert not [each for each in ids if each in theirs.text], name
    assert looked_at > 15


async def test_within_one_operator_the_same_ids_are_found(probed: Probed) -> None:
    """The probes would show nothing if their ids led nowhere for everybody."""
    found = set()
    for name in PROBED:
        if name.startswith("GET "):
            method, path, content = request_of(name, probed.ours)
            answer = await probed.desk.ask(method, path, **content)
            if answer.is_success:
                found.update(re.findall(r"\{(\w+)\}", name))
    assert found >= NOWHERE.keys() - LISTED.keys()
    for named, (path, field) in LISTED.items():
        rows = (await probed.desk.ask("GET", path.format(**probed.ours))).json()["data"]
        assert probed.ours[named] in {str(row[field]) for row in rows}, named
