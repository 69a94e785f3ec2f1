"""What time and uses do to lots: what has expired of each reward, what a balance turns to next, who is told of it.

A shopper's lots are looked at together, because a use, a debt or an exchange takes of one what another leaves; so a
refund of one reward may change what has expired of another. Of programmes no offer of which ever expires nothing here
is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.offers.lots import Lot, Stand, stand
from cashback.programmes.schemas import Programme
from cashback.rewards import lot_storage
from cashback.rewards.difference import Difference
from cashback.rewards.lot_storage import End, Holding, Holdings, Pair
from cashback.rewards.plan import RewardRow, reward_transfers

Stands = dict[Pair, Stand]
"""How lots stand, by shopper and asset; of assets that matter."""
NOTHING_ENDS = End(None, 0, None)


async def age(
    connection: AsyncConnection, programme: Programme, found: Difference, shoppers: Iterable[UUID], now: datetime
) -> Stands:
    """Bring rewards to what has expired of them at `now`, those of `found` and all others of these shoppers.

    Changes what `found` holds, and writes when balances turn next and what shoppers are told. Answers how the lots
    stand of which any expires. The shoppers are locked.
    """
    asked = set(shoppers)
    if not asked:
        return {}
    holdings = await lot_storage.holdings_of(connection, asked)
    _overlay(holdings, found.rewards)
    stands: Stands = {}
    for shopper_id, held in holdings.items():
        for asset, found_stand in stands_of(programme, held, now).items():
            if held[asset].expires:
                stands[shopper_id, asset] = found_stand
    _expire(found, holdings, stands, now)
    notices, ends = [], []
    stored = await lot_storage.ends_of(connection, asked)
    for pair in stands.keys() | stored.keys():
        end, told = _next(pair, stands.get(pair), programme, now)
        notices += told
        if stored.get(pair, NOTHING_ENDS) != end:
            ends.append((pair, end))
    await lot_storage.write_ends(connection, programme.operator_id, sorted(ends, key=lambda each: each[0]))
    await notifications.tell(connection, programme.operator_id, notices, now)
    return stands


def stands_of(
    programme: Programme, held: Mapping[str, Holding], now: datetime, *, everything: bool = False
) -> dict[str, Stand]:
    """How one shopper's lots stand: of assets in which any expires, and of those that they are exchanged from. Pure.

    `everything` asks for all assets. What an asset is exchanged from is played first: each exchange is a lot of the
    other. An asset in which nothing expires and which was used otherwise is exchanged as its years say, and the ledger
    tells when.
    """
    at = max([now, *(row.updated_at for each in held.values() for row in each.rows.values())])
    wanted = {asset for asset, each in held.items() if everything or each.expires}
    rules = {asset: rule for asset in held if (rule := programme.assets[asset].conversion) is not None}
    played = {asset for asset in rules if held[asset].expires or not (held[asset].uses or held[asset].flows)}
    stands: dict[str, Stand] = {}
    came: dict[str, list[Lot]] = {}
    for asset in sorted(
        wanted | {each for each in played if rules[each].into in wanted}, key=lambda each: each not in rules
    ):
        rule = rules.get(asset) if asset in played else None
        lots = [_lot(row) for row in held[asset].rows.values()] + came.get(asset, [])
        lots += [lot for key, lot in held[asset].flows if not _is_exchange_of(key, played)]
        stands[asset] = stand(lots, held[asset].uses, at, zone=programme.zone, rule=rule)
        if rule is not None:
            came.setdefault(rule.into, []).extend(
                Lot(None, units // rule.threshold * rule.amount, when) for when, units in stands[asset].exchanges
            )
    return stands


def _is_exchange_of(key: str, assets: Iterable[str]) -> bool:
    return any(key.startswith(f"conversion:{each}:") for each in assets)


def _lot(row: RewardRow) -> Lot:
    assert row.matures_at is not None
    return Lot(row.id, row.matured, row.matures_at, row.expires_at, row.notice_at)


def _overlay(holdings: Holdings, targets: Iterable[RewardRow]) -> None:
    """Put rewards as they will stand in the place of those that are stored."""
    for row in targets:
        if row.matured:
            holdings[row.shopper_id][row.asset].rows[row.id] = row
        elif row.shopper_id in holdings and row.asset in holdings[row.shopper_id]:
            holdings[row.shopper_id][row.asset].rows.pop(row.id, None)


def _expire(found: Difference, holdings: Holdings, stands: Stands, now: datetime) -> None:
    places = {row.id: place for place, row in enumerate(found.rewards)}
    for (shopper_id, asset), each in stands.items():
        for row in holdings[shopper_id][asset].rows.values():
            expired = each.expired.get(row.id, 0)
            if expired == row.expired:
                continue
            left = row.matured - expired
            if row.id in places:
                found.rewards[places[row.id]] = replace(row, available=left, expired=expired)
            else:
                target = replace(row, available=left, expired=expired, revision=row.revision + 1, updated_at=now)
                found.aged.append(target)
                found.transfers.extend(reward_transfers(row, target))


def _next(pair: Pair, found: Stand | None, programme: Programme, now: datetime) -> tuple[End, list[Notice]]:
    """When a balance turns next, and what its shopper is to be told by now: each day on which something ends, once."""
    turn = None if found is None else found.next_end()
    if found is None or turn is None:
        return NOTHING_ENDS, []
    due, ending, told = turn[0], dict[datetime, int](), set[datetime]()
    for each in found.left:
        ends_at, notice_at = each.lot.expires_at, each.lot.notice_at
        if ends_at is None:
            continue
        ending[ends_at] = ending.get(ends_at, 0) + each.amount
        if notice_at is not None and notice_at <= now:
            told.add(ends_at)
        elif notice_at is not None:
            due = min(due, notice_at)
    shopper_id, asset = pair
    return End(*turn, due), [_notice(shopper_id, asset, ending[at], at, programme) for at in sorted(told)]


def _notice(shopper_id: UUID, asset: str, amount: int, ends_at: datetime, programme: Programme) -> Notice:
    last_day = (ends_at.astimezone(programme.zone) - timedelta(days=1)).date().isoformat()
    params: dict[str, str | int] = {"asset": asset, "amount": amount, "day": last_day}
    return Notice(shopper_id, f"reward_expires:{asset}:{last_day}", "reward_expires", params)
