"""One purchase as its evidence describes it now, beside what is stored of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cashback.instalments.following import GivenBack
from cashback.merchants.places import Match
from cashback.merchants.schemas import Shop
from cashback.offers.schemas import Spend
from cashback.purchases.assignment import Refunds
from cashback.purchases.recognition import View
from cashback.purchases.schemas import Folded, PurchaseState, Told
from cashback.purchases.service import PurchaseRow
from cashback.purchases.views import told_of
from cashback.rewards.spends import spend_of


@dataclass(slots=True)
class Standing:
    """One purchase as its evidence describes it now, beside what is stored of it."""

    id: UUID
    folded: Folded
    shop: Shop | None
    stored: PurchaseRow | None
    credit_to: str | None = None
    match: Match | None = None
    """How its shop was decided, where no identifier of the operator's did."""
    view: View | None = None
    """What its own source says of it; `folded` holds what all its sources say together."""
    witnesses: Sequence[View] = ()
    """The views of other sources that it stands for."""
    witness_of: UUID | None = None
    """Of a view of another source, and of a refund told by another source: the purchase it belongs to."""
    because: frozenset[str] = field(default_factory=frozenset)
    """Codes of what joined the views."""
    linked: Refunds | None = None
    """By source, the refunds that name it, where several sources tell of it."""

    _kept: Told | None = None

    def spend(self) -> Spend:
        """The purchase as the rules see it."""
        return spend_of(self.id, self.folded, self.shop)

    def keep_told(self) -> None:
        """Take over what is stored of its views: it is written again and was not folded anew."""
        assert self.stored is not None
        self._kept = self.stored.told
        if self._kept is not None and self._kept.refunds:
            self.linked = {source: Counter(amounts) for source, amounts in self._kept.refunds.items()}

    def told(self) -> Told | None:
        """What to store of its views."""
        if self.view is None:
            return self._kept
        return told_of(self.folded, (self.view, *self.witnesses), self.because, self.linked)


def given_back(standings: Iterable[Standing]) -> list[GivenBack]:
    """What was refunded of each purchase in all. Of one that another source tells too it is what all of them say."""
    known = {each.id: each for each in standings if each.folded.state is not PurchaseState.CREDIT}
    found = []
    for each in known.values():
        stands = known.get(each.witness_of, each) if each.witness_of is not None else each
        if stands.folded.state is not PurchaseState.WITNESS:
            minor = stands.folded.refunded_minor + stands.folded.credited_minor
            found.append(GivenBack(each.folded.key.shopper_id, each.id, minor))
    return found
