"""Drift in the database: which identifiers fell silent, and one command that maps the one that appeared instead.

Accepting gives the shop the identifier as the operator would, dated from its first purchase on. So it works whether or
not anything is learned by itself, and the purchases that were missed are matched again by the same mechanism.
"""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Conflict, NotFound
from cashback.merchants.memo.drift import Activity, Drift, find_drifts
from cashback.merchants.schemas import Identifier
from cashback.merchants.service import load_identifiers, load_shops, overlaps, plan_identifiers, write_identifiers
from cashback.programmes.audit_log import record
from cashback.programmes.service import bump_revision, load_programme, lock_programme, require_programme_scope

LOOKED_BACK = timedelta(days=90)

_ACTIVITIES = """
SELECT p.network, i.name, (p.purchased_at AT TIME ZONE $3)::date AS day, count(*) AS count,
    coalesce(mode() WITHIN GROUP (ORDER BY p.merchant ->> 'descriptor'), '') AS descriptor,
    coalesce(mode() WITHIN GROUP (ORDER BY p.merchant ->> 'city'), '') AS town, s.code
FROM purchases p
CROSS JOIN LATERAL jsonb_array_elements_text(p.merchant -> 'identifiers') AS i (name)
LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE p.operator_id = $1 AND p.purchased_at >= $2 AND p.state NOT IN ('declined', 'superseded', 'credit')
GROUP BY p.network, i.name, day, s.code
ORDER BY p.network, i.name, day, s.code
"""


async def activities(connection: AsyncConnection, operator_id: UUID, zone: ZoneInfo, now: datetime) -> list[Activity]:
    """Purchases by identifier and day of the last `LOOKED_BACK`. Reads all of them: for a command, not for the road."""
    rows = await fetch(connection, _ACTIVITIES, (operator_id, now - LOOKED_BACK, zone.key))
    return [Activity(*row) for row in rows]


async def list_drifts(connection: AsyncConnection, operator_id: UUID, now: datetime) -> tuple[Drift, ...]:
    """What is proposed to be mapped, the most missed purchases first."""
    programme = await load_programme(connection, operator_id)
    seen = await activities(connection, operator_id, programme.zone, now)
    return find_drifts(seen, now.astimezone(programme.zone).date())


async def accept_drift(
    connection: AsyncConnection, actor: Actor, *, network: str, appeared: str, shop: str | None, now: datetime
) -> Drift:
    """Give the shop of a proposal its new identifier, from its first purchase on; in the caller's transaction.

    `appeared` is `scheme:value`; `shop` says which, where several fit. Raises Forbidden, NotFound where nothing is
    proposed (any more), and Conflict where several shops fit or the identifier names another shop meanwhile.
    """
    require_programme_scope(actor)
    operator_id = actor.operator_id
    await lock_programme(connection, operator_id)
    found = [
        each
        for each in await list_drifts(connection, operator_id, now)
        if (each.network, each.appeared) == (network, appeared) and shop in (None, each.shop)
    ]
    if not found:
        of = "" if shop is None else f" for shop {shop}"
        raise NotFound(f"{network} {appeared}: no drift is proposed{of}", code="no_drift")
    drift = found[0]
    if shop is None and len({each.shop for each in found}) > 1:
        shops = ", ".join(sorted({each.shop for each in found}))
        raise Conflict(f"{network} {appeared} may be that of {shops}: say which", code="drift_ambiguous")
    programme = await load_programme(connection, operator_id)
    ids = {each.code: each.id for each in await load_shops(connection, operator_id)}
    scheme, _, value = appeared.partition(":")
    begin = datetime.combine(drift.first_seen, time(0), tzinfo=programme.zone)
    identifier = Identifier(network, scheme, value, ids[drift.shop], begin, None)
    plan = plan_identifiers(await load_identifiers(connection, operator_id), [identifier], lambda _: False)
    if overlaps(plan.standing):
        raise Conflict(f"{network} {appeared} names another shop at that time", code="identifier_taken")
    await write_identifiers(connection, operator_id, plan, now)
    await bump_revision(connection, operator_id)
    detail = {"shop": drift.shop, "silent": drift.silent, "appeared": appeared, "since": drift.first_seen}
    await record(connection, actor, "drift.accepted", drift.shop, detail, now)
    return drift
