"""One operator's key at every route, against another operator's shoppers, cards, wallets and programme."""

from collections.abc import AsyncIterator, Iterable

import pytest
from app_desk import EVERY_SCOPE, ROUTES, Desk, assert_problem, opened_desk
from look_routes import LOOK_OF_STRANGERS
from sqlalchemy.ext.asyncio import AsyncEngine
from surface_routes import STRANGERS
from world import CARD, SHOPPER, START, day, purchase

from cashback.actors import Scope

ANSWERS: dict[tuple[str, str], tuple[int, str]] = {
    ("POST", "/v1/shoppers"): (201, ""),
    ("POST", "/v1/cards"): (404, "unknown_shopper"),
    ("POST", "/v1/cards/unlink"): (404, "unknown_shopper"),
    ("GET", "/v1/wallets/{reference}"): (404, "unknown_shopper"),
    ("POST", "/v1/wallets/{reference}/entry-links"): (404, "unknown_shopper"),
    ("GET", "/v1/books/trial-balance"): (200, ""),
    ("GET", "/v1/books/head"): (200, ""),
    ("POST", "/v1/payments"): (404, "unknown_shopper"),
    ("PUT", "/v1/programme"): (200, ""),
    ("POST", "/v1/identifiers"): (200, ""),
    ("POST", "/v1/backtests"): (200, ""),
    ("POST", "/v1/simulations"): (200, ""),
    ("POST", "/v1/shoppers/{reference}/payout-accounts"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/payout-accounts"): (404, "unknown_shopper"),
    ("POST", "/v1/shoppers/{reference}/payout-accounts/{account}/remove"): (404, "unknown_shopper"),
    ("POST", "/v1/shoppers/{reference}/payouts"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/payouts"): (404, "unknown_shopper"),
    ("GET", "/v1/payouts"): (200, ""),
    ("GET", "/v1/payouts/{payout}"): (404, "unknown_payout"),
    ("POST", "/v1/payouts/{payout}/cancel"): (404, "unknown_payout"),
    ("POST", "/v1/payouts/{payout}/approve"): (404, "unknown_payout"),
    ("POST", "/v1/payouts/{payout}/stop"): (404, "unknown_payout"),
    ("POST", "/v1/payouts/{payout}/reveal"): (404, "unknown_payout"),
    ("GET", "/v1/offers"): (200, ""),
    ("GET", "/v1/offers/{code}"): (200, ""),
    ("PUT", "/v1/offers/{code}/draft"): (200, ""),
    ("POST", "/v1/offers/{code}/submit"): (404, "unknown_offer"),
    ("POST", "/v1/offers/{code}/approve"): (404, "unknown_offer"),
    ("POST", "/v1/offers/{code}/request-changes"): (404, "unknown_offer"),
    ("POST", "/v1/offers/{code}/reject"): (404, "unknown_offer"),
    ("POST", "/v1/offers/{code}/pause"): (200, ""),
    ("POST", "/v1/offers/{code}/resume"): (404, "unknown_offer"),
    ("POST", "/v1/offers/{code}/end"): (200, ""),
    ("POST", "/v1/offers/{code}/cancel"): (404, "unknown_offer"),
    ("POST", "/v1/offers/{code}/stop"): (200, ""),
    ("POST", "/v1/facts"): (404, "unknown_shopper"),
    ("POST", "/v1/facts/end"): (404, "unknown_shopper"),
    ("POST", "/v1/activations"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/facts"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/offers"): (404, "unknown_shopper"),
    ("POST", "/v1/claims"): (404, "unknown_shopper"),
    ("GET", "/v1/claims"): (200, ""),
    ("POST", "/v1/shoppers/{reference}/mandates"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/mandates"): (404, "unknown_shopper"),
    ("POST", "/v1/mandates/{mandate}/confirm"): (404, "unknown_mandate"),
    ("POST", "/v1/mandates/{mandate}/end"): (404, "unknown_mandate"),
    ("POST", "/v1/instalment-plans/{plan}/first-payment"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/confirm"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/contract/sign"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/pay"): (404, "unknown_plan"),
    ("GET", "/v1/instalment-plans/{plan}/collections"): (404, "unknown_plan"),
    ("GET", "/v1/claims/{claim}"): (404, "unknown_claim"),
    ("GET", "/v1/claims/{claim}/picture"): (404, "unknown_claim"),
    ("POST", "/v1/claims/{claim}/accept"): (404, "unknown_claim"),
    ("POST", "/v1/claims/{claim}/refuse"): (404, "unknown_claim"),
    ("POST", "/v1/claims/{claim}/withdraw"): (404, "unknown_claim"),
    ("POST", "/v1/claims/{claim}/cancel"): (404, "unknown_claim"),
    ("POST", "/v1/claims/{claim}/identifiers"): (404, "unknown_claim"),
    ("GET", "/v1/shoppers/{reference}/claims"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/notices"): (404, "unknown_shopper"),
    ("GET", "/v1/instalment-plans"): (200, ""),
    ("GET", "/v1/instalment-plans/{plan}"): (404, "unknown_plan"),
    ("GET", "/v1/shoppers/{reference}/instalment-plans"): (404, "unknown_shopper"),
    ("POST", "/v1/instalment-plans/{plan}/pause"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/move"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/withdraw"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/refunds"): (404, "unknown_plan"),
    ("POST", "/v1/instalment-plans/{plan}/write-off"): (404, "unknown_plan"),
    ("GET", "/v1/instalment-book"): (200, ""),
    ("GET", "/v1/instalment-remittances"): (200, ""),
    ("POST", "/v1/instalment-remittances"): (404, "unknown_shop"),
    ("GET", "/v1/instalment-settings"): (409, "instalments_not_offered"),
    ("PUT", "/v1/instalment-settings"): (200, ""),
    ("GET", "/v1/event-types"): (200, ""),
    ("GET", "/v1/events/stream"): (200, ""),
    ("GET", "/v1/webhook-endpoints"): (200, ""),
    ("POST", "/v1/webhook-endpoints"): (201, ""),
    ("GET", "/v1/webhook-endpoints/{endpoint}"): (404, "unknown_endpoint"),
    ("PATCH", "/v1/webhook-endpoints/{endpoint}"): (404, "unknown_endpoint"),
    ("DELETE", "/v1/webhook-endpoints/{endpoint}"): (404, "unknown_endpoint"),
    ("POST", "/v1/webhook-endpoints/{endpoint}/rotate-secret"): (404, "unknown_endpoint"),
    ("POST", "/v1/webhook-endpoints/{endpoint}/disable"): (404, "unknown_endpoint"),
    ("POST", "/v1/webhook-endpoints/{endpoint}/enable"): (404, "unknown_endpoint"),
    ("POST", "/v1/webhook-endpoints/{endpoint}/test"): (404, "unknown_endpoint"),
    ("GET", "/v1/webhook-endpoints/{endpoint}/deliveries"): (404, "unknown_endpoint"),
    ("GET", "/v1/webhook-endpoints/{endpoint}/deliveries/{message}"): (404, "unknown_endpoint"),
    ("POST", "/v1/webhook-endpoints/{endpoint}/replay"): (404, "unknown_endpoint"),
    ("POST", "/v1/webhook-signatures/check"): (200, ""),
    ("GET", "/v1/api-keys"): (200, ""),
    ("POST", "/v1/api-keys"): (201, ""),
    ("POST", "/v1/api-keys/{key}/rotate"): (404, "unknown_key"),
    ("POST", "/v1/api-keys/{key}/revoke"): (404, "unknown_key"),
    ("GET", "/v1/requests"): (200, ""),
    ("GET", "/v1/funders"): (200, ""),
    ("PUT", "/v1/funders"): (200, ""),
    ("POST", "/v1/funders/payments"): (201, ""),
    ("POST", "/v1/funders/pauses"): (200, ""),
    ("PUT", "/v1/seller"): (200, ""),
    ("POST", "/v1/settlements"): (201, ""),
    ("POST", "/v1/settlements/preview"): (200, ""),
    ("GET", "/v1/settlements"): (200, ""),
    ("GET", "/v1/settlements/{settlement}"): (404, "unknown_settlement"),
    ("GET", "/v1/settlements/{settlement}.pdf"): (404, "unknown_settlement"),
    ("GET", "/v1/settlements/{settlement}.csv"): (404, "unknown_settlement"),
    ("GET", "/v1/settlements/{settlement}/movements.csv"): (404, "unknown_settlement"),
    ("POST", "/v1/adjustments"): (404, "unknown_shopper"),
    ("GET", "/v1/adjustments"): (200, ""),
    ("POST", "/v1/adjustments/{adjustment}/approve"): (404, "unknown_adjustment"),
    ("POST", "/v1/adjustments/{adjustment}/refuse"): (404, "unknown_adjustment"),
    ("POST", "/v1/eligibility"): (404, "unknown_shopper"),
    ("GET", "/v1/decisions/{decision}"): (404, "unknown_decision"),
    ("GET", "/v1/decisions/{decision}/record"): (404, "unknown_decision"),
    ("GET", "/v1/decisions/{decision}/plans/{plan}/information-sheet"): (404, "unknown_decision"),
    ("GET", "/v1/decisions/{decision}/plans/{plan}/information-sheet.pdf"): (404, "unknown_decision"),
    ("POST", "/v1/instalment-plans"): (404, "unknown_decision"),
    ("GET", "/v1/shoppers/{reference}/score"): (404, "unknown_shopper"),
    ("PUT", "/v1/shoppers/{reference}/means"): (404, "unknown_shopper"),
    ("POST", "/v1/cards/facts"): (404, "unknown_shopper"),
    ("POST", "/v1/disputes"): (404, "unknown_purchase"),
    ("POST", "/v1/decisions/{decision}/review"): (404, "unknown_decision"),
    ("GET", "/v1/decision-reviews"): (200, ""),
    ("GET", "/v1/decision-reviews/figures"): (200, ""),
    ("GET", "/v1/decision-reviews/{review}"): (404, "unknown_review"),
    ("POST", "/v1/decision-reviews/{review}/assign"): (404, "unknown_review"),
    ("POST", "/v1/decision-reviews/{review}/uphold"): (404, "unknown_review"),
    ("POST", "/v1/decision-reviews/{review}/overturn"): (404, "unknown_review"),
    ("POST", "/v1/decision-reviews/{review}/agree"): (404, "unknown_review"),
    ("GET", "/v1/members"): (200, ""),
    ("POST", "/v1/members"): (403, "role_too_high"),
    ("POST", "/v1/members/{member}/role"): (404, "unknown_member"),
    ("POST", "/v1/members/{member}/reset"): (404, "unknown_member"),
    ("POST", "/v1/members/{member}/remove"): (404, "unknown_member"),
    ("PUT", "/v1/shoppers/{reference}/email"): (404, "unknown_shopper"),
    ("GET", "/v1/audit-log"): (200, ""),
    ("POST", "/v1/purchases/join"): (404, "unknown_purchase"),
    ("POST", "/v1/purchases/{purchase}/split"): (404, "unknown_purchase"),
    **STRANGERS,
    **LOOK_OF_STRANGERS,
}
"""What a stranger gets; a success concerns nothing but the stranger's own."""
MOVES = [
    route for route in ROUTES if route[0] != "GET" and route[1].startswith("/v1/offers/") and not ANSWERS[route][1]
]
"""Routes that move the one offer which both operators have."""


@pytest.fixture
async def stranger(engine: AsyncEngine) -> AsyncIterator[Desk]:
    async with opened_desk(engine) as opened:
        yield opened


async def earned(desk: Desk) -> None:
    """Anna has a euro available and a card."""
    await desk.world.link(at=START)
    await desk.world.play(*purchase("p-1", 20_00, at=day(1)), at=day(20))


@pytest.fixture(scope="module")
async def ours(engine: AsyncEngine) -> AsyncIterator[Desk]:
    """An operator with a shopper who has earned, and offers in every state."""
    async with opened_desk(engine) as opened:
        await earned(opened)
        await opened.prepare_offers()
        yield opened


async def asked_by(stranger: Desk, ours: Desk, routes: Iterable[tuple[str, str]]) -> None:
    """Each route asked with the stranger's key is answered as the table says, and moves nothing of ours."""
    keys = {scope: await stranger.key_with(scope, label=scope.value) for scope in EVERY_SCOPE}
    before = await ours.state()
    for route in routes:
        scope, path, content = ROUTES[route]
        answer = await ours.ask(route[0], path, key=keys[scope], **content)
        status, code = ANSWERS[route]
        if code:
            assert_problem(answer, status, code)
        assert answer.status_code == status, (route, answer.text)
    assert await ours.state() == before
    assert await ours.world.wallet() == {"EUR": (0, 1_00, 0, 0)}
    await ours.world.audit()


async def test_another_operators_key_is_refused_and_moves_nothing(ours: Desk, stranger: Desk) -> None:
    theirs = await stranger.state()
    await asked_by(stranger, ours, (route for route in ROUTES if ANSWERS[route][1]))
    since = await stranger.state()
    assert {name for name in theirs if theirs[name] != since[name]} == {"api_keys", "audit_log"}


async def test_what_another_operators_key_does_concerns_nothing_but_its_own(ours: Desk, stranger: Desk) -> None:
    await asked_by(stranger, ours, (route for route in ROUTES if not ANSWERS[route][1] and route not in MOVES))


@pytest.mark.parametrize("route", MOVES, ids=" ".join)
async def test_an_offer_of_the_same_code_is_another_one(ours: Desk, stranger: Desk, route: tuple[str, str]) -> None:
    await asked_by(stranger, ours, [route])


async def test_two_operators_may_name_shoppers_and_cards_alike(desk: Desk, stranger: Desk) -> None:
    await earned(desk)
    ours = await desk.state()
    opened = await stranger.ask("POST", "/v1/shoppers", json={"references": [SHOPPER]})
    assert opened.status_code == 201
    card = {"shopper": SHOPPER, "network": "sandbox", "token": CARD}
    await stranger.world.connect()
    assert (await stranger.ask("POST", "/v1/cards", json=card)).status_code == 201
    assert (await stranger.ask("GET", f"/v1/wallets/{SHOPPER}")).json() == {}
    assert (await stranger.ask("POST", "/v1/cards/unlink", json=card)).status_code == 200
    assert await desk.state() == ours
    assert (await desk.ask("GET", f"/v1/wallets/{SHOPPER}")).json()["EUR"]["available"] == 1_00


async def test_a_key_is_of_one_operator_whichever_label_it_has(desk: Desk, stranger: Desk) -> None:
    mine, theirs = await desk.key_with(Scope.READ, label="same"), await stranger.key_with(Scope.READ, label="same")
    assert mine != theirs
    await earned(desk)
    assert (await desk.ask("GET", f"/v1/wallets/{SHOPPER}", key=mine)).status_code == 200
    assert_problem(await desk.ask("GET", f"/v1/wallets/{SHOPPER}", key=theirs), 404, "unknown_shopper")
