"""Balances say when they turn: what becomes available next, what is to be used by when, what was not used."""

from datetime import timedelta

from builders import NOW
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import SIGNER, Site, words
from world import CENTRE, START, a_world, clearing

from cashback.auth.sessions import Role
from cashback.ids import show
from cashback.notifications.service import inbox
from cashback.notifications.words import said
from cashback.offers.wording import Tongue

PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}, hold_days: 2, expires_after_days: 20,
     notice_days: 12}
  - {code: parking, reward: {kind: fixed, asset: PARKMIN, amount: 60}, hold_days: 40, expires_after_days: 5}
"""
)


DAY = timedelta(days=1)


async def test_a_wallet_says_when_its_balances_turn(engine: AsyncEngine, site: Site) -> None:
    world = await a_world(engine, PROGRAMME, at=START)
    shopper_id = await world.link()
    await world.play(clearing("p0", 50_00, at=START), at=START)
    await world.play(clearing("p1", 20_00, at=NOW - 10 * DAY), at=NOW - 10 * DAY)
    await world.play(clearing("p2", 30_00, at=NOW - 2 * DAY + timedelta(hours=20)), at=NOW - DAY)
    await world.pay(5_00)
    token = SIGNER.entry_token(role=Role.SHOPPER, operator_id=world.operator_id, shopper_id=shopper_id, now=NOW)
    async with site.client() as browser:
        await browser.get("/enter", params={"t": token})
        wallet = words((await browser.get("/en/wallet")).text)
        assert "Available €2.00" in wallet
        assert "Pending €3.00 available on 22 Nov" in wallet
        assert "€2.00 to use by 3 Dec" in wallet
        assert "180 minutes pending, available on 11 Dec" in wallet
        assert "2,00 € à utiliser jusqu’au 3 déc." in words((await browser.get("/fr/wallet")).text)
        await world.pass_to(NOW + 13 * DAY)
        wallet = words((await browser.get("/en/wallet")).text)
        assert "Available €3.00" in wallet
        assert "€3.00 to use by 12 Dec" in wallet
        ((purchase_id,),) = await world.rows("SELECT id FROM purchases WHERE purchase_ref = 'p1'")
        purchase = words((await browser.get(f"/en/wallet/purchases/{show('pur', purchase_id)}")).text)
        assert "Last day to use it 3 Dec" in purchase
        assert "Expired" in purchase
    async with world.connection() as connection:
        told = [each.notice for each in await inbox(connection, shopper_id)]
    spoken = {said(each, Tongue("en")) for each in told}
    assert spoken == {
        "€5.00 can be used until 23 Nov 2026 and expire after that",
        "€3.00 can be used until 12 Dec 2026 and expire after that",
    }
    await world.audit()
