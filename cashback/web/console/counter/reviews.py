"""Places that wait for a person: what was seen beside the shops that it may be, and what an answer settles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound, ProductError
from cashback.insights import matches
from cashback.insights.matches import Answered
from cashback.merchants.evidence.schemas import Candidate, Evidence, Outcome
from cashback.merchants.memo.aliases import Key
from cashback.merchants.reviewing import Question, Verdict, answer, find_question, list_questions
from cashback.merchants.settings import load_settings, turn_on
from cashback.paging import Cut
from cashback.web.console.counter.sent import Sent, midnight, sent
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.people import people_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Row,
    Table,
    amount_cell,
    list_page,
    moment_cell,
    number_cell,
)
from cashback.web.messages import MESSAGES

QUESTIONS_MAX = 1_000
ITEMS_SHOWN = 6
"""Items of evidence on one candidate, those that weigh most first."""

QUESTIONS = Table(
    "to-match",
    (
        Column("label", "match.label"),
        Column("identifier", "match.identifier", sorts=True),
        Column("waiting", "match.waiting", sorts=True, number=True),
        Column("purchases", "match.purchases", sorts=True, number=True),
        Column("last_seen", "match.last_seen", sorts=True),
        Column("proposal", "match.proposal"),
        Column("why", "match.why"),
    ),
    (Filter("q", "match.filter"),),
    sort="-waiting",
    icon="map-pin",
    empty="match.none",
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """One outlet that it may be, with what speaks for and against it."""

    code: str
    name: str
    place: str
    ours: bool
    share: str
    items: tuple[Evidence, ...]


async def questions(request: Request) -> Response:
    """What waits, the most money first; what was answered lately below."""
    async with calling(request, Page.SHOPS) as call:
        settings = await load_settings(call.connection, call.operator_id)
        answers = await matches.newest_answers(call.connection, call.operator_id)
        return await list_page(
            call,
            "matches",
            QUESTIONS,
            _read,
            call.t("match.title"),
            template="matches.html",
            lead=call.t("match.lead"),
            off=settings is None,
            answers=answers,
            who=await people_of(call, [each.answered_by for each in answers]),
            address_of=address_of,
            today=call.now.astimezone(call.zone).date().isoformat(),
        )


async def question(request: Request) -> Response:
    """One of them."""
    async with calling(request, Page.SHOPS) as call:
        return await _page(call, _key(request.query_params))


async def answered(request: Request) -> Response:
    """Answer it; what waits is matched again by the worker."""
    form, key = await sent(request), _key(request.query_params)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        said = form.get("answer", "")
        shop = said.removeprefix("shop:") if said.startswith("shop:") else None
        if said == "other" or (not said and form.get("shop")):
            shop = form.get("shop") or None
            if shop is None:
                raise Invalid("shop: choose which shop it is", code="no_shop")
        if shop is None and said not in set(Verdict):
            raise Invalid("choose an answer", code="no_answer")
        verdict = Verdict.SHOP if shop is not None else Verdict(said)
        await answer(call.connection, actor, key, verdict, shop=shop, since=_since(form.get("since", "")), now=call.now)
        return call.back_to("/matches", done="match-skipped" if verdict is Verdict.SKIP else "match-answered")

    return await tried(request, Page.SHOPS, do, lambda call, refused: _page(call, key, refused=refused, form=form))


async def begin(request: Request) -> Response:
    """Let purchases without a known identifier be remembered and asked of, from a day on."""
    form = await sent(request)
    async with calling(request, Page.SHOPS) as call:
        actor = call.need(Scope.PROGRAMME)
        since = midnight(form.get("since", ""), call.programme.programme.zone, "since") or call.now
        await turn_on(call.connection, actor, since=since, evidence_since=None, now=call.now)
        return call.back_to("/matches", done="match-on")


def address_of(key: Key) -> str:
    """Where one question stands, below the console."""
    return f"/matches/one?{urlencode({'network': key.network, 'identifier': key.name, 'text': key.fingerprint})}"


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    found = await list_questions(call.connection, call.operator_id, QUESTIONS_MAX) if call.house else []
    text = (ask.get("q") or "").casefold()
    if text:
        found = [each for each in found if text in f"{each.key.name} {' '.join((*each.texts, *each.towns))}".casefold()]
    keys: dict[str, tuple[Callable[[Question], tuple[Any, ...]], type]] = {
        "waiting": (lambda each: (each.waiting_minor, *_tail(each)), int),
        "purchases": (lambda each: (each.purchases, *_tail(each)), int),
        "last_seen": (lambda each: (each.last_seen, *_tail(each)), datetime),
        "identifier": (lambda each: (each.key.name, *_tail(each)), str),
    }
    key, first = keys[ask.sort]
    shown, cut = ask.cut_whole(found, key, first, str, str, str)
    return [_row(call, each) for each in shown], cut


def _tail(each: Question) -> tuple[str, str, str]:
    return each.key.network, each.key.name, each.key.fingerprint


def _row(call: Call, each: Question) -> Row:
    best = each.proposals[0] if each.proposals else None
    proposal = Cell("–") if best is None else Cell(_name(call, best.shop), sub=_share(call, best.probability))
    return Row(
        (
            Cell(each.texts[0] if each.texts else each.key.value, sub=", ".join(each.towns)),
            Cell(each.key.name, sub=each.key.network.replace("_", " ")),
            amount_cell(call, each.waiting_minor, call.programme.programme.currency),
            number_cell(call, each.purchases),
            moment_cell(call, each.last_seen),
            proposal,
            Cell(", ".join(_why(call, why) for why in each.whys)),
        ),
        href=call.address(address_of(each.key)),
    )


async def _page(call: Call, key: Key, *, refused: ProductError | None = None, form: Sent | None = None) -> Response:
    found = await find_question(call.connection, call.operator_id, key)
    earlier = await matches.answers_of(call.connection, call.operator_id, key)
    if found is None and not earlier:
        raise NotFound("nothing waits under this identifier", code="unknown_question")
    outcome = None if found is None else found[1]
    return call.page(
        "matches",
        "match.html",
        call.t("match.question"),
        refused=refused,
        key=key,
        address=call.address(address_of(key)),
        question=None if found is None else found[0],
        whys=[] if found is None else [_why(call, each) for each in found[0].whys],
        against=[] if found is None else [call.t(f"match.against.{each}") for each in found[0].against],
        proposed=[] if outcome is None else _proposed(call, outcome),
        waiting=await matches.waiting_under(call.connection, call.operator_id, key),
        earlier=earlier,
        who=await people_of(call, [each.answered_by for each in earlier]),
        since=_undone(earlier, found is None),
        shops=sorted(call.programme.snapshot.shops.shops.values(), key=lambda each: each.name.casefold()),
        currency=call.programme.programme.currency,
        form=form or {},
    )


def _proposed(call: Call, outcome: Outcome) -> list[Proposed]:
    return [_candidate(call, each) for each in outcome.candidates]


def _candidate(call: Call, each: Candidate) -> Proposed:
    shop = call.programme.snapshot.shops.by_code.get(each.outlet) if each.member else None
    centre = "" if shop is None else call.programme.programme.centres[shop.centre_id].name
    told = [item for item in each.evidence if item.field == "rivals" or item.seen]
    heavy = sorted(told, key=lambda item: (-abs(item.weight), item.field))[:ITEMS_SHOWN]
    return Proposed(
        code=each.outlet,
        name=each.outlet if shop is None else shop.name,
        place=" · ".join(filter(None, (centre, "" if shop is None else call.formats.floor(shop.floor)))),
        ours=shop is not None,
        share=_share(call, each.probability),
        items=tuple(heavy),
    )


def _name(call: Call, code: str) -> str:
    shop = call.programme.snapshot.shops.by_code.get(code)
    return code if shop is None else shop.name


def _share(call: Call, probability: float) -> str:
    return call.formats.share(round(probability * 1_000), 1_000)


def _why(call: Call, why: str) -> str:
    """The stable word of a ruling in words; one that has none is told as it is."""
    key = f"match.why.{why}"
    return call.t(key) if key in MESSAGES else why.replace("_", " ")


def _undone(earlier: Sequence[Answered], settled: bool) -> str:
    """Where nothing waits any more another answer takes the place of the last one, from the same purchase on."""
    last = next((each for each in earlier if each.verdict != "skip"), None)
    return last.since.isoformat() if settled and last is not None else ""


def _since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"since: expected an instant, got {text[:40]!r}", code="bad_day") from None
    if at.tzinfo is None:
        raise Invalid("since: expected an instant with its offset", code="bad_day")
    return at


def _key(query: QueryParams) -> Key:
    scheme, _, value = query.get("identifier", "").partition(":")
    if not scheme or not value:
        raise NotFound("there is no such question", code="unknown_question")
    return Key(query.get("network", ""), scheme, value, query.get("text", ""))
