"""The catalogue that evidence is held against, in the database: shops of the programme, and outlets outside it.

Every shop of the programme is in it, with what the programme tells: name, brand, trade, centre. What an operator adds
(town, postcode, coordinates, store number, rivals, complete brands) is kept as outlets and joined by the shop's code.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid
from cashback.merchants.evidence.catalogue import BrandEntry, OutletEntry
from cashback.merchants.evidence.known import known_brands
from cashback.merchants.places import look_again
from cashback.merchants.schemas import Shop
from cashback.merchants.service import load_shops
from cashback.programmes.audit_log import record
from cashback.programmes.schemas import Centre
from cashback.programmes.service import bump_revision, load_programme, lock_programme, require_programme_scope

CATALOGUE_BYTES = 16
SHOWN = 5

_OUTLETS = "SELECT entry::text FROM outlets WHERE operator_id = $1 ORDER BY id"
_BRANDS = "SELECT entry::text FROM outlet_brands WHERE operator_id = $1 ORDER BY name"
_CLEAR = ("DELETE FROM outlets WHERE operator_id = $1", "DELETE FROM outlet_brands WHERE operator_id = $1")
_SAVE_OUTLETS = """
INSERT INTO outlets (operator_id, id, member, entry, changed_at)
SELECT $1, t.*, $5 FROM unnest($2::text[], $3::bool[], $4::jsonb[]) AS t
"""
_SAVE_BRANDS = """
INSERT INTO outlet_brands (operator_id, name, entry, changed_at)
SELECT $1, t.*, $4 FROM unnest($2::text[], $3::jsonb[]) AS t
"""


@dataclass(frozen=True, slots=True)
class Entries:
    """What a catalogue is compiled from."""

    outlets: tuple[OutletEntry, ...]
    brands: tuple[BrandEntry, ...]

    def digest(self, model: str) -> bytes:
        """Names the catalogue together with the model: what was decided by another one may be decided again."""
        return hashlib.sha256(msgspec.json.encode((self.outlets, self.brands, model))).digest()[:CATALOGUE_BYTES]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a new list does to the one that is stored: outlets and brands by their ids and names."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def anything(self) -> bool:
        """Whether something that was stored changes or goes."""
        return bool(self.changed or self.gone)

    def __str__(self) -> str:
        told = (("changed", self.changed), ("gone", self.gone))
        parts = [f"{len(names)} {word} ({_few(names)})" for word, names in told if names]
        return "; ".join([*parts, f"{len(self.new)} new"])


async def load_entries(
    connection: AsyncConnection, operator_id: UUID, shops: Iterable[Shop], centres: Mapping[UUID, Centre]
) -> Entries:
    """The catalogue of an operator: what the programme tells of its shops, and what was added to it."""
    added = {
        each.id: each
        for (text,) in await fetch(connection, _OUTLETS, (operator_id,))
        for each in (msgspec.json.decode(text, type=OutletEntry),)
    }
    brands = [
        msgspec.json.decode(text, type=BrandEntry) for (text,) in await fetch(connection, _BRANDS, (operator_id,))
    ]
    members = [_member(shop, centres[shop.centre_id], added.pop(shop.code, None)) for shop in shops]
    # A shop that has left the programme is an outlet outside it.
    others = [with_changes(each, member=False) for each in added.values()]
    # Brands known by name alone compete as well, as in `cashback merchants match`.
    return Entries(tuple(sorted((*members, *others), key=lambda each: each.id)), (*brands, *known_brands()))


def _member(shop: Shop, centre: Centre, added: OutletEntry | None) -> OutletEntry:
    told = OutletEntry(
        id=shop.code,
        name=shop.name,
        brand=shop.brand,
        country=centre.country,
        centre=centre.name,
        category_codes=(shop.category,),
    )
    if added is None:
        return told
    return with_changes(
        added,
        member=True,
        name=added.name or told.name,
        brand=added.brand or told.brand,
        centre=added.centre or told.centre,
        category_codes=added.category_codes or told.category_codes,
    )


async def save_outlets(
    connection: AsyncConnection,
    actor: Actor,
    outlets: Sequence[OutletEntry],
    brands: Sequence[BrandEntry],
    now: datetime,
    *,
    replace: bool,
) -> Replaced:
    """Put a whole list of outlets and brands in the place of the one before; in the caller's transaction.

    Members are named by the code of their shop. What was not accepted so far is looked at again; what was accepted
    stands. Raises Forbidden, Invalid for a member that is no shop of the programme, and Conflict where something that
    is stored would change or go and `replace` is not said.
    """
    require_programme_scope(actor)
    operator_id = actor.operator_id
    await lock_programme(connection, operator_id)
    programme = await load_programme(connection, operator_id)
    codes = {shop.code for shop in await load_shops(connection, operator_id)}
    strange = sorted(each.id for each in outlets if each.member and each.id not in codes)
    if strange:
        named = _few([repr(each) for each in strange])
        raise Invalid(f"members: no shop has the code {named}; nothing was stored", code="unknown_shop")
    done = await _compared(connection, operator_id, outlets, brands)
    if done.anything and not replace:
        raise Conflict(f"outlets are stored already: {done}; nothing was stored, say --replace", code="would_replace")
    for statement in _CLEAR:
        await connection.exec_driver_sql(statement, (operator_id,))
    await connection.exec_driver_sql(
        _SAVE_OUTLETS,
        (
            operator_id,
            [each.id for each in outlets],
            [each.member for each in outlets],
            [msgspec.json.encode(each).decode() for each in outlets],
            now,
        ),
    )
    await connection.exec_driver_sql(
        _SAVE_BRANDS,
        (operator_id, [each.name for each in brands], [msgspec.json.encode(each).decode() for each in brands], now),
    )
    await look_again(connection, operator_id)
    await bump_revision(connection, operator_id)
    detail = {"outlets": len(outlets), "brands": len(brands)}
    await record(connection, actor, "outlets.replaced", programme.code, detail, now)
    return done


async def _compared(
    connection: AsyncConnection, operator_id: UUID, outlets: Sequence[OutletEntry], brands: Sequence[BrandEntry]
) -> Replaced:
    """Beside what is stored. A brand of several entries is one."""
    stored = await _stored(connection, operator_id)
    given: dict[str, list[OutletEntry | BrandEntry]] = {}
    for outlet in outlets:
        given.setdefault(f"outlet {outlet.id}", []).append(outlet)
    for brand in brands:
        given.setdefault(f"brand {brand.name}", []).append(brand)
    return Replaced(
        new=tuple(sorted(given.keys() - stored.keys())),
        changed=tuple(sorted(name for name in given.keys() & stored.keys() if given[name] != stored[name])),
        gone=tuple(sorted(stored.keys() - given.keys())),
    )


async def _stored(connection: AsyncConnection, operator_id: UUID) -> dict[str, list[OutletEntry | BrandEntry]]:
    found: dict[str, list[OutletEntry | BrandEntry]] = {}
    for (text,) in await fetch(connection, _OUTLETS, (operator_id,)):
        outlet = msgspec.json.decode(text, type=OutletEntry)
        found.setdefault(f"outlet {outlet.id}", []).append(outlet)
    for (text,) in await fetch(connection, _BRANDS, (operator_id,)):
        brand = msgspec.json.decode(text, type=BrandEntry)
        found.setdefault(f"brand {brand.name}", []).append(brand)
    return found


def _few(names: Sequence[str]) -> str:
    more = "" if len(names) <= SHOWN else f" and {len(names) - SHOWN} more"
    return ", ".join(names[:SHOWN]) + more
