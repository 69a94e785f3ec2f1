"""The section `payouts` of a programme file: read, written back, shown as a difference, refused where it cannot be."""

import pytest
from paid_world import PAYING, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.errors import Invalid
from cashback.payouts.policy import load_policy
from cashback.programme_file.difference import difference
from cashback.programme_file.reading import parse
from cashback.programme_file.service import dump, read_current

TERMS = '{asset: EUR, minimum: "5.00", rails: [sepa, stripe, gift_card], daily_cap_shopper: "100.00"'


async def test_it_is_stored_and_read_back_as_it_was_written(engine: AsyncEngine) -> None:
    paid = await paid_world(engine)
    file = parse(PAYING)
    async with paid.world.connection() as connection:
        current = await read_current(connection, paid.world.operator_id, paid.now)
        policy = await load_policy(connection, paid.world.operator_id)
    assert current is not None
    assert current.payouts == file.payouts == policy
    assert parse(dump(current)).payouts == policy
    assert policy is not None
    assert policy.assets[0].minimum == 5_00


async def test_a_change_of_it_is_one_line_and_a_new_revision(engine: AsyncEngine) -> None:
    paid = await paid_world(engine)
    before, after = parse(PAYING), parse(PAYING.replace('minimum: "5.00"', 'minimum: "6.00"'))
    assert [str(each) for each in difference(before, after)] == ["~ payouts EUR: minimum '5.00' → '6.00'"]
    none = parse(PAYING[: PAYING.index("payouts:")])
    assert [str(each) for each in difference(before, none)] == ["- payouts EUR: ends"]
    assert [each.what for each in difference(none, before)] == ["payouts"]
    await paid.world.apply(PAYING.replace('minimum: "5.00"', 'minimum: "6.00"'))
    async with paid.world.connection() as connection:
        policy = await load_policy(connection, paid.world.operator_id)
    assert policy is not None
    assert policy.assets[0].minimum == 6_00


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('minimum: "5.00"', 'minimum: "0.00"', "greater than 0"),
        ('minimum: "5.00"', 'minimum: "5.001"', "decimals"),
        ('minimum: "5.00"', 'minimum: "120.00"', "daily_cap_shopper is below minimum"),
        ('minimum: "5.00"', 'minimum: "5.00", automatic_at: "4.00"', "automatic_at is below minimum"),
        ("[sepa, stripe, gift_card]", "[sepa, pigeon]", "sepa"),
        ("[sepa, stripe, gift_card]", "[sepa, sepa]", "each rail once"),
        ("[sepa, stripe, gift_card]", "[]", "at least 1"),
        ("asset: EUR, minimum", "asset: GBP, minimum", "GBP"),
        ("asset: EUR, minimum", "asset: PTS, minimum", "PTS is no money"),
        ("payouts:\n", "payouts:\n  cooling_hours: -1\n", "cooling_hours"),
        ("payouts:\n", "payouts:\n  colling_hours: 1\n", "colling_hours"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(written: str, instead: str, said: str) -> None:
    assert written in PAYING
    with pytest.raises(Invalid) as refused:
        parse(PAYING.replace(written, instead))
    assert "payouts" in refused.value.detail
    assert said in refused.value.detail
