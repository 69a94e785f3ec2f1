"""A partner that speaks the dialect of `issuers/lender_api.py`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cashback.collecting.lenders import (
    Consulted,
    Done,
    Ficp,
    LenderAnswer,
    Offered,
    Pending,
    Proposal,
    Refused,
    Unreached,
)
from issuers.lender_api import LenderApi, LenderCallFailed, Standing

PROOF_MAX = 200
_BOUND = ("signed", "funded", "done")


class HttpLender:
    """A partner reached over HTTP."""

    def __init__(self, api: LenderApi) -> None:
        self._api = api

    @classmethod
    def opened(cls, credentials: Mapping[str, str]) -> "HttpLender":
        """Of what the operator told: where it is, and its token."""
        return cls(LenderApi(credentials["url"], credentials["token"]))

    async def consult(self, shopper: str, key: str, now: datetime) -> Consulted | Unreached:  # noqa: ARG002
        """What the file says; a word that is not known says nothing."""
        try:
            told = await self._api.consult(shopper, key)
        except LenderCallFailed as error:
            return Unreached(error.reason)
        return Consulted(_status(told.status), told.consulted_at, told.proof[:PROOF_MAX])

    async def propose(self, proposal: Proposal, key: str) -> Offered | Pending | Refused | Unreached:
        """A proposal; the partner may answer at once or later."""
        told: dict[str, Any] = {
            "plan": proposal.plan_id.hex,
            "shopper": proposal.shopper,
            "amount_minor": proposal.amount_minor,
            "fee_minor": proposal.fee_minor,
            "currency": proposal.currency,
            "instalments": [{"due_on": day.isoformat(), "amount_minor": minor} for day, minor in proposal.instalments],
        }
        try:
            answer = _read(await self._api.propose(told, key))
        except LenderCallFailed as error:
            return Unreached(error.reason)
        return Pending(answer.ref) if isinstance(answer, Done) else answer

    async def look(self, ref: str) -> Offered | Pending | Refused | Done | Unreached:
        """Where it stands."""
        try:
            return _read(await self._api.look(ref))
        except LenderCallFailed as error:
            return Unreached(error.reason)

    async def sign(self, ref: str, key: str) -> Done | Pending | Refused | Unreached:
        """The shopper has signed."""
        answer = await self._tell(ref, "sign", {}, key)
        return Pending(answer.ref) if isinstance(answer, Offered) else answer

    async def fund(self, ref: str, key: str) -> Done | Pending | Unreached:
        """Pay what is lent."""
        return _done(await self._tell(ref, "fund", {}, key), ref)

    async def report(self, ref: str, amount_minor: int, key: str) -> Done | Unreached:
        """What was collected."""
        return _told(await self._tell(ref, "reports", {"amount_minor": amount_minor}, key))

    async def refund(self, ref: str, amount_minor: int, key: str) -> Done | Unreached:
        """What was given back."""
        return _told(await self._tell(ref, "refunds", {"amount_minor": amount_minor}, key))

    async def withdraw(self, ref: str, key: str) -> Done | Unreached:
        """The plan ends."""
        return _told(await self._tell(ref, "withdraw", {}, key))

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._api.aclose()

    async def _tell(
        self, ref: str, what: str, told: dict[str, Any], key: str
    ) -> Offered | Pending | Refused | Done | Unreached:
        try:
            return _read(await self._api.tell(ref, what, told, key))
        except LenderCallFailed as error:
            return Unreached(error.reason)


def _read(standing: Standing) -> Offered | Pending | Refused | Done | Unreached:
    if standing.state in _BOUND:
        return Done(standing.ref)
    if standing.state == "refused":
        return Refused((standing.reason or "refused")[:100], standing.ref)
    if standing.state == "pending":
        return Pending(standing.ref)
    if standing.state != "offered":
        return Unreached("unreadable_answer")
    ficp = standing.ficp
    status = Ficp.UNKNOWN if ficp is None else _status(ficp.status)
    at: datetime = datetime.fromtimestamp(0, UTC) if ficp is None else ficp.consulted_at
    return Offered(standing.ref, status, at, standing.link)


def _status(word: str) -> Ficp:
    return Ficp(word) if word in list(Ficp) else Ficp.UNKNOWN


def _done(answer: LenderAnswer, ref: str) -> Done | Pending | Unreached:
    if isinstance(answer, Done | Unreached):
        return answer
    return Pending(ref)


def _told(answer: LenderAnswer) -> Done | Unreached:
    return answer if isinstance(answer, Done | Unreached) else Unreached("not_done")
