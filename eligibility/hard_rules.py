"""Layer 1: hard rules. Each is passed or failed, whatever the score says; the trace of all of them is in the record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from eligibility.application import Application, FicpStatus
from eligibility.policy import Figures
from eligibility.reasons import Reason, reason
from eligibility.regime import Regime
from eligibility.schedule import Lender, Terms
from eligibility.usury import UsuryTable

HARD_RULES = "hard-rules-1"


@dataclass(frozen=True, slots=True)
class Ruled:
    """One rule and, if it failed, why."""

    rule: str
    failed: Reason | None


def rule_application(application: Application, policy: Figures) -> tuple[Ruled, ...]:
    """The rules on the shopper and the purchase, all of them, in their order."""
    return (*_on_purchase(application, policy), *_on_shopper(application, policy))


def _on_purchase(application: Application, policy: Figures) -> Iterator[Ruled]:
    purchase = application.purchase
    low, high = policy.amount_min_minor, policy.amount_max_minor
    yield Ruled(
        "currency",
        None if purchase.currency == policy.currency else reason("currency_refused", currency=policy.currency),
    )
    yield Ruled("minimum", None if purchase.amount_minor >= low else reason("amount_too_low", minimum_minor=low))
    yield Ruled("maximum", None if purchase.amount_minor <= high else reason("amount_too_high", maximum_minor=high))
    yield Ruled("category", reason("category_refused") if purchase.category in policy.categories_refused else None)


def _on_shopper(application: Application, policy: Figures) -> Iterator[Ruled]:
    history, now = application.history, application.as_of
    yield Ruled("of_age", None if application.of_age else reason("not_of_age"))
    yield Ruled("country", None if application.country in policy.countries else reason("country_refused"))
    yield Ruled("fresh", _stale(application, policy))
    yield Ruled("arrears", reason("in_arrears") if history.in_arrears else None)
    many = history.plans_active >= policy.plans_active_max
    yield Ruled("plans_active", reason("too_many_plans", active=history.plans_active) if many else None)
    yield Ruled("one_plan_a_day", _wait("wait_after_plan", history.last_plan_at, policy.hours_between_plans, now))
    yield Ruled("after_refusal", _wait("wait_after_refusal", history.last_refusal_at, policy.hours_after_refusal, now))


def _stale(application: Application, policy: Figures) -> Reason | None:
    limit = timedelta(hours=policy.hours_fresh)
    old = [told.source for told in application.told if application.as_of - told.read_at > limit]
    return reason("stale_inputs", source=min(old), hours=policy.hours_fresh) if old else None


def _wait(code: str, since: datetime | None, hours: int, now: datetime) -> Reason | None:
    if since is None or now - since >= timedelta(hours=hours):
        return None
    return reason(code, until=(since + timedelta(hours=hours)).isoformat())


def rule_plan(
    application: Application,
    policy: Figures,
    usury: UsuryTable,
    terms: Terms,
    *,
    regime: Regime,
    last_due: date,
    lent_minor: int,
    taeg_bps: int,
) -> tuple[Ruled, ...]:
    """The rules on one plan: its card, its law, its cost. `taeg_bps`: as `taeg.taeg_bps` reckons it."""
    instrument = application.instrument
    short = instrument.expires_on < last_due
    alone = regime.is_credit and terms.lender is Lender.MERCHANT
    return (
        Ruled("prepaid", reason("card_prepaid") if instrument.prepaid else None),
        Ruled("card_expiry", reason("card_expires", last_due=last_due.isoformat()) if short else None),
        Ruled("authentication", None if instrument.strong_authentication else reason("no_strong_authentication")),
        Ruled("regime", None if regime in policy.regimes else reason("regime_refused", regime=regime.value)),
        Ruled("lender", reason("needs_partner") if alone else None),
        Ruled("usury", _usury(usury, application.purchase.made_on, lent_minor, taeg_bps)),
        Ruled("ficp", _ficp(application, policy) if regime.is_credit else None),
    )


def _usury(usury: UsuryTable, concluded_on: date, lent_minor: int, taeg_bps: int) -> Reason | None:
    if taeg_bps == 0:
        return None
    limit = usury.rate_bps(lent_minor, concluded_on)
    if limit is None:
        return reason("usury_unknown")
    return reason("usury_exceeded", taeg_bps=taeg_bps, limit_bps=limit) if taeg_bps > limit else None


def _ficp(application: Application, policy: Figures) -> Reason | None:
    answer = application.ficp
    if answer is None or answer.status is FicpStatus.UNAVAILABLE:
        return reason("ficp_missing")
    refused = answer.status is FicpStatus.LISTED and policy.ficp_listed_refuses
    return reason("ficp_listed") if refused else None
