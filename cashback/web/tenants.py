"""Whose pages a request asks for: by the domain it came to, or by the name in its address, with the look in force.

What is known is kept for some seconds, so that a page asks nobody for it; a domain that nobody proved is the product's
own start page.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cashback.auth.passkeys import Party
from cashback.branding import service as branding
from cashback.branding.schemas import Theme
from cashback.db.engine import transaction
from cashback.programmes.operators import Named, find_named, named_of
from cashback.welcoming import domains

KEPT_SECONDS = 5.0
"""A look that was published, or a domain that was proved or removed, is seen by every process after that."""
KEPT_MAX = 1_024
TENANT = "cashback.tenant"
"""Under this name a request's scope holds whose domain it came to."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """An operator as strangers meet it."""

    named: Named
    theme: Theme | None
    domain: str = ""
    """The domain of its own that was asked for; empty at the product's address."""

    @property
    def id(self) -> UUID:
        """The operator."""
        return self.named.id

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return self.named.slug

    @property
    def name(self) -> str:
        """As shoppers read it."""
        return self.named.name if self.theme is None else self.theme.name

    @property
    def party(self) -> Party:
        """Who asks for passkeys under its domain."""
        return Party(self.domain, f"https://{self.domain}")


class Tenants:
    """Operators by domain and by name."""

    def __init__(self, engine: AsyncEngine, public_url: str) -> None:
        self._engine = engine
        self._own = urlsplit(public_url).hostname or ""
        self._kept: OrderedDict[tuple[str, str], tuple[float, Tenant | None]] = OrderedDict()

    async def at(self, host: str) -> Tenant | None:
        """Whose a domain is; None for the product's own address, and for a domain that nobody proved."""
        name = host.rsplit(":", 1)[0].lower().rstrip(".")
        return None if name == self._own else await self._known("domain", name)

    async def called(self, slug: str) -> Tenant | None:
        """The operator of a slug."""
        return await self._known("slug", slug.strip().lower())

    async def of(self, operator_id: UUID) -> Tenant | None:
        """The operator of an id, as it is now."""
        async with transaction(self._engine, operator_id) as connection:
            named = await named_of(connection, operator_id)
            return None if named is None else Tenant(named, await branding.current(connection, operator_id))

    def forget(self) -> None:
        """This process changed something: it is seen at the next request."""
        self._kept.clear()

    async def _known(self, kind: str, name: str) -> Tenant | None:
        now, key = time.monotonic(), (kind, name)
        held = self._kept.get(key)
        if held is not None and now - held[0] < KEPT_SECONDS:
            return held[1]
        named = await (domains.at if kind == "domain" else find_named)(self._engine, name)
        found = None
        if named is not None:
            async with transaction(self._engine, named.id) as connection:
                theme = await branding.current(connection, named.id)
            found = Tenant(named, theme, name if kind == "domain" else "")
        self._kept[key] = (now, found)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return found


class HostReader:
    """Looks up whose domain a request came to, before anything else is asked."""

    def __init__(self, app: ASGIApp, tenants: Tenants) -> None:
        self._app = app
        self._tenants = tenants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward, with the tenant under `TENANT`."""
        if scope["type"] == "http":
            scope[TENANT] = await self._tenants.at(Headers(scope=scope).get("host", ""))
        await self._app(scope, receive, send)


def tenant_at(request: Request) -> Tenant | None:
    """Whose own domain this request came to; None at the product's address."""
    found: Tenant | None = request.scope.get(TENANT)
    return found
