"""The way out: hostile addresses by hundreds, names that lead inside, names that move, and receivers that misbehave."""

import socket
import time
from collections.abc import AsyncIterator, Iterable
from ipaddress import ip_address
from typing import Any

import anyio
import pytest
from hostile_urls import CRAFTED, INSIDE, INSIDE_V6, NAMES, literal
from receivers import Receiver, receiving

from webhooks import egress
from webhooks.egress import ANSWER_MAX_BYTES, EXCERPT_MAX, Egress, Unreachable

PUBLIC = "93.184.215.14"
BODY = b'{"type":"x"}'


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that a socket was to be opened to; none is."""
    addresses: list[str] = []

    async def connect(remote_host: Any, remote_port: int, **_: Any) -> Any:
        addresses.append(str(remote_host))
        raise OSError("no socket is opened here")

    monkeypatch.setattr(anyio, "connect_tcp", connect)
    return addresses


def answering(*addresses: str) -> Any:
    """A resolver that gives these addresses for every name."""

    def resolve(host: str, port: int = 0, *_: Any, **__: Any) -> Iterable[Any]:
        for each in addresses:
            family = socket.AF_INET6 if ip_address(each).version == 6 else socket.AF_INET
            place = (each, port, 0, 0) if family is socket.AF_INET6 else (each, port)
            yield family, socket.SOCK_STREAM, 6, "", place

    return resolve


async def refused(way: Egress, url: str) -> bool:
    """Refused when it is registered, and nothing is sent either."""
    try:
        await way.check(url)
    except Unreachable:
        answer = await way.post(url, {}, BODY)
        return answer.code is None
    return False


def test_the_table_of_hostile_addresses_is_long_enough() -> None:
    urls = [*literal(), *CRAFTED]
    assert len(set(urls)) == len(urls)
    assert len(urls) >= 300


@pytest.mark.parametrize("loopback", [False, True])
async def test_hostile_addresses_are_refused_and_no_socket_is_opened(loopback: bool, dialled: list[str]) -> None:
    way = Egress(loopback=loopback, resolver=answering(PUBLIC))
    own = {"https://127.0.0.1/hook", "https://[::1]/hook"} if loopback else set()
    urls = [each for each in (*literal(), *CRAFTED) if each not in own]
    accepted = [url for url in urls if not await refused(way, url)]
    assert (accepted, dialled) == ([], [])


@pytest.mark.parametrize("name", NAMES)
async def test_names_that_lead_inside_are_refused_by_what_they_resolve_to(name: str, dialled: list[str]) -> None:
    assert await refused(Egress(resolver=answering("127.0.0.1")), f"https://{name}/hook")
    assert dialled == []


async def test_every_inside_address_that_a_name_may_have_is_refused(dialled: list[str]) -> None:
    inside = [*INSIDE, *INSIDE_V6, *(f"::ffff:{each}" for each in INSIDE), *(f"64:ff9b::{each}" for each in INSIDE)]
    having: list[str] = []
    way = Egress(resolver=lambda *place, **_: answering(*having)(*place[:2]))
    accepted = []
    for each in inside:
        for addresses in ((each,), (PUBLIC, each), (each, PUBLIC)):
            having[:] = addresses
            if not await refused(way, "https://receiver.example/hook"):
                accepted.append(addresses)
    assert len(inside) > 90
    assert (accepted, dialled) == ([], [])


async def test_a_public_name_is_dialled_at_the_address_that_was_judged(dialled: list[str]) -> None:
    way = Egress(resolver=answering(PUBLIC))
    await way.check("https://receiver.example/hook")
    answer = await way.post("https://receiver.example/hook", {}, BODY)
    assert dialled == [PUBLIC]
    assert answer.code is None


async def test_a_name_that_moves_inside_after_it_was_judged_is_not_followed(dialled: list[str]) -> None:
    asked: list[str] = []

    def moving(host: str, port: int = 0, *_: Any, **__: Any) -> Iterable[Any]:
        asked.append(host)
        return answering(PUBLIC if len(asked) % 2 else "169.254.169.254")(host, port)

    way = Egress(resolver=moving)
    await way.check("https://receiver.example/hook")
    second = await way.post("https://receiver.example/hook", {}, BODY)
    third = await way.post("https://receiver.example/hook", {}, BODY)
    assert len(asked) == 3
    assert dialled == [PUBLIC]
    assert second.error is not None
    assert "169.254.169.254" in second.error
    assert third.code is None


async def test_a_name_that_does_not_resolve_cannot_be_registered(dialled: list[str]) -> None:
    def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("no such name")

    with pytest.raises(Unreachable) as refusal:
        await Egress(resolver=nowhere).check("https://receiver.example/hook")
    assert refusal.value.code == "unresolvable"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://crm.example/x", "it begins with http://, expected https://crm.example"),
        ("ftp://crm.example/x", "it begins with 'ftp://crm.exampl': expected https://host/path"),
        ("crm.example/x", "it begins with 'crm.example/x': expected https://host/path"),
        ("https://crm.example:9000/x", "port 9000: expected 443 or 8443"),
        ("https://ada:secret@crm.example/x", "a name or a password stands before crm.example: expected none"),
        ("https://10.0.0.1/x", "10.0.0.1 is no name of a host on the internet: expected one such as crm.example"),
        ("https://intranet/x", "intranet is no name of a host on the internet"),
        ("https://127.0.0.1/x", "127.0.0.1 is this machine itself"),
        ("https://inside.example/x", "the name inside.example leads to 10.0.0.8, which is not on the internet"),
    ],
)
async def test_a_refusal_says_what_is_wrong_and_what_was_expected(url: str, said: str) -> None:
    with pytest.raises(Unreachable) as refusal:
        await Egress(resolver=answering("10.0.0.8")).check(url)
    assert refusal.value.detail.startswith(said)
    assert "secret" not in refusal.value.detail
    assert "allowed_" not in refusal.value.detail


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def way() -> AsyncIterator[Egress]:
    opened = Egress(loopback=True, resolver=answering(PUBLIC))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(
    ("path", "code", "retry_after"),
    [("200", 200, None), ("204", 204, None), ("410", 410, None), ("500", 500, None), ("429-retry", 429, "120")],
)
async def test_the_answer_is_what_the_receiver_said(
    way: Egress, receiver: Receiver, path: str, code: int, retry_after: str | None
) -> None:
    answer = await way.post(receiver.url(path), {"webhook-id": "msg_1"}, BODY)
    assert (answer.code, answer.retry_after, answer.error) == (code, retry_after, None)
    ((read, headers, body),) = receiver.read
    assert (read, headers["webhook-id"], headers["content-type"], body) == (path, "msg_1", "application/json", BODY)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(way: Egress, receiver: Receiver, code: int) -> None:
    answer = await way.post(receiver.url(f"{code}-to"), {}, BODY)
    assert answer.code == code
    assert not answer.succeeded
    assert [path for path, _, _ in receiver.read] == [f"{code}-to"]


async def test_of_ten_megabytes_little_is_read(way: Egress, receiver: Receiver) -> None:
    answer = await way.post(receiver.url("big"), {}, BODY)
    assert answer.succeeded
    assert len(answer.excerpt) == EXCERPT_MAX
    # What fits into the buffers between the two is on its way when the connection is closed.
    assert receiver.sent < 10 * 1024 * 1024
    assert ANSWER_MAX_BYTES < 10 * 1024 * 1024


@pytest.mark.parametrize("path", ["close", "nonsense"])
async def test_what_is_no_answer_is_a_failure(way: Egress, receiver: Receiver, path: str) -> None:
    answer = await way.post(receiver.url(path), {}, BODY)
    assert answer.code is None
    assert answer.error


async def test_the_status_decides_though_the_body_breaks_off(way: Egress, receiver: Receiver) -> None:
    answer = await way.post(receiver.url("cut"), {}, BODY)
    assert (answer.code, answer.excerpt) == (200, "half")


@pytest.mark.parametrize(("path", "code"), [("hang", None), ("drip", 200)])
async def test_time_is_not_the_receivers_to_choose(
    monkeypatch: pytest.MonkeyPatch, way: Egress, receiver: Receiver, path: str, code: int | None
) -> None:
    monkeypatch.setattr(egress, "TIMEOUT_SECONDS", 0.5)
    began = time.monotonic()
    answer = await way.post(receiver.url(path), {}, BODY)
    assert time.monotonic() - began < 30
    assert answer.code == code
    assert (answer.error is None) == (code is not None)


async def test_a_port_where_nobody_listens_is_a_failure(way: Egress) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = await way.post(f"http://127.0.0.1:{port}/", {}, BODY)
    assert answer.code is None
    assert answer.error


async def test_this_machine_is_reached_only_where_that_was_allowed(receiver: Receiver) -> None:
    strict = Egress(resolver=answering("127.0.0.1"))
    for url in (receiver.url("200"), f"http://localhost:{receiver.port}/200", f"https://localhost:{receiver.port}/200"):
        assert await refused(strict, url)
    assert receiver.connections == 0
    await strict.aclose()
