"""The double of Stripe that also charges: customers, cards, setup and payment intents, refunds, and their webhooks.

A card behaves as its name in `cards` says, apart for on and off session. The shopper's client is `confirm`: it has the
client secret, and nothing else. What the bank decides while nobody waits is `bank_decides`. Idempotency keys, saved
errors, faults, lost answers and virtual time are those of `stripe_double`.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from stripe_double import Answer, StripeDouble, _error, _metadata

API_VERSION = "2026-10-28.endive"
AUTHENTICATION = "authentication_required"
PROCESSING = "processing"
OK = "ok"


@dataclass(slots=True)
class BankCard:
    """How a card behaves. `ok`, `processing`, `authentication_required` or the code of a decline."""

    off_session: str = OK
    on_session: str = "challenge"
    """`challenge`: the shopper authenticates on their client; `ok`: the bank asks for nothing."""
    funding: str = "debit"
    expires: tuple[int, int] = (12, 2030)
    last4: str = "4242"
    customer: str | None = None


@dataclass(slots=True)
class ChargeDouble(StripeDouble):
    """One account that charges cards."""

    cards: dict[str, BankCard] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    setups: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    refund_outcome: str = "succeeded"
    """What a new refund is: succeeded, pending, or failed."""

    def charged(self, collection: str) -> list[dict[str, Any]]:
        """The charges that succeeded of one collection of ours."""
        return [
            each
            for each in self.intents.values()
            if each["metadata"].get("collection") == collection and each["status"] == "succeeded"
        ]

    def taken(self) -> int:
        """What was taken from cards, less what was given back."""
        taken = sum(each["amount"] for each in self.intents.values() if each["status"] == "succeeded")
        return taken - sum(each["amount"] for each in self.refunds.values() if each["status"] == "succeeded")

    def confirm(self, secret: str, card: str = "pm_ok", *, agrees: bool = True) -> str:
        """The shopper confirms on their client with a card; answers the status."""
        found = next(
            each for each in (*self.intents.values(), *self.setups.values()) if each["client_secret"] == secret
        )
        kind = found["object"]
        if found["status"] in ("succeeded", "canceled", "processing"):
            return str(found["status"])
        found["payment_method"] = card
        bank = self.cards[card]
        code = "payment_intent_authentication_failure" if not agrees else bank.on_session
        if agrees and code in ("challenge", OK):
            self._succeed(found, bank)
        elif code == PROCESSING:
            found["status"] = PROCESSING
            self._tell(f"{kind}.processing", found)
        else:
            self._decline(found, code)
        return str(found["status"])

    def bank_decides(self, intent: dict[str, Any], *, agrees: bool) -> None:
        """What was processing ends."""
        if agrees:
            self._succeed(intent, self.cards[intent["payment_method"]])
        else:
            self._decline(intent, "insufficient_funds")

    def detach(self, card: str) -> None:
        """Somebody takes a card away at Stripe."""
        self.cards[card].customer = None
        self._tell("payment_method.detached", self._method(card))

    def end_refund(self, refund: dict[str, Any], status: str) -> None:
        """What became of a refund days later."""
        refund["status"] = status
        refund["failure_reason"] = "expired_or_canceled_card" if status == "failed" else None
        self._tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def _written(self, path: str, account: str, params: dict[str, str]) -> Answer:
        parts = path.split("/")
        match parts[2:]:
            case ["customers"]:
                made = {"id": f"cus_{next(self._numbers)}", "object": "customer", "metadata": _metadata(params)}
                self.customers[made["id"]] = made
                return 200, made
            case ["setup_intents"]:
                return self._set_up(params)
            case ["payment_intents"]:
                return self._intent(params)
            case ["payment_intents", intent, "cancel"]:
                return self._cancel(intent)
            case ["payment_methods", card, "detach"]:
                self.detach(card)
                return 200, self._method(card)
            case ["refunds"]:
                return self._refund(params)
        return StripeDouble._written(self, path, account, params)

    def _listed(self, path: str, account: str, asked: dict[str, str]) -> Answer:
        parts = path.split("/")[2:]
        match parts:
            case ["payment_intents", one] | ["setup_intents", one]:
                found = (self.intents | self.setups).get(one)
                return (200, found) if found is not None else _error(404, "resource_missing", "invalid_request_error")
            case ["payment_methods", card]:
                if card not in self.cards:
                    return _error(404, "resource_missing", "invalid_request_error")
                return 200, self._method(card)
            case ["payment_intents"]:
                rows = [each for each in self.intents.values() if each["customer"] == asked["customer"]]
            case ["refunds"]:
                rows = [each for each in self.refunds.values() if each["payment_intent"] == asked["payment_intent"]]
            case _:
                return StripeDouble._listed(self, path, account, asked)
        rows.reverse()
        after = asked.get("starting_after")
        if after is not None:
            rows = rows[[each["id"] for each in rows].index(after) + 1 :]
        limit = int(asked.get("limit", 10))
        return 200, {"object": "list", "url": path, "data": rows[:limit], "has_more": len(rows) > limit}

    def _set_up(self, params: dict[str, str]) -> Answer:
        number = next(self._numbers)
        made = {
            "id": f"seti_{number}", "object": "setup_intent", "status": "requires_payment_method",
            "client_secret": f"seti_{number}_secret", "payment_method": None, "customer": params["customer"],
            "metadata": _metadata(params), "last_setup_error": None, "livemode": False, "usage": "off_session",
            "created": int(self.now.timestamp()),
        }  # fmt: skip
        self.setups[made["id"]] = made
        return 200, made

    def _intent(self, params: dict[str, str]) -> Answer:
        if params["customer"] not in self.customers:
            return _error(400, "resource_missing", "invalid_request_error")
        number = next(self._numbers)
        made = {
            "id": f"pi_{number}", "object": "payment_intent", "amount": int(params["amount"]), "livemode": False,
            "currency": params["currency"], "customer": params["customer"], "client_secret": f"pi_{number}_secret",
            "status": "requires_payment_method", "payment_method": params.get("payment_method"),
            "metadata": _metadata(params), "latest_charge": None, "last_payment_error": None, "_refunded": 0,
            "created": int(self.now.timestamp()), "setup_future_usage": params.get("setup_future_usage"),
        }  # fmt: skip
        self.intents[made["id"]] = made
        if params.get("confirm", "").lower() != "true":
            return 200, made
        card = params["payment_method"]
        bank = self.cards.get(card)
        if bank is None or bank.customer != params["customer"]:
            return self._decline(made, "payment_method_detached")
        off_session = params.get("off_session", "").lower() == "true"
        code = bank.off_session if off_session else bank.on_session
        if code == OK:
            self._succeed(made, bank)
        elif code == PROCESSING:
            made["status"] = PROCESSING
            self._tell("payment_intent.processing", made)
        elif code == "challenge":
            made["status"] = "requires_action"
            self._tell("payment_intent.requires_action", made)
        else:
            return self._decline(made, code)
        return 200, made

    def _succeed(self, intent: dict[str, Any], bank: BankCard) -> None:
        bank.customer = intent["customer"]
        intent |= {"status": "succeeded", "last_payment_error" if "amount" in intent else "last_setup_error": None}
        if intent["object"] == "payment_intent":
            intent["latest_charge"] = {
                "id": f"ch_{next(self._numbers)}", "object": "charge", "amount": intent["amount"],
                "payment_method_details": {"type": "card", "card": {
                    "brand": "visa", "last4": bank.last4, "exp_month": bank.expires[0], "exp_year": bank.expires[1],
                    "funding": bank.funding, "network_transaction_id": f"ntid{intent['id'][3:]}"}},
            }  # fmt: skip
        self._tell(f"{intent['object']}.succeeded", intent)

    def _decline(self, intent: dict[str, Any], code: str) -> Answer:
        own = (AUTHENTICATION, "payment_intent_authentication_failure", "expired_card")
        error = {"type": "card_error", "code": code if code in own else "card_declined", "message": "declined"}
        if code not in own:
            error["decline_code"] = code
        intent["status"] = "requires_payment_method"
        if intent["object"] == "setup_intent":
            intent["last_setup_error"] = error
            self._tell("setup_intent.setup_failed", intent)
        else:
            intent["last_payment_error"] = error
            self._tell("payment_intent.payment_failed", intent)
        shown = {name: value for name, value in intent.items() if not name.startswith("_")}
        return 402, {"error": {**error, intent["object"]: shown}}

    def _cancel(self, intent_id: str) -> Answer:
        intent = self.intents[intent_id]
        if intent["status"] in ("succeeded", "canceled", "processing"):
            return _error(400, "payment_intent_unexpected_state", "invalid_request_error")
        intent["status"] = "canceled"
        self._tell("payment_intent.canceled", intent)
        return 200, intent

    def _refund(self, params: dict[str, str]) -> Answer:
        intent, amount = self.intents[params["payment_intent"]], int(params["amount"])
        if intent["status"] != "succeeded" or intent["_refunded"] + amount > intent["amount"]:
            return _error(400, "charge_already_refunded", "invalid_request_error")
        intent["_refunded"] += amount
        made = {
            "id": f"re_{next(self._numbers)}", "object": "refund", "amount": amount, "status": self.refund_outcome,
            "payment_intent": intent["id"], "metadata": _metadata(params), "failure_reason": None,
            "created": int(self.now.timestamp()), "currency": intent["currency"],
        }  # fmt: skip
        self.refunds[made["id"]] = made
        self._tell("refund.created", made)
        return 200, made

    def _method(self, card: str) -> dict[str, Any]:
        bank = self.cards[card]
        return {
            "id": card, "object": "payment_method", "type": "card", "customer": bank.customer, "metadata": {},
            "card": {"brand": "visa", "last4": bank.last4, "exp_month": bank.expires[0], "exp_year": bank.expires[1],
                     "funding": bank.funding},
        }  # fmt: skip

    def _tell(self, kind: str, stated: dict[str, Any]) -> None:
        told = {name: value for name, value in stated.items() if not name.startswith("_")}
        event = {
            "id": f"evt_{next(self._numbers):06d}", "object": "event", "type": kind, "data": {"object": told},
            "created": int(self.now.timestamp()), "api_version": API_VERSION, "livemode": False, "pending_webhooks": 1,
        }  # fmt: skip
        self.events.append(json.dumps(event).encode())
