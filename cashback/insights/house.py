"""An operator's programme and offers in memory, as pages need them: read again when the revision has moved on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.branding import service as branding
from cashback.branding.schemas import Theme
from cashback.errors import NotFound
from cashback.offers.kinds import SINCE_EVER
from cashback.offers.matcher import OfferBook
from cashback.programmes.schemas import Asset, AssetKind, Clawback, Programme, currency_of
from cashback.rewards.snapshot import Snapshot, load_snapshot

_REVISION = """
SELECT revision, (SELECT max(version) FROM themes WHERE operator_id = $1) AS theme,
    (SELECT updated_at FROM sellers WHERE operator_id = $1) AS contact_at
FROM programmes WHERE operator_id = $1
"""
_CONTACT = """
SELECT facts ->> 'name' AS name, coalesce(facts ->> 'members_email', facts ->> 'email') AS email,
    ARRAY(SELECT jsonb_array_elements_text(facts -> 'address')) AS address
FROM sellers WHERE operator_id = $1 AND facts ? 'name'
"""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom shoppers write to: the operator as its invoices name it, at its address for members."""

    name: str
    address: tuple[str, ...]
    email: str | None


@dataclass(frozen=True, slots=True)
class OfferNames:
    """How one version of an offer is called, since when it counts, and how long its rewards wait."""

    names: Mapping[str, str]
    live_from: datetime | None
    hold_days: int


@dataclass(frozen=True, slots=True)
class House:
    """One revision of a programme with its offers, ready to explain purchases."""

    snapshot: Snapshot
    offers: Mapping[tuple[UUID, int], OfferNames]
    by_code: Mapping[str, Mapping[str, str]]
    """Names of the newest version of each offer, by the offer's code."""
    theme: Theme | None = None
    """How its shoppers see it; None: as the pages come."""
    contact: Contact | None = None
    """Whom its shoppers write to; None where nobody said."""
    contact_at: datetime | None = None
    """When that was said."""

    @property
    def name(self) -> str:
        """As its shoppers read it."""
        return self.programme.name if self.theme is None else self.theme.name

    @property
    def programme(self) -> Programme:
        """Everything of it but its shops and offers."""
        return self.snapshot.programme

    @property
    def book(self) -> OfferBook:
        """Its offers, compiled."""
        return self.snapshot.book

    def asset(self, code: str) -> Asset:
        """The asset of a code; one that left the programme is still shown, under its code."""
        known = self.programme.assets.get(code)
        if known is not None:
            return known
        kind = AssetKind.POINTS if currency_of(code) is None else AssetKind.MONEY
        return Asset(code, kind, code, code, Clawback.DEBT, None)

    def offer(self, offer_id: UUID, version: int) -> OfferNames:
        """What is known of a version; nothing at all would still be shown by its code."""
        return self.offers.get((offer_id, version), OfferNames({}, None, 0))


class Houses:
    """The houses this process has read, by operator. A page asks for the current one inside its own transaction."""

    def __init__(self) -> None:
        self._read: dict[UUID, House] = {}

    async def current(self, connection: AsyncConnection, operator_id: UUID) -> House:
        """The house as of now: one small query, and a full read only when the revision changed."""
        found = (await connection.exec_driver_sql(_REVISION, (operator_id,))).first()
        if found is None:
            raise NotFound("this operator has no programme yet: apply a programme file first")
        revision, theme = int(found.revision), found.theme
        held = self._read.get(operator_id)
        if held is None or held.programme.revision != revision:
            held = await _read(connection, operator_id)
        if theme != (None if held.theme is None else held.theme.version):
            held = replace(held, theme=await branding.current(connection, operator_id))
        if found.contact_at != held.contact_at:
            contact = await _contact(connection, operator_id)
            held = replace(held, contact=contact, contact_at=found.contact_at)
        self._read[operator_id] = held
        return held


async def _contact(connection: AsyncConnection, operator_id: UUID) -> Contact | None:
    found = (await connection.exec_driver_sql(_CONTACT, (operator_id,))).first()
    return None if found is None else Contact(found.name, tuple(found.address), found.email)


async def _read(connection: AsyncConnection, operator_id: UUID) -> House:
    snapshot = await load_snapshot(connection, operator_id)
    versions = sorted(snapshot.book.offers, key=lambda each: (each.code, each.version))
    offers = {
        (each.offer_id, each.version): OfferNames(
            names={} if each.terms.name is None else {"en": each.terms.name.en, "fr": each.terms.name.fr},
            live_from=None if each.live_from == SINCE_EVER else each.live_from,
            hold_days=each.terms.hold_days,
        )
        for each in versions
    }
    latest = {each.code: offers[each.offer_id, each.version].names for each in versions}
    return House(snapshot, offers, latest)
