"""Lists of the API: one shape for all of them, `{"data": […], "has_more": …, "next_cursor": …}`."""

from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from cashback.paging import Paging

LIMIT = 50
LIMIT_MAX = 200
CURSOR_MAX = 1_000

T = TypeVar("T")


class Listed(BaseModel, Generic[T]):
    """One page of a list."""

    data: list[T]
    has_more: bool
    next_cursor: str | None
    """What `cursor` is to be for the next page; null on the last one."""


def _paging(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Rows on a page")] = LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=CURSOR_MAX, description="`next_cursor` of the page before; first page without")
    ] = None,
) -> Paging:
    return Paging(limit, cursor)


Asked = Annotated[Paging, Depends(_paging)]
