"""Client certificates as a proxy hands them on: what proves a delivery, what does not, and what the refusal says.

The two certificates were made once with the library and are read back by openssl, independently of this code:
`openssl x509 -in certificate.pem -outform der | sha256sum`. Their private keys were thrown away.
"""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from issuer_deliveries import NOW
from msgspec.structs import replace

from issuers import mutual_tls
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused, TimestampExpired

TOKEN = b"a-proxy-token-of-32-characters--"
OTHER_TOKEN = b"another-proxy-token-0002"
SANDBOX_SHA256 = b"4fe9e72733079cacb65a00b1516cbfeec4515a5a23950ce59f70b0788fe82092"
SECRET = SANDBOX_SHA256 + b":" + TOKEN

# Valid from 2026-01-01T00:00:00Z until 2026-12-31T23:59:59Z (openssl x509 -noout -dates).
OTHER_SHA256 = b"38fedc9c28bf676a4331bd1b45b49392fe06235d964e7edae1d1cf856a1b2f4d"
OTHER_SECRET = OTHER_SHA256 + b":" + TOKEN
OTHER_PEM = """-----BEGIN CERTIFICATE-----
MIIBNzCB3aADAgECAgECMAoGCCqGSM49BAMCMCUxIzAhBgNVBAMMGkFub3RoZXIg
Y2xpZW50IGNlcnRpZmljYXRlMB4XDTI2MDEwMTAwMDAwMFoXDTI2MTIzMTIzNTk1
OVowJTEjMCEGA1UEAwwaQW5vdGhlciBjbGllbnQgY2VydGlmaWNhdGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAT8IHwDiKWvCV/c9AY9zYOV+IHGua2fmrsan06l
1BrtmLzWXYSpY29udEcmiOGp0+kl5mu+tJnEmfCHNTpfsIuzMAoGCCqGSM49BAMC
A0kAMEYCIQCA7zlDEy4khhUyPp1y06WxAnRc/SJDbYORU/8PPQevPwIhAL0GuZhU
wkLp3nPiY0HRyvrBejc3x9GiETgEZKni4wu3
-----END CERTIFICATE-----
"""
OTHER_RFC_9440 = f":{''.join(OTHER_PEM.splitlines()[1:-1])}:"


def a_delivery(body: bytes = b"{}", **headers: str | None) -> Delivery:
    given: dict[str, str | None] = {
        "client_cert": f":{mutual_tls.SANDBOX_CERTIFICATE}:",
        "x_proxy_token": TOKEN.decode(),
    }
    named = {name.replace("_", "-"): value for name, value in (given | headers).items()}
    return Delivery(body, {name: value for name, value in named.items() if value is not None})


def refusal(refused: Delivery, *secrets: bytes, now: datetime = NOW) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        mutual_tls.verify(refused, secrets or (SECRET,), now)
    assert not isinstance(caught.value, TimestampExpired)
    return caught.value


def test_the_certificate_of_rfc_9440_and_the_token_prove_a_delivery() -> None:
    mutual_tls.verify(a_delivery(), (SECRET,), NOW)


@pytest.mark.parametrize(
    "escaped",
    [
        quote(OTHER_PEM, safe=""),  # nginx
        quote(OTHER_PEM, safe="+=/"),  # some load balancers leave the digits of base64 alone
        quote(OTHER_PEM.strip(), safe=""),
        quote(OTHER_PEM.replace("\n", "\r\n"), safe=""),
    ],
)
def test_the_certificate_as_nginx_writes_it_proves_a_delivery(escaped: str) -> None:
    mutual_tls.verify(a_delivery(client_cert=None, x_ssl_client_cert=escaped), (OTHER_SECRET,), NOW)


def test_an_empty_header_is_no_second_certificate() -> None:
    # nginx without a client certificate and a proxy that blanks what it does not set.
    mutual_tls.verify(a_delivery(x_ssl_client_cert=""), (SECRET,), NOW)


def test_the_fingerprint_may_be_written_in_capitals_as_openssl_prints_it() -> None:
    mutual_tls.verify(a_delivery(), (SANDBOX_SHA256.upper() + b":" + TOKEN,), NOW)


def test_several_secrets_are_good_while_certificates_or_tokens_are_rotated() -> None:
    secrets = (b"", OTHER_SECRET, SECRET, SANDBOX_SHA256 + b":" + OTHER_TOKEN)
    mutual_tls.verify(a_delivery(), secrets, NOW)
    mutual_tls.verify(a_delivery(client_cert=OTHER_RFC_9440), secrets, NOW)
    mutual_tls.verify(a_delivery(x_proxy_token=OTHER_TOKEN.decode()), secrets, NOW)


def test_a_certificate_and_a_token_of_two_different_secrets_prove_nothing() -> None:
    secrets = (OTHER_SECRET, SANDBOX_SHA256 + b":" + OTHER_TOKEN)
    assert refusal(a_delivery(), *secrets).detail == (
        "client certificate: expected one that this connection names by SHA-256, "
        "got 4fe9e72733079cacb65a00b1516cbfeec4515a5a23950ce59f70b0788fe82092"
    )


@pytest.mark.parametrize("token", ["", None])
def test_a_certificate_without_the_proxys_token_proves_nothing(token: str | None) -> None:
    assert refusal(a_delivery(x_proxy_token=token)).detail == "header x-proxy-token: expected a value, got none"


@pytest.mark.parametrize("token", ["x", TOKEN.decode()[:-1], TOKEN.decode() + "-", "é" * 32, f"{TOKEN.decode()}, x"])
def test_another_token_proves_nothing(token: str) -> None:
    assert refusal(a_delivery(x_proxy_token=token)).detail == (
        "header x-proxy-token: expected the token of this connection, got another one"
    )


def test_the_token_without_a_certificate_proves_nothing() -> None:
    neither = "client certificate: expected one of the headers client-cert and x-ssl-client-cert, got neither"
    assert refusal(a_delivery(client_cert=None)).detail == neither
    assert refusal(a_delivery(client_cert="", x_ssl_client_cert="")).detail == neither


def test_two_certificates_are_one_too_many_even_if_one_is_right() -> None:
    both = a_delivery(x_ssl_client_cert=quote(OTHER_PEM, safe=""))
    assert "got both" in refusal(both, SECRET, OTHER_SECRET).detail


@pytest.mark.parametrize(
    "value",
    [
        "x",
        ":",
        "::",
        ":é:",
        ":AAAA",
        ":A A:",
        f"{mutual_tls.SANDBOX_CERTIFICATE}",
        f":{mutual_tls.SANDBOX_CERTIFICATE[:-1]}:",
        f":{mutual_tls.SANDBOX_CERTIFICATE}:, :{mutual_tls.SANDBOX_CERTIFICATE}:",
        f":{'A' * 40_000}:",
    ],
)
def test_what_is_no_byte_sequence_is_refused(value: str) -> None:
    assert refusal(a_delivery(client_cert=value)).detail.startswith(
        "header client-cert: expected base64 of a certificate's DER between colons, got "
    )


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "%",
        "%ff",
        mutual_tls.SANDBOX_CERTIFICATE,
        quote(OTHER_PEM[:-30]),
        quote(OTHER_PEM[5:]),
        quote(OTHER_PEM.replace("M", "é")),
        "-----BEGIN CERTIFICATE-----A-----END CERTIFICATE-----",
        "é" * 40_000,
    ],
)
def test_what_is_no_escaped_pem_is_refused(value: str) -> None:
    broken = a_delivery(client_cert=None, x_ssl_client_cert=value)
    assert refusal(broken, OTHER_SECRET).detail.startswith("header x-ssl-client-cert: expected a URL-escaped PEM, got ")


def test_a_certificate_with_another_byte_anywhere_is_another_certificate() -> None:
    der = b64decode(mutual_tls.SANDBOX_CERTIFICATE)
    for place in range(len(der)):
        altered = der[:place] + bytes([der[place] ^ 1]) + der[place + 1 :]
        assert "by SHA-256, got " in refusal(a_delivery(client_cert=f":{b64encode(altered).decode()}:")).detail
    assert "by SHA-256, got " in refusal(a_delivery(client_cert=f":{b64encode(der + b'0').decode()}:")).detail


def test_a_pinned_text_that_is_no_certificate_is_refused() -> None:
    # printf '%s' nonsense | sha256sum; printf '%s' nonsense | base64
    secret = b"999aaa8645bb72ff599e143b1e3d2a94777127f4783a69f067251f7bbebc5ab6:" + TOKEN
    assert refusal(a_delivery(client_cert=":bm9uc2Vuc2U=:"), secret).detail == (
        "client certificate: expected an X.509 certificate, got 8 bytes"
    )


@pytest.mark.parametrize("now", ["2026-01-01T00:00:00", "2026-12-31T23:59:59"])
def test_a_certificate_is_good_from_its_first_second_to_its_last(now: str) -> None:
    mutual_tls.verify(
        a_delivery(client_cert=OTHER_RFC_9440), (OTHER_SECRET,), datetime.fromisoformat(now).replace(tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "now",
    [
        datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC) + timedelta(microseconds=1),
    ],
)
def test_outside_its_validity_a_certificate_is_refused_and_the_refusal_names_it(now: datetime) -> None:
    assert refusal(a_delivery(client_cert=OTHER_RFC_9440), OTHER_SECRET, now=now).detail == (
        "client certificate: valid from 2026-01-01T00:00:00Z until 2026-12-31T23:59:59Z, "
        f"expected that to cover {now:%Y-%m-%dT%H:%M:%SZ}"
    )


@pytest.mark.parametrize("secrets", [(), (b"",), (b"", b"  \n")])
def test_without_a_secret_nothing_verifies(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused, match="no secret is configured"):
        mutual_tls.verify(a_delivery(), secrets, NOW)


@pytest.mark.parametrize(
    "secret",
    [
        SANDBOX_SHA256,
        SANDBOX_SHA256 + b":",
        SANDBOX_SHA256 + b":" + TOKEN[:15],
        SANDBOX_SHA256[:-1] + b":" + TOKEN,
        b":" + TOKEN,
        SANDBOX_SHA256 + b":" + TOKEN + b"\n",
        SANDBOX_SHA256 + b": " + TOKEN,
        SANDBOX_SHA256 + b":" + "é".encode() * 16,
        b"\xff" * 80,
    ],
)
def test_a_secret_of_another_form_proves_nothing_and_the_refusal_says_the_form(secret: bytes) -> None:
    assert refusal(a_delivery(), secret).detail == (
        "no secret of this connection can be used: expected "
        "<64 hex digits: SHA-256 of the certificate's DER>:<token of at least 16 characters>"
    )
    mutual_tls.verify(a_delivery(), (secret, SECRET), NOW)


def test_the_shortest_token_has_sixteen_characters() -> None:
    secret = SANDBOX_SHA256 + b":" + TOKEN[:16]
    mutual_tls.verify(a_delivery(x_proxy_token=TOKEN[:16].decode()), (secret,), NOW)


def test_the_body_is_not_part_of_the_proof() -> None:
    # The provider signs none; the connection between provider, proxy and application carries it unaltered.
    mutual_tls.verify(replace(a_delivery(), body=b"another"), (SECRET,), NOW)


def test_the_headers_of_the_sandbox_certificate_verify() -> None:
    headers = mutual_tls.headers_for(SECRET)
    assert headers == {
        "content-type": "application/json",
        "client-cert": f":{mutual_tls.SANDBOX_CERTIFICATE}:",
        "x-proxy-token": TOKEN.decode(),
    }
    mutual_tls.verify(Delivery(b"", headers), (SECRET,), NOW)


@pytest.mark.parametrize("secret", [b"", TOKEN, OTHER_SECRET, SANDBOX_SHA256 + b":short"])
def test_only_the_sandbox_certificate_is_at_hand_for_signing(secret: bytes) -> None:
    with pytest.raises(ValueError, match="only the sandbox certificate is at hand"):
        mutual_tls.headers_for(secret)
