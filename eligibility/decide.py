"""The decision: four layers in their order, one record, and its replay.

`decide` looks at its arguments and at nothing else, so the same application and rulebook give the same bytes for
ever. The bytes are sealed by whoever stores them; links between records are no part of a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from eligibility.affordability import AFFORDABILITY
from eligibility.application import Application, History
from eligibility.canonical import decode, digest, encode
from eligibility.characteristics import FEATURE_SET, Features, features_of
from eligibility.errors import OtherVersions, Unreadable
from eligibility.explain import Improvement, improvements
from eligibility.hard_rules import HARD_RULES, Ruled, rule_application
from eligibility.limits import LIMITS, cap_minor, cut_of
from eligibility.plans import CounterOffer, PlanAnswer, Quote, Rulebook, Standing, judge_plan, try_quote, variants
from eligibility.policy import Figures
from eligibility.reading import plain, read
from eligibility.reasons import WORDS, Reason, improve, reason
from eligibility.scoring import SCORE, score_part

FORMAT = 1
PLANS_MAX = 24
"""Plans of one application."""
SOURCES = frozenset({"purchases", "instalments"})
"""Whose freshness every application must tell."""


class Outcome(StrEnum):
    """What an application as a whole came to."""

    ELIGIBLE = "eligible"
    """At least one plan is open as it was asked for."""
    COUNTER_OFFER = "counter_offer"
    """None is, but something else is."""
    INSUFFICIENT_HISTORY = "insufficient_history"
    """Too little is known; this is no judgement and has no score."""
    REFUSED = "refused"
    """Nothing is open."""


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    """A score with what explains it. `band`: of the policy, "none" below its last cut."""

    value: int
    band: str
    card: str
    calibrated: bool
    top_reasons: tuple[str, ...]
    """Features that cost most points."""
    improvements: tuple[Improvement, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer and its record. `score` is None while there is not enough history."""

    outcome: Outcome
    score: ScoreAnswer | None
    plans: tuple[PlanAnswer, ...]
    expires_at: datetime
    record: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class _Assessed:
    standing: Standing
    features: Features
    points: list[int]
    better: tuple[Improvement, ...]
    plans: tuple[PlanAnswer, ...]


def decide(rulebook: Rulebook, application: Application) -> Decision:
    """Judge every plan that was asked for.

    Raises Unreadable: no plan or more than 24, two plans of one id, an amount of zero or less, an instant without
    its zone.
    """
    _check(application)
    found = _assess(rulebook, application)
    plans = tuple(
        answer if answer.eligible else replace(answer, counter_offers=_counters(rulebook, application, found, answer))
        for answer in found.plans
    )
    outcome = _outcome(found.standing, plans)
    value = _record(rulebook, application, found, plans, outcome)
    record = encode(value)
    score = None if found.standing.score is None else _score_answer(rulebook, found, value["score"])
    expires_at = application.as_of + timedelta(minutes=rulebook.policy.figures.quote_minutes)
    return Decision(outcome, score, plans, expires_at, record, digest(record))


def read_application(value: object) -> Application:
    """An application from its JSON object, as records hold it.

    Raises Unreadable: names the field.
    """
    return read(Application, value, "application")


def replay(rulebook: Rulebook, record: bytes) -> bytes:
    """The bytes that the same application gives today; identical to the record if nothing was changed.

    Raises OtherVersions: the rulebook or this library is not the one that the record names. Raises Unreadable: no
    record.
    """
    value = decode(record)
    if not isinstance(value, Mapping) or "application" not in value or "versions" not in value:
        raise Unreadable("no_record", "expected a decision record: an object with application and versions")
    mine = versions(rulebook)
    theirs = value["versions"]
    if theirs != mine:
        changed = sorted(name for name in mine if not isinstance(theirs, Mapping) or theirs.get(name) != mine[name])
        raise OtherVersions(
            "other_versions", f"the record was made by other versions of {', '.join(changed) or 'the parts'}"
        )
    return decide(rulebook, read_application(value["application"])).record


def versions(rulebook: Rulebook) -> dict[str, Any]:
    """Every version a decision depends on, as records name them."""
    challenger = rulebook.challenger
    return {
        "format": FORMAT,
        "hard_rules": HARD_RULES,
        "score": SCORE,
        "affordability": AFFORDABILITY,
        "limits": LIMITS,
        "features": FEATURE_SET,
        "words": WORDS,
        "card": {"id": rulebook.card.id, "sha256": rulebook.card.sha256},
        "challenger": None if challenger is None else {"id": challenger.id, "sha256": challenger.sha256},
        "policy": {"id": rulebook.policy.figures.id, "sha256": rulebook.policy.sha256},
        "usury": {"id": rulebook.usury.id, "sha256": rulebook.usury.sha256},
    }


def _check(application: Application) -> None:
    ids = [terms.id for terms in application.plans]
    if not 0 < len(ids) <= PLANS_MAX or len(set(ids)) != len(ids):
        raise Unreadable("plans", f"application.plans: expected 1 to {PLANS_MAX} plans with ids of their own")
    if application.purchase.amount_minor <= 0:
        raise Unreadable("amount", "application.purchase.amount_minor: expected more than zero")
    untold = SOURCES - {told.source for told in application.told}
    if untold:
        raise Unreadable("told", f"application.told: expected when {' and '.join(sorted(untold))} were read")
    if application.as_of.tzinfo is None:
        raise Unreadable("as_of", "application.as_of: expected an instant with its zone")


def _assess(rulebook: Rulebook, application: Application, *, explained: bool = True) -> _Assessed:
    """Everything but counter-offers. `explained`: with what would raise the score."""
    policy, history = rulebook.policy.figures, application.history
    quotes = [try_quote(application, rulebook.policy, terms) for terms in application.plans]
    cap = cap_minor(application, policy)
    features = features_of(
        history,
        amount_minor=application.purchase.amount_minor,
        instalment_minor=max((each.burden_minor for each in quotes if isinstance(each, Quote)), default=0),
        cap_minor=cap,
    )
    missing = _missing_history(history, policy)
    points = [] if missing else rulebook.card.points(features)
    score = None if missing else rulebook.card.score(points)
    better = () if missing or not explained else improvements(rulebook.card, points, history)
    standing = Standing(score, missing, tuple(map(improve, better)), cap, rule_application(application, policy))
    plans = tuple(
        judge_plan(rulebook, application, standing, terms, quote)
        for terms, quote in zip(application.plans, quotes, strict=True)
    )
    return _Assessed(standing, features, points, better, plans)


def _missing_history(history: History, policy: Figures) -> tuple[Reason, ...]:
    """The path to a score; empty if there is enough history."""
    visits = policy.history_visits_min - history.visits_total
    days = policy.history_days_min - history.days_linked
    found = []
    if visits > 0:
        found.append(reason("more_visits", visits=visits))
    if days > 0:
        found.append(reason("linked_longer", days=days))
    return tuple(found)


def _counters(
    rulebook: Rulebook, application: Application, found: _Assessed, answer: PlanAnswer
) -> tuple[CounterOffer, ...]:
    """What would be accepted instead: each is judged as if it had been asked for, alone."""
    kept = []
    for offer in variants(rulebook, application, found.standing, answer):
        asked = replace(
            application,
            purchase=replace(application.purchase, amount_minor=offer.amount_minor),
            plans=(offer.terms,),
        )
        if _assess(rulebook, asked, explained=False).plans[0].eligible:
            kept.append(offer)
    return tuple(kept)


def _outcome(standing: Standing, plans: tuple[PlanAnswer, ...]) -> Outcome:
    if any(answer.eligible for answer in plans):
        return Outcome.ELIGIBLE
    if any(answer.counter_offers for answer in plans):
        return Outcome.COUNTER_OFFER
    hard = any(each.failed is not None for each in standing.ruled)
    return Outcome.INSUFFICIENT_HISTORY if standing.score is None and not hard else Outcome.REFUSED


def _score_answer(rulebook: Rulebook, found: _Assessed, part: dict[str, Any]) -> ScoreAnswer:
    cut = cut_of(part["score"], rulebook.policy.figures)
    return ScoreAnswer(
        value=part["score"],
        band="none" if cut is None else cut.band,
        card=rulebook.card.id,
        calibrated=rulebook.card.written.calibrated,
        top_reasons=tuple(part["reasons"]),
        improvements=found.better,
    )


def _record(
    rulebook: Rulebook, application: Application, found: _Assessed, plans: tuple[PlanAnswer, ...], outcome: Outcome
) -> dict[str, Any]:
    challenger = rulebook.challenger
    scored = found.standing.score is not None
    shadow = score_part(challenger, challenger.points(found.features)) if challenger is not None and scored else None
    return {
        "application": plain(application),
        "automated": True,
        "challenger": shadow,
        "features": found.features,
        "legal_basis": rulebook.policy.figures.legal_basis,
        "limit": {"cap_minor": found.standing.cap_minor},
        "outcome": outcome.value,
        "plans": [_plan(answer) for answer in plans],
        "rules": _trace(found.standing.ruled),
        "score": score_part(rulebook.card, found.points) | {"improvements": [each.written() for each in found.better]}
        if scored
        else {"missing": [each.written() for each in found.standing.history_reasons]},
        "versions": versions(rulebook),
    }


def _trace(ruled: tuple[Ruled, ...]) -> list[list[Any]]:
    return [[each.rule, each.failed is None] for each in ruled]


def _plan(answer: PlanAnswer) -> dict[str, Any]:
    quote, afforded = answer.quote, answer.afforded
    value: dict[str, Any] = {
        "id": answer.terms.id,
        "eligible": answer.eligible,
        "reasons": [each.written() for each in answer.reasons],
        "counter_offers": [each.written() for each in answer.counter_offers],
        "most_minor": answer.most_minor,
    }
    if quote is not None and afforded is not None:
        value |= {
            "schedule": [[due.due_on.isoformat(), due.principal_minor, due.fee_minor] for due in quote.dues],
            "total_cost_minor": quote.total_cost_minor,
            "taeg_bps": quote.taeg_bps,
            "regime": quote.law.regime.value,
            "articles": list(quote.law.articles),
            "against": list(quote.law.against),
            "lender_of_record": answer.terms.lender.value,
            "rules": _trace(answer.ruled),
            "affordability": {
                "by": afforded.by,
                "ceiling_minor": afforded.ceiling_minor,
                "burden_minor": quote.burden_minor,
            },
        }
    return value
