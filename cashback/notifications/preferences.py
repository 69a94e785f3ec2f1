"""What somebody wants to be told of, and how: kept where it differs from how it comes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Invalid, NotFound
from cashback.ids import show
from cashback.notifications.topics import MUST, Channel, Topic
from cashback.programmes import audit_log
from cashback.shoppers.service import lock, require

Choices = Mapping[tuple[Topic, Channel], bool]

_READ = "SELECT shopper_id, topic, channel, wanted FROM notice_preferences WHERE shopper_id = ANY($1::uuid[])"
_CHOOSE = """
INSERT INTO notice_preferences (operator_id, shopper_id, topic, channel, wanted, changed_at)
SELECT $1, $2, t.*, $6 FROM unnest($3::text[], $4::text[], $5::boolean[]) AS t
ON CONFLICT (shopper_id, topic, channel) DO UPDATE SET wanted = excluded.wanted, changed_at = excluded.changed_at
WHERE notice_preferences.wanted <> excluded.wanted
"""


async def read(connection: AsyncConnection, shopper_ids: Sequence[UUID]) -> dict[UUID, Choices]:
    """What each of them chose; those who chose nothing are left out."""
    found: dict[UUID, dict[tuple[Topic, Channel], bool]] = {}
    for shopper_id, topic, channel, wanted in await fetch(connection, _READ, (list(shopper_ids),)):
        found.setdefault(shopper_id, {})[Topic(topic), Channel(channel)] = wanted
    return dict(found)


async def choose(connection: AsyncConnection, actor: Actor, shopper_id: UUID, choices: Choices, now: datetime) -> None:
    """Keep what a shopper chose, or what was chosen for them, which is written down. Invalid for a topic that must be
    told, NotFound for who was erased."""
    forced = sorted(topic.value for topic, _ in choices if topic in MUST)
    if forced:
        raise Invalid(f"{forced[0]} is told whatever is chosen", code="must_be_told")
    if not await lock(connection, [shopper_id]):
        raise NotFound(f"there is no shopper {show('shp', shopper_id)}", code="unknown_shopper")
    ordered = sorted(choices.items())
    if actor.shopper_id != shopper_id:
        require(actor, Scope.SHOPPERS)
        chosen = {f"{topic.value}.{channel.value}": wanted for (topic, channel), wanted in ordered}
        await audit_log.record(connection, actor, "preferences.chosen", show("shp", shopper_id), chosen, now)
    row = (
        actor.operator_id,
        shopper_id,
        [topic.value for (topic, _), _ in ordered],
        [channel.value for (_, channel), _ in ordered],
        [wanted for _, wanted in ordered],
        now,
    )
    await connection.exec_driver_sql(_CHOOSE, row)
