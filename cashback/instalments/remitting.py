"""Passing on what was collected: to each shop, or to the partner who lends, and writing down that it was.

What is to be passed on of a plan is the principal that was collected and is not to go back, less what was passed on
before; a refund after that makes it negative, and it is netted with the others of the same party. Fees stay with the
operator. The difference is posted, so that nothing is passed on twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid
from cashback.instalments import moves, storage
from cashback.instalments.moves import Change, Posting, change
from cashback.instalments.schemas import Plan
from cashback.instalments.service import lent_by
from cashback.ledger.chart import COLLECTED, PAYABLE_LENDER, PAYABLE_SHOP_PREFIX
from cashback.shoppers import service as shoppers
from cashback.shoppers.service import require

PLANS_MAX = 5000
"""Plans of one party that are passed on at a time, the oldest first."""

_LEFT_OF_PLANS = """
SELECT p.id, p.shopper_id, p.shop_id, p.currency, p.accepted_at,
    CASE WHEN p.funded_at IS NULL THEN 'payable:shop:' || replace(p.shop_id::text, '-', '') ELSE 'payable:lender' END
        AS account,
    sum(i.paid_minor - least(i.paid_minor, i.fee_minor))::bigint - p.remitted_minor AS minor
FROM plans p JOIN instalments i ON i.shopper_id = p.shopper_id AND i.plan_id = p.id
WHERE p.operator_id = $1 AND p.state NOT IN ('opening', 'cancelled')
GROUP BY p.shopper_id, p.id
HAVING sum(i.paid_minor - least(i.paid_minor, i.fee_minor)) <> p.remitted_minor
"""
_BY_PARTY = f"""
SELECT account, currency, count(*) AS plans, sum(minor)::bigint AS minor FROM ({_LEFT_OF_PLANS}) AS each
GROUP BY account, currency ORDER BY account, currency
"""  # noqa: S608 - built from constants
_OF_PARTY = f"""
SELECT id, shopper_id, minor FROM ({_LEFT_OF_PLANS}) AS each WHERE account = $2 AND currency = $3
ORDER BY minor > 0, accepted_at, id LIMIT $4
"""  # noqa: S608 - built from constants
_UNDER_KEY = """
SELECT sum((detail ->> 'minor')::bigint)::bigint, min(detail ->> 'account') FROM plan_moves
WHERE operator_id = $1 AND what = 'remitted' AND detail ->> 'key' = $2
"""


@dataclass(frozen=True, slots=True)
class Remittance:
    """What is to be passed on to one party, in minor units of the currency; below zero: it owes that much."""

    account: str
    """`payable:shop:<id in hex>` or `payable:lender`."""
    currency: str
    plans: int
    minor: int


def account_of(shop_id: UUID | None) -> str:
    """The account of a shop, or (None) of the partner."""
    return PAYABLE_LENDER if shop_id is None else f"{PAYABLE_SHOP_PREFIX}{shop_id.hex}"


async def to_pass_on(connection: AsyncConnection, actor: Actor) -> list[Remittance]:
    """What is to be passed on, by party. Forbidden without the scope `books`."""
    require(actor, Scope.BOOKS)
    return [Remittance(*row) for row in await fetch(connection, _BY_PARTY, (actor.operator_id,))]


async def remit(
    connection: AsyncConnection, actor: Actor, account: str, currency: str, minor: int, key: str, now: datetime
) -> int:
    """Write down that so much was passed on to a party (below zero: that it paid back so much); answers of how many
    plans. The same key again changes nothing.

    Forbidden without the scope `money`; Conflict for a key that came with another amount; Invalid for an amount of zero
    or of more than is to be passed on.
    """
    require(actor, Scope.MONEY)
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise Invalid("an idempotency key has 1 to 200 printable characters")
    done = (await fetch(connection, _UNDER_KEY, (actor.operator_id, key)))[0]
    if done[0] is not None:
        if (done[0], done[1]) != (minor, account):
            raise Conflict(f"the key {key!r} came before with {done[0]} to {done[1]}", code="idempotency_key")
        return 0
    rows = await fetch(connection, _OF_PARTY, (actor.operator_id, account, currency, PLANS_MAX))
    await shoppers.lock(connection, {row.shopper_id for row in rows})
    found = await storage.plans_of(connection, actor.operator_id, [row.id for row in rows])
    shares = _shares(
        [(found[row.id], _left(found[row.id])) for row in rows if lent_by(found[row.id]) == account], minor
    )
    changes = [_passed_on(plan, share, account, key) for plan, share in shares]
    await moves.move(connection, actor, changes, now)
    return len(changes)


def _left(plan: Plan) -> int:
    principal = sum(each.paid_minor - min(each.paid_minor, each.fee_minor) for each in plan.instalments)
    return principal - plan.remitted_minor


def _shares(left: Sequence[tuple[Plan, int]], minor: int) -> list[tuple[Plan, int]]:
    """How much of an amount is of which plan: what is to come back is netted first, then the oldest come first."""
    total = sum(each for _, each in left)
    if minor == 0 or not (0 < minor <= total or total <= minor < 0):
        raise Invalid(f"{total} are to be passed on, got {minor}", code="remittance")
    ordered = sorted(left, key=lambda one: one[1] > 0) if minor > 0 else sorted(left, key=lambda one: one[1] < 0)
    shares, rest = [], minor
    for plan, each in ordered:
        against = (each < 0) == (minor > 0)
        share = each if against else (min(each, rest) if minor > 0 else max(each, rest))
        if share:
            shares.append((plan, share))
            rest -= share
    return shares


def _passed_on(plan: Plan, minor: int, account: str, key: str) -> Change:
    ends = (COLLECTED, account) if minor > 0 else (account, COLLECTED)
    return change(
        plan, "remitted", remitted_minor=plan.remitted_minor + minor,
        detail={"minor": minor, "account": account, "key": key}, postings=[Posting("remitted", *ends, abs(minor))],
    )  # fmt: skip
