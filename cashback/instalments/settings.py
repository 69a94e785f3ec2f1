"""How an operator runs its plans: read, and set by a command. Without settings an operator offers no plans."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Conflict, Invalid
from cashback.instalments.schemas import Settings
from cashback.programmes import audit_log
from cashback.programmes.service import bump_revision, lock_programme, no_programme, require_programme_scope

LATE_FEE_MAX_BPS = 800
"""D. 312-16: at most 8 % of what is due; a fee in minor units is cut down to that for each instalment."""
_LOAD = "SELECT settings::text FROM instalment_settings WHERE operator_id = $1"
_SAVE = """
INSERT INTO instalment_settings (operator_id, settings, set_by, set_at) VALUES ($1, $2::jsonb, $3, $4)
ON CONFLICT (operator_id) DO UPDATE SET settings = excluded.settings, set_by = excluded.set_by, set_at = excluded.set_at
"""


async def load(connection: AsyncConnection, operator_id: UUID) -> Settings | None:
    """The settings in force; None where the operator offers no plans."""
    text = (await connection.exec_driver_sql(_LOAD, (operator_id,))).scalar()
    return None if text is None else msgspec.json.decode(text, type=Settings)


async def in_force(connection: AsyncConnection, operator_id: UUID) -> Settings:
    """The settings in force; Conflict where the operator offers no plans."""
    found = await load(connection, operator_id)
    if found is None:
        raise Conflict("this operator offers no plans: tell how they are run first", code="instalments_not_offered")
    return found


async def save(connection: AsyncConnection, actor: Actor, settings: Settings, now: datetime) -> None:
    """Say how plans are run from now on; plans that were accepted keep their policy of refunds. The first time it opens
    plans. Forbidden without the scope `programme`, Invalid for what cannot be."""
    require_programme_scope(actor)
    check(settings)
    if await lock_programme(connection, actor.operator_id) is None:
        raise no_programme()
    written = plain(settings)
    text = msgspec.json.encode(written).decode()
    await connection.exec_driver_sql(_SAVE, (actor.operator_id, text, actor.name, now))
    await audit_log.record(connection, actor, "plan.settings", "plans", written, now)
    await bump_revision(connection, actor.operator_id)


def check(settings: Settings) -> None:
    """Invalid, with what was expected, for settings that no plan can be run by."""
    days = settings.retry_days
    rules: tuple[tuple[bool, str], ...] = (
        (len(days) <= 3 and list(days) == sorted(set(days)), "at most three days of retry, ascending"),
        (all(1 <= each <= 30 for each in days), "days of retry from 1 to 30"),
        (0 <= settings.remind_days <= 14, "a reminder 0 to 14 days before"),
        (0 <= settings.late_fee_minor <= 100_00, "a late fee of 0 to 10000 minor units"),
        (5 <= settings.opening_minutes <= 24 * 60, "5 to 1440 minutes for the first payment"),
        (31 <= settings.write_off_days <= 730, "31 to 730 days before a plan is written off"),
    )
    for holds, expected in rules:
        if not holds:
            raise Invalid(f"settings of plans: expected {expected}, got {plain(settings)}", code="settings")


def plain(settings: Settings) -> dict[str, Any]:
    """Settings as an object of texts and numbers."""
    return {**asdict(settings), "refund_policy": settings.refund_policy.value, "retry_days": list(settings.retry_days)}
