"""One plan for one application: its quote, the layers that judge it, and what would be possible instead."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from eligibility.affordability import Afforded, afford
from eligibility.application import Application
from eligibility.card import Card
from eligibility.errors import PlanImpossible
from eligibility.hard_rules import Ruled, rule_plan
from eligibility.limits import cut_of, first_share_for, later_part_minor, most_minor, room_minor
from eligibility.policy import Policy
from eligibility.reading import plain
from eligibility.reasons import Reason, reason, with_something_to_do
from eligibility.regime import EXEMPT_DAYS, EXEMPT_DAYS_LARGE_ONLINE, Classified, Credit, classify
from eligibility.schedule import BPS, INSTALMENT_MIN_MINOR, Due, Lender, Terms, busiest_month, schedule
from eligibility.taeg import taeg_bps
from eligibility.usury import UsuryTable

EVERY_DAYS_MIN = 7
"""A counter-offer asks for no shorter interval."""
WHOLE_MINOR = 100
"""Counter-offers name whole units of the currency."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything a decision is made by; each part is named in the record with its SHA-256."""

    card: Card
    policy: Policy
    usury: UsuryTable
    challenger: Card | None = None
    """Scores the same features in shadow: it is recorded and decides nothing."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a plan would be, whoever asks: days, parts, cost, law. Amounts in minor units of the purchase's currency."""

    dues: tuple[Due, ...]
    total_cost_minor: int
    taeg_bps: int
    law: Classified
    busiest: int
    """Later instalments that meet in one month."""

    @property
    def last_due(self) -> date:
        """The day of the last instalment."""
        return self.dues[-1].due_on

    @property
    def later_minor(self) -> int:
        """Each instalment after the first."""
        return self.dues[-1].principal_minor

    @property
    def lent_minor(self) -> int:
        """What is owed once the first instalment is paid."""
        return self.later_minor * (len(self.dues) - 1)

    @property
    def burden_minor(self) -> int:
        """The most that falls due in a month."""
        return self.later_minor * self.busiest


@dataclass(frozen=True, slots=True)
class Standing:
    """The shopper, as far as plans are concerned. `score`: None while there is not enough history."""

    score: int | None
    history_reasons: tuple[Reason, ...]
    improve: tuple[Reason, ...]
    cap_minor: int
    ruled: tuple[Ruled, ...]


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """Something else that would be accepted as it stands: another amount, another share at once, or other days."""

    kind: str
    amount_minor: int
    terms: Terms

    def written(self) -> dict[str, Any]:
        """As it stands in a record."""
        return {"kind": self.kind, "amount_minor": self.amount_minor, "terms": plain(self.terms)}


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """The answer on one plan. `most_minor`: the largest amount with these terms; 0 if there is none."""

    terms: Terms
    quote: Quote | None
    eligible: bool
    reasons: tuple[Reason, ...]
    ruled: tuple[Ruled, ...]
    afforded: Afforded | None
    most_minor: int
    counter_offers: tuple[CounterOffer, ...] = ()


def quote_plan(application: Application, terms: Terms, *, insignificant_charges_bps: int = 0) -> Quote:
    """A plan's quote from the day of the purchase.

    Raises PlanImpossible: the amount cannot be divided so, or what is paid at once leaves nothing to lend.
    """
    purchase = application.purchase
    dues = schedule(purchase.amount_minor, terms, purchase.made_on)
    cost = sum(due.fee_minor for due in dues)
    law = classify(
        Credit(
            amount_minor=purchase.amount_minor,
            charges_minor=cost,
            concluded_on=purchase.made_on,
            supplied_on=purchase.supplied_on,
            last_due_on=dues[-1].due_on,
            third_party=terms.lender is Lender.PARTNER,
            assigned=terms.assigned,
            large_company=purchase.large_company,
            online=purchase.online,
        ),
        insignificant_charges_bps=insignificant_charges_bps,
    )
    rate = taeg_bps(purchase.made_on, purchase.amount_minor, dues)
    return Quote(dues, cost, rate, law, busiest_month(dues))


def try_quote(application: Application, policy: Policy, terms: Terms) -> Quote | Reason:
    """The quote, or why there is none."""
    try:
        return quote_plan(application, terms, insignificant_charges_bps=policy.figures.insignificant_charges_bps)
    except PlanImpossible as error:
        if error.code == "amount":
            return reason("instalment_too_small", minimum_minor=INSTALMENT_MIN_MINOR)
        return reason("plan_impossible")


def judge_plan(
    rulebook: Rulebook, application: Application, standing: Standing, terms: Terms, quote: Quote | Reason
) -> PlanAnswer:
    """The answer on one plan, without counter-offers: rules, history and score, means, limit, in that order."""
    common = [each.failed for each in standing.ruled if each.failed is not None]
    if isinstance(quote, Reason):
        return PlanAnswer(terms, None, False, with_something_to_do([*common, quote]), (), None, 0)
    policy = rulebook.policy.figures
    ruled = rule_plan(
        application,
        policy,
        rulebook.usury,
        terms,
        regime=quote.law.regime,
        last_due=quote.last_due,
        lent_minor=quote.lent_minor,
        taeg_bps=quote.taeg_bps,
    )
    room, starter, why = _room(rulebook, application, standing, quote)
    afforded = afford(application, policy, regime=quote.law.regime, starter=starter, burden_minor=quote.burden_minor)
    part = later_part_minor(terms, room, afforded.ceiling_minor, quote.busiest)
    most = min(most_minor(terms, part), policy.amount_max_minor) if part >= INSTALMENT_MIN_MINOR else 0
    reasons = [*common, *(each.failed for each in ruled if each.failed is not None), *why]
    if afforded.failed is not None:
        reasons.append(afforded.failed)
    if not why and quote.lent_minor > room:
        reasons.append(_over_limit(application, room, most, policy.amount_min_minor))
    told = with_something_to_do(reasons) if reasons else ()
    return PlanAnswer(terms, quote, not reasons, told, ruled, afforded, most)


def _room(
    rulebook: Rulebook, application: Application, standing: Standing, quote: Quote
) -> tuple[int, bool, tuple[Reason, ...]]:
    """What may be lent, whether it is the plan that needs no history, and why nothing may be."""
    policy = rulebook.policy.figures
    if standing.score is None:
        starter, amount = policy.starter, application.purchase.amount_minor
        fits = (
            starter is not None
            and len(quote.dues) == starter.count
            and amount <= starter.amount_max_minor
            and quote.dues[0].principal_minor * BPS >= amount * starter.first_share_bps
        )
        if starter is None or not fits:
            return 0, False, standing.history_reasons
        return max(starter.amount_max_minor - application.history.exposure_minor, 0), True, ()
    cut = cut_of(standing.score, policy)
    if cut is None:
        low = reason("score_too_low", score=standing.score, minimum=policy.cuts[-1].score_at_least)
        return 0, False, (low, *standing.improve)
    return room_minor(application, standing.cap_minor, cut), False, ()


def _over_limit(application: Application, room: int, most: int, least: int) -> Reason:
    if room > 0 and most >= least:
        return reason("over_limit", maximum_minor=most)
    exposure = application.history.exposure_minor
    return reason("limit_used", exposure_minor=exposure) if exposure else reason("over_limit", maximum_minor=most)


def variants(
    rulebook: Rulebook, application: Application, standing: Standing, answer: PlanAnswer
) -> Iterator[CounterOffer]:
    """What might be offered instead of a refused plan; each is judged anew before it is offered."""
    policy, amount, terms, quote = (
        rulebook.policy.figures, application.purchase.amount_minor, answer.terms, answer.quote,
    )  # fmt: skip
    if any(each.failed is not None and each.rule != "maximum" for each in standing.ruled) or quote is None:
        return
    codes = {each.code for each in answer.reasons}
    if codes & {"over_limit", "over_means", "amount_too_high"}:
        lower = answer.most_minor - answer.most_minor % WHOLE_MINOR
        if policy.amount_min_minor <= lower < amount:
            yield CounterOffer("lower_amount", lower, terms)
        most_part = answer.most_minor // terms.count
        share = first_share_for(amount, terms, most_part)
        if 0 < share <= policy.first_share_max_bps:
            yield CounterOffer("higher_first", amount, replace(terms, first_share_bps=share))
    if "needs_partner" in codes:
        purchase = application.purchase
        limit = EXEMPT_DAYS_LARGE_ONLINE if purchase.large_company and purchase.online else EXEMPT_DAYS
        every = (limit - (purchase.made_on - purchase.supplied_on).days) // (terms.count - 1)
        if EVERY_DAYS_MIN <= every <= EXEMPT_DAYS:
            yield CounterOffer("fewer_days", amount, replace(terms, every_days=every))
    starter = policy.starter
    if standing.score is None and starter is not None:
        offered = replace(terms, count=starter.count, first_share_bps=starter.first_share_bps)
        yield CounterOffer("starter", min(amount, starter.amount_max_minor), offered)
