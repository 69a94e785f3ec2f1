"""From movements to the lines of a statement and their totals. Pure.

Everything is rounded `half_up` and once: the value of units per line, the commission per offer and period, the tax per
rate over the whole statement (EN 16931, BR-CO-17). A correction of an earlier period is not rounded by itself: what it
comes to is what the earlier line would be with it, less what was charged so far. So a reward that is taken back in any
number of steps takes its whole commission back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cashback.ledger.chart import FUNDER
from cashback.money import Rounding, divided, portion
from cashback.programmes.schemas import Asset, currency_of
from cashback.settlement.schemas import Before, Group, Line, LineKind, Totals

LineKey = tuple[UUID | None, str, UUID | None, UUID | None, int]
"""Origin, asset, offer, shop and rate: what is valued together."""
CommissionKey = tuple[UUID | None, UUID | None, int]
"""Origin, offer and rate: what bears one commission."""
REWARDS = (LineKind.REWARD, LineKind.CLAWBACK)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What settlements before this one hold, where this one corrects them."""

    values: Mapping[LineKey, Before]
    commissions: Mapping[CommissionKey, Before]
    """Units are the base, in minor units."""
    vat_bps: Mapping[UUID, int]
    """The rate of tax that an earlier settlement bore."""


NOTHING = Earlier({}, {}, {})


def half_up(amount: int, numerator: int, denominator: int) -> int:
    """A signed amount times a fraction, rounded to the nearest; exactly half goes away from zero."""
    rounded = divided(abs(amount) * numerator, denominator, Rounding.HALF_UP)
    return rounded if amount >= 0 else -rounded


def commission(base_minor: int, rate_bps: int) -> int:
    """The commission on a signed base, rounded half_up and alike on both sides of zero."""
    rounded = portion(abs(base_minor), rate_bps, Rounding.HALF_UP)
    return rounded if base_minor >= 0 else -rounded


def lines_of(
    groups: Sequence[Group],
    *,
    account: str,
    currency: str,
    assets: Mapping[str, Asset],
    vat_bps: int,
    earlier: Earlier = NOTHING,
) -> list[Line]:
    """The lines of one funder's statement: its movements with their values, then commissions, then taxes."""
    # What the operator's own units become is drawn from its account when it happens: their value is no debt of its own.
    valued = _valued(groups, currency, {} if account == FUNDER else assets, earlier)
    commissions = [] if account == FUNDER else _commissions(valued, vat_bps, earlier)
    lines = [*valued, *commissions, *_taxes(commissions)]
    return [replace(line, number=number) for number, line in enumerate(lines, 1)]


def totals_of(lines: Iterable[Line], currency: str) -> Totals:
    """The sums of a statement's lines."""
    sums: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        if line.kind in REWARDS:
            sums["rewards"] += line.value_minor
            if line.asset != currency:
                sums["units"] += line.value_minor
        else:
            sums[line.kind] += line.value_minor
    return Totals(
        rewards_minor=sums["rewards"],
        commission_minor=sums[LineKind.COMMISSION],
        vat_minor=sums[LineKind.VAT],
        units_minor=sums["units"],
        payments_minor=sums[LineKind.PAYMENT],
        moved_minor=sums[LineKind.TRANSFER],
    )


def rate_of(asset: str, currency: str, assets: Mapping[str, Asset]) -> tuple[int, int] | None:
    """What one unit is worth in the currency, as a fraction; None: it has no value there.

    Money of the currency is worth itself, and an asset that converts into such money is worth what it converts into.
    """
    if asset == currency:
        return 1, 1
    known = assets.get(asset)
    if known is None:
        return None
    if known.currency == currency:
        return 1, 1
    if known.conversion is None or currency_of(known.conversion.into) != currency:
        return None
    return known.conversion.amount, known.conversion.threshold


def _valued(groups: Iterable[Group], currency: str, assets: Mapping[str, Asset], earlier: Earlier) -> list[Line]:
    sofar = dict(earlier.values)
    lines: list[Line] = []
    for group in sorted(groups, key=_order):
        rate = rate_of(group.asset, currency, assets)
        key = (group.origin, group.asset, group.offer_id, group.shop_id, group.commission_bps)
        before = sofar.get(key, Before())
        units = before.units + group.units
        value = 0 if rate is None else half_up(units, *rate) - before.value_minor
        sofar[key] = Before(units, before.value_minor + value)
        lines.append(
            Line(
                number=0,
                kind=group.kind,
                reason=group.reason,
                asset=group.asset,
                units=group.units,
                value_minor=value,
                transfers=group.transfers,
                late=group.late,
                offer_id=group.offer_id,
                shop_id=group.shop_id,
                rate_bps=group.commission_bps,
                origin=group.origin,
                valued=rate is not None,
            )
        )
    return lines


def _commissions(valued: Iterable[Line], vat_bps: int, earlier: Earlier) -> list[Line]:
    bases: defaultdict[CommissionKey, int] = defaultdict(int)
    for line in valued:
        if line.kind in REWARDS and line.rate_bps:
            bases[line.origin, line.offer_id, line.rate_bps] += line.value_minor
    found: list[Line] = []
    for (origin, offer_id, rate_bps), base in bases.items():
        before = earlier.commissions.get((origin, offer_id, rate_bps), Before())
        value = commission(before.units + base, rate_bps) - before.value_minor
        if base == 0 and value == 0:
            continue
        found.append(
            Line(
                number=0,
                kind=LineKind.COMMISSION,
                reason="commission",
                asset="",
                units=0,
                value_minor=value,
                offer_id=offer_id,
                rate_bps=rate_bps,
                vat_bps=vat_bps if origin is None else earlier.vat_bps.get(origin, vat_bps),
                base_minor=base,
                origin=origin,
            )
        )
    return found


def _taxes(commissions: Iterable[Line]) -> list[Line]:
    bases: defaultdict[int, int] = defaultdict(int)
    for line in commissions:
        bases[line.vat_bps] += line.value_minor
    return [
        Line(
            number=0,
            kind=LineKind.VAT,
            reason="vat",
            asset="",
            units=0,
            value_minor=commission(base, rate_bps),
            rate_bps=rate_bps,
            vat_bps=rate_bps,
            base_minor=base,
        )
        for rate_bps, base in sorted(bases.items())
        if rate_bps and base
    ]


def _order(group: Group) -> tuple[object, ...]:
    """By period, kind and offer; of two that are valued together, what was given comes before what was taken back."""
    return (
        group.origin is not None,
        str(group.origin),
        list(LineKind).index(group.kind),
        group.asset,
        str(group.offer_id),
        str(group.shop_id),
        group.commission_bps,
        group.reason,
    )
