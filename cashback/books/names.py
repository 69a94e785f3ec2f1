"""The names that accounts and assets have in a beancount file. Pure; different names stay different.

The file shows the house's books: a transfer's debit account is debited (a positive posting) and its credit account is
credited (a negative one). So what shoppers hold is a liability and negative there, as accountants write it, and a
funder that owes stands positive.
"""

import hashlib
import re

from cashback.ledger import chart

_NAMES = {
    chart.FUNDER: "Liabilities:Funders:Operator",
    chart.PENDING: "Liabilities:Shoppers:Pending",
    chart.AVAILABLE: "Liabilities:Shoppers:Available",
    chart.IN_TRANSIT: "Liabilities:Shoppers:InTransit",
    chart.CONVERTED: "Equity:Converted",
    chart.PAID: "Assets:PaidOut",
    chart.EXPIRED: "Income:Expired",
    chart.WRITE_OFF: "Expenses:WriteOff",
    chart.BANK: "Assets:Bank",
    chart.COMMISSION: "Income:Commission",
    chart.VAT: "Liabilities:Vat",
    chart.OWED: "Assets:Plans:Owed",
    chart.COLLECTED: "Assets:Plans:Collected",
    chart.PLAN_FEES: "Income:Plans:Fees",
    chart.PLANS_LOST: "Expenses:Plans:WrittenOff",
    chart.PAYABLE_LENDER: "Liabilities:Plans:Lender",
}
_OF_PLANS = frozenset({chart.OWED, chart.COLLECTED, chart.PLAN_FEES, chart.PLANS_LOST, chart.PAYABLE_LENDER})
_COMMODITY = re.compile(r"[A-Z](?:[A-Z0-9.]{0,22}[A-Z0-9])?")


def account_name(account: str) -> str:
    """`funder:shop:0a…` is `Liabilities:Funders:Shop:X0a…`; one without a name of its own goes under Equity."""
    if account in _NAMES:
        return _NAMES[account]
    if account.startswith(chart.PAYABLE_SHOP_PREFIX):
        return f"Liabilities:Plans:Shop:X{_escaped(account.removeprefix(chart.PAYABLE_SHOP_PREFIX))}"
    kind, _, rest = account.removeprefix(chart.FUNDER_PREFIX).partition(":")
    if account.startswith(chart.FUNDER_PREFIX) and kind in ("shop", "brand"):
        return f"Liabilities:Funders:{kind.capitalize()}:X{_escaped(rest)}"
    return f"Equity:Other:X{_escaped(account)}"


def side_of(account: str) -> int:
    """-1 for accounts of plans, 1 for all others.

    Accounts of plans count what shoppers owe and cards paid as entering; transfers of plans stay among them. Turned
    round, what is owed to the house stands positive in the file and what it owes negative, as everywhere else in it.
    """
    return -1 if account in _OF_PLANS or account.startswith(chart.PAYABLE_SHOP_PREFIX) else 1


def commodity_name(asset: str) -> str:
    """`EUR` as it is, `GIFT:CUP` as `GIFT.CUP`; what has small letters or is long ends in a digest of its true name."""
    name = asset.replace(":", ".")
    if "." not in asset and _COMMODITY.fullmatch(name):
        return name
    shortened = re.sub(r"[^A-Z0-9.]", "", name.upper())[:15].rstrip(".") or "UNIT"
    letters = shortened if shortened[0].isalpha() else f"U{shortened[:14]}"
    return f"{letters}.{hashlib.sha256(asset.encode()).hexdigest()[:8].upper()}"


def _escaped(text: str) -> str:
    """Letters a to z and digits as they are, every other byte as `-` and its two hexadecimal digits."""
    return "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"-{byte:02X}" for byte in text.encode()
    )
