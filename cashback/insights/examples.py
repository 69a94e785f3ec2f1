"""One thing of each kind that an operator has: what samples of the API name, so that they run as they are.

What is a shopper's own is the test shopper's, where there is one, so that it belongs together.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import show
from webhooks.outbox import show_id

TEST_SHOPPER = "test-shopper"
"""Made up by the portal's sandbox."""
_OF_SHOPPERS: Mapping[str, tuple[str, str, str]] = {
    "account": ("pac", "payout_accounts", ""),
    "adjustment": ("adj", "adjustments", ""),
    "card": ("crd", "cards", " AND unlinked_at IS NULL"),
    "claim": ("clm", "claims", ""),
    "decision": ("dec", "decisions", ""),
    "mandate": ("man", "mandates", ""),
    "payout": ("pyt", "payouts", ""),
    "plan": ("pln", "plans", ""),
    "purchase": ("pur", "purchases", " AND state NOT IN ('superseded', 'witness')"),
    "review": ("rev", "decision_reviews", ""),
}
"""Prefix of the id, table, and which of its rows."""
_OTHERS: Mapping[str, tuple[str, str]] = {
    "key": ("key", "SELECT id FROM api_keys WHERE operator_id = $1"),
    "member": ("mem", "SELECT id FROM members WHERE operator_id = $1"),
    "secret": ("sso", "SELECT id FROM sso_secrets WHERE operator_id = $1"),
    "settlement": ("stl", "SELECT id FROM settlements WHERE operator_id = $1"),
    "endpoint": (
        "whe",
        "SELECT id FROM (SELECT endpoint_id AS id, 0 AS rank FROM delivered UNION ALL (SELECT id, 1 FROM"
        " webhook_endpoints WHERE tenant_id = $1 AND state <> 'removed' LIMIT 1)) AS e ORDER BY rank",
    ),
    "message": ("msg", "SELECT message_id AS id FROM delivered"),
}
_NAMES: Mapping[str, str] = {
    "reference": "SELECT r.reference FROM shopper_references r JOIN chosen USING (shopper_id) WHERE r.operator_id = $1",
    "shop": "SELECT code FROM shops WHERE operator_id = $1",
    "code": "SELECT code FROM (SELECT code, 0 AS rank FROM live UNION ALL (SELECT code, 1 FROM offers"
    " WHERE operator_id = $1 LIMIT 1)) AS o ORDER BY rank",
    "activation": "SELECT code FROM live WHERE jsonb_path_exists(terms, '$.** ? (@.kind == \"activated\")')",
}
_BEFORE = """
WITH chosen AS MATERIALIZED (
    SELECT shopper_id FROM (
        SELECT shopper_id, 0 AS rank FROM shopper_references WHERE operator_id = $1 AND reference = $2
        UNION ALL (SELECT shopper_id, 1 FROM cards WHERE operator_id = $1 AND unlinked_at IS NULL LIMIT 1)
        UNION ALL (SELECT shopper_id, 2 FROM shopper_references WHERE operator_id = $1 LIMIT 1)
    ) AS s ORDER BY rank LIMIT 1
), delivered AS MATERIALIZED (
    SELECT d.endpoint_id, d.message_id FROM webhook_endpoints e
    JOIN webhook_deliveries d ON (d.tenant_id, d.endpoint_id) = (e.tenant_id, e.id)
    WHERE e.tenant_id = $1 AND e.state <> 'removed' LIMIT 1
), live AS (
    SELECT o.code, v.terms FROM offer_versions v JOIN offers o ON (o.operator_id, o.id) = (v.operator_id, v.offer_id)
    WHERE v.operator_id = $1 AND v.live_until IS NULL
)
"""


def _of_shopper(table: str, only: str) -> str:
    """A statement for a row of the chosen shopper, else any row."""
    column = "card_id" if table == "cards" else "id"
    rows = f"FROM {table} WHERE operator_id = $1{only}"
    own = f"{rows} AND shopper_id = (SELECT shopper_id FROM chosen) LIMIT 1"  # noqa: S608
    both = f"(SELECT {column} AS id, 0 AS rank {own}) UNION ALL (SELECT {column}, 1 {rows} LIMIT 1)"
    return f"SELECT id FROM ({both}) AS f ORDER BY rank"  # noqa: S608 - built from constants


def _one(name: str, statement: str, column: str) -> str:
    return f"SELECT '{name}' AS name, found.{column}::text AS value FROM ({statement} LIMIT 1) AS found"  # noqa: S608


_ALL = _BEFORE + " UNION ALL ".join(
    [_one(name, statement, "reference" if name == "reference" else "code") for name, statement in _NAMES.items()]
    + [_one(name, statement, "id") for name, (_, statement) in _OTHERS.items()]
    + [_one(name, _of_shopper(table, only), "id") for name, (_, table, only) in _OF_SHOPPERS.items()]
)
"""Whichever an index finds first."""
_PREFIXES = {name: prefix for name, (prefix, *_) in (*_OTHERS.items(), *_OF_SHOPPERS.items())}


async def read_examples(connection: AsyncConnection, operator_id: UUID) -> dict[str, str]:
    """By the name that addresses of the API give it: a reference, a code or an id with its prefix; what there is.

    `activation` is the code of an offer that runs and is to be activated.
    """
    rows: list[Any] = list(await fetch(connection, _ALL, (operator_id, TEST_SHOPPER)))
    return {row.name: _shown(row.name, row.value) for row in rows}


def _shown(name: str, value: str) -> str:
    if name in _NAMES:
        return value
    return show_id(UUID(value)) if name == "message" else show(_PREFIXES[name], UUID(value))
