"""The editor of an offer: rule rows that the server knows, judged while one types, tried on the past, saved as a draft.

One address takes everything that the form does: a row more or less, a check, a trial, a draft. What was typed comes
back with every answer, so that all of it works without scripts too.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.backtest.trials import Asking
from cashback.db.engine import transaction
from cashback.errors import NotFound, ProductError
from cashback.offers import drafts
from cashback.offers.commands import unknown_offer
from cashback.offers.journal import History, find_history
from cashback.offers.life import DraftState
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers.cost import Cost, asking_of, cost_of, days_asked, goes_by_itself
from cashback.web.console.offers.desk import Filed
from cashback.web.console.offers.judged import Judged, judge
from cashback.web.console.offers.templates import TEMPLATES, template
from cashback.web.console.offers.typed import Typed, typed_from, typed_of
from cashback.web.console.offers.widgets import Drawing
from cashback.web.forms import Fields, form_of, one
from cashback.web.rendering import wants_fragment

NEW = "/offer-new"


@dataclass(frozen=True, slots=True)
class Editing:
    """One form: which offer, as of which revision of its history (0: it is new), and what was done."""

    code: str
    revision: int
    fields: Fields
    do: str

    @property
    def action(self) -> str:
        """Its address below the operator."""
        return f"/offers/{self.code}/edit" if self.code else NEW


async def new(request: Request) -> Response:
    """An empty form, one of the templates, or a copy of an offer that is there."""
    query = request.query_params
    async with calling(request, Page.OFFERS) as call:
        call.need(Scope.PROGRAMME)
        filed = await call.web.desk.filed(call.connection, call.programme, call.now)
        typed = template(query.get("template", ""), call.programme, call.t.language)
        if query.get("from"):
            typed = await _copy(call, query["from"])
        return await _page(call, filed, Editing("", 0, {}, ""), typed, needed=False)


async def edit(request: Request) -> Response:
    """The form of an offer: its open draft, else what is live, else what it was last."""
    async with calling(request, Page.OFFERS) as call:
        call.need(Scope.PROGRAMME)
        history = await _history(call, request.path_params["code"])
        filed = await call.web.desk.filed(call.connection, call.programme, call.now)
        typed = _typed_of_history(call, history)
        return await _page(call, filed, Editing(history.code, history.revision, {}, ""), typed, history=history)


async def change(request: Request) -> Response:
    """Everything that the form does, by the name of the button."""
    fields = await form_of(request)
    editing = Editing(request.path_params.get("code", ""), _revision(fields), fields, one(fields, "do", 40))
    try:
        async with calling(request, Page.OFFERS) as call:
            call.need(Scope.PROGRAMME)
            filed = await call.web.desk.filed(call.connection, call.programme, call.now)
            typed = _typed(editing, filed)
            if editing.do in ("save", "submit"):
                judged = await _judged_to_save(call, filed, typed, editing)
                if judged.terms is not None:
                    await _save(call, judged, editing)
                    response = call.back_to(f"/offers/{judged.code}", done=f"offer_{editing.do}")
                    asking = asking_of(call, judged, days_asked(fields))
                    actor = call.actor
                else:
                    return await _page(call, filed, editing, typed, judged=judged, status=422)
            elif editing.do == "replay":
                judged = judge(call, filed, typed)
                response, asking, actor = None, asking_of(call, judged, days_asked(fields)), call.actor
            else:
                return await _redrawn(call, filed, editing, typed)
    except NotFound:
        raise
    except ProductError as refused:
        return await _again(request, editing, refused)
    if asking is not None:
        async with calling(request, Page.OFFERS) as call:
            desk, known = call.web.desk, await cost_of(call, asking)
        if editing.do == "replay" or not known.exact:
            await desk.trials.begin(actor, asking)
    return response or await _again(request, editing, None)


async def progress(request: Request) -> Response:
    """How far a trial is, as the part of the page that asks for it."""
    try:
        key = bytes.fromhex(request.path_params["key"])
    except ValueError:
        raise NotFound("there is no such trial", code="not_found") from None
    async with calling(request, Page.OFFERS) as call:
        cost = await cost_of(call, key)
        return call.page("offers", "offers/_cost.html", "", cost=cost, oob=False)


async def _again(request: Request, editing: Editing, refused: ProductError | None) -> Response:
    async with calling(request, Page.OFFERS) as call:
        filed = await call.web.desk.filed(call.connection, call.programme, call.now)
        return await _page(call, filed, editing, _typed(editing, filed), refused=refused)


async def _redrawn(call: Call, filed: Filed, editing: Editing, typed: Typed) -> Response:
    """A row more or less, or the judgement beside the form alone."""
    what, _, which = editing.do.partition(".")
    if what == "add":
        typed.add(one(editing.fields, "new", 40))
    elif what == "remove":
        typed.conditions = [row for row in typed.conditions if str(row.n) != which]
    elif what == "group":
        typed.choose_group(*which.partition(".")[::2])
    elif editing.do == "limit.add":
        typed.add_limit()
    elif what == "unlimit":
        typed.limits = [row for row in typed.limits if str(row.n) != which]
    return await _page(call, filed, editing, typed, needed=False)


async def _judged_to_save(call: Call, filed: Filed, typed: Typed, editing: Editing) -> Judged:
    """Judged, and refused where a new offer takes the code of one that is there."""
    judged = judge(call, filed, typed)
    taken = not editing.code and judged.code and await find_history(call.connection, call.operator_id, judged.code)
    if taken:
        problems = {**judged.problems, "code": call.t("console.offers.problem.taken", code=judged.code)}
        return Judged(typed, judged.made, None, problems, told=judged.told)
    return judged


async def _save(call: Call, judged: Judged, editing: Editing) -> None:
    assert judged.terms is not None
    actor, now = call.need(Scope.PROGRAMME), call.now
    done = await drafts.revise(
        call.connection, actor, judged.code, judged.terms, expected_revision=editing.revision, now=now
    )
    if editing.do == "submit":
        comment = one(editing.fields, "comment", 500) or None
        await drafts.submit(
            call.connection, actor, judged.code, expected_revision=done.revision, now=now, comment=comment
        )


async def _page(
    call: Call,
    filed: Filed,
    editing: Editing,
    typed: Typed,
    *,
    judged: Judged | None = None,
    history: History | None = None,
    needed: bool = True,
    refused: ProductError | None = None,
    status: int = 200,
) -> Response:
    """The form with its judgement; for htmx the form alone, or the judgement where a check was asked for."""
    judged = judged or judge(call, filed, typed)
    asking = asking_of(call, judged, days_asked(editing.fields))
    cost = await cost_of(call, asking, code=editing.code)
    checking = editing.do == "check"
    drawn_again = wants_fragment(call.request) and editing.do != ""
    if drawn_again and asking is not None and not cost.exact and await goes_by_itself(call):
        cost = await _begun(call, asking, cost)
    if editing.code and history is None:
        history = await find_history(call.connection, call.operator_id, editing.code)
    t = call.t
    title = t("console.offers.edit", code=editing.code) if editing.code else t("console.offers.new")
    drawing = Drawing(call, filed, judged, needed=needed and not checking)
    return call.page(
        "offers",
        "offers/edit.html",
        title,
        status=status,
        fragment="offers/_aside.html" if checking else "offers/_editor.html",
        refused=refused,
        judged=judged,
        drawing=drawing,
        editing=editing,
        typed=typed,
        cost=cost,
        days=days_asked(editing.fields),
        submitted=history is not None and history.draft_state is DraftState.SUBMITTED,
        holdout=call.programme.programme.holdout_bps,
        oob=checking and drawn_again,
        aside_after=drawn_again and not checking,
        granted=await _granted(call, editing.code, judged),
        templates=TEMPLATES,
        comment=one(editing.fields, "comment", 500),
    )


async def _begun(call: Call, asking: Asking, cost: Cost) -> Cost:
    """Ask for the trial while the page is written; it has a connection of its own."""
    if not cost.under_way:
        await call.web.desk.trials.begin(call.actor, asking)
    async with transaction(call.web.engine, call.operator_id) as connection:
        return await cost_of(call, asking, connection=connection, code=asking.code)


async def _granted(call: Call, code: str, judged: Judged) -> str:
    """What of its budget an offer has given already, where that is more than the one typed; else nothing."""
    if not code or judged.terms is None or judged.terms.budget is None:
        return ""
    granted = await quota_of(call, code)
    asset = judged.terms.reward.asset
    return call.formats.tongue.amount(granted, asset) if granted > judged.terms.budget else ""


_QUOTA = """
SELECT q.granted FROM quotas q JOIN offers o ON o.operator_id = q.operator_id AND o.id = q.offer_id
WHERE q.operator_id = $1 AND o.code = $2 AND q.bucket = 'total'
"""


async def quota_of(call: Call, code: str) -> int:
    """What of the budget of an offer is granted."""
    row = (await call.connection.exec_driver_sql(_QUOTA, (call.operator_id, code))).first()
    return 0 if row is None else int(row[0])


def _typed(editing: Editing, filed: Filed) -> Typed:
    typed = typed_of(editing.fields)
    if editing.code:
        typed.single["code"] = editing.code
    typed.resolve({each.name.casefold(): each.code for each in filed.file.shops})
    return typed


async def _history(call: Call, code: str) -> History:
    history = await find_history(call.connection, call.operator_id, code)
    if history is None:
        raise unknown_offer(code)
    return history


def _typed_of_history(call: Call, history: History) -> Typed:
    terms = history.draft[-1].terms if history.draft else history.versions[-1].terms
    return typed_from(history.code, terms, call.t.language)


async def _copy(call: Call, code: str) -> Typed:
    """The fields of an offer under no code yet: its name says that it is a copy."""
    typed = _typed_of_history(call, await _history(call, code))
    typed.single["code"] = ""
    for language in ("en", "fr"):
        name = typed.single[f"name.{language}"]
        if name:
            typed.single[f"name.{language}"] = call.t("console.offers.copy_of", name=name)
    return typed


def _revision(fields: Fields) -> int:
    text = one(fields, "revision", 10)
    return int(text) if text.isdigit() else 0
