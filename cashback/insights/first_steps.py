"""How far an integrator has come on the way to the first event; each step is read from what it leaves behind."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What was done already."""

    key: bool
    """There is an API key in force."""
    asked: bool
    """A request with a key was answered."""
    listening: bool
    """There is an endpoint, or the stream of events was opened."""
    card: bool
    """A card of a network that can be played is linked."""
    event: bool
    """A purchase was recognised and told."""

    @property
    def done(self) -> tuple[bool, ...]:
        """The five steps in their order."""
        return (self.key, self.asked, self.listening, self.card, self.event)


_READ = """
SELECT EXISTS (SELECT 1 FROM api_keys WHERE operator_id = $1 AND revoked_at IS NULL) AS key,
    EXISTS (SELECT 1 FROM api_keys WHERE operator_id = $1 AND last_used_at IS NOT NULL) AS asked,
    EXISTS (SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1)
        OR EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1) AS listening,
    EXISTS (SELECT 1 FROM cards WHERE operator_id = $1 AND unlinked_at IS NULL AND network = ANY($2::text[])) AS card,
    EXISTS (SELECT 1 FROM outbox_messages WHERE tenant_id = $1 AND type LIKE 'purchase.%') AS event
"""


async def read_first_steps(connection: AsyncConnection, operator_id: UUID, networks: list[str]) -> FirstSteps:
    """One statement; `networks` are those that the simulator plays."""
    row = (await connection.exec_driver_sql(_READ, (operator_id, networks))).one()
    return FirstSteps(row.key, row.asked, row.listening, row.card, row.event)
