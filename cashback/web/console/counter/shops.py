"""Shops: where each lies, by what networks name it, and how well its purchases find it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import MemberRole, Page
from cashback.errors import NotFound, ProductError
from cashback.ids import show
from cashback.insights import shops as insights
from cashback.insights.shops import Quality, ToldWith
from cashback.merchants import identifying
from cashback.merchants.schemas import Identifier, Shop
from cashback.merchants.service import load_identifiers
from cashback.paging import Cut
from cashback.purchases.schemas import PurchaseState
from cashback.web.console.counter.sent import Sent, midnight, sent
from cashback.web.console.counter.shop_typing import Typing, as_stored
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Filter,
    Row,
    Table,
    amount_cell,
    exported,
    list_page,
    listed,
    moment_cell,
    status_cell,
    wants_file,
)
from cashback.web.statuses import CLOSED, Status
from issuers.registry import ADAPTERS

SILENT = timedelta(days=30)
"""A shop without a purchase for so long is told to be silent."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_IDENTIFIER = Status("shops.state.no_identifier", "triangle-alert", "warn")
_SILENT = Status("shops.state.silent", "pause", "mute")
_SEEN = Status("shops.state.seen", "circle-check", "pos")
_NEVER = Status("shops.state.never", "circle-minus", "mute")
STATES = {"no_identifier": _NO_IDENTIFIER, "silent": _SILENT, "seen": _SEEN, "never": _NEVER}

PURCHASES = Table(
    "shop-purchases",
    (
        Column("purchased_at", "shops.bought"),
        Column("amount", "shops.amount", number=True),
        Column("found_by", "shops.found_by"),
        Column("descriptor", "shops.descriptor"),
        Column("result", "shops.result"),
    ),
    icon="receipt",
    empty="shops.no_purchase",
)


@dataclass(frozen=True, slots=True)
class Named:
    """One identifier of a shop, as its page shows it."""

    identifier: Identifier
    status: Status
    told: ToldWith | None
    """How often the newest purchases were told with it."""

    @property
    def key(self) -> str:
        """Names it in a form."""
        each = self.identifier
        return "|".join((each.network, each.scheme, each.value, _stamp(each.valid_from), _stamp(each.valid_until)))


async def shops(request: Request) -> Response:
    """All shops."""
    async with calling(request, Page.SHOPS) as call:
        table = _table(call)

        async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
            return await _read(call, ask)

        return await list_page(
            call,
            "shops",
            table,
            read,
            call.t("shops.title"),
            template="shops.html",
            lead=call.t("shops.lead"),
        )


async def shop(request: Request) -> Response:
    """One shop."""
    async with calling(request, Page.SHOPS) as call:
        code = request.path_params["code"]
        if wants_file(request):
            return await exported(call, PURCHASES, _purchases_of(shop_of(call, code).id))
        return await shop_page(call, code)


async def give(request: Request) -> Response:
    """Give the shop an identifier."""
    code, form = request.path_params["code"], await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        zone = _zone(call, shop_of(call, code))
        network, _, scheme = form.get("kind", "").partition(":")
        await identifying.give(
            call.connection,
            actor,
            code,
            network=network,
            scheme=scheme,
            value=form.get("value", ""),
            valid_from=midnight(form.get("valid_from", ""), zone, "valid_from"),
            valid_until=midnight(form.get("valid_until", ""), zone, "valid_until"),
            now=call.now,
        )
        return call.back_to(f"/shops/{quote(code)}", done="shops-given")

    return await tried(request, Page.SHOPS, do, lambda call, refused: shop_page(call, code, refused=refused, form=form))


async def end(request: Request) -> Response:
    """End an identifier of the shop, from the day that is told on."""
    code, form = request.path_params["code"], await sent(request)

    async def do(call: Call) -> Response:
        actor = call.need(Scope.PROGRAMME)
        found = shop_of(call, code)
        until = midnight(form.get("until", ""), _zone(call, found), "until") or call.now
        await identifying.end(call.connection, actor, _identifier(form.get("key", ""), found), until, call.now)
        return call.back_to(f"/shops/{quote(code)}", done="shops-ended")

    return await tried(request, Page.SHOPS, do, lambda call, refused: shop_page(call, code, refused=refused, form=form))


def _table(call: Call) -> Table:
    centres = [] if call.house is None else list(call.house.programme.centres.values())
    return Table(
        "shops",
        (
            Column("shop", "shops.shop", sorts=True),
            Column("place", "shops.place", sorts=True),
            Column("category", "shops.category", sorts=True),
            Column("identifiers", "shops.identifiers", sorts=True, number=True),
            Column("quality", "shops.quality"),
            Column("last_seen", "shops.last_seen", sorts=True),
            Column("state", "shops.state"),
        ),
        (
            Filter("q", "shops.filter.name"),
            Filter("centre", "shops.filter.centre", [(each.code, each.name) for each in centres], texts=True),
            Filter("state", "shops.state", [(name, status.word) for name, status in STATES.items()]),
        ),
        sort="shop",
        icon="store",
        empty="shops.none",
    )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    every = [] if call.house is None else list(call.house.snapshot.shops.shops.values())
    held = _by_shop(await load_identifiers(call.connection, call.operator_id))
    names = {each.id: each.name for each in call.programme.programme.centres.values()} if every else {}
    seen: Mapping[UUID, datetime | None] = {}
    if ask.sort == "last_seen" or ask.get("state"):
        seen = await insights.last_seen(call.connection, call.operator_id, [each.id for each in every])
    found = [each for each in every if _matches(call, ask, each, held, seen)]
    keys = {
        "shop": lambda each: (each.name.casefold(), each.code),
        "place": lambda each: (f"{names[each.centre_id]} {each.floor}".casefold(), each.code),
        "category": lambda each: (each.category, each.code),
        "identifiers": lambda each: (len(held.get(each.id, ())), each.code),
        "last_seen": lambda each: (int(((seen.get(each.id) or _EPOCH) - _EPOCH).total_seconds()), each.code),
    }
    first = int if ask.sort in ("identifiers", "last_seen") else str
    shown, cut = ask.cut_whole(found, keys[ask.sort], first, str)
    ids = [each.id for each in shown]
    if not seen:
        seen = await insights.last_seen(call.connection, call.operator_id, ids)
    qualities = await insights.quality(call.connection, call.operator_id, ids)
    rows = [_row(call, each, names, held.get(each.id, []), qualities[each.id], seen.get(each.id)) for each in shown]
    return rows, cut


def _matches(
    call: Call,
    ask: Ask,
    each: Shop,
    held: Mapping[UUID, Sequence[Identifier]],
    seen: Mapping[UUID, datetime | None],
) -> bool:
    text, centre, state = ask.get("q"), ask.get("centre"), ask.get("state")
    known = held.get(each.id, ())
    if text:
        words = f"{each.name} {each.code} {each.brand} {' '.join(one.value for one in known)}".casefold()
        if text.casefold() not in words:
            return False
    if centre and call.programme.programme.centres[each.centre_id].code != centre:
        return False
    return not state or STATES[state] is _status(known, seen.get(each.id), call.now)


def _row(
    call: Call,
    each: Shop,
    centres: Mapping[UUID, str],
    held: Sequence[Identifier],
    quality: Quality,
    seen: datetime | None,
) -> Row:
    networks = ", ".join(sorted({one.network.replace("_", " ") for one in held if _holds(one, call.now)}))
    share = call.formats.share(quality.certain, quality.total)
    return Row(
        (
            Cell(each.name, sub=each.code),
            _place(call, each, centres),
            Cell(call.formats.tongue.category(each.category), sub=each.category, raw=each.category),
            Cell(call.formats.number(len(held)), sub=networks, raw=str(len(held))),
            Cell(share, sub=call.t("shops.of_last", n=call.formats.number(quality.total)))
            if quality.total
            else Cell("–"),
            moment_cell(call, seen),
            status_cell(call, _status(held, seen, call.now)),
        ),
        href=call.address(f"/shops/{quote(each.code)}"),
    )


def _place(call: Call, each: Shop, centres: Mapping[UUID, str]) -> Cell:
    """Centre and floor; where there is one centre the floor says it."""
    floor = " · ".join(filter(None, (call.formats.floor(each.floor), each.area)))
    whole = ", ".join(filter(None, (centres[each.centre_id], floor)))
    if len(centres) == 1:
        return Cell(floor or "–", raw=whole)
    return Cell(centres[each.centre_id], sub=floor, raw=whole)


async def shop_page(
    call: Call,
    code: str,
    *,
    refused: ProductError | None = None,
    form: Sent | None = None,
    typing: Typing | None = None,
) -> Response:
    """The page of a shop. `form` is what was typed of an identifier, `typing` of the shop itself."""
    found = shop_of(call, code)
    held = _by_shop(await load_identifiers(call.connection, call.operator_id)).get(found.id, [])
    told = await insights.told_with(call.connection, call.operator_id, found.id)
    qualities = await insights.quality(call.connection, call.operator_id, [found.id])
    seen = await insights.last_seen(call.connection, call.operator_id, [found.id])
    names = [
        Named(each, _validity(each, call.now), told.get((each.network, f"{each.scheme}:{each.value}")))
        for each in sorted(held, key=lambda each: (not _holds(each, call.now), each.network, each.scheme, each.value))
    ]
    given = {(each.network, f"{each.scheme}:{each.value}") for each in held}
    purchases = await listed(call, PURCHASES, call.address(f"/shops/{quote(code)}"), _purchases_of(found.id))
    return call.page(
        "shops",
        "shop.html",
        found.name,
        fragment="_table.html",
        refused=refused,
        shop=found,
        centre=call.programme.programme.centres[found.centre_id],
        state=_status(held, seen[found.id], call.now),
        names=names,
        unknown=sorted(key for key in told if key not in given and key[0] in ADAPTERS),
        quality=qualities[found.id],
        last_seen=seen[found.id],
        kinds=[(name, each) for name in sorted(ADAPTERS) for each in ADAPTERS[name].capabilities.identifier_schemes],
        listed=purchases,
        form=form or {},
        typing=typing or as_stored(call, found),
        today=call.now.astimezone(_zone(call, found)).date().isoformat(),
    )


def _purchases_of(shop_id: UUID) -> Any:
    async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        after = ask.after(datetime, UUID)
        rows = await insights.purchases_of_shop(
            call.connection,
            call.operator_id,
            shop_id,
            after=None if after is None else (after[0], after[1]),
            wanted=ask.paging.wanted,
        )
        shown, cut = ask.cut(rows, lambda row: (row.purchased_at, row.id))
        return [_purchase(call, row) for row in shown], cut

    return read


def _purchase(call: Call, row: Any) -> Row:
    amount = row.net_minor or row.cleared_minor or row.authorised_minor
    found = call.t(f"shops.basis.{row.basis}")
    sure = "" if row.probability_ppm is None else call.formats.share(row.probability_ppm, 1_000_000)
    traced = call.session.member_role in (MemberRole.SUPPORT, MemberRole.FINANCE, MemberRole.ADMIN)
    state = CLOSED.get(PurchaseState(row.state)) or (_EARNED if row.earned else _NOTHING)
    return Row(
        (
            moment_cell(call, row.purchased_at),
            amount_cell(call, amount, row.currency),
            Cell(found, sub=sure),
            Cell(row.descriptor or "–", sub=row.network.replace("_", " ")),
            status_cell(call, state),
        ),
        href=call.address(f"/purchases/{show('pur', row.id)}") if traced else "",
    )


_EARNED = Status("shops.earned", "circle-check", "pos")
_NOTHING = Status("status.nothing", "circle-minus", "mute")


def shop_of(call: Call, code: str) -> Shop:
    """The shop of this code; NotFound where there is none."""
    found = call.programme.snapshot.shops.by_code.get(code)
    if found is None:
        raise NotFound(f"no shop has the code {code[:64]!r}", code="unknown_shop")
    return found


def _zone(call: Call, each: Shop) -> Any:
    return call.programme.programme.centres[each.centre_id].zone


def _by_shop(identifiers: Sequence[Identifier]) -> dict[UUID, list[Identifier]]:
    found: dict[UUID, list[Identifier]] = {}
    for each in identifiers:
        found.setdefault(each.shop_id, []).append(each)
    return found


def _holds(each: Identifier, now: datetime) -> bool:
    return (each.valid_from is None or each.valid_from <= now) and (each.valid_until is None or now < each.valid_until)


def _validity(each: Identifier, now: datetime) -> Status:
    if _holds(each, now):
        return Status("shops.valid", "circle-check", "pos")
    if each.valid_until is not None and each.valid_until <= now:
        return Status("shops.over", "circle-minus", "mute")
    return Status("shops.to_come", "clock", "info")


def _status(held: Sequence[Identifier], seen: datetime | None, now: datetime) -> Status:
    if not any(_holds(each, now) for each in held):
        return _NO_IDENTIFIER
    if seen is None:
        return _NEVER
    return _SILENT if now - seen > SILENT else _SEEN


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _identifier(key: str, found: Shop) -> Identifier:
    parts = key.split("|")
    if len(parts) < 5:
        raise NotFound("this identifier was changed or removed meanwhile: look again", code="unknown_identifier")
    network, scheme, *value, begins, ends = parts
    try:
        dates = [datetime.fromisoformat(each) if each else None for each in (begins, ends)]
    except ValueError:
        raise NotFound("this identifier was changed meanwhile: look again", code="unknown_identifier") from None
    return Identifier(network, scheme, "|".join(value), found.id, *dates)
