"""The named checks that a planted bug must be caught by: the audit's invariants, and a few lines that know only the
truth of the load and nothing of the engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from world import World

WALLET = "each wallet is what the load is worth"
ACKNOWLEDGED = "every acknowledged delivery is in the log"

Wallet = dict[str, tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a load, whatever became of it."""

    wallets: Mapping[str, Wallet]
    acknowledged: frozenset[str] = field(default=frozenset())


def cashback(spent_minor: int, percent: int) -> int:
    """A percentage of an amount, rounded half up once: the oracle's only rule."""
    return int((Decimal(spent_minor) * percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


async def failed_checks(world: World, truth: Truth) -> set[str]:
    """The names of all checks that fail."""
    failed = {breach.invariant for breach in (await world.report()).breaches}
    if {name: await world.wallet(name) for name in truth.wallets} != dict(truth.wallets):
        failed.add(WALLET)
    stored = {delivery for (delivery,) in await world.rows("SELECT delivery_id FROM inbox_messages")}
    if not truth.acknowledged <= stored:
        failed.add(ACKNOWLEDGED)
    return failed
