"""Fields of answers that are one of few words: a shape of its own for each, so that a made client has it as a type."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from cashback.adjustments import schemas as adjustments
from cashback.collecting import schemas as collecting
from cashback.decisions import schemas as decisions
from cashback.erasure.schemas import Obstacle
from cashback.feeds.schemas import AccountState
from cashback.funding.schemas import Mode
from cashback.instalments import schemas as instalments
from cashback.offers import life
from cashback.offers.schemas import FactKind as FactKinds
from cashback.payouts import schemas as payouts
from cashback.programmes import schemas as programmes
from cashback.purchases import schemas as purchases
from cashback.settlement import schemas as settlement
from eligibility.decide import Outcome
from eligibility.information import Document
from eligibility.reasons import Scope
from eligibility.regime import Regime
from issuers.events import EventKind
from webhooks.schedule import State

SHAPE = "x-shape"
"""In a schema that is to stand among the components under this name: `document.kinds` brings it there."""


class OneOf:
    """One of these words; the document calls the shape `name`."""

    def __init__(self, name: str, words: Iterable[str]) -> None:
        self._schema = {"type": "string", "title": name, "enum": [str(word) for word in words], SHAPE: name}

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What pydantic asks for where this stands in an `Annotated`."""
        return dict(self._schema)


AssetKind = Annotated[str, OneOf("AssetKind", programmes.AssetKind)]
AdjustmentKind = Annotated[str, OneOf("AdjustmentKind", adjustments.Kind)]
AdjustmentReason = Annotated[str, OneOf("AdjustmentReason", adjustments.Reason)]
AdjustmentState = Annotated[str, OneOf("AdjustmentState", adjustments.State)]
BankAccountState = Annotated[str, OneOf("BankAccountState", AccountState)]
CardRail = Annotated[str, OneOf("CardRail", collecting.RailName)]
Clawback = Annotated[str, OneOf("Clawback", programmes.Clawback)]
CollectionKind = Annotated[str, OneOf("CollectionKind", collecting.Kind)]
CollectionState = Annotated[str, OneOf("CollectionState", collecting.State)]
ContractState = Annotated[str, OneOf("ContractState", collecting.CONTRACT_STATES)]
CounterOfferKind = Annotated[str, OneOf("CounterOfferKind", ("lower_amount", "higher_first", "fewer_days", "starter"))]
DecisionOutcome = Annotated[str, OneOf("DecisionOutcome", Outcome)]
DeliveryState = Annotated[str, OneOf("DeliveryState", State)]
DraftState = Annotated[str, OneOf("DraftState", life.DraftState)]
EndpointState = Annotated[str, OneOf("EndpointState", ("enabled", "disabled"))]
ErasureObstacle = Annotated[str, OneOf("ErasureObstacle", Obstacle)]
FactKind = Annotated[str, OneOf("FactKind", FactKinds)]
FunderMode = Annotated[str, OneOf("FunderMode", Mode)]
InstalmentState = Annotated[str, OneOf("InstalmentState", instalments.InstalmentState)]
InvoiceKind = Annotated[str, OneOf("InvoiceKind", settlement.InvoiceKind)]
Lender = Annotated[str, OneOf("Lender", instalments.Lender)]
LineKind = Annotated[str, OneOf("SettlementLineKind", settlement.LineKind)]
Locale = Annotated[str, OneOf("Locale", ("en", "fr"))]
MandateState = Annotated[str, OneOf("MandateState", collecting.MandateState)]
OfferMoveName = Annotated[str, OneOf("OfferMoveName", life.Move)]
OfferStatus = Annotated[str, OneOf("OfferStatus", life.Status)]
PaybackState = Annotated[str, OneOf("PaybackState", collecting.BackState)]
PaybackWhy = Annotated[str, OneOf("PaybackWhy", collecting.Why)]
PayoutRail = Annotated[str, OneOf("PayoutRail", payouts.RailName)]
PayoutState = Annotated[str, OneOf("PayoutState", payouts.State)]
PlanState = Annotated[str, OneOf("PlanState", instalments.PlanState)]
PlanWay = Annotated[str, OneOf("PlanWay", instalments.Way)]
PurchaseState = Annotated[str, OneOf("PurchaseState", purchases.PurchaseState)]
ReasonScope = Annotated[str, OneOf("ReasonScope", Scope)]
ReviewReason = Annotated[str, OneOf("ReviewReason", decisions.ReviewReason)]
ReviewState = Annotated[str, OneOf("ReviewState", decisions.ReviewState)]
RefundPolicy = Annotated[str, OneOf("RefundPolicy", instalments.RefundPolicy)]
RegimeName = Annotated[str, OneOf("Regime", Regime)]
RewardState = Annotated[str, OneOf("RewardState", ("pending", "available", "expired", "clawed_back", "held_out"))]
SheetKind = Annotated[str, OneOf("SheetKind", Document)]
StatementKind = Annotated[str, OneOf("StatementKind", EventKind)]
