"""Signed webhooks, made before the clock starts: no two bodies are alike, so every one is a row."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from issuers.fidel import FidelAdapter

EVENT = "transaction.auth"
SECRET = b"the secret of the benchmark's connection"
CARDS = 2_000
_MARK = "00000000-0000-4000-8000-"

_BODY = json.dumps(
    {
        "id": _MARK + "%012d",
        "accountId": _MARK + "0000a0000001",
        "programId": _MARK + "0000b0000001",
        "datetime": "2026-11-21T10:20:30",
        "created": "2026-11-21T10:20:31.500Z",
        "updated": "2026-11-21T10:20:31.500Z",
        "offer": None,
        "auth": True,
        "authCode": "AC0001",
        "cleared": False,
        "amount": 84.5,
        "currency": "EUR",
        "card": {"id": _MARK + "c%011d", "firstNumbers": "400000", "lastNumbers": "0001", "scheme": "visa"},
        "brand": {"id": _MARK + "0000d0000001", "name": "EXAMPLE BRAND"},
        "location": {"id": _MARK + "0000e0000001", "city": "Paris", "countryCode": "FRA", "timezone": "Europe/Paris"},
        "identifiers": {"MID": "11112222", "mastercardTransactionSequenceNumber": "0000000000001"},
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where deliveries go and what they sign."""

    path: str
    registered_url: str


def body(number: int) -> bytes:
    """A transaction of about 800 bytes; numbers never repeat over all runs against one database."""
    return (_BODY % (number, number % CARDS)).encode()


def request(address: Address, number: int, now: datetime | None = None) -> bytes:
    """One HTTP/1.1 request, ready to be written to a socket."""
    content = body(number)
    url = f"{address.registered_url}/{EVENT}"
    signed = FidelAdapter().sign(content, secret=SECRET, url=url, event=EVENT, now=now or datetime.now(UTC))
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    head = f"POST {address.path}/{EVENT} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {len(content)}\r\n\r\n"
    return head.encode() + content
