"""A partner who lends, over HTTP, in the dialect of `issuers/lender.py`. Money is integer minor units and a currency.

    POST {url}/consultations              {shopper}: the file of payment incidents, before anything is decided
    POST {url}/proposals                  {plan, shopper, amount_minor, fee_minor, currency, instalments}
    GET  {url}/proposals/{ref}
    POST {url}/proposals/{ref}/{what}     sign, fund, reports, refunds, withdraw; `{amount_minor}` where one is told

A consultation is answered by `{status, consulted_at, proof}`, `status` one of clear, listed, unknown. Every other
answer is `{ref, state, reason, ficp: {status, consulted_at}, link}` with `state` one of pending, offered,
refused, signed, funded, done. Every POST bears `Idempotency-Key`, which the partner honours for ever: the same key
answers what it answered first.
"""

from datetime import datetime
from typing import Any, Self, TypeVar

import httpx
import msgspec

TIMEOUT_SECONDS = 20
CONSULTED_SECONDS = 8
"""Somebody waits at a checkout for what hangs on a consultation."""


_Answer = TypeVar("_Answer", bound=msgspec.Struct)


class FicpTold(msgspec.Struct):
    """The file of payment incidents, as the partner read it."""

    status: str
    consulted_at: datetime


class Consultation(FicpTold):
    """A consultation that was asked for, with the partner's reference of it."""

    proof: str = ""


class Standing(msgspec.Struct):
    """Where a proposal stands at the partner."""

    ref: str
    state: str
    reason: str | None = None
    ficp: FicpTold | None = None
    link: str | None = None


class LenderCallFailed(Exception):
    """No answer that can be understood. `reason` is a word for logs and people."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"lender: {reason}")
        self.reason = reason


class LenderApi:
    """A client for one partner. Close it after use; every method raises `LenderCallFailed`."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._seconds = timeout_seconds
        self._http = httpx.AsyncClient(
            base_url=url, timeout=timeout_seconds, headers={"authorization": f"Bearer {token}"}, follow_redirects=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def consult(self, shopper: str, key: str) -> Consultation:
        """Have the file of payment incidents consulted on a shopper."""
        told = {"shopper": shopper}
        return await self._ask("POST", "/consultations", told, key, Consultation, seconds=CONSULTED_SECONDS)

    async def propose(self, told: dict[str, Any], key: str) -> Standing:
        """Propose a plan."""
        return await self._ask("POST", "/proposals", told, key, Standing)

    async def look(self, ref: str) -> Standing:
        """Where a proposal stands."""
        return await self._ask("GET", f"/proposals/{ref}", None, None, Standing)

    async def tell(self, ref: str, what: str, told: dict[str, Any], key: str) -> Standing:
        """Tell the partner something of a proposal."""
        return await self._ask("POST", f"/proposals/{ref}/{what}", told, key, Standing)

    async def _ask(
        self,
        method: str,
        path: str,
        told: dict[str, Any] | None,
        key: str | None,
        form: type[_Answer],
        *,
        seconds: float | None = None,
    ) -> _Answer:
        headers = {} if key is None else {"idempotency-key": key}
        try:
            answer = await self._http.request(
                method, path, json=told, headers=headers, timeout=seconds or self._seconds
            )
        except httpx.HTTPError as error:
            raise LenderCallFailed(type(error).__name__) from error
        if answer.status_code >= 300:
            raise LenderCallFailed(f"status_{answer.status_code}")
        try:
            return msgspec.json.decode(answer.content, type=form)
        except msgspec.MsgspecError as error:
            raise LenderCallFailed("unreadable_answer") from error
