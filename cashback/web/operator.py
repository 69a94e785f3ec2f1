"""The operator's pages: the live feed, its stream, and the trace behind a row."""

from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.roles import OPENED_BY, Page
from cashback.auth.sessions import Role, Session
from cashback.errors import Invalid
from cashback.ids import show
from cashback.insights.feed import FEED_ROWS, FEED_WINDOW, SHOP_TEXT_MAX, Result, accepts, read_feed, read_pulse
from cashback.insights.schemas import FeedFilters
from cashback.insights.trace import read_trace
from cashback.programmes import audit_log
from cashback.web import streams
from cashback.web.console.frame import calling
from cashback.web.console.people import people_of
from cashback.web.context import check_language, id_in_path, page_session_of, scene_of, told_of, web_of
from cashback.web.hub import News
from cashback.web.rendering import language_asked, wants_fragment

WHY_MAX = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def live(request: Request) -> Response:
    """The feed: tiles, filters and the newest rows; for htmx the rows alone."""
    async with calling(request, Page.LIVE) as call:
        house, filters = call.programme, filters_of(request)
        rows = await read_feed(call.connection, house, filters)
        pulse = await read_pulse(call.connection, house, call.now)
        query = query_of(filters)
        return call.page(
            "live",
            "live.html",
            call.t("live.title"),
            fragment="_feed.html",
            explainer=told_of(house, call.t.language, call.now, of_member=True).explainer,
            rows=rows,
            pulse=pulse,
            filters=filters,
            results=list(Result),
            filtered=query != "",
            query=query,
            heard=_stamp(call.now),
            opens_trace=_opens_trace(call.session),
            window=FEED_WINDOW,
            rows_max=FEED_ROWS,
        )


async def trace(request: Request) -> Response:
    """Everything behind one purchase: as a page, or for htmx what the drawer holds."""
    async with calling(request, Page.TRACE) as call:
        house, purchase_id = call.programme, id_in_path(request, "pur")
        view = await read_trace(call.connection, house, purchase_id)
        subject, why = show("pur", purchase_id), request.query_params.get("why", "")[:WHY_MAX]
        detail = {"why": why} if why.isprintable() and why else {}
        await audit_log.record(call.connection, call.actor, "purchase.viewed", subject, detail, call.now)
        return call.page(
            "live",
            "trace.html",
            call.t("trace.title"),
            fragment="_trace.html",
            explainer=told_of(house, call.t.language, call.now, of_member=True).explainer,
            trace=view,
            purchase=view.purchase,
            drawer=wants_fragment(request),
            who=await people_of(call, [] if view.claim is None else [view.claim.by]),
            opens_claims=call.session.member_role in OPENED_BY[Page.CLAIMS],
        )


async def stream(request: Request) -> Response:
    """Server-sent events `news`, each one JSON object of `_told`. Begins with what the page missed."""
    check_language(request)
    session, web = page_session_of(request, Page.LIVE), web_of(request)
    filters, heard_at = filters_of(request), _heard_at(request)
    holder = streams.holder_of(request, Role.OPERATOR, secure=web.secure)
    web.hub.check_room(session.operator_id)

    async def events() -> AsyncGenerator[bytes, None]:
        async with web.hub.watch(session.operator_id) as watcher:
            yield streams.RETRY
            yield _as_events(request, session, filters, await web.hub.since(session.operator_id, heard_at))
            async for news in streams.until_the_end(request, watcher.queue, session):
                yield streams.BEAT if news is None else _as_events(request, session, filters, news)

    return streams.answer(events(), web.seats, holder)


async def rows(request: Request) -> Response:
    """The same news as JSON, for a browser that cannot hold a stream open."""
    check_language(request)
    session, web = page_session_of(request, Page.LIVE), web_of(request)
    filters, heard_at = filters_of(request), _heard_at(request)
    news = await web.hub.since(session.operator_id, heard_at)
    answer = {"heard": _stamp(news.at), "news": list(_told(request, session, filters, news))}
    return Response(msgspec.json.encode(answer), media_type="application/json")


def filters_of(request: Request) -> FeedFilters:
    """The filters of the address. Invalid names the one that is not understood."""
    query = request.query_params
    result, matched = query.get("result") or None, query.get("matched") or None
    if result is not None and result not in set(Result):
        raise Invalid(f"'result' is one of {', '.join(Result)}, got {result[:40]!r}")
    if matched is not None and matched not in ("yes", "no"):
        raise Invalid(f"'matched' is yes or no, got {matched[:40]!r}")
    shop = query.get("shop", "").replace("\0", "").strip()[:SHOP_TEXT_MAX]
    return FeedFilters(result, None if matched is None else matched == "yes", shop)


def query_of(filters: FeedFilters) -> str:
    """The filters as a query string, empty when there are none."""
    matched = None if filters.matched is None else "yes" if filters.matched else "no"
    given = {"result": filters.result, "matched": matched, "shop": filters.shop}
    return urlencode({name: value for name, value in given.items() if value})


def _opens_trace(session: Session) -> bool:
    """Whether a row leads anywhere for this role."""
    return session.member_role in OPENED_BY[Page.TRACE]


def _as_events(request: Request, session: Session, filters: FeedFilters, news: News) -> bytes:
    head = f"id: {_stamp(news.at)}\nevent: news\ndata: ".encode()
    told = [head + msgspec.json.encode(each) + b"\n\n" for each in _told(request, session, filters, news)]
    return b"".join(told) or streams.BEAT


def _told(request: Request, session: Session, filters: FeedFilters, news: News) -> Iterable[dict[str, object]]:
    """`{"id", "html"}` of a row; `html` is null for one that no longer passes the filters. `{"tiles"}` of the tiles."""
    pages = web_of(request).pages
    told = told_of(news.house, language_asked(request), news.at, of_member=True)
    opens_trace = _opens_trace(session)
    for row in news.rows:
        shown = None
        if accepts(filters, row):
            scene = scene_of(request, "", news.house, "wide", told.values(row=row, fresh=True, opens_trace=opens_trace))
            shown = pages.html("_row.html", scene)
        yield {"id": show("pur", row.id), "html": shown}
    if news.pulse is not None:
        scene = scene_of(request, "", news.house, "wide", told.values(pulse=news.pulse))
        yield {"tiles": pages.html("_tiles.html", scene)}


def _stamp(at: datetime) -> str:
    return str((at - _EPOCH) // timedelta(milliseconds=1))


def _heard_at(request: Request) -> datetime:
    """When the browser last heard: what it repeats after a lost connection, else what its page was written with."""
    text = request.headers.get("last-event-id") or request.query_params.get("heard", "")
    try:
        return _EPOCH + timedelta(milliseconds=int(text))
    except (ValueError, OverflowError):
        raise Invalid(f"'heard' must be milliseconds since 1970, got {text[:40]!r}") from None
