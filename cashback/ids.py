"""Identifiers: UUIDv7 inside (RFC 9562: time-ordered, made by the application), a prefix and base32 outside.

The prefix says what a thing is wherever its id is seen; `parse` refuses an id of another kind.
"""

import os
from base64 import b32encode
from datetime import datetime
from typing import NewType
from uuid import UUID

OperatorId = NewType("OperatorId", UUID)
ShopperId = NewType("ShopperId", UUID)
CardId = NewType("CardId", UUID)
PurchaseId = NewType("PurchaseId", UUID)
RewardId = NewType("RewardId", UUID)
TransferId = NewType("TransferId", UUID)
OfferId = NewType("OfferId", UUID)
CentreId = NewType("CentreId", UUID)
ShopId = NewType("ShopId", UUID)
ConnectionId = NewType("ConnectionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
ClaimId = NewType("ClaimId", UUID)
PayoutId = NewType("PayoutId", UUID)
PayoutAccountId = NewType("PayoutAccountId", UUID)
PayoutBatchId = NewType("PayoutBatchId", UUID)
AdjustmentId = NewType("AdjustmentId", UUID)
SettlementId = NewType("SettlementId", UUID)
EndpointId = NewType("EndpointId", UUID)
MandateId = NewType("MandateId", UUID)
CollectionId = NewType("CollectionId", UUID)
PaybackId = NewType("PaybackId", UUID)
DecisionId = NewType("DecisionId", UUID)
DecisionReviewId = NewType("DecisionReviewId", UUID)
CreditRuleId = NewType("CreditRuleId", UUID)
PlanId = NewType("PlanId", UUID)
BankFileId = NewType("BankFileId", UUID)
SsoSecretId = NewType("SsoSecretId", UUID)
MemberId = NewType("MemberId", UUID)
SessionId = NewType("SessionId", UUID)
PasskeyId = NewType("PasskeyId", UUID)
AuditLineId = NewType("AuditLineId", UUID)
RequestId = NewType("RequestId", UUID)
ShopImportId = NewType("ShopImportId", UUID)

PREFIXES = {
    "opr": OperatorId,
    "shp": ShopperId,
    "crd": CardId,
    "pur": PurchaseId,
    "rwd": RewardId,
    "trf": TransferId,
    "off": OfferId,
    "ctr": CentreId,
    "sho": ShopId,
    "con": ConnectionId,
    "key": ApiKeyId,
    "clm": ClaimId,
    "imp": ShopImportId,
    "pyt": PayoutId,
    "pac": PayoutAccountId,
    "bat": PayoutBatchId,
    "adj": AdjustmentId,
    "stl": SettlementId,
    "whe": EndpointId,
    "man": MandateId,
    "col": CollectionId,
    "pbk": PaybackId,
    "dec": DecisionId,
    "rev": DecisionReviewId,
    "cru": CreditRuleId,
    "pln": PlanId,
    "bfl": BankFileId,
    "sso": SsoSecretId,
    "mem": MemberId,
    "ses": SessionId,
    "psk": PasskeyId,
    "aud": AuditLineId,
    "req": RequestId,
}

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32 in lower case: no i, l, o or u to misread."""
_VALUE = {letter: number for number, letter in enumerate(_ALPHABET)}
_LENGTH = 26
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET.encode())
_PADDED_BYTES = 20
"""What base32 writes without padding: the number stands at the end of it."""
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_RAND_A = 0xFFF << 64
_RAND_B = (1 << 62) - 1


def uuid7(at: datetime) -> UUID:
    """A new UUIDv7 whose first 48 bits are the milliseconds of `at`; 74 random bits keep it unique."""
    milliseconds = int(at.timestamp() * 1000)
    noise = int.from_bytes(os.urandom(10), "big")
    return UUID(int=(milliseconds << 80) | _VERSION_AND_VARIANT | (noise & (_RAND_A | _RAND_B)))


def first_id(at: datetime) -> UUID:
    """The least UUIDv7 of an instant: ids made before it are below, those made at it or later are not."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | _VERSION_AND_VARIANT)


def show(prefix: str, value: UUID) -> str:
    """`pur_01j9…`: the prefix and 26 characters of base32, sortable like the UUID itself."""
    letters = b32encode(value.int.to_bytes(_PADDED_BYTES, "big"))[-_LENGTH:].translate(_CROCKFORD)
    return f"{prefix}_{letters.decode()}"


def parse_or_none(prefix: str, text: str) -> UUID | None:
    """Read back what may be an id; None for any other text."""
    try:
        return parse(prefix, text)
    except ValueError:
        return None


def parse(prefix: str, text: str) -> UUID:
    """Read an id back; ValueError says which kind was expected."""
    kind, _, rest = text.partition("_")
    if kind != prefix or len(rest) != _LENGTH or any(letter not in _VALUE for letter in rest):
        raise ValueError(f"expected an id such as {prefix}_{'0' * _LENGTH}, got {text[:64]!r}")
    number = 0
    for letter in rest:
        number = (number << 5) | _VALUE[letter]
    if number >> 128:
        raise ValueError(f"{text!r} is longer than an id can be")
    return UUID(int=number)
