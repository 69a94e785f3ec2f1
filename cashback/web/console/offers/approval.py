"""A draft as its approver reads it: before and after, what it would have cost, who wrote it, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import ProductError
from cashback.offers.changes import difference
from cashback.offers.journal import History, Version
from cashback.offers.life import Move
from cashback.offers.terms import Terms
from cashback.offers.wording import Language
from cashback.programme_file.document import OfferEntry
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers.cost import asking, cost_of
from cashback.web.console.offers.judged import Told, in_words, rivals_of
from cashback.web.console.offers.page import stand_of
from cashback.web.console.offers.story import story_of
from cashback.web.console.offers.table import name_of
from cashback.web.console.people import people_of
from cashback.web.forms import Fields


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the terms, before and after; `changed` where they differ."""

    name: str
    before: Sequence[str]
    after: Sequence[str]
    changed: bool


async def approval(request: Request) -> Response:
    """The draft that waits; decided already, the page says by whom."""
    async with calling(request, Page.OFFERS) as call:
        return await approval_page(call, request.path_params["code"])


async def approval_page(
    call: Call, code: str, *, refused: ProductError | None = None, typed: Fields | None = None
) -> Response:
    """`typed` is what an answer that was refused held."""
    found = await stand_of(call, code)
    history, draft = found.history, found.history.draft
    title = call.t("console.offers.approval", name=name_of(found, call))
    story = await story_of(call, history)
    shared: dict[str, Any] = {"offer": found, "story": story, "typed": typed or {}, "oob": False}
    if not draft:
        return call.page("offers", "offers/decided.html", title, refused=refused, **shared)
    terms, live = draft[-1].terms, found.live
    filed = await call.web.desk.filed(call.connection, call.programme, call.now)
    entry = OfferEntry.model_validate({**terms.model_dump(), "code": code})
    asked = [each for each in history.moves if each.move is Move.SUBMIT]
    people = await people_of(call, [*(each.author for each in draft), *(each.actor for each in asked)])
    words = in_words(call, code, terms)
    return call.page(
        "offers",
        "offers/approval.html",
        title,
        refused=refused,
        words=words,
        changes=changes_of(call, code, live, terms, words),
        fields=difference(None if live is None else live.terms, terms),
        authors=sorted({people(each.author) for each in draft}),
        submitter="" if not asked else people(asked[-1].actor),
        comment="" if not asked else asked[-1].reason or "",
        own=_own(call, history),
        first=live is None,
        may_answer=call.may(Scope.APPROVAL),
        cost=await cost_of(call, asking(call, code, terms)),
        rivals=rivals_of(filed, entry, call),
        stale=found.stale,
        **shared,
    )


def changes_of(
    call: Call, code: str, live: Version | None, terms: Terms, after: Mapping[Language, Told]
) -> list[Change]:
    """Part by part in the reader's language; the names and promises in both."""
    language = call.t.language
    before = None if live is None else in_words(call, code, live.terms)[language].rule.parts()
    held = None if live is None else live.terms

    def differs(name: str) -> bool:
        return held is None or any(getattr(held, each) != getattr(terms, each) for each in _FIELDS.get(name, (name,)))

    found = [Change(name, _texts(name, held), _texts(name, terms), differs(name)) for name in ("name", "promise")]
    for name, lines in after[language].rule.parts().items():
        found.append(Change(name, () if before is None else before[name], lines, differs(name)))
    return [each for each in found if each.before or each.after]


_FIELDS: Mapping[str, Sequence[str]] = {
    "gives": ("reward",),
    "when": ("conditions",),
    "hold": ("hold_days",),
    "holdout": ("holdout_bps",),
    "group": ("group", "stacks_as", "priority"),
    "funding": ("funding", "commission_bps"),
    "expiry": ("expires_after_days", "notice_days"),
}
"""Which fields of the terms a part tells, where it is not the one of its name."""


def _texts(name: str, terms: Terms | None) -> tuple[str, ...]:
    text = None if terms is None else getattr(terms, name)
    return () if text is None else (f"EN: {text.en}", f"FR: {text.fr}")


def _own(call: Call, history: History) -> bool:
    """Whether the reader had a hand in the draft: then another person answers."""
    name = call.actor.name.casefold()
    wrote = any(each.author.casefold() == name for each in history.draft)
    since = history.draft[0].revision
    asked = [each for each in history.moves if each.move is Move.SUBMIT and each.revision > since]
    return wrote or any(each.actor.casefold() == name for each in asked)
