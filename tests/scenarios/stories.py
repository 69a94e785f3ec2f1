"""A story: what happens when, line by line, played by a replay of one of the programmes in `examples/`."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from world import authorization, clearing

from cashback.replay.service import replay_on

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(slots=True)
class Story:
    """Lines of an events file, in the order of the clock."""

    lines: list[str] = field(default_factory=list)

    def add(self, at: datetime, **what: Any) -> None:
        """One line; without anything it lets time pass."""
        self.lines.append(json.dumps({"at": at.isoformat(), **what}))

    def link(self, at: datetime, *, shopper: str = "anna", card: str = "card-1", provider: str = "sandbox") -> None:
        """A card is linked."""
        self.add(at, link={"shopper": shopper, "provider": provider, "card": card})

    def tell(self, at: datetime, *bodies: dict[str, Any]) -> None:
        """The sandbox network's webhooks arrive, each a delivery of its own."""
        for body in bodies:
            name = f"evt-{len(self.lines)}-{body['fact']}"
            self.add(at, deliver={"provider": "sandbox", "body": {"id": name, **body}})

    def deliver(self, at: datetime, provider: str, body: dict[str, Any] | bytes, event: str | None = None) -> None:
        """Another provider's webhook arrives."""
        said = {"raw_base64": b64encode(body).decode()} if isinstance(body, bytes) else {"body": body}
        self.add(at, deliver={"provider": provider, "event": event, **said})

    def buy(self, at: datetime, ref: str, amount: int, **more: Any) -> None:
        """An authorization and its clearing, told at once."""
        self.tell(at, authorization(ref, amount, at=at, **more), clearing(ref, amount, at=at, **more))

    def pay(self, at: datetime, amount: int, *, asset: str, shopper: str = "anna") -> None:
        """The operator pays."""
        self.add(at, pay={"shopper": shopper, "asset": asset, "amount": amount})

    def say(self, at: datetime, kind: str, value: str, *, shopper: str = "anna", **more: datetime) -> None:
        """The operator tells a fact; `since` and `until` may be given."""
        times = {name: when.isoformat() for name, when in more.items()}
        self.add(at, say={"shopper": shopper, "kind": kind, "value": value, **times})

    def activate(self, at: datetime, offer: str, *, shopper: str = "anna") -> None:
        """A shopper activates an offer."""
        self.add(at, activate={"shopper": shopper, "offer": offer})

    async def replay(self, engine: AsyncEngine, example: str, *changes: tuple[str, str]) -> "Ending":
        """How it ends under one of the examples, perhaps with some of its text replaced; the books are clean."""
        text = (EXAMPLES / f"{example}.yaml").read_text()
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        answer = await replay_on(engine, text, self.lines, source=example)
        assert answer["ledger"]["audit"] == "clean"
        assert answer["inbox"]["parked"] == []
        assert answer["inbox"]["conflicts"] == []
        for asset, accounts in answer["ledger"]["accounts"].items():
            assert sum(accounts.values()) == 0, asset
        return Ending(answer)


@dataclass(frozen=True, slots=True)
class Ending:
    """What a replay answered."""

    answer: dict[str, Any]

    def wallet(self, shopper: str = "anna") -> dict[str, tuple[int, int, int, int]]:
        """Pending, available, converted and paid by asset; assets of which nothing is left are not listed."""
        accounts = ("pending", "available", "converted", "paid")
        held = {
            asset: tuple(each[name] for name in accounts) for asset, each in self.answer["wallets"][shopper].items()
        }
        return {asset: amounts for asset, amounts in held.items() if any(amounts)}  # type: ignore[misc]

    def purchase(self, ref: str) -> dict[str, Any]:
        """One purchase by its network's reference."""
        (found,) = [each for each in self.answer["purchases"] if each["reference"] == ref]
        return dict(found)

    def stands(self, ref: str) -> tuple[str, int, dict[str, int]]:
        """State, net, and by offer what the purchase earned."""
        told = self.purchase(ref)
        return told["state"], told["net_minor"], {each["offer"]: each["amount"] for each in told["rewards"]}

    def verdict(self, ref: str, offer: str) -> tuple[str, int]:
        """What came of one offer for a purchase, and how many conditions it missed."""
        (found,) = [each for each in self.purchase(ref)["why"] if each["offer"] == offer]
        return found["verdict"], found["missed"]

    def why(self, ref: str, offer: str) -> list[str]:
        """The English sentences kept with a reward that stands."""
        (found,) = [each for each in self.purchase(ref)["rewards"] if each["offer"] == offer]
        return [entry["en"].replace("\N{NO-BREAK SPACE}", " ") for entry in found["why"]]

    def why_not(self, ref: str, offer: str | None) -> list[str]:
        """The English sentences of what one offer found missing; without an offer, of what came before the rules."""
        (found,) = [each for each in self.purchase(ref)["why"] if each["offer"] == offer]
        return [entry["en"].replace("\N{NO-BREAK SPACE}", " ") for entry in found["why"] if not entry["ok"]]
