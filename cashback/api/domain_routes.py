"""The HTTP API of own domains: told, proved by their DNS, served, taken down."""

from typing import Annotated, Literal, cast

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk
from cashback.api.taken import Taken
from cashback.db.engine import transaction
from cashback.paging import listing
from cashback.shoppers.service import require
from cashback.welcoming import domains
from cashback.welcoming.domains import Domain

router = APIRouter(prefix="/v1")

_Found = Literal["proved", "missing", "other", "no_answer"]
_Name = Annotated[str, Field(examples=["rewards.centre.example"])]


class DomainBody(Taken):
    """A domain that the operator holds."""

    domain: Annotated[str, Field(min_length=4, max_length=253, examples=["rewards.centre.example"])]


class RecordAnswer(BaseModel):
    """What the DNS of the domain must say."""

    type: Literal["TXT"]
    name: Annotated[str, Field(examples=["_cashback.rewards.centre.example"])]
    value: Annotated[str, Field(examples=["cashback-verification=0123456789abcdef0123456789abcdef"])]


class DomainAnswer(BaseModel):
    """A domain, and how far it is proved."""

    domain: _Name
    record: RecordAnswer
    served: Annotated[bool, Field(description="Whether pages are served under it")]
    found: Annotated[
        _Found | None,
        Field(description="Of the last look at its DNS: the record, none, another's, or no answer"),
    ]
    told_at: AwareDatetime
    checked_at: AwareDatetime | None
    verified_at: Annotated[AwareDatetime | None, Field(description="Its pages are served from then on")]
    missing_since: Annotated[AwareDatetime | None, Field(description="Since when a proved one's record is gone")]
    ends_at: Annotated[AwareDatetime | None, Field(description="When it is served no more unless the record is back")]


class RemovedAnswer(BaseModel):
    """A domain that is served no more."""

    domain: _Name
    removed: bool


@router.get("/domains", summary="Own domains")
async def listed(desk: AtDesk, paging: Asked) -> Listed[DomainAnswer]:
    """The longest told first, each with the DNS record that proves it."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await domains.listed(connection, desk.caller.operator_id)
    shown, cut = paging.cut_whole(listing("domains"), found, lambda each: (each.name,), str)
    return Listed(data=[_told(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.post("/domains", status_code=201, summary="Tell of an own domain")
async def tell(body: DomainBody, desk: AtDesk) -> DomainAnswer:
    """Answers the DNS record to set; nothing is served under the domain until it is verified."""
    require(desk.caller, Scope.TEAM)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        name = await domains.tell(connection, desk.caller, body.domain, desk.now())
        return _told(await domains.find(connection, desk.caller, name))


@router.post("/domains/{domain}/verify", summary="Verify a domain")
async def verify(domain: str, desk: AtDesk) -> DomainAnswer:
    """Ask the DNS now. Proved, the domain is served within five seconds; it is asked about again every day."""
    require(desk.caller, Scope.TEAM)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        known = await domains.find(connection, desk.caller, domain)
    found = await domains.look(desk.runtime.resolver, known)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await domains.checked(connection, desk.caller, known, found, desk.now())
        return _told(await domains.find(connection, desk.caller, domain))


@router.delete("/domains/{domain}", summary="Take a domain down")
async def remove(domain: str, desk: AtDesk) -> RemovedAnswer:
    """Serve it no more, within five seconds, and forget it."""
    require(desk.caller, Scope.TEAM)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await domains.remove(connection, desk.caller, domain, desk.now())
    return RemovedAnswer(domain=domain, removed=True)


def _told(each: Domain) -> DomainAnswer:
    return DomainAnswer(
        domain=each.name,
        record=RecordAnswer(type="TXT", name=each.record, value=each.proof),
        served=each.served,
        found=cast("_Found", each.found) if each.found else None,
        told_at=each.told_at,
        checked_at=each.checked_at,
        verified_at=each.verified_at,
        missing_since=each.missing_since,
        ends_at=each.ends_at,
    )
