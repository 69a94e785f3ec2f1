"""A partner of our own, for demonstrations: a simulation. It lends to everybody and pays nothing; no credit is granted.

It remembers nothing: what it is asked names the plan, and whoever signs is bound at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from cashback.collecting.http_lender import HttpLender
from cashback.collecting.lenders import Done, Ficp, LenderRail, Offered, Proposal
from cashback.collecting.opening import SIMULATED_LENDER

_CONSULTED = datetime(2000, 1, 1, tzinfo=UTC)
"""No file was consulted: an instant that nobody takes for a real one."""


class SandboxLender:
    """Lends nothing."""

    async def propose(self, proposal: Proposal, key: str) -> Offered:  # noqa: ARG002, the contract's
        """Its contract waits for the shopper."""
        return Offered(f"simulation_{proposal.plan_id.hex}", Ficp.CLEAR, _CONSULTED)

    async def look(self, ref: str) -> Offered:
        """It waits still."""
        return Offered(ref, Ficp.CLEAR, _CONSULTED)

    async def sign(self, ref: str, key: str) -> Done:  # noqa: ARG002
        """Bound."""
        return Done(ref)

    async def fund(self, ref: str, key: str) -> Done:  # noqa: ARG002
        """Paid, in a simulation."""
        return Done(ref)

    async def report(self, ref: str, amount_minor: int, key: str) -> Done:  # noqa: ARG002
        """Heard."""
        return Done(ref)

    async def refund(self, ref: str, amount_minor: int, key: str) -> Done:  # noqa: ARG002
        """Heard."""
        return Done(ref)

    async def withdraw(self, ref: str, key: str) -> Done:  # noqa: ARG002
        """Heard."""
        return Done(ref)

    async def aclose(self) -> None:
        """Nothing is held."""


def partner(credentials: Mapping[str, str]) -> LenderRail:
    """The partner of an operator: the simulation by its own address, any other over HTTP."""
    return SandboxLender() if credentials["url"] == SIMULATED_LENDER else HttpLender.opened(credentials)
