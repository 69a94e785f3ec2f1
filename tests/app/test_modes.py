"""Two modes that cannot touch each other: a live operator, its test twin, and what each refuses."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from app_desk import EVERY_SCOPE, Desk
from PIL import Image
from world import SHOPPER, START, day, purchase

from cashback.actors import system
from cashback.auth.keys import create_key
from cashback.collecting import opening as charges
from cashback.collecting.schemas import RailName as ChargeRail
from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.payouts import opening as payouts
from cashback.payouts.schemas import RailName as PayoutRail
from cashback.programmes.connections import open_connection
from cashback.programmes.operators import OperatorMode
from cashback.twins import bring_twin


async def live(desk: Desk) -> Desk:
    """The same desk, of a live operator."""
    await desk.world.rows("UPDATE operators SET mode = $1 RETURNING 1", OperatorMode.LIVE.value)
    return desk


async def twin_key(desk: Desk) -> str:
    twin = await bring_twin(desk.world.engine, desk.operator_id, desk.world.now)
    async with transaction(desk.world.engine, twin.operator_id) as connection:
        actor = system(twin.operator_id, "tests")
        return await create_key(connection, actor, label="twin", scopes=EVERY_SCOPE, now=desk.world.now)


async def test_a_twin_has_the_programme_and_nobody(desk: Desk) -> None:
    await desk.world.link(at=START)
    await desk.world.play(*purchase("p-1", at=day(1)), at=day(20))
    await live(desk)
    before = await desk.state()
    key = await twin_key(desk)
    assert await desk.state() == before
    assert key.startswith("ck_test_")
    ours, theirs = [(await desk.ask("GET", "/v1/programme", key=each)).json() for each in (desk.key, key)]
    for each in (ours, theirs):
        for name in ("iss", "revision", "centres"):
            each.pop(name)
    assert theirs == ours
    for path in ("/v1/shoppers", "/v1/cards", "/v1/purchases", "/v1/rewards", "/v1/webhook-endpoints"):
        assert (await desk.ask("GET", path, key=key)).json()["data"] == []
    card = {"shopper": SHOPPER, "network": "sandbox", "token": "card-1"}
    await desk.ask("POST", "/v1/shoppers", key=key, json={"references": [SHOPPER]})
    assert (await desk.ask("POST", "/v1/cards", key=key, json=card)).status_code == 201
    assert await desk.state() == before
    await desk.world.audit()


async def test_a_twin_is_opened_once_and_follows_its_programme(desk: Desk) -> None:
    await live(desk)
    first = await bring_twin(desk.world.engine, desk.operator_id, desk.world.now)
    again = await bring_twin(desk.world.engine, desk.operator_id, desk.world.now)
    assert (first.new, again.new, again.changes, again.operator_id) == (True, False, 0, first.operator_id)
    assert first.slug.endswith("-test")
    with pytest.raises(Invalid):
        await bring_twin(desk.world.engine, first.operator_id, desk.world.now)


async def test_a_twin_looks_like_its_live_operator(desk: Desk) -> None:
    made = BytesIO()
    Image.new("RGB", (40, 40), (11, 92, 120)).save(made, "PNG")
    look = {"name": "Le Quai", "brand": "#0b5c78", "radius": 6, "seen": 0}
    picture = b64encode(made.getvalue()).decode()
    ours = (await desk.ask("PUT", "/v1/theme", json={**look, "picture": picture})).json()
    await live(desk)
    key = await twin_key(desk)
    theirs = (await desk.ask("GET", "/v1/theme", key=key)).json()
    assert {name: theirs[name] for name in look if name != "seen"} == {
        name: ours[name] for name in look if name != "seen"
    }
    assert (await desk.client.get(theirs["logo"]["address"])).content == (
        await desk.client.get(ours["logo"]["address"])
    ).content
    assert (await bring_twin(desk.world.engine, desk.operator_id, desk.world.now)).changes == 0
    assert len((await desk.ask("GET", "/v1/theme/versions", key=key)).json()["data"]) == 1
    await desk.ask("PUT", "/v1/theme", json={**look, "brand": "#7a1f4c", "logo": "none", "seen": 1})
    assert (await bring_twin(desk.world.engine, desk.operator_id, desk.world.now)).changes == 1
    theirs = (await desk.ask("GET", "/v1/theme", key=key)).json()
    assert (theirs["brand"], theirs["logo"], theirs["version"]) == ("#7a1f4c", None, 2)


async def test_every_answer_says_its_mode(desk: Desk) -> None:
    assert (await desk.ask("GET", "/v1/shoppers")).headers["cashback-mode"] == "test"
    await live(desk)
    assert (await desk.ask("GET", "/v1/shoppers")).headers["cashback-mode"] == "live"
    assert (await desk.ask("GET", "/v1/shoppers", key=await twin_key(desk))).headers["cashback-mode"] == "test"
    assert "cashback-mode" not in (await desk.ask("GET", "/v1/shoppers", key="")).headers


@pytest.mark.parametrize(
    ("mode", "key", "refused"),
    [
        (OperatorMode.LIVE, "sk_live_0123456789", None),
        (OperatorMode.LIVE, "rk_live_0123456789", None),
        (OperatorMode.LIVE, "sk_test_0123456789", "other_mode"),
        (OperatorMode.LIVE, "sk_test_x_live_0123456789", "other_mode"),
        (OperatorMode.TEST, "sk_test_0123456789", None),
        (OperatorMode.TEST, "sk_live_0123456789", "other_mode"),
        (OperatorMode.TEST, "rk_live_x_test_0123456789", "other_mode"),
    ],
)
@pytest.mark.parametrize("way", ["paid", "charged"])
async def test_money_moves_by_credentials_of_the_same_mode(
    desk: Desk, mode: OperatorMode, key: str, refused: str | None, way: str
) -> None:
    await desk.world.rows("UPDATE operators SET mode = $1 RETURNING 1", mode.value)
    before = await desk.state()
    actor, master = system(desk.operator_id, "tests"), desk.world.stage.road.keyring.master

    async def opened() -> None:
        async with desk.world.connection() as connection:
            if way == "paid":
                await payouts.open_rail(connection, actor, master, PayoutRail.STRIPE, {"api_key": key}, desk.world.now)
            else:
                await charges.open_rail(connection, actor, master, ChargeRail.STRIPE, {"api_key": key}, desk.world.now)

    if refused is None:
        await opened()
        assert await desk.state() != before
        return
    with pytest.raises(Invalid) as error:
        await opened()
    assert (error.value.code, key in error.value.detail) == (refused, False)
    assert await desk.state() == before


async def test_no_card_of_a_live_operator_is_charged_in_a_simulation(desk: Desk) -> None:
    actor, master = system(desk.operator_id, "tests"), desk.world.stage.road.keyring.master
    await live(desk)
    before = await desk.state()
    with pytest.raises(Invalid) as error:
        async with desk.world.connection() as connection:
            await charges.open_rail(connection, actor, master, ChargeRail.SANDBOX, {}, desk.world.now)
    assert error.value.code == "test_mode_only"
    assert await desk.state() == before


@pytest.mark.parametrize("provider", ["sandbox", "sandbox_bank"])
async def test_purchases_that_nobody_made_are_told_to_test_operators_alone(desk: Desk, provider: str) -> None:
    told: dict[str, Any] = {
        "slug": f"{provider.replace('_', '-')}-{desk.operator_id}",
        "provider": provider,
        "registered_url": "https://rewards.example/webhooks/x",
        "secret": b"secret",
        "providers": {provider},
        "master": desk.world.stage.road.keyring.master,
        "now": desk.world.now,
    }
    actor = system(desk.operator_id, "tests")
    await live(desk)
    before = await desk.state()
    with pytest.raises(Invalid) as error:
        async with desk.world.connection() as connection:
            await open_connection(connection, actor, **told)
    assert error.value.code == "test_mode_only"
    assert await desk.state() == before
    await desk.world.rows("UPDATE operators SET mode = $1 RETURNING 1", OperatorMode.TEST.value)
    async with desk.world.connection() as connection:
        await open_connection(connection, actor, **told)
