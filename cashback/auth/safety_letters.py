"""Letters about one's own doors: a passkey was added, or the address by which somebody signs in was changed.

They go to who may not have done it: to the address that was, too. Neither address stands in the other's letter.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.auth import mail
from cashback.catalogue.reading import Language, texts_in
from cashback.db.engine import fetch
from cashback.offers.wording import language_of
from cashback.programmes.operators import named_of
from webhooks.sealing import SealingKey

WORTH = timedelta(days=2)
"""A letter that could not leave for so long is not sent any more."""

_LOCALE = "SELECT locale FROM shoppers WHERE operator_id = $1 AND shopper_id = $2"


async def tell_of_passkey(
    connection: AsyncConnection,
    operator_id: UUID,
    master: SealingKey,
    *,
    to: str,
    device: str,
    language: Language,
    now: datetime,
) -> None:
    """Mean to write that a passkey was added, on which device; to nobody where no address is known."""
    if to:
        await _write(connection, operator_id, master, {"passkey": to}, language, now, device=device or "?")


async def tell_of_address(
    connection: AsyncConnection,
    operator_id: UUID,
    master: SealingKey,
    shopper_id: UUID,
    *,
    before: str,
    after: str,
    now: datetime,
) -> None:
    """Mean to write to the address that was and to the one that is, in the shopper's language."""
    rows = await fetch(connection, _LOCALE, (operator_id, shopper_id))
    language = language_of(rows[0].locale if rows else "en")
    await _write(connection, operator_id, master, {"address_before": before, "address_after": after}, language, now)


async def _write(
    connection: AsyncConnection,
    operator_id: UUID,
    master: SealingKey,
    letters: dict[str, str],
    language: Language,
    now: datetime,
    **figures: str,
) -> None:
    named, texts = await named_of(connection, operator_id), texts_in(language)
    centre = "" if named is None else named.name
    written = [
        mail.Letter(
            to,
            texts["door.changed_subject"].format(centre=centre),
            texts[f"door.changed.{kind}"].format(centre=centre, **figures),
        )
        for kind, to in letters.items()
    ]
    await mail.write_all(connection, operator_id, master, written, now=now, until=now + WORTH)
