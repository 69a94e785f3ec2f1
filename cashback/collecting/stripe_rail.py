"""The rail of Stripe: one payment intent for one collection, one refund for one payback.

Any attempt but the first looks for what the ones before have left. An intent whose secret was shown to the shopper is
never over while it can still be confirmed: a decline leaves it open, with another card perhaps, until it is cancelled.
"""

from collections.abc import Mapping
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
    NotThere,
    Postponed,
    Processing,
    Succeeded,
    Unknown,
)
from issuers.stripe_calls import Failure, StripeCallFailed
from issuers.stripe_charges_api import Intent, Refund, StripeChargesApi, last_day

_NO_CUSTOMER = "resource_missing"


class StripeChargeRail:
    """Charges over Stripe with the operator's own key."""

    def __init__(self, api: StripeChargesApi) -> None:
        self._api = api

    @classmethod
    def opened(cls, credentials: Mapping[str, str]) -> "StripeChargeRail":
        """Of what the operator told: its key, and where Stripe is asked if not at its own address."""
        return cls(StripeChargesApi(credentials["api_key"], base_url=credentials.get("base_url")))

    async def customer(self, mandate_id: UUID, idempotency_key: str) -> str | Postponed | Unknown:
        """A customer who bears the mandate's id and nothing of the person."""
        try:
            return await self._api.customer(mandate=mandate_id.hex, key=idempotency_key)
        except StripeCallFailed as error:
            return _not_taken(error)

    async def ask(self, mandate_id: UUID, customer: str, idempotency_key: str) -> NeedsShopper | Postponed | Unknown:
        """A setup intent that the shopper confirms on their client."""
        try:
            made = await self._api.set_up(customer=customer, mandate=mandate_id.hex, key=idempotency_key)
        except StripeCallFailed as error:
            return _not_taken(error)
        return NeedsShopper(made.id, made.client_secret or "")

    async def asked(self, ref: str) -> Succeeded | NeedsShopper | Declined | Cancelled | Unknown:
        """How a setup intent stands, and its card."""
        try:
            found = await self._api.setup(ref)
            if found.status == "canceled":
                return Cancelled(ref)
            if found.status != "succeeded" or found.payment_method is None:
                error = found.last_setup_error
                return NeedsShopper(ref, found.client_secret or "", None if error is None else error.code)
            card = await self.card(found.payment_method)
        except StripeCallFailed as error:
            return Unknown(error.reason)
        if isinstance(card, Unknown):
            return card
        return Declined("payment_method_detached", ref) if card is None else Succeeded(ref, card)

    async def card(self, method: str) -> Card | Unknown | None:
        """A payment method that is attached to a customer."""
        try:
            found = await self._api.method(method)
        except StripeCallFailed as error:
            return None if error.failure is Failure.REFUSED else Unknown(error.reason)
        if found.customer is None or found.card is None:
            return None
        told = found.card
        return Card(method, told.brand, told.last4, told.funding, last_day(told.exp_month, told.exp_year), None)

    async def forget(self, method: str) -> None:
        """Detach it."""
        try:
            await self._api.detach(method)
        except StripeCallFailed:
            return

    async def charge(self, charge: Charge, idempotency_key: str) -> Charged:
        """One payment intent; what an earlier attempt left is taken up, not made again."""
        try:
            found = await self._find(charge) if charge.attempt > 1 else None
            if found is None:
                found = await self._api.charge(
                    amount_minor=charge.amount_minor,
                    currency=charge.currency,
                    customer=charge.customer,
                    method=charge.method,
                    off_session=charge.off_session,
                    keep=charge.keep,
                    collection=charge.collection_id.hex,
                    plan=charge.plan_id.hex,
                    key=idempotency_key,
                )
        except StripeCallFailed as error:
            if error.failure is Failure.REFUSED:
                return Declined(error.reason)
            nothing_moved = error.failure is Failure.NOT_TAKEN and charge.attempt == 1
            return Postponed(error.reason) if nothing_moved else Unknown(error.reason)
        return _standing(found, charge)

    async def look_up(self, charge: Charge) -> LookedUp:
        """The intent by Stripe's id of it, or by ours among the customer's."""
        try:
            found = await self._find(charge)
        except StripeCallFailed as error:
            return Unknown(error.reason)
        return NotThere() if found is None else _standing(found, charge)

    async def cancel(self, charge: Charge, idempotency_key: str) -> LookedUp:
        """Cancel the intent, unless it has succeeded."""
        try:
            found = await self._find(charge)
            if found is None:
                return NotThere()
            if found.status not in ("succeeded", "canceled", "processing"):
                found = await self._api.cancel(found.id, key=f"{idempotency_key}:cancel")
                if found.status == "succeeded":
                    found = await self._api.intent(found.id)
        except StripeCallFailed as error:
            return Unknown(error.reason)
        return _standing(found, charge)

    async def give_back(self, back: Back, idempotency_key: str) -> Charged:
        """One refund; what an earlier attempt left is taken up, not made again."""
        try:
            again = back.attempt > 1
            found = await self._api.find_refund(intent=back.charge_ref, payback=back.payback_id.hex) if again else None
            if found is None:
                found = await self._api.refund(
                    intent=back.charge_ref,
                    amount_minor=back.amount_minor,
                    payback=back.payback_id.hex,
                    key=idempotency_key,
                )
        except StripeCallFailed as error:
            if error.failure is Failure.REFUSED:
                return Declined(error.reason)
            nothing_moved = error.failure is Failure.NOT_TAKEN and back.attempt == 1
            return Postponed(error.reason) if nothing_moved else Unknown(error.reason)
        return _given(found)

    async def look_for(self, back: Back) -> LookedUp:
        """The refund by our id among those of its charge."""
        try:
            found = await self._api.find_refund(intent=back.charge_ref, payback=back.payback_id.hex)
        except StripeCallFailed as error:
            return Unknown(error.reason)
        return NotThere() if found is None else _given(found)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._api.aclose()

    async def _find(self, charge: Charge) -> Intent | None:
        if charge.rail_ref is not None:
            return await self._api.intent(charge.rail_ref)
        try:
            return await self._api.find_intent(customer=charge.customer, collection=charge.collection_id.hex)
        except StripeCallFailed as error:
            if error.reason == _NO_CUSTOMER:
                return None
            raise


def _standing(found: Intent, charge: Charge) -> Charged:
    match found.status:
        case "succeeded":
            return Succeeded(found.id, _card(found) if charge.keep else None)
        case "canceled":
            return Cancelled(found.id)
        case "processing":
            return Processing(found.id)
        case _ if not charge.off_session or charge.shown or found.wants_authentication or _is_asked(found):
            return NeedsShopper(found.id, found.client_secret or "", found.decline)
        case _:
            return Declined(found.decline or "unknown", found.id)


def _is_asked(found: Intent) -> bool:
    return found.status == "requires_action"


def _card(found: Intent) -> Card | None:
    if found.payment_method is None:
        return None
    told = found.card
    if told is None:
        return Card(found.payment_method)
    return Card(
        found.payment_method,
        told.brand,
        told.last4,
        told.funding,
        last_day(told.exp_month, told.exp_year),
        told.network_transaction_id,
    )


def _given(found: Refund) -> Succeeded | Processing | Declined:
    if found.status == "succeeded":
        return Succeeded(found.id)
    if found.status in ("failed", "canceled"):
        return Declined((found.failure_reason or found.status)[:100], found.id)
    return Processing(found.id)


def _not_taken(error: StripeCallFailed) -> Postponed | Unknown:
    return Unknown(error.reason) if error.failure is Failure.UNKNOWN else Postponed(error.reason)
