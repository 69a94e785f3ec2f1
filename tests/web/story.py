"""A centre on a busy day: what the screenshots and the browser tests look at."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from builders import NOW, House, Shopper, a_house, a_purchase, a_shopper, converted, post
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction

FIRST = datetime(2001, 1, 1, tzinfo=UTC)
"""Before every other operator of the tests: the start page shows the oldest."""


@dataclass(slots=True)
class Story:
    """Who lives in it."""

    house: House
    camille: Shopper
    """Has everything: pending, earned, refunded, unmatched, points on the way."""
    noah: Shopper
    """Owes: a purchase was refunded after its cashback had been paid out."""
    lea: Shopper
    """Has linked no card yet."""
    why_nothing: UUID
    """Camille's purchase one euro short of a minimum."""


async def a_busy_day(engine: AsyncEngine) -> Story:
    """One house, three shoppers, two dozen purchases."""
    house = await a_house(engine, created_at=FIRST)
    camille = await a_shopper(house, reference="camille")
    hours, days = (lambda n: timedelta(hours=n)), (lambda n: timedelta(days=n))
    await a_purchase(camille, minor=84_90, at=NOW - hours(2))
    why_nothing = await a_purchase(
        camille, minor=18_50, shop="atelier-coton", at=NOW - hours(26), descriptor="ATELIER COTON LYON"
    )
    await a_purchase(
        camille, minor=42_00, shop=None, at=NOW - hours(20), descriptor="SUMUP *KIOSQUE LAC", cleared_after=None
    )
    await a_purchase(camille, minor=129_00, shop="sport-cime", at=NOW - days(6), descriptor="SPORT CIME")
    await a_purchase(camille, minor=64_00, shop="atelier-coton", at=NOW - days(9), refunded_minor=24_00)
    await a_purchase(camille, minor=310_00, shop="maison-lumiere", at=NOW - days(19))
    await a_purchase(camille, minor=23_40, shop="librairie-du-lac", at=NOW - days(22))
    await a_purchase(camille, minor=12_80, shop="boulangerie-du-pont", at=NOW - days(25))
    await a_purchase(camille, minor=56_00, shop="atelier-coton", at=NOW - days(31))
    await a_purchase(camille, minor=79_90, shop="maison-lumiere", at=NOW - days(34), refunded_minor=79_90)
    await a_purchase(camille, minor=7_60, shop="boulangerie-du-pont", at=NOW - days(36))
    await a_purchase(camille, minor=21_00, shop="cinema-rive", at=NOW - days(40), state="declined", cleared_after=None)
    await a_purchase(camille, minor=96_30, shop="marche-frais", at=NOW - days(44))
    for week in range(7, 17):
        await a_purchase(camille, minor=35_00 + week * 100, shop="marche-frais", at=NOW - days(7 * week))
    await converted(camille)
    async with transaction(engine, house.operator_id) as connection:
        ends = ("shopper:available", "shopper:paid")
        await post(connection, camille, *ends, "EUR", 10_00, reason="paid_by_operator")
    noah = await a_shopper(house, reference="noah", last_four="1881", scheme="mastercard")
    await a_purchase(noah, minor=24_90, shop="librairie-du-lac", at=NOW - timedelta(minutes=48))
    async with transaction(engine, house.operator_id) as connection:
        await post(connection, noah, "shopper:available", "funder:operator", "EUR", 3_20, reason="clawed_back")
    lea = await a_shopper(house, reference="lea", linked=False)
    await _passers_by(house)
    return Story(house, camille, noah, lea, why_nothing)


async def _passers_by(house: House) -> None:
    day = (
        ("marche-frais", 61_20, 4, "7310", "visa"),
        ("pharmacie-centrale", 9_40, 11, "0042", "cb"),
        ("maison-lumiere", 249_00, 17, "5151", "visa"),
        ("cinema-rive", 24_00, 25, "9034", "mastercard"),
        (None, 14_00, 33, "6612", "visa"),
        ("atelier-coton", 72_50, 39, "4004", "cb"),
        ("sport-cime", 180_00, 58, "2718", "visa"),
        ("boulangerie-du-pont", 6_30, 63, "3141", "cb"),
        ("librairie-du-lac", 31_00, 71, "1618", "visa"),
    )
    for shop, minor, minutes, last_four, scheme in day:
        passer_by = await a_shopper(house, reference=f"membre-{last_four}", last_four=last_four, scheme=scheme)
        await a_purchase(
            passer_by,
            minor=minor,
            shop=shop,
            at=NOW - timedelta(minutes=minutes),
            descriptor="SUMUP *FLEURS" if shop is None else shop.upper().replace("-", " "),
        )
