"""A small OpenID Connect provider over HTTP: discovery, keys, a page that lets one person in, a token endpoint."""

import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT_ID, SECRET = "cashback", "the client's secret"


@dataclass(slots=True)
class IdentityProvider:
    """Lets `person` in to whoever asks; `twist` changes the claims of its next tokens."""

    issuer: str = "https://login.example"
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "248289761001", "email": "ada@centre.example", "email_verified": True}
    )
    twist: dict[str, Any] = field(default_factory=dict)
    names_itself: bool = False
    """Whether its answers name it, as it then says in what it publishes."""
    heard: list[dict[str, str]] = field(default_factory=list)
    """What its token endpoint was asked."""
    now: float = field(default_factory=time.time)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    signs_with: RSAKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def let_in(self, address: str) -> str:
        """What the person's browser does at the authorization endpoint: the address that it is sent back to."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert (query["response_type"], query["client_id"], query["code_challenge_method"]) == (
            "code",
            CLIENT_ID,
            "S256",
        )
        assert "openid" in query["scope"].split()
        code = f"code-{len(self.asked)}"
        self.asked[code] = query
        names_itself = {"iss": self.issuer} if self.names_itself else {}
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], **names_itself})}"

    def application(self) -> Starlette:
        """What it serves to clients."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "authorization_response_iss_parameter_supported": self.names_itself,
            }
        )

    async def _keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        self.heard.append({name: str(told) for name, told in form.items()})
        query = self.asked.pop(str(form["code"]), None)
        verifier = urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        good = (
            query is not None
            and query["code_challenge"] == verifier
            and form["client_id"] == CLIENT_ID
            and form["client_secret"] == SECRET
            and form["redirect_uri"] == query["redirect_uri"]
        )
        if not good or query is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": query["nonce"],
            **self.person,
            **self.twist,
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs_with or self.key)
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": token})
