"""One purchase of each network, from its webhook to the wallet: recognised, matched by its identifier, rewarded."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Ending, Story

from cashback.replay.service import replay_on

FIXTURES = Path(__file__).resolve().parents[1] / "issuers" / "fixtures"
LINKED = datetime(2026, 9, 1, 12, tzinfo=UTC)
TOLD = datetime(2026, 9, 30, 12, tzinfo=UTC)
"""All recorded purchases are of September 2026."""

PROGRAMME = """
programme: {{code: one-shop, name: One Shop, zone: Europe/Paris, currency: {currency}}}
centres: [{{code: centre, name: Centre, country: FR}}]
assets: [{{code: {currency}, kind: money, name: {{en: cashback, fr: cashback}}}}]
shops:
  - code: shop
    name: Shop
    centre: centre
    category: "5812"
    identifiers: [{{network: {network}, scheme: {scheme}, value: "{value}"}}]
offers:
  - code: five-percent
    name: {{en: Five percent, fr: Cinq pour cent}}
    conditions: []
    reward: {{kind: percent, asset: {currency}, rate_bps: 500}}
    hold_days: 0
"""


class Told(NamedTuple):
    """Messages of one purchase in the order in which they come, and how it ends."""

    messages: tuple[str, ...]
    card: str
    identifier: tuple[str, str]
    currency: str
    purchase: str
    state: str
    net_minor: int
    earns: int
    pending: int
    """Of what is earned; the rest is available."""
    event: str | None = None


NETWORKS = {
    "visa": Told(
        ("auth", "settle"),
        "00000000-0000-4000-8000-0000000000c1",
        ("acquirer_mid", "400000/11112222"),
        "EUR",
        "100000000000001",
        "cleared",
        42_50,
        2_13,
        0,
    ),
    "mastercard_mrs": Told(
        ("authorization.xml",),
        "card-token-0002",
        ("acquirer_mid", "000001/1500001"),
        "EUR",
        "card-token-0002/MXXX0ABCD/2026-09-15",
        "authorized",
        42_50,
        2_13,
        2_13,
        event="EUR.Europe.Paris",
    ),
    "amex": Told(
        ("auth", "settlement"),
        "card-token-0003",
        ("se_number", "9400000001"),
        "EUR",
        "card-token-0003/9400000001/000003",
        "cleared",
        42_50,
        2_13,
        0,
    ),
    "adyen": Told(
        ("transfer.captured",),
        "PI00000000000000000000001",
        ("acquirer_mid", "012345/000000000000777"),
        "EUR",
        "TR00000000000001",
        "cleared",
        40_00,
        2_00,
        0,
    ),
    "marqeta": Told(
        ("authorization",),
        "00000000-0000-4000-8000-c00000000001",
        ("mid", "11112222"),
        "USD",
        "tok-0001",
        "authorized",
        84_50,
        4_23,
        4_23,
    ),
    "lithic": Told(
        ("card_transaction.updated",),
        "00000000-0000-4000-8000-000000000003",
        ("mid", "11112222"),
        "USD",
        "00000000-0000-4000-8000-000000000001",
        "cleared",
        42_50,
        2_13,
        0,
    ),
    "kard": Told(
        ("earnedRewardApproved", "earnedRewardSettled"),
        "user-0001",
        ("kard_offer", "offer-0001"),
        "USD",
        "tx-0001",
        "cleared",
        90_00,
        4_50,
        0,
    ),
    "cardlytics": Told(
        ("rtm.redemption-confirmed",), "acct-1", ("ad", "a1"), "USD", "tx-1", "cleared", 24_00, 1_20, 0, event="USD"
    ),
}


def a_story(network: str, told: Told) -> Story:
    story = Story()
    story.link(LINKED, card=told.card, provider=network)
    for place, name in enumerate(told.messages):
        file = FIXTURES / network / name
        body: Any = (
            file.read_bytes() if file.suffix == ".xml" else json.loads((file.parent / f"{name}.json").read_text())
        )
        for _ in range(2):  # every webhook is delivered twice
            story.deliver(TOLD + timedelta(minutes=place), network, body, told.event)
    return story


async def ended(engine: AsyncEngine, network: str, told: Told, story: Story) -> Ending:
    scheme, value = told.identifier
    programme = PROGRAMME.format(network=network, scheme=scheme, value=value, currency=told.currency)
    answer = await replay_on(engine, programme, story.lines, source=network)
    assert (answer["ledger"]["audit"], answer["inbox"]["parked"], answer["inbox"]["conflicts"]) == ("clean", [], [])
    return Ending(answer)


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_purchase_of_a_network_is_recognised_matched_and_rewarded_once(
    engine: AsyncEngine, network: str
) -> None:
    told = NETWORKS[network]
    ending = await ended(engine, network, told, a_story(network, told))
    assert [each["reference"] for each in ending.answer["purchases"]] == [told.purchase]
    assert ending.stands(told.purchase) == (told.state, told.net_minor, {"five-percent": told.earns})
    assert ending.wallet() == {told.currency: (told.pending, told.earns - told.pending, 0, 0)}


async def test_mastercards_notifications_name_no_shop_yet_and_wait(engine: AsyncEngine) -> None:
    """Its identifiers have no public names: the purchase is kept, counted as unmatched, and earns nothing."""
    story = Story()
    story.link(LINKED, card="00000000-0000-4000-8000-0000000000c2", provider="mastercard")
    body = json.loads((FIXTURES / "mastercard" / "authorization.json").read_text())
    story.deliver(TOLD, "mastercard", body)
    elsewhere = NETWORKS["visa"]._replace(purchase="MCC:MXXX0ABCD:2026-09-15")
    ending = await ended(engine, "visa", elsewhere, story)
    assert ending.stands(elsewhere.purchase) == ("authorized", 42_50, {})
    assert [each["reference"] for each in ending.answer["unmatched"]] == [elsewhere.purchase]
    assert ending.wallet() == {}
