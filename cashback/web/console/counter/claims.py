"""Claims: what a member says they bought beside what networks and banks told, and a person's answer with its reason."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.actors import Actor, Scope
from cashback.auth.roles import Page
from cashback.claims import reading, service
from cashback.claims.comparing import Beside
from cashback.claims.reading import Shown
from cashback.claims.schemas import TO_REFUSE, Claim, ClaimState, Reason
from cashback.claims.words import said
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import parse, show
from cashback.insights import members
from cashback.paging import Cut
from cashback.web.console.counter.sent import Sent, sent
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.people import People, people_of
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
    status_cell,
)
from cashback.web.statuses import Status

STATUSES = {
    ClaimState.OPEN: Status("claims.state.open", "clock", "warn"),
    ClaimState.ACCEPTED: Status("claims.state.accepted", "circle-check", "pos"),
    ClaimState.COUNTED: Status("claims.state.counted", "git-merge", "mute"),
    ClaimState.REFUSED: Status("claims.state.refused", "ban", "mute"),
    ClaimState.WITHDRAWN: Status("claims.state.withdrawn", "undo-2", "mute"),
    ClaimState.CANCELLED: Status("claims.state.cancelled", "undo-2", "mute"),
}
CLAIMS = Table(
    "claims",
    (
        Column("claimed", "claims.claimed", sorts=True),
        Column("member", "claims.member"),
        Column("shop", "claims.shop"),
        Column("day", "claims.day"),
        Column("amount", "claims.amount", number=True),
        Column("receipt", "claims.receipt"),
        Column("state", "claims.state"),
        Column("reason", "claims.reason"),
    ),
    (Filter("state", "claims.state", [(each.value, STATUSES[each].word) for each in ClaimState]),),
    sort="-claimed",
    icon="receipt",
    empty="claims.none",
)
QUEUE = "?state=open&sort=claimed"
"""What is shown first: the open ones, the oldest first."""
_AGREES = frozenset({"same_amount", "same_day", "same_place", "name_alike", "same_card_ending", "part_of_amount"})
_DIFFERS = frozenset({"near_amount", "other_day", "other_shop", "other_name", "other_card_ending"})


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was compared."""

    text: str
    tone: str
    """agree, conflict, absent."""


Answering = Callable[[Call, Actor, UUID, Sent], Awaitable[Claim]]


async def claims(request: Request) -> Response:
    """The queue; asked for without a filter it begins with what waits longest."""
    if not request.query_params:
        return RedirectResponse(f"{request.url.path}{QUEUE}", status_code=303)
    async with calling(request, Page.CLAIMS) as call:
        waiting = await reading.read_waiting(call.connection, call.actor)
        told = [
            call.t.count("claims.wait", count, call.formats.number(count))
            + f" · {call.formats.money(amount, currency)}"
            for currency, (count, amount) in waiting.items()
        ]
        lead = "; ".join(told) or call.t("claims.wait_none")
        return await list_page(call, "claims", CLAIMS, _read, call.t("claims.title"), template="claims.html", lead=lead)


async def claim(request: Request) -> Response:
    """One claim with its evidence."""
    async with calling(request, Page.CLAIMS) as call:
        return await _page(call, id_of(request, "clm"))


async def accept(request: Request) -> Response:
    """It is evidence from now on, and earns."""

    async def answer(call: Call, actor: Actor, claim_id: UUID, form: Sent) -> Claim:
        named = form.get("purchase", "")
        if named not in ("", "none") and not named.startswith("pur_"):
            raise Invalid("purchase: choose one of those shown", code="unknown_purchase")
        return await service.accept(
            call.connection,
            call.programme.snapshot,
            actor,
            claim_id,
            words=form.get("words", ""),
            purchase_id=parse("pur", named) if named.startswith("pur_") else None,
            now=call.now,
        )

    return await _answer(request, answer, "claims-accepted")


async def refuse(request: Request) -> Response:
    """Nothing is paid; the member reads the reason."""

    async def answer(call: Call, actor: Actor, claim_id: UUID, form: Sent) -> Claim:
        return await service.refuse(
            call.connection, actor, claim_id, _reason(form), words=form.get("words", ""), now=call.now
        )

    return await _answer(request, answer, "claims-refused")


async def withdraw(request: Request) -> Response:
    """Take an acceptance back, and what it earned."""

    async def answer(call: Call, actor: Actor, claim_id: UUID, form: Sent) -> Claim:
        return await service.withdraw(
            call.connection,
            call.programme.snapshot,
            actor,
            claim_id,
            _reason(form),
            words=form.get("words", ""),
            now=call.now,
        )

    return await _answer(request, answer, "claims-withdrawn")


async def map_identifier(request: Request) -> Response:
    """Let an identifier that came with the purchase lead to the claim's shop from now on."""
    claim_id, form = id_of(request, "clm"), await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.CLAIMS)
        network, _, name = form.get("identifier", "").partition("|")
        await reading.map_identifier(call.connection, actor, claim_id, network, name, call.now)
        return call.back_to(f"/claims/{show('clm', claim_id)}", done="claims-mapped")

    return await tried(
        request, Page.CLAIMS, do, lambda call, refused: _page(call, claim_id, refused=refused, form=form)
    )


async def picture(request: Request) -> Response:
    """The receipt as it was sent; that it was looked at is written down."""
    async with calling(request, Page.CLAIMS) as call:
        actor, linking = call.need(Scope.CLAIMS), call.web.linking
        if linking is None:
            raise NotFound("this process keeps no pictures", code="no_picture")
        media_type, body = await reading.see_picture(
            call.connection, linking.road.keyring, actor, id_of(request, "clm"), call.now
        )
    headers = {"content-disposition": "inline", "content-security-policy": "default-src 'none'; sandbox"}
    return Response(body, media_type=media_type, headers=headers)


async def _answer(request: Request, answer: Answering, done: str) -> Response:
    claim_id, form = id_of(request, "clm"), await sent(request)

    async def do(call: Call) -> Response:
        await answer(call, call.need(Scope.CLAIMS), claim_id, form)
        return call.back_to(f"/claims/{show('clm', claim_id)}", done=done)

    return await tried(
        request, Page.CLAIMS, do, lambda call, refused: _page(call, claim_id, refused=refused, form=form), changing=True
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    after, state = ask.after(UUID), ask.get("state")
    found = await reading.read_listed(
        call.connection,
        call.actor,
        None if state is None else ClaimState(state),
        after=None if after is None else after[0],
        limit=ask.paging.wanted,
        oldest_first=not ask.down,
    )
    shown, cut = ask.cut(found, lambda each: (each.id,))
    names = await members.references(call.connection, call.operator_id, {each.shopper_id for each in shown})
    people = await people_of(call, [each.answered_by for each in shown])
    return [_row(call, each, names.get(each.shopper_id, ""), people) for each in shown], cut


def _row(call: Call, each: Claim, reference: str, people: People) -> Row:
    shop = call.programme.snapshot.shops.shops[each.shop_id]
    reason = "" if each.reason is None else said(each.reason, call.t.language)
    return Row(
        (
            moment_cell(call, each.claimed_at),
            Cell(members.masked(reference)),
            Cell(shop.name),
            Cell(call.formats.tongue.day(each.day), raw=each.day.isoformat()),
            amount_cell(call, each.amount_minor, each.currency),
            Cell(call.t("claims.with" if each.media_type else "claims.without")),
            status_cell(call, STATUSES[each.state]),
            Cell(reason or "–", sub=people(each.answered_by) if each.answered_by else "", raw=reason),
        ),
        href=call.address(f"/claims/{each.ref}"),
    )


async def _page(
    call: Call, claim_id: UUID, *, refused: ProductError | None = None, form: Sent | None = None
) -> Response:
    shown = await reading.read_claim(call.connection, call.programme.snapshot, call.actor, claim_id)
    each = shown.claim
    names = await members.references(call.connection, call.operator_id, [each.shopper_id])
    return call.page(
        "claims",
        "claim.html",
        call.t("claims.single", shop=shown.shop.name),
        refused=refused,
        shown=shown,
        claim=each,
        shop=shown.shop,
        state=STATUSES[each.state],
        reason="" if each.reason is None else said(each.reason, call.t.language),
        member=members.masked(names.get(each.shopper_id, "")),
        evidence=[(near, _signs(call, near)) for near in shown.evidence if near.alike is not None],
        others=[(near, _signs(call, near)) for near in shown.evidence if near.alike is None],
        who=await people_of(call, [each.answered_by, each.made_by]),
        young=shown.looked_at_from > call.now,
        reasons=[(one.value, said(one, call.t.language)) for one in TO_REFUSE],
        centre_zone=_zone(call, shown),
        gains=await _gains(call, each),
        seeing=call.request.query_params.get("picture") == "1",
        form=form or {},
    )


async def _gains(call: Call, each: Claim) -> str:
    """What the purchase of an accepted claim earned, in words; empty where it earned nothing."""
    if each.state is not ClaimState.ACCEPTED:
        return ""
    rows = await reading.earned_by(call.connection, each)
    return call.formats.together([call.formats.gain(amount, call.programme.asset(asset)) for asset, amount in rows])


def _signs(call: Call, near: Beside) -> list[Sign]:
    return [
        Sign(said(code, call.t.language), "agree" if code in _AGREES else "conflict" if code in _DIFFERS else "absent")
        for code in near.codes
    ]


def _zone(call: Call, shown: Shown) -> object:
    return call.programme.programme.centres[shown.shop.centre_id].zone


def _reason(form: Sent) -> Reason:
    if form.get("reason") not in set(Reason):
        raise Invalid("reason: choose one", code="claim_reason")
    return Reason(form["reason"])
