"""The partner who lends is who consults the file of payment incidents for decisions."""

from collections.abc import AsyncIterator

import pytest
from charge_double import ChargeDouble
from charged_world import Charged, charged_world
from lender_double import LenderDouble
from sqlalchemy.ext.asyncio import AsyncEngine
from world import START

from cashback.collecting import opening
from cashback.collecting.partners import ficp_of
from cashback.collecting.schemas import RailName
from cashback.decisions.ficp import FicpPort
from cashback.errors import Invalid
from eligibility import FicpStatus

SIMULATION = {"url": opening.SIMULATED_LENDER, "token": "simulation"}


@pytest.fixture
async def charged(engine: AsyncEngine) -> AsyncIterator[Charged]:
    async with ChargeDouble(START) as stripe:
        yield await charged_world(engine, stripe)


async def lender_of(charged: Charged, told: dict[str, str] | None = None) -> FicpPort:
    master = charged.world.stage.road.keyring.master
    async with charged.connection() as connection:
        if told is not None:
            await opening.open_lender(connection, charged.person(), master, told, charged.now)
        return await ficp_of(connection, charged.world.operator_id, master)


async def test_the_partner_consults_once_for_each_consultation(charged: Charged) -> None:
    async with LenderDouble(charged.now) as partner:
        told = {"url": partner.url, "token": "partner-token", "name": "Partner SA"}
        lender = await lender_of(charged, told)
        assert lender.lender == "Partner SA"
        first = await lender.consult("c-1", "shp_1", charged.now)
        assert (first.status, first.proof, first.consulted_at) == (FicpStatus.CLEAR, "proof-c-1", charged.now)
        partner.ficp = "listed"
        assert await lender.consult("c-1", "shp_1", charged.now) == first
        assert (await lender.consult("c-2", "shp_1", charged.now)).status is FicpStatus.LISTED
        assert partner.consulted == ["shp_1", "shp_1"]
        partner.ficp = "a word of their own"
        assert (await lender.consult("c-3", "shp_1", charged.now)).status is FicpStatus.UNAVAILABLE
        partner.faults.append("down")
        assert (await lender.consult("c-4", "shp_1", charged.now)).status is FicpStatus.UNAVAILABLE
    assert "partner-token" not in repr(lender)


async def test_without_a_partner_nothing_is_known(charged: Charged) -> None:
    lender = await lender_of(charged)
    assert lender.lender == ""
    assert (await lender.consult("c-1", "shp_1", charged.now)).status is FicpStatus.UNAVAILABLE


async def test_a_simulation_is_for_test_operators_alone(charged: Charged) -> None:
    lender = await lender_of(charged, SIMULATION)
    assert lender.lender == "Sandbox Lender"
    assert (await lender.consult("c-1", "shp_1", charged.now)).status is FicpStatus.CLEAR
    async with charged.connection() as connection:
        await connection.exec_driver_sql(
            "UPDATE operators SET mode = 'live' WHERE operator_id = $1", (charged.world.operator_id,)
        )
    before = await charged.world.rows("SELECT rail, opened_at FROM charge_rails ORDER BY rail")
    with pytest.raises(Invalid, match="test operators alone"):
        await lender_of(charged, SIMULATION)
    with pytest.raises(Invalid, match="test operators alone"):
        await charged.open(RailName.SANDBOX, {})
    assert await charged.world.rows("SELECT rail, opened_at FROM charge_rails ORDER BY rail") == before
