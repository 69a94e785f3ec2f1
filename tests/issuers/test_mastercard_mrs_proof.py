"""What proves a notification of Mastercard's rewards service, and what does not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from issuer_deliveries import NOW, URL, mrs_secret
from mrs_documents import (
    BELIEVED,
    EXPECTED,
    FOLDER,
    INNER,
    MRS,
    PLACE,
    PLAIN,
    SIGNATURE,
    SIGNED,
    WITHOUT,
    delivery,
    refusal,
    signed,
    told,
)

from issuers import xml_signature
from issuers.adapter import as_sent
from issuers.certificate_chain import signer_of
from issuers.errors import SignatureRefused, Unreadable


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


EVIL = INNER.replace(b"42.50", b"999.00")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (WITHOUT, "one Signature, a child of the document's element, got '0'"),
        (SIGNED.replace(SIGNATURE, SIGNATURE * 2), "one Signature"),
        # The genuine document moved into a part of another one, its signature with it or outside of it.
        (b"<Transaction><old>" + SIGNED[SIGNED.index(b"<Transaction") :] + b"</old></Transaction>", "one Signature"),
        (EVIL.replace(b"</Transaction>", SIGNATURE + b"<old>" + INNER + b"</old></Transaction>"), "digest differs"),
        (
            EVIL.replace(
                b"</Transaction>", SIGNATURE.replace(b"</ds:KeyInfo>", b"</ds:KeyInfo>" + INNER) + b"</Transaction>"
            ),
            "Signature: expected SignedInfo, SignatureValue, KeyInfo",
        ),
        (
            EVIL.replace(
                b"</Transaction>",
                SIGNATURE.replace(b"</ds:KeyInfo>", b"</ds:KeyInfo><ds:Object>" + INNER + b"</ds:Object>")
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
        (
            SIGNED.replace(b'PrefixList="xsd xsi"', b'PrefixList="' + b" ".join([b"xsd"] * 33) + b'"', 1),
            "InclusiveNamespaces: expected at most 32 prefixes",
        ),
        (SIGNED.replace(b'PrefixList="xsd xsi"/></ds:C', b'PrefixList="xsd"/></ds:C'), "not made with the key"),
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
        (b" " * (10 * 1024 * 1024), "expected at most 32768 bytes, got 10485760"),
        (PLAIN.replace(b"EXAMPLE", b"E" * 70_000), "expected at most 32768 bytes"),
    ],
)
def test_what_is_no_plain_document_is_refused_with_400_and_unreadable(body: bytes, says: str) -> None:
    refused = refusal(body)
    assert (refused.status, says in refused.detail) == (400, True), refused.detail
    with pytest.raises(Unreadable, match="mastercard_mrs notification: ") as caught:
        MRS.parse(delivery(body))
    assert says in caught.value.detail
    envelope = MRS.envelope(delivery(body))
    assert (envelope.card_token, len(envelope.delivery_id), len(envelope.content_digest)) == (None, 64, 32)
    assert MRS.acknowledgement(delivery(body)).status == 200


def test_a_document_without_a_canonical_form_is_refused_and_unreadable() -> None:
    relative = SIGNED.replace(b"<Transaction ", b'<Transaction xmlns:a="relative" ')
    refused = refusal(relative)
    assert (refused.status, "absolute namespace names" in refused.detail) == (400, True), refused.detail
    with pytest.raises(Unreadable, match="absolute namespace names"):
        MRS.parse(delivery(relative))
    assert MRS.envelope(delivery(relative)).card_token is None
