"""The chart of accounts. Every account is one shopper's and one asset's; the name says which side of it.

The outside world is an account too, so that every transfer has two ends and each asset sums to zero.
"""

FUNDER = "funder:operator"
"""Who pays for rewards. No stored balance: its side of the transfers is summed."""
PENDING = "shopper:pending"
"""Earned, and still inside the return period."""
AVAILABLE = "shopper:available"
"""The shopper's to use; below zero only when a refund takes back what was already used."""
CONVERTED = "shopper:converted"
"""Units exchanged at a threshold, for example points that became euros."""
PAID = "shopper:paid"
"""Money that has left for the shopper's bank account or was handed over."""
WRITE_OFF = "write_off"
"""Clawbacks that an asset forgives once its units are used."""

ACCOUNTS = frozenset({FUNDER, PENDING, AVAILABLE, CONVERTED, PAID, WRITE_OFF})

BALANCE_COLUMN = {PENDING: "pending", AVAILABLE: "available", CONVERTED: "converted", PAID: "paid"}
"""Accounts whose balance decides something and is therefore stored beside the transfers."""
