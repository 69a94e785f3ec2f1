"""Stories of bank feeds: a bank over HTTP, the poller, the inbox log, the road, the wallet, and the books."""

from datetime import timedelta

from banks import LINKED, a_webhook, at_a_bank, at_plaid, bank_row, plaid_row
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.feeds.polling import POLL_EVERY, poll_due

HOUR = timedelta(hours=1)
LATER = POLL_EVERY
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
        assert (await bank.poll(after=LATER)).pages == 1
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
        await bank.poll(after=LATER)
        assert await bank.world.purchases() == {"p-1": ("reversed", 0)}
        assert await bank.world.wallet() == {}
        await bank.world.audit()


async def test_the_amount_of_a_pending_row_changes_and_the_reward_follows(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("p-1", 20, "2026-11-03", pending=True))
        await bank.poll(after=3 * 24 * HOUR)
        plaid.change("modify", plaid_row("p-1", 30, "2026-11-03", pending=True))
        await bank.poll(after=LATER)
        assert await bank.world.purchases() == {"p-1": ("authorized", 30_00)}
        assert await bank.world.wallet() == euros(1_50)
        await bank.world.audit()


async def test_a_booked_row_that_is_removed_counts_for_nothing(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("b-1", 20, "2026-11-03"))
        await bank.poll(after=3 * 24 * HOUR)
        assert await bank.world.wallet() == euros(1_00)
        plaid.change("remove", plaid_row("b-1", 20, "2026-11-03"))
        await bank.poll(after=LATER)
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
        tally = await bank.poll(after=LATER)
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
            assert (await bank.poll(after=LATER)).unchanged == 1
        assert await bank.logged() == 2
        assert await bank.world.wallet() == euros(2_13)
        await bank.world.audit()


async def test_in_doubt_the_pending_line_is_reversed_and_recognised_as_the_booked_one_by_its_likeness(
    engine: AsyncEngine,
) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.pending = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", None, transactionId="p-1")]
        await bank.poll(after=3 * 24 * HOUR)
        fake.pending = []
        fake.booked = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-40.00", "2026-11-05", transactionId="b-1")]
        await bank.poll(after=2 * 24 * HOUR)
        assert await bank.world.purchases() == {"t:p-1": ("cleared", 40_00), "t:b-1": ("witness", 0)}
        assert await bank.world.wallet() == euros(2_00)
        await bank.world.audit()


async def test_a_list_of_two_pages_calls_nothing_gone_before_its_end(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        twins = [bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-20.00", "2026-11-04") for _ in range(2)]
        fake.booked, fake.page_size = twins, 1
        assert (await bank.poll(after=4 * 24 * HOUR)).pages == 2
        assert len(await bank.world.purchases()) == 2
        assert await bank.world.wallet() == euros(2_00)
        assert (await bank.poll(after=LATER)).unchanged == 2
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
