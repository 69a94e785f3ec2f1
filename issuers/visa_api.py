"""Visa Offers Platform over HTTP: enrol a card, unenrol its user. No card number ever comes near this code.

Format: how the public integration code of a UK operator calls it (github.com/piukhq/metis, to 2024; names only): `POST
/vop/v1/users/enroll` and `/vop/v1/users/unenroll` at https://api.visa.com (certification: https://cert.api.visa.com),
Basic auth and a client certificate. Visa wants the card number itself. This client sends a vault's alias in its place,
and the base URL must lead through that vault's proxy, which puts the number in.

An answer carries `responseStatus.code` and, in `responseStatusDetails`, a detailed code that wins over it. SUCCESS is
the one success, 3000 to 6000 pass, RTMENRE0026 says of an unenrolment that the user was already gone, and every other
code refuses. Unenrolling removes a user with all cards: give every card a user of its own.
"""

import ssl
from typing import Self

import httpx
import msgspec

from issuers import reading
from issuers.card_numbers import mask_text
from issuers.errors import ProviderRefused, ProviderUnavailable, Unreadable
from issuers.provider_cards import TIMEOUT_SECONDS, ProviderCard, failure

ENROLL = "/vop/v1/users/enroll"
UNENROLL = "/vop/v1/users/unenroll"
_SUCCESS = "SUCCESS"
_PASSING = frozenset(("3000", "4000", "5000", "6000"))
_ALREADY_GONE = "RTMENRE0026"
_TEXT_MAX = 255


class _Detail(msgspec.Struct):
    code: str | None = None


class _Status(msgspec.Struct, rename="camel"):
    code: str
    response_status_details: list[_Detail] | None = None


class _Card(msgspec.Struct, rename="camel"):
    card_id: str
    card_last4: str | None = msgspec.field(default=None, name="cardLast4")


class _User(msgspec.Struct):
    cards: list[_Card] | None = None


class _Answer(msgspec.Struct, rename="camel"):
    response_status: _Status
    user_details: _User | None = None


_ANSWER = reading.decoder(_Answer)


class VisaApi:
    """A client for one community. Close it, or use it as an async context manager."""

    def __init__(
        self,
        *,
        user: str,
        password: str,
        community: str,
        base_url: str,
        tls: ssl.SSLContext | None = None,
        terms_version: str = "1",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`tls` holds the client certificate, where it is not the vault's proxy that presents it."""
        self._community = community
        self._terms_version = terms_version
        self._http = httpx.AsyncClient(
            base_url=base_url,
            auth=httpx.BasicAuth(user, password),
            verify=True if tls is None else tls,
            timeout=TIMEOUT_SECONDS,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def enroll(self, user_key: str, card_alias: str, *, correlation_id: str) -> ProviderCard:
        """Enrol the card behind a vault's alias under a user key of ours; messages name the card by the answered token.

        `ValueError` for a card number in place of either; raises `ProviderUnavailable` or `ProviderRefused`.
        """
        key = _checked(user_key, "user key")
        answer = await self._call(
            ENROLL,
            {
                "correlationId": correlation_id,
                "userDetails": {
                    "communityCode": self._community,
                    "userKey": key,
                    "externalUserId": key,
                    "cards": [{"cardNumber": _checked(card_alias, "card alias")}],
                },
                "communityTermsVersion": self._terms_version,
            },
        )
        _check(ENROLL, _code(answer))
        cards = answer.user_details.cards if answer.user_details else None
        if not cards:
            raise ProviderUnavailable(f"visa: POST {ENROLL}: expected a card in the answer, got none")
        return ProviderCard(token=cards[0].card_id, last_four=cards[0].card_last4, scheme="visa", active=True)

    async def unenroll(self, user_key: str, *, correlation_id: str) -> bool:
        """Stop Visa from watching the user's cards. True when it was removed now, False when it was already gone."""
        key = _checked(user_key, "user key")
        answer = await self._call(
            UNENROLL, {"correlationId": correlation_id, "communityCode": self._community, "userKey": key}
        )
        code = _code(answer)
        if code == _ALREADY_GONE:
            return False
        _check(UNENROLL, code)
        return True

    async def _call(self, path: str, body: dict[str, object]) -> _Answer:
        call = f"POST {path}"
        try:
            response = await self._http.post(path, json=body)
        except httpx.HTTPError as error:
            raise failure("visa", call, None) from error
        try:
            return reading.read(_ANSWER, response.content, f"visa: answer to {call}")
        except Unreadable as error:
            # Whatever its status, an answer without a code of Visa's did not come from the service behind.
            if response.is_success:
                raise ProviderUnavailable(error.detail) from error
            raise failure("visa", call, response.status_code) from error


def _code(answer: _Answer) -> str:
    details = answer.response_status.response_status_details or []
    return (details[0].code if details else None) or answer.response_status.code


def _check(path: str, code: str) -> None:
    if code in _PASSING:
        raise ProviderUnavailable(f"visa: POST {path}: answered {code}")
    if code != _SUCCESS:
        raise ProviderRefused(f"visa: POST {path}: answered {code[:32]}, expected {_SUCCESS}")


def _checked(text: str, what: str) -> str:
    if not text.strip() or len(text) > _TEXT_MAX:
        raise ValueError(f"{what}: expected 1 to {_TEXT_MAX} characters, got {len(text)}")
    if mask_text(text) != text:
        raise ValueError(f"{what}: expected no card number")
    return text
