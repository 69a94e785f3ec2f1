"""Test twins: for a live operator a test operator of the same programme, in which everything can be tried.

The programme is copied: centres, shops, identifiers, assets, offers, payouts' policy, what people may adjust alone,
and the look in force with its logo.
No shopper, no card, no purchase, no balance, no key, no endpoint and no credential is. Whatever is done to one of the
two, the other never sees: they are two operators.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Scope, system
from cashback.adjustments import service as adjustments
from cashback.branding import service as branding
from cashback.db.engine import fetch, transaction
from cashback.errors import Invalid
from cashback.programme_file.service import apply, read_current
from cashback.programmes.operators import OperatorMode, is_live, open_operator, twin_of
from cashback.programmes.service import load_programme

SUFFIX = "-test"
_NAMED = "SELECT slug, name FROM operators WHERE operator_id = $1"


@dataclass(frozen=True, slots=True)
class Twin:
    """A test operator as it was brought up to date."""

    operator_id: UUID
    slug: str
    new: bool
    changes: int
    """Of its programme, and of its look."""


async def bring_twin(engine: AsyncEngine, live_id: UUID, now: datetime) -> Twin:
    """Open the test twin of a live operator, or bring its programme up to date with what runs now.

    Ended halfway, it is brought to its end by doing it again. Invalid for a test operator, which has no twin.
    """
    async with transaction(engine, live_id) as connection:
        if not await is_live(connection, live_id):
            raise Invalid("only a live operator has a test twin, and this is a test operator", code="test_mode_only")
        ((slug, name),) = await fetch(connection, _NAMED, (live_id,))
        current = await read_current(connection, live_id, now)
        limits = await adjustments.limits(connection, live_id)
        look = await branding.current(connection, live_id)
        picture = None if look is None else await branding.picture_of(connection, look)
    found = await twin_of(engine, live_id)
    twin_id = found or await open_operator(
        engine,
        slug=f"{slug[: 64 - len(SUFFIX)]}{SUFFIX}",
        name=f"{name} (test)",
        now=now,
        mode=OperatorMode.TEST,
        twin_of=live_id,
    )
    actor, changes = system(twin_id, "twins"), 0
    async with transaction(engine, twin_id) as connection:
        if current is not None:
            changes = len((await apply(connection, actor, current, now)).changes)
            programme = await load_programme(connection, twin_id)
            for (scope, asset), alone_max in limits.items():
                await adjustments.set_limit(connection, actor, programme, Scope(scope), asset, alone_max, now)
        if look is not None:
            changes += await branding.take_over(connection, actor, look, picture, now)
        ((twin_slug, _),) = await fetch(connection, _NAMED, (twin_id,))
    return Twin(twin_id, twin_slug, found is None, changes)
