"""Writing letters of what shoppers were told: to those who have an address and want one, several notices in one letter.

Taking a notice and writing its letter is one transaction: it is written once. What somebody chose counts as of the
writing. A notice that nobody wants by mail, or that is old, is taken all the same, and stays in the inbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.auth import mail
from cashback.auth.addresses import open_addresses
from cashback.branding import service as branding
from cashback.catalogue.reading import texts_in
from cashback.db.engine import fetch, transaction
from cashback.notifications import preferences
from cashback.notifications.schemas import Notice
from cashback.notifications.topics import MUST, Channel, is_wanted, topic_of
from cashback.notifications.words import said
from cashback.offers.wording import Language, Tongue, language_of
from cashback.programmes.schemas import Programme
from cashback.programmes.service import load_programme
from cashback.welcoming import domains
from webhooks.sealing import SealingKey

BATCH_MAX = 200
OLD = timedelta(days=2)
"""What was told before that is no news any more."""
WORTH = timedelta(days=1)
"""For so long a letter is tried."""
LINES_MAX = 20
"""Notices of one letter; the inbox has them all."""

_TAKE = """
WITH t AS MATERIALIZED (
    SELECT shopper_id, key FROM notices WHERE operator_id = $1 AND to_mail
    ORDER BY told_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE notices n SET to_mail = false FROM t
WHERE n.operator_id = $1 AND n.shopper_id = t.shopper_id AND n.key = t.key
RETURNING n.shopper_id, n.key, n.kind, n.params::text AS params, n.told_at
"""
_LOCALES = "SELECT shopper_id, locale FROM shoppers WHERE shopper_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class _House:
    """What letters of one operator are written with."""

    programme: Programme
    name: str
    address: str


async def write_letters(
    engine: AsyncEngine, master: SealingKey, operator_id: UUID, public_url: str, now: datetime
) -> int:
    """Write what is due to be written, so many notices at most; answers how many letters are on their way."""
    async with transaction(engine, operator_id) as connection:
        rows = await fetch(connection, _TAKE, (operator_id, BATCH_MAX))
        fresh = [row for row in rows if row.told_at > now - OLD]
        if not fresh:
            return 0
        house = await _house(connection, operator_id, public_url)
        return await _write(connection, master, house, fresh, now)


async def _house(connection: AsyncConnection, operator_id: UUID, public_url: str) -> _House:
    programme = await load_programme(connection, operator_id)
    theme = await branding.current(connection, operator_id)
    address = await domains.address_of(connection, operator_id, public_url)
    return _House(programme, programme.name if theme is None else theme.name, address)


async def _write(
    connection: AsyncConnection, master: SealingKey, house: _House, rows: Sequence[Any], now: datetime
) -> int:
    operator_id, told = house.programme.operator_id, sorted({row.shopper_id for row in rows})
    addresses = await open_addresses(connection, operator_id, master, told)
    chosen = await preferences.read(connection, list(addresses))
    locales = dict(tuple(row) for row in await fetch(connection, _LOCALES, (list(addresses),)))
    wanted: dict[UUID, list[Notice]] = {}
    for row in sorted(rows, key=lambda each: (each.told_at, each.key)):
        if row.shopper_id not in addresses:
            continue
        if is_wanted(topic_of(row.kind), Channel.MAIL, chosen.get(row.shopper_id, {})):
            notice = Notice(row.shopper_id, row.key, row.kind, msgspec.json.decode(row.params))
            wanted.setdefault(row.shopper_id, []).append(notice)
    letters = [
        letter_of(house.programme, house.name, house.address, addresses[shopper_id], notices, locales[shopper_id])
        for shopper_id, notices in wanted.items()
    ]
    await mail.write_all(connection, operator_id, master, letters, now=now, until=now + WORTH)
    return len(letters)


def letter_of(
    programme: Programme, name: str, address: str, to: str, notices: Sequence[Notice], locale: str
) -> mail.Letter:
    """One letter of one or several notices, with why it is sent and where that is changed."""
    language = language_of(locale)
    texts, tongue = texts_in(language), Tongue(language, _names(programme, language))
    sentences = [said(each, tongue) for each in notices[:LINES_MAX]]
    must = any(topic_of(each.kind) in MUST for each in notices)
    subject = texts["letter.subject" if len(notices) == 1 else "letter.many"]
    wallet = f"{address}/{language}/wallet"
    parts = (
        "\n".join(f"{each}." for each in sentences),
        texts["letter.wallet"].format(address=wallet),
        texts["letter.why_must" if must else "letter.why_chosen"],
        texts["letter.preferences"].format(address=f"{wallet}/preferences"),
    )
    told = subject.format(name=name, sentence=sentences[0], count=len(notices))
    return mail.Letter(to, told, "\n\n".join(parts) + "\n")


def _names(programme: Programme, language: Language) -> Mapping[str, str]:
    return {code: each.name_fr if language == "fr" else each.name_en for code, each in programme.assets.items()}
