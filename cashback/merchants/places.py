"""Where purchases were made, for a whole batch: by the operator's identifiers, by memory, by evidence; in that order.

Every deciding transaction asks here. An identifier that the operator gave decides in memory and costs nothing more.
Only what is left reads its aliases and what evidence has recorded of it: what is decided here is a function of those
rows and of the purchase, so a replay decides the same, whatever model or catalogue is in use by then. Recording is the
work of another step (`cashback.placing`); until it has looked, a purchase is undecided.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.merchants.evidence.schemas import Decision, Outcome, Sighting
from cashback.merchants.matching import ShopDirectory
from cashback.merchants.memo.aliases import Alias, Book, Key, Origin, State, keys_of
from cashback.merchants.memo.deciding import Basis, Ruling, Seen, decide, question_of
from cashback.merchants.schemas import Shop

SIGHTING_BYTES = 16
PPM = 1_000_000

PurchaseRef = tuple[UUID, str, str]
"""Shopper, network and the source's reference."""

ALIAS_COLUMNS = """a.network, a.scheme, a.value, a.fingerprint, a.state, s.code, a.origin, a.valid_from, a.valid_until,
    a.why, a.first_seen, a.last_seen, a.accepts, a.cards, a.days, a.cores, a.towns, a.answered_at"""
_ALIASES = f"""
SELECT {ALIAS_COLUMNS}
FROM unnest($2::text[], $3::text[], $4::text[]) AS k (network, scheme, value)
JOIN merchant_aliases a ON a.operator_id = $1 AND a.network = k.network AND a.scheme = k.scheme AND a.value = k.value
    AND a.closed_at IS NULL
LEFT JOIN shops s ON s.operator_id = a.operator_id AND s.id = a.shop_id
"""  # noqa: S608 - built from constants
_DECISIONS = """
SELECT d.shopper_id, d.network, d.purchase_ref, d.sighting, d.record::text
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (shopper_id, network, ref)
JOIN match_decisions d ON d.shopper_id = k.shopper_id AND d.network = k.network AND d.purchase_ref = k.ref
ORDER BY d.decided_at, d.catalogue
"""
_UNDECIDED = "SELECT shopper_id, network, purchase_ref FROM purchase_matches WHERE operator_id = $1 AND undecided"
_LOOK_AGAIN = (
    "UPDATE purchase_matches SET undecided = true WHERE operator_id = $1 AND decision <> 'accept' AND NOT undecided"
)
_KEEP = """
INSERT INTO purchase_matches (operator_id, shopper_id, network, purchase_ref, undecided, decision, basis, why, against,
    probability_ppm, tier, scheme, value, text, fingerprint, updated_at)
SELECT $1, t.shopper_id, t.network, t.ref, t.undecided, t.decision, t.basis, t.why,
    ARRAY(SELECT jsonb_array_elements_text(t.against)), t.ppm, t.tier, t.scheme, t.value, t.text, t.fingerprint, $16
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bool[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
    $10::int[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
    AS t (shopper_id, network, ref, undecided, decision, basis, why, against, ppm, tier, scheme, value, text,
        fingerprint)
ON CONFLICT (shopper_id, network, purchase_ref) DO UPDATE SET
    undecided = EXCLUDED.undecided, decision = EXCLUDED.decision, basis = EXCLUDED.basis, why = EXCLUDED.why,
    against = EXCLUDED.against, probability_ppm = EXCLUDED.probability_ppm, tier = EXCLUDED.tier,
    scheme = EXCLUDED.scheme, value = EXCLUDED.value, text = EXCLUDED.text, fingerprint = EXCLUDED.fingerprint,
    updated_at = EXCLUDED.updated_at
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One purchase whose place is asked for."""

    ref: PurchaseRef
    merchant: Mapping[str, Any]
    """As told: `identifiers`, `descriptor`, `mcc`, `city`, `country`; perhaps `channel`, `postcode`."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """How the place of a purchase was decided without an identifier of the operator's."""

    ruling: Ruling
    undecided: bool
    """What is told of the place by now was not looked at yet."""
    question: Key | None
    """What a person would be asked of; None: nothing can be learned of it."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Located:
    """A purchase's shop, and how it was found where that is not an identifier of the operator's."""

    shop: Shop | None
    match: Match | None = None


async def locate(
    connection: AsyncConnection, operator_id: UUID, directory: ShopDirectory, asked: Iterable[Asked]
) -> dict[PurchaseRef, Located]:
    """The place of each purchase. Reads nothing while every one is found by an identifier, or matching is off."""
    found: dict[PurchaseRef, Located] = {}
    missed: list[Asked] = []
    for each in asked:
        shop = directory.match(each.ref[1], each.merchant["identifiers"], each.at)
        found[each.ref] = Located(shop)
        if shop is None and directory.settings is not None and directory.settings.looks_at(each.at):
            missed.append(each)
    if missed:
        outcomes = await _outcomes(connection, missed)
        book = await _book(connection, operator_id, missed, outcomes)
        for each in missed:
            found[each.ref] = _located(directory, book, each, outcomes.get(each.ref))
    return found


def _located(directory: ShopDirectory, book: Book, asked: Asked, recorded: tuple[bytes, Outcome] | None) -> Located:
    settings = directory.settings
    assert settings is not None
    if recorded is None:
        ruling = Ruling(Decision.REVIEW, None, Basis.NOTHING, "undecided")
        return Located(None, Match(ruling, True, None, ""))
    looked_at, outcome = recorded
    seen = seen_of(asked.ref[1], asked.merchant, outcome)
    ruling = decide(book, seen, outcome if settings.asks_evidence(asked.at) else None, directory.known, asked.at)
    shop = directory.by_code.get(ruling.shop) if ruling.decision is Decision.ACCEPT and ruling.shop else None
    undecided = looked_at != sighting_digest(asked.ref[1], asked.merchant)
    return Located(shop, Match(ruling, undecided, question_of(book, seen, asked.at), outcome.fingerprint))


def seen_of(network: str, merchant: Mapping[str, Any], outcome: Outcome) -> Seen:
    """What memory looks at of a purchase."""
    channel = merchant.get("channel")
    return Seen(
        network=network,
        names=tuple(merchant["identifiers"]),
        fingerprint=outcome.fingerprint,
        core=outcome.core_name,
        country=merchant.get("country"),
        category_code=merchant.get("mcc"),
        online=None if channel is None else channel == "online",
        facilitator=outcome.facilitator is not None,
    )


def sighting_of(merchant: Mapping[str, Any]) -> Sighting:
    """What evidence looks at of a purchase."""
    channel = merchant.get("channel")
    return Sighting(
        descriptor=merchant.get("descriptor"),
        city=merchant.get("city"),
        postcode=merchant.get("postcode"),
        country=merchant.get("country"),
        category_code=merchant.get("mcc"),
        latitude=merchant.get("latitude"),
        longitude=merchant.get("longitude"),
        online=None if channel is None else channel == "online",
    )


def sighting_digest(network: str, merchant: Mapping[str, Any]) -> bytes:
    """Names what was looked at, so that it is looked at again when a later message tells the place otherwise."""
    content = msgspec.json.encode((network, sorted(merchant["identifiers"]), sighting_of(merchant)))
    return hashlib.sha256(content).digest()[:SIGHTING_BYTES]


async def keep(
    connection: AsyncConnection, operator_id: UUID, matches: Sequence[tuple[PurchaseRef, Match]], now: datetime
) -> None:
    """Store beside the purchases how their places were decided; one statement, none for no match."""
    if not matches:
        return
    refs = [ref for ref, _ in matches]
    held = [match for _, match in matches]
    rulings = [match.ruling for match in held]
    await connection.exec_driver_sql(
        _KEEP,
        (
            operator_id,
            [ref[0] for ref in refs],
            [ref[1] for ref in refs],
            [ref[2] for ref in refs],
            [each.undecided for each in held],
            [each.decision.value for each in rulings],
            [each.basis.value for each in rulings],
            [each.why for each in rulings],
            [msgspec.json.encode(each.against).decode() for each in rulings],
            [None if each.probability is None else ppm(each.probability) for each in rulings],
            [None if each.tier is None else each.tier.value for each in rulings],
            [None if each.question is None else each.question.scheme for each in held],
            [None if each.question is None else each.question.value for each in held],
            ["" if each.question is None else each.question.fingerprint for each in held],
            [each.fingerprint for each in held],
            now,
        ),
    )


async def undecided(connection: AsyncConnection, operator_id: UUID) -> set[PurchaseRef]:
    """The purchases whose places nobody has looked at yet, or must look at again."""
    return {tuple(row) for row in await fetch(connection, _UNDECIDED, (operator_id,))}


async def look_again(connection: AsyncConnection, operator_id: UUID) -> None:
    """Ask, in the transaction that changes shops or outlets, that what was not accepted is looked at again."""
    await connection.exec_driver_sql(_LOOK_AGAIN, (operator_id,))


def ppm(probability: float) -> int:
    """A probability in millionths, as tables hold it."""
    return min(PPM, max(0, round(probability * PPM)))


def alias_of(row: Any) -> Alias:
    """An alias from a row of `ALIAS_COLUMNS`."""
    return Alias(
        key=Key(row.network, row.scheme, row.value, row.fingerprint),
        state=State(row.state),
        shop=row.code,
        origin=Origin(row.origin),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        why=row.why,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        accepts=row.accepts,
        cards=row.cards,
        days=row.days,
        cores=tuple(row.cores),
        towns=tuple(row.towns),
        answered_at=row.answered_at,
    )


async def _outcomes(connection: AsyncConnection, asked: Sequence[Asked]) -> dict[PurchaseRef, tuple[bytes, Outcome]]:
    """What evidence recorded of each: of what is told by now, or, while that was not looked at, of what was before."""
    refs = [each.ref for each in asked]
    columns = ([each[0] for each in refs], [each[1] for each in refs], [each[2] for each in refs])
    told = {each.ref: sighting_digest(each.ref[1], each.merchant) for each in asked}
    found: dict[PurchaseRef, tuple[bytes, Outcome]] = {}
    for shopper_id, network, ref, sighting, record in await fetch(connection, _DECISIONS, columns):
        key = (shopper_id, network, ref)
        if key not in found or found[key][0] != told[key] or sighting == told[key]:
            found[key] = (sighting, msgspec.json.decode(record, type=Outcome))
    return found


async def _book(
    connection: AsyncConnection,
    operator_id: UUID,
    asked: Sequence[Asked],
    outcomes: Mapping[PurchaseRef, tuple[bytes, Outcome]],
) -> Book:
    keys = {
        key
        for each in asked
        if each.ref in outcomes
        for key in keys_of(each.ref[1], each.merchant["identifiers"], outcomes[each.ref][1].fingerprint)
    }
    if not keys:
        return Book()
    ordered = sorted(keys)
    columns = ([each.network for each in ordered], [each.scheme for each in ordered], [each.value for each in ordered])
    return Book(alias_of(row) for row in await fetch(connection, _ALIASES, (operator_id, *columns)))
