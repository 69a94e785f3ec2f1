"""Claims in a small world: made, answered, looked at, and what a refusal leaves unmoved."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import ACCOUNT, CARD, SHOPPER, World, a_world, day

from cashback.actors import Actor, Scope
from cashback.claims import reading, service
from cashback.claims.schemas import Asked, Claim, Reason
from cashback.errors import ProductError

BANK = "sandbox_bank"
PNG = b"\x89PNG\r\n\x1a\n a receipt"
JUDGE = "person:judge"


async def linked_world(engine: AsyncEngine) -> World:
    """Anna linked her card at the network, and at her bank the account behind it, the day before it all begins."""
    world = await a_world(engine)
    await world.link(CARD)
    await world.link(ACCOUNT, provider=BANK)
    return world


def asked(**told: Any) -> Asked:
    """Anna's coffee of day 1, as she tells it."""
    told.setdefault("key", f"key-{uuid4()}")
    return Asked(**{"shop": "cafe", "day": day(1).date(), "amount_minor": 20_00, "currency": "EUR", **told})


async def claim(world: World, told: Asked | None = None, *, shopper: str = SHOPPER) -> Claim:
    """Make a claim at the clock's instant."""
    shopper_id = await world.stage.shopper(shopper)
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        keyring = world.stage.road.keyring
        told = asked() if told is None else told
        return await service.make_claim(connection, snapshot, keyring, world.stage.actor, shopper_id, told, world.now)


def judge(world: World, name: str = JUDGE) -> Actor:
    return Actor(world.operator_id, name, frozenset({Scope.CLAIMS}))


async def accept(
    world: World, claimed: Claim, *, purchase_id: UUID | None = None, by: str = JUDGE, words: str = "receipt seen"
) -> Claim:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await service.accept(
            connection, snapshot, judge(world, by), claimed.id, words=words, purchase_id=purchase_id, now=world.now
        )


async def refuse(world: World, claimed: Claim, reason: Reason = Reason.DIFFERENT, *, by: str = JUDGE) -> Claim:
    async with world.connection() as connection:
        return await service.refuse(connection, judge(world, by), claimed.id, reason, words="no", now=world.now)


async def withdraw(world: World, claimed: Claim) -> Claim:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await service.withdraw(
            connection, snapshot, judge(world), claimed.id, Reason.DIFFERENT, words="another shop", now=world.now
        )


async def shown(world: World, claimed: Claim) -> reading.Shown:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await reading.read_claim(connection, snapshot, judge(world), claimed.id)


async def state(world: World, claimed: Claim) -> tuple[str, str | None]:
    found = await world.rows("SELECT state, reason FROM claims WHERE id = $1", claimed.id)
    return found[0]  # type: ignore[return-value]


async def wallet(world: World, shopper: str = SHOPPER) -> tuple[int, ...]:
    return (await world.wallet(shopper)).get("EUR", (0, 0, 0, 0))


async def total(world: World, shopper: str = SHOPPER) -> int:
    """All that a shopper has, held or not."""
    return sum(await wallet(world, shopper))


async def purchase_id(world: World, ref: str) -> UUID:
    ((found,),) = await world.rows("SELECT id FROM purchases WHERE purchase_ref = $1", ref)
    return found


DEEDS = "SELECT * FROM audit_log WHERE action <> 'shopper.opened'"


async def everything(world: World) -> list[list[tuple[Any, ...]]]:
    """All that a claim could move; a world opens its shoppers at the first mention, which is no claim's doing."""
    tables = ("claims", "claim_pictures", "claimed_pictures", "statements", "purchases", "transfers", "rulings")
    tables = (*tables, "cards", "rewards", f"({DEEDS})")
    return [sorted(await world.rows(f"SELECT t::text FROM {table} t")) for table in tables]


async def refused(world: World, attempt: Awaitable[object]) -> ProductError:
    """The refusal of an attempt that moves nothing."""
    before = await everything(world)
    with pytest.raises(ProductError) as caught:
        await attempt
    assert await everything(world) == before
    await world.audit()
    return caught.value


def named(body: dict[str, Any], descriptor: str = "CARTE CAFE CB*4521") -> dict[str, Any]:
    """The same row with another descriptor."""
    return {**body, "merchant": {**body["merchant"], "descriptor": descriptor}}
