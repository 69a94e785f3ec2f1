"""Pictures of receipts: recognised by their first bytes, sealed like raw messages, and destroyed with the same keys."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.errors import Invalid, NotFound
from webhooks.sealing import KeyRing, context, period_of

PICTURE_MAX_BYTES = 5 * 1024 * 1024

_SAVE = """
INSERT INTO claim_pictures (operator_id, shopper_id, claim_id, key_period, body) VALUES ($1, $2, $3, $4, $5)
"""
_READ = "SELECT key_period, body FROM claim_pictures WHERE operator_id = $1 AND shopper_id = $2 AND claim_id = $3"
_FORGET = "DELETE FROM claim_pictures WHERE operator_id = $1 AND key_period < $2"


def media_type(picture: bytes) -> str:
    """What a picture is, by its first bytes whatever its name says; Invalid for any that is not one of the four."""
    if len(picture) > PICTURE_MAX_BYTES:
        raise Invalid(
            f"the picture has {len(picture)} bytes, expected at most {PICTURE_MAX_BYTES}", code="picture_too_large"
        )
    if picture.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if picture.startswith(b"RIFF") and picture[8:12] == b"WEBP":
        return "image/webp"
    if picture.startswith(b"%PDF-"):
        return "application/pdf"
    raise Invalid("the picture is none of JPEG, PNG, WEBP and PDF by its first bytes", code="picture_unknown")


async def keep_picture(
    connection: AsyncConnection,
    keyring: KeyRing,
    operator_id: UUID,
    shopper_id: UUID,
    claim_id: UUID,
    picture: bytes,
    now: datetime,
) -> None:
    """Seal a picture under the key of this month and store it."""
    period = period_of(now.date())
    key = await keyring.period_key(connection, operator_id, period)
    sealed = key.seal(picture, _place(operator_id, claim_id))
    await connection.exec_driver_sql(_SAVE, (operator_id, shopper_id, claim_id, period, sealed))


async def open_picture(
    connection: AsyncConnection, keyring: KeyRing, operator_id: UUID, shopper_id: UUID, claim_id: UUID
) -> bytes:
    """The picture of a claim; NotFound where none was sent, or when it has been destroyed with the key of its month."""
    rows = await fetch(connection, _READ, (operator_id, shopper_id, claim_id))
    if not rows:
        raise NotFound("this claim has no picture, or has none any more", code="no_picture")
    ((period, sealed),) = rows
    key = await keyring.existing_key(connection, operator_id, period)
    if key is None:
        raise NotFound("the picture cannot be opened: the key of its month was destroyed", code="picture_destroyed")
    return key.open(sealed, _place(operator_id, claim_id))


async def forget_pictures(connection: AsyncConnection, operator_id: UUID, before: date) -> int:
    """Delete pictures of months that ended by `before`, whose keys are destroyed too; answers how many."""
    forgotten = await connection.exec_driver_sql(_FORGET, (operator_id, period_of(before)))
    return forgotten.rowcount


def _place(operator_id: UUID, claim_id: UUID) -> bytes:
    return context(operator_id.bytes, b"claim_pictures", b"body", claim_id.bytes)
