"""What things look like in answers: flat, ids with their prefixes, amounts in minor units, instants in UTC."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from cashback.api.answers.kinds import AssetKind, Clawback, Locale, PurchaseState, RewardState, StatementKind
from cashback.offers.schemas import FactKind

Issuer = Annotated[
    str,
    Field(
        pattern="^opr_[0-9a-hjkmnp-tv-z]{26}$", description="Id of the operator, which links that it signs call `iss`"
    ),
]


class ShopperOut(BaseModel):
    """A shopper, by the operator's own name of them."""

    id: str
    reference: str
    locale: Locale
    opened_at: datetime


class CardOut(BaseModel):
    """A card over the time for which it was linked."""

    id: str
    shopper: str
    reference: str | None
    network: str
    token: str
    """Of the provider, never a card number."""
    last_four: str | None
    scheme: str | None
    linked_at: datetime
    unlinked_at: datetime | None


class PurchaseOut(BaseModel):
    """A purchase as all that was told of it comes to."""

    id: str
    shopper: str
    reference: str | None
    network: str
    network_ref: str
    card: str | None
    state: PurchaseState
    authorised_minor: int
    cleared_minor: int
    given_back_minor: int
    net_minor: int
    currency: str
    purchased_at: datetime
    purchased_until: datetime
    cleared_at: datetime | None
    shop: str | None
    shop_code: str | None
    descriptor: str | None
    updated_at: datetime


class RewardOut(BaseModel):
    """What an offer gave for a purchase, as it stands."""

    id: str
    shopper: str
    reference: str | None
    purchase: str
    offer: str
    offer_version: int
    asset: str
    state: RewardState
    amount: int
    pending: int
    available: int
    expired: int
    available_at: datetime | None
    expires_at: datetime | None
    purchased_at: datetime
    updated_at: datetime


class MovementOut(BaseModel):
    """A transfer between two accounts of the ledger."""

    id: str
    shopper: str
    debit: str
    credit: str
    asset: str
    amount: int
    reason: str
    purchase: str | None
    corrects: str | None
    posted_at: datetime


class CentreOut(BaseModel):
    """A centre."""

    id: str
    code: str
    name: str
    zone: str
    country: str


class AssetOut(BaseModel):
    """Something the ledger counts."""

    code: str
    kind: AssetKind
    name: dict[str, str]
    currency: str | None
    clawback: Clawback
    conversion: dict[str, Any] | None


class ProgrammeOut(BaseModel):
    """A programme as it runs."""

    iss: Issuer
    code: str
    name: str
    zone: str
    currency: str
    revision: int
    holdout_bps: int
    centres: list[CentreOut]
    assets: list[AssetOut]
    file: dict[str, Any]
    """What would make it: a programme file as JSON, which `PUT /v1/programme` takes."""


class ShopOut(BaseModel):
    """A shop of a centre."""

    id: str
    code: str
    name: str
    brand: str
    category: str
    floor: str
    area: str
    centre: str
    """Its code."""


class IdentifierOut(BaseModel):
    """By what a network names a shop, over an interval of purchase times."""

    network: str
    scheme: str
    value: str
    shop: str
    """Its code."""
    valid_from: datetime | None
    valid_until: datetime | None


class GroupOut(BaseModel):
    """Shoppers of whom the same is said."""

    kind: FactKind
    value: str
    shoppers: int | None
    """Null for so few that a number would tell who they are."""
    fewer_than: int | None
    """Said in place of the number."""


class SaidOut(BaseModel):
    """One condition or reason with its figures and its sentence."""

    en: str
    fr: str
    figures: dict[str, Any]


class JudgementOut(BaseModel):
    """One offer held against a purchase: what it gave, or why it gave nothing."""

    offer: str
    version: int
    name: dict[str, str]
    asset: str
    state: RewardState
    amount: int
    pending: int
    available: int
    expired: int
    available_at: datetime | None
    trail: list[SaidOut]


class StepOut(BaseModel):
    """One fact of a purchase's story."""

    kind: StatementKind
    at: datetime
    amount_minor: int
    currency: str


class PurchaseStory(PurchaseOut):
    """A purchase with what was told of it and how every offer judged it."""

    steps: list[StepOut]
    judgements: list[JudgementOut]
