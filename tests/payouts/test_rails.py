"""The same questions to every rail that is called: once per key, found again by it, honest about what is unknown."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from stripe_double import StripeDouble

from cashback.payouts.fake_rail import FakeRail
from cashback.payouts.rails import Accepted, Done, NotThere, Payment, Postponed, Rail, Refused, TakenBack, Unknown
from cashback.payouts.statement_credit_rail import StatementCreditRail
from cashback.payouts.stripe_rail import StripeRail
from issuers.errors import ProviderRefused, ProviderUnavailable, TooManyCalls
from issuers.statement_credits import Credit, CreditState
from issuers.statement_credits_fake import FakeStatementCredits
from issuers.stripe_payouts_api import StripePayoutsApi

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

PAYMENT = Payment(UUID(int=7), 10_00, "EUR", {"account": "acct_anna000001", "card": "card-token-1"})
KEY = "payout-1"


@pytest.fixture(params=["fake", "stripe", "statement_credit"])
async def rail(request: pytest.FixtureRequest) -> AsyncIterator[Rail]:
    if request.param == "stripe":
        async with StripeDouble(datetime(2026, 11, 1, tzinfo=UTC)) as double:
            opened = StripeRail(StripePayoutsApi("sk_test_0123456789", base_url=double.url, network_retries=0))
            yield opened
            await opened.aclose()
    else:
        made: dict[str, Callable[[], Rail]] = {
            "fake": FakeRail,
            "statement_credit": lambda: StatementCreditRail(FakeStatementCredits()),
        }
        yield made[request.param]()


async def test_what_is_submitted_again_is_the_same(rail: Rail) -> None:
    assert await rail.look_up(PAYMENT, KEY) == NotThere()
    first = await rail.submit(PAYMENT, KEY)
    assert isinstance(first, Accepted)
    assert await rail.submit(PAYMENT, KEY) == first
    assert await rail.look_up(PAYMENT, KEY) == first
    assert await rail.look_up(PAYMENT, "payout-2") == NotThere()


async def test_what_never_was_is_taken_back_at_once(rail: Rail) -> None:
    assert await rail.take_back(PAYMENT, "payout-3") == TakenBack()


async def test_a_network_that_credits_statements_is_understood() -> None:
    network = FakeStatementCredits()
    rail = StatementCreditRail(network)
    network.failures.extend(
        [
            (TooManyCalls("later"), False),
            (ProviderUnavailable("no answer"), True),
            (ProviderRefused("no such card"), False),
        ]
    )
    assert await rail.submit(PAYMENT, KEY) == Postponed("too_many_calls")
    assert await rail.look_up(PAYMENT, KEY) == NotThere()
    assert await rail.submit(PAYMENT, KEY) == Unknown("provider_unavailable")
    assert await rail.look_up(PAYMENT, KEY) == Accepted("card-token-1:1000:EUR")
    assert await rail.submit(PAYMENT, "other") == Refused("provider_refused")
    network.credits[KEY] = Credit("c", CreditState.POSTED)
    assert await rail.look_up(PAYMENT, KEY) == Done("c")
    network.credits[KEY] = Credit("c", CreditState.REFUSED, "card_closed")
    assert await rail.look_up(PAYMENT, KEY) == Refused("card_closed")
