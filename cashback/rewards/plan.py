"""From what is posted to what should stand: the transfers that make the difference. Pure.

A reward's target is split between pending, available and expired. Moving between two of them is one transfer; what is
owed more or less comes from or goes back to those who fund it. Nothing else ever changes a reward.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cashback.ledger.chart import AVAILABLE, CONVERTED, EXPIRED, FUNDER, FUNDER_PREFIX, PENDING
from cashback.ledger.service import Transfer
from cashback.money import BPS
from cashback.offers.conversion import converted_units
from cashback.offers.lots import Stand
from cashback.offers.schemas import Funders
from cashback.programmes.schemas import Conversion


@dataclass(frozen=True, slots=True)
class RewardRow:
    """One reward as stored. `pending`, `available` and `expired` are posted; together they are `amount`."""

    shopper_id: UUID
    purchase_id: UUID
    offer_id: UUID
    id: UUID
    offer_version: int
    asset: str
    pending: int
    available: int
    matures_at: datetime | None
    revision: int
    trail: list[dict[str, Any]]
    updated_at: datetime
    wanted: int = 0
    """What the terms promise before limits, quotas and the hold-out."""
    funders: Funders = ()
    """Who pays, in shares; the operator alone when empty."""
    expired: int = 0
    """What was available and not used before `expires_at`."""
    expires_at: datetime | None = None
    notice_at: datetime | None = None

    @property
    def amount(self) -> int:
        """What stands: pending, available and expired together."""
        return self.pending + self.available + self.expired

    @property
    def matured(self) -> int:
        """What became available, whatever became of it."""
        return self.available + self.expired

    @property
    def state(self) -> str:
        """`available`, `pending`, `expired`, `held_out`, or `clawed_back` when nothing stands any more."""
        if self.available:
            return "available"
        if self.pending:
            return "pending"
        if self.expired:
            return "expired"
        return "held_out" if self.trail and self.trail[-1]["kind"] == "holdout" else "clawed_back"

    def says_the_same(self, other: "RewardRow") -> bool:
        """Whether nothing but the revision and its time would change."""
        return (
            self.pending == other.pending
            and self.available == other.available
            and self.expired == other.expired
            and self.expires_at == other.expires_at
            and self.notice_at == other.notice_at
            and self.matures_at == other.matures_at
            and self.offer_version == other.offer_version
            and self.wanted == other.wanted
            and self.funders == other.funders
            and self.trail == other.trail
        )


def reward_transfers(held: RewardRow, target: RewardRow) -> list[Transfer]:
    """The transfers from the reward as it stands to the reward as it should stand; keys carry the target's revision."""
    changes = {
        PENDING: target.pending - held.pending,
        AVAILABLE: target.available - held.available,
        EXPIRED: target.expired - held.expired,
    }
    for sign, row in ((1, held), (-1, target)):
        for account, part in shared_out(row.amount, row.funders) if row.amount else ():
            changes[account] = changes.get(account, 0) + sign * part
    return [
        Transfer(
            shopper_id=target.shopper_id,
            key=f"reward:{target.id.hex}:{target.revision}:{leg}",
            debit=debit,
            credit=credit,
            asset=target.asset,
            amount=amount,
            reason=reason,
            purchase_id=target.purchase_id,
            corrects=f"reward:{target.id.hex}" if reason not in _FORWARD else None,
        )
        for leg, (debit, credit, amount, reason) in enumerate(_moves(changes))
    ]


def shared_out(amount: int, funders: Funders) -> list[tuple[str, int]]:
    """Who pays how much of an amount: by account, in the order of the shares. The parts add up to the amount.

    Rounded down along the sum of the shares, so that the first who is named never pays more than its share.
    """
    if not funders:
        return [(FUNDER, amount)]
    parts: list[tuple[str, int]] = []
    reached = shares = 0
    for name, share_bps in funders:
        shares += share_bps
        until = amount * shares // BPS
        parts.append((FUNDER_PREFIX + name, until - reached))
        reached = until
    return parts


def _moves(changes: Mapping[str, int]) -> list[tuple[str, str, int, str]]:
    """What has to move between accounts whose changes sum to zero: the shopper's own first, in their order."""
    left = {account: -change for account, change in changes.items() if change < 0}
    moves: list[tuple[str, str, int, str]] = []
    for sink, wanted in changes.items():
        while wanted > 0:
            source = next(iter(left))
            amount = min(wanted, left[source])
            moves.append((source, sink, amount, _reason(source, sink)))
            wanted -= amount
            left[source] -= amount
            if not left[source]:
                del left[source]
    return moves


def _reason(source: str, sink: str) -> str:
    if source.startswith(FUNDER_PREFIX):
        return "funding_moved" if sink.startswith(FUNDER_PREFIX) else "earned"
    return "clawed_back" if sink.startswith(FUNDER_PREFIX) else _WITHIN[source, sink]


_WITHIN = {
    (PENDING, AVAILABLE): "matured",
    (AVAILABLE, PENDING): "hold_extended",
    (AVAILABLE, EXPIRED): "expired",
    (PENDING, EXPIRED): "expired",
    (EXPIRED, AVAILABLE): "expiry_undone",
    (EXPIRED, PENDING): "hold_extended",
}
_FORWARD = frozenset({"earned", "matured", "expired"})
"""Reasons of what corrects nothing."""


@dataclass(frozen=True, slots=True)
class YearRow:
    """What one shopper's rewards made available in one asset in one calendar year, and what of it was converted."""

    shopper_id: UUID
    asset: str
    year: int
    matured: int
    converted: int
    revision: int


def conversion_plan(
    rows: Mapping[int, YearRow],
    rule: Conversion,
    shopper_id: UUID,
    asset: str,
    this_year: int,
    aged: Stand | None = None,
) -> tuple[list[YearRow], list[Transfer], int]:
    """The years as they should stand, the transfers that bring them there, and the units carried beyond this year.

    `aged` says how the lots stand, where any of them expires; where none does, what matured in each year is enough.
    """
    if aged is None:
        targets, carried = converted_units({year: row.matured for year, row in rows.items()}, rule, this_year)
    else:
        targets, carried = aged.converted, aged.convertible()
    changed: list[YearRow] = []
    transfers: list[Transfer] = []
    for year in sorted(rows.keys() | targets.keys()):
        row = rows.get(year) or YearRow(shopper_id, asset, year, 0, 0, 0)
        difference = targets.get(year, 0) - row.converted
        if difference == 0:
            continue
        row = YearRow(shopper_id, asset, year, row.matured, row.converted + difference, row.revision + 1)
        changed.append(row)
        transfers.extend(_exchange(row, difference, rule))
    return changed, transfers, carried


def _exchange(row: YearRow, units: int, rule: Conversion) -> list[Transfer]:
    key = f"conversion:{row.asset}:{row.year}:{row.revision}"
    amount = abs(units) // rule.threshold * rule.amount
    legs = (
        (AVAILABLE, CONVERTED, row.asset, abs(units), "converted"),
        (FUNDER, AVAILABLE, rule.into, amount, "converted"),
    )
    return [
        Transfer(
            shopper_id=row.shopper_id,
            key=f"{key}:{leg}",
            debit=debit if units > 0 else credit,
            credit=credit if units > 0 else debit,
            asset=asset,
            amount=moved,
            reason=reason if units > 0 else "conversion_undone",
            corrects=None if units > 0 else f"conversion:{row.asset}:{row.year}",
        )
        for leg, (debit, credit, asset, moved, reason) in enumerate(legs)
    ]
