"""An operator's own domain: told, proved by its DNS, then served. Until it is proved nothing answers under it.

The proof is a TXT record that only who holds the domain can write. That a domain leads here proves nothing: every
operator could say so of another's. A domain is served for one operator at a time, and proved again every day: one whose
record has been gone for `GONE_AFTER` is served no more, as it may be somebody else's by then.
"""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import dns.asyncresolver
import dns.exception
import dns.resolver
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope, system
from cashback.clock import zulu_or_none
from cashback.db.engine import directory, fetch
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.programmes import audit_log
from cashback.programmes.operators import Named

DOMAINS_MAX = 5
RECORD = "_cashback"
"""The label under which the record stands."""
PREFIX = "cashback-verification="
RESOLVE_SECONDS = 5.0
LOOKED_EVERY = timedelta(days=1)
GONE_AFTER = timedelta(days=3)
"""Long enough to mend a record that was deleted by mistake."""
DUE_MAX = 100
TEXTS_MAX = 50
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")

_TELL = """
INSERT INTO operator_domains (operator_id, domain, token, told_by, told_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator_id, domain) DO NOTHING RETURNING domain
"""
_LOCK = "SELECT 1 FROM operators WHERE operator_id = $1 FOR UPDATE"
_LIST = """
SELECT domain, token, told_at, checked_at, found, verified_at, missing_since FROM operator_domains
WHERE operator_id = $1 ORDER BY told_at, domain
"""
_DUE = """
SELECT domain, token, told_at, checked_at, found, verified_at, missing_since FROM operator_domains
WHERE operator_id = $1 AND verified_at IS NOT NULL AND checked_at <= $2 ORDER BY checked_at, domain LIMIT $3
"""
# A name server that does not answer says nothing: only a record that is not there counts as gone.
_CHECKED = """
UPDATE operator_domains SET checked_at = $3, found = $4,
    verified_at = CASE WHEN $4 = 'proved' THEN coalesce(verified_at, $3)
        WHEN $4 IN ('missing', 'other') AND missing_since <= $3 - $5::interval THEN NULL ELSE verified_at END,
    missing_since = CASE WHEN $4 = 'proved' THEN NULL
        WHEN $4 IN ('missing', 'other') AND verified_at IS NOT NULL THEN coalesce(missing_since, $3)
        ELSE missing_since END
WHERE operator_id = $1 AND domain = $2 AND token = $6 RETURNING verified_at, missing_since
"""
_REMOVE = "DELETE FROM operator_domains WHERE operator_id = $1 AND domain = $2 RETURNING domain"
_AT = """
SELECT o.operator_id, o.slug, o.name FROM operator_domains d JOIN operators o ON o.operator_id = d.operator_id
WHERE d.domain = $1 AND d.verified_at IS NOT NULL
"""
_SERVED = """
SELECT domain FROM operator_domains WHERE operator_id = $1 AND verified_at IS NOT NULL ORDER BY verified_at LIMIT 1
"""


class Unresolved(Exception):
    """The DNS did not answer."""


class Resolver(Protocol):
    """What asks the DNS."""

    async def texts(self, name: str) -> list[str]:
        """The TXT records of a name, none where there is none; raises Unresolved without an answer."""


class DnsResolver:
    """Asks the name servers of this machine."""

    async def texts(self, name: str) -> list[str]:
        """As the protocol says."""
        try:
            answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=RESOLVE_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Unresolved(type(error).__name__) from None
        return [b"".join(each.strings).decode("ascii", "replace") for each in list(answer)[:TEXTS_MAX]]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of an operator, and how far it is proved."""

    name: str
    token: str
    told_at: datetime
    checked_at: datetime | None
    found: str
    """Of the last check: `proved`, `missing`, `other`, `no_answer`; empty before the first."""
    verified_at: datetime | None
    missing_since: datetime | None
    """Since when the record of a domain that was proved has been gone; None: it is there."""

    @property
    def served(self) -> bool:
        """Whether pages are served under it."""
        return self.verified_at is not None

    @property
    def ends_at(self) -> datetime | None:
        """When it is served no more if its record does not come back."""
        return None if self.missing_since is None or not self.served else self.missing_since + GONE_AFTER

    @property
    def record(self) -> str:
        """Where the proof must stand."""
        return f"{RECORD}.{self.name}"

    @property
    def proof(self) -> str:
        """And what it must say."""
        return f"{PREFIX}{self.token}"


async def tell(connection: AsyncConnection, actor: Actor, name: str, now: datetime) -> str:
    """Say that a domain is the operator's; answers it as it is kept. Conflict for one that was told already."""
    _may(actor)
    domain = name.strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise Invalid(f"domain {domain[:60]!r}: expected a name such as rewards.centre.example", code="domain_name")
    await fetch(connection, _LOCK, (actor.operator_id,))
    if len(await listed(connection, actor.operator_id)) >= DOMAINS_MAX:
        raise Conflict(f"an operator has at most {DOMAINS_MAX} domains", code="too_many_domains")
    row = (actor.operator_id, domain, secrets.token_hex(16), actor.name, now)
    if not await fetch(connection, _TELL, row):
        raise Conflict(f"{domain} was told already", code="domain_told")
    await audit_log.record(connection, actor, "domain.told", f"domain:{domain}", {}, now)
    return domain


async def listed(connection: AsyncConnection, operator_id: UUID) -> list[Domain]:
    """The domains of an operator, the oldest first."""
    return [Domain(*row) for row in await fetch(connection, _LIST, (operator_id,))]


async def find(connection: AsyncConnection, actor: Actor, name: str) -> Domain:
    """One of the operator's domains, or NotFound."""
    _may(actor)
    found = next((each for each in await listed(connection, actor.operator_id) if each.name == name), None)
    if found is None:
        raise NotFound("this domain was not told", code="unknown_domain")
    return found


async def look(resolver: Resolver, domain: Domain) -> str:
    """What the DNS says of a domain: `proved`, `missing`, `other` or `no_answer`. To be called in no transaction."""
    try:
        texts = await resolver.texts(domain.record)
    except Unresolved:
        return "no_answer"
    if domain.proof in (each.strip() for each in texts):
        return "proved"
    return "other" if any(each.startswith(PREFIX) for each in texts) else "missing"


async def checked(connection: AsyncConnection, actor: Actor, domain: Domain, found: str, now: datetime) -> bool:
    """Keep what the DNS said; answers whether the domain is served. Conflict if it is served for somebody else.

    NotFound if it was taken down since, also if it was told anew: what was looked for is not what proves it now.

    A domain that is served stays so until its record has been gone for `GONE_AFTER`.
    """
    _may(actor)
    served = (await _keep(connection, actor.operator_id, domain, found, now)).served
    detail = {"found": found, "served": served}
    await audit_log.record(connection, actor, "domain.checked", f"domain:{domain.name}", detail, now)
    return served


async def due(connection: AsyncConnection, operator_id: UUID, now: datetime) -> list[Domain]:
    """Served domains that the DNS was not asked about for a day."""
    return [Domain(*row) for row in await fetch(connection, _DUE, (operator_id, now - LOOKED_EVERY, DUE_MAX))]


async def looked_again(
    connection: AsyncConnection, operator_id: UUID, domain: Domain, found: str, now: datetime
) -> bool:
    """Keep what the DNS said of a served domain that nobody asked about; answers whether it is still served.

    Written down is what changes: the record is gone, is back, has been gone for too long.
    """
    after = await _keep(connection, operator_id, domain, found, now)
    change = None
    if not after.served:
        change = "domain.lapsed"
    elif (after.missing_since is None) is not (domain.missing_since is None):
        change = "domain.missing" if after.missing_since is not None else "domain.back"
    if change is not None:
        detail = {"found": found, "missing_since": zulu_or_none(after.missing_since)}
        await audit_log.record(connection, system(operator_id, "upkeep"), change, f"domain:{domain.name}", detail, now)
    return after.served


async def _keep(connection: AsyncConnection, operator_id: UUID, domain: Domain, found: str, now: datetime) -> Domain:
    try:
        async with connection.begin_nested():
            rows = await fetch(connection, _CHECKED, (operator_id, domain.name, now, found, GONE_AFTER, domain.token))
    except IntegrityError:
        raise Conflict("this domain is served for another operator", code="domain_taken") from None
    if not rows:
        raise NotFound("this domain was not told", code="unknown_domain")
    verified_at, missing_since = rows[0]
    return replace(domain, checked_at=now, found=found, verified_at=verified_at, missing_since=missing_since)


async def remove(connection: AsyncConnection, actor: Actor, name: str, now: datetime) -> None:
    """Serve a domain no more, and forget it. NotFound for one that was not told."""
    _may(actor)
    if not await fetch(connection, _REMOVE, (actor.operator_id, name)):
        raise NotFound("this domain was not told", code="unknown_domain")
    await audit_log.record(connection, actor, "domain.removed", f"domain:{name}", {}, now)


async def at(engine: AsyncEngine, host: str) -> Named | None:
    """Whose pages are served under a name, without a port; None for one that is nobody's, or not proved."""
    if not _DOMAIN.fullmatch(host):
        return None
    async with directory(engine) as connection:
        rows = await fetch(connection, _AT, (host,))
    return Named(*rows[0]) if rows else None


async def address_of(connection: AsyncConnection, operator_id: UUID, public_url: str) -> str:
    """Where an operator's shoppers come in: under its own domain where one is served, else at the product's address."""
    rows = await fetch(connection, _SERVED, (operator_id,))
    return f"https://{rows[0][0]}" if rows else public_url


def _may(actor: Actor) -> None:
    if not actor.may(Scope.TEAM):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.TEAM.value!r}", code="scope_missing")
