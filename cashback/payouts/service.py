"""Record payments that the operator made outside the product: a transfer from its bank, a gift card at the desk."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Forbidden, Invalid, NotFound
from cashback.ids import show
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, PAID
from cashback.ledger.service import Transfer
from cashback.programmes import audit_log
from cashback.programmes.schemas import Programme
from cashback.rewards import lots
from cashback.shoppers import service as shoppers


async def record_payment(
    connection: AsyncConnection,
    actor: Actor,
    programme: Programme,
    *,
    shopper_id: UUID,
    asset: str,
    amount: int,
    key: str,
    now: datetime,
) -> bool:
    """Move an amount from available to paid; False if this `key` already did exactly that.

    Amounts are minor units of the asset's currency, or units. Invalid beyond the available balance or for an asset that
    converts by itself, Conflict for a key used with other content. Takes the shopper's lock.
    """
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    known = programme.assets.get(asset)
    if known is None:
        raise Invalid(f"asset {asset!r} is not one of this programme: {', '.join(sorted(programme.assets))}")
    if known.conversion is not None:
        raise Invalid(f"{asset} is not paid out: it converts into {known.conversion.into} by itself")
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise Invalid("an idempotency key has 1 to 200 printable characters")
    if amount <= 0:
        raise Invalid(f"a payment is a positive amount, got {amount}")
    if not await shoppers.lock(connection, [shopper_id]):
        raise NotFound("there is no such shopper")
    payment = Transfer(
        shopper_id=shopper_id,
        key=f"payment:{key}",
        debit=AVAILABLE,
        credit=PAID,
        asset=asset,
        amount=amount,
        reason="paid_by_operator",
    )
    if await ledger.already_posted(connection, payment):
        return False
    await lots.use(connection, actor.operator_id, shopper_id, asset, amount, payment.key, now)
    await ledger.post(connection, actor.operator_id, [payment], now)
    detail = {"asset": asset, "amount": amount, "key": key}
    await audit_log.record(connection, actor, "payment.recorded", show("shp", shopper_id), detail, now)
    return True
