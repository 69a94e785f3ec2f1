"""Why a purchase earned what it earned, or nothing: the same explanation for the shopper and for the operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cashback.insights.schemas import Judgement, PurchaseView
from cashback.offers.schemas import Trail
from cashback.offers.sentences import read_aloud
from cashback.offers.terms import CONDITIONS, REWARDS
from cashback.offers.uncertainty import figures, said
from cashback.programmes.schemas import AssetKind
from cashback.purchases.schemas import PurchaseState
from cashback.web import statuses
from cashback.web.formats import Formats
from cashback.web.messages import Translator, typographic
from cashback.web.timeline import TimelineStep, timeline

MATCHED_WITHIN = timedelta(hours=72)
"""In which a shop is found for nearly every purchase, as the pages say."""


@dataclass(frozen=True, slots=True)
class Line:
    """One condition or reason, as a sentence."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One offer held against one purchase."""

    name: str
    version: str
    rate: str
    """The rate or the terms of that day, for example `Rate on 20 Nov: 5%`."""
    gain: str
    """Empty when the offer gave nothing."""
    status: statuses.Status
    lines: tuple[Line, ...]
    budget: str
    """Empty for an offer without a budget, or one whose budget gave all."""


@dataclass(frozen=True, slots=True)
class Why:
    """The whole explanation."""

    headline: str
    cards: tuple[OfferCard, ...]
    reasons: tuple[Line, ...]
    """What holds before any offer is asked: refunds, the purchase's state, an unknown shop."""
    steps: tuple[TimelineStep, ...]


class Explainer:
    """Explains purchases in one language: to the shopper, or to staff `of_member`."""

    def __init__(
        self, t: Translator, formats: Formats, names: Mapping[str, str], now: datetime, *, of_member: bool = False
    ) -> None:
        self._t = t
        self._of_member = of_member
        self._formats = formats
        self._names = names
        self._now = now

    def explain(self, view: PurchaseView) -> Why:
        """Headline, offers with their conditions, and the story."""
        reasons = [Line(entry["ok"], self._aloud(entry)) for entry in _before_offers(view)]
        timing = view.timing
        if timing.until is not None:
            told = figures(timing.at, timing.until, timing.basis, view.zone)
            reasons.append(Line(ok=True, text=self._t("why.made", made=said(told, self._formats.tongue))))
        return Why(
            headline=self._headline(view),
            cards=tuple(self._card(each, view) for each in view.judgements),
            reasons=tuple(reasons),
            steps=tuple(timeline(view, self._t, self._formats, self._now)),
        )

    def lines(self, trail: Trail) -> list[str]:
        """Each entry of a trail as a sentence."""
        return [self._aloud(entry) for entry in trail]

    def gains(self, judgements: Sequence[Judgement]) -> list[str]:
        """`+4,25 €`, `+10 points`: everything that stands, money first."""
        standing = sorted((each for each in judgements if each.amount > 0), key=_money_first)
        return [self._formats.gain(each.amount, each.asset) for each in standing]

    def shortest(self, purchase: statuses.Judged) -> str:
        """Why there is no reward, in one phrase: the first thing that failed at the offer that came closest."""
        if PurchaseState(purchase.state) in statuses.CLOSED:
            return self._aloud({"kind": "purchase_state", "ok": False, "state": purchase.state})
        if purchase.place.shop is None:
            return self._t("live.reason_unmatched")
        missed = self._closest_miss(purchase)
        return self._aloud(missed or {"kind": "no_offer", "ok": False})

    def held_out(self, purchase: statuses.Judged) -> bool:
        """Whether what came closest was kept from this member so that its effect can be measured."""
        missed = self._closest_miss(purchase)
        return missed is not None and missed["kind"] == "holdout"

    def _closest_miss(self, purchase: statuses.Judged) -> dict[str, Any] | None:
        missed = [
            (sum(not entry["ok"] for entry in each.trail) / len(each.trail), position, each)
            for position, each in enumerate(purchase.judgements)
            if each.trail and any(not entry["ok"] for entry in each.trail)
        ]
        return next(entry for entry in min(missed)[2].trail if not entry["ok"]) if missed else None

    def _headline(self, view: PurchaseView) -> str:
        status = statuses.of_purchase(view)
        if status is statuses.MATCHING:
            return self._said("matching_late" if self._now - view.purchased_at > MATCHED_WITHIN else "matching")
        if status is statuses.EXPIRED:
            gone = [each for each in sorted(view.judgements, key=_money_first) if each.expired > 0]
            amounts = [self._formats.amount(each.expired, each.asset) for each in gone]
            return self._said("expired", amount=self._formats.together(amounts))
        return self._earned(view) if status in statuses.EARNED else self._said("nothing")

    def _earned(self, view: PurchaseView) -> str:
        """What is already there, then what is still to come: each part with the moment it becomes the shopper's."""
        standing = sorted(view.judgements, key=_money_first)
        there = [self._formats.amount(each.available, each.asset) for each in standing if each.available > 0]
        said = self._said("available", amount=self._formats.together(there)) if there else ""
        coming: dict[tuple[str, str], list[str]] = {}
        for each in sorted((each for each in standing if each.pending > 0), key=_soonest_first):
            moment = ("pending", self._formats.due(each.matures_at, view.zone)) if each.matures_at else _uncleared(each)
            coming.setdefault(moment, []).append(self._formats.amount(each.pending, each.asset))
        for (kind, when), amounts in coming.items():
            said = self._said(
                f"{kind}_more" if said else kind, said=said, amount=self._formats.together(amounts), when=when
            )
        return said

    def _said(self, what: str, **figures: Any) -> str:
        """A headline; `why.of.…` has those that staff read."""
        return self._t(f"why.{'of.' if self._of_member else ''}{what}", **figures)

    def _card(self, judgement: Judgement, view: PurchaseView) -> OfferCard:
        t, formats = self._t, self._formats
        since = judgement.live_from
        version = t("why.version", version=judgement.version)
        if since is not None:
            version = t("why.version_since", version=judgement.version, day=formats.day(since, view.zone))
        short = judgement.granted is not None and judgement.wanted is not None and judgement.granted < judgement.wanted
        return OfferCard(
            name=judgement.names.get(t.language, judgement.offer_code),
            version=version,
            rate=self._rate(judgement, view),
            gain=formats.gain(judgement.amount, judgement.asset) if judgement.amount > 0 else "",
            status=statuses.of_judgement(judgement),
            lines=self._lines(judgement),
            budget=""
            if not short
            else t(
                "trace.budget",
                granted=formats.amount(judgement.granted or 0, judgement.asset),
                wanted=formats.amount(judgement.wanted or 0, judgement.asset),
            ),
        )

    def _lines(self, judgement: Judgement) -> tuple[Line, ...]:
        """The trail; where every condition held and the reward came to nothing, that is what was missed."""
        said = [(entry, Line(bool(entry["ok"]), self._aloud(entry))) for entry in _worth_saying(judgement.trail)]
        if judgement.amount or not all(line.ok for _, line in said):
            return tuple(line for _, line in said)
        return tuple(self._too_small(entry) or line for entry, line in said)

    def _too_small(self, entry: dict[str, Any]) -> Line | None:
        """Of a reward by full steps: the purchase is smaller than one step."""
        if "per_minor" not in entry or entry.get("base_minor", 0) >= entry["per_minor"]:
            return None
        base, per = (self._formats.money(entry[name], entry["currency"]) for name in ("base_minor", "per_minor"))
        return Line(ok=False, text=self._t("why.below_step", base=base, per=per))

    def _rate(self, judgement: Judgement, view: PurchaseView) -> str:
        day = self._formats.day(view.purchased_at, view.zone)
        for entry in judgement.trail:
            if "rate_bps" in entry:
                return self._t("why.rate", day=day, rate=self._formats.tongue.rate(entry["rate_bps"]))
        return self._t("why.terms_of", day=day)

    def _aloud(self, entry: dict[str, Any]) -> str:
        if "offer" in entry:
            entry = entry | {"offer": self._names.get(entry["offer"], entry["offer"])}
        return typographic(read_aloud(entry, self._t.language, self._formats.tongue.assets, of_member=self._of_member))


def _soonest_first(judgement: Judgement) -> tuple[bool, float]:
    at = judgement.matures_at
    return at is None, judgement.hold_days if at is None else at.timestamp()


def _uncleared(judgement: Judgement) -> tuple[str, str]:
    """Before the collection no date is known; an offer without a hold has no return period to wait for."""
    return ("pending_uncleared" if judgement.hold_days else "pending_collection"), ""


def _money_first(judgement: Judgement) -> tuple[bool, str]:
    return judgement.asset.kind is not AssetKind.MONEY, judgement.asset.code


def _worth_saying(trail: Trail) -> Trail:
    """What a reward would have been is left out where a condition failed: it would read like a promise."""
    if all(entry["ok"] for entry in trail if entry["kind"] in CONDITIONS):
        return trail
    return [entry for entry in trail if not (entry["ok"] and entry["kind"] in REWARDS)]


def _before_offers(view: PurchaseView) -> list[dict[str, Any]]:
    state = PurchaseState(view.state)
    entries: list[dict[str, Any]] = []
    if state is PurchaseState.PARTLY_REFUNDED:
        figures = {"refunded_minor": view.given_back_minor, "net_minor": view.net_minor, "currency": view.currency}
        entries.append({"kind": "refunded", "ok": True, **figures})
    if not state.may_earn():
        entries.append({"kind": "purchase_state", "ok": False, "state": state.value})
    elif view.place.shop is None:
        entries.append({"kind": "shop_unknown", "ok": False})
    elif not view.judgements:
        entries.append({"kind": "no_offer", "ok": False})
    return entries
