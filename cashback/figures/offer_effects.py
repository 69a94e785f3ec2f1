"""What an offer changed: the spend of those who may receive it against those who are held out of it.

Both groups are told by a hash of the shopper, so nothing but chance divides them. Sums are taken over all members with
a linked card, in the shops of the offer, some thousands of members at a time, beside the pages; they are kept, and
compared as the programme's own groups are.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.clock import Clock
from cashback.db.engine import fetch, transaction
from cashback.figures.uplift import Group, TooFew, Uplift, compare
from cashback.offers.compiled import CompiledOffer
from cashback.offers.holdout import PROGRAMME, held_out

AT_ONCE = 5_000
WINDOW = timedelta(days=90)
"""So far back purchases are compared, at most."""
STALE_AFTER = timedelta(hours=6)

_log = structlog.get_logger(__name__)

_MEMBERS = """
SELECT s.shopper_id FROM shoppers s
WHERE s.operator_id = $1 AND s.shopper_id > $2 AND EXISTS (SELECT 1 FROM cards c WHERE c.shopper_id = s.shopper_id)
ORDER BY s.shopper_id LIMIT $3
"""
_SUMS = """
SELECT t.held, count(*), coalesce(sum(b.spent), 0)::bigint, coalesce(sum(b.spent::numeric * b.spent), 0)::text,
    count(*) FILTER (WHERE b.purchases > 0), coalesce(sum(b.purchases), 0)::bigint, count(*) FILTER (WHERE b.earned > 0)
FROM unnest($1::uuid[], $2::boolean[]) AS t (shopper_id, held)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.net_minor), 0) AS spent, count(*) AS purchases, count(*) FILTER (WHERE r.amount > 0) AS earned
    FROM purchases p
    LEFT JOIN rewards r ON r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.offer_id = $3
    WHERE p.shopper_id = t.shopper_id AND p.purchased_at >= $4 AND p.purchased_at < $5 AND p.net_minor > 0
        AND p.shop_id = ANY($6::uuid[]) AND p.state IN ('authorized', 'cleared', 'partly_refunded')
) b
GROUP BY t.held
"""
_KEEP = """
INSERT INTO offer_effects (operator_id, offer_id, as_of, since, until, arms) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
ON CONFLICT (operator_id, offer_id) DO UPDATE SET as_of = excluded.as_of, since = excluded.since,
    until = excluded.until, arms = excluded.arms
"""
_FIND = "SELECT as_of, since, until, arms::text FROM offer_effects WHERE operator_id = $1 AND offer_id = $2"
_ACTIVATED = """
SELECT count(DISTINCT shopper_id) FROM shopper_facts WHERE operator_id = $1 AND fact = 'activation' AND value = $2
"""
_NOBODY = UUID(int=0)


@dataclass(slots=True)
class Arm:
    """Sums over one group of members; `spent` in minor units of the programme's currency."""

    members: int = 0
    spent: int = 0
    squares: int = 0
    """Of what each of them spent."""
    buyers: int = 0
    purchases: int = 0
    earners: int = 0

    def add(self, members: int, spent: int, squares: int, buyers: int, purchases: int, earners: int) -> None:
        """Take in the sums of some more."""
        self.members += members
        self.spent += spent
        self.squares += squares
        self.buyers += buyers
        self.purchases += purchases
        self.earners += earners

    @property
    def group(self) -> Group:
        """As one side of a comparison."""
        return Group(self.members, self.buyers, self.spent, self.squares)


@dataclass(frozen=True, slots=True)
class Effect:
    """Both groups over a stretch of time."""

    as_of: datetime
    since: datetime
    until: datetime
    reached: Arm
    held: Arm
    activated: int | None
    """Members who ever activated it; None where nobody has to."""

    @property
    def compared(self) -> Uplift | TooFew:
        """What those who may receive it spent more, or what there is too little of to say so."""
        return compare(self.reached.group, self.held.group)


async def read_effect(connection: AsyncConnection, operator_id: UUID, offer_id: UUID) -> Effect | None:
    """What was measured last; None before the first time."""
    rows = await fetch(connection, _FIND, (operator_id, offer_id))
    if not rows:
        return None
    as_of, since, until, arms = rows[0]
    told = msgspec.json.decode(arms)
    return Effect(as_of, since, until, Arm(**told["reached"]), Arm(**told["held"]), told["activated"])


async def measure(
    engine: AsyncEngine, offer: CompiledOffer, shops: Sequence[UUID], operator_id: UUID, holdout_bps: int, now: datetime
) -> None:
    """Take the sums of an offer and keep them. `shops` are those it counts in, `holdout_bps` the programme's own group,
    which receives no offer and is in neither arm."""
    until = min(now, offer.live_until)
    since = max(offer.live_from, until - WINDOW)
    arms = {False: Arm(), True: Arm()}
    last = _NOBODY
    while True:
        async with transaction(engine, operator_id) as connection:
            found = [shopper for (shopper,) in await fetch(connection, _MEMBERS, (operator_id, last, AT_ONCE))]
            asked = [each for each in found if not held_out(operator_id, PROGRAMME, holdout_bps, each)]
            held = [offer.holds_out(operator_id, each) for each in asked]
            values = (asked, held, offer.offer_id, since, until, list(shops))
            for arm, members, spent, squares, *rest in await fetch(connection, _SUMS, values):
                arms[arm].add(members, spent, int(squares), *rest)
        if len(found) < AT_ONCE:
            break
        last = found[-1]
    async with transaction(engine, operator_id) as connection:
        activated: int | None = None
        if any(each.name() == "activated" for each in offer.terms.conditions):
            ((activated,),) = await fetch(connection, _ACTIVATED, (operator_id, offer.code))
        told = {"reached": asdict(arms[False]), "held": asdict(arms[True]), "activated": activated}
        row = (operator_id, offer.offer_id, now, since, until, msgspec.json.encode(told).decode())
        await connection.exec_driver_sql(_KEEP, row)


class Measures:
    """The measurements that this process has under way, one of each offer."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._work: dict[tuple[UUID, UUID], asyncio.Task[None]] = {}

    def begin(self, offer: CompiledOffer, shops: Sequence[UUID], operator_id: UUID, holdout_bps: int) -> None:
        """Measure an offer, unless that is being done."""
        key = operator_id, offer.offer_id
        if key not in self._work:
            self._work[key] = asyncio.create_task(self._run(key, offer, shops, holdout_bps))

    def under_way(self, operator_id: UUID, offer_id: UUID) -> bool:
        """Whether an offer is being measured here."""
        return (operator_id, offer_id) in self._work

    async def settled(self) -> None:
        """Wait until nothing is measured."""
        await asyncio.gather(*self._work.values(), return_exceptions=True)

    async def close(self) -> None:
        """Give up what is measured."""
        for task in self._work.values():
            task.cancel()
        await self.settled()

    async def _run(self, key: tuple[UUID, UUID], offer: CompiledOffer, shops: Sequence[UUID], holdout_bps: int) -> None:
        try:
            await measure(self._engine, offer, shops, key[0], holdout_bps, self._clock.now())
        except Exception:
            _log.exception("measure.failed", code=offer.code)
        finally:
            del self._work[key]
