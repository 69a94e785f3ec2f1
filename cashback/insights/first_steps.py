"""How far an integrator has come on the way to the first event; each step is read from what it leaves behind."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What was done already."""

    key: bool
    """The person has an API key in force."""
    asked: bool
    """A request with one of their keys was answered."""
    listening: bool
    """There is an endpoint, or the stream of events was opened."""
    card: bool
    """The sandbox shopper has a card of a network that can be played."""
    event: bool
    """A purchase of theirs was recognised and told."""
    shopper: UUID | None
    """The sandbox shopper, if there is one."""

    @property
    def done(self) -> tuple[bool, ...]:
        """The five steps in their order."""
        return (self.key, self.asked, self.listening, self.card, self.event)


_READ = """
WITH key AS (
    SELECT last_used_at, revoked_at FROM api_keys WHERE operator_id = $1 AND created_by = $3
), mine AS (
    SELECT shopper_id FROM shopper_references WHERE operator_id = $1 AND reference = $4
)
SELECT EXISTS (SELECT 1 FROM key WHERE revoked_at IS NULL) AS key,
    EXISTS (SELECT 1 FROM key WHERE last_used_at IS NOT NULL) AS asked,
    EXISTS (SELECT 1 FROM webhook_endpoints WHERE tenant_id = $1 AND state <> 'removed')
        OR EXISTS (SELECT 1 FROM outbox_streams WHERE tenant_id = $1) AS listening,
    EXISTS (SELECT 1 FROM cards JOIN mine USING (shopper_id)
        WHERE operator_id = $1 AND unlinked_at IS NULL AND network = ANY($2::text[])) AS card,
    EXISTS (SELECT 1 FROM purchases JOIN mine USING (shopper_id) WHERE operator_id = $1)
        AND EXISTS (SELECT 1 FROM outbox_messages JOIN mine ON partition = replace(mine.shopper_id::text, '-', '')
            WHERE tenant_id = $1 AND type LIKE 'purchase.%') AS event,
    (SELECT shopper_id FROM mine) AS shopper
"""


async def read_first_steps(
    connection: AsyncConnection, operator_id: UUID, networks: list[str], maker: str, reference: str
) -> FirstSteps:
    """One statement; `networks` are those that the simulator plays.

    `maker` is the name of the person whose keys count, `reference` that of the shopper whose card and purchases do:
    what others did before is no step of theirs.
    """
    row = (await connection.exec_driver_sql(_READ, (operator_id, networks, maker, reference))).one()
    return FirstSteps(row.key, row.asked, row.listening, row.card, row.event, row.shopper)
