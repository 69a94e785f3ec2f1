"""Fidel's card API in memory, for demonstrations and tests: `httpx.MockTransport(FakeFidel(...))`.

Answers as the documentation of the real one says, and refuses what the real one refuses.
"""

from dataclasses import dataclass, field

import httpx


@dataclass(slots=True)
class FakeFidel:
    """`cards` maps a card id to its scheme and last four digits. `status` makes every call answer that instead."""

    api_key: str
    cards: dict[str, tuple[str, str]] = field(default_factory=dict)
    status: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.status is not None:
            return httpx.Response(self.status)
        if request.headers.get("Fidel-Key") != self.api_key:
            return httpx.Response(401, json={"error": {"code": "unauthorized"}})
        if not request.headers.get("Fidel-Version"):
            return httpx.Response(400, json={"error": {"code": "version-missing"}})
        parent, _, card_id = request.url.path.rpartition("/")
        if parent != "/v1/cards" or card_id not in self.cards:
            return httpx.Response(404, json={"error": {"code": "item-not-found"}})
        if request.method == "DELETE":
            del self.cards[card_id]
            return httpx.Response(204)
        scheme, last_four = self.cards[card_id]
        card = {"id": card_id, "scheme": scheme, "type": scheme, "lastNumbers": last_four, "live": False}
        return httpx.Response(200, json={"items": [card], "resource": request.url.path, "status": 200})
