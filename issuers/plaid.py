"""Plaid, an aggregator of bank feeds: signed webhooks that carry no rows, and pages of rows that are pulled.

Format: github.com/plaid/plaid-openapi 2020-09-14 (June 2026), `/transactions/sync` and its webhooks, and plaid.com/docs
for how a webhook is verified. What a reader must know:

* A webhook says that something is new for an Item, which is one login at one bank. The rows are pulled with a cursor,
  account by account, and come as `added`, `modified` and `removed`. They have no clock: the number of the page orders
  what is said of one row (`issuers/bank_pages.py`).
* A booked row has a new id. `pending_transaction_id` links it to the pending one where Plaid matched them, and the
  pending row is removed, in the same page or another. So the pending row's id names the purchase. A pending row that is
  removed and followed by no booked one was never collected.
* `amount` is in major units, positive for money that leaves the account.
* A row is a purchase by card when its raw label has the form of one; else by the documented fields: `transaction_code`
  is `purchase` (European banks), or it is null and the money went out online or in store, `payment_meta` is empty (it
  is filled for transfers between banks alone), no cheque was written, and the category is none of income, transfers,
  loans and bank fees.
* `date` is the day of the purchase while a row is pending, and the day of booking after that. `authorized_datetime`
  comes as the bank gave it; midnight there stands for "no time".
* `merchant_entity_id` names a merchant, not a shop. With the `store_number` that Plaid found it is as near as it gets.
"""

import hashlib
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from issuers import bank_pages, es256, proof, reading
from issuers.adapter import Delivery
from issuers.bank_pages import Page, Progress, Reading, Row
from issuers.countries import alpha_2
from issuers.currencies import currency_code, minor_units
from issuers.errors import SignatureRefused
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Channel,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)
from issuers.french_labels import CardLabel, descriptor_of, read_label

SIGNATURE_HEADER = "plaid-verification"
CALLS_PER_DAY = 48
"""Plaid answers from its own store and asks the bank by itself, one to four times a day, so the bank's limit is not
touched by a call; this keeps a storm of webhooks from becoming a storm of calls."""
_NETWORK = "plaid"
_WHERE = "plaid page"
_NO_CARD = frozenset({"INCOME", "TRANSFER_IN", "TRANSFER_OUT", "LOAN_PAYMENTS", "BANK_FEES"})
_CHANNELS = {"in store": Channel.IN_STORE, "online": Channel.ONLINE}
_PULLED = frozenset({"SYNC_UPDATES_AVAILABLE", "INITIAL_UPDATE", "HISTORICAL_UPDATE", "DEFAULT_UPDATE"})
_REPAIRED = "LOGIN_REPAIRED"
_ABOUT_CONSENT = frozenset({_REPAIRED, "ERROR", "PENDING_EXPIRATION", "PENDING_DISCONNECT", "USER_PERMISSION_REVOKED"})

_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    accounts=True,
    identifier_schemes=("plaid_store", "plaid_merchant", "label"),
    pan_like_fields=(
        "item_id",
        "account_id",
        "account",
        "before",
        "answer.next_cursor",
        "answer.request_id",
        "answer.accounts.account_id",
        "answer.accounts.persistent_account_id",
        *(
            f"answer.{part}.{name}"
            for part in ("added", "modified", "removed")
            for name in ("account_id", "transaction_id", "pending_transaction_id", "merchant_entity_id")
        ),
    ),
)


class _Claims(msgspec.Struct, frozen=True):
    request_body_sha256: str
    iat: int | float


class _Location(msgspec.Struct):
    city: str | None = None
    country: str | None = None
    store_number: str | None = None


class _Category(msgspec.Struct):
    primary: str | None = None


class _Transaction(msgspec.Struct):
    transaction_id: str
    account_id: str
    amount: Decimal
    date: str
    pending: bool
    iso_currency_code: str | None = None
    pending_transaction_id: str | None = None
    authorized_date: str | None = None
    authorized_datetime: str | None = None
    name: str | None = None
    original_description: str | None = None
    merchant_name: str | None = None
    merchant_entity_id: str | None = None
    location: _Location | None = None
    payment_channel: str | None = None
    payment_meta: dict[str, Any] | None = None
    check_number: str | None = None
    transaction_code: str | None = None
    personal_finance_category: _Category | None = None


class _Removed(msgspec.Struct):
    transaction_id: str


class _Answer(msgspec.Struct):
    added: list[_Transaction]
    modified: list[_Transaction]
    removed: list[_Removed]
    next_cursor: str
    has_more: bool


class _Webhook(msgspec.Struct):
    webhook_type: str
    webhook_code: str
    item_id: str | None = None
    consent_expiration_time: str | None = None


class _Stated(msgspec.Struct):
    iat: int | float | None = None


_ANSWER = reading.decoder(_Answer)
_WEBHOOK = reading.decoder(_Webhook)
_ANYTHING = reading.decoder(dict[str, Any])
_CLAIMS = msgspec.json.Decoder(_Claims)
_ACKNOWLEDGEMENT = Acknowledgement(status=200)


class PlaidAdapter:
    """Plaid's dialect. The secret of a connection is a key of Plaid's as JSON, fetched by its id (`plaid_api.py`)."""

    name = _NETWORK
    capabilities = _CAPABILITIES
    lists_all = False
    calls_per_day = CALLS_PER_DAY

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check the token of `Plaid-Verification`: ES256 by the key it names, the body's hash, at most five minutes."""
        usable = proof.usable_secrets(secrets)
        key, text = es256.proven(proof.header(delivery, SIGNATURE_HEADER), usable)
        try:
            claims = _CLAIMS.decode(text)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise SignatureRefused(f"header {SIGNATURE_HEADER}: expected request_body_sha256 and iat") from error
        # Compared as bytes that anybody may see: the signature has proven the hash already.
        if claims.request_body_sha256.lower() != hashlib.sha256(delivery.body).hexdigest():
            raise SignatureRefused(f"header {SIGNATURE_HEADER}: the token was signed for another body")
        if not 0 <= claims.iat < 10**11:
            raise SignatureRefused(f"header {SIGNATURE_HEADER}: claim iat: expected unix seconds")
        if key.expired_at is not None and key.expired_at <= claims.iat:
            raise SignatureRefused(f"header {SIGNATURE_HEADER}: the key {key.kid[:64]!r} had expired")
        proof.check_window(round(claims.iat * 1_000_000), now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """Of a page its account and number. Plaid's webhooks have no id and repeat to the byte on other days: body and
        token together name one delivery."""
        page = bank_pages.envelope(delivery.body, _NETWORK)
        if page is not None:
            return page
        digest = hashlib.sha256(delivery.body).digest()
        token = delivery.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "replace")
        return Envelope(hashlib.sha256(delivery.body + b"\0" + token).hexdigest(), digest, None)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """A 200 within ten seconds ends Plaid's retries."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The facts of a stored page; of a webhook, that a feed has news."""
        body = delivery.body
        if "bank_page" in reading.read(_ANYTHING, body, "plaid message"):
            return self.read_page(bank_pages.decoded(body, _NETWORK)).events
        return _news(reading.read(_WEBHOOK, body, "plaid webhook"))

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The header of a delivery; `ValueError` unless the secret is a key with its private part."""
        claims = {"iat": int(now.timestamp()), "request_body_sha256": hashlib.sha256(body).hexdigest()}
        return {SIGNATURE_HEADER: es256.signed(claims, secret)}

    def progress(self, answer: bytes) -> Progress:
        """Plaid's own cursor; empty while it has nothing yet. Raises `Unreadable`."""
        read = reading.read(_ANSWER, answer, _WHERE)
        return Progress(read.next_cursor, read.has_more)

    def names(self, answer: bytes) -> frozenset[str]:
        """The ids of all rows, of those that are removed too. Raises `Unreadable`."""
        read = reading.read(_ANSWER, answer, _WHERE)
        ids = [row.transaction_id for row in (*read.added, *read.modified)]
        ids += [row.transaction_id for row in read.removed]
        return frozenset(reading.required_token(each, f"{_WHERE}: $.transaction_id") for each in ids)

    def read_page(self, page: Page) -> Reading:
        """What a page of `/transactions/sync` tells. Raises `Unreadable`."""
        answer = reading.read(_ANSWER, bytes(page.answer), _WHERE)
        rows = [_row(page, told) for told in (*answer.added, *answer.modified) if told.account_id == page.account]
        return bank_pages.told_by(page, rows, [each.transaction_id for each in answer.removed])


def _row(page: Page, told: _Transaction) -> Row:
    ref = reading.required_token(told.transaction_id, f"{_WHERE}: $.transaction_id")
    zone = bank_pages.zone_of(page)
    day = bank_pages.a_day(told.date, f"{_WHERE}: $.date") or bank_pages.local_day(page, zone)
    raw = told.original_description or told.name
    label = read_label(raw, day)
    # An amount in what is no currency of ISO 4217 (points, crypto assets) buys nothing by card.
    card = told.iso_currency_code is not None and _by_card(told, label)
    currency = currency_code(told.iso_currency_code) if card and told.iso_currency_code else "XXX"
    spent = minor_units(told.amount, currency) if card else 0
    since, until, basis = _when(page, told, label, refund=spent < 0)
    return Row(
        ref=ref,
        pending=told.pending,
        digest=bank_pages.content_digest(told),
        card=card,
        spent_minor=spent,
        currency=currency,
        since=since,
        until=until,
        basis=basis,
        purchase=reading.token(told.pending_transaction_id),
        merchant=_merchant(told, label, raw),
        last_four=label.last_four if label else None,
        metadata={"last_three": label.last_digits} if label and label.last_digits and not label.last_four else {},
        called_refund=label is not None and label.refund,
    )


def _by_card(told: _Transaction, label: CardLabel | None) -> bool:
    if label is not None:
        return True
    if told.transaction_code is not None:
        return told.transaction_code == "purchase"
    category = told.personal_finance_category.primary if told.personal_finance_category else None
    transfer = any(value is not None for value in (told.payment_meta or {}).values())
    return told.payment_channel in _CHANNELS and not transfer and told.check_number is None and category not in _NO_CARD


def _when(
    page: Page, told: _Transaction, label: CardLabel | None, *, refund: bool
) -> tuple[datetime, datetime, TimeBasis]:
    """The narrowest time that is told: an instant, the label's day, the day of authorization, the day of booking."""
    zone = bank_pages.zone_of(page)
    if told.authorized_datetime:
        moment = reading.instant(told.authorized_datetime, f"{_WHERE}: $.authorized_datetime")
        if moment.time() != time.min:
            return moment, moment, TimeBasis.INSTANT
    day = label.purchased_on if label else None
    day = day or bank_pages.a_day(told.authorized_date, f"{_WHERE}: $.authorized_date")
    dated = bank_pages.a_day(told.date, f"{_WHERE}: $.date")
    if day is None and told.pending:
        day = dated
    if day is not None:
        return *bank_pages.that_day(day, zone), TimeBasis.DATE
    booked = dated or bank_pages.local_day(page, zone)
    return *(bank_pages.that_day if refund else bank_pages.booked_by)(booked, zone), TimeBasis.BOOKED


def _merchant(told: _Transaction, label: CardLabel | None, raw: str | None) -> MerchantEvidence:
    place = told.location or _Location()
    named = told.merchant_entity_id and place.store_number
    return MerchantEvidence(
        identifiers=reading.identifiers(
            ("plaid_store", f"{told.merchant_entity_id}/{place.store_number}" if named else None),
            ("plaid_merchant", told.merchant_entity_id),
            ("label", " ".join(filter(None, (label.merchant, label.town))) if label else None),
        ),
        descriptor=label.merchant if label else descriptor_of(raw) or descriptor_of(told.merchant_name),
        city=(label.town if label else None) or place.city or None,
        country=alpha_2(place.country),
        channel=_CHANNELS.get(told.payment_channel or ""),
    )


def _news(webhook: _Webhook) -> tuple[CardEvent, ...]:
    """That an Item is worth a call now. Other webhooks, on balances, identities or loans, say nothing here."""
    of_rows = webhook.webhook_type == "TRANSACTIONS" and webhook.webhook_code in _PULLED
    of_consent = webhook.webhook_type == "ITEM" and webhook.webhook_code in _ABOUT_CONSENT
    item = reading.token(webhook.item_id)
    if item is None or not (of_rows or of_consent):
        return ()
    told = {"code": webhook.webhook_code}
    at = proof.EPOCH
    if webhook.consent_expiration_time:
        at = reading.instant(webhook.consent_expiration_time, "plaid webhook: $.consent_expiration_time")
        told["consent_until"] = at.isoformat()
    if webhook.webhook_code == _REPAIRED:
        told["repaired"] = "true"
    return (
        CardEvent(
            kind=EventKind.FEED_NEWS,
            card_token=item,
            fact_ref=f"{EventKind.FEED_NEWS.value}:{webhook.webhook_code}:{item}"[: reading.TOKEN_MAX],
            revision=0,
            purchase_ref=item,
            occurred_at=at,
            occurred_until=at,
            time_basis=TimeBasis.INSTANT,
            metadata=told,
        ),
    )
