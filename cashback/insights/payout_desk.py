"""Payouts as the money desk lists them: a page of some states by the index of each, and what is under way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.payouts import storage
from cashback.payouts.moves import OPEN
from cashback.payouts.schemas import Payout, RailName, State
from cashback.programmes.schemas import currency_of

_PAGE = """
SELECT p.id FROM unnest($2::text[]) AS s (state) CROSS JOIN LATERAL (
    SELECT o.id, o.requested_at FROM payouts o WHERE o.operator_id = $1 AND o.state = s.state
        AND ($3::text IS NULL OR o.rail = $3) AND ($4::timestamptz IS NULL OR o.requested_at >= $4)
        AND ($5::timestamptz IS NULL OR o.requested_at < $5)
        AND ($6::timestamptz IS NULL OR (o.requested_at, o.id) {beyond} ($6, $7::uuid))
    ORDER BY o.requested_at {way}, o.id {way} LIMIT $8) AS p
ORDER BY p.requested_at {way}, p.id {way} LIMIT $8
"""
_OF_SHOPPER = """
SELECT o.id FROM payouts o WHERE o.operator_id = $1 AND o.shopper_id = $9 AND o.state = ANY($2::text[])
    AND ($3::text IS NULL OR o.rail = $3) AND ($4::timestamptz IS NULL OR o.requested_at >= $4)
    AND ($5::timestamptz IS NULL OR o.requested_at < $5)
    AND ($6::timestamptz IS NULL OR (o.requested_at, o.id) {beyond} ($6, $7::uuid))
ORDER BY o.requested_at {way}, o.id {way} LIMIT $8
"""
_UNDER_WAY = """
SELECT state, asset, rail, count(*), sum(amount)::bigint FROM payouts
WHERE operator_id = $1 AND state = ANY($2::text[]) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_ACCOUNTS = (
    "SELECT shopper_id, id, last_four FROM payout_accounts WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[])"
)
_APPROVALS = """
SELECT approver, verdict, words, at FROM payout_approvals WHERE shopper_id = $1 AND payout_id = $2 ORDER BY at
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which payouts; None: any. Times are those of the request, half-open."""

    states: Collection[State] = tuple(State)
    rail: RailName | None = None
    since: datetime | None = None
    until: datetime | None = None
    shopper_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A payout with the end of the account it goes to."""

    payout: Payout
    last_four: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many payouts stand in a state, and how much they are together, in units of the asset."""

    state: State
    asset: str
    rail: RailName
    count: int
    amount: int

    @property
    def currency(self) -> str | None:
        """Of an asset of money."""
        return currency_of(self.asset)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answered to a payout above the limit."""

    by: str
    verdict: str
    words: str
    at: datetime


async def page(
    connection: AsyncConnection,
    operator_id: UUID,
    wanted: Wanted,
    *,
    down: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Listed]:
    """A page of payouts in the order of their requests, behind the one of this instant and id."""
    way = {"way": "DESC", "beyond": "<"} if down else {"way": "ASC", "beyond": ">"}
    values: list[object] = [
        operator_id,
        [each.value for each in wanted.states],
        None if wanted.rail is None else wanted.rail.value,
        wanted.since,
        wanted.until,
        *(after or (None, None)),
        limit,
    ]
    if wanted.shopper_id is not None:
        values.append(wanted.shopper_id)
    statement = _PAGE if wanted.shopper_id is None else _OF_SHOPPER
    ids = [row[0] for row in await fetch(connection, statement.format(**way), tuple(values))]
    found = await storage.by_id(connection, operator_id, ids)
    return await with_accounts(connection, operator_id, [found[each] for each in ids])


async def with_accounts(connection: AsyncConnection, operator_id: UUID, payouts: Sequence[Payout]) -> list[Listed]:
    """The same payouts with the ends of their accounts, removed ones included."""
    owners = list({each.shopper_id for each in payouts if each.account_id is not None})
    rows = await fetch(connection, _ACCOUNTS, (operator_id, owners)) if owners else ()
    ends = {(row[0], row[1]): row[2] for row in rows}
    return [Listed(each, ends.get((each.shopper_id, each.account_id))) for each in payouts]


async def under_way(connection: AsyncConnection, operator_id: UUID) -> list[Waiting]:
    """What has neither ended nor come back, by state, asset and rail."""
    rows = await fetch(connection, _UNDER_WAY, (operator_id, [each.value for each in OPEN]))
    return [Waiting(State(row[0]), row[1], RailName(row[2]), row[3], row[4]) for row in rows]


async def answers(connection: AsyncConnection, payout: Payout) -> list[Said]:
    """Who answered to a payout, with their words, in order."""
    return [Said(*row) for row in await fetch(connection, _APPROVALS, (payout.shopper_id, payout.id))]
