"""Stories of bank feeds: a bank over HTTP, the poller, the inbox log, the road, the wallet, and the books."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from banks import ACCOUNT, LINKED, a_webhook, at_a_bank, at_plaid, bank_row, plaid_row
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from cashback.feeds import service as feeds
from cashback.feeds.polling import Clients, poll_account, poll_due
from cashback.feeds.schemas import NewAccount, Turn
from issuers.feed_client import FeedClient
from issuers.pull import Ask
from webhooks.messages import opened

HOUR = timedelta(hours=1)
SIX_HOURS = timedelta(hours=6)
LOGGED = """SELECT m.*, k.wrapped FROM inbox_messages m
    JOIN inbox_keys k ON k.tenant_id = m.tenant_id AND k.period = m.key_period"""


def euros(pending: int, available: int = 0) -> dict[str, tuple[int, int, int, int]]:
    return {"EUR": (pending, available, 0, 0)} if pending or available else {}


async def test_a_pending_row_is_booked_under_a_new_id_and_earns_once(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("p-1", 42.5, "2026-11-03", pending=True))
        tally = await bank.poll(after=3 * 24 * HOUR)
        assert (tally.pages, tally.failed) == (1, 0)
        assert await bank.world.purchases() == {"p-1": ("authorized", 42_50)}
        assert await bank.world.wallet() == euros(2_13)

        plaid.change("remove", plaid_row("p-1", 42.5, "2026-11-03", pending=True))
        plaid.change("add", plaid_row("b-1", 42.5, "2026-11-05", pending_transaction_id="p-1"))
        assert (await bank.poll(after=SIX_HOURS)).pages == 1
        assert await bank.world.purchases() == {"p-1": ("cleared", 42_50)}
        assert await bank.world.wallet() == euros(2_13)
        await bank.world.pass_to(LINKED + timedelta(days=30))
        assert await bank.world.wallet() == euros(0, 2_13)
        await bank.world.audit()


async def test_a_pending_row_that_is_removed_gives_its_reward_back(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        row = plaid_row("p-1", 20, "2026-11-03", pending=True)
        plaid.change("add", row)
        await bank.poll(after=3 * 24 * HOUR)
        assert await bank.world.wallet() == euros(1_00)
        plaid.change("remove", row)
        await bank.poll(after=SIX_HOURS)
        assert await bank.world.purchases() == {"p-1": ("reversed", 0)}
        assert await bank.world.wallet() == {}
        await bank.world.audit()


async def test_the_amount_of_a_pending_row_changes_and_the_reward_follows(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("p-1", 20, "2026-11-03", pending=True))
        await bank.poll(after=3 * 24 * HOUR)
        plaid.change("modify", plaid_row("p-1", 30, "2026-11-03", pending=True))
        await bank.poll(after=SIX_HOURS)
        assert await bank.world.purchases() == {"p-1": ("authorized", 30_00)}
        assert await bank.world.wallet() == euros(1_50)
        await bank.world.audit()


async def test_a_booked_row_that_is_removed_counts_for_nothing(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        await bank.poll(after=3 * 24 * HOUR)
        assert await bank.world.wallet() == euros(1_00)
        plaid.change("remove", plaid_row("b-1", 20, "2026-11-03"))
        await bank.poll(after=SIX_HOURS)
        assert await bank.world.purchases() == {"b-1": ("cleared", 0)}
        assert await bank.world.wallet() == {}
        await bank.world.audit()


async def test_a_refund_row_finds_its_purchase(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("b-1", 40, "2026-11-03"))
        plaid.change("add", plaid_row("r-1", -10, "2026-11-06"))
        await bank.poll(after=7 * 24 * HOUR)
        assert await bank.world.purchases() == {"b-1": ("partly_refunded", 30_00), "r-1": ("credit", 0)}
        assert await bank.world.wallet() == euros(1_50)
        await bank.world.audit()


async def test_salaries_transfers_and_fees_are_no_purchases(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        other = {"merchant_entity_id": None, "payment_channel": "other"}
        salary = {"personal_finance_category": {"primary": "INCOME"}}
        plaid.change("add", plaid_row("s-1", -2000, "2026-11-03", **other | salary))
        plaid.change("add", plaid_row("t-1", 500, "2026-11-03", payment_meta={"payee": "somebody"}))
        plaid.change("add", plaid_row("f-1", 2, "2026-11-03", personal_finance_category={"primary": "BANK_FEES"}))
        assert (await bank.poll(after=3 * 24 * HOUR)).pages == 1
        assert await bank.world.purchases() == {}
        assert await bank.world.transfers() == 0
        await bank.world.audit()


async def test_pages_of_one_list_are_read_one_after_another_each_under_its_number(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.page_size = 2
        for place in range(5):
            plaid.change("add", plaid_row(f"b-{place}", 20, "2026-11-03"))
        assert (await bank.poll(after=3 * 24 * HOUR)).pages == 3
        assert [call.get("cursor") for call in plaid.asked] == [None, "cursor-2", "cursor-4"]
        assert (await bank.account())["page"] == 3
        assert await bank.world.wallet() == euros(5_00)
        await bank.world.audit()


async def test_a_page_that_comes_twice_is_told_once(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        await bank.poll(after=3 * 24 * HOUR)
        transfers = await bank.world.transfers()
        async with bank.world.connection() as connection:
            await connection.exec_driver_sql("UPDATE bank_accounts SET cursor = ''")
        tally = await bank.poll(after=SIX_HOURS)
        assert (tally.pages, tally.unchanged) == (0, 1)
        assert await bank.logged() == 1
        assert await bank.world.transfers() == transfers
        assert await bank.world.rows("SELECT count(*) FROM statements") == [(1,)]
        await bank.world.audit()


async def test_a_list_that_changed_while_it_was_read_is_begun_again(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.page_size = 1
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        plaid.change("add", plaid_row("b-2", 20, "2026-11-03"))
        bank.world.clock.move_to(LINKED + timedelta(days=3))
        keyring, operator_id = bank.world.stage.road.keyring, bank.world.operator_id
        await poll_due(engine, keyring, operator_id, bank.clients, bank.world.now, limit=1)
        assert (await bank.account())["cursor"] == "cursor-1"
        plaid.failure = (400, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION")
        assert (await bank.poll()).failed == 1
        assert (await bank.account())["cursor"] == ""
        plaid.failure = None
        await bank.poll(after=HOUR)
        assert await bank.world.purchases() == {"b-1": ("cleared", 20_00), "b-2": ("cleared", 20_00)}
        assert await bank.world.wallet() == euros(2_00)
        await bank.world.audit()


async def test_a_webhook_makes_the_account_due_at_once_and_nothing_else(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        await bank.poll(after=3 * 24 * HOUR)
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        assert (await bank.poll(after=HOUR)).taken == 0
        bank.world.stage.connections["plaid"] = bank.connection_id
        await bank.world.deliver(a_webhook(), provider="plaid")
        await bank.world.drain()
        assert await bank.world.purchases() == {}
        assert (await bank.account())["next_poll_at"] == bank.world.now
        assert (await bank.poll()).pages == 1
        assert await bank.world.purchases() == {"b-1": ("cleared", 20_00)}
        await bank.world.audit()


async def test_a_login_that_ended_stops_the_calls_until_it_is_repaired(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.failure = (400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED")
        assert (await bank.poll(after=HOUR)).stopped == 1
        account = await bank.account()
        assert account["state"] == "needs_consent"
        assert "log in at their bank again" in account["last_error"]
        asked = len(plaid.asked)
        assert (await bank.poll(after=7 * 24 * HOUR)).taken == 0
        bank.world.stage.connections["plaid"] = bank.connection_id
        await bank.world.deliver(a_webhook(), provider="plaid")
        assert (await bank.poll()).taken == 0
        assert len(plaid.asked) == asked

        plaid.failure = None
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        await bank.world.deliver(a_webhook("LOGIN_REPAIRED", "ITEM"), provider="plaid")
        await bank.world.drain()
        assert (await bank.poll()).pages == 1
        assert await bank.world.wallet() == euros(1_00)
        await bank.world.audit()


class Dying(Exception):
    """The process ends here."""


class DiesAfterTheCall(Clients):
    """Makes the call, and then the process is gone before anything is recorded."""

    def opened(self, turn: Turn) -> FeedClient:
        real = super().opened(turn)

        class Client:
            async def pull(self, ask: Ask) -> bytes:
                await real.pull(ask)
                raise Dying

            async def aclose(self) -> None:
                await real.aclose()

        return Client()


async def test_a_crash_between_call_and_commit_costs_a_call_and_loses_nothing(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")]
        bank.clients = DiesAfterTheCall()
        with pytest.raises(Dying):
            await bank.poll(after=4 * 24 * HOUR)
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
            assert (await bank.poll(after=SIX_HOURS - HOUR)).taken <= 1
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
        assert after["next_poll_at"] == oldest + timedelta(days=1)
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


async def test_a_pending_line_becomes_a_booked_one_under_another_name(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        label = "CARTE 03/11 ZARA PARIS 15 CB*4521"
        fake.pending = [bank_row(label, "-42.50", None, transactionId="p-1")]
        await bank.poll(after=3 * 24 * HOUR)
        assert await bank.world.purchases() == {"t:p-1": ("authorized", 42_50)}
        fake.pending, fake.booked = [], [bank_row(label, "-42.50", "2026-11-05", entryReference="e-1")]
        await bank.poll(after=2 * 24 * HOUR)
        assert await bank.world.purchases() == {"t:p-1": ("cleared", 42_50)}
        for _ in range(3):
            assert (await bank.poll(after=SIX_HOURS)).unchanged == 1
        assert await bank.logged() == 2
        assert await bank.world.wallet() == euros(2_13)
        await bank.world.audit()


async def test_in_doubt_the_pending_line_is_reversed_and_the_booked_one_stands_alone(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.pending = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", None, transactionId="p-1")]
        await bank.poll(after=3 * 24 * HOUR)
        fake.pending = []
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-40.00", "2026-11-05", transactionId="b-1")]
        await bank.poll(after=2 * 24 * HOUR)
        assert await bank.world.purchases() == {"t:b-1": ("cleared", 40_00), "t:p-1": ("reversed", 0)}
        assert await bank.world.wallet() == euros(2_00)
        await bank.world.audit()


async def test_a_list_of_two_pages_calls_nothing_gone_before_its_end(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        twins = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-20.00", "2026-11-04") for _ in range(2)]
        fake.booked, fake.page_size = twins, 1
        assert (await bank.poll(after=4 * 24 * HOUR)).pages == 2
        assert len(await bank.world.purchases()) == 2
        assert await bank.world.wallet() == euros(2_00)
        assert (await bank.poll(after=SIX_HOURS)).unchanged == 2
        assert await bank.world.rows("SELECT count(*) FROM statements") == [(2,)]
        await bank.world.audit()


async def test_a_row_that_cannot_be_read_is_said_and_the_others_are_told(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [
            bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-20.001", "2026-11-04", transactionId="odd"),
            bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-20.00", "2026-11-04", transactionId="good"),
        ]
        await bank.poll(after=4 * 24 * HOUR)
        assert await bank.world.purchases() == {"t:good": ("cleared", 20_00)}
        assert "EUR has 2 decimals, got -20.001" in (await bank.account())["last_error"]
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
