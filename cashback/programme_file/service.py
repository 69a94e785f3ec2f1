"""Apply a programme file, read the running programme back as one, write it out. One transaction, one audit line.

The programme's row is locked first, so no purchase is decided while the programme changes and two files follow each
other. What cannot change (zones, currency, what an asset is and becomes) is refused before anything is written.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Invalid
from cashback.ids import uuid7
from cashback.merchants import service as merchants
from cashback.merchants.schemas import Identifier, Shop, instant
from cashback.merchants.shop_changes import follow
from cashback.offers import service as offers
from cashback.offers.terms import Bilingual
from cashback.payouts.policy import load_policy
from cashback.programme_file.budgets import save_budgets
from cashback.programme_file.difference import Change, difference
from cashback.programme_file.document import (
    AssetEntry,
    CentreEntry,
    ConversionEntry,
    IdentifierEntry,
    OfferEntry,
    ProgrammeEntry,
    ProgrammeFile,
    ShopEntry,
)
from cashback.programmes import service as programmes
from cashback.programmes.audit_log import record
from cashback.programmes.schemas import Asset, Centre

AUDITED_CHANGES_MAX = 1_000
"""Lines of the difference kept in the audit log; their number is always kept."""
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9][0-9_.:eE+-]*")


class _Dumper(yaml.SafeDumper):
    """Quotes texts that another YAML reader would take for a number, such as identifiers with zeros in front."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _NUMBER_LIKE.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did."""

    changes: tuple[Change, ...]
    """The difference, with what stays although the file leaves it out."""
    revision: int
    """The revision now in force; a new one exactly when something moved."""

    @property
    def moved(self) -> bool:
        """False when the programme already was what the file says."""
        return any(change.moves for change in self.changes)


async def apply(
    connection: AsyncConnection, actor: Actor, file: ProgrammeFile, now: datetime, since_ever: bool = False
) -> Applied:
    """Make the programme what the file says, in the caller's transaction, from `now` on.

    With `since_ever` the first version of an offer also judges purchases made before `now`. Raises Forbidden, NotFound
    for an unknown operator, and Invalid with every refusal; then nothing was written.
    """
    programmes.require_programme_scope(actor)
    operator_id = actor.operator_id
    async with connection.begin_nested():
        revision = await programmes.lock_programme(connection, operator_id)
        current = await read_current(connection, operator_id, now)
        changes = tuple(difference(current, file))
        refused = [] if current is None else _refusals(current, file)
        if refused:
            raise Invalid("the file cannot be applied:\n" + "\n".join(refused), code="programme_fixed")
        if revision is not None and not any(change.moves for change in changes):
            return Applied(changes, revision)
        await _write(connection, actor, file, now, since_ever=since_ever)
        revision = await programmes.bump_revision(connection, operator_id)
        moves = [str(change) for change in changes if change.moves]
        detail = {"revision": revision, "count": len(moves), "changes": moves[:AUDITED_CHANGES_MAX]}
        await record(connection, actor, "programme.applied", file.programme.code, detail, now)
    return Applied(changes, revision)


async def read_current(connection: AsyncConnection, operator_id: UUID, now: datetime) -> ProgrammeFile | None:
    """The programme that runs at `now` as the file that would make it; None before the first one.

    Drafts, and versions that are to begin, are no part of it.
    """
    programme = await programmes.find_programme(connection, operator_id)
    if programme is None:
        return None
    identifiers: dict[UUID, list[Identifier]] = {}
    for each in await merchants.load_identifiers(connection, operator_id):
        identifiers.setdefault(each.shop_id, []).append(each)
    shops = await merchants.load_shops(connection, operator_id)
    terms = await offers.load_offered(connection, operator_id, now)
    return ProgrammeFile(
        programme=ProgrammeEntry(
            code=programme.code,
            name=programme.name,
            zone=programme.zone.key,
            currency=programme.currency,
            holdout_bps=programme.holdout_bps,
        ),
        centres=tuple(
            CentreEntry(code=each.code, name=each.name, country=each.country, zone=each.zone.key)
            for each in programme.centres.values()
        ),
        assets=tuple(_asset_entry(each) for each in programme.assets.values()),
        shops=tuple(
            _shop_entry(shop, programme.centres[shop.centre_id], identifiers.get(shop.id, ())) for shop in shops
        ),
        offers=tuple(OfferEntry.model_validate({**each.model_dump(), "code": code}) for code, each in terms.items()),
        payouts=await load_policy(connection, operator_id),
    )


def dump(file: ProgrammeFile) -> str:
    """The file as YAML that `reading.parse` reads back to the same value; every YAML reader sees the same texts."""
    return yaml.dump(file.plain(), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def _refusals(current: ProgrammeFile, wanted: ProgrammeFile) -> list[str]:
    """What was once applied and may never change, because what was decided depends on it."""
    refused: list[str] = []
    for field in ("code", "zone", "currency", "holdout_bps"):
        held, asked = getattr(current.programme, field), getattr(wanted.programme, field)
        if held != asked:
            refused.append(f"programme.{field} is {held} and never changes, the file says {asked}")
    zones = {each.code: current.zone_of(each) for each in current.centres}
    for centre in wanted.centres:
        zone = zones.get(centre.code)
        if zone is not None and zone != wanted.zone_of(centre):
            refused.append(f"the zone of centre {centre.code} is {zone} and never changes: make another centre")
    assets = {each.code: each for each in current.assets}
    for asset in wanted.assets:
        before = assets.get(asset.code)
        for field in ("kind", "conversion"):
            if before is not None and getattr(before, field) != getattr(asset, field):
                refused.append(f"the {field} of asset {asset.code} never changes once applied: make another asset")
    return refused


async def _write(
    connection: AsyncConnection, actor: Actor, file: ProgrammeFile, now: datetime, *, since_ever: bool
) -> None:
    operator_id, head = actor.operator_id, file.programme
    await programmes.save_programme(
        connection,
        operator_id,
        code=head.code,
        name=head.name,
        zone=head.zone,
        currency=head.currency,
        holdout_bps=head.holdout_bps,
        document=file.plain(),
        now=now,
    )
    centres = [Centre(uuid7(now), each.code, each.name, file.zone_of(each), each.country) for each in file.centres]
    await programmes.save_centres(connection, operator_id, centres)
    await programmes.save_assets(connection, operator_id, [each.asset() for each in file.assets])
    programme = await programmes.load_programme(connection, operator_id)
    await _write_shops(connection, operator_id, file, {each.code: each for each in programme.centres.values()}, now)
    terms = {each.code: each.terms() for each in file.offers}
    await offers.publish(connection, actor, terms, now, now=now, since_ever=since_ever)
    await save_budgets(connection, operator_id, terms)


async def _write_shops(
    connection: AsyncConnection, operator_id: UUID, file: ProgrammeFile, centres: Mapping[str, Centre], now: datetime
) -> None:
    before = {each.code: each for each in await merchants.load_shops(connection, operator_id)}
    await merchants.save_shops(
        connection,
        operator_id,
        [
            Shop(
                id=uuid7(now),
                code=each.code,
                name=each.name,
                brand=each.brand or each.name,
                category=each.category,
                floor=each.floor,
                area=each.area,
                centre_id=centres[each.centre].id,
            )
            for each in file.shops
        ],
    )
    shops = {each.code: each for each in await merchants.load_shops(connection, operator_id)}
    listed = {shops[each.code].id for each in file.shops if each.identifiers is not None}
    plan = merchants.plan_identifiers(
        await merchants.load_identifiers(connection, operator_id),
        [
            Identifier(
                network=each.network,
                scheme=each.scheme,
                value=each.value,
                shop_id=shops[shop.code].id,
                valid_from=instant(each.valid_from or "", centres[shop.centre].zone),
                valid_until=instant(each.valid_until or "", centres[shop.centre].zone),
            )
            for shop in file.shops
            for each in shop.identifiers or ()
        ],
        lambda stored: stored.shop_id in listed,
    )
    _refuse_overlaps(plan.standing, {each.id: each.name for each in shops.values()})
    await merchants.write_identifiers(connection, operator_id, plan, now)
    await follow(connection, operator_id, before, shops.values(), now)


def _refuse_overlaps(standing: Iterable[Identifier], names: Mapping[UUID, str]) -> None:
    """The file was checked in itself; this is against what shops that it does not list already have."""
    refused = [
        f"{first.network} {first.scheme} {first.value!r} would name "
        f"{' and '.join(sorted((names[first.shop_id], names[second.shop_id])))} at the same time"
        for first, second in merchants.overlaps(standing)
    ]
    if refused:
        raise Invalid("the file cannot be applied:\n" + "\n".join(refused), code="identifier_taken")


def _asset_entry(asset: Asset) -> AssetEntry:
    rule = asset.conversion
    return AssetEntry(
        code=asset.code,
        kind=asset.kind,
        name=Bilingual(en=asset.name_en, fr=asset.name_fr),
        clawback=asset.clawback,
        conversion=None
        if rule is None
        else ConversionEntry(
            threshold=rule.threshold, into=rule.into, amount=rule.amount, yearly_limit=rule.yearly_limit
        ),
    )


def _shop_entry(shop: Shop, centre: Centre, identifiers: Iterable[Identifier]) -> ShopEntry:
    entries = tuple(
        IdentifierEntry(
            network=each.network,
            scheme=each.scheme,
            value=each.value,
            valid_from=_moment(each.valid_from, centre.zone),
            valid_until=_moment(each.valid_until, centre.zone),
        )
        for each in identifiers
    )
    return ShopEntry(
        code=shop.code,
        name=shop.name,
        centre=centre.code,
        category=shop.category,
        brand=shop.brand,
        floor=shop.floor,
        area=shop.area,
        identifiers=entries or None,
    )


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    """As a person would write it: a date when it is the first instant of one."""
    if at is None:
        return None
    local = at.astimezone(zone)
    begins = datetime.combine(local.date(), time(0), tzinfo=zone).astimezone(UTC) == at
    return local.date().isoformat() if begins else local.isoformat()
