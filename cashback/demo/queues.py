"""What waits for people at the console when the demonstration begins: places to match, and claims.

Said by the real services, like everything else of the past. The receipts are drawn; nobody bought with them.
"""

import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback import money
from cashback.actors import Actor
from cashback.claims import service as claims
from cashback.claims.schemas import Asked, ClaimState, Reason
from cashback.db.engine import fetch, transaction
from cashback.errors import Invalid
from cashback.merchants.schemas import Shop
from cashback.merchants.settings import turn_on
from cashback.pipeline import Road, drain

CLAIMED_DAYS_AGO = 6
OTHER_MINOR, REFUSED_MINOR = 64_90, 120_00
_LINE, _EDGE = 22, 24

_UNMATCHED = """
SELECT p.shopper_id, p.purchased_at, p.net_minor FROM purchases p
WHERE p.operator_id = $1 AND p.shop_id IS NULL AND p.state = 'cleared' AND p.network NOT IN ('receipt', 'checkout')
    AND p.purchased_at < $2 AND p.purchased_at > $3 AND p.net_minor >= 2000
ORDER BY p.purchased_at DESC, p.id LIMIT 40
"""
_LINKED_LONG = """
SELECT DISTINCT c.shopper_id FROM cards c WHERE c.operator_id = $1 AND c.linked_at < $2 AND c.unlinked_at IS NULL
    AND c.network NOT IN ('receipt', 'checkout') ORDER BY c.shopper_id LIMIT 4
"""


async def fill_queues(
    engine: AsyncEngine, road: Road, actor: Actor, zone: ZoneInfo, begin: datetime, now: datetime
) -> None:
    """Ask of unknown identifiers since the beginning, claim a few purchases."""
    operator_id = actor.operator_id
    async with transaction(engine, operator_id) as connection:
        await turn_on(connection, actor, since=begin, evidence_since=None, now=now)
    await drain(engine, road, operator_id, now)
    async with transaction(engine, operator_id) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        shops = sorted(snapshot.shops.shops.values(), key=lambda each: each.code)
        bought = now - timedelta(days=CLAIMED_DAYS_AGO)
        unmatched = await fetch(connection, _UNMATCHED, (operator_id, bought, now - timedelta(days=80)))
        people = [row[0] for row in await fetch(connection, _LINKED_LONG, (operator_id, bought - timedelta(days=2)))]
        told: list[tuple[UUID, Asked]] = []
        for number, row in enumerate({each.shopper_id: each for each in unmatched}.values()):
            if number < 2:
                shop = shops[number]
                told.append((row.shopper_id, _asked(f"queue-{number}", shop, row.purchased_at, row.net_minor, zone)))
        if people:
            told.append((people[0], _asked("queue-other", shops[3], bought, OTHER_MINOR, zone)))
            told.append((people[-1], _asked("queue-refused", shops[5], bought, REFUSED_MINOR, zone, picture=False)))
        for shopper_id, asked in told:
            await _claim(connection, road, actor, snapshot, shopper_id, asked, now)


async def _claim(
    connection: AsyncConnection, road: Road, actor: Actor, snapshot: Any, shopper_id: UUID, asked: Asked, now: datetime
) -> None:
    try:
        made = await claims.make_claim(connection, snapshot, road.keyring, actor, shopper_id, asked, now)
    except Invalid:
        # A past that is too short, or a card that was linked too late, has no such claim.
        return
    if asked.picture is None and made.state is ClaimState.OPEN:
        words = "Aucun justificatif, et aucune banque n'en parle."
        await claims.refuse(connection, actor, made.id, Reason.NO_PROOF, words=words, now=now)


def _asked(key: str, shop: Shop, at: datetime, amount_minor: int, zone: ZoneInfo, *, picture: bool = True) -> Asked:
    local = at.astimezone(zone)
    return Asked(
        key=key,
        shop=shop.code,
        day=local.date(),
        amount_minor=amount_minor,
        currency="EUR",
        told_time=local.time().replace(second=0, microsecond=0),
        picture=_receipt(shop.name, local, amount_minor) if picture else None,
    )


def _receipt(shop: str, at: datetime, amount_minor: int) -> bytes:
    """A receipt as a till prints it."""
    total = money.plain(amount_minor, "EUR")
    lines: tuple[str, ...] = (
        shop.upper(),
        "LES TERRASSES DU CANAL",
        "",
        f"{at:%d/%m/%Y  %H:%M}",
        "",
        f"1 ARTICLE        {total}",
    )
    lines += ("-" * 28, f"TOTAL EUR        {total}", "CARTE BANCAIRE", "", "SPECIMEN - DEMONSTRATION")
    image = Image.new("L", (320, 2 * _EDGE + _LINE * len(lines)), 250)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((_EDGE, _EDGE + number * _LINE), line.encode("ascii", "replace").decode(), fill=40)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
