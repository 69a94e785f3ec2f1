"""The review queue: one question an identifier (or a text), not one a purchase; one answer settles all that wait.

An answer is a lesson like any other, and kept with who gave it and when. What it makes known is asked to be matched
again in the same transaction; the road settles it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, NotFound
from cashback.ids import uuid7
from cashback.merchants.evidence.schemas import Outcome
from cashback.merchants.lessons import learn
from cashback.merchants.memo.aliases import PLACE_SCHEMES, TEXT, Alias, Key, Origin, State, tells_place
from cashback.merchants.places import ppm
from cashback.merchants.rematching import waiting
from cashback.merchants.service import load_shops
from cashback.merchants.settings import load_settings
from cashback.programmes.audit_log import record
from cashback.programmes.service import load_programme, lock_programme, require_programme_scope

QUESTIONS_MAX = 200
SHOWN_TEXTS = 3
PROPOSALS_MAX = 5

_SHOWN = """
SELECT m.network, m.scheme, m.value, m.text, count(*) AS purchases, count(DISTINCT p.card_id) AS cards,
    coalesce(sum(p.net_minor) FILTER (WHERE p.currency = $2), 0)::bigint AS waiting_minor,
    min(p.purchased_at) AS first_seen, max(p.purchased_at) AS last_seen,
    (array_agg(DISTINCT p.merchant ->> 'descriptor') FILTER (WHERE p.merchant ->> 'descriptor' <> ''))[:3] AS texts,
    (array_agg(DISTINCT p.merchant ->> 'city') FILTER (WHERE p.merchant ->> 'city' <> ''))[:3] AS towns,
    array_agg(DISTINCT m.why) AS whys,
    (array_agg(array_to_string(m.against, ',')) FILTER (WHERE m.against <> '{}'))[1] AS against,
    (SELECT d.record::text FROM match_decisions d WHERE d.shopper_id = (array_agg(m.shopper_id ORDER BY p.id))[1]
        AND d.network = m.network AND d.purchase_ref = (array_agg(m.purchase_ref ORDER BY p.id))[1]
        ORDER BY d.decided_at DESC LIMIT 1) AS record
FROM purchase_matches m
JOIN purchases p ON p.shopper_id = m.shopper_id AND p.network = m.network AND p.purchase_ref = m.purchase_ref
WHERE m.operator_id = $1 AND m.decision = 'review' AND NOT m.undecided AND m.scheme IS NOT NULL AND p.shop_id IS NULL
    AND p.net_minor > 0"""
_QUESTIONS = f"""{_SHOWN}
GROUP BY m.network, m.scheme, m.value, m.text
HAVING max(m.updated_at) > coalesce((SELECT max(a.answered_at) FROM match_answers a WHERE a.operator_id = $1
    AND a.network = m.network AND a.scheme = m.scheme AND a.value = m.value AND a.fingerprint = m.text
    AND a.verdict = 'skip'), '-infinity')
ORDER BY waiting_minor DESC, purchases DESC, m.network, m.scheme, m.value, m.text LIMIT $3
"""  # noqa: S608 - built from constants
_QUESTION = f"""{_SHOWN} AND m.network = $3 AND m.scheme = $4 AND m.value = $5 AND m.text = $6
GROUP BY m.network, m.scheme, m.value, m.text
"""
_WAITING = """
SELECT p.purchased_at, p.net_minor, p.currency, d.record::text AS record
FROM purchase_matches m
JOIN purchases p ON p.shopper_id = m.shopper_id AND p.network = m.network AND p.purchase_ref = m.purchase_ref
LEFT JOIN LATERAL (SELECT d.record FROM match_decisions d WHERE d.shopper_id = m.shopper_id AND d.network = m.network
    AND d.purchase_ref = m.purchase_ref ORDER BY d.decided_at DESC LIMIT 1) d ON true
WHERE m.operator_id = $1 AND m.network = $2 AND m.scheme = $3 AND m.value = $4 AND m.text = $5
    AND m.decision = 'review' AND p.shop_id IS NULL
"""
_ANSWER = """
INSERT INTO match_answers (operator_id, id, network, scheme, value, fingerprint, verdict, shop_id, origin, since,
    probability_ppm, answered_by, answered_at, purchases, waiting_minor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""


class Verdict(StrEnum):
    """What a person may answer."""

    SHOP = "shop"
    """It is this shop's."""
    NOT_OURS = "not_ours"
    """It belongs to no shop of the programme."""
    SHARED = "shared"
    """Several places use it: ask of each text under it instead."""
    SKIP = "skip"
    """I cannot tell: ask again when more waits."""


_STORED = {
    Verdict.SHOP: State.CONFIRMED.value,
    Verdict.NOT_OURS: State.NOT_OURS.value,
    Verdict.SHARED: State.SHARED.value,
    Verdict.SKIP: "skip",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A shop that evidence finds possible."""

    shop: str
    probability: float


@dataclass(frozen=True, slots=True)
class Question:
    """An identifier whose purchases wait for a person."""

    key: Key
    purchases: int
    cards: int
    waiting_minor: int
    """Net spend that waits, in the programme's currency."""
    first_seen: datetime
    last_seen: datetime
    texts: tuple[str, ...]
    """Descriptors, three at most."""
    towns: tuple[str, ...]
    whys: tuple[str, ...]
    against: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    """Best first; members of the programme alone."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did."""

    purchases: int
    """How many waited; they are matched again by the road."""
    waiting_minor: int
    aliases: tuple[Alias, ...]
    """What is believed of the key now that was not before."""


async def list_questions(connection: AsyncConnection, operator_id: UUID, limit: int = QUESTIONS_MAX) -> list[Question]:
    """What waits for a person, the most money first."""
    programme = await load_programme(connection, operator_id)
    rows = await fetch(connection, _QUESTIONS, (operator_id, programme.currency, limit))
    return [_question(row) for row in rows]


async def find_question(
    connection: AsyncConnection, operator_id: UUID, key: Key
) -> tuple[Question, Outcome | None] | None:
    """What waits under one key, skipped or not, and what evidence said of the first of it; None: nothing waits."""
    programme = await load_programme(connection, operator_id)
    parts = (key.network, key.scheme, key.value, key.fingerprint)
    rows = await fetch(connection, _QUESTION, (operator_id, programme.currency, *parts))
    if not rows:
        return None
    record = rows[0].record
    return _question(rows[0]), None if record is None else msgspec.json.decode(record, type=Outcome)


def _question(row: Any) -> Question:
    return Question(
        key=Key(row.network, row.scheme, row.value, row.text),
        purchases=row.purchases,
        cards=row.cards,
        waiting_minor=row.waiting_minor,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        texts=tuple(row.texts or ()),
        towns=tuple(row.towns or ()),
        whys=tuple(row.whys),
        against=tuple(row.against.split(",")) if row.against else (),
        proposals=_proposals(row.record),
    )


def _proposals(record: str | None) -> tuple[Proposal, ...]:
    if record is None:
        return ()
    outcome = msgspec.json.decode(record, type=Outcome)
    members = [each for each in outcome.candidates if each.member]
    return tuple(Proposal(each.outlet, each.probability) for each in members[:PROPOSALS_MAX])


async def answer(
    connection: AsyncConnection,
    actor: Actor,
    key: Key,
    verdict: Verdict,
    *,
    shop: str | None = None,
    since: datetime | None = None,
    origin: Origin = Origin.REVIEW,
    now: datetime,
) -> Answered:
    """Answer a question, in the caller's transaction: it is kept, learned, and what waits is asked to be matched again.

    `since`: from which purchase on it holds; left out, the earliest that waits. Raises Forbidden; Invalid for a key
    that nothing can be learned of, or while matching is off; NotFound for a shop that there is not; Conflict while an
    earlier answer to the same question is still being settled.
    """
    require_programme_scope(actor)
    operator_id = actor.operator_id
    if key.scheme not in PLACE_SCHEMES and not (key.scheme == TEXT and tells_place(key.value)):
        raise Invalid(f"{key.name}: expected an identifier that names a place, or a text that tells one")
    await lock_programme(connection, operator_id)
    settings = await load_settings(connection, operator_id)
    if settings is None:
        raise Invalid("matching by memory is off: turn it on first (cashback merchants learning)", code="matching_off")
    if key.name in await waiting(connection, operator_id):
        raise Conflict(f"{key.name}: an earlier answer is being settled; read the queue again", code="being_settled")
    shops = {each.code: each.id for each in await load_shops(connection, operator_id)}
    shop_id = chosen_shop(shops, shop, verdict)
    programme = await load_programme(connection, operator_id)
    rows = await fetch(connection, _WAITING, (operator_id, key.network, key.scheme, key.value, key.fingerprint))
    begin = since or min((row.purchased_at for row in rows), default=now)
    money = sum(row.net_minor for row in rows if row.currency == programme.currency)
    probability = _probability([row for row in rows if settings.asks_evidence(row.purchased_at)], shop)
    said = (_STORED[verdict], shop_id, origin.value, begin, probability, actor.name, now, len(rows), money)
    parts = (key.network, key.scheme, key.value, key.fingerprint)
    await connection.exec_driver_sql(_ANSWER, (operator_id, uuid7(now), *parts, *said))
    opened: tuple[Alias, ...] = ()
    if verdict is not Verdict.SKIP:
        opened = await learn(connection, operator_id, key, settings, shops, now)
    detail = {"key": f"{key.network} {key.name}", "text": key.fingerprint, "verdict": verdict, "shop": shop}
    await record(connection, actor, "match.answered", key.name, detail | {"purchases": len(rows)}, now)
    return Answered(len(rows), money, opened)


def chosen_shop(shops: dict[str, UUID], code: str | None, verdict: Verdict) -> UUID | None:
    """The shop of an answer; None of one that names none. Invalid where the two do not go together, NotFound."""
    if (verdict is Verdict.SHOP) != (code is not None):
        raise Invalid(f"expected a shop with the answer {Verdict.SHOP.value!r} and with no other")
    if code is None:
        return None
    if code not in shops:
        close = get_close_matches(code, list(shops), n=1, cutoff=0.6)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise NotFound(f"no shop has the code {code!r}{hint}", code="unknown_shop")
    return shops[code]


def _probability(rows: Sequence[Any], shop: str | None) -> int | None:
    """The best that evidence gave this shop in what waits, in millionths; None: evidence was not asked."""
    told = [msgspec.json.decode(row.record, type=Outcome) for row in rows if row.record is not None]
    if shop is None or not told:
        return None
    given = [each.probability for outcome in told for each in outcome.candidates if each.outlet == shop]
    return ppm(max(given, default=0.0))
