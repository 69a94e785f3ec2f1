"""What a bank's refusal means for the next attempt. Codes: docs.stripe.com/declines/codes, read 2026-11.

Card networks forbid repeating some refusals at all (Visa's category 1, Mastercard's advice 03 and 21), and they are
hard here. A code that nobody knows is repeated at the stated days, which is what networks allow for the others.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Class(StrEnum):
    """What may follow a refusal."""

    AGAIN = "again"
    """It may succeed another day."""
    AUTHENTICATE = "authenticate"
    """The bank wants the shopper to confirm."""
    NEW_CARD = "new_card"
    """The card is no more what it was: another one is asked for, and this one is not charged again."""
    NEVER = "never"
    """Lost, stolen, to be picked up or forbidden: it is never charged again, and nothing is said of why."""


_NEVER = (
    "fraudulent",
    "lost_card",
    "merchant_blacklist",
    "pickup_card",
    "restricted_card",
    "security_violation",
    "stolen_card",
    "highest_risk_level",
)
_NEW_CARD = (
    "card_not_supported",
    "currency_not_supported",
    "expired_card",
    "incorrect_number",
    "invalid_account",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "new_account_information_available",
    "no_such_payment_method",
    "payment_method_detached",
    "prepaid_card",
    "resource_missing",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stop_payment_order",
    "transaction_not_allowed",
)
_AUTHENTICATE = (
    "authentication_required",
    "authentication_not_handled",
    "offline_pin_required",
    "online_or_offline_pin_required",
)

_CLASSES: Mapping[str, Class] = MappingProxyType(
    dict.fromkeys(_NEVER, Class.NEVER)
    | dict.fromkeys(_NEW_CARD, Class.NEW_CARD)
    | dict.fromkeys(_AUTHENTICATE, Class.AUTHENTICATE)
)


def class_of(code: str) -> Class:
    """What a refusal's code means."""
    return _CLASSES.get(code, Class.AGAIN)


def ends_mandate(code: str) -> bool:
    """Whether the card behind a mandate must not be charged again."""
    return class_of(code) in (Class.NEVER, Class.NEW_CARD)
