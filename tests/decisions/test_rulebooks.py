"""Rules of an operator: loaded, dated, and by two people where they widen credit."""

import json
from datetime import timedelta
from typing import Any

import pytest
from deciding import House, a_house, policy_with
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from test_replaying import usury_bytes

from cashback.actors import Scope
from cashback.decisions import rulebooks
from cashback.decisions.conduct import load_conduct, shipped_conduct_bytes
from cashback.decisions.rulebooks import Role, Rule
from cashback.decisions.widening import conduct_widens, policy_widens, usury_widens
from cashback.errors import Conflict, Forbidden, Invalid, ProductError
from eligibility import Policy, load_policy, load_usury, shipped_bytes, shipped_policy, shipped_usury


async def load(house: House, role: Role, data: bytes | None, **more: Any) -> Rule:
    actor = house.person("ada", Scope.PROGRAMME)
    async with house.world.connection() as connection:
        return await rulebooks.load(
            connection, actor, role, data, words="as agreed", live_from=more.get("at"), now=house.world.now
        )


async def decide(house: House, rule: Rule, by: str, *, approved: bool = True) -> Rule:
    actor = house.person(by, Scope.APPROVAL)
    async with house.world.connection() as connection:
        return await rulebooks.decide(connection, actor, rule.id, approved=approved, words="seen", now=house.world.now)


async def policy_now(house: House, days: float = 0) -> str:
    at = house.world.now + timedelta(days=days)
    async with house.world.connection() as connection:
        return (await rulebooks.in_force(connection, house.world.operator_id, at)).rulebook.policy.figures.id


async def test_rules_hold_one_after_the_other_and_widening_takes_two(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    assert await policy_now(house) == "policy-fr-1"
    narrower = await load(house, Role.POLICY, policy_with("narrow", cap_start_minor=200_00))
    assert (narrower.state, narrower.widens) == ("live", "")
    wider = await load(house, Role.POLICY, policy_with("wide", cap_start_minor=400_00))
    assert (wider.state, wider.widens) == ("waiting", "cap_start_minor")
    assert await policy_now(house) == "policy-narrow"
    with pytest.raises(Forbidden) as alone:
        await decide(house, wider, "ada")
    assert alone.value.code == "four_eyes"
    house.pass_days(1)
    assert (await decide(house, wider, "bob")).state == "live"
    assert (await policy_now(house), await policy_now(house, -0.5)) == ("policy-wide", "policy-narrow")
    later = await load(
        house, Role.POLICY, policy_with("later", cap_start_minor=100_00), at=house.world.now + timedelta(9)
    )
    assert (later.state, await policy_now(house), await policy_now(house, 9)) == ("live", "policy-wide", "policy-later")
    refused = await load(house, Role.POLICY, policy_with("refused", plans_active_max=9))
    assert (await decide(house, refused, "bob", approved=False)).state == "refused"
    assert await policy_now(house) == "policy-wide"
    await house.audit()


async def test_every_decision_is_made_by_what_holds_then(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular(visits=6)
    first = json.loads((await house.ask(anna)).record)["versions"]
    await house.load(Role.POLICY, policy_with("new", quote_minutes=5))
    await house.load(Role.CHALLENGER, shipped_bytes("card"))
    second = json.loads((await house.ask(anna)).record)
    assert (first["policy"]["id"], second["versions"]["policy"]["id"]) == ("policy-fr-1", "policy-new")
    assert second["challenger"]["score"] == second["score"]["score"]
    await house.load(Role.CHALLENGER, None)
    assert json.loads((await house.ask(anna)).record)["challenger"] is None


@pytest.mark.parametrize(
    ("role", "data", "kind", "code"),
    [
        (Role.POLICY, b"{}", Invalid, "table_refused"),
        (Role.POLICY, b"nonsense", Invalid, "table_refused"),
        (Role.CARD, shipped_bytes("policy"), Invalid, "table_refused"),
        (Role.CONDUCT, b'{"format": 1}', Invalid, "conduct_refused"),
        (Role.POLICY, None, Invalid, "table_needed"),
        (Role.POLICY, policy_with("x").replace(b'"policy-x"', b'"policy-fr-1"'), Conflict, "name_taken"),
    ],
)
async def test_what_is_no_table_is_not_loaded(
    bea: tuple[House, Any], role: Role, data: bytes | None, kind: type[ProductError], code: str
) -> None:
    house, _ = bea
    before = await state_of(house.world.engine, house.world.operator_id)
    if code == "name_taken":
        assert data is not None
        data = data.replace(b'"quote_minutes":30', b'"quote_minutes":29')
    with pytest.raises(kind) as refused:
        await load(house, role, data)
    assert refused.value.code == code
    assert await state_of(house.world.engine, house.world.operator_id) == before


async def test_the_past_is_not_changed(bea: tuple[House, Any]) -> None:
    house, _ = bea
    with pytest.raises(Invalid) as refused:
        await load(house, Role.POLICY, policy_with("yesterday"), at=house.world.now - timedelta(days=1))
    assert refused.value.code == "in_the_past"


def changed(**figures: Any) -> Policy:
    return load_policy(policy_with("changed", **figures))


STARTER = {"count": 2, "first_share_bps": 5000, "amount_max_minor": 100_00}
CUTS = [
    {"score_at_least": 700, "limit_share_bps": 10_000, "band": "very_good"},
    {"score_at_least": 600, "limit_share_bps": 10_000, "band": "good"},
    {"score_at_least": 500, "limit_share_bps": 6000, "band": "fair"},
]


@pytest.mark.parametrize(
    ("figures", "widens"),
    [
        ({}, ()),
        ({"amount_max_minor": 2500_00}, ("amount_max_minor",)),
        ({"amount_max_minor": 1500_00}, ()),
        ({"amount_min_minor": 40_00}, ("amount_min_minor",)),
        ({"hours_after_refusal": 12}, ("hours_after_refusal",)),
        ({"hours_after_refusal": 48}, ()),
        ({"ficp_listed_refuses": False}, ("ficp_listed_refuses",)),
        ({"affordability_when_exempt": True}, ()),
        ({"countries": ["FR", "BE"]}, ("countries",)),
        ({"regimes": ["exempt_50d"]}, ()),
        ({"categories_refused": []}, ("categories_refused",)),
        ({"cuts": CUTS[:2]}, ()),
        ({"cuts": [*CUTS, {"score_at_least": 400, "limit_share_bps": 100, "band": "low"}]}, ("cuts",)),
        ({"cuts": [*CUTS[:2], {**CUTS[2], "limit_share_bps": 6001}]}, ("cuts",)),
        ({"starter": None}, ()),
        ({"starter": {**STARTER, "amount_max_minor": 90_00}}, ()),
        ({"starter": {**STARTER, "first_share_bps": 4000}}, ("starter",)),
        ({"starter": {**STARTER, "count": 3}}, ("starter",)),
    ],
    ids=str,
)
def test_what_widens_credit_is_named(figures: dict[str, Any], widens: tuple[str, ...]) -> None:
    assert policy_widens(shipped_policy(), changed(**figures)) == widens


def test_a_starter_where_there_was_none_widens() -> None:
    assert policy_widens(changed(starter=None), shipped_policy()) == ("starter",)


def test_a_quarter_that_becomes_known_widens_and_one_that_is_forgotten_does_not() -> None:
    more = load_usury(usury_bytes())
    assert usury_widens(shipped_usury(), more) == ("2026-10-01",)
    assert usury_widens(more, shipped_usury()) == ("2025-10-01", "2026-01-01")
    lower = load_usury(usury_bytes().replace(b"2349", b"2300"))
    assert usury_widens(more, lower) == ()
    assert usury_widens(lower, more) == ("2026-10-01",)


def test_a_plan_that_is_new_or_other_widens() -> None:
    conduct = load_conduct(shipped_conduct_bytes())
    fewer = conduct.model_copy(update={"plans": conduct.plans[:2]})
    assert conduct_widens(conduct, fewer) == ()
    assert conduct_widens(fewer, conduct) == ("plan 3x", "plan 4x")
    alone = conduct.model_copy(update={"second_person_above_minor": 900_00})
    assert conduct_widens(conduct, alone) == ("second_person_above_minor",)
