"""A shopper links an account at their bank, and unlinks it: its feed and the card that stands for it, together.

Each is several transactions, and a process may die between them. Done again, the same command finishes what is left.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor
from cashback.clock import zulu_or_none
from cashback.db.engine import transaction
from cashback.errors import Conflict, NotFound
from cashback.feeds import service as feeds
from cashback.feeds.schemas import NewAccount
from cashback.ids import show
from cashback.pipeline import Road, link_card, unlink_card
from cashback.programmes import audit_log
from cashback.shoppers import service as shoppers


async def link_account(
    engine: AsyncEngine,
    road: Road,
    actor: Actor,
    new: NewAccount,
    *,
    slug: str,
    shopper_id: UUID,
    linked_at: datetime,
    now: datetime,
) -> None:
    """Link an account as a card of the shopper and ask its bank from now on; again gives it a new access.

    Purchases from `linked_at` on count. Raises what linking a card and adding an account raise; a refused account is
    not linked.
    """
    async with transaction(engine, actor.operator_id) as connection:
        _, network = await feeds.connection_of(connection, actor.operator_id, slug)
        await feeds.add_account(
            connection,
            actor,
            new,
            slug=slug,
            shopper_id=shopper_id,
            linked_at=linked_at,
            master=road.keyring.master,
            now=now,
        )
        held = await shoppers.links_of_tokens(connection, actor.operator_id, [(network, new.account)])
        if any(each.unlinked_at is None and each.shopper_id != shopper_id for links in held.values() for each in links):
            raise Conflict("this account is another shopper's; it must be unlinked there first", code="card_linked")
        detail = {"connection": slug, "consent_until": zulu_or_none(new.consent_until)}
        await audit_log.record(connection, actor, "account.linked", show("shp", shopper_id), detail, now)
    # An account whose card is not linked is not asked: until this is done nothing is pulled of it.
    await link_card(
        engine,
        road,
        actor,
        shopper_id=shopper_id,
        network=network,
        token=new.account,
        linked_at=linked_at,
        last_four=None,
        scheme=None,
        now=now,
    )


async def unlink_account(
    engine: AsyncEngine, road: Road, actor: Actor, *, slug: str, account: str, now: datetime
) -> None:
    """Ask the bank no more and unlink the card: purchases made until now finish, as far as they were told."""
    async with transaction(engine, actor.operator_id) as connection:
        _, network = await feeds.connection_of(connection, actor.operator_id, slug)
        shopper_id = await feeds.end_account(connection, actor, slug=slug, account=account)
        await audit_log.record(
            connection, actor, "account.unlinked", show("shp", shopper_id), {"connection": slug}, now
        )
    try:
        await unlink_card(engine, road, actor, shopper_id=shopper_id, network=network, token=account, now=now)
    except NotFound as error:
        # Unlinked before, by another command or by the same one that did not get further.
        if error.code != "card_not_linked":
            raise
