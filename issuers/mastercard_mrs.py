"""Mastercard's rewards service (MRS): notifications of authorizations in signed XML, and records of its clearing files.

Format: integration code of one UK card-linked operator (github.com/piukhq/zephyrus and harmonia, 2019 to 2024), read
for its facts; Mastercard publishes no description. Other regions and versions may differ. What a reader must know:

* The proof is in the body: an enveloped signature whose certificate comes with it, so anybody can make one. The secret
  says whose is believed (`certificate_chain`), and one profile of signatures is understood (`xml_signature`).
* `refNum` names the purchase on one day and is used again on later ones: card, reference and local day together are the
  purchase, here and in the clearing file (`mastercard_tgx2`). Without a reference `transId` is, else the content.
* **No message names a currency or a zone.** Both are the last segment of the registered address (`feed_place`).
* `transDate` and `transTime` are the shop's clock. `timestamp` is when Mastercard received it, seconds later, with an
  offset. The two within five minutes of each other confirm the zone. Where they do not, the clock is wrong, the
  purchase was made in another zone or the notification came late: it then lies between the two, and not after the
  receipt.
* `retCd`, a return code, is empty in what is known. Anything in it but zeros is kept as OTHER: no money moves on a
  guess.
* The wallet fields `wltId` and `tokenRqstrId` do not say how the shopper met the shop, and are not read.
"""

import hashlib
from datetime import datetime, timedelta

from lxml import etree

from issuers import certificate_chain, mastercard_tgx2, proof, reading, xml_signature
from issuers.adapter import Delivery
from issuers.card_numbers import MASK
from issuers.currencies import minor_units
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)
from issuers.feed_place import FeedPlace, feed_place

CONTENT_TYPE = "text/xml"
RECEIPT_SECONDS = 300
"""So far apart may the shop's clock and Mastercard's receipt be and still tell one moment."""

_WHERE = "mastercard_mrs notification"
_ROOT = "Transaction"
_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    identifier_schemes=("acquirer_mid", "mid", "mc_location", "mc_aggregate"),
)


class MastercardMrsAdapter:
    """The dialect of Mastercard's rewards service. See the module for what it takes for granted."""

    name = "mastercard_mrs"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check the signature over the whole document and who made it. The known service expects 403, and 400 for what
        is no document."""
        usable = proof.usable_secrets(secrets)
        try:
            root = xml_signature.document(delivery.body)
            xml_signature.check(root, certificate_chain.trusted_key(xml_signature.certificates(root), usable, now))
        except Unreadable as error:
            raise SignatureRefused(f"{_WHERE}: {error.detail}", status=400) from error
        except SignatureRefused as refusal:
            raise SignatureRefused(f"{_WHERE}: {refusal.detail}", status=403) from refusal

    def envelope(self, delivery: Delivery) -> Envelope:
        """Mastercard gives no event id: the id is a hash of event name and content, the signature left out of it."""
        event = (delivery.event or "").encode("utf-8", "replace")
        content, card = delivery.body, None
        try:
            if mastercard_tgx2.is_record(delivery):
                card = mastercard_tgx2.card_of(delivery.body)
            else:
                root = xml_signature.without_signature(xml_signature.document(delivery.body))
                content, card = xml_signature.canonical(root), _card(_texts(root))
        except Unreadable:
            pass
        digest = hashlib.sha256(b"%b\n%b" % (event, content)).digest()
        return Envelope(digest.hex(), digest, card)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:
        """The same document without its signature, as the known operator answers."""
        try:
            root = xml_signature.without_signature(xml_signature.document(delivery.body))
        except Unreadable:
            return Acknowledgement(status=200)
        return Acknowledgement(200, xml_signature.written(root), CONTENT_TYPE)

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """What a notification or a record of a clearing file states; nothing for another document."""
        if mastercard_tgx2.is_record(delivery):
            return mastercard_tgx2.parse_record(delivery)
        try:
            root = xml_signature.document(delivery.body)
            canonical = xml_signature.canonical(xml_signature.without_signature(root))
        except Unreadable as error:
            raise Unreadable(f"{_WHERE}: {error.detail}") from error
        if root.tag != _ROOT:
            return ()
        place = feed_place(delivery.event, f"{_WHERE}: the address")
        content = hashlib.sha256(canonical).hexdigest()
        return (_authorization(_texts(root), place, content),)

    def sign(
        self,
        body: bytes,  # noqa: ARG002, the contract's
        *,
        secret: bytes,  # noqa: ARG002, the contract's
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, the contract's
    ) -> dict[str, str]:
        """No header proves anything: what proves is in the body, by `sign_body`."""
        return {"content-type": f"{CONTENT_TYPE}; charset=utf-8"}

    def sign_body(self, body: bytes, *, secret: bytes) -> bytes:
        """The document with a signature, by the key that the secret holds; `ValueError` for a secret without one."""
        key, certificate = certificate_chain.signer_of(secret)
        return xml_signature.sign(body, key, certificate)


def _texts(root: etree._Element) -> dict[str, str]:
    """The fields; raises `Unreadable` for one that is told twice or is more than a text."""
    found: dict[str, str] = {}
    for child in root:
        name = str(child.tag)
        if name.startswith("{"):
            continue
        if name in found or len(child):
            raise Unreadable(f"{_WHERE}: {name[:32]}: expected one text")
        found[name] = (child.text or "").strip()
    return found


def _card(told: dict[str, str]) -> str | None:
    """The card's token; one that was masked because it looks like a card number could stand for several cards."""
    card = told.get("bankCustNum", "")
    return None if MASK in card else reading.token(card)


def _authorization(told: dict[str, str], place: FeedPlace, content: str) -> CardEvent:
    card = reading.required_token(_card(told), f"{_WHERE}: bankCustNum")
    amount = _amount(told, place.currency)
    local = _local_time(told)
    earliest, latest, basis, received = _time(told, local, place.zone)
    named, apart = mastercard_tgx2.reference(told.get("refNum")), mastercard_tgx2.reference(told.get("transId"))
    purchase = mastercard_tgx2.purchase_ref(card, named or f"trans-{apart or content}", local.date())
    counts = not (told.get("retCd") or "").strip("0") and amount >= 0
    kind = EventKind.AUTHORIZATION if counts else EventKind.OTHER
    mid = told.get("merchId", "")
    acquirer = told.get("acquirerIca", "")
    known = mid.strip("0") and acquirer.strip("0")
    return CardEvent(
        kind=kind,
        card_token=card,
        fact_ref=f"{kind.value}:{purchase}",
        revision=0 if received is None else proof.microseconds(received),
        purchase_ref=purchase,
        occurred_at=earliest,
        occurred_until=latest,
        time_basis=basis,
        purchase_at=earliest,
        amount_minor=abs(amount),
        currency=place.currency,
        merchant=MerchantEvidence(
            identifiers=reading.identifiers(("acquirer_mid", f"{acquirer}/{mid}" if known else None), ("mid", mid)),
            descriptor=told.get("merchNameLoc") or None,
            category_code=told.get("merchCatCd") or None,
        ),
        card_scheme="mastercard",
    )


def _amount(told: dict[str, str], currency: str) -> int:
    try:
        return minor_units(told.get("transAmt", ""), currency)
    except Unreadable as error:
        raise Unreadable(f"{_WHERE}: transAmt: {error.detail}") from error


def _local_time(told: dict[str, str]) -> datetime:
    text = f"{told.get('transDate', '')} {told.get('transTime', '')}"
    try:
        if len(text) != 15 or not text.isascii() or not text.replace(" ", "").isdigit():
            raise ValueError("not that form")
        return datetime.strptime(text, "%m%d%Y %H%M%S")  # noqa: DTZ007, the zone is given apart
    except ValueError as error:
        raise Unreadable(f"{_WHERE}: transDate, transTime: expected MMDDYYYY and HHmmss, got {text[:32]!r}") from error


def _time(
    told: dict[str, str], local: datetime, zone: str | None
) -> tuple[datetime, datetime, TimeBasis, datetime | None]:
    """The interval of the purchase, where it comes from, and when Mastercard received it."""
    first, second, basis = reading.merchant_time(local.isoformat(), zone, f"{_WHERE}: transTime")
    text = told.get("timestamp")
    if not text:
        return first, second, basis, None
    received = reading.instant(text, f"{_WHERE}: timestamp")
    near = timedelta(seconds=RECEIPT_SECONDS)
    confirmed = [moment for moment in (first, second) if abs(moment - received) <= near]
    if confirmed:
        return confirmed[0], confirmed[-1], basis, received
    if first > received:
        return received, received, TimeBasis.INSTANT, received
    return first, received, basis, received
