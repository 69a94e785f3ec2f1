"""The letter to who looks after endpoints when one is disabled by itself: whose only one it is gets no event."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.auth import mail, members
from cashback.catalogue.reading import texts_in
from cashback.ids import show
from cashback.programmes.operators import named_of
from webhooks import endpoints
from webhooks.deliveries import Disabled
from webhooks.sealing import SealingKey

WORTH = timedelta(days=5)
"""A letter that could not leave for so long is not sent any more."""


async def tell_of_disabled(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, disabled: Disabled, now: datetime
) -> None:
    """Mean to write to every member who may handle endpoints, in both languages; nobody says which one a member reads.

    The address of the endpoint is told by its host alone: what stands behind it may be a secret.
    """
    named, found = (
        await named_of(connection, operator_id),
        await endpoints.find(connection, operator_id, disabled.endpoint_id, now),
    )
    told = {
        "centre": "" if named is None else named.name,
        "endpoint": show("whe", disabled.endpoint_id),
        "host": "" if found is None else urlsplit(found.url).hostname or "",
    }
    texts = [texts_in("en"), texts_in("fr")]
    subject = texts[0]["letter.endpoint_disabled_subject"].format(**told)
    text = "\n\n".join(each[f"letter.endpoint_disabled.{disabled.why}"].format(**told) for each in texts)
    to = await members.addresses_of(connection, operator_id, master, Scope.WEBHOOKS)
    letters = [mail.Letter(each, subject, text) for each in to]
    if letters:
        await mail.write_all(connection, operator_id, master, letters, now=now, until=now + WORTH)
