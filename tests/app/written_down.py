"""Whether what moved anything stands in the audit log: who did what to what."""

from collections.abc import Mapping
from dataclasses import dataclass

from app_desk import Desk

UNWRITTEN: Mapping[tuple[str, str], str] = {
    ("POST", "/v1/webhook-endpoints/{endpoint}/test"): "it stands in the log of deliveries, with its answer",
    ("GET", "/v1/events/stream"): "it only begins to keep what is told",
}
"""What moves something and leaves no line, and why."""


@dataclass(slots=True)
class Log:
    """What one operator's log says of each request, as long as nobody else moves anything."""

    desk: Desk
    before: dict[str, str]

    async def unwritten(self, route: tuple[str, str]) -> list[str]:
        """The route with the tables that it moved since it was last asked, if the log is none of them."""
        after = await self.desk.state()
        moved = sorted(name for name, digest in after.items() if digest != self.before[name])
        self.before = after
        if not moved or "audit_log" in moved or route in UNWRITTEN:
            return []
        return [f"{' '.join(route)} moved {', '.join(moved)}"]


async def log_of(desk: Desk) -> Log:
    """From now on."""
    return Log(desk, await desk.state())
