"""From what is posted to what should stand: the transfers that make the difference. Pure.

A reward's target is split between pending and available. Moving between the two is one transfer; what is owed more or
less comes from or goes back to the funder. Nothing else ever changes a reward.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cashback.ledger.chart import AVAILABLE, CONVERTED, FUNDER, PENDING
from cashback.ledger.service import Transfer
from cashback.offers.conversion import converted_units
from cashback.programmes.schemas import Conversion


@dataclass(frozen=True, slots=True)
class RewardRow:
    """One reward as stored. `pending` and `available` are posted; together they are `amount`."""

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

    @property
    def amount(self) -> int:
        """What stands: pending and available together."""
        return self.pending + self.available

    @property
    def state(self) -> str:
        """`available`, `pending`, `held_out`, or `clawed_back` when nothing stands any more."""
        if self.available:
            return "available"
        if self.pending:
            return "pending"
        return "held_out" if self.trail and self.trail[-1]["kind"] == "holdout" else "clawed_back"

    def says_the_same(self, other: "RewardRow") -> bool:
        """Whether nothing but the revision and its time would change."""
        return (
            self.pending == other.pending
            and self.available == other.available
            and self.matures_at == other.matures_at
            and self.offer_version == other.offer_version
            and self.wanted == other.wanted
            and self.trail == other.trail
        )


def reward_transfers(held: RewardRow, target: RewardRow) -> list[Transfer]:
    """The transfers from the reward as it stands to the reward as it should stand; keys carry the target's revision."""
    moves: list[tuple[str, str, int, str]] = []
    to_pending = target.pending - held.pending
    to_available = target.available - held.available
    if to_pending < 0 < to_available:
        step = min(-to_pending, to_available)
        moves.append((PENDING, AVAILABLE, step, "matured"))
        to_pending, to_available = to_pending + step, to_available - step
    elif to_available < 0 < to_pending:
        step = min(-to_available, to_pending)
        moves.append((AVAILABLE, PENDING, step, "hold_extended"))
        to_pending, to_available = to_pending - step, to_available + step
    for account, difference in ((PENDING, to_pending), (AVAILABLE, to_available)):
        if difference > 0:
            moves.append((FUNDER, account, difference, "earned"))
        elif difference < 0:
            moves.append((account, FUNDER, -difference, "clawed_back"))
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
            corrects=f"reward:{target.id.hex}" if reason in ("clawed_back", "hold_extended") else None,
        )
        for leg, (debit, credit, amount, reason) in enumerate(moves)
    ]


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
    rows: Mapping[int, YearRow], rule: Conversion, shopper_id: UUID, asset: str, this_year: int
) -> tuple[list[YearRow], list[Transfer], int]:
    """The years as they should stand, the transfers that bring them there, and the units carried beyond this year."""
    targets, carried = converted_units({year: row.matured for year, row in rows.items()}, rule, this_year)
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
