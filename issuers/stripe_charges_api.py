"""Stripe over HTTP with the vendor's SDK: cards under a mandate, charges on and off session, refunds; find all again.

Formats: docs.stripe.com/api (customers, setup intents, payment intents, payment methods, refunds) and
docs.stripe.com/payments/save-and-reuse. What a reader must know:

* Every writing call bears a key of the caller's; Stripe may forget keys after 24 hours. An intent is found again by
  listing those of its customer, which is consistent at once: searching by metadata is not.
* A charge off session that the bank wants authenticated fails with `authentication_required`, and its intent goes
  back to `requires_payment_method`: the shopper may confirm the very same intent afterwards.
* A declined charge is an answer, not a failure of the call: Stripe sends it as an error of status 402 with the intent
  inside.
* The client secret lets whoever has it confirm one intent. It is handed to the shopper's client and kept nowhere.
"""

from datetime import date
from typing import Any, Self, TypeVar

import msgspec
import stripe

from issuers.stripe_calls import NETWORK_RETRIES, TIMEOUT_SECONDS, Failure, StripeCallFailed, failed
from issuers.stripe_charges import COLLECTION_KEY, MANDATE_KEY, PAYBACK_KEY, PLAN_KEY

_Found = TypeVar("_Found", bound=msgspec.Struct)

PAGE = 100
PAGES_MAX = 50
"""Pages of one customer's intents, or of one intent's refunds, that are looked through."""


class _Card(msgspec.Struct):
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    funding: str | None = None
    network_transaction_id: str | None = None


class _Details(msgspec.Struct):
    card: _Card | None = None


class _Charge(msgspec.Struct):
    id: str
    payment_method_details: _Details | None = None


class _Error(msgspec.Struct):
    code: str | None = None
    decline_code: str | None = None


class Method(msgspec.Struct):
    """A card as Stripe keeps it."""

    id: str
    card: _Card | None = None
    customer: str | None = None


class Intent(msgspec.Struct):
    """A payment intent: one charge, in whatever state."""

    id: str
    status: str
    """requires_payment_method, requires_confirmation, requires_action, processing, succeeded, canceled."""
    amount: int
    currency: str
    customer: str | None = None
    client_secret: str | None = None
    payment_method: str | None = None
    metadata: dict[str, str] = {}
    latest_charge: _Charge | str | None = None
    last_payment_error: _Error | None = None

    @property
    def card(self) -> _Card | None:
        """The card as it was charged; None before."""
        charge = self.latest_charge
        if not isinstance(charge, _Charge) or charge.payment_method_details is None:
            return None
        return charge.payment_method_details.card

    @property
    def decline(self) -> str | None:
        """Why the last attempt failed: the bank's code where it gave one, else Stripe's."""
        error = self.last_payment_error
        return None if error is None else (error.decline_code or error.code or "unknown")[:100]

    @property
    def wants_authentication(self) -> bool:
        """The last attempt failed because the bank wants the shopper to authenticate."""
        error = self.last_payment_error
        return error is not None and "authentication_required" in (error.code, error.decline_code)


class Setup(msgspec.Struct):
    """A setup intent: a card that the shopper authenticates for later charges."""

    id: str
    status: str
    client_secret: str | None = None
    payment_method: str | None = None
    last_setup_error: _Error | None = None


class Refund(msgspec.Struct):
    """Money on its way back to a card."""

    id: str
    status: str | None
    """pending, requires_action, succeeded, failed, canceled."""
    amount: int
    metadata: dict[str, str] = {}
    failure_reason: str | None = None


class StripeChargesApi:
    """A client for one account. `base_url` points the SDK elsewhere than to Stripe. Close it after use.

    Every method raises `StripeCallFailed`.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        network_retries: int = NETWORK_RETRIES,
    ) -> None:
        self._http = stripe.HTTPXClient(timeout=timeout_seconds)
        self._stripe = stripe.StripeClient(
            api_key,
            http_client=self._http,
            base_addresses={"api": base_url} if base_url else {},
            max_network_retries=network_retries,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it without annotations

    async def customer(self, *, mandate: str, key: str) -> str:
        """A customer for one mandate; it bears our id of that and nothing of the person."""
        try:
            made = await self._stripe.v1.customers.create_async(
                {"metadata": {MANDATE_KEY: mandate}}, {"idempotency_key": key}
            )
        except stripe.StripeError as error:
            raise failed(error) from error
        return made.id

    async def set_up(self, *, customer: str, mandate: str, key: str) -> Setup:
        """Ask for a card to be authenticated for charges off session."""
        told: Any = {
            "customer": customer,
            "usage": "off_session",
            "payment_method_types": ["card"],
            "payment_method_options": {"card": {"request_three_d_secure": "any"}},
            "metadata": {MANDATE_KEY: mandate},
        }
        try:
            made = await self._stripe.v1.setup_intents.create_async(told, {"idempotency_key": key})
        except stripe.StripeError as error:
            raise failed(error) from error
        return _read(made, Setup)

    async def setup(self, setup: str) -> Setup:
        """How a setup intent stands."""
        try:
            return _read(await self._stripe.v1.setup_intents.retrieve_async(setup), Setup)
        except stripe.StripeError as error:
            raise failed(error) from error

    async def method(self, method: str) -> Method:
        """A card as Stripe keeps it; one that was detached has no customer."""
        try:
            return _read(await self._stripe.v1.payment_methods.retrieve_async(method), Method)
        except stripe.StripeError as error:
            raise failed(error) from error

    async def detach(self, method: str) -> None:
        """Let Stripe forget a card; one that is detached already stays so."""
        try:
            if (await self.method(method)).customer is not None:
                await self._stripe.v1.payment_methods.detach_async(method)
        except stripe.StripeError as error:
            raise failed(error) from error

    async def charge(
        self,
        *,
        amount_minor: int,
        currency: str,
        customer: str,
        method: str | None,
        off_session: bool,
        keep: bool,
        collection: str,
        plan: str,
        key: str,
    ) -> Intent:
        """Charge a card: at once where it is known, else when the shopper has confirmed it on their client.

        With `keep` the shopper authenticates, and the card may be charged off session afterwards.
        """
        told: Any = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "customer": customer,
            "payment_method_types": ["card"],
            "metadata": {COLLECTION_KEY: collection, PLAN_KEY: plan},
            "expand": ["latest_charge"],
        }
        if method is not None:
            told |= {"payment_method": method, "confirm": True}
        if off_session:
            told["off_session"] = True
        if keep:
            told["setup_future_usage"] = "off_session"
            told["payment_method_options"] = {"card": {"request_three_d_secure": "any"}}
        try:
            made = await self._stripe.v1.payment_intents.create_async(
                told,
                {"idempotency_key": key},
            )
        except stripe.CardError as error:
            declined = _declined(error)
            if declined is None:
                raise failed(error) from error
            return declined
        except stripe.StripeError as error:
            raise failed(error) from error
        return _read(made, Intent)

    async def intent(self, intent: str) -> Intent:
        """How a charge stands."""
        try:
            return _read(
                await self._stripe.v1.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]}), Intent
            )
        except stripe.StripeError as error:
            raise failed(error) from error

    async def find_intent(self, *, customer: str, collection: str) -> Intent | None:
        """The customer's charge that bears our id; None if Stripe has none."""
        page: Any = {"customer": customer, "limit": PAGE}
        for _ in range(PAGES_MAX):
            try:
                listed = await self._stripe.v1.payment_intents.list_async(page)
            except stripe.StripeError as error:
                raise failed(error) from error
            for each in listed.data:
                if _read(each, Intent).metadata.get(COLLECTION_KEY) == collection:
                    return await self.intent(each.id)
            if not listed.has_more:
                return None
            page = {**page, "starting_after": listed.data[-1].id}
        raise StripeCallFailed(Failure.UNKNOWN, "too_many_intents")

    async def cancel(self, intent: str, *, key: str) -> Intent:
        """Cancel a charge that has not succeeded. One that has, or is under way, is answered as it stands."""
        try:
            return _read(
                await self._stripe.v1.payment_intents.cancel_async(intent, {}, {"idempotency_key": key}), Intent
            )
        except stripe.StripeError as error:
            if error.code == "payment_intent_unexpected_state":
                return await self.intent(intent)
            raise failed(error) from error

    async def refund(self, *, intent: str, amount_minor: int, payback: str, key: str) -> Refund:
        """Give part or all of a charge back to its card."""
        try:
            made = await self._stripe.v1.refunds.create_async(
                {"payment_intent": intent, "amount": amount_minor, "metadata": {PAYBACK_KEY: payback}},
                {"idempotency_key": key},
            )
        except stripe.StripeError as error:
            raise failed(error) from error
        return _read(made, Refund)

    async def find_refund(self, *, intent: str, payback: str) -> Refund | None:
        """The refund of a charge that bears our id; None if Stripe has none."""
        page: Any = {"payment_intent": intent, "limit": PAGE}
        for _ in range(PAGES_MAX):
            try:
                listed = await self._stripe.v1.refunds.list_async(page)
            except stripe.StripeError as error:
                raise failed(error) from error
            for each in listed.data:
                found = _read(each, Refund)
                if found.metadata.get(PAYBACK_KEY) == payback:
                    return found
            if not listed.has_more:
                return None
            page = {**page, "starting_after": listed.data[-1].id}
        raise StripeCallFailed(Failure.UNKNOWN, "too_many_refunds")


def last_day(month: int | None, year: int | None) -> date | None:
    """The last day of the month printed on a card."""
    if month is None or year is None:
        return None
    return date(year + month // 12, month % 12 + 1, 1) - date.resolution


def _read(told: stripe.StripeObject, kind: type[_Found]) -> _Found:
    try:
        return msgspec.convert(told.to_dict(recursive=True), kind, strict=False)
    except msgspec.ValidationError as error:
        # It was carried out, whatever of the answer cannot be read.
        raise StripeCallFailed(Failure.UNKNOWN, "unreadable_answer") from error


def _declined(error: stripe.CardError) -> Intent | None:
    """The intent that a decline carries: it has failed, and may be confirmed anew."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    told = body.get("error", {})
    intent = told.get("payment_intent") if isinstance(told, dict) else None
    try:
        return None if intent is None else msgspec.convert(intent, Intent, strict=False)
    except msgspec.ValidationError:
        return None
