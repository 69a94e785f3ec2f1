"""What the poller asks of a provider whose rows are pulled, whichever it is; and one line per such provider."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from issuers.bank_pages import PagedAdapter
from issuers.berlin_group import BerlinGroupAdapter
from issuers.berlin_group_api import BerlinGroupApi
from issuers.plaid import PlaidAdapter
from issuers.plaid_api import BASE_URL as PLAID_URL
from issuers.plaid_api import PlaidApi
from issuers.pull import Ask

Secrets = Mapping[str, str]


class FeedClient(Protocol):
    """A client of one connection, for all of its accounts."""

    async def pull(self, ask: Ask) -> bytes:
        """One page as JSON. Raises `TooManyCalls`, `CursorLost`, `ProviderUnavailable`, `ConsentNeeded` or
        `ProviderRefused`."""

    async def aclose(self) -> None:
        """Give the connections back."""


class OpenClient(Protocol):
    """How a client is made: of a base URL, the operator's credentials, and for tests a transport."""

    def __call__(
        self, base_url: str, credentials: Secrets, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> FeedClient: ...


@dataclass(frozen=True, slots=True)
class Feed:
    """A provider of bank feeds."""

    adapter: PagedAdapter
    open_client: OpenClient
    credentials: frozenset[str]
    """What the operator must give for a connection."""
    access: frozenset[str]
    """What a linked account must bring."""
    optional: frozenset[str] = field(default_factory=frozenset)
    """What may be given beside these, for a connection or an account."""
    base_url: str | None = None
    """Where it is asked; None where each bank has an address of its own."""
    item: Callable[[Secrets], str | None] = lambda access: access.get("item_id")
    """The provider's name of what its webhooks are about, of an account's access."""


FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        "plaid": Feed(
            PlaidAdapter(),
            PlaidApi.opened,
            credentials=frozenset({"client_id", "secret"}),
            access=frozenset({"access_token", "item_id"}),
            base_url=PLAID_URL,
        ),
        "berlin_group": Feed(
            BerlinGroupAdapter(),
            BerlinGroupApi.opened,
            credentials=frozenset(),
            access=frozenset({"consent_id"}),
            optional=frozenset({"access_token", "certificate_file", "key_file"}),
        ),
    }
)


def checked_base_url(text: str) -> str:
    """The address of a provider's interface without a slash at its end. `ValueError` unless it is https, or http to
    this machine itself."""
    address = urlsplit(text)
    local = address.scheme == "http" and _is_loopback(address.hostname or "")
    if not (address.scheme == "https" or local) or not address.netloc or address.query or address.fragment:
        raise ValueError(f"base URL {text[:80]!r}: expected https://host/path")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
