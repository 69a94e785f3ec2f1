"""Shoppers and their cards: open, link, unlink, look up, lock.

A card token leads to one shopper at a time. Its links are dated, because a purchase counts only if the card was linked
when it was made.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, NotFound, ScopeMissing
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import parse_or_none, show, uuid7
from cashback.programmes import audit_log
from cashback.shoppers.naming import check_reference
from cashback.shoppers.schemas import CardLink

LOCALES = ("en", "fr")

_OPEN = """
WITH named AS (
    INSERT INTO shopper_references (operator_id, reference, shopper_id)
    SELECT $1, t.reference, t.shopper_id FROM unnest($2::text[], $3::uuid[]) AS t (reference, shopper_id)
    ON CONFLICT (operator_id, reference) DO NOTHING RETURNING shopper_id
)
INSERT INTO shoppers (operator_id, shopper_id, locale, created_at)
SELECT $1, shopper_id, $4, $5 FROM named RETURNING shopper_id
"""

_BY_REFERENCE = """
SELECT reference, shopper_id FROM shopper_references WHERE operator_id = $1 AND reference = ANY($2::text[])
"""

_THERE = "SELECT shopper_id FROM shopper_references WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[])"

_SPEAK = """
UPDATE shoppers SET locale = $2 WHERE shopper_id = $1 AND locale <> $2 AND erased_at IS NULL RETURNING 1
"""

_LOCK = """
SELECT shopper_id, erased_at IS NULL FROM shoppers WHERE shopper_id = ANY($1::uuid[])
ORDER BY shopper_id FOR NO KEY UPDATE
"""

_LINKS_OF_TOKENS = """
SELECT c.network, c.token, c.shopper_id, c.card_id, c.linked_at, c.unlinked_at, c.last_four
FROM unnest($2::text[], $3::text[]) AS k (network, token)
JOIN cards c ON c.operator_id = $1 AND c.network = k.network AND c.token = k.token
"""

_LINKS_OF_SHOPPERS = """
SELECT network, token, shopper_id, card_id, linked_at, unlinked_at, last_four FROM cards
WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[])
"""

_LINK = """
INSERT INTO cards (operator_id, network, token, linked_at, shopper_id, card_id, last_four, scheme)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_UNLINK = """
UPDATE cards SET unlinked_at = $5
WHERE operator_id = $1 AND network = $2 AND token = $3 AND shopper_id = $4 AND unlinked_at IS NULL AND linked_at <= $5
RETURNING card_id
"""

_LINK_EARLIER = """
UPDATE cards SET linked_at = $5 WHERE operator_id = $1 AND network = $2 AND token = $3 AND linked_at = $4
"""


def require(actor: Actor, scope: Scope) -> None:
    """Refuse an actor without the scope, naming it."""
    if not actor.may(scope):
        raise ScopeMissing(f"{actor.name} lacks the scope {scope.value!r}", scope=scope)


async def open_shoppers(
    connection: AsyncConnection,
    actor: Actor,
    references: Sequence[str],
    *,
    locale: str,
    now: datetime,
    ids: Mapping[str, UUID] | None = None,
) -> dict[str, UUID]:
    """Shoppers by the operator's own references; those that exist stay as they are, also when told by their ids.

    `ids`: by reference, for who must know them before they are opened; new ones are made of the others.
    Raises Invalid for a new reference that no shopper may have (`cashback.shoppers.naming`).
    """
    require(actor, Scope.SHOPPERS)
    _check_locale(locale)
    known = await find(connection, actor.operator_id, references)
    new = sorted(set(references) - known.keys())
    for reference in new:
        check_reference(reference)
    given = ids or {}
    row = (actor.operator_id, new, [given.get(each) or uuid7(now) for each in new], locale, now)
    opened = [shopper_id for (shopper_id,) in await fetch(connection, _OPEN, row)]
    told = [event("shopper.opened", each.hex, now, of=each, shopper=show("shp", each)) for each in opened]
    await events.tell(connection, actor.operator_id, told, now)
    if len(opened) == 1:
        await audit_log.record(connection, actor, "shopper.opened", show("shp", opened[0]), {}, now)
    elif opened:
        detail = {"count": len(opened)}
        await audit_log.record(connection, actor, "shopper.opened_together", "shoppers", detail, now)
    rows = await fetch(connection, _BY_REFERENCE, (actor.operator_id, new))
    return known | dict(rows)


async def speak(connection: AsyncConnection, actor: Actor, shopper_id: UUID, locale: str, now: datetime) -> None:
    """Write to a shopper in another language from now on; written down if it is another one."""
    require(actor, Scope.SHOPPERS)
    _check_locale(locale)
    await lock(connection, [shopper_id])
    if await fetch(connection, _SPEAK, (shopper_id, locale)):
        detail = {"language": locale}
        await audit_log.record(connection, actor, "shopper.language_changed", show("shp", shopper_id), detail, now)


async def find(connection: AsyncConnection, operator_id: UUID, references: Sequence[str]) -> dict[str, UUID]:
    """The shoppers called by these names, of those that exist: by their ids (`shp_…`) or the operator's own references.

    An id is the shopper's whose id it is, whatever anybody is called. No shopper is called by what is not printable.
    """
    printable = [each for each in references if each.isprintable()]
    found = dict(await fetch(connection, _BY_REFERENCE, (operator_id, printable)))
    ids = {each: shopper_id for each in printable if (shopper_id := parse_or_none("shp", each)) is not None}
    if ids:
        there = {shopper_id for (shopper_id,) in await fetch(connection, _THERE, (operator_id, sorted(ids.values())))}
        found |= {each: shopper_id for each, shopper_id in ids.items() if shopper_id in there}
    return found


async def exists(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> bool:
    """Whether this is one of the operator's shoppers."""
    return bool(await fetch(connection, _THERE, (operator_id, [shopper_id])))


async def lock(connection: AsyncConnection, shopper_ids: Iterable[UUID]) -> list[UUID]:
    """Lock shoppers until the transaction ends; answers those who are there. Who was erased is not.

    Locked in id order: two workers that meet on the same shoppers wait for each other and never deadlock. Every
    statement after this one sees what the previous holder committed.
    """
    wanted = sorted(set(shopper_ids))
    if not wanted:
        return []
    rows = await fetch(connection, _LOCK, (wanted,))
    return [shopper_id for shopper_id, there in rows if there]


async def links_of_tokens(
    connection: AsyncConnection, operator_id: UUID, tokens: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[CardLink]]:
    """All links, past and present, of these `(network, token)` pairs."""
    wanted = sorted(set(tokens))
    rows = await fetch(
        connection, _LINKS_OF_TOKENS, (operator_id, [network for network, _ in wanted], [token for _, token in wanted])
    )
    found: dict[tuple[str, str], list[CardLink]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(CardLink(*row))
    return found


async def links_of_shoppers(
    connection: AsyncConnection, operator_id: UUID, shopper_ids: Iterable[UUID]
) -> list[CardLink]:
    """All links, past and present, of these shoppers' cards."""
    rows = await fetch(connection, _LINKS_OF_SHOPPERS, (operator_id, sorted(set(shopper_ids))))
    return [CardLink(*row) for row in rows]


async def link(
    connection: AsyncConnection,
    actor: Actor,
    *,
    shopper_id: UUID,
    network: str,
    token: str,
    linked_at: datetime,
    last_four: str | None,
    scheme: str | None,
    now: datetime,
    card_id: UUID | None = None,
) -> bool:
    """Link a card; False if it is linked to this shopper already (an earlier `linked_at` then holds).

    `card_id` is that of the card which this one replaces: to the shopper it is the same card.
    The caller holds the lane's cursor and the shopper's lock. Conflict if the card is linked to somebody else.
    """
    require(actor, Scope.SHOPPERS)
    if not token or len(token) > 200 or not token.isprintable():
        raise Invalid("a card token has 1 to 200 printable characters")
    links = (await links_of_tokens(connection, actor.operator_id, [(network, token)])).get((network, token), [])
    held = next((each for each in links if each.unlinked_at is None), None)
    if held is not None and held.shopper_id != shopper_id:
        raise Conflict(
            "this card is already linked to another shopper; it must be unlinked there first", code="card_linked"
        )
    if held is not None:
        if linked_at < held.linked_at and not any(_overlaps(each, linked_at, held.linked_at) for each in links):
            await connection.exec_driver_sql(
                _LINK_EARLIER, (actor.operator_id, network, token, held.linked_at, linked_at)
            )
            return True
        return False
    start = max([linked_at, *(each.unlinked_at for each in links if each.unlinked_at is not None)])
    if any(each.linked_at == start for each in links):
        start += timedelta(microseconds=1)
    mine = next((each.card_id for each in links if each.shopper_id == shopper_id), None)
    await connection.exec_driver_sql(
        _LINK,
        (
            actor.operator_id,
            network,
            token,
            start,
            shopper_id,
            mine or card_id or uuid7(now),
            last_four,
            scheme,
        ),
    )
    return True


async def unlink(
    connection: AsyncConnection, actor: Actor, *, shopper_id: UUID, network: str, token: str, at: datetime
) -> UUID:
    """End the link; purchases made until now finish, later ones never count. Answers the card's id."""
    require(actor, Scope.SHOPPERS)
    card_id = (await connection.exec_driver_sql(_UNLINK, (actor.operator_id, network, token, shopper_id, at))).scalar()
    if card_id is None:
        raise NotFound("this shopper has no such card linked", code="card_not_linked")
    return UUID(str(card_id))


def _check_locale(locale: str) -> None:
    if locale not in LOCALES:
        raise Invalid(f"locale {locale!r} is not spoken here; expected one of {', '.join(LOCALES)}")


def _overlaps(link: CardLink, start: datetime, end: datetime) -> bool:
    return link.unlinked_at is not None and link.linked_at < end and start < link.unlinked_at
