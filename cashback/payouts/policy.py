"""What a programme allows of payouts: the section `payouts` of its file, and the same section read back."""

from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.offers.amounts import AssetAmount, AssetCode, FileUnits, write_asset_amount
from cashback.payouts.schemas import RailName
from cashback.programmes.schemas import currency_of

COOLING_HOURS = 24
COOLING_HOURS_MAX = 30 * 24
_AMOUNTS = ("minimum", "automatic_at", "daily_cap_shopper", "daily_cap_operator", "approval_above")
OTHER_UNITS = frozenset({"ISK", "UGX", "MGA"})
"""docs.stripe.com/currencies: where Stripe's smallest unit is not the minor unit of ISO 4217."""
_POLICY = "SELECT currency, document -> 'payouts' FROM programmes WHERE operator_id = $1"


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


class AssetPayouts(BaseModel):
    """How one asset of money is paid out. Amounts are the asset's own; without a cap or a limit there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: AssetCode = Field(description="Money: its code ends in its currency.")
    minimum: AssetAmount = Field(description="The least that is paid out at once.")
    rails: Annotated[tuple[RailName, ...], BeforeValidator(_listed)] = Field(
        min_length=1, description="The ways it may go, the preferred one first: sepa, stripe, gift_card."
    )
    automatic_at: AssetAmount | None = Field(
        None, description="What is available is paid out by itself as soon as it is so much."
    )
    daily_cap_shopper: AssetAmount | None = Field(None, description="The most that one shopper gets in a day.")
    daily_cap_operator: AssetAmount | None = Field(None, description="The most that all of them get in a day.")
    approval_above: AssetAmount | None = Field(None, description="Beyond this amount two people must agree.")

    @field_validator("asset")
    @classmethod
    def _is_money(cls, asset: str) -> str:
        if currency_of(asset) is None:
            raise ValueError(f"{asset} is no money: expected an asset whose code ends in its currency, such as EUR")
        return asset

    @field_validator("rails")
    @classmethod
    def _fit(cls, rails: tuple[RailName, ...], info: ValidationInfo) -> tuple[RailName, ...]:
        if len(set(rails)) != len(rails):
            raise ValueError("expected each rail once")
        asset = info.data.get("asset")
        if asset is not None and RailName.SEPA in rails and currency_of(asset) != "EUR":
            raise ValueError(f"sepa transfers are in EUR; {asset} is in {currency_of(asset)}")
        if asset is not None and RailName.STRIPE in rails and currency_of(asset) in OTHER_UNITS:
            raise ValueError(f"stripe counts {currency_of(asset)} in other units than ISO 4217 does: not offered here")
        return rails

    @model_validator(mode="after")
    def _in_order(self) -> "AssetPayouts":
        told = [(name, value) for name in _AMOUNTS[:4] if (value := getattr(self, name)) is not None]
        for (low, least), (high, most) in pairwise(told):
            if most < least:
                raise ValueError(f"{high} is below {low}: nothing could be paid out")
        return self

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if isinstance(info.context, FileUnits):
            for name in _AMOUNTS:
                if data.get(name) is not None:
                    data[name] = write_asset_amount(data[name], self.asset)
        return data


class PayoutPolicy(BaseModel):
    """What is paid out, over which rails and within which limits; without this section nothing is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cooling_hours: int = Field(
        COOLING_HOURS, ge=0, le=COOLING_HOURS_MAX, description="How long a new account waits before money goes there."
    )
    assets: tuple[AssetPayouts, ...] = Field(min_length=1, max_length=100)

    def of(self, asset: str) -> AssetPayouts | None:
        """What holds for an asset; None: it is not paid out."""
        return next((each for each in self.assets if each.asset == asset), None)


async def load_policy(connection: AsyncConnection, operator_id: UUID) -> PayoutPolicy | None:
    """The policy in force. The caller holds the programme's shared lock where it decides by it."""
    rows = await fetch(connection, _POLICY, (operator_id,))
    if not rows or rows[0][1] is None:
        return None
    currency, document = rows[0]
    plain = msgspec.json.decode(document) if isinstance(document, str | bytes) else document
    return PayoutPolicy.model_validate(plain, context=FileUnits(currency))
