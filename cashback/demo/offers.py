"""Offers of the demonstration under way: a draft, a change that waits, one that is to begin, one that is paused.

Two invented people decide, one who writes and one who approves, as everywhere else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.backtest.trials import Asking, Trials
from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.offers import drafts
from cashback.offers.journal import find_history
from cashback.offers.terms import Terms
from cashback.programme_file.budgets import save_budgets
from cashback.programme_file.reading import offer_from
from cashback.programme_file.service import read_current
from cashback.programme_file.yaml_text import Tree
from cashback.programmes.service import no_programme

AUTHOR, APPROVER = "person:margaux", "person:karim"
BEGINS_IN, LASTS = timedelta(days=9), timedelta(days=7)
TRIED_DAYS = 30

BRUNCH: Mapping[str, Any] = {
    "code": "weekend-brunch",
    "name": {"en": "Weekend brunch", "fr": "Brunch du week-end"},
    "promise": {
        "en": "4 % back in our restaurants on weekend mornings, up to 8 EUR.",
        "fr": "4 % remboursés dans nos restaurants le week-end en matinée, jusqu'à 8 EUR.",
    },
    "conditions": [
        {"kind": "categories", "categories": ["5812", "5814"]},
        {"kind": "weekdays", "weekdays": ["sat", "sun"]},
        {"kind": "hours", "ranges": [{"from": "10:00", "to": "14:00"}]},
        {"kind": "minimum_spend", "amount": "12.00"},
    ],
    "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 400, "cap_per_purchase": "8.00"},
    "hold_days": 14,
    "budget": "800.00",
    "holdout_bps": 1000,
}
FASHION: Mapping[str, Any] = {
    "code": "fashion",
    "name": {"en": "6 % on fashion and shoes", "fr": "6 % sur la mode et les chaussures"},
    "promise": {
        "en": "6 % back on fashion and shoes from 35 EUR, up to 20 EUR per purchase.",
        "fr": "6 % remboursés sur la mode et les chaussures dès 35 EUR, jusqu'à 20 EUR par achat.",
    },
    "conditions": [
        {"kind": "categories", "categories": ["5611", "5621", "5641", "5651", "5661"]},
        {"kind": "minimum_spend", "amount": "35.00"},
    ],
    "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 600, "cap_per_purchase": "20.00"},
    "hold_days": 30,
    "holdout_bps": 1000,
    "funding": [{"funder": "brand", "share_bps": 6000}, {"funder": "operator", "share_bps": 4000}],
    "commission_bps": 1000,
}
WEEK: Mapping[str, Any] = {
    "code": "canal-week",
    "name": {"en": "Canal week", "fr": "Semaine du canal"},
    "promise": {
        "en": "6 % back everywhere from 50 EUR, for one week.",
        "fr": "6 % remboursés partout dès 50 EUR, pendant une semaine.",
    },
    "conditions": [{"kind": "minimum_spend", "amount": "50.00"}],
    "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 600, "cap_per_purchase": "25.00"},
    "hold_days": 14,
    "budget": "5000.00",
    "limits": [{"measure": "times", "at_most": 2, "per": "shopper", "period": "week"}],
}
FLOWERS: Mapping[str, Any] = {
    "code": "tuesday-flowers",
    "name": {"en": "Tuesday flowers", "fr": "Les fleurs du mardi"},
    "promise": {"en": "3 EUR back at the florist on Tuesdays.", "fr": "3 EUR remboursés chez le fleuriste le mardi."},
    "conditions": [
        {"kind": "categories", "categories": ["5992"]},
        {"kind": "weekdays", "weekdays": ["tue"]},
        {"kind": "minimum_spend", "amount": "15.00"},
    ],
    "reward": {"kind": "fixed", "asset": "EUR", "amount": "3.00"},
    "hold_days": 7,
    "budget": "300.00",
}


async def write_offers(engine: AsyncEngine, operator_id: UUID, now: datetime) -> None:
    """Write them as of `now`, and try the change that waits on the past."""
    author = Actor(operator_id, AUTHOR, frozenset({Scope.READ, Scope.PROGRAMME}))
    approver = Actor(operator_id, APPROVER, frozenset({Scope.READ, Scope.APPROVAL}))
    async with transaction(engine, operator_id) as connection:
        await _draft(connection, author, BRUNCH, now)
        fashion = await _draft(connection, author, FASHION, now)
        await _submit(connection, author, "fashion", now, "Six weeks before the sales: the brands pay 60 %.")
        for each in (WEEK, FLOWERS):
            await _draft(connection, author, each, now)
            await _submit(connection, author, each["code"], now, None)
        await _approve(connection, approver, "canal-week", now, now + BEGINS_IN)
        await _approve(connection, approver, "tuesday-flowers", now, None)
        paused_at = now + timedelta(seconds=1)
        revision = await _revision(connection, operator_id, "tuesday-flowers")
        await drafts.pause(
            connection,
            author,
            "tuesday-flowers",
            expected_revision=revision,
            now=paused_at,
            reason="The florist is closed for works.",
        )
    trials, today = Trials(engine, HeldClock(now)), now.date()
    last = today + timedelta(days=1)
    await trials.begin(author, Asking("fashion", fashion, last - timedelta(days=TRIED_DAYS), last))
    await trials.settled()


async def _draft(connection: AsyncConnection, author: Actor, offer: Mapping[str, Any], now: datetime) -> Terms:
    current = await read_current(connection, author.operator_id, now)
    if current is None:
        raise no_programme()
    terms = offer_from(Tree(offer), current).terms()
    revision = await _revision(connection, author.operator_id, offer["code"])
    await drafts.revise(connection, author, offer["code"], terms, expected_revision=revision, now=now)
    return terms


async def _submit(connection: AsyncConnection, author: Actor, code: str, now: datetime, comment: str | None) -> None:
    revision = await _revision(connection, author.operator_id, code)
    await drafts.submit(connection, author, code, expected_revision=revision, now=now, comment=comment)


async def _approve(
    connection: AsyncConnection, approver: Actor, code: str, now: datetime, starts_at: datetime | None
) -> None:
    await drafts.approve(
        connection,
        approver,
        code,
        expected_revision=await _revision(connection, approver.operator_id, code),
        now=now,
        save_budgets=save_budgets,
        starts_at=starts_at,
        ends_at=None if starts_at is None else starts_at + LASTS,
    )


async def _revision(connection: AsyncConnection, operator_id: UUID, code: str) -> int:
    history = await find_history(connection, operator_id, code)
    return 0 if history is None else history.revision
