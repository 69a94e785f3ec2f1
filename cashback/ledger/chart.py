"""The chart of accounts. Every account is one holder's and one asset's; the name says which side of it.

A transfer debits the account that the amount leaves and credits the one that it enters. The outside world is an account
too, so that every transfer has two ends and each asset sums to zero. A holder is a shopper, or the house itself under
the operator's own id: what moves between funders, the bank and the tax office concerns no shopper.
"""

from uuid import UUID

from cashback.ids import parse_or_none, show

FUNDER = "funder:operator"
"""The operator as the one who pays for rewards. No funder has a stored balance: its side of the transfers is summed."""
PENDING = "shopper:pending"
"""Earned, and still inside the return period."""
AVAILABLE = "shopper:available"
"""The shopper's to use; below zero only when a refund takes back what was already used."""
CONVERTED = "shopper:converted"
"""Units exchanged at a threshold, for example points that became euros."""
IN_TRANSIT = "shopper:in_transit"
"""Asked for, and on its way to the shopper: it is paid, or it comes back."""
PAID = "shopper:paid"
"""Money that has left for the shopper's bank account or was handed over."""
EXPIRED = "shopper:expired"
"""Available once, and not used before its terms ended it."""
WRITE_OFF = "write_off"
"""What the operator gives up: clawbacks that an asset forgives once its units are used, debts that nobody pays."""
BANK = "bank"
"""The operator's bank account as funders pay into it: prepayments, and invoices that were paid."""
COMMISSION = "revenue:commission"
"""What funders owe the operator for its service, without tax."""
VAT = "tax:vat"
"""Tax on that, owed to the state."""

OWED = "shopper:owed"
"""What a shopper still owes of plans in instalments: the receivable, whoever lends."""
COLLECTED = "plans:collected"
"""Taken from shoppers' cards for plans, and not yet passed on to the shop or the lender, nor given back."""
PLAN_FEES = "plans:fees"
"""What shoppers pay for plans beyond their principal; below zero by as much as was earned."""
PLANS_LOST = "plans:written_off"
"""Given up of what shoppers owed, less what came in later."""

FUNDER_PREFIX = "funder:"
PAYABLE_SHOP_PREFIX = "payable:shop:"
"""With the shop's id in hex: what a shop is owed for sales in instalments; below zero by as much."""
PAYABLE_LENDER = "payable:lender"
"""What the partner who lends is owed: below zero by what it lent, until it is passed on."""
_OF_SHOPS = ("funder:shop:", PAYABLE_SHOP_PREFIX)
_NAMED = (*_OF_SHOPS, "funder:brand:")
ACCOUNTS = frozenset(
    {FUNDER, PENDING, AVAILABLE, CONVERTED, IN_TRANSIT, PAID, EXPIRED, WRITE_OFF, BANK, COMMISSION, VAT}
    | {OWED, COLLECTED, PLAN_FEES, PLANS_LOST, PAYABLE_LENDER}
)
"""Every account but those that are named: `funder:shop:<id of the shop in hex>`, `funder:brand:<its name>`,
`payable:shop:<id of the shop in hex>`."""

BALANCE_COLUMN = {
    PENDING: "pending",
    AVAILABLE: "available",
    CONVERTED: "converted",
    PAID: "paid",
    IN_TRANSIT: "in_transit",
    EXPIRED: "expired",
}
"""Accounts whose balance decides something and is therefore stored beside the transfers; the order of the columns."""


def shown(account: str) -> str:
    """An account as the API names it: a shop by its id with its prefix (`funder:shop:sho_…`)."""
    kind, of_shop, name = account.rpartition(":")
    return f"{kind}:{show('sho', UUID(hex=name))}" if of_shop and account.startswith(_OF_SHOPS) else account


def stored(account: str) -> str:
    """The account that the API names so, as the books hold it: the reverse of `shown`."""
    kind, _, name = account.rpartition(":")
    shop = parse_or_none("sho", name) if account.startswith(_OF_SHOPS) else None
    return account if shop is None else f"{kind}:{shop.hex}"


def is_account(name: str) -> bool:
    """Whether a name stands in the chart."""
    return name in ACCOUNTS or name.startswith(_NAMED)
