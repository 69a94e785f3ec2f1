"""The samples of the portal's reference, each run as it is copied, in curl and in Python, naming what there is."""

import json
import re
import shlex
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from app_desk import Desk, opened_desk
from conformance import the_document
from probes import a_thing_of_every_kind
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.insights.examples import read_examples
from cashback.web.developer.openapi import Operation, read_document

URL = "https://rewards.example"
EVERY = read_document(the_document().document, URL).operations
OPERATIONS = [each for each in EVERY if not each.path.endswith("/stream")]
MALFORMED = {"invalid", "malformed", "unknown_parameter", "incomplete", "not_found", "method_not_allowed", "internal"}
"""Codes of a request that could not be what was meant."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a sample sends."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None


def of_curl(sample: str) -> Copied:
    """As a shell would take it apart."""
    filled = sample.replace("$CASHBACK_KEY", "KEY").replace("$(uuidgen)", str(uuid4()))
    words = shlex.split(filled.replace("\\\n", " "))
    assert words[0] == "curl"
    method, url, headers, body = "GET", "", {}, None
    left = iter(words[1:])
    for word in left:
        match word:
            case "-X":
                method = next(left)
            case "-H":
                name, _, value = next(left).partition(": ")
                headers[name.lower()] = value
            case "-d" | "--data-binary":
                body = next(left)
            case _:
                url = word
    return Copied(method, url, headers, body)


def of_python(sample: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What its call of httpx is given."""
    called: dict[str, Any] = {}

    def call(method: str) -> Any:
        def take(url: str, **more: Any) -> Any:
            called.update(method=method, url=url, **more)
            return SimpleNamespace(status_code=200, text="")

        return take

    methods = ("get", "post", "put", "patch", "delete")
    monkeypatch.setitem(sys.modules, "httpx", SimpleNamespace(**{name: call(name) for name in methods}))
    monkeypatch.setenv("CASHBACK_KEY", "KEY")
    exec(compile(sample, "sample", "exec"), {"print": lambda *_: None})
    monkeypatch.undo()
    return called


@pytest.fixture(scope="module")
async def rich(engine: AsyncEngine) -> AsyncIterator[Desk]:
    """A desk with one thing of every kind."""
    async with opened_desk(engine) as desk:
        await a_thing_of_every_kind(desk)
        await desk.world.connect()
        yield desk


async def samples_of(desk: Desk) -> list[Operation]:
    async with desk.world.connection() as connection:
        known = await read_examples(connection, desk.operator_id)
    wanted = {each.anchor for each in OPERATIONS}
    read = read_document(the_document().document, URL, known=known, sandbox=True)
    return [each for each in read.operations if each.anchor in wanted]


async def test_every_sample_is_understood_and_those_that_read_find_what_there_is(rich: Desk) -> None:
    wrong, read, done, codes = [], 0, 0, []
    for each in await samples_of(rich):
        copied = of_curl(each.curl)
        assert copied.headers.pop("authorization") == "Bearer KEY"
        content = None if copied.body is None else copied.body.encode()
        answer = await rich.ask(copied.method, copied.url.removeprefix(URL), content=content, headers=copied.headers)
        code = "" if answer.is_success else answer.json()["code"]
        codes.append((each.method, each.path, answer.status_code, code))
        if (code in MALFORMED and "YOUR_" not in each.curl) or answer.status_code >= 500:
            wrong.append((each.method, each.path, answer.text[:300]))
        read += each.method == "GET" and answer.is_success
        done += each.method != "GET" and answer.is_success
    assert wrong == []
    assert read > 65, codes
    assert done > 45, codes


async def test_the_sample_in_python_asks_what_the_one_in_curl_asks(rich: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in await samples_of(rich):
        copied, called = of_curl(each.curl), of_python(each.python, monkeypatch)
        assert (called["method"].upper(), called["url"]) == (copied.method, copied.url), each.path
        headers = {name.lower() for name in called["headers"]}
        assert copied.headers.keys() - headers <= {"content-type"}, each.path
        assert called["headers"]["Authorization"] == "Bearer KEY"
        body = called.get("content") if "content" in called else called.get("json")
        sent = copied.body if "content" in called or copied.body is None else json.loads(copied.body)
        assert body == sent, each.path


def test_a_sample_that_changes_something_names_nothing_of_a_live_operator_and_ends_nobodys_access() -> None:
    known = {"reference": "one-of-ours", "key": "key_ours"}
    for sandbox, named in ((False, set()), (True, {"one-of-ours"})):
        read = read_document(the_document().document, URL, known=known, sandbox=sandbox)
        changing = " ".join(each.curl + each.python for each in read.operations if each.method != "GET")
        assert {each for each in known.values() if each in changing} == named
        assert "one-of-ours" in " ".join(each.curl for each in read.operations if each.method == "GET")


def test_samples_name_nothing_that_is_to_be_replaced() -> None:
    """A place of its own stands where nothing is known, or where the reader is to choose."""
    for each in OPERATIONS:
        assert re.findall(r"\{\w+\}", of_curl(each.curl).url) == [], each.path


async def test_samples_of_people_name_the_test_shopper_and_those_of_rulings_let_the_reader_choose(rich: Desk) -> None:
    of = {f"{each.method} {each.path}": each.curl for each in await samples_of(rich)}
    assert all('"test-shopper"' in of[f"POST /v1/cards{part}"] for part in ("", "/facts", "/unlink"))
    assert "/v1/shoppers/test-shopper/erasure" in of["POST /v1/shoppers/{reference}/erasure"]
    assert "YOUR_PURCHASE" in of["POST /v1/purchases/join"]
    assert "YOUR-HOST" in of["POST /v1/webhook-endpoints"]
    assert "whsec_" not in of["POST /v1/webhook-endpoints/{endpoint}/rotate-secret"]


async def test_what_is_known_is_of_the_reader_alone(rich: Desk, engine: AsyncEngine) -> None:
    async with opened_desk(engine) as stranger, stranger.world.connection() as connection:
        known = await read_examples(connection, stranger.operator_id)
        assert await read_examples(connection, rich.operator_id) == {}
    assert known.keys() <= {"key", "shop", "code"}
