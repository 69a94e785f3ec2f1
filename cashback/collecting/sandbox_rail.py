"""A rail of our own, for demonstrations: a simulation. No card is charged, no money moves, no credit is granted.

It remembers nothing, so that any process can speak to it: how a card behaves follows from its token, which stands in
the customer's name, and so do the scheme and the last four digits that it shows. A charge that waits for the shopper is
confirmed by looking at it: whoever comes back has agreed.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from uuid import UUID

from cashback.collecting.rails import (
    Back,
    Cancelled,
    Card,
    Charge,
    Charged,
    Declined,
    LookedUp,
    NeedsShopper,
    Succeeded,
)

CARDS: Mapping[str, str] = MappingProxyType(
    {
        "sim_ok": "every charge succeeds",
        "sim_decline": "what is charged while the shopper is away is declined: insufficient_funds",
        "sim_confirm": "what is charged while the shopper is away must be confirmed",
        "sim_stolen": "what is charged while the shopper is away is declined: stolen_card",
        "sim_prepaid": "it is prepaid, and no plan begins with it",
        "sim_expires": "it expires before any plan ends",
    }
)
"""Tokens, and how a card behaves."""
DEFAULT = "sim_ok"
SCHEME, LAST_FOUR = "visa", "4242"
"""What a simulated card looks like where nothing else is told."""
_PREFIX = "simulation:"


def customer_of(card: str, scheme: str = SCHEME, last_four: str = LAST_FOUR) -> str:
    """The name of a customer whose card behaves so and looks like this one."""
    return ":".join((f"{_PREFIX}{card}", scheme, last_four))


class SandboxRail:
    """Charges nobody."""

    @classmethod
    def opened(cls, credentials: Mapping[str, str]) -> "SandboxRail":  # noqa: ARG003, the contract's
        """It needs nothing."""
        return cls()

    async def customer(self, mandate_id: UUID, idempotency_key: str) -> str:  # noqa: ARG002, the contract's
        """Somebody whose card always pays."""
        return customer_of(DEFAULT)

    async def ask(self, mandate_id: UUID, customer: str, idempotency_key: str) -> NeedsShopper:  # noqa: ARG002
        """The shopper is to say yes."""
        return NeedsShopper(customer, f"simulation_secret_{mandate_id.hex}")

    async def asked(self, ref: str) -> Succeeded:
        """They did."""
        return Succeeded(ref, _card(ref))

    async def card(self, method: str) -> Card:
        """The card of a token."""
        return _card(customer_of(method))

    async def forget(self, method: str) -> None:
        """Nothing is held."""

    async def charge(self, charge: Charge, idempotency_key: str) -> Charged:  # noqa: ARG002, the contract's
        """As the card's token says."""
        ref = _ref(charge)
        if not charge.off_session:
            return NeedsShopper(ref, f"simulation_secret_{charge.collection_id.hex}")
        match _token(charge.customer):
            case "sim_decline":
                return Declined("insufficient_funds", ref)
            case "sim_stolen":
                return Declined("stolen_card", ref)
            case "sim_confirm":
                return NeedsShopper(ref, f"simulation_secret_{charge.collection_id.hex}", "authentication_required")
        return Succeeded(ref)

    async def look_up(self, charge: Charge) -> LookedUp:
        """What waits for the shopper has been confirmed by them; else as it was charged."""
        if charge.shown:
            return Succeeded(_ref(charge), _card(charge.customer) if charge.keep else None)
        return await self.charge(charge, "")

    async def cancel(self, charge: Charge, idempotency_key: str) -> LookedUp:  # noqa: ARG002, the contract's
        """Nobody came back."""
        return Cancelled(_ref(charge))

    async def give_back(self, back: Back, idempotency_key: str) -> Charged:  # noqa: ARG002, the contract's
        """Given back at once."""
        return Succeeded(f"simulation_{back.payback_id.hex}")

    async def look_for(self, back: Back) -> LookedUp:
        """Given back at once."""
        return Succeeded(f"simulation_{back.payback_id.hex}")

    async def aclose(self) -> None:
        """Nothing is held."""


def _ref(charge: Charge) -> str:
    return f"simulation_{charge.collection_id.hex}"


def _token(customer: str) -> str:
    return customer.removeprefix(_PREFIX).partition(":")[0]


def _card(customer: str) -> Card:
    named, _, looks = customer.removeprefix(_PREFIX).partition(":")
    scheme, _, last_four = looks.partition(":")
    return Card(
        named,
        scheme=scheme or SCHEME,
        last_four=last_four or LAST_FOUR,
        funding="prepaid" if named == "sim_prepaid" else "debit",
        expires_on=date(2020, 1, 31) if named == "sim_expires" else date(2099, 12, 31),
        first_transaction="simulation",
    )
