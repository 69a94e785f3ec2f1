"""Purchases to order: every scenario is told in an order that a network could, and ends where its name says."""

import random
from datetime import UTC, datetime

import pytest
from players import a_card, a_shop

from cashback.simulator.life import Deed
from cashback.simulator.scenarios import BURST_PURCHASES, Scenario, play

AT = datetime(2026, 11, 29, 12, 0, 3, 500, tzinfo=UTC)
A, C, R, D = Deed.AUTHORIZE, Deed.CLEAR, Deed.REFUND, Deed.DECLINE
TOLD: dict[Scenario, list[tuple[Deed, int]]] = {
    Scenario.AUTHORIZE: [(A, 48_00)],
    Scenario.CLEAR: [(A, 48_00), (C, 48_00)],
    Scenario.PARTIAL_REFUND: [(A, 48_00), (C, 48_00), (R, 19_20)],
    Scenario.CHARGEBACK: [(A, 48_00), (C, 48_00), (R, 48_00)],
    Scenario.LATE: [(C, 48_00), (A, 48_00)],
    Scenario.DECLINE: [(D, 48_00)],
}


@pytest.mark.parametrize("scenario", TOLD)
def test_a_scenario_is_what_its_name_says(scenario: Scenario) -> None:
    facts = play(scenario, random.Random(1), [a_card()], [a_shop()], AT, amount_minor=48_00)
    assert [(each.deed, each.amount_minor) for each in facts] == TOLD[scenario]
    assert len({each.purchase for each in facts}) == 1
    assert len({each.fact for each in facts}) == len(facts)
    assert all(each.occurred_at <= AT for each in facts), "nothing is told of the future"
    assert facts == play(scenario, random.Random(1), [a_card()], [a_shop()], AT, amount_minor=48_00)
    refunds = [each.names_purchase for each in facts if each.deed is R]
    assert refunds == {Scenario.PARTIAL_REFUND: [True], Scenario.CHARGEBACK: [False]}.get(scenario, [])


def test_a_burst_is_many_purchases_of_any_card() -> None:
    cards = [a_card(), a_card(token="card-2")]
    facts = play(Scenario.BURST, random.Random(1), cards, [a_shop()], AT, amount_minor=1)
    assert len(facts) == 2 * BURST_PURCHASES
    assert len({each.purchase for each in facts}) == BURST_PURCHASES
    assert {each.card for each in facts} == set(cards)
    assert min(each.amount_minor for each in facts) >= 1
