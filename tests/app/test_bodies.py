"""Bodies of requests: of strangers none is read, of others no more, no longer and no further than a body may be."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from app_desk import Desk, assert_problem

from cashback.api import bodies
from cashback.api.bodies import VALUES_MAX, check_body
from cashback.errors import Invalid


class Sent:
    """A body that knows how much of it was taken."""

    def __init__(self, *pieces: bytes, pause: float = 0) -> None:
        self._pieces, self._pause = pieces, pause
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece
            await asyncio.sleep(self._pause)


@pytest.mark.parametrize(("key", "code"), [("", "api_key_missing"), ("ck_live_nobody", "api_key_unknown")])
async def test_of_a_stranger_nothing_is_read(desk: Desk, key: str, code: str) -> None:
    sent, before = Sent(b"{", b"}"), await desk.state()
    answer = await desk.ask("POST", "/v1/shoppers", key=key, content=sent)
    assert_problem(answer, 401, code)
    assert sent.taken == 0
    assert await desk.state() == before


async def test_a_body_that_does_not_arrive_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS_MAX", 0.05)
    before = await desk.state()
    answer = await desk.ask("POST", "/v1/shoppers", content=Sent(b"{", b"}", pause=5))
    assert_problem(answer, 408, "body_too_slow")
    assert answer.headers["connection"] == "close"
    assert await desk.state() == before


@pytest.mark.parametrize(
    "value",
    [[[]] * VALUES_MAX, [{}] * VALUES_MAX, list(range(VALUES_MAX + 1)), {"a": ["," * (VALUES_MAX + 1)]}],
    ids=["lists", "objects", "numbers", "commas"],
)
def test_what_would_take_long_to_read_is_refused_before_it_is_read(value: object) -> None:
    with pytest.raises(Invalid, match="more than 100000 values"):
        check_body(json.dumps(value).encode(), "application/json")


@pytest.mark.parametrize("width", [1, 2, 40_000])
def test_a_member_that_stands_twice_is_named_among_however_many(width: int) -> None:
    members = [f'"m{number}": 1' for number in range(width)]
    check_body(("{" + ",".join(members) + "}").encode(), "application/json")
    with pytest.raises(Invalid, match=f"'m{width - 1}' stands twice"):
        check_body(("{" + ",".join([*members, members[-1]]) + "}").encode(), "application/json")
