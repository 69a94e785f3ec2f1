"""Sign-in by the operator's identity provider: OpenID Connect, authorization code with PKCE, state and nonce.

What the provider says counts only as a signed ID token that this client fetched itself over TLS, for this client, for
this attempt. It vouches for an address that it has verified; the member it let in first is theirs from then on.

Providers are chosen by operators, and one of them may be hostile to another's: an attempt is bound to the address that
the browser is sent back to, which no two operators share, and to the issuer that the answer names (RFC 9207).
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cashback.auth.sessions import new_token
from cashback.errors import Invalid, TryAgain, Unauthorised
from webhooks.egress import Egress, Unreachable

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Of ID tokens; nothing symmetric, and never none."""
TIMEOUT_SECONDS = 10.0
ANSWER_MAX_BYTES = 512 * 1024
KEPT_SECONDS = 600.0
"""How long what a provider publishes of itself is kept in memory."""
LEEWAY_SECONDS = 60
TOKEN_AGE_MAX_SECONDS = 600
SCOPE = "openid email"


@dataclass(frozen=True, slots=True)
class Client:
    """This product at a provider."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str


class Attempt(msgspec.Struct, frozen=True):
    """What must be remembered between leaving for the provider and coming back."""

    nonce: str
    verifier: str
    language: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back."""

    code: str
    issuer: str | None
    """As the answer names it; None when it names none."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider has let in."""

    issuer: str
    subject: str
    address: str | None
    """As the provider wrote it; None when it does not say that it has verified it."""


@dataclass(frozen=True, slots=True)
class _Published:
    authorize: str
    token: str
    keys: KeySet
    names_itself: bool
    """Whether it says that each of its answers names its issuer."""
    read_at: float


def check_issuer(issuer: str, egress: Egress) -> str:
    """The issuer without a slash at its end; Invalid for what is no https address of a name that may be reached."""
    try:
        egress.refuse_url(issuer)
        refused = bool(urlsplit(issuer).query)
    except Unreachable:
        refused = True
    if refused:
        raise Invalid("issuer: expected an https address such as https://login.example.org", code="bad_issuer")
    return issuer.rstrip("/")


class Providers:
    """Asks identity providers; one per process, which remembers what they publish of themselves for ten minutes.

    `transport` judges the addresses, which an operator and its provider chose.
    """

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._published: dict[str, _Published] = {}

    async def leave(self, client: Client, state: str, *, language: str) -> tuple[str, Attempt]:
        """Where the browser is sent, and what is to be remembered until the state comes back."""
        published = await self._read(client.issuer)
        attempt = Attempt(new_token(), new_token(), language, client.redirect_uri)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joined = "&" if urlsplit(published.authorize).query else "?"
        return f"{published.authorize}{joined}{urlencode(query)}", attempt

    async def come_back(self, client: Client, attempt: Attempt, answer: Answer, now: datetime) -> Vouched:
        """Exchange the code and judge the ID token. Unauthorised when it is not good, TryAgain when nobody answers.

        A code of another provider's answer, or of an attempt of another address, is told to nobody.
        """
        if attempt.redirect_uri != client.redirect_uri:
            raise _refused("the attempt was of another operator")
        if answer.issuer is not None and answer.issuer.rstrip("/") != client.issuer:
            raise _refused("another provider answered")
        published = await self._read(client.issuer)
        if published.names_itself and answer.issuer is None:
            raise _refused("the answer does not name its provider, which says that it does")
        form = {
            "grant_type": "authorization_code",
            "code": answer.code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": client.client_id,
            "client_secret": client.secret,
        }
        token = (await self._ask("POST", published.token, form)).get("id_token")
        if not isinstance(token, str):
            raise _refused("the provider gave no ID token")
        try:
            claims = _signed_by(token, published.keys)
        except (JoseError, ValueError):
            # Keys are rotated: what was published a moment ago may know the one that signed.
            self._published.pop(client.issuer, None)
            claims = _signed(token, (await self._read(client.issuer)).keys)
        return judge(claims, client, attempt, now)

    async def _read(self, issuer: str) -> _Published:
        held = self._published.get(issuer)
        if held is not None and time.monotonic() - held.read_at < KEPT_SECONDS:
            return held
        told = await self._ask("GET", f"{issuer}/.well-known/openid-configuration")
        if str(told.get("issuer", "")).rstrip("/") != issuer:
            raise _refused("the provider publishes another issuer than the one it was registered with")
        places = {name: told.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        secure = urlsplit(issuer).scheme == "https"
        for name, place in places.items():
            if not isinstance(place, str) or (secure and not place.startswith("https://")):
                raise _refused(f"the provider publishes no {name}")
        keys = _keys_in(await self._ask("GET", str(places["jwks_uri"])))
        read = _Published(
            authorize=str(places["authorization_endpoint"]),
            token=str(places["token_endpoint"]),
            keys=keys,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            read_at=time.monotonic(),
        )
        self._published[issuer] = read
        return read

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object, at most 512 KiB; redirects are not followed."""
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT_SECONDS, trust_env=False) as http,
                http.stream(method, url, data=form, headers={"accept": "application/json"}) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > ANSWER_MAX_BYTES:
                        raise _refused("the provider answers more than can be read")
                if answer.status_code >= 500:
                    raise TryAgain("the identity provider does not answer", code="provider_down")
                if answer.status_code != 200:
                    raise _refused(f"the provider answered {answer.status_code}")
        except Unreachable as error:
            raise _refused("an address it publishes is not one that may be reached") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise TryAgain("the identity provider does not answer", code="provider_down") from error
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _refused("the provider did not answer with a JSON object") from error


def judge(claims: Mapping[str, Any], client: Client, attempt: Attempt, now: datetime) -> Vouched:
    """Whom a signed ID token names; Unauthorised for one of another provider, client, attempt or time."""
    at = now.timestamp()
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if str(claims.get("iss", "")).rstrip("/") != client.issuer:
        raise _refused("the token is another provider's")
    if client.client_id not in listed or (len(listed) > 1 and claims.get("azp") != client.client_id):
        raise _refused("the token is for another client")
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or expires + LEEWAY_SECONDS <= at:
        raise _refused("the token is over")
    if not isinstance(issued, int | float) or not -LEEWAY_SECONDS <= at - issued <= TOKEN_AGE_MAX_SECONDS:
        raise _refused("the token is not of now")
    if claims.get("nonce") != attempt.nonce:
        raise _refused("the token is of another attempt")
    subject, address = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise _refused("the token names nobody")
    verified = isinstance(address, str) and claims.get("email_verified") is True
    return Vouched(client.issuer, subject, str(address) if verified else None)


def _keys_in(told: dict[str, Any]) -> KeySet:
    """What a provider publishes as its keys, which may be anything."""
    try:
        return KeySet.import_key_set(told)  # type: ignore[arg-type]
    except (JoseError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise _refused("the provider publishes no keys that can be read") from error


def _signed_by(token: str, keys: KeySet) -> dict[str, Any]:
    return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)


def _signed(token: str, keys: KeySet) -> dict[str, Any]:
    try:
        return _signed_by(token, keys)
    except (JoseError, ValueError) as error:
        raise _refused("the token is not signed by the provider") from error


def _refused(why: str) -> Unauthorised:
    return Unauthorised(f"the identity provider lets nobody in: {why}", code="provider_refused")
