"""Providers that sign nothing and prove themselves by a client certificate, which the proxy in front has checked.

The proxy ends the TLS connection, so it alone sees who called. It hands the certificate on in a header, as RFC 9440
says (`client-cert`, `:base64 of the DER:`) or as nginx writes it (`x-ssl-client-cert`, a URL-escaped PEM). Whoever
reaches the application around the proxy could write the same header, so the proxy proves itself as well, by a token
that only it and the application know (`x-proxy-token`). It must remove all three headers from what comes from outside.

A secret of such a connection is the text `<SHA-256 of the certificate's DER, 64 hex digits>:<token>`, the token of at
least 16 visible ASCII characters: it pins the certificate itself, whoever issued it. While certificates are rotated
there are two secrets. The hash is compared before the certificate is parsed: what is not pinned is never parsed.

The bodies are not signed. That nobody altered them is left to the TLS connection and to the proxy.
"""

import hashlib
import hmac
import re
import ssl
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote

from cryptography import x509

from issuers import proof
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused

CERTIFICATE_HEADER = "client-cert"
"""RFC 9440: the certificate's DER in base64 between colons."""
ESCAPED_CERTIFICATE_HEADER = "x-ssl-client-cert"
"""nginx, `$ssl_client_escaped_cert`: the certificate's PEM, URL-escaped."""
TOKEN_HEADER = "x-proxy-token"  # noqa: S105, a header's name
"""The proxy's own proof."""
TOKEN_MIN = 16

SANDBOX_FINGERPRINT = "4fe9e72733079cacb65a00b1516cbfeec4515a5a23950ce59f70b0788fe82092"
"""SHA-256 of the sandbox certificate's DER."""
SANDBOX_CERTIFICATE = (
    "MIIBOTCB36ADAgECAgEBMAoGCCqGSM49BAMCMCUxIzAhBgNVBAMMGlNhbmRib3ggY2xpZW50IGNlcnRpZmljYXRlMCAXDTIwMDEwMTAwMDAwMFoY"
    "DzIxMjAwMTAxMDAwMDAwWjAlMSMwIQYDVQQDDBpTYW5kYm94IGNsaWVudCBjZXJ0aWZpY2F0ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABG+8"
    "uH8AuPdw/JdarfgwHLn4t1N12UDpKbf6EgWUW8tJi+pcbP3hqqC+jlB7sAOnvEEfv2TQszgWPZR6tdyzudcwCgYIKoZIzj0EAwIDSQAwRgIhAOn7"
    "Xtbhi6jcvJJ1WIhOrGvtueaItx1paYvKTfCn8rFCAiEAnzWCi7AgCkqDdf4g+4zWT5HpQcle8/81uXzWWxEupSo="
)
"""A public certificate for simulators and tests (EC P-256, 2020 to 2120, DER in base64); its key was thrown away."""

_SECRET = re.compile(rb"([0-9a-fA-F]{64}):([!-~]{%d,})" % TOKEN_MIN)
_EXPECTED_SECRET = f"<64 hex digits: SHA-256 of the certificate's DER>:<token of at least {TOKEN_MIN} characters>"
_HEADER_MAX = 32_768


@dataclass(frozen=True, slots=True)
class _Pin:
    fingerprint: bytes
    token: bytes


@dataclass(frozen=True, slots=True)
class _Presented:
    der: bytes
    fingerprint: bytes


def verify(delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
    """Raise `SignatureRefused` unless one secret names both the proxy's token and the certificate, valid at `now`."""
    pins = _pins(proof.usable_secrets(secrets))
    token = proof.header(delivery, TOKEN_HEADER).encode("utf-8", "replace")
    proven = [pin for pin in pins if hmac.compare_digest(pin.token, token)]
    if not proven:
        raise SignatureRefused(f"header {TOKEN_HEADER}: expected the token of this connection, got another one")
    presented = _presented(*_certificate_header(delivery))
    if not any(hmac.compare_digest(pin.fingerprint, presented.fingerprint) for pin in proven):
        raise SignatureRefused(
            "client certificate: expected one that this connection names by SHA-256, "
            f"got {presented.fingerprint.decode()}"
        )
    begins, ends = _validity(presented.der)
    if not begins <= now <= ends:
        raise SignatureRefused(
            f"client certificate: valid from {begins:%Y-%m-%dT%H:%M:%SZ} until {ends:%Y-%m-%dT%H:%M:%SZ}, "
            f"expected that to cover {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )


def readable(secrets: tuple[bytes, ...]) -> None:
    """Raises `SignatureRefused`, which says what is expected, unless one of the secrets names certificate and token."""
    _pins(secrets)


def headers_for(secret: bytes) -> dict[str, str]:
    """What the proxy would hand on for the sandbox certificate, which the secret must name; `ValueError` else."""
    parts = _SECRET.fullmatch(secret)
    if parts is None or parts[1].lower() != SANDBOX_FINGERPRINT.encode():
        raise ValueError(f"secret: expected {SANDBOX_FINGERPRINT}:<token>, as only the sandbox certificate is at hand")
    return {
        "content-type": "application/json",
        CERTIFICATE_HEADER: f":{SANDBOX_CERTIFICATE}:",
        TOKEN_HEADER: parts[2].decode(),
    }


@lru_cache(maxsize=256)
def _pins(secrets: tuple[bytes, ...]) -> tuple[_Pin, ...]:
    found = [_SECRET.fullmatch(secret) for secret in secrets]
    pins = tuple(_Pin(parts[1].lower(), parts[2]) for parts in found if parts is not None)
    if not pins:
        raise SignatureRefused(f"no secret of this connection can be used: expected {_EXPECTED_SECRET}")
    return pins


def _certificate_header(delivery: Delivery) -> tuple[str, str]:
    """Name and value of the one header with the certificate. Two could disagree, so two are one too many."""
    given = [name for name in (CERTIFICATE_HEADER, ESCAPED_CERTIFICATE_HEADER) if delivery.headers.get(name)]
    if len(given) != 1:
        raise SignatureRefused(
            f"client certificate: expected one of the headers {CERTIFICATE_HEADER} and {ESCAPED_CERTIFICATE_HEADER}, "
            f"got {'both' if given else 'neither'}"
        )
    return given[0], delivery.headers[given[0]]


@lru_cache(maxsize=64)
def _presented(name: str, value: str) -> _Presented:
    try:
        if len(value) > _HEADER_MAX:
            raise ValueError("too long")
        der = _from_rfc_9440(value) if name == CERTIFICATE_HEADER else _from_escaped_pem(value)
    except ValueError as error:
        form = "base64 of a certificate's DER between colons" if name == CERTIFICATE_HEADER else "a URL-escaped PEM"
        raise SignatureRefused(f"header {name}: expected {form}, got {value[:32]!r}") from error
    return _Presented(der, hashlib.sha256(der).hexdigest().encode())


def _from_rfc_9440(value: str) -> bytes:
    if not (value.startswith(":") and value.endswith(":") and len(value) > 2):
        raise ValueError("not a byte sequence of structured fields")
    return b64decode(value[1:-1], validate=True)


def _from_escaped_pem(value: str) -> bytes:
    # A plus is a digit of base64 and stands for itself: nginx escapes it, others leave it as it is.
    return ssl.PEM_cert_to_DER_cert(unquote(value))


@lru_cache(maxsize=64)
def _validity(der: bytes) -> tuple[datetime, datetime]:
    """First and last moment of a pinned certificate, both inclusive (RFC 5280, section 4.1.2.5)."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (ValueError, x509.InvalidVersion) as error:
        raise SignatureRefused(f"client certificate: expected an X.509 certificate, got {len(der)} bytes") from error
