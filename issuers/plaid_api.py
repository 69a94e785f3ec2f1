"""Plaid over HTTP: pull a page of rows, fetch the key that a webhook was signed with.

Format: github.com/plaid/plaid-openapi 2020-09-14. `POST /transactions/sync` and `POST /webhook_verification_key/get` at
https://production.plaid.com or https://sandbox.plaid.com, JSON, with the client's credentials in the body. An account
is asked alone (`options.account_id`): it then has a cursor of its own. A failure has a status of 400 or more and an
`error_code`, which decides: a bank that is away is a 400 too.
"""

from collections.abc import Mapping
from typing import Any, Self

import httpx
import msgspec

from issuers import es256, reading
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

BASE_URL = "https://production.plaid.com"
ROWS_PER_PAGE = 500
"""The most that Plaid gives; fewer pages leave less time for the list to change meanwhile."""
_SYNC = "/transactions/sync"
_KEY = "/webhook_verification_key/get"
_MUTATED = "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"
_NEEDS_THE_PERSON = frozenset(
    {
        "ITEM_LOGIN_REQUIRED",
        "ITEM_LOCKED",
        "ITEM_NOT_FOUND",
        "ACCESS_NOT_GRANTED",
        "INSUFFICIENT_CREDENTIALS",
        "USER_PERMISSION_REVOKED",
        "USER_SETUP_REQUIRED",
    }
)
_PASSING = frozenset({"PRODUCT_NOT_READY"})
_PASSING_TYPES = frozenset({"API_ERROR", "INSTITUTION_ERROR", "RATE_LIMIT_EXCEEDED"})


class _Failure(msgspec.Struct):
    error_type: str = ""
    error_code: str = ""


class _Key(msgspec.Struct):
    key: dict[str, Any]


_FAILURE = reading.decoder(_Failure)
_KEY_ANSWER = reading.decoder(_Key)
_ANYTHING = reading.decoder(dict[str, msgspec.Raw])


class PlaidApi:
    """A client for one set of credentials. Close it, or use it as an async context manager."""

    def __init__(
        self,
        client_id: str,
        secret: str,
        *,
        base_url: str = BASE_URL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._credentials = {"client_id": client_id, "secret": secret}
        self._http = httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_SECONDS, transport=transport)

    @classmethod
    def opened(
        cls, base_url: str, credentials: Mapping[str, str], *, transport: httpx.AsyncBaseTransport | None = None
    ) -> Self:
        """A client of a connection's credentials `client_id` and `secret`."""
        return cls(credentials["client_id"], credentials["secret"], base_url=base_url, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def pull(self, ask: Ask) -> bytes:
        """One page of one account's changes since the cursor."""
        body: dict[str, Any] = {
            "access_token": ask.access["access_token"],
            "count": ROWS_PER_PAGE,
            "options": {"account_id": ask.account, "include_original_description": True},
        }
        if ask.cursor:
            body["cursor"] = ask.cursor
        answer = await self._call(_SYNC, body)
        read_or_unavailable(_ANYTHING, answer, "plaid: answer to a sync")
        return answer

    async def verification_key(self, key_id: str) -> bytes:
        """The key with this id as JSON, fit to be a connection's secret. Raises as `pull` does."""
        answer = await self._call(_KEY, {"key_id": key_id})
        found = read_or_unavailable(_KEY_ANSWER, answer, "plaid: answer to a question for a key").key
        kept = {name: found[name] for name in ("alg", "crv", "kid", "kty", "x", "y", "expired_at") if found.get(name)}
        secret = msgspec.json.encode(kept)
        known = es256.key_of(secret)
        if known is None or known[0].kid != key_id:
            raise ProviderUnavailable(f"plaid: POST {_KEY}: expected the key {key_id[:64]!r} on P-256")
        return secret

    async def _call(self, path: str, body: Mapping[str, Any]) -> bytes:
        request = self._http.build_request("POST", path, json={**self._credentials, **body})
        response, answer = await answered(self._http, request, "plaid")
        if response.is_success:
            return answer
        raise _failure(path, response, answer)


def _failure(path: str, response: httpx.Response, answer: bytes) -> IssuerError:
    try:
        told = _FAILURE.decode(answer)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        told = _Failure()
    code = told.error_code if told.error_code.replace("_", "").isalnum() else ""
    call = f"plaid: POST {path}: answered {response.status_code} {code[:64]}".rstrip()
    if response.status_code == 429 or told.error_type == "RATE_LIMIT_EXCEEDED":
        return TooManyCalls(call, retry_after(response))
    if code == _MUTATED:
        return CursorLost(call)
    if code in _NEEDS_THE_PERSON:
        return ConsentNeeded(f"{call}: the shopper must log in at their bank again (Plaid Link, update mode)")
    if code in _PASSING or told.error_type in _PASSING_TYPES or response.status_code >= 500 or not code:
        return ProviderUnavailable(call)
    return ProviderRefused(call)
