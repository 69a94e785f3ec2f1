"""Cursors: where a page ended, for the list and the filters they were given for, and nothing else."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.api.paging import LIMIT_MAX
from cashback.errors import Invalid
from cashback.paging import Paging, listing

AT, ID = datetime(2026, 11, 29, 8, tzinfo=UTC), UUID(int=7)
PLACE = listing("purchases", shopper="anna")


def written(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).rstrip(b"=").decode()


def cursor_at(*key: Any) -> str:
    _, cut = Paging(1, None).cut(PLACE, [key, key], lambda each: each)
    assert cut.cursor is not None
    return cut.cursor


@given(st.integers(0, 300), st.integers(1, LIMIT_MAX), st.booleans())
def test_pages_of_a_list_hold_every_row_once_and_in_its_order(rows: int, limit: int, down: bool) -> None:
    whole = [(number // 3, f"row {number}") for number in range(rows)]
    seen: list[tuple[int, str]] = []
    cursor: str | None = None
    while True:
        shown, cut = Paging(limit, cursor).cut_whole(PLACE, whole, lambda each: each, int, str, down=down)
        seen += shown
        assert len(shown) <= limit
        cursor = cut.cursor
        if not cut.more:
            break
        assert len(shown) == limit
    assert cursor is None
    assert seen == sorted(whole, reverse=down)


def test_what_is_inserted_meanwhile_moves_no_row_to_another_page() -> None:
    whole = [(number,) for number in range(0, 20, 2)]
    first, cut = Paging(4, None).cut_whole(PLACE, whole, lambda each: each, int)
    grown = [*whole, (1,), (3,), (7,)]
    second, _ = Paging(4, cut.cursor).cut_whole(PLACE, grown, lambda each: each, int)
    assert [*first, *second] == [(0,), (2,), (4,), (6,), (7,), (8,), (10,), (12,)]


def test_a_key_comes_back_as_it_was() -> None:
    cursor = cursor_at(AT, ID, "é", -3)
    assert Paging(50, cursor).after(PLACE, datetime, UUID, str, int) == (AT, ID, "é", -3)
    assert Paging(50, None).after(PLACE, datetime) is None


def test_a_search_that_stopped_goes_on_where_it_stopped() -> None:
    shown, cut = Paging(50, None).cut(PLACE, [], lambda each: each, stopped_at=(AT, ID))
    assert (shown, cut.more) == ([], True)
    assert Paging(50, cut.cursor).after(PLACE, datetime, UUID) == (AT, ID)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "é",
        "!!!!",
        "a",
        "bm90IGpzb24",
        written(),
        written(PLACE),
        written(PLACE, AT.isoformat()),
        written(PLACE, AT.isoformat(), ID.hex, 1),
        written(PLACE, "2026-11-29T08:00:00", str(ID)),
        written(PLACE, "yesterday", str(ID)),
        written(PLACE, AT.isoformat(), "7"),
        written(PLACE, 1, 2),
        written(listing("purchases", shopper="bea"), AT.isoformat(), str(ID)),
        written(listing("rewards", shopper="anna"), AT.isoformat(), str(ID)),
        base64.urlsafe_b64encode(b"[" * 900).decode(),
        cursor_at(AT, ID)[:-3],
        cursor_at(AT, ID) + "AAAA",
    ],
)
def test_a_cursor_that_was_not_given_for_this_list_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        Paging(50, cursor).after(PLACE, datetime, UUID)
    assert refused.value.code == "bad_cursor"
    assert refused.value.status == 422


@pytest.mark.parametrize("value", ["a\x00b", 2**63, -(2**63) - 1])
def test_a_cursor_never_holds_what_the_database_does_not_take(value: Any) -> None:
    with pytest.raises(Invalid):
        Paging(50, written(PLACE, value)).after(PLACE, type(value))
