"""Which dialects are spoken here. A new network is its module and one line below."""

from collections.abc import Mapping
from types import MappingProxyType

from issuers.adapter import Adapter
from issuers.fidel import FidelAdapter
from issuers.sandbox import SandboxAdapter
from issuers.stripe_issuing import StripeIssuingAdapter

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        "fidel": FidelAdapter(),
        "stripe": StripeIssuingAdapter(),
        "sandbox": SandboxAdapter(),
    }
)


def adapter(name: str) -> Adapter:
    """The adapter of a network by its registry key; `LookupError` names the known ones."""
    try:
        return ADAPTERS[name]
    except KeyError:
        raise LookupError(f"no network is called {name!r}: expected one of {', '.join(ADAPTERS)}") from None
