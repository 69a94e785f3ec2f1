"""The same offers in two rule engines of the open: zen-engine (Rust) and rule-engine (Python), each compiled once.

They answer the stateless part alone: which offers' conditions hold. The context of a purchase is made once, with local
time and the shopper's segments already looked up; making it counts.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta
from typing import Any

import msgspec
import rule_engine
import zen

from bench.rules.generate import WEEKDAYS, ZONE
from bench.rules.ours import Case, number_of
from cashback.offers.compiled import OfferVersion
from cashback.offers.conditions.hours import Hours
from cashback.offers.conditions.spend import MinimumSpend
from cashback.offers.conditions.visits import NthPurchase
from cashback.offers.conditions.when import Dates, Weekdays
from cashback.offers.conditions.where import Centres, Shops
from cashback.offers.conditions.who import Segments
from cashback.offers.periods import midnight
from cashback.offers.schemas import FactKind


def context_of(case: Case) -> dict[str, Any]:
    """What the expressions name."""
    spend = case.spend
    clock = spend.purchased_at.astimezone(ZONE)
    return {
        "amount": spend.net_minor,
        "at": int(spend.purchased_at.timestamp()),
        "weekday": clock.weekday(),
        "minute": clock.hour * 60 + clock.minute,
        "shop": spend.shop_id.int - 2_000_000 if spend.shop_id else 0,
        "centre": spend.centre_id.int - 1_000_000 if spend.centre_id else 0,
        "first": case.first,
        "segments": case.history.facts.values(FactKind.SEGMENT, spend.purchased_at),
    }


def expression_of(offer: OfferVersion) -> str:
    """The conditions in the words that both languages share, what rules most out first."""
    parts: dict[int, str] = {}
    for each in offer.terms.conditions:
        match each:
            case MinimumSpend():
                parts[0] = f"amount >= {each.amount}"
            case Weekdays():
                days = ", ".join(str(WEEKDAYS.index(day)) for day in each.weekdays)
                parts[1] = f"weekday in [{days}]"
            case Hours():
                spans = [span for hours in each.ranges for span in hours.spans()]
                parts[2] = _either(f"(minute >= {begin} and minute < {end})" for begin, end in spans)
            case NthPurchase():
                parts[3] = "first == true"
            case Segments():
                parts[4] = _either(f'"{segment}" in segments' for segment in each.segments)
            case Dates(first_day=first, last_day=last) if first is not None and last is not None:
                begin, end = midnight(first, ZONE), midnight(last + timedelta(days=1), ZONE)
                parts[5] = f"at >= {int(begin.astimezone(UTC).timestamp())} and at < {int(end.timestamp())}"
            case Centres():
                parts[6] = f"centre in [{_numbers(each.centres)}]"
            case Shops():
                parts[7] = f"shop in [{_numbers(each.shops)}]"
            case _:
                raise ValueError(f"no expression for {each.kind} of {offer.code}")
    return " and ".join(parts[place] for place in sorted(parts))


def _either(parts: Iterable[str]) -> str:
    return f"({' or '.join(parts)})"


def _numbers(codes: Iterable[str]) -> str:
    return ", ".join(code.rpartition("-")[2] for code in codes)


class Peer(ABC):
    """An engine with all offers compiled, by their numbers."""

    @abstractmethod
    def matches(self, case: Case, offers: Iterable[int]) -> set[int]:
        """The numbers of those whose conditions hold."""

    def behind_the_index(self, cases: Sequence[Case], candidates: Sequence[list[int]]) -> None:
        """Every purchase against what the index found for it."""
        for case, numbers in zip(cases, candidates, strict=True):
            self.matches(case, numbers)

    def naive(self, cases: Sequence[Case], offers: Sequence[int]) -> None:
        """Every purchase against every offer."""
        for case in cases:
            self.matches(case, offers)

    def mismatches(self, cases: Sequence[Case], offers: Sequence[int] | None = None) -> int:
        """Purchases for which the engine finds other offers than ours does."""
        return sum(
            1
            for case in cases
            if self.matches(case, [number_of(each) for each in case.candidates] if offers is None else offers)
            != case.matches
        )


class Zen(Peer):
    """zen-engine: compiled expressions over one JSON document, which it takes faster as bytes than as a dict."""

    def __init__(self, offers: Sequence[OfferVersion]) -> None:
        self._compiled = [zen.compile_expression(expression_of(each)) for each in offers]

    def matches(self, case: Case, offers: Iterable[int]) -> set[int]:
        """One evaluation an offer."""
        context, compiled = msgspec.json.encode(context_of(case)), self._compiled
        return {number for number in offers if compiled[number].evaluate(context)}


class RuleEngine(Peer):
    """rule-engine: typed rules over a dict; segments are a set."""

    def __init__(self, offers: Sequence[OfferVersion]) -> None:
        kind = rule_engine.DataType
        types = {
            **dict.fromkeys(("amount", "at", "weekday", "minute", "shop", "centre"), kind.FLOAT),
            "first": kind.BOOLEAN,
            "segments": kind.SET(kind.STRING),
        }
        typed = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(types))
        self._compiled = [rule_engine.Rule(expression_of(each), context=typed) for each in offers]

    def matches(self, case: Case, offers: Iterable[int]) -> set[int]:
        """One evaluation an offer."""
        context, compiled = context_of(case), self._compiled
        context["segments"] = set(context["segments"])
        return {number for number in offers if compiled[number].matches(context)}
