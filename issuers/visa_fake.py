"""Visa's enrolment in memory, the vault before it included: `httpx.MockTransport(FakeVisa(...))`.

Answers in the form that the operator's code of `issuers/visa_api.py` reads. Which detailed code Visa gives for which
mistake is not public, so mistakes are answered by a general one.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

REFUSED = "1000"
GONE = "RTMENRE0026"


@dataclass(slots=True)
class FakeVisa:
    """`vault` maps an alias to Visa's id of the card and its last four digits; `enrolled` a user key to an alias.

    `code` answers every call by that code, `detail` by that detailed code, `status` by that HTTP status and nothing.
    """

    user: str = "visa-user"
    password: str = "visa-password"  # noqa: S105, of a fake
    community: str = "EXAMPLECTE01"
    vault: dict[str, tuple[str, str]] = field(default_factory=dict)
    enrolled: dict[str, str] = field(default_factory=dict)
    code: str | None = None
    detail: str | None = None
    status: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.status is not None:
            return httpx.Response(self.status)
        basic = b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return httpx.Response(401)
        body = msgspec.json.decode(request.content)
        if self.code is not None or self.detail is not None:
            return _answer(body, self.code or REFUSED, self.detail)
        match request.url.path:
            case "/vop/v1/users/enroll":
                return self._enroll(body)
            case "/vop/v1/users/unenroll":
                return self._unenroll(body)
            case _:
                return httpx.Response(404)

    def _enroll(self, body: dict[str, Any]) -> httpx.Response:
        told = body["userDetails"]
        alias = told["cards"][0]["cardNumber"]
        if told["communityCode"] != self.community or alias not in self.vault:
            return _answer(body, REFUSED)
        self.enrolled[told["userKey"]] = alias
        card_id, last_four = self.vault[alias]
        card = {"cardId": card_id, "cardLast4": last_four, "productTypeCategory": "Credit", "cardStatus": "New"}
        return _answer(body, "SUCCESS", user={**told, "cards": [card], "userStatus": 1})

    def _unenroll(self, body: dict[str, Any]) -> httpx.Response:
        if body["communityCode"] != self.community:
            return _answer(body, REFUSED)
        gone = self.enrolled.pop(body["userKey"], None) is None
        return _answer(body, REFUSED if gone else "SUCCESS", GONE if gone else None)


def _answer(
    body: dict[str, Any], code: str, detail: str | None = None, *, user: dict[str, Any] | None = None
) -> httpx.Response:
    details = [{"code": detail, "message": ""}] if detail else []
    status = {"code": code, "message": "", "responseStatusDetails": details}
    said = {"correlationId": body["correlationId"], "responseStatus": status}
    return httpx.Response(200, json=said if user is None else {"userDetails": user, **said})
