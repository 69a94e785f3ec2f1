"""Which dialects are spoken here, and what tells without messages. A new network is its module and one line below."""

from collections.abc import Mapping
from types import MappingProxyType

from issuers.adapter import Adapter
from issuers.adyen import AdyenAdapter
from issuers.amex import AmexAdapter
from issuers.berlin_group import BerlinGroupAdapter
from issuers.cardlytics import CardlyticsAdapter
from issuers.events import Capabilities
from issuers.fidel import FidelAdapter
from issuers.kard import KardAdapter
from issuers.lender import LenderAdapter
from issuers.lithic import LithicAdapter
from issuers.marqeta import MarqetaAdapter
from issuers.mastercard import MastercardAdapter
from issuers.mastercard_mrs import MastercardMrsAdapter
from issuers.plaid import PlaidAdapter
from issuers.sandbox import SandboxAdapter
from issuers.stripe_charges import StripeChargesAdapter
from issuers.stripe_issuing import StripeIssuingAdapter
from issuers.stripe_payouts import StripePayoutsAdapter
from issuers.visa import VisaAdapter

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        "fidel": FidelAdapter(),
        "visa": VisaAdapter(),
        "mastercard": MastercardAdapter(),
        "mastercard_mrs": MastercardMrsAdapter(),
        "amex": AmexAdapter(),
        "stripe": StripeIssuingAdapter(),
        "stripe_payouts": StripePayoutsAdapter(),
        "stripe_charges": StripeChargesAdapter(),
        "adyen": AdyenAdapter(),
        "marqeta": MarqetaAdapter(),
        "lithic": LithicAdapter(),
        "kard": KardAdapter(),
        "cardlytics": CardlyticsAdapter(),
        "lender": LenderAdapter(),
        "plaid": PlaidAdapter(),
        "berlin_group": BerlinGroupAdapter(),
        "sandbox": SandboxAdapter(),
        "sandbox_bank": SandboxAdapter(bank=True),
    }
)

RECEIPT = "receipt"
"""The source of what shoppers claim themselves: it has no address, no secret and no messages."""
CHECKOUT = "checkout"
"""The source of sales that are paid in instalments: the product enters them itself, once their first part is paid."""

_WITHOUT_MESSAGES: Mapping[str, Capabilities] = MappingProxyType(
    {
        RECEIPT: Capabilities(
            authorizations=False,
            clearings=True,
            links_refunds=False,
            precise_time=False,
            identifier_schemes=("shop",),
            accounts=True,
            claimed=True,
            tells_hour=False,
        ),
        CHECKOUT: Capabilities(
            authorizations=False,
            clearings=True,
            links_refunds=True,
            precise_time=True,
            identifier_schemes=("shop",),
            accounts=True,
        ),
    }
)
NO_INSTRUMENTS = frozenset(_WITHOUT_MESSAGES)
"""Sources that are linked to shoppers without being a card or an account of theirs."""


def capabilities_of(source: str) -> Capabilities:
    """What a source can tell, whether it sends messages or not; `LookupError` names the known networks."""
    silent = _WITHOUT_MESSAGES.get(source)
    return adapter(source).capabilities if silent is None else silent


def adapter(name: str) -> Adapter:
    """The adapter of a network by its registry key; `LookupError` names the known ones."""
    try:
        return ADAPTERS[name]
    except KeyError:
        raise LookupError(f"no network is called {name!r}: expected one of {', '.join(ADAPTERS)}") from None
