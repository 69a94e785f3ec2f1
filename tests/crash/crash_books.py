"""What is stored, in the shape in which the oracle tells it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from crash_oracle import Purchases, Wallets

WALLETS = """
SELECT r.reference, b.asset, b.pending, b.available, b.converted
FROM balances b JOIN shopper_references r USING (shopper_id)
WHERE (b.pending, b.available, b.converted) <> (0, 0, 0)
"""
PURCHASES = """
SELECT r.reference, p.network, p.state, p.net_minor, coalesce(s.code, '') AS shop
FROM purchases p JOIN shopper_references r USING (shopper_id) LEFT JOIN shops s ON s.id = p.shop_id
"""
FACTS = "SELECT count(*), count(DISTINCT (shopper_id, network, fact_ref)) FROM statements"


def stored_wallets(rows: Iterable[Any]) -> Wallets:
    """The rows of `WALLETS`."""
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def stored_purchases(rows: Iterable[Any]) -> Purchases:
    """The rows of `PURCHASES`."""
    found: Purchases = defaultdict(Counter)
    for row in rows:
        found[row[0]][row[1], row[2], row[3], row[4]] += 1
    return dict(found)


def differing(stored: dict[Any, Any], true: dict[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """What differs, as (stored, true), at most five: thousands of lines would hide the first."""
    keys = [key for key in sorted(stored.keys() | true.keys()) if stored.get(key) != true.get(key)]
    return {key: (stored.get(key), true.get(key)) for key in keys[:5]}
