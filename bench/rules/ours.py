"""Our own side, as the engine does it: whole histories, facts, first purchases, limits, competition, trails."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cashback.offers.compiled import CompiledOffer
from cashback.offers.entitlements import judge
from cashback.offers.explanation import explain
from cashback.offers.kinds import Person, Visits
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import History, Spend


@dataclass(frozen=True, slots=True)
class Case:
    """One purchase as a stateless engine gets it: what the index found for it, and whether it is the first."""

    spend: Spend
    history: History
    first: bool
    candidates: list[CompiledOffer]
    matches: set[int]
    """Numbers of the offers whose conditions hold, without limits and competition."""


def microseconds(work: Callable[[], object], times: int) -> float:
    """Processor time of one of so many things that `work` does, in microseconds."""
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    work()
    spent = time.process_time() - begin
    gc.unfreeze()
    return spent / times * 1e6


def judged(book: OfferBook, histories: Sequence[History]) -> None:
    """Every purchase walked through once: histories, facts, limits, competition. Without reasons: peers give none."""
    judge(histories, book, {}, reasons=False)


def told(book: OfferBook, histories: Sequence[History]) -> None:
    """The same, and every reward with its trail."""
    judge(histories, book, {})


def explained(book: OfferBook, histories: Sequence[History]) -> None:
    """Every offer of the place and of any segment, for every purchase, with all its conditions."""
    for history in histories:
        explain(history, {spend.purchase_id for spend in history.spends}, book, {})


def cases_of(book: OfferBook, histories: Sequence[History]) -> list[Case]:
    """The purchases one by one, with what our own conditions say of each candidate."""
    found = []
    for history in histories:
        person = Person(history.facts, Visits(book.looks_back))
        for nth, spend in enumerate(history.spends):
            candidates = _found(book, spend, history)
            matches = {number_of(each) for each in candidates if _matches(each, spend, person)}
            found.append(Case(spend, history, nth == 0, candidates, matches))
            person.visits.add(spend)
    return found


def _matches(offer: CompiledOffer, spend: Spend, person: Person) -> bool:
    return offer.matches(spend) and offer.concerns(person.facts, spend.purchased_at) and offer.fits(spend, person)


def _found(book: OfferBook, spend: Spend, history: History) -> list[CompiledOffer]:
    """What stands under the place and everywhere at the time, without offers of no place that ask another shopper."""
    return [
        offer
        for offer in book.candidates(spend)
        if offer.keys is not None or offer.concerns(history.facts, spend.purchased_at)
    ]


def number_of(offer: CompiledOffer) -> int:
    """The place of an offer in the list it was made in."""
    return int(offer.code.rpartition("-")[2])
