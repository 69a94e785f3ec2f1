"""What purchases of the last while did, for the simulator: transfers of the ledger and events on their way out."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

SHOWN = 14
"""Rows of each side, the newest."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One transfer. `amount` is minor units of money, units of everything else."""

    id: UUID
    at: datetime
    debit: str
    credit: str
    asset: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """One event, and what became of its deliveries."""

    id: UUID
    at: datetime
    type: str
    delivered: int
    pending: int
    dead: int
    handed: bool
    """Whether the endpoints that listen were given it; before that nobody knows how many do."""
    endpoint: UUID | None
    """One that was given it."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Both sides, the newest first."""

    moved: tuple[Moved, ...]
    told: tuple[Told, ...]
    endpoints: bool
    """Whether there is one at all."""
    listened: bool
    """Whether events are written: there is an endpoint, or a stream was opened once."""

    @property
    def stamp(self) -> str:
        """Changes when anything shown does."""
        return blake2b(repr((self.moved, self.told, self.endpoints, self.listened)).encode(), digest_size=8).hexdigest()


_MOVED = """
SELECT id, posted_at AS at, debit, credit, asset, amount, reason FROM transfers
WHERE operator_id = $1 AND posted_at >= $2 AND ($4::uuid IS NULL OR shopper_id = $4) ORDER BY id DESC LIMIT $3
"""
_TOLD = """
SELECT o.id, o.at, o.type, count(d.*) FILTER (WHERE d.state = 'delivered') AS delivered,
    count(d.*) FILTER (WHERE d.state = 'pending') AS pending, count(d.*) FILTER (WHERE d.state = 'dead') AS dead,
    o.handed_at IS NOT NULL AS handed,
    (array_agg(d.endpoint_id) FILTER (WHERE d.endpoint_id IS NOT NULL))[1] AS endpoint
FROM (
    SELECT tenant_id, id, at, told_at, type, handed_at FROM outbox_messages
    WHERE tenant_id = $1 AND told_at >= $2 AND ($4::text IS NULL OR partition = $4)
    ORDER BY told_at DESC, id DESC LIMIT $3
) AS o
LEFT JOIN webhook_endpoints AS e ON e.tenant_id = o.tenant_id
LEFT JOIN webhook_deliveries AS d ON d.tenant_id = o.tenant_id AND d.endpoint_id = e.id AND d.message_id = o.id
GROUP BY o.id, o.at, o.told_at, o.type, o.handed_at ORDER BY o.told_at DESC, o.id DESC
"""


_LISTENING = """
SELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1 AND state <> 'removed') AS endpoints,
    EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1) AS stream
"""


async def read_effects(
    connection: AsyncConnection, operator_id: UUID, since: datetime, shopper_id: UUID | None = None
) -> Effects:
    """What was posted and told since an instant; of one shopper alone where one is named."""
    partition = None if shopper_id is None else shopper_id.hex
    moved = await connection.exec_driver_sql(_MOVED, (operator_id, since, SHOWN, shopper_id))
    told = await connection.exec_driver_sql(_TOLD, (operator_id, since, SHOWN, partition))
    listening = (await connection.exec_driver_sql(_LISTENING, (operator_id,))).one()
    return Effects(
        tuple(Moved(*tuple(row)) for row in moved),
        tuple(Told(*tuple(row)) for row in told),
        listening.endpoints,
        listening.endpoints or listening.stream,
    )
