"""One question to a provider whose rows are pulled, and how its answer becomes bytes or an error of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import httpx
import msgspec

from issuers import reading
from issuers.errors import ProviderUnavailable, Unreadable

ANSWER_MAX_BYTES = 4 * 1024 * 1024
"""A page of 500 rows is below one megabyte."""
RETRY_AFTER_MAX_SECONDS = 24 * 3600
_PLAIN = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One page of one account."""

    account: str
    access: Mapping[str, str]
    """What opens this account at the provider; never logged."""
    cursor: str
    """Where the last page said to go on; empty begins."""
    since: date
    """The first day of booking that is asked for, where a list is by days."""
    request_id: UUID
    """Names the call in the provider's logs."""
    psu_ip: str | None = None
    """The address of the account holder who is waiting for the answer; None when nobody is."""

    def __repr__(self) -> str:
        return f"Ask({self.request_id})"


async def answered(http: httpx.AsyncClient, request: httpx.Request, provider: str) -> tuple[httpx.Response, bytes]:
    """The response and its whole body, at most `ANSWER_MAX_BYTES`. Raises `ProviderUnavailable`."""
    call = f"{provider}: {request.method} {request.url.path}"
    try:
        response = await http.send(request, stream=True)
        try:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > ANSWER_MAX_BYTES:
                    raise ProviderUnavailable(f"{call}: answered more than {ANSWER_MAX_BYTES} bytes")
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise ProviderUnavailable(f"{call}: no answer ({type(error).__name__})") from error
    return response, bytes(body)


def retry_after(response: httpx.Response) -> int | None:
    """The seconds of a `Retry-After` header, where it tells seconds."""
    told = response.headers.get("retry-after", "").strip()
    return min(int(told), RETRY_AFTER_MAX_SECONDS) if _PLAIN.fullmatch(told) else None


def read_or_unavailable(decode: "msgspec.json.Decoder[reading.T]", body: bytes, message: str) -> reading.T:
    """A success that is no UTF-8 or cannot be read is a passing failure of the provider: nothing is stored of it."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise ProviderUnavailable(f"{message}: expected JSON in UTF-8") from error
    try:
        return reading.read(decode, body, message)
    except Unreadable as error:
        raise ProviderUnavailable(error.detail) from error
