"""One version of one offer made ready: tests in order, counts, limits, the reward, and the explanation of all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from typing import Any
from uuid import UUID

from cashback.offers.conditions.clock import ClockKind
from cashback.offers.conditions.who import Activated
from cashback.offers.funding import explained, funded, payers
from cashback.offers.holdout import held_out
from cashback.offers.kinds import (
    ALWAYS,
    FOR_EVER,
    NEVER,
    SINCE_EVER,
    ConditionKind,
    IndexKeys,
    Person,
    PersonalExplainer,
    PersonalKind,
    PersonalTest,
    Surroundings,
    TalliedKind,
    Tally,
    Test,
    TrailEntry,
    Visits,
)
from cashback.offers.limits import TOTAL, Count, Limit, count_of, draw
from cashback.offers.marks import ANYBODY
from cashback.offers.schemas import NOTHING_SAID, Draw, Facts, Spend, Trail
from cashback.offers.terms import Terms
from cashback.offers.uncertainty import Made, made, order_sure, same_period, unsure

SELECTIVITY = ("shop", "brand", "centre", "category")
"""Dimensions of the index, the most selective first; an offer stands under the first one that it has."""

NOBODY = Person(NOTHING_SAID, Visits())
"""Of whom nothing is known."""

Row = tuple[bytes, int, tuple[Test, ...], tuple[Test, ...], "CompiledOffer"]
"""The clock, the marks of which the shopper has one, the tests where the clock holds throughout the hour, the tests
where it holds in part, the offer. The tests are those of a purchase whose time is certain."""
_Step = Callable[[Spend, Person, Sequence[Tally]], TrailEntry]


@dataclass(frozen=True, slots=True)
class OfferVersion:
    """One immutable version and the half-open interval in which purchases are judged by it."""

    offer_id: UUID
    code: str
    version: int
    terms: Terms
    live_from: datetime | None
    """Aware UTC; None: since ever."""
    live_until: datetime | None
    """Aware UTC, excluded; None: still live."""


class CompiledOffer:
    """One version made ready. The explanation of it is prepared when it is first asked for."""

    __slots__ = (
        "_around",
        "_explain_reward",
        "_steps",
        "_tests",
        "_undecidable",
        "_unsure_tests",
        "asset",
        "budgeted",
        "clock",
        "closes",
        "code",
        "counts",
        "counts_from",
        "group",
        "hold",
        "holdout_bps",
        "in_favour",
        "keys",
        "least_minor",
        "limits",
        "live_from",
        "live_until",
        "looks_back",
        "multiplies",
        "offer_id",
        "opens",
        "paid_by",
        "personal",
        "personal_tests",
        "plain",
        "priority",
        "reckon",
        "remembers",
        "row",
        "shared",
        "stacks_as",
        "tallies",
        "terms",
        "version",
    )

    def __init__(self, offer: OfferVersion, around: Surroundings, born: datetime) -> None:
        terms = offer.terms
        self._around = around
        self._steps: tuple[_Step, ...] | None = None
        self.offer_id, self.code, self.version, self.terms = offer.offer_id, offer.code, offer.version, terms
        self.asset = terms.reward.asset
        self.hold = timedelta(days=terms.hold_days)
        self.live_from = offer.live_from or SINCE_EVER
        self.live_until = offer.live_until or FOR_EVER
        personal = [each for each in terms.conditions if isinstance(each, PersonalKind)]
        tallied = [each for each in terms.conditions if isinstance(each, TalliedKind)]
        self.personal = bool(personal)
        """Whether what is said of the shopper, or what they bought before, decides."""
        self.tallies = tuple([each.tally(around) for each in tallied])
        self.counts_from = born if self.tallies else self.live_from
        spans = [condition.span(around) for condition in terms.conditions]
        self.opens = max((self.counts_from, *(begin for begin, _ in spans)))
        self.closes = min((self.live_until, *(end for _, end in spans)))
        self.keys = _most_selective(keys for keys in (each.index_keys(around) for each in terms.conditions) if keys)
        self.paid_by = payers(terms.funding)
        """Who funds the reward of a purchase; None: the operator alone."""
        marks = self._prepare_personal_tests(personal)
        self._prepare_tests(
            [each for each in terms.conditions if not isinstance(each, PersonalKind | TalliedKind)], marks
        )
        self.reckon = terms.reward.reckoner()
        self.multiplies = terms.reward.multiplies()
        self.limits: tuple[tuple[Limit, Count], ...] = tuple(
            (each, count_of(each)) for each in terms.limits if not each.per.shared
        )
        self.counts: tuple[Count, ...] = tuple(count for _, count in self.limits)
        self.shared = tuple(each for each in terms.limits if each.per.shared)
        self.budgeted = terms.budget is not None or bool(self.shared)
        levels = [each.looks_back() for each in personal]
        self.looks_back = tuple([level for level in levels if level is not None])
        """How far around a purchase earlier ones are looked for."""
        self.remembers = bool(self.tallies or self.limits or self.looks_back)
        self.holdout_bps = terms.holdout_bps
        kind = "multiplier" if self.multiplies else "asset"
        self.group = f"{kind}:{self.asset}" if terms.group is None else f"group:{terms.group}"
        self.plain = not (self.tallies or self.multiplies or self.limits or self.budgeted or self.holdout_bps)
        """Whether it gives what its reward says whenever its conditions hold."""
        self.stacks_as = terms.stacks_as
        self.priority = terms.priority

    def _prepare_personal_tests(self, conditions: Sequence[PersonalKind]) -> int:
        """The tests of the shopper that their marks do not answer; returns the marks of which they must have one."""
        wanted: int | None = None
        left = []
        for each in conditions:
            asked = each.one_of()
            if wanted is None and asked is not None:
                wanted = self._around.marks.wanted(*asked)
                if wanted is not None:
                    continue
            left.append(self._personal_test(each))
        self.personal_tests: tuple[PersonalTest, ...] = tuple(left)
        return ANYBODY if wanted is None else wanted

    def _prepare_tests(self, conditions: Sequence[ConditionKind], marks: int) -> None:
        """The tests of the purchase by itself, and what of them can be known before any of them is asked."""
        around = self._around
        clocks = [each.clock() for each in conditions]
        tests = [each.certain_test(around) for each in conditions]
        paid = () if self.paid_by is None or not around.pauses else (funded(self.paid_by, around.pauses),)
        always = (self.terms.reward.test(around), *paid)
        self._tests: tuple[Test, ...] = (*tests, *always)
        of_clock = [each for each in conditions if isinstance(each, ClockKind)]
        self.in_favour = any(each.in_favour for each in of_clock)
        """Whether a condition takes an uncertain time in the shopper's favour."""
        self._unsure_tests = self._tests if not of_clock else (*(each.test(around) for each in conditions), *always)
        self._undecidable = tuple(each.undecidable(around) for each in of_clock)
        keys = [each.index_keys(around) for each in conditions]
        told = [
            each.told_by_index(around) or (key is not None and key == self.keys)
            for each, key in zip(conditions, keys, strict=True)
        ]
        asked = [each for each in zip(tests, clocks, told, strict=True) if not each[2]]
        left = (*(test for test, _, _ in asked), *paid)
        left_off_clock = (*(test for test, clock, _ in asked if clock is None), *paid)
        self.clock = reduce(_together, [each for each in clocks if each is not None], ALWAYS)
        """Of each hour of the local week, whether the conditions that go by the clock hold."""
        self.least_minor = max([each.least_minor() for each in conditions], default=0)
        """Net below which no purchase matches."""
        self.row: Row = (self.clock, marks, left_off_clock, left, self)
        """What the index asks: the clock, the shopper's marks, and the tests that nothing before has answered."""

    def live(self, at: datetime) -> bool:
        """Whether this version judges a purchase made at an instant."""
        return self.live_from <= at < self.live_until

    def matches(self, spend: Spend) -> bool:
        """Whether the purchase by itself meets every condition; who bought, and what else, is asked apart."""
        tests = self._tests if spend.purchased_until is None else self._unsure_tests
        for test in tests:  # noqa: SIM110 - a generator would double the cost of the hottest loop
            if not test(spend):
                return False
        return True

    def possible_unsure(self, at: datetime) -> bool:
        """Whether a purchase of which only the earliest instant is given can match.

        A range of days may hold in the shopper's favour although it does not include that instant.
        """
        if self.in_favour:
            return self.counts_from <= at < self.live_until
        return self.opens <= at < self.closes

    def undecidable(self, spend: Spend) -> bool:
        """Whether the time of a purchase is not told precisely enough for one of the conditions."""
        return any(each(spend) for each in self._undecidable)

    def fits(self, spend: Spend, person: Person) -> bool:
        """Whether the shopper meets every condition that their marks do not answer."""
        for test in self.personal_tests:  # noqa: SIM110
            if not test(spend, person):
                return False
        return True

    def concerns(self, facts: Facts, at: datetime) -> bool:
        """Whether a shopper of whom this is said can meet it at that time, wherever they buy."""
        return all(each.concerns(facts, at) for each in self.terms.conditions if isinstance(each, PersonalKind))

    def holds_out(self, operator_id: UUID, shopper_id: UUID) -> bool:
        """Whether the shopper is in the group that does not receive this offer."""
        return self.holdout_bps > 0 and held_out(operator_id, self.code, self.holdout_bps, shopper_id)

    def draws(self, spend: Spend) -> tuple[Draw, ...]:
        """The quotas that a reward of this purchase is drawn from."""
        budget = self.terms.budget
        total = () if budget is None else (Draw(TOTAL, budget, times=False, whole=False),)
        return (*total, *(draw(limit, spend, self._around) for limit in self.shared))

    def trail(
        self, spend: Spend, person: Person = NOBODY, tallies: Sequence[Tally] | None = None, base: int | None = None
    ) -> Trail:
        """One entry per condition in the order of the terms, then one of the reward, reckoned from `base`."""
        if self._steps is None:
            self._steps = tuple(self._explained())
            self._explain_reward = self.terms.reward.explainer(self._around)
        counted = [make() for make in self.tallies] if tallies is None else tallies
        trail = [step(spend, person, counted) for step in self._steps]
        trail.append(self._explain_reward(spend, spend.net_minor if base is None else base))
        if spend.purchased_until is not None and not self._live_throughout(made(spend)):
            trail.append(unsure({"kind": "live", "ok": True}, spend, self._around.zone(spend.centre_id)))
        return trail

    def order_sure(self, spend: Spend, person: Person) -> bool:
        """Whether it is known which of the purchases that this offer looks at came before."""
        return order_sure(spend, person, self.matches)

    def _live_throughout(self, when: Made) -> bool:
        return self.live_from <= when.first and when.last < self.live_until

    def _personal_test(self, condition: PersonalKind) -> PersonalTest:
        if isinstance(condition, Activated):
            return condition.for_offer(self.code, self._around)[0]
        return condition.personal_test(self._around)

    def _personal_explainer(self, condition: PersonalKind) -> PersonalExplainer:
        if isinstance(condition, Activated):
            return condition.for_offer(self.code, self._around)[1]
        return condition.personal_explainer(self._around)

    def _explained(self) -> Iterable[_Step]:
        place = 0
        for condition in self.terms.conditions:
            if isinstance(condition, TalliedKind):
                yield self._counted(place, condition)
                place += 1
            elif isinstance(condition, PersonalKind):
                yield _of_person(self._personal_explainer(condition))
            else:
                yield _of_spend(condition.explainer(self._around))
        if self.paid_by is not None and self._around.pauses:
            yield _of_spend(explained(self.paid_by, self._around.pauses))

    def _counted(self, place: int, condition: TalliedKind) -> _Step:
        around, counted_by = self._around, condition.counted_by()

        def step(spend: Spend, person: Person, tallies: Sequence[Tally]) -> TrailEntry:
            zone = around.zone(spend.centre_id)
            entry = tallies[place].entry(spend.purchased_at, zone)
            sure = all(same_period(each, spend, zone) for each in counted_by) and self.order_sure(spend, person)
            return entry if sure else unsure(entry, spend, zone)

        return step


def _of_person(explain: PersonalExplainer) -> _Step:
    return lambda spend, person, _: explain(spend, person)


def _of_spend(explain: Callable[[Spend], dict[str, Any]]) -> _Step:
    return lambda spend, _, __: explain(spend)


@lru_cache(maxsize=65_536)
def _together(one: bytes, other: bytes) -> bytes:
    """The clock of two conditions; kept, because most offers share one of a few clocks."""
    return bytes([NEVER if NEVER in pair else max(pair) for pair in zip(one, other, strict=True)])


def _most_selective(found: Iterable[IndexKeys]) -> IndexKeys | None:
    return min(found, key=lambda keys: SELECTIVITY.index(keys.dimension), default=None)
