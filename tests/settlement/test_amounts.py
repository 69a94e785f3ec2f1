"""From movements to lines: what is rounded, once, and that corrections in any number of steps end where one would."""

from collections import defaultdict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.programmes.schemas import Asset, AssetKind, Clawback, Conversion
from cashback.settlement.amounts import NOTHING, CommissionKey, Earlier, LineKey, half_up, lines_of, totals_of
from cashback.settlement.schemas import Before, Group, Line, LineKind

SHOP = "funder:shop:0198c0de00007000800000000000beef"
OFFER, ORIGIN = UUID(int=1), UUID(int=9)


def asset(code: str, kind: AssetKind, conversion: Conversion | None = None) -> Asset:
    return Asset(code, kind, code, code, Clawback.DEBT, conversion)


ASSETS = {
    "EUR": asset("EUR", AssetKind.MONEY),
    "PTS": asset("PTS", AssetKind.POINTS, Conversion(300, "EUR", 1_00, None)),
    "ZLPTS": asset("ZLPTS", AssetKind.POINTS, Conversion(300, "PLN", 30_00, None)),
    "GIFTCARD:EUR": asset("GIFTCARD:EUR", AssetKind.MONEY),
    "PARKMIN": asset("PARKMIN", AssetKind.MINUTES),
}


def group(units: int, code: str = "EUR", *, bps: int = 0, origin: UUID | None = None, offer: UUID = OFFER) -> Group:
    kind = LineKind.REWARD if units > 0 else LineKind.CLAWBACK
    return Group(kind, "earned", code, units, 1, offer_id=offer, commission_bps=bps, origin=origin)


def lines(*groups: Group, account: str = SHOP, vat: int = 2_000, earlier: Earlier = NOTHING) -> list[Line]:
    return lines_of(groups, account=account, currency="EUR", assets=ASSETS, vat_bps=vat, earlier=earlier)


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [(1, 1, 2, 1), (-1, 1, 2, -1), (3, 1, 2, 2), (-3, 1, 2, -2), (1, 1, 3, 0), (-1, 2, 3, -1), (0, 7, 3, 0)],
)
def test_half_goes_away_from_zero_on_both_sides(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert half_up(amount, numerator, denominator) == expected


@pytest.mark.parametrize(
    ("code", "units", "account", "value"),
    [
        ("EUR", 1_23, SHOP, 1_23),
        ("PTS", 449, SHOP, 1_50),
        ("PTS", 451, SHOP, 1_50),
        ("PTS", -450, SHOP, -1_50),
        ("GIFTCARD:EUR", 10_00, SHOP, 10_00),
        ("ZLPTS", 300, SHOP, None),
        ("PARKMIN", 60, SHOP, None),
        ("GONE", 5, SHOP, None),
        ("EUR", 1_23, "funder:operator", 1_23),
        ("PTS", 450, "funder:operator", None),
    ],
)
def test_what_units_are_worth(code: str, units: int, account: str, value: int | None) -> None:
    (line,) = lines(group(units, code), account=account)
    assert (line.value_minor, line.valued) == (value or 0, value is not None)


def test_one_commission_per_offer_and_one_tax_per_rate() -> None:
    other = UUID(int=2)
    found = lines(group(33, bps=1_500), group(33, bps=1_500), group(4, bps=1_250, offer=other))
    assert [(each.kind, each.base_minor, each.value_minor) for each in found[3:]] == [
        (LineKind.COMMISSION, 66, 10),
        (LineKind.COMMISSION, 4, 1),
        (LineKind.VAT, 11, 2),
    ]
    totals = totals_of(found, "EUR")
    assert (totals.rewards_minor, totals.commission_minor, totals.vat_minor, totals.gross_minor) == (70, 11, 2, 83)


def test_the_operator_pays_itself_no_commission() -> None:
    assert [each.kind for each in lines(group(50_00, bps=1_000), account="funder:operator")] == [LineKind.REWARD]


def test_a_correction_bears_the_tax_of_the_period_it_corrects() -> None:
    earlier = Earlier({}, {(ORIGIN, OFFER, 1_000): Before(100_00, 10_00)}, {ORIGIN: 1_960})
    found = lines(group(50_00, bps=1_000), group(-100_00, bps=1_000, origin=ORIGIN), earlier=earlier)
    assert [(each.vat_bps, each.value_minor) for each in found if each.kind is LineKind.VAT] == [
        (1_960, -1_96),
        (2_000, 1_00),
    ]


def folded(held: list[list[Line]]) -> Earlier:
    """What the settlements so far hold of the first one, as the storage sums it."""
    values: defaultdict[LineKey, list[int]] = defaultdict(lambda: [0, 0])
    commissions: defaultdict[CommissionKey, list[int]] = defaultdict(lambda: [0, 0])
    for line in (line for each in held for line in each):
        if line.kind is LineKind.COMMISSION:
            sums, base = commissions[ORIGIN, line.offer_id, line.rate_bps], line.base_minor
        elif line.kind in (LineKind.REWARD, LineKind.CLAWBACK):
            sums, base = values[ORIGIN, line.asset, line.offer_id, line.shop_id, line.rate_bps], line.units
        else:
            continue
        sums[0] += base
        sums[1] += line.value_minor
    return Earlier(
        {key: Before(*sums) for key, sums in values.items()},
        {key: Before(*sums) for key, sums in commissions.items()},
        {},
    )


@given(
    st.sampled_from(["EUR", "PTS"]),
    st.integers(1, 100_000),
    st.lists(st.integers(1, 5_000), max_size=6),
    st.integers(1, 10_000),
)
def test_taken_back_in_steps_or_at_once_it_comes_to_the_same(
    code: str, given_units: int, steps: list[int], bps: int
) -> None:
    held = [lines(group(given_units, code, bps=bps))]
    for step in steps:
        held.append(lines(group(-step, code, bps=bps, origin=ORIGIN), earlier=folded(held)))
    left = given_units - sum(steps)
    value = half_up(left, 1, 1) if code == "EUR" else half_up(left, 1_00, 300)
    totals = [totals_of(each, "EUR") for each in held]
    assert sum(each.rewards_minor for each in totals) == value
    assert sum(each.commission_minor for each in totals) == half_up(value, bps, 10_000)
