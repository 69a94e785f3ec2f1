"""Stories of calls to a bank: counted before they are made, never one too many, lost in a crash, refused, renewed."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from banks import ACCOUNT, LINKED, at_a_bank, at_plaid, bank_row, plaid_row
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.feeds import service as feeds
from cashback.feeds.polling import POLL_EVERY, Clients, poll_account, poll_due
from cashback.feeds.schemas import NewAccount, Turn
from cashback.feeds.service import CALLS_WINDOW
from issuers.feed_client import FeedClient
from issuers.pull import Ask
from webhooks.messages import opened

HOUR = timedelta(hours=1)
LATER = POLL_EVERY
LOGGED = """SELECT m.*, k.wrapped FROM inbox_messages m
    JOIN inbox_keys k ON k.tenant_id = m.tenant_id AND k.period = m.key_period"""


def euros(pending: int, available: int = 0) -> dict[str, tuple[int, int, int, int]]:
    return {"EUR": (pending, available, 0, 0)} if pending or available else {}


class NeverEnds(Clients):
    """Makes the call and never comes to an end: whoever waits for it can only be killed."""

    def __init__(self) -> None:
        super().__init__()
        self.called = asyncio.Event()

    def opened(self, turn: Turn) -> FeedClient:
        real, called = super().opened(turn), self.called

        class Client:
            async def pull(self, ask: Ask) -> bytes:
                await real.pull(ask)
                called.set()
                await asyncio.Event().wait()
                raise AssertionError("nobody lets it go on")

            async def aclose(self) -> None:
                await real.aclose()

        return Client()


async def test_a_crash_between_call_and_commit_costs_a_call_and_loses_nothing(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")]
        bank.clients = dying = NeverEnds()
        killed = asyncio.create_task(bank.poll(after=4 * 24 * HOUR))
        await dying.called.wait()
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed
        account = await bank.account()
        assert (account["page"], account["calls"], account["turn"]) == (0, 1, 1)
        assert await bank.logged() == 0
        bank.clients = Clients()
        assert (await bank.poll(after=timedelta(minutes=9))).taken == 0
        assert (await bank.poll(after=timedelta(minutes=1))).pages == 1
        assert (await bank.account())["calls"] == len(fake.unattended) == 2
        assert await bank.world.wallet() == euros(2_13)
        await bank.world.audit()


async def test_an_answer_that_comes_after_another_turn_began_is_dropped(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")]
        asked, slow = asyncio.Event(), asyncio.Event()

        class Slow(Clients):
            def opened(self, turn: Turn) -> FeedClient:
                real = super().opened(turn)

                class Client:
                    async def pull(self, ask: Ask) -> bytes:
                        answer = await real.pull(ask)
                        asked.set()
                        await slow.wait()
                        return answer

                    async def aclose(self) -> None:
                        await real.aclose()

                return Client()

        keyring, operator_id = bank.world.stage.road.keyring, bank.world.operator_id
        bank.world.clock.move_to(LINKED + timedelta(days=4))
        late = asyncio.create_task(poll_due(engine, keyring, operator_id, Slow(), bank.world.now))
        await asked.wait()
        assert (await bank.poll(after=timedelta(minutes=10))).pages == 1
        slow.set()
        assert (await late).taken == 0
        assert await bank.logged() == 1
        assert (await bank.account())["page"] == 1
        assert await bank.world.wallet() == euros(2_13)
        await bank.world.audit()


async def test_the_fifth_call_of_a_day_is_not_made_and_nothing_moves(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        for _ in range(4):
            assert (await bank.poll(after=LATER - HOUR)).taken <= 1
            await make_due(bank)
            await bank.poll()
        before = await bank.account()
        assert (len(fake.unattended), before["calls"]) == (4, 4)
        await make_due(bank)
        rounds = [
            poll_due(engine, bank.world.stage.road.keyring, bank.world.operator_id, bank.clients, bank.world.now)
            for _ in range(5)
        ]
        assert sum([tally.put_off for tally in await asyncio.gather(*rounds)]) == 1
        after = await bank.account()
        assert len(fake.asked) == 4
        assert {name: after[name] for name in after if name != "next_poll_at"} == {
            name: before[name] for name in before if name != "next_poll_at"
        }
        oldest = (await bank.world.rows("SELECT calls[1] FROM bank_accounts"))[0][0]
        assert after["next_poll_at"] == oldest + CALLS_WINDOW
        await bank.world.audit()


async def test_many_pollers_at_once_never_make_more_calls_than_allowed(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        keyring, operator_id = bank.world.stage.road.keyring, bank.world.operator_id

        async def poller() -> None:
            for _ in range(6):
                await poll_due(engine, keyring, operator_id, bank.clients, bank.world.now)
                await make_due(bank)

        await asyncio.gather(*(poller() for _ in range(4)))
        assert len(fake.asked) == 4
        assert (await bank.account())["calls"] == 4
        await bank.world.audit()


async def test_while_the_shopper_waits_calls_are_not_counted(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        for _ in range(6):
            await poll_account(
                engine,
                bank.world.stage.road.keyring,
                bank.world.operator_id,
                bank.clients,
                bank.world.now,
                connection_id=bank.connection_id,
                account=ACCOUNT,
                psu_ip="192.0.2.7",
            )
        assert (len(fake.asked), fake.unattended) == (6, [])
        assert {request.headers["psu-ip-address"] for request in fake.asked} == {"192.0.2.7"}
        assert (await bank.account())["calls"] == 0
        with pytest.raises(Invalid, match="expected an IP address"):
            await poll_account(
                engine,
                bank.world.stage.road.keyring,
                bank.world.operator_id,
                bank.clients,
                bank.world.now,
                connection_id=bank.connection_id,
                account=ACCOUNT,
                psu_ip="192.0.2.7\r\nx: y",
            )
        await bank.world.audit()


async def test_a_bank_that_says_stop_is_left_alone_as_long_as_it_says(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.status, fake.retry_after = 429, 7200
        assert (await bank.poll(after=HOUR)).failed == 1
        account = await bank.account()
        assert account["next_poll_at"] == bank.world.now + timedelta(hours=2)
        fake.status = 503
        waits = []
        for _ in range(3):
            bank.world.clock.move_to((await bank.account())["next_poll_at"])
            await bank.poll()
            account = await bank.account()
            waits.append(account["next_poll_at"] - bank.world.now)
        assert waits[:2] == [timedelta(minutes=10), timedelta(minutes=20)]
        assert (account["state"], account["page"]) == ("active", 0)
        assert "answered 503" in account["last_error"]
        await bank.world.audit()


async def test_an_expired_consent_stops_the_calls_and_a_new_one_begins_them(engine: AsyncEngine) -> None:
    until = datetime(2026, 11, 10, tzinfo=UTC)
    async with at_a_bank(engine, consent_until=until) as (fake, bank):
        await bank.poll(after=2 * 24 * HOUR)
        assert await warnings(bank) == {ACCOUNT: "the consent ends in 6 days; the shopper must renew it at their bank"}
        assert (await bank.poll(after=7 * 24 * HOUR)).stopped == 1
        assert len(fake.asked) == 1
        assert "must give it again at their bank" in (await warnings(bank))[ACCOUNT]

        fake.consent_id = "consent-2"
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")]
        await bank.again(NewAccount(ACCOUNT, {"consent_id": "consent-2"}))
        assert (await bank.poll()).pages == 1
        assert await bank.world.wallet() == euros(2_13)
        await bank.world.audit()


async def test_a_bank_that_calls_the_consent_expired_is_believed(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.consent = "CONSENT_EXPIRED"
        assert (await bank.poll()).stopped == 1
        assert (
            "CONSENT_EXPIRED: the shopper must give their consent at the bank again" in (await warnings(bank))[ACCOUNT]
        )
        assert (await bank.poll(after=48 * HOUR)).taken == 0
        assert await bank.logged() == 0
        await bank.world.audit()


async def test_what_opens_an_account_is_sealed_and_never_in_the_log(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        card = "4970101234567893"
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03", original_description=f"CARTE 03/11 ZARA {card}"))
        await bank.poll(after=3 * 24 * HOUR)
        ((access, credentials),) = await bank.world.rows(
            """SELECT a.access, b.credentials FROM bank_accounts a
            JOIN bank_connections b USING (operator_id, connection_id)"""
        )
        async with bank.world.connection() as connection:
            row = (await connection.exec_driver_sql(LOGGED)).one()
        message = opened(bank.world.operator_id, row, bank.world.stage.road.keyring)
        assert message.body is not None
        assert card.encode() not in message.body
        assert b"************7893" in message.body
        assert b"access-1" not in message.body
        assert b"access-1" not in access
        assert b"plaid-secret-1" not in credentials
        await bank.world.audit()


async def make_due(bank: object) -> None:
    world = bank.world  # type: ignore[attr-defined]
    async with transaction(world.engine, world.operator_id) as connection:
        await feeds.make_due(connection, world.operator_id, bank.slug, ACCOUNT, world.now)  # type: ignore[attr-defined]


async def warnings(bank: object) -> Mapping[str, str | None]:
    world = bank.world  # type: ignore[attr-defined]
    async with transaction(world.engine, world.operator_id) as connection:
        found = await feeds.accounts(connection, world.operator_id, world.now)
    return {each.account: feeds.warning(each, world.now) for each in found}


async def test_a_certificate_that_is_not_there_is_said_and_nothing_is_asked(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        world = bank.world
        async with world.connection() as connection:
            await feeds.open_feed(
                connection,
                world.stage.actor,
                slug=bank.slug,
                base_url="https://bank.invalid",
                credentials={"certificate_file": "/nowhere/qwac.pem", "key_file": "/nowhere/qwac.key"},
                master=world.stage.road.keyring.master,
                now=world.now,
            )
        assert (await bank.poll()).failed == 1
        assert "no call could be made: FileNotFoundError" in (await bank.account())["last_error"]
        assert fake.asked == []
        await world.audit()
