"""An invoice beside a bank: overdue, paid, recorded in parts, and then nothing differs."""

from datetime import timedelta

from settling import NOVEMBER, OCTOBER, a_centre, issue, paid_in, shop_account
from sqlalchemy.ext.asyncio import AsyncEngine
from told_by_a_bank import bring, differing, worded
from world import purchase

from cashback.reconciliation.schemas import Finding


async def test_an_invoice_is_found_at_the_bank_and_agrees_once_it_is_recorded(engine: AsyncEngine) -> None:
    world = await a_centre(engine)
    await world.play(*purchase("p1", 200_00, at=OCTOBER + timedelta(days=5)), at=OCTOBER + timedelta(days=25))
    world.clock.advance(NOVEMBER - world.now)
    shop = await shop_account(world, "cafe")
    settled = (await issue(world, "2026-10"))[shop]
    assert settled.invoice is not None
    number, due = settled.invoice.number, settled.invoice.due_minor
    late = world.now + timedelta(days=60)
    overdue = await differing(world, late)
    assert (Finding.MISSING, -due, f"invoice:{number}") in overdue
    others = [each for each in overdue if each[2] != f"invoice:{number}"]
    euros = f"{due // 100}.{due % 100:02d}"
    await bring(world, worded(euros, f"Café Lune facture {number} merci"))
    unrecorded = sorted([*others, (Finding.UNRECORDED, 0, f"invoice:{number}")])
    assert await differing(world, late) == unrecorded
    await paid_in(world, shop, due - 5_00, number)
    assert await differing(world, late) == unrecorded
    await paid_in(world, shop, 5_00, f"{number} rest")
    assert await differing(world, late) == others
    await world.audit()
