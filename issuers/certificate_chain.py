"""Whom a signed message is believed: a common name, and the authority that has to have vouched for it.

A certificate inside a message proves nothing by itself, since anybody can make one. The secret of such a connection
says which is believed: in its first line the common name of the signer, below it in PEM the certificates of the
authorities that may have issued it, roots or the issuing ones. A connection of a simulator's own has the signer's
certificate and private key in it too, with which it signs.

    signing.ws.mcrewards.com
    -----BEGIN CERTIFICATE-----
    ...

The chain is built and checked by `cryptography` (RFC 5280, and its rules for authorities of the web). Revocation lists
are not asked for: an adapter makes no calls. A certificate that was given up ends by taking it out of the secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import verification

from issuers.errors import SignatureRefused

DEPTH_MAX = 3
"""Authorities between the signer and one of the secret's."""
_BEGIN_KEY = b"-----BEGIN PRIVATE KEY-----"
_EXPECTED = "the signer's common name, then the certificates of its authorities in PEM"


@dataclass(frozen=True, slots=True)
class Trust:
    """What one secret says."""

    common_name: str
    authorities: tuple[x509.Certificate, ...]
    signer: tuple[RSAPrivateKey, bytes] | None
    """Key and certificate (DER) to sign with, where the secret has them."""


def trusted_key(shown: Sequence[bytes], secrets: tuple[bytes, ...], now: datetime) -> RSAPublicKey:
    """The key of the signer among the certificates shown (DER), if one of the secrets believes it at `now`.

    Raises `SignatureRefused`: another common name, another authority, expired, not for signing, no usable secret.
    """
    try:
        certificates = [x509.load_der_x509_certificate(each) for each in shown]
        names = [_common_name(each) for each in certificates]
    except ValueError as error:
        raise SignatureRefused(f"the certificate in the message cannot be read: {str(error)[:100]}") from error
    refusals: list[str] = []
    for trust in _trusts(secrets):
        believed = [place for place, name in enumerate(names) if name == trust.common_name]
        if len(believed) != 1:
            shown_names = ", ".join(repr((name or "")[:64]) for name in names)
            refusals.append(f"expected one certificate of {trust.common_name!r}, got {shown_names}")
            continue
        leaf = certificates[believed[0]]
        others = [each for place, each in enumerate(certificates) if place != believed[0]]
        try:
            _verify(leaf, others, trust.authorities, now)
        except verification.VerificationError as error:
            refusals.append(f"certificate of {trust.common_name!r}: {str(error)[:160]}")
            continue
        key = leaf.public_key()
        if isinstance(key, RSAPublicKey):
            return key
        refusals.append(f"certificate of {trust.common_name!r}: expected an RSA key")
    raise SignatureRefused("; ".join(refusals))


def readable(secrets: tuple[bytes, ...]) -> None:
    """Raises `SignatureRefused`, which says what is expected, unless one of the secrets says whom to believe."""
    _trusts(secrets)


def signer_of(secret: bytes) -> tuple[RSAPrivateKey, bytes]:
    """Key and certificate (DER) that the secret signs with; `ValueError` for a secret that has none."""
    trust = _trust(secret)
    if trust is None or trust.signer is None:
        raise ValueError(f"secret: expected {_EXPECTED}, and the signer's own certificate and private key")
    return trust.signer


def _verify(
    leaf: x509.Certificate, others: list[x509.Certificate], authorities: tuple[x509.Certificate, ...], now: datetime
) -> None:
    policies = verification.ExtensionPolicy
    builder = verification.PolicyBuilder().store(verification.Store(list(authorities))).time(now.astimezone(UTC))
    builder = builder.max_chain_depth(DEPTH_MAX).extension_policies(
        # A certificate made for signing documents need not be one for the web; what it says of its use must fit.
        ee_policy=policies.permit_all().may_be_present(
            x509.KeyUsage, verification.Criticality.AGNOSTIC, _signs_documents
        ),
        ca_policy=policies.webpki_defaults_ca(),
    )
    builder.build_client_verifier().verify(leaf, others)


def _signs_documents(_policy: verification.Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("its key usage does not allow signatures")


def _common_name(certificate: x509.Certificate) -> str | None:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else None


def _trusts(secrets: tuple[bytes, ...]) -> list[Trust]:
    found = [trust for trust in map(_trust, secrets) if trust is not None]
    if not found:
        raise SignatureRefused(f"no secret of this connection can be used: expected {_EXPECTED}")
    return found


@lru_cache(maxsize=64)
def _trust(secret: bytes) -> Trust | None:
    """None for a secret that is no such text: it proves nothing."""
    name, _, pem = secret.strip().partition(b"\n")
    try:
        common_name = name.strip().decode("utf-8")
        certificates = x509.load_pem_x509_certificates(pem)
        authorities = tuple(each for each in certificates if _is_authority(each))
        signers = [each for each in certificates if not _is_authority(each)]
        key = load_pem_private_key(pem[pem.index(_BEGIN_KEY) :], None) if _BEGIN_KEY in pem else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not common_name or common_name.startswith("-----") or not authorities:
        return None
    if isinstance(key, RSAPrivateKey) and len(signers) == 1:
        return Trust(common_name, authorities, (key, signers[0].public_bytes(Encoding.DER)))
    return Trust(common_name, authorities, None)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
