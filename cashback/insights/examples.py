"""One thing of each kind that an operator has: what samples of the API name, so that they run as they are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import show

_NAMES: Mapping[str, str] = {
    "reference": "SELECT reference FROM shopper_references",
    "code": "SELECT code FROM offers",
    "shop": "SELECT code FROM shops",
}
_IDS: Mapping[str, tuple[str, str]] = {
    "account": ("pac", "SELECT id FROM payout_accounts"),
    "adjustment": ("adj", "SELECT id FROM adjustments"),
    "card": ("crd", "SELECT card_id AS id FROM cards"),
    "claim": ("clm", "SELECT id FROM claims"),
    "decision": ("dec", "SELECT id FROM decisions"),
    "endpoint": ("whe", "SELECT id FROM webhook_endpoints"),
    "key": ("key", "SELECT id FROM api_keys"),
    "mandate": ("man", "SELECT id FROM mandates"),
    "member": ("mem", "SELECT id FROM members"),
    "payout": ("pyt", "SELECT id FROM payouts"),
    "plan": ("pln", "SELECT id FROM plans"),
    "purchase": ("pur", "SELECT id FROM purchases"),
    "review": ("rev", "SELECT id FROM decision_reviews"),
    "secret": ("sso", "SELECT id FROM sso_secrets"),
    "settlement": ("stl", "SELECT id FROM settlements"),
}
_WHERE: Mapping[str, str] = {"endpoint": "tenant_id"}
"""The column of the operator, where it is called otherwise."""


def _one(name: str, statement: str, column: str) -> str:
    where = f"{statement} WHERE {_WHERE.get(name, 'operator_id')} = $1 LIMIT 1"
    return f"SELECT '{name}' AS name, found.{column}::text AS value FROM ({where}) AS found"  # noqa: S608 - constants


_ALL = " UNION ALL ".join(
    [_one(name, statement, "reference" if name == "reference" else "code") for name, statement in _NAMES.items()]
    + [_one(name, statement, "id") for name, (_, statement) in _IDS.items()]
)
"""Whichever an index finds first."""


async def read_examples(connection: AsyncConnection, operator_id: UUID) -> dict[str, str]:
    """By the name that addresses of the API give it: a reference, a code or an id with its prefix; what there is."""
    rows: list[Any] = list(await fetch(connection, _ALL, (operator_id,)))
    return {row.name: row.value if row.name in _NAMES else show(_IDS[row.name][0], UUID(row.value)) for row in rows}
