"""Requests that nobody would write: none is answered with a failure of ours, or with what the document does not tell.

Two kinds. Those that schemathesis makes of the document, by its rules and against them, with ids of what there is put
into addresses, so that they reach further than the look-up. And the hostile ones, which it never makes: every text and
number of every body replaced by what breaks readers, bodies that are none, addresses with odd characters.

In a short run of each kind a few, chosen by a seed, so that runs are alike; `REQUESTS=5000` asks for so many of the
first kind and for all of the second, which are some thirty thousand.
"""

import asyncio
import json
import math
import os
import random
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
import requests
import schemathesis
from app_desk import DEMO, EVERY_SCOPE, ROUTES, Desk, application
from conformance import the_document
from hypothesis import HealthCheck, Phase, given, seed, settings
from probes import NOWHERE, a_thing_of_every_kind
from schemathesis.generation import GenerationMode
from sqlalchemy.ext.asyncio import AsyncEngine
from world import a_world

from cashback.settings import read_settings

WANTED = int(os.environ.get("REQUESTS", "0"))
SEED = int(os.environ.get("REQUESTS_SEED", "1"))
SHORT_OPERATIONS = 40
"""Operations that a short run asks for, one request each by the rules and one against them."""
SHORT_HOSTILE = 900
SHORT_QUERIES = 200
HOSTILE = (
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"' + "x" * 70_000 + '"',
    '""',
    '"\U0001f4a9\\u202e\\ufeff"',
    '"4111111111111111"',
    str(2**63),
    str(-(2**63) - 1),
    "1" * 5_000,
    "9" * 18,
    "1e400",
    "-0.0",
    "NaN",
    "Infinity",
    "null",
    "true",
    "{}",
    "[" * 1_000 + "]" * 1_000,
    '{"a": 1, "a": 2}',
    '[{"$ref": "#"}]',
)
WHOLE = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe{\x00}\x00",
    b'{"a": "\xed\xa0\x80"}',
    b'{"a": 1, "a": 2}',
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b"\x00" * 100,
    b"a: &a [*a]\n",
    b"x,y\n" * 1_000,
)
QUERIES = ("", "%00", "%ED%A0%80", "-1", str(2**63), "1e9", "9" * 5_000, "null", "2026-13-45", "x" * 300)
PLACES = ("%00", "%ED%A0%80", "a%2Fb", "..%2f..", "%F0%9F%92%A9", "0", "null", "x" * 3_000, "%25", "' OR 1=1 --")


@dataclass(frozen=True, slots=True)
class Wide:
    """A desk whose key may ask as often as it likes, and the ids of what there is."""

    desk: Desk
    ids: Mapping[str, str]


@pytest.fixture(scope="module")
async def wide(engine: AsyncEngine) -> AsyncIterator[Wide]:
    world = await a_world(engine)
    settings_ = read_settings({**DEMO, "CASHBACK_API_RATE_PER_MINUTE": "1000000"})
    async with application(engine, world.clock, world.stage.road.keyring, settings_) as client:
        desk = Desk(world, client, "")
        desk.key = await desk.key_with(*EVERY_SCOPE, label="all")
        yield Wide(desk, await a_thing_of_every_kind(desk))


class Asker:
    """Sends requests as they are, and keeps what was wrong with the answers."""

    def __init__(self, wide: Wide) -> None:
        self._desk = wide.desk
        self.ids = wide.ids
        self.wrong: dict[str, str] = {}
        self.asked = 0
        self.statuses: set[int] = set()

    def judge(self) -> None:
        """Fail with everything that was wrong."""
        if self.wrong:
            pytest.fail("\n".join(f"{what}\n    {told}" for what, told in sorted(self.wrong.items())), pytrace=False)

    async def ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> None:
        self.asked += 1
        if url.partition("?")[0].endswith("/v1/events/stream"):
            url += ("&" if "?" in url else "?") + "follow=false"  # it would have no end
        held = {
            name: value for name, value in headers.items() if name.lower() not in ("authorization", "content-length")
        }
        try:
            request = self._desk.client.build_request(
                method, url, content=body, headers={**held, "authorization": f"Bearer {self._desk.key}"}
            )
        except (httpx.InvalidURL, ValueError):
            return  # no client can send it
        answer = await self._desk.client.send(request)
        self.statuses.add(answer.status_code)
        told = f"{method} {url[:200]} {str(body)[:300]}"
        if answer.status_code >= 500:
            self.wrong.setdefault(f"{answer.status_code} {method} {request.url.path}", f"{told}: {answer.text[:300]}")
            return
        try:
            the_document().check(answer)
        except AssertionError as error:
            self.wrong.setdefault(str(error)[:150], f"{told}: {error}")


def made(operation: Any, mode: GenerationMode, many: int) -> Iterator[requests.PreparedRequest]:
    """Requests of one operation, by the rules of its schema or against them."""
    found: list[requests.PreparedRequest] = []

    @seed(SEED)
    @settings(
        max_examples=many,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        told = case.as_transport_kwargs(base_url="http://inside")
        known = ("method", "url", "params", "headers", "json", "data")
        try:
            found.append(requests.Request(**{name: told[name] for name in known if name in told}).prepare())
        except (requests.RequestException, UnicodeError, ValueError):
            return  # no client can send it

    collect()
    yield from found[:many]


def led_somewhere(url: str, template: str, ids: Mapping[str, str], rng: random.Random) -> str:
    """The same address, most often with ids of what there is."""
    if "{" not in template or rng.random() < 0.3:
        return url
    _, _, query = url.partition("?")
    path = template.format(**ids)
    return f"http://inside{path}?{query}" if query else f"http://inside{path}"


def generated() -> list[tuple[str, requests.PreparedRequest]]:
    schema = schemathesis.openapi.from_dict(dict(the_document().document))
    operations = [found.ok() for found in schema.get_all_operations()]
    if not WANTED:
        operations = random.Random(SEED).sample(operations, SHORT_OPERATIONS)
    each = max(1, math.ceil(WANTED / (2 * len(operations))))
    return [
        (operation.path, request)
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for request in made(operation, mode, each)
    ]


async def test_what_the_document_allows_and_forbids_is_answered_as_it_tells(wide: Wide) -> None:
    asker = Asker(wide)
    rng = random.Random(SEED)
    for template, request in await asyncio.to_thread(generated):
        url = led_somewhere(str(request.url), template, asker.ids, rng)
        body = request.body.encode() if isinstance(request.body, str) else request.body
        await asker.ask(str(request.method), url, body, dict(request.headers))
    asker.judge()
    assert asker.asked > (WANTED or SHORT_OPERATIONS) * 3 / 4, "of some operations there are few requests"
    assert asker.statuses >= {200, 201, 404, 422}
    await wide.desk.world.audit()


def replaced(body: Any) -> Iterator[str]:
    """The body with one of its values made hostile, for each value and each way; and with a field too many."""

    def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        if path:
            yield path
        if isinstance(value, dict):
            for name in value:
                yield from places(value[name], (*path, name))
        elif isinstance(value, list):
            yield from places(value[0], (*path, 0))

    mark = "\x01here\x01"
    for path in places(body):
        whole = json.loads(json.dumps(body))
        inner = whole
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = mark
        text = json.dumps(whole)
        for hostile in HOSTILE:
            yield text.replace(json.dumps(mark), hostile)
    yield json.dumps({**body, "unheard_of": 1})


Sent = tuple[str, str, bytes | None, dict[str, str]]
JSON = {"content-type": "application/json"}


def hostile(ids: Mapping[str, str]) -> Iterator[Sent]:
    """Every hostile request there is."""
    for (method, template), (_, _, content) in ROUTES.items():
        path = template.format(**ids)
        if method not in ("GET", "DELETE"):
            for body in WHOLE:
                yield method, path, body, JSON
                yield method, path, body, {}
        for text in replaced(content["json"]) if "json" in content else ():
            headers = {**content.get("headers", {}), **JSON}
            if "idempotency-key" in headers:
                headers["idempotency-key"] = uuid4().hex
            yield method, path, text.encode("utf-8", "surrogatepass"), headers
        for name in re.findall(r"\{(\w+)\}", template):
            for place in PLACES:
                yield method, template.format(**{**ids, name: place}), None if method == "GET" else b"{}", JSON


def odd_queries(ids: Mapping[str, str]) -> Iterator[Sent]:
    for path, item in the_document().document["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            if parameter.get("in") == "query":
                for value in QUERIES:
                    yield "GET", f"{path.format(**ids)}?{parameter['name']}={value}", None, {}


def some(every: Iterator[Sent], few: int) -> list[Sent]:
    whole = list(every)
    return whole if WANTED else random.Random(SEED).sample(whole, min(few, len(whole)))


async def test_hostile_bodies_and_addresses_are_refused_and_never_break_anything(wide: Wide) -> None:
    asker = Asker(wide)
    for sent in some(hostile(asker.ids), SHORT_HOSTILE):
        await asker.ask(*sent)
    asker.judge()
    await wide.desk.world.audit()


async def test_a_body_of_ten_megabytes_is_read_no_further_than_a_body_may_be(wide: Wide) -> None:
    asker = Asker(Wide(wide.desk, NOWHERE))
    large = b'{"a": "' + b"x" * 10_000_000 + b'"}'
    for method, template in random.Random(SEED).sample(sorted(ROUTES), len(ROUTES) if WANTED else 20):
        if method not in ("GET", "DELETE"):
            await asker.ask(method, template.format(**asker.ids), large, JSON)
    asker.judge()
    assert asker.statuses == {413}


async def test_odd_queries_are_refused(wide: Wide) -> None:
    asker = Asker(wide)
    for sent in some(odd_queries(asker.ids), SHORT_QUERIES):
        await asker.ask(*sent)
    asker.judge()
