"""The only way to funders: who they are, what they pay, and pausing those whose money is used up.

What a funder paid in is not locked when a reward draws on it: that would make one hot row of every purchase. It is
looked at every few seconds instead. What is bought between two looks is promised and kept, and may leave the funder
owing: its balance is then below zero until it pays.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from stdnum.eu import vat
from stdnum.fr import siren, siret

from cashback.actors import Actor, Scope, system
from cashback.errors import Forbidden, Invalid
from cashback.events import service as events
from cashback.events.service import event
from cashback.funding import storage
from cashback.funding.schemas import Change, Funder, Mode, Payment, Standing
from cashback.ledger import service as ledger
from cashback.ledger.chart import BANK, FUNDER, FUNDER_PREFIX, shown
from cashback.ledger.service import Transfer
from cashback.merchants.schemas import Shop
from cashback.offers.pauses import pause, resume
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot
from issuers.card_numbers import mask_text

EMPTY = "empty"
"""Why the product itself pauses a funder."""
WORDS_MAX = 500


def require(actor: Actor) -> None:
    """Forbidden for who may not handle money."""
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")


def account_of(snapshot: Snapshot, named: str) -> str:
    """The account of `operator`, `shop:<code>` or `brand:<name>`; Invalid when the programme knows no such name."""
    kind, _, name = named.partition(":")
    if named == "operator":
        return FUNDER
    if kind == "shop" and (shop := snapshot.shops.by_code.get(name)) is not None:
        return f"{FUNDER_PREFIX}shop:{shop.id.hex}"
    if kind == "brand" and any(each.brand == name for each in snapshot.shops.shops.values()):
        return f"{FUNDER_PREFIX}brand:{name}"
    raise Invalid(
        f"there is no funder {named[:80]!r}: expected operator, shop:<code of a shop> or brand:<its name in the file>",
        code="unknown_funder",
    )


def named(account: str, shops: Mapping[UUID, Shop]) -> str:
    """How people call an account: the reverse of `account_of`."""
    kind, _, name = account.removeprefix(FUNDER_PREFIX).partition(":")
    if kind != "shop":
        return account.removeprefix(FUNDER_PREFIX)
    shop = shops.get(UUID(hex=name))
    return f"shop:{name if shop is None else shop.code}"


async def tell_of(connection: AsyncConnection, actor: Actor, funder: Funder, now: datetime) -> None:
    """Keep who a funder is and how it pays; from the next look on it is paused or not by that."""
    require(actor)
    if not funder.name.strip() or len(funder.name) > 120:
        raise Invalid("a funder's name has 1 to 120 characters")
    _check_numbers(funder)
    await storage.put(connection, actor.operator_id, funder, now)
    detail = {"mode": funder.mode.value, "alert_minor": funder.alert_minor}
    await audit_log.record(connection, actor, "funder.told", funder.account, detail, now)


def _check_numbers(funder: Funder) -> None:
    """What stands on invoices is checked when it is told: a SIREN or SIRET of France, a VAT number of the Union."""
    number = (funder.registration or "").replace(" ", "")
    if funder.country == "FR" and number and not (siren.is_valid(number) or siret.is_valid(number)):
        raise Invalid(
            f"registration {number[:20]!r} is neither a SIREN nor a SIRET: its check digit does not hold",
            code="registration",
        )
    if funder.vat_number and not vat.is_valid(funder.vat_number):
        raise Invalid(
            f"vat_number {funder.vat_number[:20]!r} is not one of the European Union, expected such as FR44732829320"
        )


async def record(
    connection: AsyncConnection,
    actor: Actor,
    snapshot: Snapshot,
    account: str,
    payment: Payment,
    amount_minor: int,
    key: str,
    now: datetime,
) -> bool:
    """Money of a funder arrived, or went back to it; False if this `key` already said exactly that.

    `amount_minor` is in the programme's currency. Conflict for a key used with other content.
    """
    require(actor)
    if amount_minor <= 0:
        raise Invalid(f"a payment is a positive amount, got {amount_minor}")
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise Invalid("an idempotency key has 1 to 200 printable characters")
    away = payment is Payment.PAID_BACK
    transfer = Transfer(
        shopper_id=actor.operator_id,
        key=f"funding:{key}",
        debit=account if away else BANK,
        credit=BANK if away else account,
        asset=snapshot.programme.currency,
        amount=amount_minor,
        reason=payment.value,
    )
    await ledger.lock_house(connection, actor.operator_id)
    if await ledger.already_posted(connection, transfer):
        return False
    await ledger.post(connection, actor.operator_id, [transfer], now)
    detail = {"payment": payment.value, "amount_minor": amount_minor, "key": key}
    await audit_log.record(connection, actor, "funding.recorded", account, detail, now)
    return True


async def standings(connection: AsyncConnection, snapshot: Snapshot) -> list[Standing]:
    """Every funder that was told of or has ever paid or owed, in the order of the accounts."""
    operator_id = snapshot.operator_id
    told = await storage.funders(connection, operator_id)
    held = await storage.balances(connection, operator_id)
    pauses = await storage.open_pauses(connection, operator_id)
    found = []
    for account in sorted(told.keys() | held.keys()):
        since, why = pauses.get(account.removeprefix(FUNDER_PREFIX), (None, None))
        balances = held.get(account, {})
        funder = told.get(account) or Funder(account, named(account, snapshot.shops.shops))
        found.append(Standing(funder, balances, worth(snapshot, balances), since, why))
    return found


async def any_prepaid(connection: AsyncConnection, operator_id: UUID) -> bool:
    """Whether anybody pays before: without, nothing has to be watched, but who was paused then has to be let go."""
    return await storage.any_watched(connection, operator_id)


def worth(snapshot: Snapshot, balances: Mapping[str, int]) -> int:
    """Balances together in minor units of the programme's currency, each rounded down: a debt never looks smaller."""
    rates = snapshot.book.worth
    return sum(amount * rates[asset][0] // rates[asset][1] for asset, amount in balances.items() if asset in rates)


async def stop(connection: AsyncConnection, actor: Actor, account: str, words: str, now: datetime) -> bool:
    """Promise nothing more in a funder's name, until a person lifts it; False if it is paused already."""
    require(actor)
    if not words.strip() or len(words) > WORDS_MAX or words == EMPTY:
        raise Invalid(f"a pause has its reason, in 1 to {WORDS_MAX} characters")
    masked = mask_text(words)
    if not await pause(connection, actor, [account.removeprefix(FUNDER_PREFIX)], masked, now):
        return False
    await audit_log.record(connection, actor, "funding.paused", account, {"words": masked}, now)
    return True


async def lift(connection: AsyncConnection, actor: Actor, account: str, now: datetime) -> bool:
    """Promise again in a funder's name; False if it was not paused. Empty it is paused again at the next look."""
    require(actor)
    if not await resume(connection, actor, [account.removeprefix(FUNDER_PREFIX)], now):
        return False
    await audit_log.record(connection, actor, "funding.resumed", account, {}, now)
    return True


def looked_at(found: Iterable[Standing]) -> Change:
    """What a look at the prepaid funders has to change: whose money is used up, who paid again, who has little left."""
    prepaid = [each for each in found if each.funder.mode is Mode.PREPAID]
    empty = {each.funder.account for each in prepaid if each.worth_minor <= 0}
    low = {each.funder.account for each in prepaid if each.worth_minor < max(each.funder.alert_minor, 1)}
    stopped = {each.funder.account for each in found if each.paused_why == EMPTY}
    paused = {each.funder.account for each in found if each.paused_since is not None}
    marked = {each.funder.account for each in found if each.funder.low_since is not None}
    return Change(frozenset(low), low != marked, frozenset(empty - paused), frozenset(stopped - empty))


async def apply(connection: AsyncConnection, operator_id: UUID, change: Change, now: datetime) -> list[str]:
    """Carry out what a look found; answers the accounts of which something changed. Safe beside itself.

    The caller holds no lock of the programme: pausing takes it alone, which who holds it shared can never get.
    """
    actor = system(operator_id, "worker")
    changed: list[str] = []
    if change.marked:
        changed += await storage.mark_low(connection, operator_id, change.low, now)
        for account in change.low.intersection(changed):
            await audit_log.record(connection, actor, "funding.low", account, {}, now)
            await _tell(connection, operator_id, "low", account, now)
    for action, accounts in (("paused", change.stop), ("resumed", change.resume)):
        names = sorted(each.removeprefix(FUNDER_PREFIX) for each in accounts)
        if not names:
            continue
        by_now = (
            pause(connection, actor, names, EMPTY, now) if action == "paused" else resume(connection, actor, names, now)
        )
        for name in await by_now:
            changed.append(FUNDER_PREFIX + name)
            await audit_log.record(connection, actor, f"funding.{action}", FUNDER_PREFIX + name, {"why": EMPTY}, now)
            await _tell(connection, operator_id, action, FUNDER_PREFIX + name, now)
    return changed


async def _tell(connection: AsyncConnection, operator_id: UUID, what: str, account: str, now: datetime) -> None:
    name = account.removeprefix(FUNDER_PREFIX)
    called = shown(account).removeprefix(FUNDER_PREFIX)
    told = event(f"funding.{what}", f"{name}:{now.isoformat()}", now, of=operator_id, funder=called)
    await events.tell(connection, operator_id, [told], now)
