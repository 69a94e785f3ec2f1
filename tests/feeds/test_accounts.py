"""Accounts of bank feeds: who may link what, when an account is asked, and what a refusal leaves untouched."""

from datetime import timedelta
from typing import Any

import pytest
from banks import ACCOUNT, ITEM, LINKED, Linked, a_webhook, at_a_bank, at_plaid, bank_row, plaid_row
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor, Scope
from cashback.bank_linking import link_account, unlink_account
from cashback.db.engine import transaction
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from cashback.feeds import service as feeds
from cashback.feeds.polling import poll_due
from cashback.feeds.schemas import NewAccount
from cashback.feeds.service import is_iban
from cashback.upkeep import forget_raw_messages
from webhooks.sealing import KeyRing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACCESS = {"consent_id": "consent-1"}
BOOKED = bank_row("CARTE 03/11 ZARA PARIS 15 CB*4521", "-42.50", "2026-11-04", transactionId="t-1")
TABLES = ("bank_accounts", "bank_rows", "cards", "inbox_messages", "audit_log")


async def everything(bank: Linked) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of what linking touches."""
    return {name: await bank.world.rows(f"SELECT t::text FROM {name} t ORDER BY 1") for name in TABLES}


async def link(bank: Linked, new: NewAccount, *, shopper: str = "anna", actor: Actor | None = None) -> None:
    world = bank.world
    await link_account(
        world.engine,
        world.stage.road,
        actor or world.stage.actor,
        new,
        slug=bank.slug,
        shopper_id=await world.stage.shopper(shopper),
        linked_at=LINKED,
        now=world.now,
    )


@pytest.mark.parametrize(
    ("new", "error", "code"),
    [
        (NewAccount(ACCOUNT, {}), Invalid, "access_missing"),
        (NewAccount(ACCOUNT, {"consent_id": "  "}), Invalid, "access_missing"),
        (NewAccount(ACCOUNT, ACCESS | {"pin": "1234"}), Invalid, "invalid"),
        (NewAccount(ACCOUNT, {"consent_id": "x" * 2001}), Invalid, "invalid"),
        (NewAccount(ACCOUNT, {"consent_id": "a\r\nb: c"}), Invalid, "invalid"),
        (NewAccount("", ACCESS), Invalid, "bad_account"),
        (NewAccount("4970101234567893", ACCESS), Invalid, "bad_account"),
        (NewAccount("a\x00b", ACCESS), Invalid, "bad_account"),
        (NewAccount("a" * 201, ACCESS), Invalid, "bad_account"),
        (NewAccount(ACCOUNT, ACCESS, zone="Mars/Olympus"), Invalid, "bad_zone"),
        (NewAccount(ACCOUNT, ACCESS, consent_until=LINKED), Invalid, "consent_ended"),
    ],
    ids=str,
)
async def test_what_cannot_be_linked_is_refused_and_nothing_moves(
    engine: AsyncEngine, new: NewAccount, error: type[ProductError], code: str
) -> None:
    async with at_a_bank(engine) as (_, bank):
        before = await everything(bank)
        with pytest.raises(error) as caught:
            await link(bank, new)
        assert caught.value.code == code
        assert await everything(bank) == before


async def test_another_shoppers_account_is_refused_and_nothing_moves(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (_, bank):
        await bank.world.stage.shopper("bea")
        before = await everything(bank)
        with pytest.raises(Conflict, match="another shopper's"):
            await link(bank, NewAccount(ACCOUNT, ACCESS), shopper="bea")
        assert await everything(bank) == before


async def test_without_the_scope_nothing_is_linked(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (_, bank):
        reader = Actor(bank.world.operator_id, "key:reader", frozenset({Scope.READ}))
        before = await everything(bank)
        with pytest.raises(Forbidden, match="shoppers"):
            await link(bank, NewAccount("acct-0002", ACCESS), actor=reader)
        assert await everything(bank) == before


async def test_a_connection_that_is_no_bank_feed_is_refused(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (_, bank):
        await bank.world.tell()
        await bank.world.deliver({"id": "1", "type": "clearing"})
        slug = (await bank.world.rows("SELECT slug FROM connections WHERE provider = 'sandbox'"))[0][0]
        async with bank.world.connection() as connection:
            with pytest.raises(Invalid, match="sandbox is no bank feed"):
                await feeds.connection_of(connection, bank.world.operator_id, slug)
            with pytest.raises(NotFound, match="no open connection"):
                await feeds.connection_of(connection, bank.world.operator_id, "unheard-of")


async def test_linking_again_renews_the_access_and_goes_on_counting_pages(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [BOOKED]
        await bank.poll(after=4 * DAY)
        sealed = (await bank.world.rows("SELECT access FROM bank_accounts"))[0][0]
        await link(bank, NewAccount(ACCOUNT, ACCESS))
        account = await bank.account()
        assert (account["page"], account["state"], account["next_poll_at"]) == (1, "active", bank.world.now)
        assert (await bank.world.rows("SELECT access FROM bank_accounts"))[0][0] != sealed
        assert (await bank.poll()).unchanged == 1
        assert await bank.logged() == 1
        await bank.world.audit()


async def test_an_unlinked_account_is_not_asked_and_its_access_is_destroyed(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [BOOKED]
        await bank.poll(after=4 * DAY)
        world = bank.world
        for _ in range(2):
            await unlink_account(
                engine, world.stage.road, world.stage.actor, slug=bank.slug, account=ACCOUNT, now=world.now
            )
        assert (await bank.poll(after=DAY)).taken == 0
        assert len(fake.asked) == 1
        assert await world.rows("SELECT state, access FROM bank_accounts") == [("ended", b"")]
        assert await world.wallet() == {"EUR": (2_13, 0, 0, 0)}
        await world.audit()


async def test_a_card_that_was_unlinked_another_way_is_not_asked_about(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        world = bank.world
        async with world.connection() as connection:
            await connection.exec_driver_sql("UPDATE cards SET unlinked_at = $1", (world.now + HOUR,))
        assert (await bank.poll(after=DAY)).taken == 0
        assert fake.asked == []
        await world.audit()


async def test_an_account_goes_to_another_shopper_after_it_was_unlinked(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [BOOKED]
        await bank.poll(after=4 * DAY)
        world = bank.world
        await unlink_account(
            engine, world.stage.road, world.stage.actor, slug=bank.slug, account=ACCOUNT, now=world.now
        )
        world.clock.move_to(world.now + HOUR)
        await link_account(
            engine,
            world.stage.road,
            world.stage.actor,
            NewAccount(ACCOUNT, ACCESS),
            slug=bank.slug,
            shopper_id=await world.stage.shopper("bea"),
            linked_at=world.now,
            now=world.now,
        )
        later = bank_row("CARTE 08/11 ZARA PARIS 15 CB*4521", "-20.00", "2026-11-09", transactionId="t-2")
        fake.booked = [BOOKED, later]
        await bank.poll(after=4 * DAY)
        assert await world.wallet("anna") == {"EUR": (2_13, 0, 0, 0)}
        assert await world.wallet("bea") == {"EUR": (1_00, 0, 0, 0)}
        await world.audit()


async def test_one_operators_accounts_are_nobody_elses(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (mine, bank), at_a_bank(engine) as (theirs, other):
        keyring = bank.world.stage.road.keyring
        await poll_due(engine, keyring, bank.world.operator_id, bank.clients, bank.world.now)
        assert (len(mine.asked), len(theirs.asked)) == (1, 0)
        async with transaction(engine, bank.world.operator_id) as connection:
            with pytest.raises(NotFound):
                await feeds.make_due(connection, bank.world.operator_id, other.slug, ACCOUNT, bank.world.now)
            assert len(await feeds.accounts(connection, bank.world.operator_id, bank.world.now)) == 1


async def test_news_does_not_shorten_the_wait_after_a_failure(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.failure = (429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_LIMIT")
        assert (await bank.poll(after=HOUR)).failed == 1
        waits_until = (await bank.account())["next_poll_at"]
        bank.world.stage.connections["plaid"] = bank.connection_id
        await bank.world.deliver(a_webhook(), provider="plaid")
        assert (await bank.poll()).taken == 0
        assert (await bank.account())["next_poll_at"] == waits_until
        await bank.world.audit()


async def test_news_tells_when_the_consent_ends_and_of_its_own_item_alone(engine: AsyncEngine) -> None:
    async with at_plaid(engine) as (_, bank):
        await bank.poll(after=HOUR)
        bank.world.stage.connections["plaid"] = bank.connection_id
        due = (await bank.account())["next_poll_at"]
        await bank.world.deliver(a_webhook(item_id="another-item"), provider="plaid")
        await bank.world.drain()
        assert (await bank.account())["next_poll_at"] == due
        ends = "2026-11-03T09:30:00Z"
        await bank.world.deliver(
            a_webhook("PENDING_EXPIRATION", "ITEM", consent_expiration_time=ends), provider="plaid"
        )
        await bank.world.drain()
        async with bank.world.connection() as connection:
            (account,) = await feeds.accounts(connection, bank.world.operator_id, bank.world.now)
        assert feeds.warning(account, bank.world.now) == (
            "the consent ends in 2 days; the shopper must renew it at their bank"
        )
        assert (await bank.world.rows("SELECT item FROM bank_accounts")) == [(ITEM,)]


async def test_a_page_of_plaids_that_cannot_be_read_is_kept_parked_and_does_not_stop_the_feed(
    engine: AsyncEngine,
) -> None:
    async with at_plaid(engine) as (plaid, bank):
        plaid.change("add", plaid_row("odd", 20.001, "2026-11-03"))
        assert (await bank.poll(after=4 * DAY)).pages == 1
        parked = await bank.world.rows("SELECT code, detail FROM inbox_parked")
        assert parked == [("unreadable", "amount: EUR has 2 decimals, got 20.001")]
        plaid.change("add", plaid_row("good", 20, "2026-11-03"))
        assert (await bank.poll(after=7 * HOUR)).pages == 1
        assert await bank.world.purchases() == {"good": ("cleared", 20_00)}
        assert await bank.world.wallet() == {"EUR": (1_00, 0, 0, 0)}
        assert (await bank.world.report()).breaches == []


async def test_under_another_master_key_nothing_is_asked_and_the_reason_is_said(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        tally = await poll_due(engine, KeyRing(b"k" * 32), bank.world.operator_id, bank.clients, bank.world.now)
        assert (tally.failed, fake.asked) == (1, [])
        assert "is the master key another one?" in (await bank.account())["last_error"]


async def test_rows_that_no_list_shows_any_more_are_forgotten_in_time(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [BOOKED]
        await bank.poll(after=4 * DAY)
        road, operator_id = bank.world.stage.road, bank.world.operator_id
        await forget_raw_messages(engine, road, operator_id, bank.world.now + 399 * DAY)
        assert await bank.world.rows("SELECT count(*) FROM bank_rows") == [(1,)]
        await forget_raw_messages(engine, road, operator_id, bank.world.now + 401 * DAY)
        assert await bank.world.rows("SELECT count(*) FROM bank_rows") == [(0,)]


async def test_what_is_remembered_of_a_row_names_neither_shop_nor_label(engine: AsyncEngine) -> None:
    async with at_a_bank(engine) as (fake, bank):
        fake.booked = [BOOKED]
        await bank.poll(after=4 * DAY)
        ((stated,),) = await bank.world.rows("SELECT stated::text FROM bank_rows")
        assert "ZARA" not in stated
        assert "4521" not in stated


@pytest.mark.parametrize(
    ("text", "iban"),
    [
        ("FR7630006000011234567890189", True),
        ("FR76 3000 6000 0112 3456 7890 189", True),
        ("gb82west12345698765432", True),
        ("FR7630006000011234567890188", False),
        ("acct-0001", False),
        ("3dc3d5b3-7023-4848-9853-f5400a64e80f", False),
    ],
)
def test_what_is_an_iban(text: str, iban: bool) -> None:
    assert is_iban(text) is iban
