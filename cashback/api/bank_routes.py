"""The HTTP API of banks: accounts that shoppers open to us, files that the operator's own bank gives, what differs."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from cashback.actors import Scope
from cashback.api.answers.kinds import BankAccountState
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk, Reference, read_document, refuse_card_number
from cashback.api.taken import Taken
from cashback.bank_linking import link_account, unlink_account
from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.feeds import service as feeds
from cashback.feeds.schemas import NewAccount
from cashback.ids import show
from cashback.paging import listing
from cashback.payouts import outcomes
from cashback.reconciliation import service as reconciliation
from cashback.reconciliation.movements import STRIPE
from cashback.reconciliation.service import Difference
from cashback.shoppers.service import require

FILE_MAX_BYTES = 64 * 1024 * 1024
"""A larger one is imported on the machine itself: here it is held whole while it is read."""
DAYS = 90
"""So far back differences are looked for when no day is named."""

router = APIRouter(prefix="/v1")

_Text = Annotated[str, Field(min_length=1, max_length=4_000)]


class BankAccountBody(Taken):
    """An account that a shopper has consented to, at a bank connection of the operator."""

    shopper: Reference
    connection: Annotated[str, Field(min_length=1, max_length=64, description="Its name")]
    account: Annotated[str, Field(min_length=1, max_length=200, description="The provider's id of it")]
    access: Annotated[dict[str, _Text], Field(max_length=8, description="What opens it: the provider's tokens")]
    zone: Annotated[str, Field(max_length=64)] = "Europe/Paris"
    consent_until: AwareDatetime | None = None
    linked_at: AwareDatetime | None = None


class BankUnlinkBody(Taken):
    """An account that is asked no more."""

    connection: Annotated[str, Field(min_length=1, max_length=64)]
    account: Annotated[str, Field(min_length=1, max_length=200)]


class LinkedOut(BaseModel):
    """Whose account it is, and from when on it counts."""

    shopper: str
    linked_at: datetime


class UnlinkedOut(BaseModel):
    """From when on nothing counts any more."""

    account: str
    unlinked_at: datetime


class BankAccountOut(BaseModel):
    """A linked account; nothing that opens it."""

    connection: str
    network: str
    account: str
    shopper: str
    state: BankAccountState
    consent_until: datetime | None
    next_poll_at: datetime
    last_error: str | None


class ImportedOut(BaseModel):
    """What a file told, and what of it was new; the same file again tells nothing new."""

    source: str
    sha256: str
    movements: int
    statuses: int
    new_movements: int
    new_outcomes: int


class FileOut(BaseModel):
    """A file that was imported."""

    id: str
    source: str
    name: str
    movements: int
    statuses: int
    first_on: date | None
    last_on: date | None
    imported_by: str
    imported_at: datetime


class DifferenceOut(BaseModel):
    """Something that the bank and our books tell otherwise. Amounts are signed, out of the account below zero."""

    subject: str
    finding: str
    on: date | None
    currency: str
    ours_minor: int
    bank_minor: int
    difference_minor: int
    explained: str | None


@router.post("/bank-accounts", status_code=201, summary="Link a shopper's account at a bank")
async def link(body: BankAccountBody, desk: AtDesk) -> LinkedOut:
    """The bank is asked from now on; told again after a new consent, the account gets the new access."""
    require(desk.caller, Scope.SHOPPERS)
    refuse_card_number(body.account, "account", "the provider's opaque id")
    now = desk.now()
    linked_at = body.linked_at or now
    if linked_at > now + timedelta(minutes=5):
        raise Invalid(f"linked_at {linked_at.isoformat()} lies in the future")
    shopper_id = await desk.shopper(body.shopper)
    new = NewAccount(body.account, body.access, body.zone, body.consent_until)
    await link_account(
        desk.engine,
        desk.road,
        desk.caller,
        new,
        slug=body.connection,
        shopper_id=shopper_id,
        linked_at=linked_at,
        now=now,
    )
    return LinkedOut(shopper=show("shp", shopper_id), linked_at=linked_at)


@router.post("/bank-accounts/unlink", summary="Ask a bank account no more")
async def unlink(body: BankUnlinkBody, desk: AtDesk) -> UnlinkedOut:
    """Purchases made until now finish, as far as they were told; what opened it is destroyed."""
    require(desk.caller, Scope.SHOPPERS)
    now = desk.now()
    await unlink_account(desk.engine, desk.road, desk.caller, slug=body.connection, account=body.account, now=now)
    return UnlinkedOut(account=body.account, unlinked_at=now)


@router.get("/bank-accounts", summary="The accounts that banks are asked for")
async def accounts(desk: AtDesk, paging: Asked) -> Listed[BankAccountOut]:
    """By connection and account, with the state of the shopper's consent."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await feeds.accounts(connection, desk.caller.operator_id, desk.now())
    place = listing("bank-accounts")
    shown, cut = paging.cut_whole(place, found, lambda each: (each.connection, each.account), str, str)
    told = [
        BankAccountOut(
            connection=each.connection,
            network=each.network,
            account=each.account,
            shopper=show("shp", each.shopper_id),
            state=each.state.value,
            consent_until=each.consent_until,
            next_poll_at=each.next_poll_at,
            last_error=each.last_error,
        )
        for each in shown
    ]
    return Listed(data=told, has_more=cut.more, next_cursor=cut.cursor)


@router.post("/bank-files", status_code=201, summary="Import a file of the bank, or Stripe's balance")
async def import_file(
    request: Request,
    desk: AtDesk,
    name: Annotated[str, Query(min_length=1, max_length=200, description="What the file is called")],
) -> ImportedOut:
    """camt.053, camt.054, pain.002, or Stripe's balance as JSON or CSV, as the body; all of it or nothing."""
    require(desk.caller, Scope.MONEY)
    data = await read_document(request, FILE_MAX_BYTES)
    read = reconciliation.read(desk.caller.operator_id, name, data)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        done = await reconciliation.import_file(connection, desk.caller, read, desk.now())
        new = 0
        if read.source != STRIPE:
            _, new = await outcomes.read_file(connection, desk.caller, data, desk.now())
    return ImportedOut(
        source=read.source,
        sha256=read.sha256.hex(),
        movements=len(read.movements),
        statuses=len(read.statuses),
        new_movements=done.new,
        new_outcomes=new,
    )


@router.get("/bank-files", summary="The files that were imported, the newest first")
async def files(desk: AtDesk, paging: Asked) -> Listed[FileOut]:
    """What each held, by whom it was imported."""
    require(desk.caller, Scope.MONEY)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await reconciliation.files(connection, desk.caller)
    shown, cut = paging.cut_whole(
        listing("bank-files"), found, lambda each: (each.imported_at, each.id), datetime, UUID, down=True
    )
    told = [
        FileOut(
            id=show("bfl", each.id),
            source=each.source,
            name=each.name,
            movements=each.movements,
            statuses=each.statuses,
            first_on=each.first_on,
            last_on=each.last_on,
            imported_by=each.imported_by,
            imported_at=each.imported_at,
        )
        for each in shown
    ]
    return Listed(data=told, has_more=cut.more, next_cursor=cut.cursor)


@router.get("/bank-differences", summary="What the bank and our books tell otherwise")
async def differences(
    desk: AtDesk,
    paging: Asked,
    since: Annotated[date | None, Query(description=f"First day; {DAYS} days ago if left out")] = None,
) -> Listed[DifferenceOut]:
    """To the cent, by what they concern; those that a person has explained carry the explanation."""
    require(desk.caller, Scope.MONEY)
    now = desk.now()
    first = since or (now - timedelta(days=DAYS)).date()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await reconciliation.differences(connection, desk.caller, first, now)
    place = listing("bank-differences", since=first)
    every = [*found.open, *found.explained]
    shown, cut = paging.cut_whole(place, every, lambda each: (each.subject, each.line.finding.value), str, str)
    return Listed(data=[_difference(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


def _difference(each: Difference) -> DifferenceOut:
    line = each.line
    return DifferenceOut(
        subject=each.subject,
        finding=line.finding.value,
        on=line.on,
        currency=line.currency,
        ours_minor=line.ours_minor,
        bank_minor=line.bank_minor,
        difference_minor=line.difference_minor,
        explained=None if each.note is None else each.note.words,
    )
