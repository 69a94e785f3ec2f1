"""The partner of an operator: how it is reached, and what it says of the FICP where a shopper is decided on.

Who lends and who consults the file is one partner: what the operator opened (`opening.open_lender`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.collecting import opening
from cashback.collecting.lenders import Ficp as Told
from cashback.collecting.lenders import Unreached
from cashback.collecting.sandbox_lender import partner
from cashback.decisions.ficp import FicpPort, NoLender
from eligibility import Ficp, FicpStatus
from webhooks.sealing import SealingKey

SIMULATED = "Sandbox Lender"
_STATUS = {
    Told.CLEAR: FicpStatus.CLEAR,
    Told.LISTED: FicpStatus.LISTED,
    Told.UNKNOWN: FicpStatus.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class PartnerFicp:
    """The FICP as an operator's partner consults it. `lender` is its name on information sheets."""

    lender: str
    credentials: Mapping[str, str] = field(repr=False)

    @property
    def lends(self) -> bool:
        """Somebody can be asked."""
        return True

    @property
    def simulated(self) -> bool:
        """Whether nobody lends: a demonstration."""
        return self.credentials["url"] == opening.SIMULATED_LENDER

    async def consult(self, consultation: str, shopper: str, now: datetime, /) -> Ficp:
        """What the partner answers; unavailable where it cannot be reached or does not know."""
        rail = partner(self.credentials)
        try:
            answer = await rail.consult(shopper, consultation, now)
        finally:
            await rail.aclose()
        if isinstance(answer, Unreached):
            return Ficp(status=FicpStatus.UNAVAILABLE, consulted_at=now, proof="")
        # The partner's clock may be ahead of ours: nothing is consulted after it is decided on.
        at = min(answer.consulted_at, now)
        return Ficp(status=_STATUS[answer.status], consulted_at=at, proof=answer.proof)


async def ficp_of(connection: AsyncConnection, operator_id: UUID, master: SealingKey) -> FicpPort:
    """The partner as far as decisions are concerned; without one no credit is open."""
    told = await opening.lender_credentials(connection, operator_id, master)
    if told is None:
        return NoLender()
    named = SIMULATED if told["url"] == opening.SIMULATED_LENDER else urlsplit(told["url"]).hostname or ""
    return PartnerFicp(told.get("name", named), told)
