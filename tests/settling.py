"""A centre whose shop and brand pay for offers, told who they are, and what settling does to it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world

from cashback.actors import Actor, Scope
from cashback.funding import service as funding
from cashback.funding.schemas import Funder, Mode, Payment
from cashback.settlement import service
from cashback.settlement.schemas import Settlement

OCTOBER, NOVEMBER = datetime(2026, 10, 1, 8, tzinfo=UTC), datetime(2026, 11, 1, 8, tzinfo=UTC)
PROGRAMME = """
programme: {code: world, name: World, zone: Europe/Paris, currency: EUR}
centres:
  - {code: centre, name: Centre, country: FR}
shops:
  - {code: cafe, name: Café Lune, brand: Lune, centre: centre, category: "5812",
     identifiers: [{network: sandbox, scheme: mid, value: "1001"}]}
  - {code: books, name: Books, centre: centre, category: "5942",
     identifiers: [{network: sandbox, scheme: mid, value: "1002"}]}
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 100, into: EUR, amount: "3.33"}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - code: shared
    name: {en: Ten percent, fr: Dix pour cent}
    conditions: [{kind: shops, shops: [cafe]}]
    reward: {kind: percent, asset: EUR, rate_bps: 1000}
    funding: [{funder: shop, share_bps: 6000}, {funder: brand, share_bps: 3000}, {funder: operator, share_bps: 1000}]
    commission_bps: 1500
  - code: points
    conditions: [{kind: shops, shops: [books]}]
    reward: {kind: fixed, asset: PTS, amount: 70}
    funding: [{funder: shop, share_bps: 10000}]
    commission_bps: 500
  - code: parking
    conditions: [{kind: shops, shops: [books]}]
    reward: {kind: fixed, asset: PARKMIN, amount: 60}
    funding: [{funder: shop, share_bps: 10000}]
    commission_bps: 500
"""
SELLER: dict[str, Any] = {
    "name": "Le Quai SAS",
    "address": ["12 quai Rambaud", "69002 Lyon"],
    "registration": "732 829 320",
    "vat_number": "FR44 732829320",
    "legal_form": "SAS au capital de 100 000 €",
    "registered_at": "RCS Lyon 732 829 320",
    "email": "compta@quai.example",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "bic": "AGRIFRPP",
}
BRAND = "funder:brand:Lune"
OPERATOR = "funder:operator"


def treasurer(world: World, *scopes: Scope) -> Actor:
    return Actor(world.operator_id, "person:ada", frozenset(scopes or {Scope.MONEY}))


async def shop_account(world: World, code: str) -> str:
    ((found,),) = await world.rows("SELECT id FROM shops WHERE code = $1", code)
    return f"funder:shop:{found.hex}"


async def tell_seller(world: World) -> None:
    """Tell who invoices."""
    async with world.connection() as connection:
        await service.tell_seller(connection, treasurer(world), SELLER, world.now)


async def told(world: World, account: str, name: str, **more: Any) -> None:
    """Tell who a funder is."""
    facts = {
        "address": ("3 place des Terreaux", "69001 Lyon"),
        "registration": "552100554",
        "vat_number": "FR96552100554",
        **more,
    }
    async with world.connection() as connection:
        await funding.tell_of(connection, treasurer(world), Funder(account, name, **facts), world.now)


async def a_centre(engine: AsyncEngine, programme: str = PROGRAMME, *, at: datetime = OCTOBER) -> World:
    """The café shares its offer with its brand, which pays before; the bookshop gives points and parking."""
    world = await a_world(engine, programme, at=at)
    await tell_seller(world)
    await told(world, await shop_account(world, "cafe"), "Café Lune SARL")
    await told(world, await shop_account(world, "books"), "Books SARL", payment_days=45)
    await told(world, BRAND, "Lune Europe", mode=Mode.PREPAID, country="DE", registration="HRB 1", vat_bps=0,
               vat_number="DE136695976", language="en")  # fmt: skip
    await world.link(at=at)
    return world


async def paid_in(world: World, account: str, amount: int, key: str, what: Payment = Payment.TOP_UP) -> None:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        await funding.record(connection, treasurer(world), snapshot, account, what, amount, key, world.now)


async def issue(
    world: World, period: str, accounts: Sequence[str] | None = None, *, actor: Actor | None = None
) -> dict[str, Settlement]:
    """Issue a period at the clock's instant; what was issued, by account."""
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        by = actor or treasurer(world)
        issued = await service.issue(connection, snapshot, by, period, accounts, world.now)
    return {each.account: each for each in issued}


async def preview(world: World, period: str, accounts: Sequence[str] | None = None) -> dict[str, Settlement]:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        found = await service.preview(connection, snapshot, treasurer(world), period, accounts)
    return {each.account: each for each in found}


async def document(world: World, settlement_id: UUID) -> tuple[Settlement, bytes, bytes]:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await service.document(connection, snapshot, treasurer(world), settlement_id, world.now)


async def owed(world: World, account: str, asset: str = "EUR") -> int:
    """What the ledger says a funder owes: positive as on a statement."""
    ((amount,),) = await world.rows(
        """SELECT coalesce(sum(CASE WHEN debit = $1 THEN amount ELSE -amount END), 0)::bigint FROM transfers
        WHERE asset = $2 AND (debit = $1 OR credit = $1)""",
        account,
        asset,
    )
    return int(amount)


def told_lines(settlement: Settlement) -> list[tuple[Any, ...]]:
    """Kind, reason, asset, units, value and what is corrected, of each line."""
    return [
        (line.kind.value, line.reason, line.asset, line.units, line.value_minor, line.origin_name)
        for line in settlement.lines
    ]
