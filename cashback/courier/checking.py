"""Why a message is not valid: what its receiver would say, and what the operator's own outbox and secrets add to it.

Secrets are opened to compare, in constant time, and are never shown: an answer says whose one is, not how much of it
was right.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.events.catalogue import VERSIONS
from cashback.ids import show
from webhooks import signing
from webhooks.endpoints import opened_secrets
from webhooks.outbox import body_of, read_id, show_id
from webhooks.sealing import SealingKey
from webhooks.signing import ID, TIMESTAMP, Secret

LIKE_MAX = 20
"""Messages of one millisecond that are compared with a body."""
ATTEMPTS_MAX = 50

_SECRETS = "SELECT id, version, secrets FROM webhook_endpoints WHERE tenant_id = $1 AND state <> 'removed'"
_MESSAGE = "SELECT id, type, at, data FROM outbox_messages WHERE tenant_id = $1 AND id = $2"
_OF_TIME = "SELECT id, type, at, data FROM outbox_messages WHERE tenant_id = $1 AND id BETWEEN $2 AND $3 LIMIT $4"
_ATTEMPTS = """
SELECT DISTINCT endpoint_id, at FROM webhook_attempts
WHERE tenant_id = $1 AND endpoint_id = ANY($2::uuid[]) AND message_id = $3 ORDER BY at DESC LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to: `detail` is a sentence in English."""

    valid: bool
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    """A secret of one endpoint."""

    endpoint: UUID
    version: str
    secret: Secret

    @property
    def name(self) -> str:
        return show("whe", self.endpoint)

    def is_told(self, known: str) -> bool:
        """Whether it is this one, or its public half."""
        return hmac.compare_digest(known.encode("utf-8", "replace"), self.secret.told().encode())


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message that the operator was told."""

    id: UUID
    bodies: tuple[bytes, ...]
    """As each version has it."""


async def check(
    connection: AsyncConnection,
    master: SealingKey,
    actor: Actor,
    *,
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> Verdict:
    """Judge a message as its receiver would; Invalid `bad_secret` for a secret that is none.

    Who may not handle endpoints is told what a receiver would say, and nothing of what was sent.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    try:
        signing.verify(secret, given, body, now)
    except signing.Refused as refused:
        if refused.code not in ("too_old", "too_new", "no_match") or not actor.may(Scope.WEBHOOKS):
            return Verdict(False, refused.code, refused.detail)
        cause = await _Case(connection, master, actor.operator_id, secret, given, body).cause(
            refused.code != "no_match"
        )
        return Verdict(False, refused.code, refused.detail + (f": {cause}" if cause else ""))
    except ValueError as error:
        raise Invalid(f"secret: {error}", code="bad_secret") from error
    return Verdict(True)


@dataclass(frozen=True, slots=True)
class _Case:
    """One message that was refused."""

    connection: AsyncConnection
    master: SealingKey
    operator_id: UUID
    secret: str
    headers: Mapping[str, str]
    body: bytes

    async def cause(self, timed: bool) -> str | None:
        """Why, as far as it can be known; `timed`: it was refused for its time, whatever else may be wrong."""
        try:
            signing.verify(self.secret, self.headers, self.body, signing.instant_of(self.headers))
        except signing.Refused as refused:
            if refused.code != "no_match":
                return refused.detail
        except ValueError as error:
            return f"besides, secret: {error}"
        else:
            return "apart from its time it is valid" if timed else None
        keys = await self._keys()
        mine = next((each for each in keys if each.is_told(self.secret)), None)
        signer = self._signer(keys, self.headers, self.body)
        if signer is not None:
            return _other_secret(mine, signer, self.secret, keys)
        told = await self._told(keys, mine)
        return told if mine is not None else f"{told}; {_strange(self.secret, keys)}"

    async def _told(self, keys: Sequence[_Key], mine: _Key | None) -> str:
        """Of the id, the body and the time."""
        versions = {each.version for each in keys} or set(VERSIONS)
        shown = self.headers[ID][:64]
        sent = await self._sent(versions)
        like = await self._like(versions)
        if like is not None and (sent is None or like.id != sent.id):
            return f"the body is that of {show_id(like.id)}, not of {shown}: {ID} is another message's"
        if sent is None:
            return f"no message {shown} was sent to an endpoint of yours in the last 30 days"
        if self.body not in sent.bodies:
            difference = _difference(sent.bodies[0], self.body)
            right = any(self._signer(keys, self.headers, each) is not None for each in sent.bodies)
            besides = "" if right else "; nor is the signature one of the body that was sent"
            return f"the body is not that of {shown}, which was sent: {difference}{besides}"
        at = await self._signed_at(sent, keys)
        if at is not None:
            return f"{TIMESTAMP} was changed: {shown} was signed at {at}, not at {self.headers[TIMESTAMP]}"
        if mine is None:
            return f"the body is that of {shown}, as it was sent"
        return f"{ID}, body and secret are those of {shown} and {mine.name}: {TIMESTAMP} or the signature was changed"

    async def _keys(self) -> list[_Key]:
        return [
            _Key(row.id, row.version, secret)
            for row in await fetch(self.connection, _SECRETS, (self.operator_id,))
            for secret in opened_secrets(self.master, self.operator_id, row.id, row.secrets)
        ]

    def _signer(self, keys: Iterable[_Key], headers: Mapping[str, str], body: bytes) -> _Key | None:
        return next((each for each in keys if signing.proves(each.secret, headers, body)), None)

    async def _sent(self, versions: set[str]) -> _Sent | None:
        try:
            message = read_id(self.headers[ID])
        except ValueError:
            return None
        rows = await fetch(self.connection, _MESSAGE, (self.operator_id, message))
        return next(_sent_of(rows, versions), None)

    async def _like(self, versions: set[str]) -> _Sent | None:
        """The message that has this body: its id begins with the time that the body tells."""
        try:
            told = json.loads(self.body)
            at = datetime.fromisoformat(told["timestamp"]).astimezone(UTC)
            low = int(at.timestamp() * 1000) << 80
            span = UUID(int=low), UUID(int=low | ((1 << 80) - 1))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
        rows = await fetch(self.connection, _OF_TIME, (self.operator_id, *span, LIKE_MAX))
        return next((each for each in _sent_of(rows, versions) if self.body in each.bodies), None)

    async def _signed_at(self, sent: _Sent, keys: Sequence[_Key]) -> str | None:
        endpoints = list({each.endpoint for each in keys})
        given = (self.operator_id, endpoints, sent.id, ATTEMPTS_MAX)
        for row in await fetch(self.connection, _ATTEMPTS, given):
            at = str(int(row.at.timestamp()))
            own = [each for each in keys if each.endpoint == row.endpoint_id]
            if self._signer(own, {**self.headers, TIMESTAMP: at}, self.body) is not None:
                return at
        return None


def _sent_of(rows: Iterable[object], versions: set[str]) -> Iterator[_Sent]:
    for row in rows:
        id_, type_, at, data = tuple(row)  # type: ignore[arg-type, var-annotated]
        yield _Sent(id_, tuple(body_of(type_, at, version, data) for version in sorted(versions, reverse=True)))


def _other_secret(mine: _Key | None, signer: _Key, known: str, keys: Sequence[_Key]) -> str:
    """The message is whole, and was signed by a secret that was not given."""
    if mine is None:
        return f"the message is whole and was signed for {signer.name}; {_strange(known, keys)}"
    if mine.endpoint == signer.endpoint:
        return f"the message is whole and was signed by another secret of {signer.name}: it was replaced since"
    return f"the message is whole and was signed for {signer.name}; this is the secret of {mine.name}, another endpoint"


def _strange(known: str, keys: Sequence[_Key]) -> str:
    """A secret that is none of an endpoint; of its length alone it is said how far it is from one."""
    if known.startswith(signing.SECRET_PREFIX):
        length = len(signing.read_secret(known).key)
        lengths = {len(each.secret.key) for each in keys if each.secret.scheme == "v1"}
        if lengths and length not in lengths:
            expected = " or ".join(str(each) for each in sorted(lengths))
            return (
                f"the secret given has {length} bytes, those of your endpoints have {expected}: it was cut or changed"
            )
    return "the secret given is none of an endpoint of yours"


def _difference(sent: bytes, body: bytes) -> str:
    """How a body differs from what was sent."""
    if body.strip() == sent:
        return f"{len(body) - len(sent)} bytes of white space were added, such as a line end"
    if sent.startswith(body):
        return f"it ends after byte {len(body)} of {len(sent)}"
    if _parsed(body) == _parsed(sent):
        return "it is the same JSON, parsed and written again; the bytes are signed as they arrive"
    same = next(
        (place for place, (a, b) in enumerate(zip(sent, body, strict=False)) if a != b), min(len(sent), len(body))
    )
    return f"it differs from byte {same + 1} on"


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
