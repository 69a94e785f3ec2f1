"""What a batch changes: rewards as they should stand beside rewards as they stand, and the transfers between. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from cashback.errors import BooksBroken
from cashback.ids import uuid7
from cashback.ledger.service import Transfer
from cashback.offers.entitlements import is_available
from cashback.offers.lots import ends_at, told_at
from cashback.offers.schemas import Entitlement, Trail
from cashback.programmes.schemas import Programme
from cashback.rewards.plan import RewardRow, reward_transfers
from cashback.rewards.quotas import GrantKey

Convertible = tuple[UUID, str]
"""A shopper and an asset that converts at a threshold."""


@dataclass(slots=True)
class Difference:
    """Rewards as they will stand, and the transfers that bring them there."""

    rewards: list[RewardRow] = field(default_factory=list)
    held: dict[GrantKey, RewardRow] = field(default_factory=dict)
    """Of those rewards, how they stand."""
    aged: list[RewardRow] = field(default_factory=list)
    """Other rewards, without their trails, of which time or a use changes what has expired; as they will stand."""
    transfers: list[Transfer] = field(default_factory=list)
    matured: defaultdict[Convertible, defaultdict[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    """By shopper and convertible asset: how much more, or less, matured in each year."""

    def move(self) -> None:
        """Add the transfers that bring the rewards to where they will stand."""
        for row in self.rewards:
            self.transfers.extend(reward_transfers(self.held[row.purchase_id, row.offer_id], row))


def difference(
    programme: Programme,
    owed: Iterable[Entitlement],
    held: Mapping[GrantKey, RewardRow],
    why_not: Callable[[RewardRow], Trail],
    now: datetime,
) -> Difference:
    """What has to change so that what is held becomes what is owed; `why_not` tells why a reward is owed no more.

    How much of it has expired is left as it stands: that depends on the shopper's other lots, see `aging`. The
    transfers are made when that is known.
    """
    found = Difference()
    by_key = {(each.purchase_id, each.offer_id): each for each in owed}
    for key in by_key.keys() | held.keys():
        entitlement, row = by_key.get(key), held.get(key)
        if row is None:
            assert entitlement is not None
            if entitlement.amount == 0 and not entitlement.held_out:
                continue
            row = _unopened(entitlement, now)
        if entitlement is None and not row.amount and row.state != "held_out":
            continue
        target = _target(programme, row, entitlement, now)
        if entitlement is None:
            target = replace(target, trail=why_not(row))
        if target.says_the_same(row):
            continue
        found.rewards.append(target)
        found.held[key] = row
        _count_matured(programme, found, row, target)
    return found


def _unopened(entitlement: Entitlement, now: datetime) -> RewardRow:
    return RewardRow(
        shopper_id=entitlement.shopper_id,
        purchase_id=entitlement.purchase_id,
        offer_id=entitlement.offer_id,
        id=uuid7(now),
        offer_version=entitlement.version,
        asset=entitlement.asset,
        pending=0,
        available=0,
        matures_at=None,
        revision=0,
        trail=[],
        updated_at=now,
    )


def _target(programme: Programme, row: RewardRow, entitlement: Entitlement | None, now: datetime) -> RewardRow:
    """The reward as it should stand, one revision on."""
    if entitlement is None:
        return replace(row, pending=0, available=0, expired=0, wanted=0, revision=row.revision + 1, updated_at=now)
    if entitlement.asset != row.asset:
        raise BooksBroken(f"offer {row.offer_id} changed its asset from {row.asset} to {entitlement.asset}")
    # Another process may have decided with a clock slightly ahead: what matured there stays matured.
    matured = is_available(entitlement.matures_at, max(now, row.updated_at))
    expired = min(row.expired, entitlement.amount) if matured else 0
    expires_at = notice_at = None
    if entitlement.matures_at is not None and entitlement.expires_days is not None:
        expires_at = ends_at(entitlement.matures_at, entitlement.expires_days, programme.zone)
        if entitlement.notice_days:
            notice_at = told_at(expires_at, entitlement.notice_days, programme.zone)
    return RewardRow(
        shopper_id=row.shopper_id,
        purchase_id=row.purchase_id,
        offer_id=row.offer_id,
        id=row.id,
        offer_version=entitlement.version,
        asset=row.asset,
        pending=0 if matured else entitlement.amount,
        available=entitlement.amount - expired if matured else 0,
        matures_at=entitlement.matures_at,
        revision=row.revision + 1,
        trail=entitlement.trail,
        updated_at=now,
        wanted=entitlement.wanted,
        funders=entitlement.funders,
        expired=expired,
        expires_at=expires_at,
        notice_at=notice_at,
    )


def _count_matured(programme: Programme, found: Difference, row: RewardRow, target: RewardRow) -> None:
    if programme.assets[target.asset].conversion is None:
        return
    years = found.matured[target.shopper_id, target.asset]
    for sign, each in ((-1, row), (1, target)):
        if each.matured and each.matures_at is not None:
            years[each.matures_at.astimezone(programme.zone).year] += sign * each.matured
