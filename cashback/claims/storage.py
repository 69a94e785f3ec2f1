"""Stored claims and the purchases near them: sets in, sets out, one statement for a batch.

Every function takes the caller's connection and never commits.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.claims.schemas import Answer, Asked, Claim, ClaimState, Reason, ToldIdentifier
from cashback.db.engine import fetch
from cashback.purchases.recognition import TIP_PERCENT
from cashback.purchases.service import PURCHASE_COLUMNS, PurchaseRow, purchase_rows
from issuers.registry import RECEIPT

CLAIM_COLUMNS = """c.id, c.shopper_id, c.digest, c.shop_id, c.day, c.told_time, c.since, c.until, c.amount_minor,
    c.currency, c.last_four, c.media_type, c.claimed_at, c.state, c.reason, c.words, c.answered_by, c.answered_at,
    c.purchase_id, c.made_by, c.made_words"""

# What a person may want to see beside a claim: purchases that stand for themselves, some days around, by the amount as
# told or with a tip. A bank may book ten days later; what tells a wide interval begins before.
_NEAR = f"""p.shopper_id = c.shopper_id AND p.currency = c.currency AND p.witness_of IS NULL
    AND p.state NOT IN ('credit', 'declined', 'superseded')
    AND p.purchased_at BETWEEN c.since - interval '14 days' AND c.until + interval '11 days'
    AND p.purchased_until >= c.since - interval '3 days'
    AND GREATEST(p.cleared_minor, p.authorised_minor) * 100 BETWEEN c.amount_minor * 10000 / {100 + TIP_PERCENT}
        AND c.amount_minor * {100 + TIP_PERCENT}"""

_PRINT = """md5(coalesce(string_agg(concat_ws(',', p.id, p.state, p.shop_id, p.authorised_minor, p.cleared_minor,
    p.net_minor, p.purchased_at, p.purchased_until, p.merchant), ';' ORDER BY p.id), ''))"""

_DUE = f"""
SELECT c.shopper_id FROM claims c CROSS JOIN LATERAL (SELECT {_PRINT} AS print FROM purchases p WHERE {_NEAR}) n
WHERE c.operator_id = $1 AND c.state = 'open' AND c.seen <> n.print ORDER BY c.claimed_at, c.id LIMIT $2
"""  # noqa: S608 - built from constants

_SEE = f"""
UPDATE claims o SET seen = n.print
FROM claims c CROSS JOIN LATERAL (SELECT {_PRINT} AS print FROM purchases p WHERE {_NEAR}) n
WHERE o.shopper_id = c.shopper_id AND o.id = c.id
    AND c.shopper_id = ANY($1::uuid[]) AND c.state = 'open' AND c.seen <> n.print
"""  # noqa: S608 - built from constants

_BESIDE = f"""
SELECT {PURCHASE_COLUMNS}, c.id AS claim_id, EXISTS (SELECT 1 FROM rewards r
    WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.amount > 0) AS earned
FROM claims c JOIN purchases p ON {_NEAR}
WHERE c.shopper_id = ANY($1::uuid[]) AND c.id = ANY($2::uuid[])
ORDER BY p.purchased_at, p.id
"""  # noqa: S608 - built from constants

_SAVE = """
INSERT INTO claims (operator_id, shopper_id, id, key, digest, shop_id, day, told_time, since, until, amount_minor,
    currency, last_four, media_type, claimed_at, state, made_by, made_words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open', $16, $17)
"""

_OF_KEY = f"SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.shopper_id = $1 AND c.key = $2"  # noqa: S608 - constants
_ONE = f"SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.operator_id = $1 AND c.id = $2"  # noqa: S608 - constants
_OF_SHOPPER = f"""
SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.shopper_id = $1
    AND ($3::timestamptz IS NULL OR (c.claimed_at, c.id) < ($3, $4::uuid))
ORDER BY c.claimed_at DESC, c.id DESC LIMIT $2
"""  # noqa: S608 - built from constants
_OPEN = f"""
SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.shopper_id = ANY($1::uuid[]) AND c.state = 'open'
ORDER BY c.claimed_at, c.id
"""  # noqa: S608 - built from constants
_QUEUE = f"""
SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.operator_id = $1 AND c.state = 'open'
    AND ($2::uuid IS NULL OR (c.claimed_at, c.id) > (SELECT a.claimed_at, a.id FROM claims a
        WHERE a.operator_id = $1 AND a.id = $2))
ORDER BY c.claimed_at, c.id LIMIT $3
"""  # noqa: S608 - built from constants

_LISTED = f"""
SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.operator_id = $1 {{of_state}} AND ($3::uuid IS NULL OR c.id {{beyond}} $3)
ORDER BY c.id {{order}} LIMIT $4
"""  # noqa: S608 - built from constants
_WAITING = """
SELECT currency, count(*), sum(amount_minor)::bigint FROM claims
WHERE operator_id = $1 AND state = 'open' GROUP BY currency ORDER BY currency
"""

_SAME = f"""
SELECT {CLAIM_COLUMNS} FROM claims c WHERE c.shopper_id = $1 AND c.shop_id = $2 AND c.day = $3 AND c.amount_minor = $4
    AND c.currency = $5 AND c.state IN ('open', 'accepted', 'counted')
"""  # noqa: S608 - built from constants

_REWARDED = """
SELECT p.id FROM purchases p WHERE p.shopper_id = $1 AND p.shop_id = $2 AND p.currency = $5
    AND $6 IN (p.cleared_minor, p.authorised_minor) AND p.purchased_at < $4 AND p.purchased_until >= $3
    AND p.witness_of IS NULL AND EXISTS (SELECT 1 FROM rewards r
        WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.amount > 0)
ORDER BY p.id LIMIT 1
"""

_TOLD_IDENTIFIERS = """
SELECT DISTINCT coalesce(p.witness_of, p.id), s.network, i.name, p.purchased_at
FROM purchases p JOIN statements s ON s.shopper_id = p.shopper_id AND s.network = p.network
    AND s.group_ref = p.purchase_ref AND s.network <> $3
CROSS JOIN LATERAL jsonb_array_elements_text(s.merchant -> 'identifiers') AS i (name)
WHERE p.shopper_id = ANY($1::uuid[]) AND (p.id = ANY($2::uuid[]) OR p.witness_of = ANY($2::uuid[]))
ORDER BY 1, 2, 3
"""

_TAKE_PICTURE = """
INSERT INTO claimed_pictures (operator_id, digest, claim_id) VALUES ($1, $2, $3)
ON CONFLICT (operator_id, digest) DO NOTHING RETURNING claim_id
"""

_CANCELLED_WITH = """
SELECT p.claim_id FROM claimed_pictures p JOIN claims c ON c.operator_id = p.operator_id AND c.id = p.claim_id
WHERE p.operator_id = $1 AND p.digest = $2 AND c.shopper_id = $3 AND c.state = 'cancelled'
"""
_CANCELLED = """
SELECT count(*) FROM claims WHERE shopper_id = $1 AND state = 'cancelled' AND answered_at > $2
"""
_LATELY = """
SELECT count(*), percentile_disc(0.9) WITHIN GROUP (ORDER BY answered_at - claimed_at) FROM (
    SELECT state, claimed_at, answered_at FROM claims WHERE operator_id = $1 ORDER BY id DESC LIMIT $2) AS c
WHERE state IN ('accepted', 'counted', 'refused')
"""

# No identifiers at all: nothing says since when. Else one of them must name the shop on that day.
_WAS_THERE = """
SELECT coalesce(bool_or((valid_from IS NULL OR valid_from < $4) AND (valid_until IS NULL OR valid_until > $3)), true)
FROM merchant_identifiers WHERE operator_id = $1 AND shop_id = $2
"""

_ANSWER = """
UPDATE claims c SET state = t.state, reason = t.reason, words = t.words, purchase_id = t.purchase_id,
    answered_by = $8, answered_at = $9
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])
    AS t (shopper_id, id, state, reason, words, purchase_id)
WHERE c.operator_id = $1 AND c.shopper_id = t.shopper_id AND c.id = t.id
"""


async def save(
    connection: AsyncConnection,
    operator_id: UUID,
    shopper_id: UUID,
    claim_id: UUID,
    asked: Asked,
    digest: bytes,
    shop_id: UUID,
    interval: tuple[datetime, datetime],
    media_type: str | None,
    by: tuple[str, str | None],
    now: datetime,
) -> None:
    """Store a new claim, open. `by`: who made it, and what they said with it."""
    told = (asked.key, digest, shop_id, asked.day, asked.told_time, *interval, asked.amount_minor, asked.currency)
    row = (operator_id, shopper_id, claim_id, *told, asked.last_four, media_type, now, *by)
    await connection.exec_driver_sql(_SAVE, row)


async def of_key(connection: AsyncConnection, shopper_id: UUID, key: str) -> Claim | None:
    """The claim that came with this idempotency key."""
    return _first(await _claims(connection, _OF_KEY, (shopper_id, key)))


async def find(connection: AsyncConnection, operator_id: UUID, claim_id: UUID) -> Claim | None:
    """One claim, whosever it is."""
    return _first(await _claims(connection, _ONE, (operator_id, claim_id)))


async def of_shopper(
    connection: AsyncConnection, shopper_id: UUID, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[Claim]:
    """A shopper's claims, newest first, after the one of this instant and id."""
    return await _claims(connection, _OF_SHOPPER, (shopper_id, limit, *(after or (None, None))))


async def open_of(connection: AsyncConnection, shoppers: Iterable[UUID]) -> list[Claim]:
    """The open claims of these shoppers, oldest first."""
    return await _claims(connection, _OPEN, (list(shoppers),))


async def queue(connection: AsyncConnection, operator_id: UUID, after: UUID | None, limit: int) -> list[Claim]:
    """Open claims, oldest first, after the one of this id."""
    return await _claims(connection, _QUEUE, (operator_id, after, limit))


async def listed(
    connection: AsyncConnection,
    operator_id: UUID,
    state: ClaimState | None,
    after: UUID | None,
    limit: int,
    *,
    oldest_first: bool,
) -> list[Claim]:
    """Claims of a state or of all, in the order in which they came, or the newest first; after the one of this id."""
    statement = _LISTED.format(
        of_state="AND $2::text IS NULL" if state is None else "AND c.state = $2",
        beyond=">" if oldest_first else "<",
        order="ASC" if oldest_first else "DESC",
    )
    return await _claims(connection, statement, (operator_id, state, after, limit))


async def waiting(connection: AsyncConnection, operator_id: UUID) -> dict[str, tuple[int, int]]:
    """By currency: how many claims are open, and how much was spent by them."""
    rows = await fetch(connection, _WAITING, (operator_id,))
    return {currency: (count, amount) for currency, count, amount in rows}


async def same(connection: AsyncConnection, shopper_id: UUID, shop_id: UUID, asked: Asked) -> Claim | None:
    """The claim of the same shopper, shop, day and amount that is open or was answered by yes."""
    told = (shopper_id, shop_id, asked.day, asked.amount_minor, asked.currency)
    return _first(await _claims(connection, _SAME, told))


async def rewarded(
    connection: AsyncConnection, shopper_id: UUID, shop_id: UUID, interval: tuple[datetime, datetime], asked: Asked
) -> UUID | None:
    """The purchase of the same shop, day and amount that has earned."""
    told = (shopper_id, shop_id, *interval, asked.currency, asked.amount_minor)
    rows = await fetch(connection, _REWARDED, told)
    return rows[0][0] if rows else None


async def take_picture(
    connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, digest: bytes, claim_id: UUID
) -> bool:
    """Remember a picture; False when anybody ever sent it before, but for claims that this shopper cancelled.

    What is remembered never changes: sent again after its claim was cancelled, it stands under a digest of the two.
    """
    while not await fetch(connection, _TAKE_PICTURE, (operator_id, digest, claim_id)):
        cancelled = await fetch(connection, _CANCELLED_WITH, (operator_id, digest, shopper_id))
        if not cancelled:
            return False
        digest = hashlib.sha256(digest + cancelled[0][0].bytes).digest()
    return True


async def cancelled_since(connection: AsyncConnection, shopper_id: UUID, since: datetime) -> int:
    """How many claims of a shopper were cancelled after an instant."""
    ((count,),) = await fetch(connection, _CANCELLED, (shopper_id, since))
    return int(count)


async def lately(connection: AsyncConnection, operator_id: UUID, newest: int) -> tuple[int, timedelta]:
    """Of the newest claims: how many were answered, and within which time nine of ten of them were."""
    ((count, within),) = await fetch(connection, _LATELY, (operator_id, newest))
    return count, within or timedelta(0)


async def was_there(
    connection: AsyncConnection, operator_id: UUID, shop_id: UUID, interval: tuple[datetime, datetime]
) -> bool:
    """Whether a shop was of the programme then, as far as its dated identifiers tell."""
    ((found,),) = await fetch(connection, _WAS_THERE, (operator_id, shop_id, *interval))
    return bool(found)


async def due(connection: AsyncConnection, operator_id: UUID, limit: int) -> set[UUID]:
    """Shoppers near whose open claims purchases were told, or told otherwise, since the claims were last judged."""
    return {row[0] for row in await fetch(connection, _DUE, (operator_id, limit))}


async def see(connection: AsyncConnection, shoppers: Iterable[UUID]) -> None:
    """Remember that the open claims of these shoppers were judged by the purchases that stand now."""
    await connection.exec_driver_sql(_SEE, (list(shoppers),))


async def rows_beside(
    connection: AsyncConnection, claims: Sequence[Claim]
) -> dict[UUID, tuple[list[PurchaseRow], frozenset[UUID]]]:
    """By claim: the purchases near it in time and amount, and which of them have earned."""
    columns = ([each.shopper_id for each in claims], [each.id for each in claims])
    found: defaultdict[UUID, list[PurchaseRow]] = defaultdict(list)
    earned: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for row in await fetch(connection, _BESIDE, columns):
        (purchase,) = purchase_rows([row]).values()
        found[row.claim_id].append(purchase)
        if row.earned:
            earned[row.claim_id].add(purchase.id)
    return {each.id: (found[each.id], frozenset(earned[each.id])) for each in claims}


async def told_identifiers(
    connection: AsyncConnection, shoppers: Iterable[UUID], purchases: Iterable[UUID]
) -> list[ToldIdentifier]:
    """The identifiers that networks and banks told with these purchases."""
    rows = await fetch(connection, _TOLD_IDENTIFIERS, (list(shoppers), list(purchases), RECEIPT))
    return [ToldIdentifier(*row) for row in rows]


async def write_answers(
    connection: AsyncConnection, operator_id: UUID, answers: Sequence[Answer], by: str, now: datetime
) -> None:
    """Store what became of claims."""
    columns = (
        [each.claim.shopper_id for each in answers],
        [each.claim.id for each in answers],
        [each.state.value for each in answers],
        [each.reason.value for each in answers],
        [each.words for each in answers],
        [each.purchase_id for each in answers],
    )
    await connection.exec_driver_sql(_ANSWER, (operator_id, *columns, by, now))


async def _claims(connection: AsyncConnection, statement: str, parameters: tuple[object, ...]) -> list[Claim]:
    found: list[Claim] = []
    for row in await fetch(connection, statement, parameters):
        reason = None if row[14] is None else Reason(row[14])
        found.append(Claim(*(*row[:13], ClaimState(row[13]), reason, *row[15:])))
    return found


def _first(claims: Sequence[Claim]) -> Claim | None:
    return claims[0] if claims else None
