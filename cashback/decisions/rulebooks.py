"""What an operator decides by: tables as they were loaded, and which of them holds when.

A table is kept for ever under the SHA-256 of its canonical bytes, so a record that names it can be decided again. What
holds is an interval, half-open; purchases in it are judged by it. A change that widens credit waits for a second
person. Before anything is loaded, what is shipped holds. Never commits; changing takes the programme's exclusive lock.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.clock import zulu
from cashback.db.engine import fetch
from cashback.decisions.conduct import Conduct, load_conduct, shipped_conduct_bytes
from cashback.decisions.widening import conduct_widens, policy_widens, usury_widens
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.programmes import audit_log
from cashback.programmes.service import lock_programme
from cashback.shoppers.service import require
from eligibility import EligibilityError, Rulebook, encode, load_card, load_policy, load_usury, shipped_bytes

WORDS_MAX = 500
BODY_BYTES_MAX = 1_000_000


class Role(StrEnum):
    """What a table is for."""

    CARD = "card"
    """The point table of the score."""
    POLICY = "policy"
    USURY = "usury"
    CONDUCT = "conduct"
    """Plans on offer, reviews, retention: judges nobody."""
    CHALLENGER = "challenger"
    """A card that scores in shadow."""

    @property
    def kind(self) -> str:
        """What kind of table it takes."""
        return "card" if self is Role.CHALLENGER else self.value


_LOADERS: Mapping[str, Callable[[bytes], Any]] = {
    "card": load_card,
    "policy": load_policy,
    "usury": load_usury,
    "conduct": load_conduct,
}

_KEEP = """
INSERT INTO credit_tables (operator_id, kind, digest, name, body, loaded_by, loaded_at)
SELECT $1, t.kind, t.digest, t.name, t.body, $6, $7
FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) AS t (kind, digest, name, body)
ON CONFLICT (operator_id, kind, digest) DO NOTHING
"""
_KEPT = "SELECT kind, digest FROM credit_tables WHERE operator_id = $1 AND digest = ANY($2::text[])"
_NAMED = "SELECT digest FROM credit_tables WHERE operator_id = $1 AND kind = $2 AND name = $3"
_BODIES = """
SELECT t.kind, t.digest, t.body FROM credit_tables t
JOIN unnest($2::text[], $3::text[]) AS k (kind, digest) ON k.kind = t.kind AND k.digest = t.digest
WHERE t.operator_id = $1
"""
_COLUMNS = """r.id, r.role, r.digest, coalesce(t.name, ''), r.live_from, r.live_until, r.state, r.widens, r.words,
    r.asked_by, r.asked_at, r.decided_by, r.decided_at"""
_FROM = """FROM credit_rules r LEFT JOIN credit_tables t ON t.operator_id = r.operator_id AND t.digest = r.digest
    AND t.kind = CASE r.role WHEN 'challenger' THEN 'card' ELSE r.role END"""
_LISTED = f"SELECT {_COLUMNS} {_FROM} WHERE r.operator_id = $1 AND r.role = $2 ORDER BY r.live_from, r.asked_at, r.id"
_ONE = f"SELECT {_COLUMNS} {_FROM} WHERE r.operator_id = $1 AND r.id = $2"
_IN_FORCE = """
SELECT DISTINCT ON (role) role, digest FROM credit_rules
WHERE operator_id = $1 AND state = 'live' AND live_from <= $2 AND (live_until IS NULL OR live_until > $2)
ORDER BY role, live_from DESC, decided_at DESC
"""
_ASK = """
INSERT INTO credit_rules (operator_id, id, role, digest, live_from, state, widens, words, asked_by, asked_at,
    decided_by, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_CLOSE = """
UPDATE credit_rules SET live_until = $3 WHERE operator_id = $1 AND role = $2 AND state = 'live' AND id <> $4
    AND live_from <= $3 AND (live_until IS NULL OR live_until > $3)
"""
_LATER = """
SELECT min(live_from) FROM credit_rules
WHERE operator_id = $1 AND role = $2 AND state = 'live' AND id <> $4 AND live_from > $3
"""
_DECIDE = """
UPDATE credit_rules SET state = $3, decided_by = $4, decided_at = $5, live_from = $6, live_until = $7
WHERE operator_id = $1 AND id = $2 AND state = 'waiting'
"""

INVARIANTS: dict[str, str] = {
    "the rules of one role hold one after the other": """
        SELECT a.role, a.live_from, b.live_from FROM credit_rules a JOIN credit_rules b
            ON b.operator_id = a.operator_id AND b.role = a.role AND b.id > a.id AND b.state = 'live'
            AND tstzrange(a.live_from, a.live_until) && tstzrange(b.live_from, b.live_until)
        WHERE a.state = 'live' LIMIT 1""",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One table in one role, over one time. `widens`: what of it widens credit; empty: nothing."""

    id: UUID
    role: Role
    digest: str | None
    name: str
    live_from: datetime
    live_until: datetime | None
    state: str
    widens: str
    words: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("cru", self.id)


@dataclass(frozen=True, slots=True)
class InForce:
    """Everything that holds at an instant. `bodies`: canonical bytes by kind and digest, to be kept with a decision."""

    rulebook: Rulebook
    conduct: Conduct
    bodies: tuple[tuple[str, str, bytes], ...]


def read_table(kind: str, data: bytes) -> tuple[str, bytes, str]:
    """Name, canonical bytes and digest of a table. Raises Invalid: says what is wrong where."""
    if len(data) > BODY_BYTES_MAX:
        raise Invalid(f"a table has at most {BODY_BYTES_MAX} bytes, got {len(data)}", code="too_large")
    try:
        _LOADERS[kind](data)
        value = json.loads(data)
    except (EligibilityError, ValueError) as error:
        raise Invalid(f"this is no {kind}: {error}", code="table_refused") from error
    body = encode(value)
    return str(value["id"]), body, sha256(body).hexdigest()


@lru_cache(maxsize=256)
def _loaded(kind: str, digest: str, body: bytes) -> Any:
    assert sha256(body).hexdigest() == digest, f"a {kind} is not what its digest says"
    return _LOADERS[kind](body)


@lru_cache(maxsize=8)
def _shipped(kind: str) -> tuple[str, bytes]:
    data = shipped_conduct_bytes() if kind == "conduct" else shipped_bytes(kind)
    _, body, digest = read_table(kind, data)
    return digest, body


async def in_force(connection: AsyncConnection, operator_id: UUID, at: datetime) -> InForce:
    """What holds at an instant; what is shipped where nothing was loaded."""
    named = {Role(role): digest for role, digest in await fetch(connection, _IN_FORCE, (operator_id, at))}
    wanted = [(role.kind, digest) for role, digest in named.items() if digest is not None]
    bodies = await _bodies(connection, operator_id, wanted)
    found: dict[Role, tuple[str, bytes]] = {}
    for role in Role:
        digest = named.get(role)
        if digest is not None:
            found[role] = (digest, bodies[role.kind, digest])
        elif role is not Role.CHALLENGER:
            found[role] = _shipped(role.kind)
    parts = {role: _loaded(role.kind, *each) for role, each in found.items()}
    rulebook = Rulebook(parts[Role.CARD], parts[Role.POLICY], parts[Role.USURY], parts.get(Role.CHALLENGER))
    kept = tuple((role.kind, *each) for role, each in found.items() if role is not Role.CONDUCT)
    return InForce(rulebook, parts[Role.CONDUCT], kept)


async def of_versions(connection: AsyncConnection, operator_id: UUID, versions: Mapping[str, Any]) -> Rulebook:
    """The rulebook that a record names. Raises NotFound: a table of it was never kept here."""
    names = {
        role: versions[role.value]["sha256"]
        for role in (Role.CARD, Role.POLICY, Role.USURY, Role.CHALLENGER)
        if versions.get(role.value) is not None
    }
    bodies = await _bodies(connection, operator_id, [(role.kind, digest) for role, digest in names.items()])
    parts: dict[Role, Any] = {}
    for role, digest in names.items():
        body = bodies.get((role.kind, digest))
        if body is None:
            raise NotFound(f"there is no {role.kind} with the SHA-256 {digest}", code="unknown_table")
        parts[role] = _loaded(role.kind, digest, body)
    return Rulebook(parts[Role.CARD], parts[Role.POLICY], parts[Role.USURY], parts.get(Role.CHALLENGER))


async def _bodies(
    connection: AsyncConnection, operator_id: UUID, wanted: list[tuple[str, str]]
) -> dict[tuple[str, str], bytes]:
    shipped = {(kind, _shipped(kind)[0]): _shipped(kind)[1] for kind in _LOADERS}
    others = sorted({each for each in wanted if each not in shipped})
    if not others:
        return shipped
    columns = ([kind for kind, _ in others], [digest for _, digest in others])
    rows = await fetch(connection, _BODIES, (operator_id, *columns))
    return shipped | {(kind, digest): bytes(body) for kind, digest, body in rows}


async def keep_tables(
    connection: AsyncConnection, operator_id: UUID, bodies: tuple[tuple[str, str, bytes], ...], by: str, now: datetime
) -> None:
    """Keep what a decision was made by, the shipped tables included: a later release may ship others."""
    kept = {
        (kind, digest)
        for kind, digest in await fetch(connection, _KEPT, (operator_id, [digest for _, digest, _ in bodies]))
    }
    ordered = sorted({each for each in bodies if each[:2] not in kept})
    if not ordered:
        return
    names = [str(json.loads(body)["id"]) for _, _, body in ordered]
    kinds, digests, texts = (list(column) for column in zip(*ordered, strict=True))
    await connection.exec_driver_sql(_KEEP, (operator_id, kinds, digests, names, texts, by, now))


async def load(
    connection: AsyncConnection,
    actor: Actor,
    role: Role,
    data: bytes | None,
    *,
    words: str,
    live_from: datetime | None,
    now: datetime,
) -> Rule:
    """Keep a table and let it hold from an instant on, or wait for a second person where it widens credit.

    `data`: None ends a challenger. Raises Invalid: no table, or an instant that has passed; Conflict: its id is taken
    by another content.
    """
    require(actor, Scope.PROGRAMME)
    _check_words(words)
    await lock_programme(connection, actor.operator_id)
    start = live_from or now
    if start < now:
        raise Invalid(f"{start.isoformat()} has passed: rules hold from now on or later", code="in_the_past")
    digest = None
    if data is None:
        if role is not Role.CHALLENGER:
            raise Invalid(f"there is always a {role.value}: load another one", code="table_needed")
    else:
        digest = await _keep_new(connection, actor, role, data, now)
    widens = await _widens(connection, actor.operator_id, role, digest, start)
    waits = bool(widens)
    rule_id = uuid7(now)
    row = (actor.operator_id, rule_id, role.value, digest, start, "waiting" if waits else "live", ", ".join(widens))
    decided = (None, None) if waits else (actor.name, now)
    await connection.exec_driver_sql(_ASK, (*row, words.strip(), actor.name, now, *decided))
    if not waits:
        await _begin(connection, actor, role, rule_id, start)
    detail = {"role": role.value, "sha256": digest or "", "from": zulu(start), "widens": ", ".join(widens)}
    await audit_log.record(connection, actor, "credit_rule.loaded", show("cru", rule_id), detail, now)
    return await find(connection, actor.operator_id, rule_id)


async def _keep_new(connection: AsyncConnection, actor: Actor, role: Role, data: bytes, now: datetime) -> str:
    name, body, digest = read_table(role.kind, data)
    taken = [each for (each,) in await fetch(connection, _NAMED, (actor.operator_id, role.kind, name))]
    shipped = _shipped(role.kind)
    if json.loads(shipped[1])["id"] == name:
        taken.append(shipped[0])
    if any(each != digest for each in taken):
        raise Conflict(f"{name!r} is the id of another {role.kind}: give this one its own", code="name_taken")
    await keep_tables(connection, actor.operator_id, ((role.kind, digest, body),), actor.name, now)
    return digest


async def _widens(
    connection: AsyncConnection, operator_id: UUID, role: Role, digest: str | None, at: datetime
) -> tuple[str, ...]:
    """What of a table widens credit beside what would hold at that instant. A card cannot be told: it always may."""
    if role is Role.CHALLENGER or digest is None:
        return ()
    before = await in_force(connection, operator_id, at)
    new = _loaded(role.kind, digest, (await _bodies(connection, operator_id, [(role.kind, digest)]))[role.kind, digest])
    if role is Role.CARD:
        return ("every score",) if new.sha256 != before.rulebook.card.sha256 else ()
    if role is Role.POLICY:
        return policy_widens(before.rulebook.policy, new)
    if role is Role.USURY:
        return usury_widens(before.rulebook.usury, new)
    return conduct_widens(before.conduct, new)


async def decide(
    connection: AsyncConnection, actor: Actor, rule_id: UUID, *, approved: bool, words: str, now: datetime
) -> Rule:
    """A second person agrees to rules that widen credit, or refuses them.

    Raises Forbidden: who asked for them does not; Conflict: somebody has decided already.
    """
    require(actor, Scope.APPROVAL)
    _check_words(words)
    await lock_programme(connection, actor.operator_id)
    rule = await find(connection, actor.operator_id, rule_id)
    if rule.asked_by == actor.name:
        raise Forbidden("a second person decides on rules that widen credit", code="four_eyes")
    if rule.state != "waiting":
        raise Conflict(f"{rule.ref} is {rule.state} already", code="already_decided")
    state = "live" if approved else "refused"
    start = max(rule.live_from, now)
    await connection.exec_driver_sql(_DECIDE, (actor.operator_id, rule_id, state, actor.name, now, start, None))
    if approved:
        await _begin(connection, actor, rule.role, rule_id, start)
    detail = {"role": rule.role.value, "sha256": rule.digest or "", "state": state, "words": words.strip()}
    await audit_log.record(connection, actor, "credit_rule.decided", rule.ref, detail, now)
    return await find(connection, actor.operator_id, rule_id)


async def _begin(connection: AsyncConnection, actor: Actor, role: Role, rule_id: UUID, start: datetime) -> None:
    """Let what held until then end, and let this one end where a later one begins."""
    place = (actor.operator_id, role.value, start, rule_id)
    await connection.exec_driver_sql(_CLOSE, place)
    later = (await connection.exec_driver_sql(_LATER, place)).scalar()
    if later is not None:
        until = "UPDATE credit_rules SET live_until = $3 WHERE operator_id = $1 AND id = $2"
        await connection.exec_driver_sql(until, (actor.operator_id, rule_id, later))


async def find(connection: AsyncConnection, operator_id: UUID, rule_id: UUID) -> Rule:
    """One of them. Raises NotFound."""
    rows = await fetch(connection, _ONE, (operator_id, rule_id))
    if not rows:
        raise NotFound(f"there are no rules {show('cru', rule_id)}", code="unknown_rules")
    return _rule(rows[0])


async def listed(connection: AsyncConnection, operator_id: UUID, role: Role) -> list[Rule]:
    """All that ever held, holds, waits or was refused in a role, in the order of their beginning."""
    return [_rule(row) for row in await fetch(connection, _LISTED, (operator_id, role.value))]


async def table_of(connection: AsyncConnection, operator_id: UUID, role: Role, at: datetime) -> tuple[str, bytes]:
    """Digest and canonical bytes of what holds in a role at an instant. Raises NotFound: no challenger runs."""
    now = {Role(name): digest for name, digest in await fetch(connection, _IN_FORCE, (operator_id, at))}
    digest = now.get(role)
    if digest is None:
        if role is Role.CHALLENGER:
            raise NotFound("no challenger runs", code="no_challenger")
        return _shipped(role.kind)
    return digest, (await _bodies(connection, operator_id, [(role.kind, digest)]))[role.kind, digest]


def _rule(row: Any) -> Rule:
    values = tuple(row)
    return replace(Rule(*values), role=Role(values[1]))


def _check_words(words: str) -> None:
    if not 1 <= len(words.strip()) <= WORDS_MAX:
        raise Invalid(f"say why in 1 to {WORDS_MAX} characters", code="words")
