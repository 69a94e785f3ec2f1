"""One purchase that may be the missing one: what happened to it, in a sentence, and what repairs it."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cashback import money
from cashback.actors import Scope
from cashback.ids import show
from cashback.insights.member_file import Near
from cashback.merchants.evidence.normalise import normalise
from cashback.merchants.evidence.towns import plain
from cashback.purchases.schemas import PurchaseState
from cashback.web.console.counter.reviews import address_of
from cashback.web.console.frame import Call
from cashback.web.context import Told
from cashback.web.statuses import Status, of_purchase

_NO_LETTER = re.compile(r"[^A-Z0-9]")
_CLAIMS = frozenset({"unmatched", "lapsed"})
"""What a claim with its receipt can repair."""
_OF_THE_PROGRAMME = frozenset({"unmatched", "nothing"})
"""What is repaired for everybody by who may change the programme."""
_JOINED = frozenset({PurchaseState.AUTHORIZED, PurchaseState.CLEARED, PurchaseState.PARTLY_REFUNDED})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One purchase, as the search for a missing one shows it."""

    id: UUID
    near: Near
    status: Status
    happened: str
    """What became of it, and why."""
    repair: str
    """What can be done; empty where nothing is wrong."""
    claims: bool
    """Whether a claim can repair it."""
    joins: bool
    """Whether it can be ruled to be one with another."""
    splits: bool
    """Whether it was recognised as one with another, and can be parted from it."""
    day: str
    time: str
    amount: str
    card: str
    """As the form of a claim takes them."""
    meant: str
    """Code of the one shop that its text names; empty where it names none or several."""
    given_back: str
    """What of it was refunded; empty where nothing was."""
    question: str
    """Address of the question about its identifier; empty where there is none."""
    shop: str
    """Address of its shop, where that may be the wrong one; empty elsewhere."""
    trace: str


def called(call: Call) -> Mapping[str, list[str]]:
    """The codes of the programme's shops by the letters and figures of their names."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in call.programme.snapshot.shops.shops.values():
        found[_NO_LETTER.sub("", plain(each.name))].append(each.code)
    return found


def candidate_of(call: Call, told: Told, near: Near, shops: Mapping[str, list[str]]) -> Candidate:
    """What happened to a purchase and what repairs it; `shops` by what they are `called`."""
    view = near.view
    kind = _kind(near)
    held_out = kind == "nothing" and told.explainer.held_out(view)
    links = _linked(call, near)
    figures = {
        "links": links,
        "reason": told.explainer.shortest(view) if kind == "nothing" else "",
        "gain": call.formats.together(told.explainer.gains(view.judgements)) if kind == "earned" else "",
        "other": "" if near.witness_of is None else show("pur", near.witness_of),
    }
    return Candidate(
        id=view.id,
        near=near,
        status=of_purchase(view),
        happened=call.t(f"missing.happened.{kind}", **figures),
        repair=call.t("missing.repair.held_out" if held_out else f"missing.repair.{_repair(call, near, kind)}"),
        claims=kind in _CLAIMS,
        joins=PurchaseState(view.state) in _JOINED,
        splits=kind == "witness",
        day=view.purchased_at.astimezone(view.zone).date().isoformat(),
        time="" if view.timing.until is not None else f"{view.purchased_at.astimezone(view.zone):%H:%M}",
        amount=money.plain(near.about_minor, view.currency),
        question="" if near.question is None else call.address(address_of(near.question)),
        card="" if view.card is None else view.card.last_four or "",
        meant=_meant(shops, view.place.descriptor) if kind in _CLAIMS else "",
        given_back=call.formats.money(view.given_back_minor, view.currency) if view.given_back_minor else "",
        shop=_shop(call, near) if kind == "nothing" and not held_out else "",
        trace=call.address(f"/purchases/{show('pur', view.id)}"),
    )


def _repair(call: Call, near: Near, kind: str) -> str:
    """What is said of the repair: with who can do it, where this role cannot."""
    if kind == "unmatched" and near.question is None:
        return "unmatched_alone"
    return kind if kind not in _OF_THE_PROGRAMME or call.may(Scope.PROGRAMME) else f"{kind}_asked"


def _meant(shops: Mapping[str, list[str]], descriptor: str | None) -> str:
    parts = normalise(descriptor or "")
    names = {"".join(each) for each in (parts.core, parts.whole) if each}
    found = {code for name in names for code in shops.get(name, ())}
    return found.pop() if len(found) == 1 else ""


def _shop(call: Call, near: Near) -> str:
    shop = call.programme.snapshot.shops.shops.get(near.shop_id) if near.shop_id is not None else None
    return "" if shop is None else call.address(f"/shops/{shop.code}")


def _kind(near: Near) -> str:
    view = near.view
    state = PurchaseState(view.state)
    if state in _JOINED:
        if view.place.shop is None:
            return "unmatched"
        return "earned" if any(each.amount > 0 for each in view.judgements) else "nothing"
    return {
        PurchaseState.DECLINED: "declined",
        PurchaseState.NOT_LINKED: "not_linked",
        PurchaseState.WITNESS: "witness",
        PurchaseState.LAPSED: "lapsed",
        PurchaseState.CREDIT: "credit",
    }.get(state, "given_back")


def _linked(call: Call, near: Near) -> str:
    told = []
    for begin, end in near.links:
        since = call.formats.moment(begin, call.zone)
        told.append(
            call.t("missing.linked_since", since=since)
            if end is None
            else call.t("missing.linked_span", since=since, until=call.formats.moment(end, call.zone))
        )
    return call.formats.together(told) if told else call.t("missing.linked_never")
