"""Splitting a purchase: what is declared, the answer with its plans and reasons, the information sheet, acceptance,
and asking for a person to look again."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from babel.numbers import get_currency_symbol
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.collecting.partners import ficp_of
from cashback.decisions import accepting, asking, ficp, means, own_reviews, reviewing, rulebooks
from cashback.decisions.accepting import Acceptance, Opened
from cashback.decisions.answers import Around, answer_of
from cashback.decisions.means import Declared
from cashback.decisions.schemas import Answered, Asked, Decided
from cashback.decisions.sheets import document, sheet_of, title, told
from cashback.decisions.telling import FICP_MISSING, NOTHING_TO_DO, said
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import show
from cashback.insights.wallet import read_purchase
from cashback.shoppers import service as shoppers
from cashback.web.context import web_of
from cashback.web.mistakes import Fields
from cashback.web.rendering import language_asked
from cashback.web.shopper.frame import Form, Visit, amount_of, back_to, form_of, id_of, refusal_text, visiting
from cashback.web.shopper.plan_views import card_to_charge
from eligibility import Sheet

COUNTRIES = ("FR", "BE", "LU", "ES", "IT", "DE")
"""Where a shopper may say that they live; a plan is open where the policy says."""
"""The lender is not asked where something else refuses already: then it says nothing to the shopper."""
_MEANS = ("income", "expenses", "instalments")


async def split(request: Request) -> Response:
    """The purchase, and what must be declared before anything is decided."""
    async with visiting(request) as visit:
        return await _split_page(visit)


async def ask(request: Request) -> Response:
    """Declare, let the lender say what it must, decide. Sent twice, the form asks once."""
    form = await form_of(request)
    try:
        async with visiting(request, changing=True) as visit:
            asked = await _asked(visit, form)
            master, shopper_id = visit.web.doors.master, visit.shopper_id
            await shoppers.lock(visit.connection, [shopper_id])
            said = _declared(visit, form)
            known = await means.declared_by(visit.connection, master, visit.operator_id, shopper_id)
            if not _stands(known, said):
                await means.declare(visit.connection, visit.actor, master, shopper_id, said, visit.now)
            lender = await ficp_of(visit.connection, visit.operator_id, master)
            consultation = await asking.needs_lender(
                visit.connection, visit.snapshot, master, visit.actor, shopper_id, asked, lender, visit.now
            )
            if consultation is None:
                answered = await _decided(visit, asked)
        if consultation is not None:
            told = await lender.consult(consultation.hex, show("shp", shopper_id), web_of(request).clock.now())
            async with visiting(request, changing=True) as visit:
                await ficp.record(visit.connection, shopper_id, consultation, told)
            async with visiting(request, changing=True) as visit:
                answered = await _decided(visit, asked)
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _split_page(visit, refused=refused, form=form)
    return back_to(request, f"/payments/decisions/{answered.decided.ref}")


async def _decided(visit: Visit, asked: Asked) -> Answered:
    master = visit.web.doors.master
    return await asking.ask(visit.connection, visit.snapshot, master, visit.actor, visit.shopper_id, asked, visit.now)


async def decision(request: Request) -> Response:
    """The answer: plans to choose from, or why not and what can be done."""
    async with visiting(request) as visit:
        return await _decision_page(visit)


async def accept(request: Request) -> Response:
    """Accept one plan of an answer. What has changed since is judged again; turned down, the new answer says why."""
    form = await form_of(request)
    try:
        if not form.get("read"):
            raise Invalid("read: the information sheet is to be read first", code="read_first")
        name, _, counter = form.get("plan", "").partition(":")
        async with visiting(request, changing=True) as visit:
            acceptance = Acceptance(
                key=form.get("key", "") or visit.new_key(),
                decision_id=id_of(request, "dec"),
                plan=name,
                counter=counter or None,
            )
            done = await accepting.accept(
                visit.connection, visit.snapshot, visit.web.doors.master, visit.actor, acceptance, visit.now
            )
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _decision_page(visit, refused=refused)
    if isinstance(done, Opened):
        return back_to(request, f"/payments/{done.plan.ref}?done=accept")
    return back_to(request, f"/payments/decisions/{done.answered.decided.ref}?turned=1")


async def contest(request: Request) -> Response:
    """Ask for a person to look again, with one's own words."""
    words = (await request.form()).get("words")
    try:
        async with visiting(request, changing=True) as visit:
            text = words.replace("\0", "").strip() if isinstance(words, str) else ""
            master = visit.web.doors.master
            await reviewing.contest(visit.connection, master, visit.actor, id_of(request, "dec"), text, visit.now)
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _decision_page(visit, refused=refused)
    return back_to(request, f"/payments/decisions/{request.path_params['id']}#review")


async def sheet(request: Request) -> Response:
    """What must be told before a plan is accepted, line by line."""
    async with visiting(request) as visit:
        found, decided = await _sheet(visit)
        tongue = visit.formats.tongue
        return visit.page(
            "sheet.html",
            title(found, tongue),
            decision=decided.ref,
            plan=request.path_params["plan"],
            lines=told(found, tongue),
            instead=visit.request.query_params.get("contract") == "none",
        )


async def sheet_document(request: Request) -> Response:
    """The same to print and to keep, as PDF."""
    async with visiting(request) as visit:
        found, decided = await _sheet(visit)
        programme, tongue = visit.house.programme, visit.formats.tongue
        body = document(
            found,
            tongue,
            programme=programme.name,
            ref=decided.ref,
            decided_at=decided.decided_at.astimezone(programme.zone),
            simulation=visit.web.demo,
        )
    attached = f'attachment; filename="{decided.ref}.pdf"'
    return Response(body, media_type="application/pdf", headers={"content-disposition": attached})


async def _sheet(visit: Visit) -> tuple[Sheet, Decided]:
    answered, around, _ = await _read(visit)
    found = sheet_of(answered.record, visit.request.path_params["plan"], around)
    if found is None:
        raise NotFound("this plan has no schedule", code="no_quote")
    return found, answered.decided


async def _asked(visit: Visit, form: Form) -> Asked:
    """The whole purchase, as it stands."""
    purchase = await read_purchase(visit.connection, visit.house, visit.shopper_id, id_of(visit.request, "pur"))
    return Asked(
        key=form.get("key", ""),
        amount_minor=purchase.net_minor,
        currency=purchase.currency,
        purchase_id=purchase.id,
    )


def _declared(visit: Visit, form: Form) -> Declared:
    """What the form declares; Mistakes with all that is wrong with it."""
    country, fields = form.get("country", ""), Fields(form)
    if form.get("of_age") != "yes":
        fields.refuse("of_age", Invalid("of_age: expected yes", code="age_untold"))
    if country not in COUNTRIES:
        fields.refuse("country", Invalid("country: expected one of those in the list", code="bad_country"))
    asset = visit.house.asset(visit.house.programme.currency)
    given = [name for name in _MEANS if form.get(name)]
    for name in _MEANS if given else ():
        if name not in given:
            fields.refuse(name, Invalid(f"{name}: expected all three amounts or none", code="means_by_half"))
    amounts = {
        f"{name}_minor": fields.read(name, lambda text: 0 if text == "0" else amount_of(text, asset), 0)
        for name in given
    }
    fields.check()
    return Declared(of_age=True, country=country, **amounts)


def _stands(known: tuple[Declared, datetime] | None, said: Declared) -> bool:
    """Whether an earlier declaration with its amounts is meant: nothing new was told. Invalid for amounts that are
    left out where what goes with them is new."""
    if known is None or known[0].income_minor is None or said.income_minor is not None:
        return False
    if (known[0].of_age, known[0].country) != (said.of_age, said.country):
        raise Invalid("income: expected the amounts again, as the country is another", code="means_again")
    return True


async def _split_page(visit: Visit, *, refused: ProductError | None = None, form: Form | None = None) -> Response:
    purchase = await read_purchase(visit.connection, visit.house, visit.shopper_id, id_of(visit.request, "pur"))
    known = await means.declared_by(visit.connection, visit.web.doors.master, visit.operator_id, visit.shopper_id)
    declared = None if known is None or known[0].income_minor is None else known
    force = await rulebooks.in_force(visit.connection, visit.operator_id, visit.now)
    days = timedelta(days=force.rulebook.policy.figures.means_valid_days)
    currency = visit.house.programme.currency
    return visit.page(
        "split.html",
        visit.t("split.title"),
        status=200 if refused is None else refused.status,
        fields={"means_again": "income", "means_out_of_bounds": "income"},
        purchase=purchase,
        countries=COUNTRIES,
        country="FR" if known is None else known[0].country,
        declared=declared,
        declared_old=declared is not None and declared[1] + days <= visit.now,
        currency=currency,
        symbol=get_currency_symbol(currency, locale=visit.formats.tongue.locale),
        foreseen=await foreseen(visit, purchase.id, purchase.net_minor),
        refused=refused,
        form=form or {},
        key=(form or {}).get("key") or visit.new_key(),
        simulation=visit.web.demo,
    )


async def foreseen(visit: Visit, purchase_id: UUID, amount_minor: int) -> list[str]:
    """Why a purchase cannot be split now, as far as that is certain before anything is asked."""
    currency = visit.house.programme.currency
    asked = Asked(key="foreseen", amount_minor=amount_minor, currency=currency, purchase_id=purchase_id, of_age=True)
    try:
        found = await asking.foreseen(
            visit.connection, visit.snapshot, visit.web.doors.master, visit.actor, visit.shopper_id, asked, visit.now
        )
    except NotFound:
        raise
    except ProductError as refused:
        return [refusal_text(visit.t, refused)]
    return [said(each, visit.t.language, currency, visit.house.programme.zone) for each in found]


async def _read(visit: Visit) -> tuple[Answered, Around, Any]:
    decided = await asking.find(visit.connection, visit.actor, id_of(visit.request, "dec"))
    answered = await asking.read(visit.connection, visit.operator_id, decided)
    force = await rulebooks.in_force(visit.connection, visit.operator_id, decided.decided_at)
    shop = visit.snapshot.shops.shops.get(decided.shop_id)
    review = await reviewing.of_decision(visit.connection, decided)
    lender = await ficp_of(visit.connection, visit.operator_id, visit.web.doors.master)
    around = Around(
        rulebook=force.rulebook,
        conduct=force.conduct,
        shop="" if shop is None else shop.code,
        shop_name="" if shop is None else shop.name,
        lender=lender.lender,
        zone=visit.house.programme.zone,
        review=None if review is None else review.ref,
    )
    return answered, around, review


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+(?:Z|[+-]\d{2}:\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"(\d+\.\d{2})[ \u00a0]([A-Z]{3})")


async def _decision_page(visit: Visit, *, refused: ProductError | None = None) -> Response:
    answered, around, review = await _read(visit)
    told, text = answer_of(answered, around), f"text_{visit.t.language}"
    codes = {each["code"] for each in told["reasons"]}
    alone = codes <= {FICP_MISSING, NOTHING_TO_DO}
    return visit.page(
        "decision.html",
        visit.t("decision.title"),
        status=200 if refused is None else refused.status,
        decided=answered.decided,
        answer=told,
        reasons=[(each["actionable"], each[text]) for each in told["reasons"] if alone or each["code"] != FICP_MISSING],
        declare="means_missing" in codes,
        purchase_id=answered.decided.purchase_id,
        card=await card_to_charge(visit),
        missing=[each[text] for each in told["score"]["missing"]],
        open_plans=[each for each in told["plans"] if each["eligible"]],
        dates={
            due["due_date"]: visit.formats.tongue.day(due["due_date"])
            for each in told["plans"]
            for due in each["schedule"]
        },
        shop=around.shop_name,
        lender=around.lender,
        review=review,
        own_words=""
        if review is None
        else await own_reviews.own_words(visit.connection, visit.web.doors.master, visit.actor, review),
        expired=visit.now >= answered.decided.expires_at,
        turned=visit.request.query_params.get("turned") == "1",
        refused=refused,
        key=visit.new_key(),
        simulation=visit.web.demo,
    )


async def to_plan(request: Request) -> Response:
    """From an answer that was accepted to its plan."""
    async with visiting(request) as visit:
        decided = await asking.find(visit.connection, visit.actor, id_of(request, "dec"))
    if decided.plan_id is None:
        raise NotFound("this answer was not accepted", code="no_quote")
    return RedirectResponse(f"/{language_asked(request)}/wallet/payments/{show('pln', decided.plan_id)}", 303)
