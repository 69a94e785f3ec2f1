"""Payouts over Stripe, as the real SDK speaks with a double of it over HTTP: every fault ends with the money paid once,
or in the wallet again, and with what left the platform equal to what was paid."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from paid_world import Paid, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine
from stripe_double import SECRET, Fault, StripeDouble

from cashback.api.receiver import WebhookReceiver
from cashback.payouts.paying import RAILS
from cashback.payouts.rails import Rails
from cashback.payouts.schemas import Payout, RailName, State
from cashback.payouts.stripe_rail import StripeRail
from cashback.programmes.connections import ConnectionDirectory, open_connection
from issuers.registry import ADAPTERS
from issuers.stripe_calls import Failure, StripeCallFailed
from issuers.stripe_payouts_api import StripePayoutsApi

# The SDK hands its form to httpx in a way that httpx discourages; as an error the warning would hide the answer.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

ACCOUNT = "acct_anna000001"


def once(credentials: Mapping[str, str]) -> StripeRail:
    """The real rail, whose SDK does not repeat calls by itself: that takes it seconds."""
    return StripeRail(StripePayoutsApi(credentials["api_key"], base_url=credentials["base_url"], network_retries=0))


ONCE = Rails({RailName.STRIPE: once})


@dataclass(slots=True)
class AtStripe:
    """A world that pays over the double, and the receiver of its webhooks."""

    paid: Paid
    stripe: StripeDouble
    client: httpx.AsyncClient
    path: str

    async def pay(self, rails: Rails = ONCE) -> None:
        await self.paid.pay(rails=rails)

    async def later(self, by: timedelta) -> None:
        """Time passes here and at Stripe, and what is due is paid."""
        self.paid.world.clock.advance(by)
        self.stripe.advance(by)
        await self.pay()

    async def told(self, *, times: int = 1, reverse: bool = False) -> None:
        """Stripe's events arrive by HTTP, are read by the road and applied."""

        async def send(event: bytes) -> None:
            headers = self.stripe.signed(event, self.paid.now)
            assert (await self.client.post(self.path, content=event, headers=headers)).status_code == 200

        await self.stripe.deliver(send, times=times, reverse=reverse)
        await self.paid.world.drain()
        await self.pay()

    async def ends(self, payout: Payout, state: State, reason: str | None = None) -> None:
        """It stands there, the books are whole, and Stripe has paid exactly what the books say."""
        assert await self.paid.state(payout) == (state, reason)
        available, in_transit, paid = await self.paid.wallet()
        assert available + in_transit + paid == 40_00
        assert self.stripe.out() == self.stripe.paid_to(ACCOUNT) == paid + in_transit
        assert len([each for each in self.stripe.transfers.values() if not each["reversed"]]) <= 1
        await self.paid.audit()


@pytest.fixture
async def at(engine: AsyncEngine) -> AsyncIterator[AtStripe]:
    paid = await paid_world(engine)
    await paid.earn(40)
    async with StripeDouble(paid.now) as stripe:
        await paid.stripe_account()
        await paid.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789", "base_url": stripe.url})
        stripe.now = paid.now
        keyring, slug = paid.world.stage.road.keyring, f"payouts-{uuid4().hex[:12]}"
        async with paid.world.connection() as connection:
            await open_connection(
                connection,
                paid.world.stage.actor,
                slug=slug,
                provider="stripe_payouts",
                registered_url=f"https://rewards.example/webhooks/{slug}",
                secret=SECRET.encode(),
                providers=ADAPTERS,
                master=keyring.master,
                now=paid.now,
            )
        receiver = WebhookReceiver(
            _nothing,
            engine=engine,
            connections=ConnectionDirectory(engine, keyring.master),
            keyring=keyring,
            clock=paid.world.clock,
            adapters=ADAPTERS,
        )
        transport = httpx.ASGITransport(receiver)
        async with receiver.running(), httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
            yield AtStripe(paid, stripe, client, f"/webhooks/{slug}")


async def _nothing(*_: object) -> None:
    raise AssertionError("this is no webhook")


async def test_a_payout_is_transferred_paid_out_and_told(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    await at.pay()
    await at.ends(payout, State.SENT)
    assert at.stripe.balances == {ACCOUNT: 0}
    await at.later(timedelta(days=2))
    await at.told()
    await at.ends(payout, State.PAID)
    assert await at.paid.wallet() == (25_00, 0, 15_00)
    assert (await at.paid.stored(payout)).rail_ref in at.stripe.payouts


async def test_webhooks_twice_and_backwards_end_the_same(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.failing.add(ACCOUNT)
    await at.pay()
    at.stripe.advance(timedelta(days=5))
    assert len(at.stripe.events) == 3
    await at.told(times=2, reverse=True)
    await at.ends(payout, State.FAILED, "account_closed")
    assert await at.paid.wallet() == (40_00, 0, 0)


async def test_what_was_paid_and_fails_days_later_gives_the_money_back_once(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.failing.add(ACCOUNT)
    await at.pay()
    await at.later(timedelta(days=2))
    await at.told()
    await at.ends(payout, State.PAID)
    await at.later(timedelta(days=2))
    await at.told(times=2)
    await at.ends(payout, State.FAILED, "account_closed")
    assert await at.paid.wallet() == (40_00, 0, 0)
    assert at.stripe.balances == {ACCOUNT: 0}
    again = await at.paid.request(15_00, key="k2")
    at.stripe.failing.clear()
    await at.pay()
    assert (await at.paid.state(again))[0] is State.SENT


async def test_without_any_webhook_the_outcome_is_looked_up(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    await at.pay()
    at.stripe.events.clear()
    await at.later(timedelta(days=3))
    await at.ends(payout, State.PAID)


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/payouts"])
@pytest.mark.parametrize("kind", ["busy", "down", "drop", "lost", "crash", "crash_after"])
async def test_whatever_fails_the_payout_is_paid_once(at: AtStripe, kind: str, path: str) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.faults.append(Fault(kind, path))
    await at.pay()
    assert len(at.stripe.payouts) <= 1
    for _ in range(4):
        await at.later(timedelta(hours=7))
    await at.ends(payout, State.SENT)
    assert len(at.stripe.payouts) == 1
    await at.later(timedelta(days=3))
    await at.told()
    await at.ends(payout, State.PAID)


async def test_after_the_keys_were_forgotten_nothing_is_paid_twice(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.faults.append(Fault("drop", "/v1/payouts"))
    await at.pay()
    assert (await at.paid.state(payout))[0] is State.UNKNOWN
    await at.later(timedelta(hours=40))
    await at.ends(payout, State.SENT)
    assert len(at.stripe.payouts) == len(at.stripe.transfers) == 1


async def test_an_account_that_is_paid_nothing_gives_the_transfer_back(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.refused.add(ACCOUNT)
    await at.pay()
    await at.ends(payout, State.FAILED, "payouts_not_allowed")
    assert at.stripe.balances == {ACCOUNT: 0}
    assert at.stripe.platform == 10_000_000


async def test_while_the_transfer_cannot_be_taken_back_the_wallet_waits(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.refused.add(ACCOUNT)
    at.stripe.faults.extend([Fault("down", "/reversals")])
    await at.pay()
    assert await at.paid.state(payout) == (State.RECALLING, "payouts_not_allowed")
    assert await at.paid.wallet() == (25_00, 15_00, 0)
    await at.later(timedelta(hours=7))
    await at.ends(payout, State.FAILED, "payouts_not_allowed")


async def test_a_platform_without_money_pays_nobody(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.platform = 1
    await at.pay()
    await at.ends(payout, State.FAILED, "balance_insufficient")


async def test_the_double_keeps_stripes_promises(at: AtStripe) -> None:
    """Other content under a key is an error; a key is forgotten after a day and then carries out again."""
    call = {"currency": "EUR", "account": ACCOUNT, "payout": "0" * 32, "group": "g", "key": "k"}
    async with StripePayoutsApi("sk_test_0123456789", base_url=at.stripe.url) as api:
        first = await api.transfer(amount_minor=100, **call)
        assert await api.transfer(amount_minor=100, **call) == first
        with pytest.raises(StripeCallFailed) as refused:
            await api.transfer(amount_minor=101, **call)
        assert refused.value.failure is Failure.UNKNOWN
        at.stripe.advance(timedelta(hours=25))
        assert await api.transfer(amount_minor=100, **call) != first
    assert len(at.stripe.transfers) == 2


async def test_the_sdk_repeats_a_call_with_our_key(at: AtStripe) -> None:
    payout = await at.paid.request(15_00)
    at.stripe.faults.append(Fault("drop", "/v1/transfers"))
    await at.pay(RAILS)
    key = f"payout-{payout.id.hex}:transfer"
    assert at.stripe.calls[:2] == [("POST", "/v1/transfers", key)] * 2
    await at.ends(payout, State.SENT)
