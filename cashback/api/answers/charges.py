"""Answers about cards that are charged and what was collected; and the audit log."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field

from cashback.api.answers.kinds import (
    CardRail,
    CollectionKind,
    CollectionState,
    ContractState,
    MandateState,
    PaybackState,
    PaybackWhy,
)
from cashback.api.answers.words import Currency, Instant, Minor, Page

_ID = "^{}_[0-9a-hjkmnp-tv-z]{{26}}$"
_PlanId = Annotated[str, Field(pattern=_ID.format("pln"))]
_MandateId = Annotated[str, Field(pattern=_ID.format("man"))]
_CollectionId = Annotated[str, Field(pattern=_ID.format("col"))]
_LineId = Annotated[str, Field(pattern=_ID.format("aud"))]


class Mandate(BaseModel):
    """A card that may be charged."""

    id: _MandateId
    rail: CardRail
    state: MandateState
    scheme: str | None
    last_four: str | None
    expires_on: date | None
    why: str | None
    simulation: bool


class MandateAsked(Mandate):
    """A card that is asked for."""

    client_secret: str | None


class Mandates(Page):
    """A page of the cards of a shopper."""

    data: list[Mandate]


class Collection(BaseModel):
    """Money of a plan that is collected."""

    id: _CollectionId
    plan: _PlanId
    kind: CollectionKind
    instalments: Annotated[dict[str, int], Field(description="By number")]
    amount_minor: Minor
    currency: Currency
    state: CollectionState
    reason: str | None
    until: Instant | None
    asked_at: Instant
    ended_at: Instant | None


class FirstPayment(Collection):
    """The first payment of a plan, for its shopper to confirm."""

    client_secret: str | None
    declined: str | None


class Payback(BaseModel):
    """Money that is given back."""

    id: str
    collection: _CollectionId
    amount_minor: Minor
    currency: Currency
    why: PaybackWhy
    state: PaybackState
    reason: str | None
    asked_at: Instant


class CollectionWhole(Collection):
    """Money of a plan that is collected, and what of it was given back."""

    paybacks: list[Payback]


class Collections(Page):
    """A page of what was collected for a plan."""

    data: list[CollectionWhole]


class ContractSigned(BaseModel):
    """A contract with the partner who lends, and where it stands."""

    plan: _PlanId
    contract: Annotated[
        ContractState, Field(description="signing, until the lender has answered", examples=["signing"])
    ]


class AuditLine(BaseModel):
    """One line of the audit log."""

    id: _LineId
    at: Instant
    actor: Annotated[str, Field(examples=["key:desk"])]
    action: Annotated[str, Field(examples=["card.linked"])]
    subject: str
    detail: dict[str, Any]


class AuditLog(Page):
    """A page of the audit log."""

    data: list[AuditLine]
