"""Mastercard's rewards service: what proves a notification, what does not, and what it states.

`authorization.signed.xml` was signed by signxml (see the fixtures' README), so the verification here is checked against
another implementation. A notification that Mastercard itself signed in 2021 verifies too; it is not ours to publish.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from issuer_deliveries import FIXTURES, NOW, URL, mrs_secret

from issuers import xml_signature
from issuers.adapter import Delivery, as_sent
from issuers.certificate_chain import signer_of
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.mastercard_mrs import MastercardMrsAdapter

MRS = MastercardMrsAdapter()
FOLDER = FIXTURES / "mastercard-mrs"
PLAIN = (FOLDER / "authorization.xml").read_bytes()
SIGNED = (FOLDER / "authorization.signed.xml").read_bytes()
BELIEVED = (mrs_secret("first", signs=False),)
PLACE = "EUR.Europe.Paris"


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


class TestProof:
    def test_a_document_that_another_implementation_signed_verifies(self) -> None:
        MRS.verify(delivery(SIGNED), BELIEVED, NOW)
        MRS.verify(delivery(SIGNED), (b"", b"no such text", mrs_secret("second", signs=False), *BELIEVED), NOW)

    def test_what_sign_body_makes_verifies_and_states_the_same(self) -> None:
        sent = as_sent(MRS, PLAIN, secret=mrs_secret("first"), url=URL, event=PLACE, now=NOW)
        assert sent.headers == {"content-type": "text/xml; charset=utf-8"}
        MRS.verify(sent, BELIEVED, NOW)
        assert MRS.parse(sent) == (EXPECTED,)
        assert MRS.envelope(sent) == MRS.envelope(delivery(SIGNED)) == MRS.envelope(delivery(PLAIN))
        MRS.verify(delivery(signed(sent.body)), BELIEVED, NOW)

    def test_a_secret_that_only_believes_cannot_sign(self) -> None:
        for secret in (*BELIEVED, b"", b"whsec_demo_secret"):
            with pytest.raises(ValueError, match="the signer's own certificate and private key"):
                MRS.sign_body(PLAIN, secret=secret)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (b"42.50", b"42.51"),
            (b"card-token-0002", b"card-token-0003"),
            (b"<retCd/>", b"<retCd>0</retCd>"),
            (b"\n  <transId>", b"\n   <transId>"),
            (b"</merchId>", b"</merchId><more/>"),
            (b"EXAMPLE CAFE", b"EXAMPLE  CAFE"),
        ],
    )
    def test_every_character_of_the_document_is_signed(self, before: bytes, after: bytes) -> None:
        assert before in SIGNED
        refused = refusal(SIGNED.replace(before, after))
        assert refused.status == 403
        assert "digest differs" in refused.detail

    def test_what_xml_calls_the_same_is_the_same(self) -> None:
        for same in (SIGNED + b"\n", SIGNED.replace(b"<retCd/>", b"<retCd></retCd>"), SIGNED.replace(b"\n", b"\r\n")):
            MRS.verify(delivery(same), BELIEVED, NOW)
        commented = SIGNED.replace(b"42.50", b"42<!-- -->.50")
        MRS.verify(delivery(commented), BELIEVED, NOW)
        assert told(commented).amount_minor == 42_50, "a comment cuts no text"

    def test_a_signature_by_a_key_that_the_authority_did_not_vouch_for_is_refused(self) -> None:
        assert "certificate of 'signing.ws.example.com'" in refusal(signed(secret=mrs_secret("second"))).detail
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        forged = xml_signature.sign(PLAIN, key, a_certificate(key).public_bytes(Encoding.DER))
        assert refusal(forged).status == 403, "its own, under the right name: what the known operator took"

    def test_the_genuine_certificate_beside_another_key_is_refused(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        genuine = x509.load_pem_x509_certificate((FOLDER / "first-signer.pem").read_bytes())
        forged = xml_signature.sign(PLAIN, key, genuine.public_bytes(Encoding.DER))
        assert "not made with the key" in refusal(forged).detail

    def test_another_name_under_the_same_authority_is_refused(self) -> None:
        another = b"another.example.com\n" + (FOLDER / "first-authority.pem").read_bytes()
        detail = refusal(SIGNED, another).detail
        assert "expected one certificate of 'another.example.com', got 'signing.ws.example.com'" in detail

    @pytest.mark.parametrize("moment", [datetime(2019, 12, 31, tzinfo=UTC), datetime(2120, 1, 2, tzinfo=UTC)])
    def test_outside_the_validity_of_its_certificate_it_is_refused(self, moment: datetime) -> None:
        assert "not valid at validation time" in refusal(SIGNED, now=moment).detail

    @pytest.mark.parametrize(
        "secret",
        [
            b"whsec_demo_secret",
            b"\xff\xfe",
            b"signing.ws.example.com",
            b"signing.ws.example.com\nnot PEM",
            (FOLDER / "first-authority.pem").read_bytes(),
            b"signing.ws.example.com\n" + (FOLDER / "first-signer.pem").read_bytes(),
        ],
    )
    def test_a_secret_without_name_and_authority_proves_nothing(self, secret: bytes) -> None:
        assert "no secret of this connection can be used" in refusal(SIGNED, secret).detail

    @pytest.mark.parametrize("secrets", [(), (b"",), (b" \n", b"")])
    def test_without_a_secret_nothing_verifies(self, secrets: tuple[bytes, ...]) -> None:
        with pytest.raises(SignatureRefused, match="no secret is configured"):
            MRS.verify(delivery(SIGNED), secrets, NOW)

    def test_an_authority_that_is_a_signer_only_does_not_vouch(self) -> None:
        """A certificate that the signer issued with its own key, as if it were an authority."""
        key, leaf_key = signer_key(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
        signer = x509.load_pem_x509_certificate((FOLDER / "first-signer.pem").read_bytes())
        leaf = a_certificate(leaf_key, issuer=signer.subject, issuer_key=key)
        forged = xml_signature.sign(PLAIN, leaf_key, leaf.public_bytes(Encoding.DER))
        two = forged.replace(b"</ds:X509Certificate>", b"</ds:X509Certificate>" + shown(signer))
        assert "expected one certificate of" in refusal(two).detail
        assert refusal(forged).status == 403

    def test_a_key_that_is_too_short_is_refused(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        with pytest.raises(SignatureRefused, match="at least 2048 bits"):
            xml_signature.check(xml_signature.document(SIGNED), key.public_key())


def signer_key() -> rsa.RSAPrivateKey:
    return signer_of(mrs_secret("first"))[0]


def shown(certificate: x509.Certificate) -> bytes:
    pem = certificate.public_bytes(Encoding.PEM).decode().splitlines()[1:-1]
    return f"<ds:X509Certificate>{''.join(pem)}</ds:X509Certificate>".encode()


def a_certificate(
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Name | None = None,
    issuer_key: rsa.RSAPrivateKey | None = None,
) -> x509.Certificate:
    """Of the pinned name, self-signed or issued by another key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signing.ws.example.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer or name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.sign(issuer_key or key, hashes.SHA256())


SIGNATURE = re.search(rb"<ds:Signature .*</ds:Signature>", SIGNED, re.DOTALL)
assert SIGNATURE is not None
WITHOUT = SIGNED.replace(SIGNATURE[0], b"")
INNER = WITHOUT[WITHOUT.index(b"<Transaction") :]
EVIL = INNER.replace(b"42.50", b"999.00")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (WITHOUT, "one Signature, a child of the document's element, got '0'"),
        (SIGNED.replace(SIGNATURE[0], SIGNATURE[0] * 2), "one Signature"),
        # The genuine document moved into a part of another one, its signature with it or outside of it.
        (b"<Transaction><old>" + SIGNED[SIGNED.index(b"<Transaction") :] + b"</old></Transaction>", "one Signature"),
        (EVIL.replace(b"</Transaction>", SIGNATURE[0] + b"<old>" + INNER + b"</old></Transaction>"), "digest differs"),
        (
            EVIL.replace(
                b"</Transaction>", SIGNATURE[0].replace(b"</ds:KeyInfo>", b"</ds:KeyInfo>" + INNER) + b"</Transaction>"
            ),
            "Signature: expected SignedInfo, SignatureValue, KeyInfo",
        ),
        (
            EVIL.replace(
                b"</Transaction>",
                SIGNATURE[0].replace(b"</ds:KeyInfo>", b"</ds:KeyInfo><ds:Object>" + INNER + b"</ds:Object>")
                + b"</Transaction>",
            ),
            "Signature: expected SignedInfo, SignatureValue, KeyInfo",
        ),
        (
            SIGNED.replace(b'URI=""', b'URI="#a"').replace(b"<Transaction ", b'<Transaction Id="a" '),
            'expected URI="", the whole document',
        ),
        (SIGNED.replace(b' URI=""', b""), 'expected URI="", the whole document'),
        (
            re.sub(rb"(<ds:Reference .*</ds:Reference>)", rb"\1\1", SIGNED),
            "SignedInfo: expected CanonicalizationMethod, SignatureMethod, Reference",
        ),
        (re.sub(rb"<ds:Reference .*</ds:Reference>", b"", SIGNED), "SignedInfo: expected"),
        (re.sub(rb"<ds:SignedInfo>.*</ds:SignedInfo>", b"", SIGNED), "Signature: expected"),
        (re.sub(rb"<ds:KeyInfo>.*</ds:KeyInfo>", b"", SIGNED, flags=re.DOTALL), "Signature: expected"),
        (re.sub(rb"<ds:X509Data>.*</ds:X509Data>", b"<ds:KeyName>x</ds:KeyName>", SIGNED, flags=re.DOTALL), "X509Data"),
        (
            re.sub(rb"<ds:X509Certificate>.*</ds:X509Certificate>", b"", SIGNED, flags=re.DOTALL),
            "X509Data: expected an entry",
        ),
        (re.sub(rb"(<ds:X509Certificate>)[^<]*", rb"\1AAAA", SIGNED), "cannot be read"),
        (re.sub(rb"(<ds:X509Certificate>)[^<]*", rb"\1*", SIGNED), "base64"),
        (re.sub(rb"(<ds:SignatureValue>)[^<]*", rb"\1AAAA", SIGNED), "not made with the key"),
        (re.sub(rb"(<ds:SignatureValue>)[^<]*", rb"\1", SIGNED), "not made with the key"),
        (re.sub(rb"(<ds:DigestValue>)[^<]*", rb"\1AAAA", SIGNED), "not made with the key"),
        (SIGNED.replace(b"xmldsig#rsa-sha1", b"xmldsig#hmac-sha1"), "SignatureMethod: expected"),
        (
            SIGNED.replace(
                b"http://www.w3.org/2000/09/xmldsig#rsa-sha1", b"http://www.w3.org/2001/04/xmldsig-more#rsa-md5"
            ),
            "SignatureMethod: expected",
        ),
        (
            SIGNED.replace(
                b"http://www.w3.org/2000/09/xmldsig#rsa-sha1", b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
            ),
            "SignatureMethod: expected",
        ),
        (
            SIGNED.replace(b'"http://www.w3.org/2000/09/xmldsig#sha1"', b'"http://www.w3.org/2001/04/xmlenc#sha256"'),
            "DigestMethod: expected",
        ),
        (
            SIGNED.replace(b"xmldsig#enveloped-signature", b"xmldsig#base64"),
            "Transform: expected http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        ),
        (
            re.sub(
                rb'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
                b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"',
                SIGNED,
            ),
            "Transform: expected http://www.w3.org/2001/10/xml-exc-c14n#",
        ),
        (
            SIGNED.replace(b"<ds:CanonicalizationMethod Algorithm=", b"<ds:CanonicalizationMethod Other=", 1),
            "CanonicalizationMethod: expected",
        ),
        (re.sub(rb"<ds:Transforms>.*</ds:Transforms>", b"<ds:Transforms/>", SIGNED), "Transforms: expected"),
    ],
)
def test_a_signature_of_any_other_make_is_refused(body: bytes, says: str) -> None:
    assert body != SIGNED
    refused = refusal(body)
    assert (refused.status, says in refused.detail) == (403, True), refused.detail


BILLION = b"<!DOCTYPE z [" + b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"lol") for n in range(10)
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "XML"),
        (b"{}", "XML"),
        (b"\xff\xfe<\x00a\x00", "expected UTF-8"),
        (SIGNED.decode().encode("utf-16"), "expected UTF-8"),
        (b'<?xml version="1.0" encoding="UTF-16"?><Transaction/>', "expected the encoding UTF-8, got 'UTF-16'"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><Transaction/>", "got 'ISO-8859-1'"),
        (PLAIN.replace(b"CAFE", b"CAF\xc9"), "expected UTF-8, got other bytes at"),
        (PLAIN.replace(b"CAFE", b"CAF&#0;"), "XML"),
        (PLAIN.replace(b"CAFE", b"CAF\x00"), "XML"),
        (PLAIN.replace(b"CAFE", b"&nbsp;"), "XML"),
        (SIGNED[:-1], "XML"),
        (SIGNED[: len(SIGNED) // 2], "XML"),
        (SIGNED + b"<a/>", "XML"),
        (BILLION + b"]><Transaction>&a9;</Transaction>", "without a document type declaration"),
        (b'<!DOCTYPE t SYSTEM "file:///etc/passwd"><t/>', "without a document type declaration"),
        (
            b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><Transaction>&x;</Transaction>',
            "without a document type declaration",
        ),
        (b"<?php?>" + PLAIN[PLAIN.index(b"<Transaction") :], "expected no processing instruction"),
        (PLAIN.replace(b"<retCd/>", b"<?run me?><retCd/>"), "expected no processing instruction"),
        (b"<a>" * 1000 + b"</a>" * 1000, "XML"),
        (b" " * (10 * 1024 * 1024), "expected at most 65536 bytes, got 10485760"),
        (PLAIN.replace(b"EXAMPLE", b"E" * 70_000), "expected at most 65536 bytes"),
    ],
)
def test_what_is_no_plain_document_is_refused_with_400_and_unreadable(body: bytes, says: str) -> None:
    refused = refusal(body)
    assert (refused.status, says in refused.detail) == (400, True), refused.detail
    with pytest.raises(Unreadable, match="mastercard-mrs notification: ") as caught:
        MRS.parse(delivery(body))
    assert says in caught.value.detail
    envelope = MRS.envelope(delivery(body))
    assert (envelope.card_token, len(envelope.delivery_id), len(envelope.content_digest)) == (None, 64, 32)
    assert MRS.acknowledgement(delivery(body)).status == 200


class TestAnswer:
    def test_it_is_the_same_document_without_the_signature(self) -> None:
        answered = MRS.acknowledgement(delivery(SIGNED))
        assert (answered.status, answered.content_type) == (200, "text/xml")
        assert b"Signature" not in answered.body
        assert xml_signature.canonical(xml_signature.document(answered.body)) == xml_signature.canonical(
            xml_signature.document(PLAIN)
        )

    def test_what_follows_the_signature_stays(self) -> None:
        moved = INNER.replace(b"<retCd/>", SIGNATURE[0] + b"\n  <retCd/>")  # type: ignore[index]
        assert b"<transId>10000000001</transId>" in MRS.acknowledgement(delivery(moved)).body
        MRS.verify(delivery(signed(moved)), BELIEVED, NOW)

    def test_the_envelope_tells_addresses_and_contents_apart_and_not_signatures(self) -> None:
        first = MRS.envelope(delivery(SIGNED))
        assert first.card_token == "card-token-0002"
        assert first == MRS.envelope(delivery(signed(secret=mrs_secret("second"))))
        others = (delivery(SIGNED, "GBP"), delivery(SIGNED.replace(b"42.50", b"42.51")), delivery(SIGNED, None))
        assert len({first.delivery_id, *(MRS.envelope(each).delivery_id for each in others)}) == 4


class TestFacts:
    def test_every_field(self) -> None:
        assert told() == EXPECTED
        assert MRS.parse(delivery(SIGNED)) == (EXPECTED,)

    @pytest.mark.parametrize(
        ("changes", "purchase"),
        [
            ({"transDate": "09162026", "timestamp": "2026-09-16T03:20:30-05:00"}, "MXXX0ABCD/2026-09-16"),
            ({"refNum": ""}, "trans-10000000001/2026-09-15"),
            ({"refNum": "   "}, "trans-10000000001/2026-09-15"),
            ({"refNum": None}, "trans-10000000001/2026-09-15"),
            ({"refNum": "000000000"}, "trans-10000000001/2026-09-15"),
        ],
    )
    def test_a_reference_names_a_purchase_of_its_day_only(self, changes: dict[str, str | None], purchase: str) -> None:
        event = told(said(**changes))
        assert event.purchase_ref == f"card-token-0002/{purchase}"
        assert event.fact_ref == f"authorization:card-token-0002/{purchase}"

    def test_without_any_id_the_content_names_it(self) -> None:
        bare = said(refNum="", transId="")
        first, again, other = told(bare), told(signed(bare)), told(said(refNum="", transId="", transAmt="42.51"))
        assert first.purchase_ref == again.purchase_ref != other.purchase_ref
        assert re.fullmatch(r"card-token-0002/trans-[0-9a-f]{64}/2026-09-15", first.purchase_ref)

    @pytest.mark.parametrize(
        ("changes", "event", "kind", "minor", "currency"),
        [
            ({"transAmt": "0.00"}, PLACE, EventKind.AUTHORIZATION, 0, "EUR"),
            ({"transAmt": "7"}, PLACE, EventKind.AUTHORIZATION, 7_00, "EUR"),
            ({"transAmt": "700"}, "JPY.Asia.Tokyo", EventKind.AUTHORIZATION, 700, "JPY"),
            ({"transAmt": "7.125"}, "KWD", EventKind.AUTHORIZATION, 7_125, "KWD"),
            ({"transAmt": "-7.00"}, PLACE, EventKind.OTHER, 7_00, "EUR"),
            ({"retCd": "0"}, PLACE, EventKind.AUTHORIZATION, 42_50, "EUR"),
            ({"retCd": "000"}, PLACE, EventKind.AUTHORIZATION, 42_50, "EUR"),
            ({"retCd": "05"}, PLACE, EventKind.OTHER, 42_50, "EUR"),
        ],
    )
    def test_kind_and_amount(
        self, changes: dict[str, str | None], event: str, kind: EventKind, minor: int, currency: str
    ) -> None:
        found = told(said(**changes), event)
        assert (found.kind, found.amount_minor, found.currency) == (kind, minor, currency)
        assert found.fact_ref.startswith(f"{kind.value}:")

    @pytest.mark.parametrize(
        ("changes", "event", "first", "last", "basis"),
        [
            # The receipt, 08:20:30 UTC, confirms Paris to five minutes, before and after.
            ({"transTime": "101531"}, PLACE, "08:15:31", "08:15:31", TimeBasis.MERCHANT_LOCAL),
            ({"transTime": "102530"}, PLACE, "08:25:30", "08:25:30", TimeBasis.MERCHANT_LOCAL),
            # Later than the receipt a purchase cannot be: another zone, or a clock that runs ahead.
            ({"transTime": "112000"}, PLACE, "08:20:30", "08:20:30", TimeBasis.INSTANT),
            # Earlier: told late, or made in a zone further west.
            ({"transTime": "092000"}, PLACE, "07:20:00", "08:20:30", TimeBasis.MERCHANT_LOCAL),
            # Without a receipt the zone is all there is.
            ({"timestamp": None}, PLACE, "08:20:00", "08:20:00", TimeBasis.MERCHANT_LOCAL),
            ({"timestamp": ""}, "EUR", "10:20:00", "10:20:00", TimeBasis.ASSUMED_UTC),
            # Without a zone the clock is read as UTC, which the receipt refutes here.
            ({}, "EUR", "08:20:30", "08:20:30", TimeBasis.INSTANT),
            ({"transTime": "082000"}, "EUR", "08:20:00", "08:20:00", TimeBasis.ASSUMED_UTC),
            ({"transTime": "042000"}, "EUR", "04:20:00", "08:20:30", TimeBasis.ASSUMED_UTC),
        ],
    )
    def test_the_time_is_as_precise_as_clock_zone_and_receipt_make_it(
        self, changes: dict[str, str | None], event: str, first: str, last: str, basis: TimeBasis
    ) -> None:
        found = told(said(**changes), event)
        day = "2026-09-15T"
        assert (found.occurred_at.isoformat(), found.occurred_until.isoformat(), found.time_basis) == (
            f"{day}{first}+00:00",
            f"{day}{last}+00:00",
            basis,
        )
        assert found.purchase_at == found.occurred_at

    def test_the_receipt_tells_which_of_the_two_hours_when_clocks_go_back(self) -> None:
        night = {"transDate": "10252026", "transTime": "023000"}
        early = told(said(**night, timestamp="2026-10-25T00:30:05Z"))
        late = told(said(**night, timestamp="2026-10-25T01:30:05Z"))
        unknown = told(said(**night, timestamp=None))
        assert [each.occurred_at.hour for each in (early, late, unknown)] == [0, 1, 0]
        assert [each.occurred_until.hour for each in (early, late, unknown)] == [0, 1, 1]

    def test_a_merchant_that_is_not_named_is_not_invented(self) -> None:
        found = told(said(merchId="", acquirerIca="000000", merchNameLoc="", merchCatCd=None))
        assert found.merchant == MerchantEvidence()
        assert told(said(acquirerIca="")).merchant.identifiers == (MerchantIdentifier("mid", "1500001"),)

    def test_another_document_states_nothing(self) -> None:
        assert MRS.parse(delivery(b"<Ping/>")) == ()
        assert MRS.parse(delivery(b'<Transaction xmlns="urn:other"/>')) == ()

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"bankCustNum": ""}, "bankCustNum: expected an id of 1 to 255 characters"),
            ({"bankCustNum": None}, "bankCustNum: expected an id"),
            ({"bankCustNum": "x" * 256}, "bankCustNum: expected an id"),
            ({"bankCustNum": "************4242"}, "bankCustNum: expected an id"),
            ({"bankCustNum": "<b>1</b>"}, "bankCustNum: expected one text"),
            ({"transAmt": ""}, "transAmt: amount"),
            ({"transAmt": None}, "transAmt: amount"),
            ({"transAmt": "1,50"}, "transAmt: amount"),
            ({"transAmt": "1.505"}, "transAmt: amount: EUR has 2 decimals"),
            ({"transAmt": "NaN"}, "transAmt: amount"),
            ({"transAmt": "1e400"}, "transAmt: amount"),
            ({"transAmt": "9" * 40}, "transAmt: amount"),
            ({"transDate": "2026-09-15"}, "transDate, transTime: expected MMDDYYYY and HHmmss"),
            ({"transDate": "13152026"}, "transDate, transTime: expected"),
            ({"transTime": "1020"}, "transDate, transTime: expected"),
            ({"transTime": "256000"}, "transDate, transTime: expected"),
            ({"transTime": None}, "transDate, transTime: expected"),
            ({"timestamp": "yesterday"}, "timestamp: expected an ISO 8601"),
        ],
    )
    def test_a_field_that_is_not_as_documented_is_named(self, changes: dict[str, str | None], says: str) -> None:
        with pytest.raises(Unreadable, match=r"^mastercard-mrs notification: ") as caught:
            told(said(**changes))
        assert says in caught.value.detail

    def test_a_field_told_twice_is_not_chosen_from(self) -> None:
        with pytest.raises(Unreadable, match="transAmt: expected one text"):
            told(PLAIN.replace(b"<retCd/>", b"<transAmt>1.00</transAmt>"))

    @pytest.mark.parametrize(
        ("event", "says"),
        [
            (None, "expected the currency and the zone as the last segment of the address"),
            ("", "such as EUR.Europe.Paris, got 'none'"),
            ("eur", "got 'eur'"),
            ("EUR.", "got 'EUR.'"),
            ("XYZ", "currency: expected an ISO 4217 code"),
            ("EUR.Europe.Atlantis", "expected a zone such as Europe.Paris, got 'Europe.Atlantis'"),
            ("EUR....etc.passwd", "expected a zone"),
        ],
    )
    def test_without_the_currency_and_a_true_zone_in_the_address_it_waits(self, event: str | None, says: str) -> None:
        with pytest.raises(Unreadable) as caught:
            told(event=event)
        assert says in caught.value.detail


def test_no_card_number_of_a_message_becomes_a_card() -> None:
    """The receiver masks before it opens the envelope; what is left of the number could stand for several cards."""
    masked = said(bankCustNum="************4242", refNum="", transId="************0000")
    assert MRS.envelope(delivery(masked)).card_token is None
    assert "trans-" + "*" not in told(said(refNum="", transId="************0000")).purchase_ref
