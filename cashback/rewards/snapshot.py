"""Everything a decision looks at that is not the shopper's: one immutable snapshot per programme revision.

Every deciding transaction first takes the programme's shared lock and reads its revision; whoever changes the programme
takes the exclusive one. So a purchase never sees half a change, and nobody decides on a stale snapshot.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.instalments import storage as plans
from cashback.merchants.matching import ShopDirectory
from cashback.merchants.service import load_identifiers, load_shops
from cashback.merchants.settings import load_settings
from cashback.offers.matcher import OfferBook
from cashback.offers.pauses import load_pauses
from cashback.offers.service import load_versions
from cashback.programmes.schemas import Programme
from cashback.programmes.service import load_programme, lock_revision_shared
from webhooks import endpoints


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One revision of one operator's programme, compiled."""

    programme: Programme
    shops: ShopDirectory
    book: OfferBook
    budgeted: bool
    """Whether any version of any offer has a quota; without one no grant is ever looked at."""
    expiring: bool = False
    """Whether any version of any offer lets its rewards expire; without one no lot is ever looked at."""
    listened: bool = False
    """Whether anybody is told what happens; whoever adds the first endpoint raises the revision."""
    lends: bool = False
    """Whether purchases may be paid in instalments, which then follow them; who says so first raises the revision."""

    @property
    def operator_id(self) -> UUID:
        """The operator whose programme it is."""
        return self.programme.operator_id


class Snapshots:
    """The newest snapshot of each operator, in memory; reloaded when the revision has moved."""

    def __init__(self) -> None:
        self._held: dict[UUID, Snapshot] = {}

    async def current(self, connection: AsyncConnection, operator_id: UUID) -> Snapshot:
        """The snapshot of the revision in force, which stays in force until this transaction ends."""
        revision = await lock_revision_shared(connection, operator_id)
        held = self._held.get(operator_id)
        if held is None or held.programme.revision != revision:
            held = await load_snapshot(connection, operator_id)
            self._held[operator_id] = held
        return held


async def load_snapshot(connection: AsyncConnection, operator_id: UUID) -> Snapshot:
    """Read and compile one operator's programme."""
    programme = await load_programme(connection, operator_id)
    shops = await load_shops(connection, operator_id)
    book = OfferBook.compile(
        await load_versions(connection, operator_id),
        zones={centre.id: centre.zone for centre in programme.centres.values()},
        default_zone=programme.zone,
        currency=programme.currency,
        shops=shops,
        centres=programme.centres.values(),
        operator_id=operator_id,
        holdout_bps=programme.holdout_bps,
        worth=_worth(programme),
        pauses=await load_pauses(connection, operator_id),
    )
    directory = ShopDirectory(
        shops,
        await load_identifiers(connection, operator_id),
        await load_settings(connection, operator_id),
        {centre.id: centre.country for centre in programme.centres.values()},
    )
    return Snapshot(
        programme,
        directory,
        book,
        budgeted=any(offer.budgeted for offer in book.offers),
        expiring=any(offer.terms.expires_after_days is not None for offer in book.offers),
        listened=await endpoints.exist(connection, operator_id),
        lends=await plans.are_offered(connection, operator_id),
    )


def _worth(programme: Programme) -> dict[str, tuple[int, int]]:
    """What units are worth in the programme's currency: money as it is, points by what they become."""
    worth: dict[str, tuple[int, int]] = {}
    for code, asset in programme.assets.items():
        rule = asset.conversion
        if asset.currency == programme.currency:
            worth[code] = (1, 1)
        elif rule is not None and programme.assets[rule.into].currency == programme.currency:
            worth[code] = (rule.amount, rule.threshold)
    return worth
