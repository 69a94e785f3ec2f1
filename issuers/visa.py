"""Visa Offers Platform, real-time messages: a client certificate and named values in, `CardEvent` out.

Format: how the public integration code of a UK operator reads it (github.com/piukhq/harmonia, 2019 to 2024; names and
formats only), as Visa publishes none. What a reader of it must know:

* A message is a list of `{Key, Value}`; `TransactionType` among the user-defined fields says AUTH, SETTLE or RETURN, in
  any case. Other types state nothing here.
* AUTH and SETTLE of a purchase share `VipTransactionId`, Visa's own transaction identifier. A RETURN has a new one and
  names no purchase.
* Amounts are in major units and the shop's currency: `TransactionAmount` when authorised, `SettlementAmount` when
  settled, `ReturnTransaction.Amount` when given back, each beside its currency's number. In an AUTH the settlement's
  values are "" or "0". Amounts are positive, also of a RETURN.
* `BillingAmount` and `SettlementBillingAmount` are the same in the currency of the account, whose code is a number or
  letters. They stand beside the shop's where the currencies differ. A RETURN tells none.
* `MerchantDateTimeGMT` is an instant. `TimeStampYYMMDD` is in a zone that differs by retailer, a RETURN's `DateTime`
  (`M/D/YYYY h:m:s AM`) and `SettlementDate` name none: they are read as UTC and marked so.
* A settlement file's rows (`visa_settlement_file`) state what the messages state, under the same names.
* A settled purchase may come in parts: each part is named by the identifier and its `SettlementDate`.
* A shop is named by its acquirer's MID, Visa's store id (VSID) and Visa's merchant id (VMID); "" and "0" stand for
  unknown. A MID is unique within one acquirer only, whose BIN stands before it. In a settlement it may carry seven
  zeros in front that the authorization does not: the MID without them follows the one with them.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from issuers import mutual_tls, proof, reading, visa_settlement_file
from issuers.adapter import Delivery
from issuers.currencies import minor_units
from issuers.currency_numbers import currency_of
from issuers.errors import Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)
from issuers.two_currencies import Amount, Told, account_beside, if_readable

_ZEROS = "0000000"
_RETURN_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{1,2}):(\d{1,2}) ([AP])M", re.ASCII)
_TYPE_FIELD = "TransactionType"

_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    identifier_schemes=("acquirer_mid", "mid", "vsid", "vmid"),
    # Identifiers stand beside amounts under one path, and Visa's transaction identifier has 15 digits.
    pan_like_fields=("CardId", "MessageId", "UserProfileId", "MessageElementsCollection.Value"),
)


class _Pair(msgspec.Struct, rename="pascal"):
    key: str
    value: Any = None


class _Message(msgspec.Struct, rename="pascal"):
    card_id: str | None = None
    external_user_id: str | None = None
    message_elements_collection: list[_Pair] | None = None
    user_defined_fields_collection: list[_Pair] | None = None


class _Lane(msgspec.Struct, rename="pascal"):
    """Enough to name the delivery and the card: all that the receiving path decodes."""

    card_id: str | None = None
    message_id: object = None


_MESSAGE = reading.decoder(_Message)
_LANE = reading.decoder(_Lane)

_AUTHORISED = ("Transaction.TransactionAmount", "Transaction.CurrencyCodeNumeric")
_AUTHORISED_BILLED = ("Transaction.BillingAmount", "Transaction.BillingCurrencyCode")
_SETTLED = ("Transaction.SettlementAmount", "Transaction.SettlementCurrencyCodeNumeric")
_SETTLED_BILLED = ("Transaction.SettlementBillingAmount", "Transaction.SettlementBillingCurrency")

_ACKNOWLEDGEMENT = Acknowledgement(status=200, body=b'{"error_msg":"","status_code":"0"}')


class VisaAdapter:
    """Visa's dialect. See the module for what it takes for granted."""

    name = "visa"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check the client certificate that the proxy hands on; the body is not signed (`issuers/mutual_tls.py`)."""
        mutual_tls.verify(delivery, secrets, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """Visa's `MessageId`, else a hash of the body."""
        digest = hashlib.sha256(delivery.body).digest()
        if visa_settlement_file.is_row(delivery):
            return Envelope(digest.hex(), digest, visa_settlement_file.card_of(delivery.body))
        try:
            lane = _LANE.decode(delivery.body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Envelope(digest.hex(), digest, None)
        # A message whose id is no text is read all the same, in its card's lane.
        name = reading.token(lane.message_id) if isinstance(lane.message_id, str) else None
        return Envelope(name or digest.hex(), digest, reading.token(lane.card_id))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """200 with the two fields Visa reads."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """One fact of an AUTH, a SETTLE, a RETURN or a settlement file's row; none for another type of message."""
        if visa_settlement_file.is_row(delivery):
            return _row(delivery.body)
        message = reading.read(_MESSAGE, delivery.body, "visa message")
        kind = _text(_named(message.user_defined_fields_collection).get(_TYPE_FIELD)).upper()
        values = _Values(message.message_elements_collection, f"visa {kind[:16]}")
        match kind:
            case "AUTH":
                return (_authorization(message, values),)
            case "SETTLE":
                return (_clearing(message, values),)
            case "RETURN":
                return (_refund(message, values),)
            case _:
                return ()

    def sign(
        self,
        body: bytes,  # noqa: ARG002, the contract's
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, the contract's
    ) -> dict[str, str]:
        """What the proxy hands on of the sandbox certificate; `ValueError` for a secret that names another one."""
        return mutual_tls.headers_for(secret)


class _Values:
    """The values of a message by their names, with the errors that say which name."""

    def __init__(self, pairs: list[_Pair] | None, where: str) -> None:
        self._values = _named(pairs)
        self._where = where

    def get(self, name: str) -> str:
        """The value as text without surrounding space; "" where there is none."""
        return _text(self._values.get(name))

    def where(self, name: str) -> str:
        """What an error says about the place."""
        return f"{self._where}: {name}"

    def amount(self, amount: str, currency: str) -> tuple[int, str]:
        """Positive minor units and their currency."""
        code = currency_of(self.get(currency), self.where(currency))
        try:
            minor = minor_units(self.get(amount), code)
        except Unreadable as error:
            raise Unreadable(f"{self.where(amount)}: {error.detail}") from error
        if minor < 0:
            raise Unreadable(f"{self.where(amount)}: expected zero or more, got {self.get(amount)[:32]}")
        return minor, code

    def told(self, amount: tuple[str, str], billed: tuple[str, str]) -> Told:
        """The shop's amount by the names of amount and currency, and the account's beside it."""
        shop = Amount(*self.amount(*amount))
        return account_beside(shop, if_readable(lambda: Amount(*self.amount(*billed))))

    def reference(self, name: str) -> str:
        """An id without which the message states no fact; "0" is none."""
        value = self.get(name)
        return reading.required_token(None if value == "0" else value, self.where(name))


def _named(pairs: list[_Pair] | None) -> Mapping[str, Any]:
    return {pair.key: pair.value for pair in pairs or ()}


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return ""
    return str(value).strip()


def _authorization(message: _Message, values: _Values) -> CardEvent:
    purchase = values.reference("Transaction.VipTransactionId")
    told = values.told(_AUTHORISED, _AUTHORISED_BILLED)
    made_at, until, basis = _purchase_time(values)
    return CardEvent(
        kind=EventKind.AUTHORIZATION,
        card_token=_card(message),
        fact_ref=f"authorization:{purchase}",
        revision=proof.microseconds(made_at),
        purchase_ref=purchase,
        occurred_at=made_at,
        occurred_until=until,
        time_basis=basis,
        purchase_at=made_at,
        amount_minor=told.minor,
        currency=told.currency,
        other_minor=told.other_minor,
        other_currency=told.other_currency,
        merchant=_merchant(values, "Transaction", "MerchantAcquirerBin", "MerchantCardAcceptorId"),
        last_four=values.get("Transaction.PanLastFour") or None,
        card_scheme="visa",
        metadata=_attached(message),
    )


def _clearing(message: _Message, values: _Values) -> CardEvent:
    purchase = values.reference("Transaction.VipTransactionId")
    told = values.told(_SETTLED, _SETTLED_BILLED)
    made_at, _, basis = _purchase_time(values)
    settled_at, settled_until, _ = _local(values, "Transaction.SettlementDate")
    return CardEvent(
        kind=EventKind.CLEARING,
        card_token=_card(message),
        fact_ref=f"clearing:{purchase}:{settled_at:%Y-%m-%dT%H:%M:%S}",
        revision=proof.microseconds(settled_at),
        purchase_ref=purchase,
        occurred_at=settled_at,
        occurred_until=settled_until,
        time_basis=basis,
        purchase_at=made_at,
        amount_minor=told.minor,
        currency=told.currency,
        other_minor=told.other_minor,
        other_currency=told.other_currency,
        merchant=_merchant(values, "Transaction", "MerchantAcquirerBin", "MerchantCardAcceptorId"),
        last_four=values.get("Transaction.PanLastFour") or None,
        card_scheme="visa",
        metadata=_attached(message),
    )


def _row(body: bytes) -> tuple[CardEvent, ...]:
    """A row of the settlement file has the names of a SETTLE, so it states the same fact as the message."""
    told = visa_settlement_file.values_of(body)
    code = told[visa_settlement_file.CODE].zfill(2)
    message = _Message(
        card_id=told[visa_settlement_file.CARD],
        message_elements_collection=[_Pair(key, value) for key, value in told.items()],
    )
    values = _Values(message.message_elements_collection, "visa settlement file")
    match code:
        case visa_settlement_file.SALE:
            return (_in_file(_clearing(message, values), told),)
        case visa_settlement_file.CREDIT:
            return (_in_file(_credit(message, values), told),)
        case _:
            return ()


def _in_file(event: CardEvent, told: Mapping[str, str]) -> CardEvent:
    name = told["Transaction.VisaStoreName"] or told["Transaction.VisaMerchantName"] or told["Transaction.MerchantName"]
    merchant = replace(
        event.merchant,
        descriptor=name or None,
        category_code=told["Transaction.MerchantCategoryCode"] or None,
        city=told["Transaction.MerchantCity"] or None,
    )
    return replace(event, merchant=merchant, last_four=told["Card.LastFour"] or None)


def _credit(message: _Message, values: _Values) -> CardEvent:
    """A credit names no purchase; its identifier is that of the RETURN."""
    refund = values.reference("Transaction.VipTransactionId")
    told = values.told(_SETTLED, _SETTLED_BILLED)
    given_at, until, basis = _local(values, "Transaction.SettlementDate")
    return CardEvent(
        kind=EventKind.REFUND,
        card_token=_card(message),
        fact_ref=f"refund:{refund}",
        revision=proof.microseconds(given_at),
        purchase_ref=refund,
        occurred_at=given_at,
        occurred_until=until,
        time_basis=basis,
        amount_minor=told.minor,
        currency=told.currency,
        other_minor=told.other_minor,
        other_currency=told.other_currency,
        merchant=_merchant(values, "Transaction", "MerchantAcquirerBin", "MerchantCardAcceptorId"),
        card_scheme="visa",
    )


def _refund(message: _Message, values: _Values) -> CardEvent:
    refund = values.reference("ReturnTransaction.VipTransactionId")
    amount, currency = values.amount("ReturnTransaction.Amount", "ReturnTransaction.CurrencyCode")
    given_at = _return_time(values)
    return CardEvent(
        kind=EventKind.REFUND,
        card_token=_card(message),
        fact_ref=f"refund:{refund}",
        revision=proof.microseconds(given_at),
        purchase_ref=refund,
        occurred_at=given_at,
        occurred_until=given_at,
        time_basis=TimeBasis.ASSUMED_UTC,
        amount_minor=amount,
        currency=currency,
        merchant=_merchant(values, "ReturnTransaction", "AcquirerBIN", "CardAcceptorIdCode"),
        card_scheme="visa",
        metadata=_attached(message),
    )


def _card(message: _Message) -> str:
    return reading.required_token(message.card_id, "visa message: $.CardId")


def _attached(message: _Message) -> dict[str, str]:
    """The integrator's own name of the enrolled user, as it was given at enrolment."""
    return {"external_user_id": message.external_user_id} if message.external_user_id else {}


def _merchant(values: _Values, about: str, acquirer: str, acceptor: str) -> MerchantEvidence:
    bin_, told = values.get(f"{about}.{acquirer}"), values.get(f"{about}.{acceptor}")
    known = told not in ("", "0")
    mids = [told, told.removeprefix(_ZEROS)] if known and told.startswith(_ZEROS) else [told]
    return MerchantEvidence(
        identifiers=reading.identifiers(
            *(("acquirer_mid", f"{bin_}/{mid}") for mid in mids if known and mid and bin_ not in ("", "0")),
            *(("mid", mid) for mid in mids),
            ("vsid", values.get(f"{about}.VisaStoreId")),
            ("vmid", values.get(f"{about}.VisaMerchantId")),
        ),
        descriptor=values.get(f"{about}.VisaStoreName") or values.get(f"{about}.VisaMerchantName") or None,
    )


def _purchase_time(values: _Values) -> tuple[datetime, datetime, TimeBasis]:
    name = "Transaction.MerchantDateTimeGMT"
    if text := values.get(name):
        made_at = reading.instant(text, values.where(name))
        return made_at, made_at, TimeBasis.INSTANT
    return _local(values, "Transaction.TimeStampYYMMDD")


def _local(values: _Values, name: str) -> tuple[datetime, datetime, TimeBasis]:
    return reading.merchant_time(values.get(name), None, values.where(name))


def _return_time(values: _Values) -> datetime:
    name = "ReturnTransaction.DateTime"
    parts = _RETURN_TIME.fullmatch(values.get(name).upper())
    try:
        if parts is None or not 1 <= int(parts[4]) <= 12:
            raise ValueError("not that form")
        month, day, year, hour, minute, second = (int(parts[group]) for group in range(1, 7))
        moment = datetime(year, month, day, hour % 12, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(
            f"{values.where(name)}: expected M/D/YYYY h:m:s AM or PM, got {values.get(name)[:40]!r}"
        ) from error
    return moment + timedelta(hours=12 if parts[7] == "P" else 0)
