"""Mapped classes on the product's own tables, for the baseline that works through the ORM."""

from typing import Any

from sqlalchemy.orm import registry

from cashback.ledger.models import balances, transfers
from cashback.purchases.models import purchases, statements
from cashback.rewards.models import grants, matured_years, quotas, rewards
from cashback.shoppers.models import cards, shoppers

_registry = registry()


class Row:
    """Base of the mapped classes."""

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


class StatementRow(Row):
    """One statement of one fact."""


class PurchaseRow(Row):
    """One purchase as last folded."""


class RewardOf(Row):
    """One reward of one purchase."""


class GrantOf(Row):
    """What a quota gave."""


class Quota(Row):
    """What an offer may give."""


class MaturedYear(Row):
    """What matured and was converted in a year."""


class Posted(Row):
    """One transfer."""


class Balance(Row):
    """What a shopper has of an asset."""


class Shopper(Row):
    """Whom a purchase belongs to."""


class Card(Row):
    """One link of a card."""


for _class, _table in (
    (StatementRow, statements), (PurchaseRow, purchases), (RewardOf, rewards), (GrantOf, grants), (Quota, quotas),
    (MaturedYear, matured_years), (Posted, transfers), (Balance, balances), (Shopper, shoppers), (Card, cards),
):  # fmt: skip
    _registry.map_imperatively(_class, _table)
