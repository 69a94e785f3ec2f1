"""The sets of offers that are judged beside one another: the programme as it ran, and with the new offer in it.

What an offer gives can depend on another offer in three ways only: they stand in one group, one multiplies the other,
or they are versions of one offer. So only the offers that are tied to the new one, at one remove or more, are judged
twice; for all others both answers are the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cashback.offers.compiled import CompiledOffer, OfferVersion
from cashback.offers.kinds import FOR_EVER, SINCE_EVER
from cashback.offers.matcher import OfferBook
from cashback.offers.periods import Period
from cashback.offers.terms import Terms
from cashback.rewards.snapshot import Snapshot

NEW = UUID(int=1)
"""The id of a new offer while it is tried."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is judged. `numbers` gives each offer a small number; the new one has 0."""

    new: CompiledOffer
    alone: OfferBook
    without: OfferBook
    """The offers tied to the new one, as they ran."""
    joined: OfferBook
    """The same with the new one among them."""
    beside: OfferBook
    """All others: they are neither helped nor hurt."""
    quoted: OfferBook
    """Those tied to the new one that have quotas, by themselves: no more than they want here is ever asked for."""
    replaces: bool
    """Whether the code runs already: then the new terms stand in the place of those of the interval."""
    numbers: dict[UUID, int]
    codes: tuple[str, ...]
    assets: tuple[str, ...]
    """By number."""

    @property
    def narrow(self) -> bool:
        """Whether a shopper for whom the new offer does nothing sees no difference at all."""
        return self.new.multiplies is None and not self.replaces

    def all_joined(self, snapshot: Snapshot) -> OfferBook:
        """The whole programme with the new offer in it."""
        return _book(snapshot, [*self.joined.offers, *self.beside.offers])

    @property
    def reach(self) -> Period | None:
        """How far around a purchase that the new offer rewards anything can differ; None: at that purchase alone.

        Without conditions that count or look back, purchases depend on each other through limits only, and those begin
        anew with each period.
        """
        offers = (*self.joined.offers, *self.without.offers)
        periods = {limit.period for offer in offers for limit, _ in offer.limits}
        periods |= {count.period for book in (self.joined, self.without) for of in book.counts.values() for count in of}
        if not self.narrow or any(offer.tallies or offer.looks_back for offer in offers):
            return Period.LIFE
        if not periods:
            return None
        # A week may lie in two months: beside a longer period only all of time holds both.
        if Period.WEEK in periods and periods & {Period.MONTH, Period.YEAR}:
            return Period.LIFE
        return max(periods, key=list(Period).index)

    @property
    def everything(self) -> tuple[OfferBook, ...]:
        """All of them."""
        return self.alone, self.without, self.joined, self.beside

    @property
    def remembers(self) -> bool:
        """Whether what was bought before the interval may decide anything in it."""
        return any(each.remembers for each in self.everything)

    @property
    def personal(self) -> bool:
        """Whether what is said of shoppers decides anything."""
        return any(each.personal for each in self.everything)

    @property
    def by_itself(self) -> bool:
        """Whether no offer is tied to the new one."""
        return not self.without.offers


def make_books(snapshot: Snapshot, code: str, terms: Terms, since: datetime | None, until: datetime | None) -> Books:
    """The books in which an offer of this code was live over an interval; one that runs under the code steps aside."""
    held = snapshot.book.offers
    same = [each for each in held if each.code == code]
    offer_id = same[0].offer_id if same else NEW
    version = max((each.version for each in same), default=0) + 1
    around = snapshot.book.around
    begin, end = since or SINCE_EVER, until or FOR_EVER
    born = min([begin, *(each.counts_from if each.tallies else each.live_from for each in same)])
    new = CompiledOffer(OfferVersion(offer_id, code, version, terms, since, until), around, born if same else begin)
    others = [each for each in held if each.code != code]
    tied = _tied(new, [*others, *same])
    live = [each for each in held if each.offer_id in tied or each.code == code]
    stepping = [part for each in same for part in _outside(snapshot, each, begin, end)]
    joined = [*(each for each in live if each.code != code), *stepping, new]
    beside = [each for each in others if each.offer_id not in tied]
    ids = list(dict.fromkeys([offer_id, *(each.offer_id for each in held)]))
    named = {each.offer_id: each for each in (*held, new)}
    return Books(
        new=new,
        alone=_book(snapshot, [new]),
        without=_book(snapshot, live),
        joined=_book(snapshot, joined),
        beside=_book(snapshot, beside),
        quoted=_book(snapshot, [each for each in live if each.budgeted]),
        replaces=bool(same),
        numbers={each: number for number, each in enumerate(ids)},
        codes=tuple(named[each].code for each in ids),
        assets=tuple(named[each].asset for each in ids),
    )


def _book(snapshot: Snapshot, offers: Iterable[CompiledOffer]) -> OfferBook:
    held = snapshot.book
    ordered = sorted(offers, key=lambda offer: (offer.code, offer.version))
    return OfferBook(ordered, held.around, operator_id=held.operator_id, holdout_bps=held.holdout_bps, worth=held.worth)


def _outside(snapshot: Snapshot, offer: CompiledOffer, begin: datetime, end: datetime) -> list[CompiledOffer]:
    """The parts of a version before and after an interval."""
    whole = OfferVersion(offer.offer_id, offer.code, offer.version, offer.terms, offer.live_from, offer.live_until)
    parts = (
        replace(whole, live_until=min(offer.live_until, begin)),
        replace(whole, live_from=max(offer.live_from, end)),
    )
    return [
        CompiledOffer(part, snapshot.book.around, offer.counts_from if offer.tallies else offer.live_from)
        for part in parts
        if (part.live_from or SINCE_EVER) < (part.live_until or FOR_EVER)
    ]


def _tied(new: CompiledOffer, others: Sequence[CompiledOffer]) -> set[UUID]:
    """The offers whose reward may depend on the new one."""
    tied = {new.offer_id}
    grown = True
    while grown:
        inside = [each for each in (new, *others) if each.offer_id in tied]
        groups = {each.group for each in inside}
        codes = {each.code for each in inside}
        bases = {each.multiplies for each in inside if each.multiplies is not None}
        found = {
            each.offer_id
            for each in others
            if each.group in groups or each.code in bases or (each.multiplies is not None and each.multiplies in codes)
        }
        grown = not found <= tied
        tied |= found
    return tied
