"""Claiming a purchase that is missing, and what became of earlier claims."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeVar
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from cashback.claims import reading, service
from cashback.claims.pictures import PICTURE_MAX_BYTES, media_type
from cashback.claims.rules import LOOKED_AT_DAYS, check_day, looked_at_from
from cashback.claims.schemas import Asked, Claim, ClaimState, Reason
from cashback.claims.words import said
from cashback.errors import Invalid, NotFound, ProductError
from cashback.merchants.schemas import Shop
from cashback.paging import listing
from cashback.web.formats import in_order
from cashback.web.messages import MESSAGES
from cashback.web.mistakes import Fields
from cashback.web.shopper.frame import Form, Visit, amount_of, back_to, form_of, id_of, visiting
from cashback.web.statuses import Status

_STATUSES = {
    ClaimState.OPEN: Status("claim.state.open", "clock", "warn"),
    ClaimState.ACCEPTED: Status("claim.state.accepted", "circle-check", "pos"),
    ClaimState.COUNTED: Status("claim.state.counted", "git-merge", "mute"),
    ClaimState.REFUSED: Status("claim.state.refused", "ban", "mute"),
    ClaimState.WITHDRAWN: Status("claim.state.withdrawn", "undo-2", "mute"),
    ClaimState.CANCELLED: Status("claim.state.cancelled", "undo-2", "mute"),
}

FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("unknown_shop", "shop_not_there"), "shop"),
    **dict.fromkeys(("in_future", "too_old", "not_linked"), "day"),
    "time_needed": "time",
    **dict.fromkeys(("picture_claimed", "picture_too_large", "picture_unknown"), "picture"),
}
"""By the code of a refusal: the field that it is about."""
CLAIMS_SHOWN = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim as its shopper sees it."""

    claim: Claim
    shop: Shop
    status: Status
    why: str
    looked_at: date | None
    """The first day on which a person may answer it; None once it was answered."""


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


async def cancel(request: Request) -> Response:
    """Take one back that nobody has answered."""
    try:
        async with visiting(request, changing=True) as visit:
            await service.cancel(visit.connection, visit.actor, id_of(request, "clm"), visit.now)
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _page(visit, refused=refused)
    return back_to(request, "/claims?done=cancelled#tracker")


async def _picture(request: Request) -> bytes | None:
    given = (await request.form()).get("picture")
    if not isinstance(given, UploadFile):
        return None
    return await given.read(PICTURE_MAX_BYTES + 1) or None


def _asked(visit: Visit, form: Form, picture: bytes | None) -> Asked:
    """What the form claims; Mistakes with all that can be seen to be wrong."""
    currency, fields = visit.house.programme.currency, Fields(form)
    shops = {each.code: each for each in visit.snapshot.shops.shops.values()}
    shop = shops.get(form.get("shop", ""))
    if shop is None:
        fields.refuse("shop", Invalid("shop: expected one of the list", code="unknown_shop"))
    zone = visit.house.programme.zone if shop is None else visit.house.programme.centres[shop.centre_id].zone

    def day_of(text: str) -> date:
        day = _read(date.fromisoformat, text, "bad_day")
        check_day(day, zone, visit.now)
        return day

    asked = Asked(
        key=form.get("key", ""),
        shop=form.get("shop", ""),
        day=fields.read("day", day_of, date.min),
        told_time=fields.read("time", lambda text: _read(time.fromisoformat, text, "bad_time") if text else None, None),
        amount_minor=fields.read("amount", lambda text: amount_of(text, visit.house.asset(currency)), 0),
        currency=currency,
        last_four=fields.read("last_four", _last_four, None),
        picture=picture,
    )
    if picture is not None:
        fields.read("picture", lambda _: media_type(picture), "")
    fields.check()
    return asked


def _read(reader: Callable[[str], T], text: str, code: str) -> T:
    try:
        return reader(text)
    except ValueError:
        raise Invalid(f"expected as on the receipt, got {text[:20]!r}", code=code) from None


def _last_four(text: str) -> str | None:
    if text and not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Invalid("last_four: expected four digits", code="bad_digits")
    return text or None


async def _page(visit: Visit, *, refused: ProductError | None = None, form: Form | None = None) -> Response:
    asked, place = visit.paging(CLAIMS_SHOWN), listing("claims", shopper=visit.shopper_id)
    after = asked.after(place, datetime, UUID) if refused is None else None
    read = await reading.read_own(visit.connection, visit.snapshot, visit.shopper_id, asked.wanted, after)
    found, cut = asked.cut(place, read, lambda each: (each[0].claimed_at, each[0].id))
    shops = sorted(visit.snapshot.shops.shops.values(), key=lambda each: in_order(each.name))
    done = visit.request.query_params.get("done", "")
    return visit.page(
        "claims.html",
        visit.t("claim.title"),
        status=200 if refused is None else refused.status,
        fields=FIELDS,
        shops=shops,
        looked_at_days=LOOKED_AT_DAYS,
        within=await reading.answered_within(visit.connection, visit.operator_id),
        cut=cut,
        paged=after is not None,
        claims=[_view(visit, each, shop) for each, shop in found],
        today=visit.now.astimezone(visit.house.programme.zone).date().isoformat(),
        refused=refused,
        form=form or {},
        key=(form or {}).get("key") or visit.new_key(),
        done=done if refused is None and f"claim.done.{done}" in MESSAGES else "",
    )


def _view(visit: Visit, claim: Claim, shop: Shop) -> ClaimView:
    why = "" if claim.reason in (None, Reason.CANCELLED) else said(claim.reason, visit.t.language)
    zone = visit.house.programme.centres[shop.centre_id].zone
    waits = claim.state is ClaimState.OPEN
    looked_at = looked_at_from(claim.day, zone).astimezone(zone).date() if waits else None
    return ClaimView(claim, shop, _STATUSES[claim.state], why, looked_at)
