"""One shop at a time, as it is typed on a page: opened, or corrected. Held to the rules of a row of a file.

The page shows what is stored: unlike a file's empty cell, an emptied floor or area is taken away, and an emptied brand
becomes the shop's own name. What every shop has cannot be emptied.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Conflict, Invalid, NotFound
from cashback.ids import uuid7
from cashback.merchants.imports.checking import ATTRIBUTES, Check, Problem, Standing, check
from cashback.merchants.imports.columns import Field
from cashback.merchants.imports.service import write
from cashback.merchants.imports.table import Row, Table, refuse_card_numbers
from cashback.merchants.schemas import Shop
from cashback.merchants.service import load_identifiers, load_shops
from cashback.programmes.audit_log import record
from cashback.programmes.schemas import Programme
from cashback.programmes.service import bump_revision, load_programme, lock_programme, require_programme_scope

TYPED = (Field.SHOP, *ATTRIBUTES)
"""What a page asks for; identifiers are given to a shop that there is."""
NEEDED = (Field.NAME, Field.CATEGORY)
_WORDS = tuple(each for each in ATTRIBUTES if each is not Field.CENTRE)

Typed = Mapping[Field, str]


class FaultyShop(Invalid):
    """What was typed makes no shop; nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        fields = ", ".join(f"{each.field.value}: {each.code}" for each in problems)
        super().__init__(f"this makes no shop: {fields}", code="shop_faulty")
        self.problems = tuple(problems)


async def open_shop(connection: AsyncConnection, actor: Actor, typed: Typed, now: datetime) -> Shop:
    """A shop that there was not. Sent again as it is, it is answered alike.

    Forbidden; FaultyShop; Conflict for a code that another shop has.
    """
    _, standing = await _standing(connection, actor)
    code = typed.get(Field.SHOP, "").strip()
    held = next((each for each in standing.shops if each.code == code), None)
    found, checked = _judged(standing, typed, held, now)
    if held is not None and found != held:
        raise Conflict(f"the code {code!r} is the one of {held.name}", code="shop_code_taken")
    if held is None:
        await _keep(connection, actor, found, checked, {each.value: getattr(found, each) for each in _WORDS}, now)
    return found


async def correct(connection: AsyncConnection, actor: Actor, code: str, typed: Typed, seen: str, now: datetime) -> Shop:
    """A shop as it is typed anew; `seen` is the `mark` of what the page showed. Offers look at it by its new place, so
    its purchases are settled again.

    Forbidden; NotFound; FaultyShop; Conflict where somebody else corrected it meanwhile.
    """
    programme, standing = await _standing(connection, actor)
    held = next((each for each in standing.shops if each.code == code), None)
    if held is None:
        raise NotFound(f"no shop has the code {code[:64]!r}", code="unknown_shop")
    emptied = [Problem(each, "emptied") for each in NEEDED if not typed.get(each, "").strip()]
    if emptied:
        raise FaultyShop(emptied)
    found, checked = _judged(standing, {**typed, Field.SHOP: code}, held, now)
    if found == held:
        return held
    if seen != mark(held):
        raise Conflict("this shop was changed since you looked: look again", code="shop_moved")
    changed = {each.value: getattr(found, each) for each in _WORDS if getattr(found, each) != getattr(held, each)}
    if found.centre_id != held.centre_id:
        changed["centre"] = programme.centres[found.centre_id].code
    await _keep(connection, actor, found, checked, changed, now)
    return found


def mark(shop: Shop) -> str:
    """Names a shop as it stands."""
    return hashlib.sha256(msgspec.json.encode(shop)).hexdigest()[:16]


async def _standing(connection: AsyncConnection, actor: Actor) -> tuple[Programme, Standing]:
    """The programme, which stays as it is until the transaction ends, and what a shop is held against."""
    require_programme_scope(actor)
    await lock_programme(connection, actor.operator_id)
    programme = await load_programme(connection, actor.operator_id)
    shops = await load_shops(connection, actor.operator_id)
    identifiers = await load_identifiers(connection, actor.operator_id)
    return programme, Standing(shops, list(programme.centres.values()), identifiers)


def _judged(standing: Standing, typed: Typed, held: Shop | None, now: datetime) -> tuple[Shop, Check]:
    """The shop that a row with these cells makes, held against all that there are."""
    told = {each: typed.get(each, "").strip() for each in TYPED}
    told[Field.BRAND] = told[Field.BRAND] or told[Field.NAME]
    table = Table("utf-8", ",", tuple(each.value for each in TYPED), (Row(1, tuple(told.values())),))
    refuse_card_numbers(table, None)
    checked = check(table, TYPED, {}, standing, lambda: uuid7(now))
    if checked.rows[0].problems:
        raise FaultyShop(checked.rows[0].problems)
    found = checked.shops[0] if checked.shops else held
    assert found is not None, "a row that makes no shop was refused"
    floor, area = (getattr(found, each) if told[each] else "" for each in (Field.FLOOR, Field.AREA))
    return replace(found, floor=floor, area=area), checked


async def _keep(
    connection: AsyncConnection, actor: Actor, found: Shop, checked: Check, told: Mapping[str, str], now: datetime
) -> None:
    done = await write(connection, actor, replace(checked, shops=(found,)), now)
    revision = await bump_revision(connection, actor.operator_id)
    action = "shop.opened" if done.new_shops else "shop.corrected"
    await record(connection, actor, action, found.code, {**told, "revision": revision}, now)
