"""The HTTP API of people: members of the operator, addresses that shoppers sign in by, and the audit log."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk, refuse_card_number
from cashback.api.taken import Taken
from cashback.auth import members
from cashback.auth.addresses import ADDRESS_MAX, tell_address
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import member_name
from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.ids import parse, show
from cashback.ledger.chart import shown as shown_account
from cashback.ledger.chart import stored
from cashback.paging import listing
from cashback.programmes import audit_log
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")

Address = Annotated[str, Field(min_length=3, max_length=ADDRESS_MAX, examples=["ada@centre.example"])]


class InviteBody(Taken):
    """Somebody to invite."""

    email: Address
    name: Annotated[str, Field(min_length=1, max_length=members.NAME_MAX, examples=["Ada Martin"])]
    role: MemberRole


class RoleBody(Taken):
    """What a member works as from now on."""

    role: MemberRole


class RemovalBody(Taken):
    """What ends with a member."""

    revoke_keys: Annotated[bool, Field(description="Whether the keys that they made open nothing any more")] = False


KEYS_GO_ON = RemovalBody()
"""For who says nothing about keys."""


class AddressBody(Taken):
    """The address that a shopper signs in by."""

    email: Address


class MemberAnswer(BaseModel):
    """Somebody who works for the operator."""

    member: Annotated[str, Field(examples=["mem_00000000000000000000000000"])]
    actor: Annotated[str, Field(description="What the audit log calls them")]
    name: str
    email: str
    role: MemberRole
    invited_by: str
    invited_at: AwareDatetime
    joined_at: Annotated[AwareDatetime | None, Field(description="The first sign-in")]
    passkeys: int
    vouched: Annotated[bool, Field(description="Whether the operator's identity provider has let them in")]


class LineAnswer(BaseModel):
    """Who did what to what, and when."""

    id: Annotated[str, Field(examples=["aud_00000000000000000000000000"])]
    at: AwareDatetime
    actor: Annotated[str, Field(examples=["member:mem_00000000000000000000000000"])]
    action: Annotated[str, Field(examples=["member.invited"])]
    subject: str
    detail: Annotated[dict[str, Any], Field(description="What a reader needs to understand it")]


class LinesAnswer(BaseModel):
    """One page of the audit log."""

    data: list[LineAnswer]
    has_more: bool
    next_cursor: str | None


@router.get("/members", summary="List the people of the operator")
async def list_members(desk: AtDesk, paging: Asked) -> Listed[MemberAnswer]:
    """Everybody who may sign in, the longest invited first; names and addresses are personal data."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await members.list_members(connection, desk.caller, desk.runtime.keyring.master)
    shown, cut = paging.cut_whole(listing("members"), found, lambda each: (each.invited_at, each.id), datetime, UUID)
    return Listed(data=[_told(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.post("/members", status_code=201, summary="Invite somebody")
async def invite(body: InviteBody, desk: AtDesk) -> dict[str, str]:
    """Let somebody sign in by this address: by a code for seven days, then by the passkey they added."""
    refuse_card_number(body.name, "a name", "the name of a person")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        member_id = await members.invite(
            connection,
            desk.caller,
            desk.runtime.keyring.master,
            address=body.email,
            name=body.name,
            role=body.role,
            now=desk.now(),
        )
    return {"member": show("mem", member_id), "actor": member_name(member_id)}


@router.post("/members/{member}/role", summary="Change what somebody works as")
async def change_role(member: str, body: RoleBody, desk: AtDesk) -> dict[str, bool]:
    """Change a role; the member's sessions end. `changed` is false if it was this one already."""
    member_id = _id(member)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        changed = await members.change_role(connection, desk.caller, member_id, body.role, desk.now())
    return {"changed": changed}


@router.post("/members/{member}/reset", summary="Let somebody begin anew who lost their passkey")
async def reset(member: str, desk: AtDesk) -> dict[str, bool]:
    """Forget a member's passkeys and end their sessions; they sign in by a code again, for seven days."""
    member_id = _id(member)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await members.reset(connection, desk.caller, member_id, desk.now())
    return {"reset": True}


@router.post("/members/{member}/remove", summary="Let somebody in no more")
async def remove(member: str, desk: AtDesk, body: RemovalBody = KEYS_GO_ON) -> dict[str, Any]:
    """Remove a member: sessions end at once, passkeys, name and address are forgotten. The last admin stays.

    `keys` are those in force that they made, or that were made through one of these: they go on opening, unless
    `revoke_keys` says that they end too. Who lacks the scope `keys` is told `keys_made` alone, how many there are.
    """
    member_id, ends = _id(member), body.revoke_keys
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        made = await members.remove(connection, desk.caller, member_id, desk.now(), revoke_keys=ends)
    keys = [{"key": show("key", each.id), "label": each.label, "revoked": ends} for each in made.seen]
    return {"removed": True, "keys_made": made.number, "keys": keys}


@router.put("/shoppers/{reference}/email", summary="Say by which address a shopper signs in")
async def tell_email(reference: str, body: AddressBody, desk: AtDesk) -> dict[str, bool]:
    """Keep it, sealed; another than before ends the shopper's sessions. `changed` is false if it was this one."""
    require(desk.caller, Scope.SHOPPERS)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        changed = await tell_address(
            connection, desk.caller, desk.runtime.keyring.master, shopper_id, body.email, desk.now()
        )
    return {"changed": changed}


@router.get("/audit-log", summary="Read the audit log")
async def read_audit_log(
    desk: AtDesk,
    limit: Annotated[int, Query(ge=1, le=audit_log.LINES_MAX)] = 50,
    cursor: Annotated[str | None, Query(max_length=40, description="`next_cursor` of the page before")] = None,
    actor: Annotated[str, Query(max_length=100, description="Lines of this actor alone")] = "",
    subject: Annotated[str, Query(max_length=200, description="Lines about this alone")] = "",
    action: Annotated[str, Query(max_length=60, description="Lines whose action begins so, such as `member.`")] = "",
) -> LinesAnswer:
    """Who saw or changed what, the newest first; nothing is ever changed or removed in it."""
    try:
        before = None if cursor is None else parse("aud", cursor)
    except ValueError as error:
        raise Invalid(f"cursor: {error}", code="bad_cursor") from None
    for name, text in (("actor", actor), ("subject", subject), ("action", action)):
        if not text.isprintable():
            raise Invalid(f"{name}: expected printable characters")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        lines = await audit_log.read(
            connection, desk.caller, limit=limit + 1, before=before, by=actor, subject=stored(subject), action=action
        )
    shown = lines[:limit]
    return LinesAnswer(
        data=[
            LineAnswer(
                id=show("aud", each.id),
                at=each.at,
                actor=each.actor,
                action=each.action,
                subject=shown_account(each.subject),
                detail=dict(each.detail),
            )
            for each in shown
        ],
        has_more=len(lines) > limit,
        next_cursor=show("aud", shown[-1].id) if len(lines) > limit else None,
    )


def _told(each: members.Member) -> MemberAnswer:
    return MemberAnswer(
        member=show("mem", each.id),
        actor=member_name(each.id),
        name=each.name,
        email=each.address,
        role=each.role,
        invited_by=each.invited_by,
        invited_at=each.invited_at,
        joined_at=each.joined_at,
        passkeys=each.passkeys,
        vouched=each.vouched,
    )


def _id(text: str) -> UUID:
    try:
        return parse("mem", text)
    except ValueError as error:
        raise Invalid(str(error)) from None
