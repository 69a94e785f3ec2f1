"""When deliveries are tried again: the whole schedule, Retry-After, and leaving an endpoint alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.schedule import ATTEMPTS_MAX, BREAKS_AT, JITTER, Answer, State, after, pause_after

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENDPOINT, MESSAGE = UUID(int=1), UUID(int=2)
PUBLISHED = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
"""Seconds after each attempt, as Standard Webhooks 1.0.0 has them."""


def answered(code: int | None, *, retry_after: str | None = None) -> Answer:
    return Answer(code, None if code else "no answer", 10, "", retry_after)


def wait(answer: Answer, step: int = 1, message: UUID = MESSAGE) -> timedelta | None:
    found = after(answer, step, ENDPOINT, message, AT)
    return None if found.due_at is None else found.due_at - AT


def test_failures_are_tried_again_ten_times_in_three_days_and_then_given_up() -> None:
    assert ATTEMPTS_MAX == 10
    assert sum(PUBLISHED) == 272_105
    for step, seconds in enumerate(PUBLISHED, start=1):
        found = wait(answered(500), step)
        assert found is not None
        assert timedelta(seconds=seconds) <= found <= timedelta(seconds=seconds * (1 + JITTER))
    last = after(answered(500), ATTEMPTS_MAX, ENDPOINT, MESSAGE, AT)
    assert (last.state, last.due_at) == (State.DEAD, None)


def test_what_failed_together_does_not_come_back_together_but_always_at_the_same_time() -> None:
    messages = [uuid4() for _ in range(200)]
    waits = [wait(answered(None), 4, each) for each in messages]
    assert len(set(waits)) == 200
    assert waits == [wait(answered(None), 4, each) for each in messages]
    early = sum(each is not None and each < timedelta(seconds=7200 * (1 + JITTER / 2)) for each in waits)
    assert 60 < early < 140


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_only_a_2xx_is_success(code: int) -> None:
    assert after(answered(code), 1, ENDPOINT, MESSAGE, AT).state is State.DELIVERED


@pytest.mark.parametrize("code", [None, 100, 199, 300, 301, 302, 304, 308, 400, 401, 404, 429, 500, 502, 503, 504, 599])
def test_everything_else_is_tried_again(code: int | None) -> None:
    assert after(answered(code), 1, ENDPOINT, MESSAGE, AT).state is State.PENDING


def test_gone_is_not_tried_again() -> None:
    assert after(answered(410), 1, ENDPOINT, MESSAGE, AT).state is State.DEAD


@pytest.mark.parametrize(
    ("code", "header", "at_least", "held"),
    [
        (429, "120", timedelta(seconds=120), timedelta(seconds=120)),
        (503, "120", timedelta(seconds=120), timedelta(seconds=120)),
        (429, "0", timedelta(seconds=5), timedelta(0)),
        (429, "Sun, 29 Nov 2026 12:10:00 GMT", timedelta(minutes=10), timedelta(minutes=10)),
        (429, "Sun, 29 Nov 2020 12:10:00 GMT", timedelta(seconds=5), timedelta(0)),
        (429, "7200", timedelta(hours=2), timedelta(hours=1)),
        (429, "99999999999999999999", timedelta(hours=24), timedelta(hours=1)),
        (500, "120", timedelta(seconds=5), None),
        (429, "-5", timedelta(seconds=5), None),
        (429, "later", timedelta(seconds=5), None),
        (429, "", timedelta(seconds=5), None),
        (429, "Sun, 99 Nov 2026 12:10:00 GMT", timedelta(seconds=5), None),
    ],
)
def test_what_a_receiver_asks_for_is_granted_within_bounds(
    code: int, header: str, at_least: timedelta, held: timedelta | None
) -> None:
    found = after(answered(code, retry_after=header), 1, ENDPOINT, MESSAGE, AT)
    assert found.due_at is not None
    assert at_least <= found.due_at - AT <= max(at_least, timedelta(seconds=6))
    assert found.hold_until == (None if held is None else AT + held)


@given(st.integers(100, 599), st.text(max_size=40), st.integers(1, 12))
def test_no_answer_whatever_makes_the_schedule_fail(code: int, header: str, step: int) -> None:
    found = after(answered(code, retry_after=header), step, ENDPOINT, MESSAGE, AT)
    assert (found.due_at is None) == (found.state is not State.PENDING)
    assert found.due_at is None or AT < found.due_at <= AT + timedelta(hours=29)


def test_an_endpoint_that_keeps_failing_is_asked_ever_more_seldom() -> None:
    pauses = [pause_after(failures) for failures in range(100)]
    assert pauses[:BREAKS_AT] == [timedelta(0)] * BREAKS_AT
    assert pauses[BREAKS_AT] == timedelta(seconds=30)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(minutes=10)
