"""The group of shoppers that does not receive an offer, so that its effect can be measured.

Who belongs to it is decided by a hash keyed by the operator, of a name and of the shopper: the same for ever, without a
table to fill, and independent between offers. The share is exact in expectation; in a group of n its standard error is
sqrt(share * (1 - share) / n).
"""

from hashlib import blake2b
from uuid import UUID

from cashback.money import BPS

PROGRAMME = "*"
"""The name under which a shopper is held out of every offer; no offer's code can be the same."""


def held_out(operator_id: UUID, name: str, share_bps: int, shopper_id: UUID) -> bool:
    """Whether a shopper is in the hold-out group of this name, which holds `share_bps` ten-thousandths of all."""
    if share_bps <= 0:
        return False
    digest = blake2b(name.encode() + b"\x00" + shopper_id.bytes, digest_size=8, key=operator_id.bytes).digest()
    return int.from_bytes(digest) * BPS < share_bps << 64
