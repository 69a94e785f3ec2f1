"""Claiming a purchase that is missing, and what became of earlier claims."""

from dataclasses import dataclass
from datetime import date, time

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from cashback.claims import reading, service
from cashback.claims.pictures import PICTURE_MAX_BYTES
from cashback.claims.schemas import Asked, Claim, ClaimState
from cashback.claims.words import said
from cashback.errors import Invalid, ProductError
from cashback.merchants.schemas import Shop
from cashback.web.messages import MESSAGES
from cashback.web.shopper.frame import Form, Visit, amount_of, back_to, form_of, visiting
from cashback.web.statuses import Status

_STATUSES = {
    ClaimState.OPEN: Status("claim.state.open", "clock", "warn"),
    ClaimState.ACCEPTED: Status("claim.state.accepted", "circle-check", "pos"),
    ClaimState.COUNTED: Status("claim.state.counted", "git-merge", "mute"),
    ClaimState.REFUSED: Status("claim.state.refused", "ban", "mute"),
    ClaimState.WITHDRAWN: Status("claim.state.withdrawn", "undo-2", "mute"),
}


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim as its shopper sees it."""

    claim: Claim
    shop: Shop
    status: Status
    why: str


async def claims(request: Request) -> Response:
    """The form, and the tracker of earlier claims."""
    async with visiting(request) as visit:
        return await _page(visit)


async def claim(request: Request) -> Response:
    """Send one. Sent twice, the form claims once; refused, nothing of it is kept."""
    form, picture = await form_of(request), await _picture(request)
    try:
        async with visiting(request, changing=True) as visit:
            asked = _asked(visit, form, picture)
            linking = visit.web.linking
            assert linking is not None, "the application serves these pages only with what keeps pictures"
            await service.make_claim(
                visit.connection, visit.snapshot, linking.road.keyring, visit.actor, visit.shopper_id, asked, visit.now
            )
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _page(visit, refused=refused, form=form)
    return back_to(request, "/claims?done=sent#tracker")


async def _picture(request: Request) -> bytes | None:
    given = (await request.form()).get("picture")
    if not isinstance(given, UploadFile):
        return None
    return await given.read(PICTURE_MAX_BYTES + 1) or None


def _asked(visit: Visit, form: Form, picture: bytes | None) -> Asked:
    currency = visit.house.programme.currency
    try:
        day = date.fromisoformat(form.get("day", ""))
        told_time = time.fromisoformat(form["time"]) if form.get("time") else None
    except ValueError:
        raise Invalid("day: expected a day such as 2026-11-21", code="bad_day") from None
    last_four = form.get("last_four") or None
    if last_four is not None and not (last_four.isascii() and last_four.isdigit() and len(last_four) == 4):
        raise Invalid("last_four: expected four digits", code="bad_digits")
    return Asked(
        key=form.get("key", ""),
        shop=form.get("shop", ""),
        day=day,
        amount_minor=amount_of(form.get("amount", ""), visit.house.asset(currency)),
        currency=currency,
        told_time=told_time,
        last_four=last_four,
        picture=picture,
    )


async def _page(visit: Visit, *, refused: ProductError | None = None, form: Form | None = None) -> Response:
    found = await reading.read_own(visit.connection, visit.snapshot, visit.shopper_id)
    shops = sorted(visit.snapshot.shops.shops.values(), key=lambda each: each.name)
    done = visit.request.query_params.get("done", "")
    return visit.page(
        "claims.html",
        visit.t("claim.title"),
        status=200 if refused is None else refused.status,
        shops=shops,
        claims=[_view(visit, each, shop) for each, shop in found],
        today=visit.now.astimezone(visit.house.programme.zone).date().isoformat(),
        refused=refused,
        form=form or {},
        key=(form or {}).get("key") or visit.new_key(),
        done=done if refused is None and f"claim.done.{done}" in MESSAGES else "",
    )


def _view(visit: Visit, claim: Claim, shop: Shop) -> ClaimView:
    why = "" if claim.reason is None else said(claim.reason, visit.t.language)
    return ClaimView(claim, shop, _STATUSES[claim.state], why)
