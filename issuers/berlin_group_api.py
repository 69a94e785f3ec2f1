"""A bank's account-information interface over HTTP, after the Berlin Group (NextGenPSD2 XS2A 1.3).

Format: `GET /v1/accounts/{account-id}/transactions?dateFrom=…&bookingStatus=both` with `Consent-ID` and a fresh
`X-Request-ID`, and `Authorization: Bearer` where the bank speaks OAuth. `PSU-IP-Address` is sent only while the account
holder waits for the answer: without it the call is unattended and counts towards the bank's four a day. Pages follow
`_links.next`; a link that leads away from the bank's own address is not followed. Failures carry `tppMessages`, each
with a code. The bank knows us by a client certificate (QWAC), which is a file of the operator's, or ends at a proxy.
"""

import ssl
from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

import httpx
import msgspec

from issuers import reading
from issuers.errors import (
    ConsentNeeded,
    CursorLost,
    IssuerError,
    ProviderRefused,
    ProviderUnavailable,
    TooManyCalls,
)
from issuers.provider_cards import TIMEOUT_SECONDS
from issuers.pull import Ask, answered, read_or_unavailable, retry_after

_NEEDS_THE_PERSON = frozenset(
    {
        "CONSENT_EXPIRED",
        "CONSENT_INVALID",
        "CONSENT_UNKNOWN",
        "TOKEN_EXPIRED",
        "TOKEN_INVALID",
        "TOKEN_UNKNOWN",
    }
)


class _Message(msgspec.Struct):
    code: str = ""


class _Failure(msgspec.Struct, rename="camel"):
    tpp_messages: list[_Message] = []


_FAILURE = reading.decoder(_Failure)
_ANYTHING = reading.decoder(dict[str, msgspec.Raw])


class BerlinGroupApi:
    """A client for one bank. Close it, or use it as an async context manager."""

    def __init__(
        self,
        base_url: str,
        *,
        certificate: tuple[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`certificate` is the file of the client certificate and the file of its key, both PEM."""
        verify: ssl.SSLContext | bool = True
        if certificate is not None:
            verify = ssl.create_default_context()
            verify.load_cert_chain(*certificate)
        self._base = httpx.URL(base_url.rstrip("/"))
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, transport=transport, verify=verify)

    @classmethod
    def opened(
        cls, base_url: str, credentials: Mapping[str, str], *, transport: httpx.AsyncBaseTransport | None = None
    ) -> Self:
        """A client of a connection, with `certificate_file` and `key_file` where the bank is reached directly."""
        files = credentials.get("certificate_file"), credentials.get("key_file")
        certificate = (files[0], files[1]) if files[0] and files[1] else None
        return cls(base_url, certificate=certificate, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def pull(self, ask: Ask) -> bytes:
        """One page of an account's list, the first one or the one that the cursor links to."""
        headers = {
            "accept": "application/json",
            "x-request-id": str(ask.request_id),
            "consent-id": ask.access["consent_id"],
        }
        if ask.access.get("access_token"):
            headers["authorization"] = f"Bearer {ask.access['access_token']}"
        if ask.psu_ip is not None:
            headers["psu-ip-address"] = ask.psu_ip
        request = self._http.build_request("GET", self._address(ask), headers=headers)
        response, answer = await answered(self._http, request, "berlin_group")
        if not response.is_success:
            raise _failure(response, answer, following=bool(ask.cursor))
        read_or_unavailable(_ANYTHING, answer, "berlin_group: answer to a list")
        return answer

    def _address(self, ask: Ask) -> httpx.URL:
        base = str(self._base)
        if not ask.cursor:
            path = f"{base}/v1/accounts/{quote(ask.account, safe='')}/transactions"
            return httpx.URL(path, params={"dateFrom": ask.since.isoformat(), "bookingStatus": "both"})
        try:
            following = _linked(self._base, ask.cursor)
        except httpx.InvalidURL as error:
            raise CursorLost("berlin_group: the link to the next page is no address") from error
        here, there = (self._base.scheme, self._base.netloc), (following.scheme, following.netloc)
        if here != there or following.userinfo:
            raise CursorLost("berlin_group: the link to the next page leads away from the bank")
        return following


def _linked(base: httpx.URL, link: str) -> httpx.URL:
    """A link of an answer: absolute, or a path that begins with /v1 and so is meant below the base."""
    if link.startswith("/v1/") and not base.path.rstrip("/").endswith("/v1"):
        return httpx.URL(str(base).rstrip("/") + link)
    return base.join(link)


def _failure(response: httpx.Response, answer: bytes, *, following: bool) -> IssuerError:
    try:
        codes = [message.code for message in _FAILURE.decode(answer).tpp_messages if message.code.isascii()]
    except (msgspec.MsgspecError, RecursionError, ValueError):
        codes = []
    status = response.status_code
    call = f"berlin_group: GET transactions: answered {status} {' '.join(codes)[:64]}".rstrip()
    if status == 429 or "ACCESS_EXCEEDED" in codes:
        return TooManyCalls(call, retry_after(response))
    if _NEEDS_THE_PERSON.intersection(codes):
        return ConsentNeeded(f"{call}: the shopper must give their consent at the bank again")
    if following and status in (400, 404, 410):
        return CursorLost(call)
    if status in (408, 409) or status >= 500 or status < 400:
        return ProviderUnavailable(call)
    return ProviderRefused(call)
