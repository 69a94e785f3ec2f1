"""What connecting to a network takes: a secret of the form that its proof needs, and the addresses to register."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from issuers import amex, amex_tokens, certificate_chain, mutual_tls
from issuers.errors import SignatureRefused
from issuers.registry import adapter

WITHOUT_WEBHOOKS = frozenset({"berlin_group"})
"""Sources that are asked and push nothing: no address is registered and no secret proves anything."""
_ANY_SECRET = frozenset({"plaid"})
"""Its key is fetched later, by the id that a webhook names."""


class Address(NamedTuple):
    """One address to register."""

    path: str
    """What stands after the connection's own address; empty: nothing."""
    purpose: str
    """What the network uses it for, or what has to be filled in."""


_ADDRESSES: dict[str, tuple[Address, ...]] = {
    "fidel": tuple(
        Address(f"/{event}", f"the event {event}")
        for event in ("transaction.auth", "transaction.clearing", "transaction.refund", "card.linked")
    ),
    "amex": (
        Address(f"/{amex.HANDSHAKE_EVENT}", "where Amex asks for a token"),
        Address("", "where Amex tells of purchases"),
    ),
    "mastercard_mrs": (
        Address("/EUR.Europe.Paris", "with the currency and the zone of the shops behind it; points for slashes"),
    ),
    "cardlytics": (Address("/EUR", "with the currency of the shops behind it"),),
}


def addresses(network: str) -> tuple[Address, ...]:
    """What is registered at a network; nothing of one that pushes nothing. `LookupError` for an unknown one."""
    adapter(network)
    if network in WITHOUT_WEBHOOKS:
        return ()
    return _ADDRESSES.get(network, (Address("", "every event"),))


def check_secret(network: str, secret: bytes, now: datetime) -> None:
    """Raise `ValueError`, which says what is expected, for a secret with which nothing could ever be proven."""
    if network in WITHOUT_WEBHOOKS:
        raise ValueError("secret: expected none, as this source is asked and pushes nothing")
    if network in _ANY_SECRET:
        return
    if network in _READERS:
        try:
            _READERS[network]((secret,))
        except SignatureRefused as refusal:
            raise ValueError(f"secret: expected {refusal.detail.partition('expected ')[2]}") from None
        return
    adapter(network).sign(b"{}", secret=secret, url="", event=None, now=now)


_READERS: dict[str, Callable[[tuple[bytes, ...]], object]] = {
    "amex": amex_tokens.credentials,
    "mastercard_mrs": certificate_chain.readable,
    "visa": mutual_tls.readable,
    "mastercard": mutual_tls.readable,
}
"""Of networks whose secrets are read and not only used as a key."""
