"""Cohorts and tests: how members stay month by month, and how well the hold-out was drawn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cashback.auth.roles import Page
from cashback.figures.service import read_cohorts, read_groups
from cashback.figures.uplift import Group
from cashback.money import BPS
from cashback.web.console.addresses import HOME
from cashback.web.console.frame import Call, calling
from cashback.web.console.overview.drawings import cohort_rows
from cashback.web.console.overview.page import period_of

MONTHS = 12
_SURE = 2.576
"""The two-sided 99 % point of the normal distribution: a draw further off is one in a hundred."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How many are held out of how many, and whether chance explains the difference to what was asked for."""

    held: str
    members: str
    share: str
    wanted: str
    by_chance: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of the comparison, as its table says it."""

    word: str
    members: str
    buyers: str
    spend: str
    mean: str


@dataclass(frozen=True, slots=True)
class OfferTest:
    """A live offer with a hold-out of its own."""

    name: str
    href: str
    share: str
    since: str


async def tests(request: Request) -> Response:
    """The page; `period` is that of the groups."""
    async with calling(request, Page.OVERVIEW) as call:
        programme, period = call.programme.programme, period_of(request)
        today = call.now.astimezone(programme.zone).date()
        offered, held = await read_groups(call.connection, call.operator_id, today - timedelta(days=1), period)
        cohorts = await read_cohorts(call.connection, call.operator_id, today, MONTHS)
        return call.page(
            "tests",
            "tests.html",
            call.t("console.nav.tests"),
            cohorts=cohort_rows(call, cohorts),
            measured_against=programme.holdout_bps,
            balance=_balance(call, offered, held),
            group_rows=[_row(call, "overview.offered", offered), _row(call, "overview.held", held)],
            period=period,
            offer_tests=_offers(call, call.now),
        )


def _balance(call: Call, offered: Group, held: Group) -> Balance | None:
    wanted, members = call.programme.programme.holdout_bps / BPS, offered.members + held.members
    if not members:
        return None
    off = abs(held.members - members * wanted)
    formats = call.formats
    return Balance(
        held=formats.number(held.members),
        members=formats.number(members),
        share=formats.percent(held.members / members),
        wanted=formats.percent(wanted),
        by_chance=off <= _SURE * sqrt(members * wanted * (1 - wanted)),
    )


def _row(call: Call, word: str, group: Group) -> GroupRow:
    formats, currency = call.formats, call.programme.programme.currency
    return GroupRow(
        word,
        formats.number(group.members),
        formats.number(group.buyers),
        formats.money(group.spend, currency),
        formats.money(round(group.mean), currency) if group.members else "–",
    )


def _offers(call: Call, now: datetime) -> list[OfferTest]:
    house, found = call.programme, {}
    for offer in house.book.offers:
        if offer.live(now) and offer.holdout_bps:
            since = house.offer(offer.offer_id, offer.version).live_from
            found[offer.code] = OfferTest(
                name=house.by_code.get(offer.code, {}).get(call.t.language, offer.code),
                href=call.address(f"/offers/{offer.code}"),
                share=call.formats.percent(offer.holdout_bps / BPS),
                since="–" if since is None else call.formats.day(since, call.zone),
            )
    return [found[code] for code in sorted(found)]


ROUTES = [Route(f"{HOME}/tests", tests)]
