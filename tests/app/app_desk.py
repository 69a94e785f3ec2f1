"""The whole served application over one operator's small world, with keys that open it."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from conformance import the_document
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from surface_routes import SURFACE
from world import CARD, FIVE_PERCENT, SHOPPER, World, a_world

from cashback.actors import Scope, system
from cashback.app import build_app
from cashback.auth.keys import create_key
from cashback.clock import Clock
from cashback.decisions.ficp import FakeFicp
from cashback.runtime import Runtime
from cashback.settings import Settings, read_settings
from cashback.wakeups import LocalWakeups
from webhooks.egress import Egress
from webhooks.sealing import KeyRing

EVERY_SCOPE = tuple(scope for scope in Scope if scope is not Scope.SYSTEM)
PROBLEM = "application/problem+json"
DEMO = {"CASHBACK_MODE": "demo", "DATABASE_URL": "postgresql://elsewhere/nothing"}
LIVE = {
    "CASHBACK_MODE": "live",
    "CASHBACK_MASTER_KEY": b64encode(bytes(range(32))).decode(),
    "CASHBACK_PUBLIC_URL": "https://rewards.example",
    "CASHBACK_SESSION_KEY": b64encode(bytes(range(32, 64))).decode(),
    "CASHBACK_SMTP_URL": "smtps://mail.example",
    "CASHBACK_MAIL_FROM": "hello@rewards.example",
    "DATABASE_URL": "postgresql://app@database/cashback",
}

CSV = b"shop,network,scheme,value,valid_from,valid_until\ncafe,sandbox,mid,1009,,\n"
NO_PURCHASE, OTHER_PURCHASE = "pur_00000000000000000000000000", "pur_00000000000000000000000001"
NO_ADJUSTMENT = "adj_00000000000000000000000000"
NO_SETTLEMENT = "stl_00000000000000000000000000"
SELLER = {"name": "Le Quai SAS", "address": ["12 quai Rambaud", "69002 Lyon"], "registration": "732829320"}
NO_PAYOUT, NO_ACCOUNT = "pyt_00000000000000000000000000", "pac_00000000000000000000000000"
NO_ENDPOINT, NO_MESSAGE = "whe_00000000000000000000000000", "msg_00000000000000000000000000000000"
NO_KEY = "key_00000000000000000000000000"
NO_PLAN = "pln_00000000000000000000000000"
NO_MEMBER = "mem_00000000000000000000000000"
NO_MANDATE = "man_00000000000000000000000000"
NO_CLAIM = "clm_00000000000000000000000000"
NO_DECISION, NO_REVIEW = "dec_00000000000000000000000000", "rev_00000000000000000000000000"
SIX_TERMS = {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 600}}


def _seen(revision: int, **more: Any) -> dict[str, Any]:
    return {"json": {"expected_revision": revision, **more}}


ROUTES: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
    ("POST", "/v1/shoppers"): (Scope.SHOPPERS, "/v1/shoppers", {"json": {"references": ["bea"]}}),
    ("POST", "/v1/cards"): (
        Scope.SHOPPERS,
        "/v1/cards",
        {"json": {"shopper": SHOPPER, "network": "sandbox", "token": "card-9"}},
    ),
    ("POST", "/v1/cards/unlink"): (
        Scope.SHOPPERS,
        "/v1/cards/unlink",
        {"json": {"shopper": SHOPPER, "network": "sandbox", "token": CARD}},
    ),
    ("POST", "/v1/backtests"): (
        Scope.PROGRAMME,
        "/v1/backtests",
        {"json": {"offer": {"code": "six", **SIX_TERMS}, "from": "2026-11-01", "to": "2026-12-01"}},
    ),
    ("POST", "/v1/simulations"): (Scope.READ, "/v1/simulations", {"json": {"shop": "cafe", "amount": "20.00"}}),
    ("GET", "/v1/books/trial-balance"): (
        Scope.BOOKS,
        "/v1/books/trial-balance",
        {"params": {"at": "2026-11-05T00:00:00Z"}},
    ),
    ("GET", "/v1/books/head"): (Scope.BOOKS, "/v1/books/head", {}),
    ("GET", "/v1/wallets/{reference}"): (Scope.READ, f"/v1/wallets/{SHOPPER}", {}),
    ("POST", "/v1/wallets/{reference}/entry-links"): (Scope.SHOPPERS, f"/v1/wallets/{SHOPPER}/entry-links", {}),
    ("POST", "/v1/payments"): (
        Scope.MONEY,
        "/v1/payments",
        {"json": {"shopper": SHOPPER, "asset": "EUR", "amount": 1}, "headers": {"idempotency-key": "p-1"}},
    ),
    ("PUT", "/v1/programme"): (
        Scope.PROGRAMME,
        "/v1/programme",
        {"content": FIVE_PERCENT.replace("rate_bps: 500", "rate_bps: 600")},
    ),
    ("POST", "/v1/identifiers"): (Scope.PROGRAMME, "/v1/identifiers", {"content": CSV}),
    ("POST", "/v1/purchases/join"): (
        Scope.SHOPPERS,
        "/v1/purchases/join",
        {"json": {"purchases": [NO_PURCHASE, OTHER_PURCHASE], "reason": "bought once"}},
    ),
    ("POST", "/v1/purchases/{purchase}/split"): (
        Scope.SHOPPERS,
        f"/v1/purchases/{NO_PURCHASE}/split",
        {"json": {"reason": "bought twice"}},
    ),
    ("POST", "/v1/claims"): (
        Scope.SHOPPERS,
        "/v1/claims",
        {
            "json": {
                "shopper": SHOPPER,
                "shop": "cafe",
                "day": "2026-11-01",
                "time": "09:00",
                "amount_minor": 20_00,
                "currency": "EUR",
            },
            "headers": {"idempotency-key": "c-1"},
        },
    ),
    ("GET", "/v1/claims"): (Scope.CLAIMS, "/v1/claims", {}),
    ("POST", "/v1/shoppers/{reference}/mandates"): (Scope.MONEY, f"/v1/shoppers/{SHOPPER}/mandates", {"json": {}}),
    ("GET", "/v1/shoppers/{reference}/mandates"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/mandates", {}),
    ("POST", "/v1/mandates/{mandate}/confirm"): (Scope.MONEY, f"/v1/mandates/{NO_MANDATE}/confirm", {}),
    ("POST", "/v1/mandates/{mandate}/end"): (Scope.MONEY, f"/v1/mandates/{NO_MANDATE}/end", {}),
    ("POST", "/v1/instalment-plans/{plan}/first-payment"): (
        Scope.MONEY,
        f"/v1/instalment-plans/{NO_PLAN}/first-payment",
        {"json": {}},
    ),
    ("POST", "/v1/instalment-plans/{plan}/confirm"): (
        Scope.MONEY,
        f"/v1/instalment-plans/{NO_PLAN}/confirm",
        {},
    ),
    ("POST", "/v1/instalment-plans/{plan}/contract/sign"): (
        Scope.MONEY,
        f"/v1/instalment-plans/{NO_PLAN}/contract/sign",
        {},
    ),
    ("POST", "/v1/instalment-plans/{plan}/pay"): (
        Scope.MONEY,
        f"/v1/instalment-plans/{NO_PLAN}/pay",
        {"json": {}},
    ),
    ("GET", "/v1/instalment-plans/{plan}/collections"): (
        Scope.READ,
        f"/v1/instalment-plans/{NO_PLAN}/collections",
        {},
    ),
    ("GET", "/v1/claims/{claim}"): (Scope.CLAIMS, f"/v1/claims/{NO_CLAIM}", {}),
    ("GET", "/v1/claims/{claim}/picture"): (Scope.CLAIMS, f"/v1/claims/{NO_CLAIM}/picture", {}),
    ("POST", "/v1/claims/{claim}/accept"): (
        Scope.CLAIMS,
        f"/v1/claims/{NO_CLAIM}/accept",
        {"json": {"words": "receipt seen"}},
    ),
    ("POST", "/v1/claims/{claim}/refuse"): (
        Scope.CLAIMS,
        f"/v1/claims/{NO_CLAIM}/refuse",
        {"json": {"reason": "no_proof", "words": "no receipt"}},
    ),
    ("POST", "/v1/claims/{claim}/withdraw"): (
        Scope.CLAIMS,
        f"/v1/claims/{NO_CLAIM}/withdraw",
        {"json": {"reason": "different", "words": "another shop"}},
    ),
    ("POST", "/v1/claims/{claim}/identifiers"): (
        Scope.CLAIMS,
        f"/v1/claims/{NO_CLAIM}/identifiers",
        {"json": {"network": "sandbox", "identifier": "mid:9999"}},
    ),
    ("GET", "/v1/shoppers/{reference}/claims"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/claims", {}),
    ("GET", "/v1/shoppers/{reference}/notices"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/notices", {}),
    ("GET", "/v1/funders"): (Scope.MONEY, "/v1/funders", {}),
    ("PUT", "/v1/funders"): (
        Scope.MONEY,
        "/v1/funders",
        {"json": {"funder": "shop:cafe", "name": "Café", "mode": "prepaid"}},
    ),
    ("POST", "/v1/funders/payments"): (
        Scope.MONEY,
        "/v1/funders/payments",
        {
            "json": {"funder": "shop:cafe", "payment": "top_up", "amount_minor": 100_00},
            "headers": {"idempotency-key": "f-1"},
        },
    ),
    ("POST", "/v1/funders/pauses"): (
        Scope.MONEY,
        "/v1/funders/pauses",
        {"json": {"funder": "shop:cafe", "paused": True, "reason": "under repair"}},
    ),
    ("POST", "/v1/adjustments"): (
        Scope.SUPPORT,
        "/v1/adjustments",
        {
            "json": {
                "shopper": SHOPPER,
                "kind": "goodwill",
                "asset": "EUR",
                "amount": 5_00,
                "reason": "delay",
                "words": "a week late",
            },
            "headers": {"idempotency-key": "a-1"},
        },
    ),
    ("GET", "/v1/adjustments"): (Scope.SUPPORT, "/v1/adjustments", {}),
    ("POST", "/v1/adjustments/{adjustment}/approve"): (
        Scope.MONEY,
        f"/v1/adjustments/{NO_ADJUSTMENT}/approve",
        {"json": {"words": "agreed"}},
    ),
    ("POST", "/v1/adjustments/{adjustment}/refuse"): (
        Scope.MONEY,
        f"/v1/adjustments/{NO_ADJUSTMENT}/refuse",
        {"json": {"words": "not this one"}},
    ),
    ("PUT", "/v1/seller"): (Scope.MONEY, "/v1/seller", {"json": SELLER}),
    ("POST", "/v1/settlements"): (Scope.MONEY, "/v1/settlements", {"json": {"period": "2026-10"}}),
    ("POST", "/v1/settlements/preview"): (Scope.MONEY, "/v1/settlements/preview", {"json": {"period": "2026-11"}}),
    ("GET", "/v1/settlements"): (Scope.MONEY, "/v1/settlements", {}),
    ("GET", "/v1/settlements/{settlement}"): (Scope.MONEY, f"/v1/settlements/{NO_SETTLEMENT}", {}),
    ("GET", "/v1/settlements/{settlement}.pdf"): (Scope.MONEY, f"/v1/settlements/{NO_SETTLEMENT}.pdf", {}),
    ("GET", "/v1/settlements/{settlement}.csv"): (Scope.MONEY, f"/v1/settlements/{NO_SETTLEMENT}.csv", {}),
    ("GET", "/v1/settlements/{settlement}/movements.csv"): (
        Scope.MONEY,
        f"/v1/settlements/{NO_SETTLEMENT}/movements.csv",
        {},
    ),
    ("POST", "/v1/shoppers/{reference}/payout-accounts"): (
        Scope.MONEY,
        f"/v1/shoppers/{SHOPPER}/payout-accounts",
        {"json": {"rail": "sepa", "told": {"iban": "FR1420041010050500013M02606", "holder": "Anna Exemple"}}},
    ),
    ("GET", "/v1/shoppers/{reference}/payout-accounts"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/payout-accounts", {}),
    ("POST", "/v1/shoppers/{reference}/payout-accounts/{account}/remove"): (
        Scope.MONEY,
        f"/v1/shoppers/{SHOPPER}/payout-accounts/{NO_ACCOUNT}/remove",
        {},
    ),
    ("POST", "/v1/shoppers/{reference}/payouts"): (
        Scope.MONEY,
        f"/v1/shoppers/{SHOPPER}/payouts",
        {"json": {"asset": "EUR", "amount": 1}, "headers": {"idempotency-key": "po-1"}},
    ),
    ("GET", "/v1/shoppers/{reference}/payouts"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/payouts", {}),
    ("GET", "/v1/payouts"): (Scope.READ, "/v1/payouts", {}),
    ("GET", "/v1/payouts/{payout}"): (Scope.READ, f"/v1/payouts/{NO_PAYOUT}", {}),
    ("POST", "/v1/payouts/{payout}/cancel"): (Scope.MONEY, f"/v1/payouts/{NO_PAYOUT}/cancel", {}),
    ("POST", "/v1/payouts/{payout}/approve"): (
        Scope.MONEY,
        f"/v1/payouts/{NO_PAYOUT}/approve",
        {"json": {"words": "seen"}},
    ),
    ("POST", "/v1/payouts/{payout}/stop"): (Scope.MONEY, f"/v1/payouts/{NO_PAYOUT}/stop", {"json": {"words": "no"}}),
    ("POST", "/v1/payouts/{payout}/reveal"): (Scope.SHOPPERS, f"/v1/payouts/{NO_PAYOUT}/reveal", {}),
    ("GET", "/v1/instalment-plans"): (Scope.READ, "/v1/instalment-plans", {}),
    ("GET", "/v1/instalment-plans/{plan}"): (Scope.READ, f"/v1/instalment-plans/{NO_PLAN}", {}),
    ("GET", "/v1/shoppers/{reference}/instalment-plans"): (
        Scope.READ,
        f"/v1/shoppers/{SHOPPER}/instalment-plans",
        {},
    ),
    ("POST", "/v1/instalment-plans/{plan}/pause"): (Scope.SHOPPERS, f"/v1/instalment-plans/{NO_PLAN}/pause", {}),
    ("POST", "/v1/instalment-plans/{plan}/move"): (
        Scope.SHOPPERS,
        f"/v1/instalment-plans/{NO_PLAN}/move",
        {"json": {"number": 2, "day": "2026-12-01"}},
    ),
    ("POST", "/v1/instalment-plans/{plan}/withdraw"): (
        Scope.SHOPPERS,
        f"/v1/instalment-plans/{NO_PLAN}/withdraw",
        {},
    ),
    ("POST", "/v1/instalment-plans/{plan}/refunds"): (
        Scope.MONEY,
        f"/v1/instalment-plans/{NO_PLAN}/refunds",
        {"json": {"amount_minor": 100}, "headers": {"idempotency-key": "rf-1"}},
    ),
    ("POST", "/v1/instalment-plans/{plan}/write-off"): (
        Scope.MONEY,
        f"/v1/instalment-plans/{NO_PLAN}/write-off",
        {"json": {"words": "moved abroad"}},
    ),
    ("GET", "/v1/instalment-book"): (Scope.BOOKS, "/v1/instalment-book", {}),
    ("GET", "/v1/instalment-remittances"): (Scope.BOOKS, "/v1/instalment-remittances", {}),
    ("POST", "/v1/instalment-remittances"): (
        Scope.MONEY,
        "/v1/instalment-remittances",
        {"json": {"shop": "nowhere", "currency": "EUR", "amount_minor": 1}, "headers": {"idempotency-key": "re-1"}},
    ),
    ("GET", "/v1/instalment-settings"): (Scope.READ, "/v1/instalment-settings", {}),
    ("PUT", "/v1/instalment-settings"): (Scope.PROGRAMME, "/v1/instalment-settings", {"json": {}}),
    ("GET", "/v1/event-types"): (Scope.WEBHOOKS, "/v1/event-types", {}),
    ("GET", "/v1/webhook-endpoints"): (Scope.WEBHOOKS, "/v1/webhook-endpoints", {}),
    ("POST", "/v1/webhook-endpoints"): (
        Scope.WEBHOOKS,
        "/v1/webhook-endpoints",
        {"json": {"url": "http://127.0.0.1:9/hook", "types": ["reward.*"]}},
    ),
    ("GET", "/v1/webhook-endpoints/{endpoint}"): (Scope.WEBHOOKS, f"/v1/webhook-endpoints/{NO_ENDPOINT}", {}),
    ("POST", "/v1/webhook-endpoints/{endpoint}/rotate-secret"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/rotate-secret",
        {"json": {}},
    ),
    ("POST", "/v1/webhook-endpoints/{endpoint}/disable"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/disable",
        {"json": {"why": "moved"}},
    ),
    ("POST", "/v1/webhook-endpoints/{endpoint}/enable"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/enable",
        {},
    ),
    ("POST", "/v1/webhook-endpoints/{endpoint}/test"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/test",
        {},
    ),
    ("GET", "/v1/webhook-endpoints/{endpoint}/deliveries"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/deliveries",
        {},
    ),
    ("GET", "/v1/webhook-endpoints/{endpoint}/deliveries/{message}"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/deliveries/{NO_MESSAGE}",
        {},
    ),
    ("POST", "/v1/webhook-endpoints/{endpoint}/replay"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}/replay",
        {"json": {"failed": True}},
    ),
    ("POST", "/v1/webhook-signatures/check"): (
        Scope.WEBHOOKS,
        "/v1/webhook-signatures/check",
        {"json": {"secret": "whsec_" + b64encode(b"k" * 32).decode(), "headers": {}, "body": ""}},
    ),
    ("GET", "/v1/api-keys"): (Scope.KEYS, "/v1/api-keys", {}),
    ("POST", "/v1/api-keys"): (Scope.KEYS, "/v1/api-keys", {"json": {"label": "till", "scopes": ["keys"]}}),
    ("POST", "/v1/api-keys/{key}/rotate"): (Scope.KEYS, f"/v1/api-keys/{NO_KEY}/rotate", {"json": {}}),
    ("POST", "/v1/api-keys/{key}/revoke"): (Scope.KEYS, f"/v1/api-keys/{NO_KEY}/revoke", {}),
    ("GET", "/v1/requests"): (Scope.KEYS, "/v1/requests", {"params": {"outcome": "failed"}}),
    ("GET", "/v1/offers"): (Scope.READ, "/v1/offers", {}),
    ("GET", "/v1/offers/{code}"): (Scope.READ, "/v1/offers/five", {}),
    ("PUT", "/v1/offers/{code}/draft"): (
        Scope.PROGRAMME,
        "/v1/offers/five/draft",
        {"json": {"expected_revision": 1, "terms": SIX_TERMS}},
    ),
    ("POST", "/v1/offers/{code}/submit"): (Scope.PROGRAMME, "/v1/offers/drafted/submit", _seen(1)),
    ("POST", "/v1/offers/{code}/approve"): (Scope.APPROVAL, "/v1/offers/submitted/approve", _seen(2)),
    ("POST", "/v1/offers/{code}/request-changes"): (
        Scope.APPROVAL,
        "/v1/offers/submitted/request-changes",
        _seen(2, reason="too much"),
    ),
    ("POST", "/v1/offers/{code}/reject"): (
        Scope.APPROVAL,
        "/v1/offers/submitted/reject",
        _seen(2, reason="too much"),
    ),
    ("POST", "/v1/offers/{code}/pause"): (Scope.PROGRAMME, "/v1/offers/five/pause", _seen(1)),
    ("POST", "/v1/offers/{code}/resume"): (Scope.PROGRAMME, "/v1/offers/paused/resume", _seen(4)),
    ("POST", "/v1/offers/{code}/end"): (Scope.PROGRAMME, "/v1/offers/five/end", _seen(1)),
    ("POST", "/v1/offers/{code}/cancel"): (Scope.PROGRAMME, "/v1/offers/scheduled/cancel", _seen(3)),
    ("POST", "/v1/offers/{code}/stop"): (Scope.PROGRAMME, "/v1/offers/five/stop", {"json": {"reason": "pays twice"}}),
    ("POST", "/v1/facts"): (
        Scope.SHOPPERS,
        "/v1/facts",
        {"json": {"facts": [{"shopper": SHOPPER, "kind": "tier", "value": "gold"}]}},
    ),
    ("POST", "/v1/facts/end"): (
        Scope.SHOPPERS,
        "/v1/facts/end",
        {"json": {"shopper": SHOPPER, "kind": "tier", "value": "silver"}},
    ),
    ("GET", "/v1/members"): (Scope.TEAM, "/v1/members", {}),
    ("POST", "/v1/members"): (
        Scope.TEAM,
        "/v1/members",
        {"json": {"email": "vera@centre.example", "name": "Vera", "role": "viewer"}},
    ),
    ("POST", "/v1/members/{member}/role"): (
        Scope.TEAM,
        f"/v1/members/{NO_MEMBER}/role",
        {"json": {"role": "viewer"}},
    ),
    ("POST", "/v1/members/{member}/reset"): (Scope.TEAM, f"/v1/members/{NO_MEMBER}/reset", {}),
    ("POST", "/v1/members/{member}/remove"): (Scope.TEAM, f"/v1/members/{NO_MEMBER}/remove", {}),
    ("PUT", "/v1/shoppers/{reference}/email"): (
        Scope.SHOPPERS,
        f"/v1/shoppers/{SHOPPER}/email",
        {"json": {"email": "anna@shoppers.example"}},
    ),
    ("GET", "/v1/audit-log"): (Scope.TEAM, "/v1/audit-log", {}),
    ("POST", "/v1/activations"): (Scope.SHOPPERS, "/v1/activations", {"json": {"shopper": SHOPPER, "offer": "five"}}),
    ("GET", "/v1/shoppers/{reference}/facts"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/facts", {}),
    ("GET", "/v1/shoppers/{reference}/offers"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/offers", {}),
    ("POST", "/v1/eligibility"): (
        Scope.SHOPPERS,
        "/v1/eligibility",
        {
            "json": {"shopper": SHOPPER, "amount_minor": 90_00, "currency": "EUR", "shop": "cafe", "of_age": True},
            "headers": {"idempotency-key": "e-1"},
        },
    ),
    ("GET", "/v1/decisions/{decision}"): (Scope.READ, f"/v1/decisions/{NO_DECISION}", {}),
    ("GET", "/v1/decisions/{decision}/record"): (Scope.READ, f"/v1/decisions/{NO_DECISION}/record", {}),
    ("GET", "/v1/decisions/{decision}/plans/{plan}/information-sheet"): (
        Scope.READ,
        f"/v1/decisions/{NO_DECISION}/plans/2x/information-sheet",
        {},
    ),
    ("POST", "/v1/instalment-plans"): (
        Scope.SHOPPERS,
        "/v1/instalment-plans",
        {"json": {"decision_id": NO_DECISION, "plan": "2x"}, "headers": {"idempotency-key": "ip-1"}},
    ),
    ("GET", "/v1/shoppers/{reference}/score"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/score", {}),
    ("PUT", "/v1/shoppers/{reference}/means"): (
        Scope.SHOPPERS,
        f"/v1/shoppers/{SHOPPER}/means",
        {"json": {"of_age": True, "country": "FR"}},
    ),
    ("POST", "/v1/cards/facts"): (
        Scope.SHOPPERS,
        "/v1/cards/facts",
        {
            "json": {
                "shopper": SHOPPER,
                "network": "sandbox",
                "token": CARD,
                "prepaid": False,
                "expires_on": "2030-01-31",
                "strong_authentication": True,
            }
        },
    ),
    ("POST", "/v1/disputes"): (Scope.SHOPPERS, "/v1/disputes", {"json": {"purchase": NO_PURCHASE}}),
    ("POST", "/v1/decisions/{decision}/review"): (
        Scope.SHOPPERS,
        f"/v1/decisions/{NO_DECISION}/review",
        {"json": {"words": "look again"}},
    ),
    ("GET", "/v1/decision-reviews"): (Scope.REVIEWS, "/v1/decision-reviews", {}),
    ("GET", "/v1/decision-reviews/figures"): (Scope.REVIEWS, "/v1/decision-reviews/figures", {}),
    ("GET", "/v1/decision-reviews/{review}"): (Scope.REVIEWS, f"/v1/decision-reviews/{NO_REVIEW}", {}),
    ("POST", "/v1/decision-reviews/{review}/assign"): (
        Scope.REVIEWS,
        f"/v1/decision-reviews/{NO_REVIEW}/assign",
        {"json": {"to": "ada"}},
    ),
    ("POST", "/v1/decision-reviews/{review}/uphold"): (
        Scope.REVIEWS,
        f"/v1/decision-reviews/{NO_REVIEW}/uphold",
        {"json": {"reason": "correct", "words": "seen"}},
    ),
    ("POST", "/v1/decision-reviews/{review}/overturn"): (
        Scope.REVIEWS,
        f"/v1/decision-reviews/{NO_REVIEW}/overturn",
        {"json": {"plan": "2x", "reason": "wrong_data", "words": "seen"}},
    ),
    ("POST", "/v1/decision-reviews/{review}/agree"): (
        Scope.REVIEWS,
        f"/v1/decision-reviews/{NO_REVIEW}/agree",
        {"json": {"words": "seen"}},
    ),
    **SURFACE,
}
"""Every route below /v1, the scope it asks for, and a request that succeeds with it (once anna has a cent)."""


@dataclass(slots=True)
class Desk:
    """A client of the application with one operator's key of every scope."""

    world: World
    client: httpx.AsyncClient
    key: str

    @property
    def operator_id(self) -> UUID:
        return self.world.operator_id

    async def state(self) -> dict[str, str]:
        return await state_of(self.world.engine, self.operator_id)

    async def key_with(self, *scopes: Scope, label: str = "limited") -> str:
        async with self.world.connection() as connection:
            return await create_key(
                connection, system(self.operator_id, "tests"), label=label, scopes=scopes, now=self.world.now
            )

    async def prepare_offers(self) -> None:
        """Offers beside `five`, each in the state that its name says, written by one person and approved by another."""
        writer = await self.key_with(Scope.PROGRAMME, label="writer")
        approver = await self.key_with(Scope.APPROVAL, label="approver")
        later = {"starts_at": (self.world.now + timedelta(days=30)).isoformat()}
        for code in ("drafted", "submitted", "scheduled", "paused"):
            await self._offer("PUT", f"{code}/draft", writer, expected_revision=0, terms=SIX_TERMS)
            if code != "drafted":
                await self._offer("POST", f"{code}/submit", writer, expected_revision=1)
        await self._offer("POST", "scheduled/approve", approver, expected_revision=2, **later)
        await self._offer("POST", "paused/approve", approver, expected_revision=2)
        await self._offer("POST", "paused/pause", writer, expected_revision=3)

    async def _offer(self, method: str, path: str, key: str, **body: Any) -> None:
        answer = await self.ask(method, f"/v1/offers/{path}", key=key, json=body)
        assert answer.status_code == 200, answer.text

    async def ask(self, method: str, path: str, *, key: str | None = None, **content: Any) -> httpx.Response:
        """One request; `key=""` presents none."""
        presented = self.key if key is None else key
        headers = {**content.pop("headers", {}), **({"authorization": f"Bearer {presented}"} if presented else {})}
        answer = await self.client.request(method, path, headers=headers, **content)
        the_document().check(answer)
        return answer


@asynccontextmanager
async def application(
    engine: AsyncEngine, clock: Clock, keyring: KeyRing, settings: Settings | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of everything that one process serves."""
    egress = Egress(loopback=True)
    runtime = Runtime(settings or read_settings(DEMO), engine, clock, keyring, LocalWakeups(), egress, FakeFicp())
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        yield client


@asynccontextmanager
async def opened_desk(engine: AsyncEngine, scopes: Iterable[Scope] = EVERY_SCOPE) -> AsyncIterator[Desk]:
    """A desk over a world of its own."""
    world = await a_world(engine)
    async with application(engine, world.clock, world.stage.road.keyring) as client:
        desk = Desk(world, client, "")
        desk.key = await desk.key_with(*scopes, label="all")
        yield desk


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """The refusal is a problem document (RFC 9457) of this status and code, and says something."""
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (status, PROBLEM, code)
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
