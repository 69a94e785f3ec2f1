"""One round of everything that payouts do by themselves, in the order in which one thing leads to the next."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.payouts.automatic import request_reached
from cashback.payouts.outcomes import apply_news
from cashback.payouts.rails import Rails
from cashback.payouts.schemas import RailName
from cashback.payouts.sending import run_due
from cashback.payouts.stripe_rail import StripeRail
from webhooks.sealing import KeyRing

ROUNDS_MAX = 50
"""Rounds in a row: a worker with other operators does not stay with one for ever."""
RAILS = Rails(MappingProxyType({RailName.STRIPE: StripeRail.opened}))
"""The real rails that are called; files are made by a person, and gift cards lie in stock."""


async def pay_due(
    engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, rails: Rails, now: datetime
) -> Mapping[str, int]:
    """Apply what rails told, ask for what has reached its threshold, send and look up what is due, until nothing is.

    Answers what was done, empty when nothing was. Runs anywhere, any number of times.
    """
    done = {"told": 0, "asked": 0, "taken": 0}
    for _ in range(ROUNDS_MAX):
        told = await apply_news(engine, operator_id, now)
        asked = await request_reached(engine, operator_id, now)
        tally = await run_due(engine, keyring, operator_id, rails, now)
        if not told and not asked and not tally.taken:
            break
        done = {
            "told": done["told"] + told,
            "asked": done["asked"] + asked,
            "taken": done["taken"] + tally.taken,
            **{name: done.get(name, 0) + count for name, count in tally.answers.items()},
        }
    return done if any(done.values()) else {}
