"""The HTTP API of payouts: accounts to be paid to, cash-out on request, answers of people, gift cards.

Amounts are minor units of the asset's currency. An account is shown by its last four characters and nothing else.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from cashback.actors import Scope
from cashback.api.once import RequiredKey
from cashback.api.paging import Asked as AskedPage
from cashback.api.routes import AtDesk
from cashback.api.taken import Taken
from cashback.clock import zulu
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.paging import listing
from cashback.payouts import accounts, commands, gifts, storage
from cashback.payouts.commands import WORDS_MAX
from cashback.payouts.schemas import Account, Asked, Payout, RailName, State
from cashback.shoppers.service import require

Words = Annotated[str, Field(min_length=1, max_length=WORDS_MAX, description="Why, in words that others will read.")]
Text = Annotated[str, Field(min_length=1, max_length=200)]

router = APIRouter(prefix="/v1")


class AccountBody(Taken):
    """Where a shopper wants to be paid."""

    rail: RailName
    told: Annotated[
        dict[str, Text],
        Field(
            max_length=4,
            description="`iban` and `holder` for sepa; `account`, the id of a connected account, for stripe.",
            examples=[{"iban": "FR14 2004 1010 0505 0001 3M02 606", "holder": "Anna Exemple"}],
        ),
    ]


class PayoutBody(Taken):
    """A cash-out. Without a rail the programme's first one that the shopper has an account for is taken."""

    asset: Annotated[str, Field(examples=["EUR"], max_length=64)]
    amount: Annotated[int, Field(gt=0)]
    rail: RailName | None = None
    account: Annotated[str | None, Field(max_length=64, examples=["pac_01j9z3"])] = None


class WordsBody(Taken):
    """An answer to a payout."""

    words: Words


@router.post("/shoppers/{reference}/payout-accounts", status_code=201, summary="Add an account to be paid to")
async def add_account(reference: str, body: AccountBody, desk: AtDesk) -> dict[str, Any]:
    """It is usable after the programme's cooling time, and the shopper is told at once."""
    require(desk.caller, Scope.MONEY)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        master = desk.runtime.keyring.master
        made = await accounts.add(connection, desk.caller, master, shopper_id, body.rail, body.told, desk.now())
    return _account(made)


@router.get("/shoppers/{reference}/payout-accounts", summary="The accounts of a shopper")
async def list_accounts(reference: str, desk: AtDesk, paging: AskedPage) -> dict[str, Any]:
    """Oldest first."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await accounts.of_shoppers(connection, [shopper_id])
    place = listing("payout-accounts", shopper=shopper_id)
    shown, cut = paging.cut_whole(place, found, lambda each: (each.added_at, each.id), datetime, UUID)
    return cut.told([_account(each) for each in shown])


@router.post("/shoppers/{reference}/payout-accounts/{account}/remove", summary="Remove an account")
async def remove_account(reference: str, account: str, desk: AtDesk) -> dict[str, str]:
    """What opens it is destroyed; payouts that wait for it are stopped."""
    require(desk.caller, Scope.MONEY)
    shopper_id, account_id = await desk.shopper(reference), _id("pac", account, "account")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await accounts.remove(connection, desk.caller, shopper_id, account_id, desk.now())
    return {"removed": account}


@router.post("/shoppers/{reference}/payouts", status_code=201, summary="Pay out what a shopper has available")
async def request(reference: str, body: PayoutBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, Any]:
    """The amount is in transit from now on; the same key again answers the same payout."""
    require(desk.caller, Scope.MONEY)
    shopper_id = await desk.shopper(reference)
    account_id = None if body.account is None else _id("pac", body.account, "account")
    asked = Asked(shopper_id, idempotency_key, body.asset, body.amount, body.rail, account_id)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        made = await commands.request(connection, desk.caller, asked, desk.now())
    return _payout(made)


@router.get("/shoppers/{reference}/payouts", summary="The payouts of a shopper")
async def own(reference: str, desk: AtDesk, paging: AskedPage) -> dict[str, Any]:
    """Newest first."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    place = listing("payouts", shopper=shopper_id)
    after = paging.after(place, datetime, UUID)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await storage.of_shopper(connection, shopper_id, paging.wanted, after)
    shown, cut = paging.cut(place, found, lambda each: (each.requested_at, each.id))
    return cut.told([_payout(each) for each in shown])


@router.get("/payouts", summary="The payouts of a state, oldest first")
async def listed(desk: AtDesk, paging: AskedPage, state: State | None = None) -> dict[str, Any]:
    """A page of them; each says why it stands where it stands."""
    require(desk.caller, Scope.READ)
    place = listing("payouts", state=state)
    (last,) = paging.after(place, UUID) or (None,)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await storage.listed(connection, desk.caller.operator_id, state, last, paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.id,))
    return cut.told([{**_payout(each), "shopper": show("shp", each.shopper_id)} for each in shown])


@router.get("/payouts/{payout}", summary="One payout with every move")
async def one(payout: str, desk: AtDesk) -> dict[str, Any]:
    """Who moved it, when, and why."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await commands.find(connection, desk.caller.operator_id, _id("pyt", payout, "payout"))
        moves = await storage.moves_of(connection, found)
    return {
        **_payout(found),
        "shopper": show("shp", found.shopper_id),
        "moves": [
            {"from": before, "to": after, "reason": reason, "by": by, "at": zulu(at)}
            for _, before, after, reason, by, at in moves
        ],
    }


@router.post("/payouts/{payout}/cancel", summary="Take a payout back")
async def cancel(payout: str, desk: AtDesk) -> dict[str, Any]:
    """As long as it was not sent; the amount is available again."""
    require(desk.caller, Scope.MONEY)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        done = await commands.cancel(connection, desk.caller, _id("pyt", payout, "payout"), desk.now())
    return _payout(done)


@router.post("/payouts/{payout}/approve", summary="Agree to a payout above the limit")
async def approve(payout: str, body: WordsBody, desk: AtDesk) -> dict[str, Any]:
    """Two must agree, and nobody twice."""
    require(desk.caller, Scope.MONEY)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        payout_id = _id("pyt", payout, "payout")
        done = await commands.approve(connection, desk.caller, payout_id, words=body.words, now=desk.now())
    return _payout(done)


@router.post("/payouts/{payout}/stop", summary="Forbid a payout")
async def stop(payout: str, body: WordsBody, desk: AtDesk) -> dict[str, Any]:
    """As long as it was not sent; the amount is available again and the shopper is told."""
    require(desk.caller, Scope.MONEY)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        payout_id = _id("pyt", payout, "payout")
        done = await commands.stop(connection, desk.caller, payout_id, words=body.words, now=desk.now())
    return _payout(done)


@router.post("/payouts/{payout}/reveal", summary="The code of a gift card")
async def reveal(payout: str, desk: AtDesk) -> dict[str, Any]:
    """For its shopper's eyes; that it was looked at is written down."""
    require(desk.caller, Scope.SHOPPERS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await commands.find(connection, desk.caller.operator_id, _id("pyt", payout, "payout"))
        card = await gifts.reveal(connection, desk.caller, desk.runtime.keyring.master, found, desk.now())
    expires = None if card.expires_on is None else card.expires_on.isoformat()
    return {"code": card.code, "asset": card.asset, "amount": card.face, "expires_on": expires}


def _id(prefix: str, text: str, what: str) -> UUID:
    try:
        return parse(prefix, text)
    except ValueError:
        raise NotFound(f"there is no {what} {text[:64]!r}", code=f"unknown_{what}") from None


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.ref,
        "rail": account.rail.value,
        "last_four": account.last_four,
        "added_at": zulu(account.added_at),
        "usable_at": zulu(account.usable_at),
    }


def _payout(payout: Payout) -> dict[str, Any]:
    return {
        "id": payout.ref,
        "asset": payout.asset,
        "amount": payout.amount,
        "rail": payout.rail.value,
        "account": None if payout.account_id is None else show("pac", payout.account_id),
        "state": payout.state.value,
        "reason": payout.reason,
        "requested_at": zulu(payout.requested_at),
    }
