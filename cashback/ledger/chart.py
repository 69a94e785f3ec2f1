"""The chart of accounts. Every account is one holder's and one asset's; the name says which side of it.

A transfer debits the account that the amount leaves and credits the one that it enters. The outside world is an account
too, so that every transfer has two ends and each asset sums to zero. A holder is a shopper, or the house itself under
the operator's own id: what moves between funders, the bank and the tax office concerns no shopper.
"""

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

FUNDER_PREFIX = "funder:"
_NAMED_FUNDERS = ("funder:shop:", "funder:brand:")
ACCOUNTS = frozenset(
    {FUNDER, PENDING, AVAILABLE, CONVERTED, IN_TRANSIT, PAID, EXPIRED, WRITE_OFF, BANK, COMMISSION, VAT}
)
"""Every account but the funders that are named: `funder:shop:<id of the shop in hex>`, `funder:brand:<its name>`."""

BALANCE_COLUMN = {
    PENDING: "pending",
    AVAILABLE: "available",
    CONVERTED: "converted",
    PAID: "paid",
    IN_TRANSIT: "in_transit",
    EXPIRED: "expired",
}
"""Accounts whose balance decides something and is therefore stored beside the transfers; the order of the columns."""


def is_account(name: str) -> bool:
    """Whether a name stands in the chart."""
    return name in ACCOUNTS or name.startswith(_NAMED_FUNDERS)
