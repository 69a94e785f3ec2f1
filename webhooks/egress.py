"""The way out: a request to an address that somebody else chose, which therefore may be hostile.

A name is resolved once, every address it has is judged, and the connection goes to an address that was judged: a record
that moves in between changes nothing. TLS is still verified against the name. Only public addresses are reached, over
https, on few ports; redirects are not followed, no proxy is asked, and neither time nor memory of an attempt is the
receiver's to choose. On a demonstration machine addresses of that machine itself may be allowed, over plain http.
"""

import asyncio
import re
import socket
import time
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import httpx
from ssrfguard import BlockedAddressError, BlockedURLError, Policy, Resolver, resolve
from ssrfguard.httpx import AsyncSafeTransport
from ssrfguard.resolvers import UdpResolver, nameservers_from_resolv_conf

from webhooks.schedule import Answer

TIMEOUT_SECONDS = 15.0
"""Of one attempt, from the name to the last byte that is read."""
RESOLVE_SECONDS = 4.0
ANSWER_MAX_BYTES = 64 * 1024
"""What is read of an answer; then the connection is closed."""
EXCERPT_MAX = 1024
"""Characters of an answer that are kept."""
URL_MAX = 2000
PORTS = frozenset({443, 8443})
RESOLVED_AT_ONCE = 64
USER_AGENT = "webhooks/1"

_LOOPBACK = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "::1"}
_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?(?::[0-9]{1,5})?", re.IGNORECASE
)
_LOOPBACK_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_ANY_PORT = frozenset(range(1, 65536))
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30.0)


class Unreachable(Exception):
    """An address that nothing will be sent to; `code` is bad_url, blocked_address or unresolvable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Egress:
    """Sends messages. One per process; connections are kept and used again. Close it with `aclose`."""

    def __init__(self, *, loopback: bool = False, resolver: Resolver | None = None) -> None:
        """`loopback` allows `http://localhost`, `127.0.0.1` and `[::1]` too; `resolver` stands for the network's."""
        self._loopback = loopback
        self._resolver = resolver or _platform_resolver()
        self._public = Policy(allowed_schemes=frozenset({"https"}), allowed_ports=PORTS, max_url_length=URL_MAX)
        self._local = Policy(allowed_ports=_ANY_PORT, allowed_networks=_LOOPBACK_NETWORKS, max_url_length=URL_MAX)
        self._transports: dict[bool, AsyncSafeTransport] = {}

    def withholds_loopback(self, url: str) -> bool:
        """Whether an address names this machine and would be reached if `loopback` were allowed."""
        return not self._loopback and _host(url) in _LOOPBACK

    def refuse_url(self, url: str) -> None:
        """Raise `Unreachable` for an address that is refused as it is written. Asks nobody."""
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise Unreachable("bad_url", "expected an https address of printable ASCII characters, names in punycode")
        local, policy = self._judged_by(url)
        try:
            target = policy.check_url(url)
        except (BlockedAddressError, BlockedURLError) as error:
            raise Unreachable("bad_url", _what_is_wrong(url, loopback=self._loopback)) from error
        if "#" in url:
            raise Unreachable("bad_url", "an address to post to has no fragment: leave out '#' and what follows")
        written = (_LOCAL if local else _NAMED).fullmatch(urlsplit(url).netloc)
        if written is None or (not local and (target.is_literal_address or _is_number(target.host))):
            raise Unreachable("bad_url", _no_name(target.host))

    async def check(self, url: str) -> None:
        """The same, and the name is resolved too: `Unreachable` unless each of its addresses may be reached."""
        self.refuse_url(url)
        local, policy = self._judged_by(url)
        resolver = _local_resolver if local else self._resolver
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await asyncio.to_thread(resolve, policy.check_url(url), policy=policy, resolver=resolver)
        except BlockedAddressError as error:
            raise Unreachable("blocked_address", _leads_inside(url, error)) from error
        except (OSError, TimeoutError) as error:
            detail = f"the name {_host(url)} does not resolve ({error}): expected a name that DNS knows"
            raise Unreachable("unresolvable", detail) from error

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One attempt; never raises for what the receiver does. The status decides, also if the body breaks off."""
        began = time.monotonic()
        seen: list[Any] = []
        error: str | None = None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._send(url, headers, body, seen)
        except TimeoutError:
            error = f"no answer within {TIMEOUT_SECONDS:.0f} s"
        except BlockedAddressError as blocked:
            error = f"not sent: {_leads_inside(url, blocked)}"
        except (Unreachable, BlockedURLError) as blocked:
            error = f"not sent: {blocked}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        milliseconds = int((time.monotonic() - began) * 1000)
        if not seen:
            return Answer(None, (error or "closed without an answer")[:EXCERPT_MAX], milliseconds)
        code, retry_after, content = seen
        return Answer(code, None, milliseconds, _excerpt(content), retry_after)

    def transport(self) -> httpx.AsyncBaseTransport:
        """For a client that asks addresses which somebody else chose, by any method: they are judged as above.

        Its requests raise `Unreachable` for an address that nothing is sent to. Closing it closes nothing here.
        """
        return _Judged(self)

    async def forward(self, request: httpx.Request) -> httpx.Response:
        """Send one request to an address that is judged; what `transport` hands on."""
        url = str(request.url)
        self.refuse_url(url)
        try:
            return await self._transport(url).handle_async_request(request)
        except (BlockedURLError, BlockedAddressError) as error:
            raise Unreachable("blocked_address", str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error

    async def aclose(self) -> None:
        """Close what is open."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes, seen: list[Any]) -> None:
        """Send, and put status, Retry-After and the beginning of the body into `seen` as they come."""
        self.refuse_url(url)
        seconds = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
        sent = {"user-agent": USER_AGENT, "content-type": "application/json", "accept-encoding": "identity", **headers}
        request = httpx.Request("POST", url, headers=sent, content=body, extensions={"timeout": seconds})
        # The transport and not a client: it follows no redirect, keeps no cookie and unpacks no answer.
        response = await self._transport(url).handle_async_request(request)
        content = bytearray()
        seen += [response.status_code, response.headers.get("retry-after"), content]
        assert isinstance(response.stream, httpx.AsyncByteStream)
        try:
            async for chunk in response.stream:
                content += chunk[: ANSWER_MAX_BYTES - len(content)]
                if len(content) >= ANSWER_MAX_BYTES:
                    break
        finally:
            await response.aclose()

    def _judged_by(self, url: str) -> tuple[bool, Policy]:
        """Whether it is an allowed address of this machine, and the policy that judges it."""
        local = self._loopback and _host(url) in _LOOPBACK
        return local, self._local if local else self._public

    def _transport(self, url: str) -> AsyncSafeTransport:
        local, policy = self._judged_by(url)
        if local not in self._transports:
            resolver = _local_resolver if local else self._resolver
            self._transports[local] = AsyncSafeTransport(
                policy=policy, resolver=resolver, limits=_LIMITS, resolver_slots=RESOLVED_AT_ONCE
            )
        return self._transports[local]


class _Judged(httpx.AsyncBaseTransport):
    """What `Egress.transport` gives away."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._egress.forward(request)


def _what_is_wrong(url: str, *, loopback: bool) -> str:
    """Of an address that is refused as it is written: what, and what was expected."""
    expected = "https://host/path" if not loopback else "https://host/path, or http for this machine itself (localhost)"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"it cannot be read as an address: expected {expected}"
    if len(url) > URL_MAX:
        return f"an address has at most {URL_MAX} characters, got {len(url)}"
    if not host or parts.scheme not in ("http", "https"):
        return f"it begins with {url[:16]!r}: expected {expected}"
    if "@" in parts.netloc:
        return f"a name or a password stands before {host}: expected none, messages are signed"
    if host in _LOOPBACK and not loopback:
        return f"{host} is this machine itself: expected the name of a host on the internet"
    if parts.scheme == "http" and host not in _LOOPBACK:
        local = "; http is for this machine itself alone, such as http://localhost:8000" if loopback else ""
        return f"it begins with http://, expected https://{host}{local}"
    if port is not None and port not in PORTS and host not in _LOOPBACK:
        return f"port {port}: expected {' or '.join(str(each) for each in sorted(PORTS))}"
    return _no_name(host)


def _no_name(host: str) -> str:
    return f"{host[:80]} is no name of a host on the internet: expected one such as crm.example, not an address"


def _leads_inside(url: str, error: BlockedAddressError) -> str:
    """Of a name that resolves to what nothing is sent to."""
    host = _host(url)
    to = "addresses of which one" if error.address == host else f"{error.address}, which"
    return f"the name {host} leads to {to} is not on the internet ({error.reason}): expected public addresses alone"


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _platform_resolver() -> Resolver:
    """A resolver that gives up in time; the platform's own has no limit. Without a name server there is only that."""
    servers = nameservers_from_resolv_conf()
    return UdpResolver(nameservers=servers, timeout=RESOLVE_SECONDS) if servers else socket.getaddrinfo


def _local_resolver(host: str, port: int = 0, *args: Any, **more: Any) -> Any:
    """The names of this machine, without asking anybody."""
    return socket.getaddrinfo(_LOOPBACK[host], port, *args, **more)


def _is_number(host: str) -> bool:
    """Whether the last label is a number, written in any of the ways that resolvers take for an address."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")


def _excerpt(content: bytes) -> str:
    """The beginning as text that can be stored: NUL and what is no UTF-8 replaced."""
    text = bytes(content[: 4 * EXCERPT_MAX]).decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text[:EXCERPT_MAX]
