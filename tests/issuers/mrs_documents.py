"""A notification of Mastercard's rewards service, signed and not, and how it is changed; shared by its tests.

`authorization.signed.xml` was signed by signxml (see the fixtures' README), so the verification here is checked against
another implementation. A notification that Mastercard itself signed in 2021 verifies too; it is not ours to publish.
"""

import re
from datetime import UTC, datetime

import pytest
from issuer_deliveries import FIXTURES, NOW, URL, mrs_secret

from issuers.adapter import Delivery
from issuers.errors import SignatureRefused
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.mastercard_mrs import MastercardMrsAdapter

MRS = MastercardMrsAdapter()
FOLDER = FIXTURES / "mastercard_mrs"
PLAIN = (FOLDER / "authorization.xml").read_bytes()
SIGNED = (FOLDER / "authorization.signed.xml").read_bytes()
BELIEVED = (mrs_secret("first", signs=False),)
PLACE = "EUR.Europe.Paris"
_FOUND = re.search(rb"<ds:Signature .*</ds:Signature>", SIGNED, re.DOTALL)
SIGNATURE = _FOUND[0] if _FOUND else b""
WITHOUT = SIGNED.replace(SIGNATURE, b"")
INNER = WITHOUT[WITHOUT.index(b"<Transaction") :]


def delivery(body: bytes, event: str | None = PLACE) -> Delivery:
    return Delivery(body, {"content-type": "text/xml"}, event, f"{URL}/{event}")


def signed(body: bytes = PLAIN, secret: bytes | None = None) -> bytes:
    return MRS.sign_body(body, secret=secret or mrs_secret("first"))


def refusal(body: bytes, *secrets: bytes, now: datetime = NOW) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        MRS.verify(delivery(body), secrets or BELIEVED, now)
    assert caught.value.code == "signature_refused"
    return caught.value


def said(**changes: str | None) -> bytes:
    """The notification with fields that say something else, or None for left out."""
    body = PLAIN.decode().replace("<retCd/>", "<retCd></retCd>")
    for name, text in changes.items():
        field = "" if text is None else f"<{name}>{text}</{name}>"
        body, count = re.subn(rf"<{name}>[^<]*</{name}>", field, body)
        if not count:
            body = body.replace("</Transaction>", f"{field}</Transaction>")
    return body.encode()


def told(body: bytes = PLAIN, event: str | None = PLACE) -> CardEvent:
    (event_,) = MRS.parse(delivery(body, event))
    return event_


EXPECTED = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="card-token-0002",
    fact_ref="authorization:card-token-0002/MXXX0ABCD/2026-09-15",
    revision=1789460430_000000,  # date -u -d 2026-09-15T03:20:30-05:00 +%s
    purchase_ref="card-token-0002/MXXX0ABCD/2026-09-15",
    occurred_at=datetime(2026, 9, 15, 8, 20, tzinfo=UTC),
    occurred_until=datetime(2026, 9, 15, 8, 20, tzinfo=UTC),
    time_basis=TimeBasis.MERCHANT_LOCAL,
    purchase_at=datetime(2026, 9, 15, 8, 20, tzinfo=UTC),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(
        identifiers=(
            MerchantIdentifier("acquirer_mid", "000001/1500001"),
            MerchantIdentifier("mid", "1500001"),
        ),
        descriptor="EXAMPLE CAFE",
        category_code="5651",
    ),
    card_scheme="mastercard",
)
