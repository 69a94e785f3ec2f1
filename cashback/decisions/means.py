"""What shoppers declare of themselves: of age, country, income and expenses a month. Dated, sealed, destroyed in time.

Personal data: sealed by the master key for its own row, opened where a decision is made and where its shopper asks;
never in the audit log. Amounts are minor units of the programme's currency. Never commits; the caller holds the
shopper's lock.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.ids import show
from cashback.programmes import audit_log
from cashback.shoppers.service import require
from eligibility import Means
from webhooks.sealing import SealingKey, context

AMOUNT_MAX_MINOR = 10**9

_DECLARE = """
INSERT INTO declared_means (operator_id, shopper_id, declared_at, declared_by, sealed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shopper_id, declared_at) DO UPDATE SET sealed = EXCLUDED.sealed, declared_by = EXCLUDED.declared_by
"""
_NEWEST = """
SELECT declared_at, sealed FROM declared_means WHERE operator_id = $1 AND shopper_id = $2
ORDER BY declared_at DESC LIMIT 1
"""
_EVERY = """
SELECT declared_at, sealed FROM declared_means WHERE operator_id = $1 AND shopper_id = $2 ORDER BY declared_at
"""
_FORGET = "DELETE FROM declared_means WHERE operator_id = $1 AND declared_at < $2"


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper said of themselves. Income, expenses and instalments elsewhere are all told, or none is."""

    of_age: bool
    country: str
    """ISO 3166 code of two letters."""
    income_minor: int | None = None
    expenses_minor: int | None = None
    instalments_minor: int | None = None

    def means(self, declared_at: datetime) -> Means | None:
        """As a decision looks at it; None: no means were declared."""
        if self.income_minor is None or self.expenses_minor is None or self.instalments_minor is None:
            return None
        return Means(
            income_minor=self.income_minor,
            expenses_minor=self.expenses_minor,
            instalments_minor=self.instalments_minor,
            declared_at=declared_at,
        )


async def declare(
    connection: AsyncConnection, actor: Actor, master: SealingKey, shopper_id: UUID, declared: Declared, now: datetime
) -> None:
    """Keep what a shopper declares; what they declared before is kept beside it until its time is over.

    Raises Invalid: an amount out of bounds, or means told by half.
    """
    if actor.shopper_id != shopper_id:
        require(actor, Scope.SHOPPERS)
    amounts = (declared.income_minor, declared.expenses_minor, declared.instalments_minor)
    if len([each for each in amounts if each is None]) not in (0, len(amounts)):
        raise Invalid("expected income, expenses and instalments elsewhere together", code="means_by_half")
    if any(each is not None and not 0 <= each <= AMOUNT_MAX_MINOR for each in amounts):
        raise Invalid(f"expected amounts of 0 to {AMOUNT_MAX_MINOR} minor units a month", code="means_out_of_bounds")
    if not (len(declared.country) == 2 and declared.country.isascii() and declared.country.isupper()):
        raise Invalid("expected a country as two letters of ISO 3166, such as FR", code="country")
    plain = msgspec.json.encode(declared)
    sealed = master.seal(plain, _place(actor.operator_id, shopper_id, now))
    await connection.exec_driver_sql(_DECLARE, (actor.operator_id, shopper_id, now, actor.name, sealed))
    detail = {"means": amounts[0] is not None}
    await audit_log.record(connection, actor, "means.declared", show("shp", shopper_id), detail, now)


async def declared_by(
    connection: AsyncConnection, master: SealingKey, operator_id: UUID, shopper_id: UUID
) -> tuple[Declared, datetime] | None:
    """The newest declaration of a shopper, and when it was made; None: they declared nothing."""
    rows = await fetch(connection, _NEWEST, (operator_id, shopper_id))
    if not rows:
        return None
    ((declared_at, sealed),) = rows
    plain = master.open(sealed, _place(operator_id, shopper_id, declared_at))
    return msgspec.json.decode(plain, type=Declared), declared_at


async def every(
    connection: AsyncConnection, master: SealingKey, operator_id: UUID, shopper_id: UUID
) -> list[tuple[Declared, datetime]]:
    """All that is kept of what a shopper declared, the oldest first."""
    return [
        (msgspec.json.decode(master.open(sealed, _place(operator_id, shopper_id, at)), type=Declared), at)
        for at, sealed in await fetch(connection, _EVERY, (operator_id, shopper_id))
    ]


async def forget(connection: AsyncConnection, operator_id: UUID, before: datetime) -> int:
    """Destroy what was declared before an instant; answers how many declarations."""
    return (await connection.exec_driver_sql(_FORGET, (operator_id, before))).rowcount


def _place(operator_id: UUID, shopper_id: UUID, at: datetime) -> bytes:
    return context(operator_id.bytes, b"declared_means", shopper_id.bytes, at.isoformat().encode())
