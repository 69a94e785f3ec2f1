"""Signed webhooks, made before the clock starts: no two bodies are alike, so every one is a row."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from issuers.fidel import FidelAdapter

EVENT = "transaction.auth"
SECRET = b"the secret of the benchmark's connection"
MASTER = b"benchmark".ljust(32, b".")
CARDS = 2_000

_BODY = json.dumps(
    {
        "id": "%s",
        "accountId": str(uuid5(NAMESPACE_URL, "account")),
        "programId": str(uuid5(NAMESPACE_URL, "programme")),
        "datetime": "2026-11-21T10:20:30",
        "created": "2026-11-21T10:20:31.500Z",
        "updated": "2026-11-21T10:20:31.500Z",
        "offer": None,
        "auth": True,
        "authCode": "AC0001",
        "cleared": False,
        "amount": 84.5,
        "currency": "EUR",
        "card": {"id": "%s", "firstNumbers": "400000", "lastNumbers": "0001", "scheme": "visa"},
        "brand": {"id": str(uuid5(NAMESPACE_URL, "brand")), "name": "EXAMPLE BRAND"},
        "location": {
            "id": str(uuid5(NAMESPACE_URL, "location")),
            "city": "Paris",
            "countryCode": "FRA",
            "timezone": "Europe/Paris",
        },
        "identifiers": {"MID": "11112222", "mastercardTransactionSequenceNumber": "0000000000001"},
    }
)
_CARDS = [str(uuid5(NAMESPACE_URL, f"card {number}")) for number in range(CARDS)]


@dataclass(frozen=True, slots=True)
class Address:
    """Where deliveries go and what they sign."""

    path: str
    registered_url: str


def body(number: int) -> bytes:
    """A transaction of about 800 bytes whose ids look like Fidel's; no two numbers give the same."""
    transaction = UUID(bytes=hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest(), version=4)
    return (_BODY % (transaction, _CARDS[number % CARDS])).encode()


def request(address: Address, number: int, now: datetime) -> bytes:
    """One HTTP/1.1 request, ready to be written to a socket."""
    content = body(number)
    url = f"{address.registered_url}/{EVENT}"
    signed = FidelAdapter().sign(content, secret=SECRET, url=url, event=EVENT, now=now)
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    head = f"POST {address.path}/{EVENT} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {len(content)}\r\n\r\n"
    return head.encode() + content
