"""A partner of our own, for demonstrations: a simulation. Nobody lends, no file is consulted, no credit is granted.

It remembers nothing, so that any process can speak to it: it offers whatever is proposed, and every signature binds it.
"""

from collections.abc import Mapping
from datetime import datetime

from cashback.collecting.http_lender import HttpLender
from cashback.collecting.lenders import Consulted, Done, Ficp, LenderRail, Offered, Pending, Proposal
from cashback.collecting.opening import SIMULATED_LENDER


class SandboxLender:
    """Lends to nobody."""

    async def consult(self, shopper: str, key: str, now: datetime) -> Consulted:  # noqa: ARG002, the contract's
        """Nothing is known against anybody."""
        return Consulted(Ficp.CLEAR, now, f"simulation_{key}")

    async def propose(self, proposal: Proposal, key: str) -> Offered:  # noqa: ARG002, the contract's
        """Offered at once."""
        return Offered(f"simulation_{proposal.plan_id.hex}", Ficp.CLEAR, proposal.proposed_at)

    async def look(self, ref: str) -> Pending:
        """What is offered at once is never looked for."""
        return Pending(ref)

    async def sign(self, ref: str, key: str) -> Done:  # noqa: ARG002, the contract's
        """Bound."""
        return Done(ref)

    async def fund(self, ref: str, key: str) -> Done:  # noqa: ARG002, the contract's
        """As if it had paid."""
        return Done(ref)

    async def report(self, ref: str, amount_minor: int, key: str) -> Done:  # noqa: ARG002, the contract's
        """Heard."""
        return Done(ref)

    async def refund(self, ref: str, amount_minor: int, key: str) -> Done:  # noqa: ARG002, the contract's
        """Heard."""
        return Done(ref)

    async def withdraw(self, ref: str, key: str) -> Done:  # noqa: ARG002, the contract's
        """Ended."""
        return Done(ref)

    async def aclose(self) -> None:
        """Nothing is held."""


def partner(credentials: Mapping[str, str]) -> LenderRail:
    """The partner of an operator: the simulation by its own address, any other over HTTP."""
    return SandboxLender() if credentials["url"] == SIMULATED_LENDER else HttpLender.opened(credentials)
