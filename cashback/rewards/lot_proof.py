"""The proof of lots, for the audit: what has expired, what is left and when balances turn, derived once more."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.chart import AVAILABLE, IN_TRANSIT, PAID
from cashback.offers.lots import Stand
from cashback.programmes.schemas import Programme
from cashback.rewards import lot_storage, storage
from cashback.rewards.aging import NOTHING_ENDS, stands_of
from cashback.rewards.lot_storage import End, Holding, Pair

PAGE = 500
"""Shoppers looked at together."""

_SPENT = f"('{PAID}', '{IN_TRANSIT}')"

STATEMENTS: dict[str, str] = {
    "what was spent was taken of lots, under the same key": f"""
        SELECT coalesce(t.shopper_id, u.shopper_id), coalesce(t.key, u.key), t.asset, t.amount, u.asset, u.amount
        FROM (SELECT shopper_id, key, asset, sum(amount)::bigint AS amount FROM lot_uses WHERE NOT back
            GROUP BY 1, 2, 3) AS u
        FULL JOIN (SELECT shopper_id, key, asset, amount, credit FROM transfers WHERE debit = '{AVAILABLE}') AS t
            ON t.shopper_id = u.shopper_id AND t.key = u.key
        WHERE (t.credit IN {_SPENT} OR u.key IS NOT NULL)
            AND (t.asset, t.amount) IS DISTINCT FROM (u.asset, u.amount) LIMIT 1""",  # noqa: S608 - built from constants
    "what came back of spending came back to lots": f"""
        SELECT coalesce(t.shopper_id, u.shopper_id), coalesce(t.asset, u.asset), t.amount, u.amount
        FROM (SELECT shopper_id, asset, sum(amount)::bigint AS amount FROM lot_uses WHERE back GROUP BY 1, 2) AS u
        FULL JOIN (SELECT shopper_id, asset, sum(amount)::bigint AS amount FROM transfers
            WHERE credit = '{AVAILABLE}' AND debit IN {_SPENT} GROUP BY 1, 2) AS t
            ON t.shopper_id = u.shopper_id AND t.asset = u.asset
        WHERE t.amount IS DISTINCT FROM u.amount LIMIT 1""",  # noqa: S608 - built from constants
    "no lot gave more than was ever in it": f"""
        SELECT u.reward_id, u.amount, t.amount FROM (
            SELECT shopper_id, reward_id, sum(amount) AS amount FROM lot_uses
            WHERE reward_id IS NOT NULL
                AND (shopper_id, key) NOT IN (SELECT shopper_id, key FROM lot_uses WHERE back)
            GROUP BY 1, 2) AS u
        LEFT JOIN (SELECT shopper_id, split_part(key, ':', 2) AS reward, sum(amount) AS amount FROM transfers
            WHERE key LIKE 'reward:%' AND credit = '{AVAILABLE}' GROUP BY 1, 2) AS t
            ON t.shopper_id = u.shopper_id AND t.reward = replace(u.reward_id::text, '-', '')
        WHERE u.amount > coalesce(t.amount, 0) LIMIT 1""",  # noqa: S608 - built from constants
}
"""Each finds the first row that breaks it, or nothing."""

EXPIRED = "what has expired is what lots and uses say"
LEFT = "what is left of lots is what is available"
TURNS = "a balance says when it turns next"
EXCHANGED = "points convert as their matured sum says"
DERIVED = (EXPIRED, LEFT, TURNS)

_SHOPPERS = """
SELECT shopper_id FROM (SELECT shopper_id FROM rewards WHERE expires_at IS NOT NULL
    UNION SELECT shopper_id FROM lot_uses UNION SELECT shopper_id FROM lot_ends) AS s
WHERE shopper_id > $1 AND shopper_id NOT IN (SELECT shopper_id FROM shoppers WHERE erased_at IS NOT NULL)
ORDER BY shopper_id LIMIT $2
"""
_WAITING = """
SELECT shopper_id FROM lot_ends WHERE shopper_id = ANY($1::uuid[]) AND due_at <= $2
UNION SELECT shopper_id FROM matured_years WHERE shopper_id = ANY($1::uuid[]) AND due_at <= $2
"""
_AVAILABLE = "SELECT shopper_id, asset, available FROM balances WHERE shopper_id = ANY($1::uuid[])"


async def broken_lots(
    connection: AsyncConnection, programme: Programme, now: datetime
) -> AsyncIterator[tuple[str, str] | UUID]:
    """Derive the lots of everybody whose lots matter: an invariant with the row that breaks it, or a shopper who waits.

    Of a shopper for whom time has changed something that no worker has settled yet nothing is said.
    """
    after = UUID(int=0)
    while True:
        page = [row[0] for row in await fetch(connection, _SHOPPERS, (after, PAGE))]
        if not page:
            return
        waiting = {row[0] for row in await fetch(connection, _WAITING, (page, now))}
        held = await lot_storage.holdings_of(connection, page)
        ends = await lot_storage.ends_of(connection, page)
        pairs = [(shopper_id, asset) for shopper_id, each in held.items() for asset in each]
        years = await storage.years_of(connection, pairs)
        available = {(row[0], row[1]): row[2] for row in await fetch(connection, _AVAILABLE, (page,))}
        for shopper_id in page:
            if shopper_id in waiting:
                yield shopper_id
                continue
            stands = stands_of(programme, held[shopper_id], now, everything=True)
            for asset in held[shopper_id].keys() | {asset for owner, asset in ends if owner == shopper_id}:
                pair = (shopper_id, asset)
                exchanged = {year: row.converted for year, row in years.get(pair, {}).items() if row.converted}
                facts = (available.get(pair, 0), ends.get(pair, NOTHING_ENDS), exchanged)
                for broken in _compare(pair, held[shopper_id][asset], stands.get(asset, Stand()), *facts):
                    yield broken
        after = page[-1]


def _compare(
    pair: Pair, holding: Holding, stand: Stand, available: int, end: End, exchanged: Mapping[int, int]
) -> Iterator[tuple[str, str]]:
    for row in holding.rows.values():
        expired = stand.expired.get(row.id, 0)
        if row.expired != expired:
            yield EXPIRED, f"reward {row.id}: {row.expired}, not {expired}"
    left = sum(each.amount for each in stand.left) - stand.debt
    if left != available:
        yield LEFT, f"{pair}: {available}, not {left}"
    if holding.expires and exchanged != stand.converted:
        yield EXCHANGED, f"{pair}: {exchanged}, not {stand.converted}"
    turn = stand.next_end() or NOTHING_ENDS[:2]
    if end[:2] != turn:
        yield TURNS, f"{pair}: {end[:2]}, not {turn}"
