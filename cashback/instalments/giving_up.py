"""Writing a plan off by command: one person asks, another one agrees, and only then anything moves."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden
from cashback.instalments import moves, service, storage
from cashback.instalments.moves import change
from cashback.instalments.schemas import Plan, PlanState
from cashback.shoppers.service import require
from issuers.card_numbers import mask_text

ASKED = "write_off_asked"
BY_PEOPLE = "agreed"
"""The reason of a plan that two people wrote off."""
ASKED_FOR = timedelta(days=30)
"""How long what one person asked for may be agreed to."""


async def write_off(connection: AsyncConnection, actor: Actor, plan: Plan, words: str, now: datetime) -> Plan:
    """Ask for an active plan to be written off; where somebody else asked within 30 days, it is.

    Forbidden without the scope `money` and for who asked alone; Conflict unless it is active. The caller holds the
    shopper's lock.
    """
    require(actor, Scope.MONEY)
    if plan.state is not PlanState.ACTIVE:
        raise Conflict(f"plan {plan.ref} is {plan.state}: only an active one is written off", code="plan_state")
    asked = [
        by
        for _, what, _, _, by, at in await storage.moves_of(connection, plan)
        if what == ASKED and at > now - ASKED_FOR
    ]
    if asked and asked[-1] != actor.name:
        return await service.give_up(connection, actor, plan, BY_PEOPLE, now)
    if asked:
        raise Forbidden(f"{actor.name} asked for it: somebody else has to agree", code="second_person")
    done = change(plan, ASKED, detail={"words": mask_text(words), "owed_minor": plan.owed_minor})
    await moves.move(connection, actor, [done], now)
    return done.after
