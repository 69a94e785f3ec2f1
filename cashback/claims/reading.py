"""Claims as people look at them: the operator's queue, one claim with its evidence side by side, a shopper's own."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.claims import storage
from cashback.claims.comparing import Beside
from cashback.claims.pictures import open_picture
from cashback.claims.rules import looked_at_from
from cashback.claims.schemas import Claim, ClaimState, ToldIdentifier
from cashback.claims.service import evidence_of, unknown_claim
from cashback.db.engine import fetch
from cashback.errors import Conflict, NotFound
from cashback.merchants.csv_file import HEADER, Imported, import_identifiers
from cashback.merchants.schemas import Shop
from cashback.merchants.service import load_shops
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers
from webhooks.sealing import KeyRing

PAGE = 50
"""Claims on one page of the queue, and of a shopper's own."""
LATELY = 100
"""So many of the newest claims say how long an answer takes."""
LATELY_LEAST = 5
"""Of fewer answers nothing is said."""


_EARNED_BY = """
SELECT r.asset, sum(r.amount)::bigint FROM purchases p
JOIN rewards r ON r.shopper_id = p.shopper_id AND r.purchase_id = coalesce(p.witness_of, p.id) AND r.amount > 0
WHERE p.shopper_id = $1 AND p.network = $2 AND p.purchase_ref = $3 GROUP BY r.asset ORDER BY r.asset
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One claim with what is known around it."""

    claim: Claim
    shop: Shop
    looked_at_from: datetime
    """From when on a person may accept it."""
    evidence: tuple[Beside, ...]
    """The purchases of this shopper near it in time and amount."""
    unknown: tuple[ToldIdentifier, ...]
    """Identifiers told with them, or with the purchase it was accepted for, that lead to no shop."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of open claims, oldest first, and what waits in all."""

    claims: tuple[Shown, ...]
    waiting: dict[str, tuple[int, int]]
    """By currency: how many claims are open, and the minor units that were spent by them."""


async def read_queue(
    connection: AsyncConnection, snapshot: Snapshot, actor: Actor, *, after: UUID | None, limit: int = PAGE
) -> Queue:
    """Open claims after the one of this id."""
    shoppers.require(actor, Scope.CLAIMS)
    claims = await storage.queue(connection, snapshot.operator_id, after, limit)
    return Queue(
        tuple(await _shown(connection, snapshot, claims)), await storage.waiting(connection, snapshot.operator_id)
    )


async def read_listed(
    connection: AsyncConnection,
    actor: Actor,
    state: ClaimState | None,
    *,
    after: UUID | None,
    limit: int,
    oldest_first: bool,
) -> list[Claim]:
    """Claims of a state, or of all, without their evidence."""
    shoppers.require(actor, Scope.CLAIMS)
    return await storage.listed(connection, actor.operator_id, state, after, limit, oldest_first=oldest_first)


async def read_waiting(connection: AsyncConnection, actor: Actor) -> dict[str, tuple[int, int]]:
    """By currency: how many claims are open, and the minor units that were spent by them."""
    shoppers.require(actor, Scope.CLAIMS)
    return await storage.waiting(connection, actor.operator_id)


async def read_claim(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, claim_id: UUID) -> Shown:
    """One claim with its evidence; NotFound for an unknown one."""
    shoppers.require(actor, Scope.CLAIMS)
    claim = await _find(connection, actor, claim_id)
    return (await _shown(connection, snapshot, [claim]))[0]


async def read_own(
    connection: AsyncConnection,
    snapshot: Snapshot,
    shopper_id: UUID,
    limit: int = PAGE,
    after: tuple[datetime, UUID] | None = None,
) -> list[tuple[Claim, Shop]]:
    """A shopper's claims, newest first, each with its shop, after the one of this instant and id."""
    claims = await storage.of_shopper(connection, shopper_id, limit, after)
    return [(each, snapshot.shops.shops[each.shop_id]) for each in claims]


async def answered_within(connection: AsyncConnection, operator_id: UUID) -> int | None:
    """Whole days within which nine of ten claims were answered lately; None where too few were to say so."""
    count, within = await storage.lately(connection, operator_id, LATELY)
    return max(1, -(-within // timedelta(days=1))) if count >= LATELY_LEAST else None


async def earned_by(connection: AsyncConnection, claim: Claim) -> list[tuple[str, int]]:
    """Assets and amounts that the purchase earns of which an accepted claim is evidence, whoever else told it."""
    rows = await fetch(connection, _EARNED_BY, (claim.shopper_id, claim.key.network, claim.key.ref))
    return [(asset, amount) for asset, amount in rows]


async def see_picture(
    connection: AsyncConnection, keyring: KeyRing, actor: Actor, claim_id: UUID, now: datetime
) -> tuple[str, bytes]:
    """Media type and bytes of the picture; that it was looked at is written down in the same transaction."""
    shoppers.require(actor, Scope.CLAIMS)
    claim = await _find(connection, actor, claim_id)
    picture = await open_picture(connection, keyring, actor.operator_id, claim.shopper_id, claim.id)
    await audit_log.record(connection, actor, "claim.picture_seen", claim.ref, {}, now)
    assert claim.media_type is not None
    return claim.media_type, picture


async def map_identifier(
    connection: AsyncConnection, actor: Actor, claim_id: UUID, network: str, identifier: str, now: datetime
) -> Imported:
    """Let an identifier that came with the purchase of an accepted claim lead to the claim's shop from now on and ever.

    As if it stood in a file of identifiers; purchases told with it are matched again. The caller holds no lock of the
    programme yet. Conflict while the claim is not accepted, NotFound for an identifier that its purchase was not told
    with.
    """
    shoppers.require(actor, Scope.CLAIMS)
    claim = await _find(connection, actor, claim_id)
    if claim.state is not ClaimState.ACCEPTED or claim.purchase_id is None:
        raise Conflict(f"claim {claim.ref} is not accepted for a purchase that others told", code="not_accepted")
    told = await storage.told_identifiers(connection, [claim.shopper_id], [claim.purchase_id])
    if (network, identifier) not in {(each.network, each.name) for each in told}:
        raise NotFound(
            f"the purchase of {claim.ref} was not told with {network[:40]} {identifier[:80]!r}",
            code="unknown_identifier",
        )
    scheme, _, value = identifier.partition(":")
    (shop,) = [each for each in await load_shops(connection, actor.operator_id) if each.id == claim.shop_id]
    file = io.StringIO()
    csv.writer(file).writerows([HEADER, (shop.code, network, scheme, value, "", "")])
    imported = await import_identifiers(connection, actor, file.getvalue().encode(), now)
    detail = {"network": network, "identifier": identifier, "shop": shop.code}
    await audit_log.record(connection, actor, "claim.identifier_mapped", claim.ref, detail, now)
    return imported


async def _shown(connection: AsyncConnection, snapshot: Snapshot, claims: Sequence[Claim]) -> list[Shown]:
    near = await evidence_of(connection, snapshot, claims)
    ids = {each.row.id for found in near.values() for each in found}
    ids |= {each.purchase_id for each in claims if each.purchase_id is not None}
    told = await storage.told_identifiers(connection, {each.shopper_id for each in claims}, ids)
    unknown = [each for each in told if snapshot.shops.match(each.network, [each.name], each.purchased_at) is None]
    found: list[Shown] = []
    for claim in claims:
        shop = snapshot.shops.shops[claim.shop_id]
        mine = {each.row.id for each in near[claim.id]} | {claim.purchase_id}
        found.append(
            Shown(
                claim,
                shop,
                looked_at_from(claim.day, snapshot.programme.centres[shop.centre_id].zone),
                tuple(near[claim.id]),
                tuple(each for each in unknown if each.purchase_id in mine),
            )
        )
    return found


async def _find(connection: AsyncConnection, actor: Actor, claim_id: UUID) -> Claim:
    claim = await storage.find(connection, actor.operator_id, claim_id)
    if claim is None:
        raise unknown_claim(claim_id)
    return claim
