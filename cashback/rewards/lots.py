"""Taking from what is available: the lot that ends first is used first, and it is remembered which.

Whoever moves an amount from `shopper:available` to somewhere it was spent calls `use` before posting the transfer, in
the same transaction and with the transfer's own key; whoever moves it back calls `give_back` with that key. Both expect
the lock of the shopper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.errors import Conflict, Invalid, NotFound
from cashback.offers.lots import Use
from cashback.programmes.schemas import plainly
from cashback.programmes.service import load_programme
from cashback.rewards import lot_storage
from cashback.rewards.aging import stands_of
from cashback.rewards.lot_storage import Part
from cashback.rewards.passing import settle_lots


@dataclass(frozen=True, slots=True)
class Taking:
    """A command that takes an amount, minor units or units of the asset, from one shopper."""

    shopper_id: UUID
    asset: str
    amount: int
    key: str
    """Of the transfer that takes it."""


async def use(
    connection: AsyncConnection,
    operator_id: UUID,
    shopper_id: UUID,
    asset: str,
    amount: int,
    key: str,
    now: datetime,
    *,
    overdraw: bool = False,
) -> None:
    """Take an amount of the lots that end first, and remember of which. See `use_all`."""
    taking = Taking(shopper_id, asset, amount, key)
    await use_all(connection, operator_id, [taking], now, overdraw=overdraw)


async def use_all(
    connection: AsyncConnection,
    operator_id: UUID,
    takings: Sequence[Taking],
    now: datetime,
    *,
    overdraw: bool = False,
) -> None:
    """Take each amount of the lots that end first, and remember of which; what has expired by now expires before.

    Each key takes once: the same taking again is a no-op, another under its key a Conflict. Invalid with the code
    `insufficient_balance` where less is left, unless `overdraw` says that the balance may go below zero.
    """
    fresh = await _not_taken_yet(connection, takings)
    if not fresh:
        return
    programme = await load_programme(connection, operator_id)
    shoppers = {each.shopper_id for each in fresh}
    holdings = await lot_storage.holdings_of(connection, shoppers)
    parts: list[Part] = []
    for each in fresh:
        held = holdings[each.shopper_id]
        left = stands_of(programme, held, now, everything=True).get(each.asset)
        taken, missing = ([], each.amount) if left is None else left.taken_by(each.amount)
        if missing and not overdraw:
            raise Invalid(
                f"{plainly(each.amount, each.asset)} cannot be taken: "
                f"{plainly(each.amount - missing, each.asset)} are available",
                code="insufficient_balance",
            )
        if missing:
            beside = sum(amount for reward_id, amount in taken if reward_id is None)
            taken = [part for part in taken if part[0] is not None] + [(None, beside + missing)]
        held[each.asset].uses.append(Use(each.key, now, tuple(taken)))
        parts += [
            Part(each.shopper_id, each.key, place, each.asset, reward_id, amount)
            for place, (reward_id, amount) in enumerate(taken)
        ]
    await lot_storage.write_parts(connection, operator_id, parts, now)
    expiring = {shopper_id for shopper_id in shoppers if any(each.expires for each in holdings[shopper_id].values())}
    await settle_lots(connection, programme, expiring, now)


async def give_back(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, key: str, now: datetime) -> None:
    """All that a command took comes back to the lots it was taken of. See `give_back_all`."""
    await give_back_all(connection, operator_id, [(shopper_id, key)], now)


async def give_back_all(
    connection: AsyncConnection, operator_id: UUID, commands: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """All that these commands took comes back to the lots it was taken of, and stays for 30 days at least.

    A command is its shopper and its key. A second time it is a no-op; NotFound for a key that took nothing.
    """
    taken, back = await lot_storage.parts_of(connection, commands)
    missing = next((key for shopper_id, key in commands if (shopper_id, key) not in taken), None)
    if missing is not None:
        raise NotFound(f"nothing was taken under the key {missing[:64]!r}", code="unknown_use")
    wholes = [
        Part(*command, 0, taken[command][0].asset, None, sum(each.amount for each in taken[command]))
        for command in commands
        if command not in back
    ]
    if wholes:
        await lot_storage.write_parts(connection, operator_id, wholes, now, back=True)
        programme = await load_programme(connection, operator_id)
        await settle_lots(connection, programme, {each.shopper_id for each in wholes}, now)


async def _not_taken_yet(connection: AsyncConnection, takings: Sequence[Taking]) -> list[Taking]:
    stored, _ = await lot_storage.parts_of(connection, [(each.shopper_id, each.key) for each in takings])
    fresh = []
    for each in takings:
        if each.amount <= 0:
            raise Invalid(f"what is taken is a positive amount, got {each.amount}")
        parts = stored.get((each.shopper_id, each.key))
        if parts is None:
            fresh.append(each)
        elif (parts[0].asset, sum(part.amount for part in parts)) != (each.asset, each.amount):
            raise Conflict(
                f"the key {each.key!r} has already taken something else; a repeated call must repeat its content",
                code="idempotency_key_reused",
            )
    return fresh
