"""Cash-out: what can be paid, to where, within which limits, and what became of earlier payouts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import parse
from cashback.iso20022.business_days import business_day_from
from cashback.ledger import service as ledger
from cashback.notifications.words import reason_of
from cashback.paging import listing
from cashback.payouts import accounts, commands, gifts, storage
from cashback.payouts.moves import BACK, UNSENT
from cashback.payouts.policy import AssetPayouts, load_policy
from cashback.payouts.schemas import Account, Asked, Payout, RailName, State
from cashback.programmes.schemas import Asset
from cashback.web.messages import MESSAGES
from cashback.web.mistakes import Fields
from cashback.web.shopper.frame import Form, Visit, amount_of, back_to, form_of, id_of, typed, visiting
from cashback.web.statuses import Status

PAYOUTS_SHOWN = 20
FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("bad_amount", "below_minimum", "above_cap", "insufficient_balance"), "amount"),
    **dict.fromkeys(("no_account", "unknown_account", "account_removed"), "way"),
    **dict.fromkeys(("not_an_iban", "wrong_length", "wrong_check_digits", "unknown_country", "outside_sepa"), "iban"),
    "bad_account": "holder",
}
"""By the code of a refusal: the field that it is about."""
BANK_DAYS = 2
"""Working days that a transfer takes at most once it was sent."""
GIFT_CARD = "gift_card"
"""What the form says instead of an account."""

_STATUSES = {
    State.HELD: Status("payout.state.held", "hourglass", "warn"),
    State.WAITING_APPROVAL: Status("payout.state.waiting_approval", "clock", "warn"),
    State.RECALLING: Status("payout.state.recalling", "undo-2", "warn"),
    State.UNKNOWN: Status("payout.state.unknown", "search", "warn"),
    State.PAID: Status("payout.state.paid", "circle-check", "pos"),
    State.FAILED: Status("payout.state.failed", "undo-2", "mute"),
    State.RETURNED: Status("payout.state.returned", "undo-2", "mute"),
    State.CANCELLED: Status("payout.state.cancelled", "ban", "mute"),
    State.STOPPED: Status("payout.state.stopped", "ban", "mute"),
}
_ON_ITS_WAY = Status("payout.state.on_its_way", "send", "info")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be paid: an account, or a gift card (no account)."""

    value: str
    """What the form sends."""
    rail: RailName
    account: Account | None
    usable_at: datetime | None
    """When the account may be used; None: now."""
    arrives: date | None
    """About when the money would be there; None where nothing can be said."""
    open: bool
    """Whether it can be chosen."""
    came_back: str | None = None
    """Why the last payout to it came back, in words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A payout as its shopper sees it."""

    payout: Payout
    asset: Asset
    status: Status
    why: str
    """Empty where there is nothing to explain."""
    until: datetime | None
    """When that is looked at again."""
    to: Account | None
    may_cancel: bool
    has_code: bool
    arrives: date | None
    """About when the money is there, while it is on its way to a bank."""
    steps: tuple[tuple[str, datetime], ...]
    """What happened to it: a key of the messages, and when."""


@dataclass(frozen=True, slots=True)
class Purse:
    """One asset that is paid out, and how much of it can be."""

    asset: Asset
    terms: AssetPayouts
    available: int
    most: int
    """The most that one payout may be, below nothing counted as nothing."""
    missing: int
    """What is short of the least that is paid out."""
    gift_faces: tuple[int, ...]
    cooling_hours: int
    """How long a new account waits."""

    @property
    def percent(self) -> int:
        """How far it is to the least that is paid out."""
        return max(0, min(100, self.available * 100 // self.terms.minimum))


async def purse_of(visit: Visit) -> Purse | None:
    """The asset of money that this programme pays out; None: it pays out nothing."""
    policy = await load_policy(visit.connection, visit.operator_id)
    terms = None if policy is None else policy.assets[0]
    if terms is None:
        return None
    asset = visit.house.asset(terms.asset)
    available = await ledger.available(visit.connection, visit.shopper_id, asset.code)
    caps = [cap for cap in (terms.daily_cap_shopper, terms.daily_cap_operator) if cap is not None]
    today = visit.now.astimezone(visit.house.programme.zone).date()
    stock = await gifts.stock(visit.connection, visit.operator_id, today) if RailName.GIFT_CARD in terms.rails else {}
    return Purse(
        asset=asset,
        terms=terms,
        available=available,
        most=max(0, min([available, *caps])),
        missing=max(0, terms.minimum - available),
        cooling_hours=0 if policy is None else policy.cooling_hours,
        gift_faces=tuple(sorted(face for (code, face), left in stock.items() if code == asset.code and left)),
    )


async def cash_out(request: Request) -> Response:
    """The form with its limits, the accounts, and earlier payouts."""
    async with visiting(request) as visit:
        return await _page(visit)


async def ask(request: Request) -> Response:
    """Pay out, once it was confirmed: first it says what would happen. Sent twice, the form asks once."""
    form = await form_of(request)
    try:
        async with visiting(request, changing=True) as visit:
            if not form.get("confirmed"):
                return await _confirm_page(visit, form)
            await _ask(visit, form)
    except ProductError as refused:
        return await _again(request, refused, form)
    return back_to(request, "/cash-out?done=asked#payouts")


async def cancel(request: Request) -> Response:
    """Take a payout back that was not sent."""
    try:
        async with visiting(request, changing=True) as visit:
            payout = await _own(visit, id_of(request, "pyt"))
            await commands.cancel(visit.connection, visit.actor, payout.id, visit.now)
    except ProductError as refused:
        return await _again(request, refused, {})
    return back_to(request, "/cash-out?done=cancelled#payouts")


async def reveal(request: Request) -> Response:
    """The code of a gift card, on this answer alone; that it was looked at is written down."""
    async with visiting(request, changing=True) as visit:
        payout = await _own(visit, id_of(request, "pyt"))
        code = await gifts.reveal(visit.connection, visit.actor, visit.web.doors.master, payout, visit.now)
        return visit.page("gift_code.html", visit.t("cash.gift_title"), gift=code, asset=visit.house.asset(code.asset))


async def add_account(request: Request) -> Response:
    """Add a bank account; it waits before money goes there, and the shopper is told."""
    form = await form_of(request)
    told = {"iban": form.get("iban", ""), "holder": form.get("holder", "")}
    try:
        _check_account(form)
        async with visiting(request, changing=True) as visit:
            master = visit.web.doors.master
            await accounts.add(visit.connection, visit.actor, master, visit.shopper_id, RailName.SEPA, told, visit.now)
    except ProductError as refused:
        return await _again(request, refused, form)
    return back_to(request, "/cash-out?done=account_added#accounts")


def _check_account(form: Form) -> None:
    """Mistakes where the IBAN or its holder cannot be."""
    fields = Fields(form)
    fields.read("iban", accounts.read_account_iban, "")
    if not form.get("holder"):
        fields.refuse("holder", Invalid("holder: expected a name", code="no_holder"))
    fields.check()


async def remove_account(request: Request) -> Response:
    """Forget an account."""
    try:
        async with visiting(request, changing=True) as visit:
            await accounts.remove(visit.connection, visit.actor, visit.shopper_id, id_of(request, "pac"), visit.now)
    except ProductError as refused:
        return await _again(request, refused, {})
    return back_to(request, "/cash-out?done=account_removed#accounts")


async def _confirm_page(visit: Visit, form: Form) -> Response:
    """What would become of it: it is done and taken back."""
    nested = await visit.connection.begin_nested()
    try:
        tried = await _ask(visit, form)
        named = await accounts.by_id(visit.connection, [tried.account_id] if tried.account_id else [])
        shown = _shown(visit, tried, named.get(tried.account_id) if tried.account_id else None, ())
    finally:
        await nested.rollback()
    return visit.page("cash_confirm.html", visit.t("cash.confirm_title"), shown=shown, form=form)


async def _ask(visit: Visit, form: Form) -> Payout:
    purse = await purse_of(visit)
    if purse is None:
        raise Invalid("this programme pays nothing out", code="not_paid_out")
    fields = Fields(form)
    amount = fields.read("amount", lambda text: amount_of(text, purse.asset), 0)
    account_id = fields.read("way", lambda text: None if text == GIFT_CARD else _account_id(text), None)
    fields.check()
    rail = RailName.GIFT_CARD if account_id is None else None
    asked = Asked(visit.shopper_id, form.get("key", ""), purse.asset.code, amount, rail, account_id)
    return await commands.request(visit.connection, visit.actor, asked, visit.now)


async def _again(request: Request, refused: ProductError, form: Form) -> Response:
    """The page with what was typed and why nothing came of it."""
    async with visiting(request) as visit:
        return await _page(visit, refused=refused, form=form)


async def _page(visit: Visit, *, refused: ProductError | None = None, form: Form | None = None) -> Response:
    purse = await purse_of(visit)
    held = await accounts.of_shoppers(visit.connection, [visit.shopper_id])
    listed, place = visit.paging(PAYOUTS_SHOWN), listing("payouts", shopper=visit.shopper_id)
    after = listed.after(place, datetime, UUID) if refused is None else None
    read = await storage.of_shopper(visit.connection, visit.shopper_id, listed.wanted, after)
    found, cut = listed.cut(place, read, lambda each: (each.requested_at, each.id))
    named = await accounts.by_id(visit.connection, [each.account_id for each in found if each.account_id])
    moved = await storage.moves_of_all(visit.connection, found)
    done = visit.request.query_params.get("done", "")
    returned = await storage.came_back(visit.connection, visit.shopper_id)
    ways = [] if purse is None else _ways(purse, held, returned, visit)
    return visit.page(
        "cash_out.html",
        visit.t("cash.title"),
        status=200 if refused is None else refused.status,
        fields=FIELDS,
        purse=purse,
        ways=ways,
        chosen=form.get("way") if form and form.get("way") else _preferred(ways),
        accounts=held,
        takes_accounts=purse is not None and RailName.SEPA in purse.terms.rails,
        cut=cut,
        paged=after is not None,
        payouts=[
            _shown(visit, each, named.get(each.account_id) if each.account_id else None, moved[each.id])
            for each in found
        ],
        faces=() if purse is None else [visit.formats.amount(each, purse.asset) for each in purse.gift_faces],
        refused=refused,
        form=form or {},
        proposed="" if purse is None else typed(purse.most, purse.asset, visit.t.language),
        key=(form or {}).get("key") or visit.new_key(),
        done=done if refused is None and f"cash.done.{done}" in MESSAGES else "",
    )


def _ways(purse: Purse, held: Sequence[Account], returned: Mapping[UUID, str], visit: Visit) -> list[Way]:
    """In the programme's order; of each rail the newest account first."""
    ways: list[Way] = []
    for rail in purse.terms.rails:
        if rail is RailName.GIFT_CARD:
            ways.append(Way(GIFT_CARD, rail, None, None, None, bool(purse.gift_faces)))
        mine = [each for each in reversed(held) if each.rail is rail]
        for each in mine:
            begin = max(visit.now, each.usable_at)
            waits = each.usable_at if each.usable_at > visit.now else None
            why = _why(returned[each.id], visit) if each.id in returned else None
            ways.append(Way(each.ref, rail, each, waits, _arrives(visit, begin), True, why))
    return ways


def _preferred(ways: Sequence[Way]) -> str:
    """An account that can be used now, else one that waits, else whatever is open; nothing where nothing is.

    One that the last payout came back from is never proposed: it is to be chosen.
    """
    proposed = (each for each in ways if each.open and each.came_back is None)
    open_now = sorted(proposed, key=lambda each: (not each.account, bool(each.usable_at)))
    return open_now[0].value if open_now else ""


def _arrives(visit: Visit, sent: datetime) -> date:
    """The second working day after it is sent: banks take one or two."""
    day = business_day_from(sent.astimezone(visit.house.programme.zone).date())
    for _ in range(BANK_DAYS):
        day = business_day_from(day + timedelta(days=1))
    return day


def _why(reason: str, visit: Visit) -> str:
    """A reason of ours, of a bank or of a rail in words."""
    key = f"payout.why.{reason}"
    return visit.t(key) if key in MESSAGES else reason_of(reason, visit.t.language)


def _shown(visit: Visit, payout: Payout, to: Account | None, moved: Sequence[tuple[State, datetime]]) -> Shown:
    reason, state = payout.reason, payout.state
    waits = state is State.HELD
    why = ""
    if reason is not None and (waits or state in BACK or state is State.WAITING_APPROVAL):
        why = _why(reason, visit)
    banked = to is not None and state not in BACK and state not in (State.PAID, State.WAITING_APPROVAL)
    begin = payout.next_at if waits and payout.next_at is not None else (payout.first_sent_at or visit.now)
    status = _STATUSES.get(state, _ON_ITS_WAY)
    return Shown(
        payout=payout,
        asset=visit.house.asset(payout.asset),
        status=status,
        why=why,
        until=payout.next_at if waits else None,
        to=to,
        may_cancel=state in UNSENT,
        has_code=payout.rail is RailName.GIFT_CARD and state is State.PAID,
        arrives=_arrives(visit, begin) if banked else None,
        steps=tuple(
            (word, next(iter(group))[1])
            for word, group in groupby(moved, lambda each: _STATUSES.get(each[0], _ON_ITS_WAY).word)
        ),
    )


async def _own(visit: Visit, payout_id: UUID) -> Payout:
    payout = await commands.find(visit.connection, visit.operator_id, payout_id)
    if payout.shopper_id != visit.shopper_id:
        raise NotFound("there is no such payout", code="unknown_payout")
    return payout


def _account_id(text: str) -> UUID:
    try:
        return parse("pac", text)
    except ValueError:
        raise Invalid("way: expected one of the accounts that were shown", code="no_account") from None
