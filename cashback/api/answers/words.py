"""The fields that many answers share."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

_ID = "^{}_[0-9a-hjkmnp-tv-z]{{26}}$"

ShopperId = Annotated[str, Field(pattern=_ID.format("shp"))]
CardId = Annotated[str, Field(pattern=_ID.format("crd"))]
PurchaseId = Annotated[str, Field(pattern=_ID.format("pur"))]
PayoutId = Annotated[str, Field(pattern=_ID.format("pyt"))]
AccountId = Annotated[str, Field(pattern=_ID.format("pac"))]
AdjustmentId = Annotated[str, Field(pattern=_ID.format("adj"))]
SettlementId = Annotated[str, Field(pattern=_ID.format("stl"))]
ClaimId = Annotated[str, Field(pattern=_ID.format("clm"))]
EndpointId = Annotated[str, Field(pattern=_ID.format("whe"))]
MessageId = Annotated[str, Field(pattern="^msg_", examples=["msg_019ad0c27f3e7b3aa1f2c4d5e6f70812"])]
Minor = Annotated[int, Field(description="Minor units of the currency", examples=[1250])]
Units = Annotated[int, Field(description="Minor units of money, units of everything else", examples=[1250])]
Bps = Annotated[int, Field(description="Basis points", examples=[500])]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
Asset = Annotated[str, Field(description="Code of an asset", examples=["EUR"])]
Instant = Annotated[datetime, Field(description="With its zone")]
Reason = Annotated[str, Field(description="In words", examples=["receipt seen"])]
Name = Annotated[str, Field(examples=["Café"])]
Code = Annotated[str, Field(description="Of the programme file", examples=["cafe"])]


class Said(BaseModel):
    """A code with its words."""

    code: Annotated[str, Field(examples=["proven"])]
    en: Annotated[str, Field(examples=["Proven by its receipt"])]
    fr: Annotated[str, Field(examples=["Prouvé par son ticket"])]


class Texts(BaseModel):
    """A text of the programme file, in both languages."""

    en: Annotated[str, Field(examples=["Summer offer"])]
    fr: Annotated[str, Field(examples=["Offre d'été"])]


class Page(BaseModel):
    """What every page of a list has beside its `data`."""

    has_more: bool
    next_cursor: Annotated[str | None, Field(description="`cursor` of the next page; null on the last one")]
