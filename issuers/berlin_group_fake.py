"""A bank with an interface after the Berlin Group in memory, for demonstrations and tests:
`httpx.MockTransport(FakeBank(...))`, or served over HTTP.

Answers as the guidelines say, and refuses what a real bank refuses: a missing header, a consent it does not know, the
fifth call of a day that nobody waits for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

UNATTENDED_PER_DAY = 4
DAY = timedelta(hours=24)


@dataclass(slots=True)
class FakeBank:
    """One account under one consent. `booked` and `pending` are its rows, newest last."""

    consent_id: str
    account: str
    booked: list[dict[str, Any]] = field(default_factory=list)
    pending: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 500
    consent: str = "valid"
    """`valid`, or the code that is answered instead: `CONSENT_EXPIRED`."""
    status: int | None = None
    """Makes every call answer that instead."""
    retry_after: int | None = None
    clock: Callable[[], datetime] = lambda: datetime.min.replace(tzinfo=UTC)
    """The bank's clock; it stands still unless another one is given."""
    unattended: list[datetime] = field(default_factory=list)
    """When the account was asked without its holder."""
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        if self.status is not None:
            headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
            return httpx.Response(self.status, headers=headers)
        try:
            UUID(request.headers.get("x-request-id", ""))
        except ValueError:
            return _failed(400, "FORMAT_ERROR")
        if request.headers.get("consent-id") != self.consent_id:
            return _failed(401, "CONSENT_UNKNOWN")
        if self.consent != "valid":
            return _failed(401, self.consent)
        path = f"/v1/accounts/{self.account}/transactions"
        if request.method != "GET" or request.url.path != path:
            return _failed(404, "RESOURCE_UNKNOWN")
        if "psu-ip-address" not in request.headers:
            now = self.clock()
            if sum(now - at < DAY for at in self.unattended) >= UNATTENDED_PER_DAY:
                return _failed(429, "ACCESS_EXCEEDED")
            self.unattended.append(now)
        return self._page(request, path)

    def _page(self, request: httpx.Request, path: str) -> httpx.Response:
        since = request.url.params.get("dateFrom", "")
        if not since or request.url.params.get("bookingStatus") != "both":
            return _failed(400, "PERIOD_INVALID")
        rows = [("pending", row) for row in self.pending]
        rows += [("booked", row) for row in self.booked if row.get("bookingDate", since) >= since]
        begin = int(request.url.params.get("page", "0")) * self.page_size
        report: dict[str, Any] = {"booked": [], "pending": [], "_links": {"account": {"href": path}}}
        for part, row in rows[begin : begin + self.page_size]:
            report[part].append(row)
        if begin + self.page_size < len(rows):
            following = request.url.copy_set_param("page", str(begin // self.page_size + 1))
            report["_links"]["next"] = {"href": following.raw_path.decode()}
        return httpx.Response(200, json={"account": {"iban": "FR0000000000000000000000000"}, "transactions": report})


def _failed(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"tppMessages": [{"category": "ERROR", "code": code}]})
