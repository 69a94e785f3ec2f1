"""An authenticator in software: makes passkeys and answers challenges as the standard says, or slightly otherwise.

Written after WebAuthn level 3, sections 6.1 (authenticator data), 6.5.4 (attestation object) and 5.8.1 (client data).
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class Authenticator:
    """One device with one passkey; `origin` is what its browser says where it is."""

    origin: str = "https://pages.test"
    domain: str = "pages.test"
    counts: bool = False
    """Whether it counts its signatures; synced passkeys do not."""
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    user_handle: bytes = b""
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _used: int = 0

    def create(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer of `navigator.credentials.create`, as JSON."""
        self.user_handle = decoded(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(public)
        data = self._data(flags | ATTESTED) + attested
        told = {
            "clientDataJSON": encoded(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": encoded(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._credential(told)

    def get(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer of `navigator.credentials.get`, as JSON."""
        client, data = self._client_data("webauthn.get", options["challenge"]), self._data(flags)
        signature = self._key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        told = {
            "clientDataJSON": encoded(client),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
            "userHandle": encoded(self.user_handle),
        }
        return self._credential(told)

    def _credential(self, told: dict[str, Any]) -> str:
        named = encoded(self.credential_id)
        return json.dumps(
            {"id": named, "rawId": named, "type": "public-key", "response": told, "clientExtensionResults": {}}
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _data(self, flags: int) -> bytes:
        self._used += 1
        return sha256(self.domain.encode()).digest() + bytes([flags]) + (self._used * self.counts).to_bytes(4, "big")
