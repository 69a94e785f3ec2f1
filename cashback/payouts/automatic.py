"""Pays out by itself what has reached its threshold: a worker's step over sets, of which any number may run."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import system
from cashback.db.engine import fetch, transaction
from cashback.ids import uuid7
from cashback.payouts import accounts, storage
from cashback.payouts.commands import AUTOMATIC, begin_and_judge, new_payout
from cashback.payouts.policy import AssetPayouts, load_policy
from cashback.payouts.schemas import WITHOUT_ACCOUNT, Asked, Payout, RailName
from cashback.programmes.schemas import Programme
from cashback.programmes.service import load_programme, lock_revision_shared
from cashback.rewards.passing import settle_lots

SET_MAX = 500
"""Shoppers of one asset in one transaction."""
AFTER_A_FAILURE = timedelta(hours=24)
"""What failed, came back or was stopped is not tried again by itself before."""

# One payout at a time: while one is open, or has just failed, what is available waits for it.
_REACHED = """
SELECT b.shopper_id FROM balances b JOIN shoppers s ON s.shopper_id = b.shopper_id
WHERE b.operator_id = $1 AND b.asset = $2 AND b.available >= $3
    AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.shopper_id = b.shopper_id AND p.asset = b.asset
        AND (p.state NOT IN ('paid', 'failed', 'returned', 'cancelled', 'stopped')
            OR (p.state <> 'paid' AND EXISTS (SELECT 1 FROM payout_moves m WHERE m.shopper_id = p.shopper_id
                AND m.payout_id = p.id AND m.number = p.moves - 1 AND m.at > $4))))
    AND ($5 OR EXISTS (SELECT 1 FROM payout_accounts a WHERE a.shopper_id = b.shopper_id AND a.removed_at IS NULL
        AND a.rail = ANY($6::text[])))
ORDER BY b.shopper_id LIMIT $7 FOR NO KEY UPDATE OF s SKIP LOCKED
"""


async def request_reached(engine: AsyncEngine, operator_id: UUID, now: datetime) -> int:
    """Ask for payouts wherever a threshold was reached; answers how many. Again: only for what was reached since."""
    async with transaction(engine, operator_id) as connection:
        await lock_revision_shared(connection, operator_id)
        policy = await load_policy(connection, operator_id)
        thresholds = [] if policy is None else [each for each in policy.assets if each.automatic_at is not None]
        if not thresholds:
            return 0
        programme = await load_programme(connection, operator_id)
        made: list[Payout] = []
        for terms in thresholds:
            made += await _reached(connection, programme, terms, now)
        if made:
            await begin_and_judge(connection, system(operator_id, "payouts"), programme, policy, made, now)
        return len(made)


async def _reached(
    connection: AsyncConnection, programme: Programme, terms: AssetPayouts, now: datetime
) -> Sequence[Payout]:
    """New payouts of the shoppers that were found and locked, judged by what stands under the lock."""
    assert terms.automatic_at is not None
    rails = [each.value for each in terms.rails]
    anybody = any(each in WITHOUT_ACCOUNT for each in terms.rails)
    since = now - AFTER_A_FAILURE
    asked = (programme.operator_id, terms.asset, terms.automatic_at, since, anybody, rails, SET_MAX)
    found = {row[0] for row in await fetch(connection, _REACHED, asked)}
    # Read once more under the locks: whoever held one of these shoppers a moment ago may have asked for a payout.
    locked = [row[0] for row in await fetch(connection, _REACHED, asked) if row[0] in found]
    # What has expired by now is not paid out, although nobody has taken it from the wallet yet.
    await settle_lots(connection, programme, set(locked), now)
    mine = await accounts.of_shoppers(connection, locked)
    held = await storage.balances(connection, terms.asset, locked)
    made = []
    for shopper_id in locked:
        way = accounts.chosen([each for each in mine if each.shopper_id == shopper_id], terms.rails)
        if way is None or held[shopper_id] < terms.automatic_at:
            continue
        rail, account_id = way
        amount = _amount(terms, rail, held[shopper_id])
        wanted = Asked(shopper_id, f"{AUTOMATIC}{uuid7(now).hex}", terms.asset, amount, rail, account_id)
        made.append(new_payout(wanted, rail, account_id, "system:payouts", now))
    return made


def _amount(terms: AssetPayouts, rail: RailName, held: int) -> int:
    """All that is available, as far as a day's caps go; of gift cards one, whose value is the threshold."""
    assert terms.automatic_at is not None
    if rail is RailName.GIFT_CARD:
        return terms.automatic_at
    caps = [cap for cap in (terms.daily_cap_shopper, terms.daily_cap_operator) if cap is not None]
    return min(held, *caps) if caps else held
