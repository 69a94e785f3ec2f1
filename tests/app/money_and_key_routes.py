"""What each route about money, keys, people and events out is probed with: its scope, an address, a body."""

from base64 import b64encode
from typing import Any

from probe_values import (
    NO_ACCOUNT,
    NO_ADJUSTMENT,
    NO_ENDPOINT,
    NO_KEY,
    NO_MEMBER,
    NO_MESSAGE,
    NO_PAYOUT,
    NO_SETTLEMENT,
    SELLER,
)
from world import SHOPPER

from cashback.actors import Scope

MONEY_AND_KEYS: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
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
    ("GET", "/v1/event-types"): (Scope.WEBHOOKS, "/v1/event-types", {}),
    ("GET", "/v1/events/stream"): (Scope.WEBHOOKS, "/v1/events/stream", {"params": {"follow": "false"}}),
    ("GET", "/v1/webhook-endpoints"): (Scope.WEBHOOKS, "/v1/webhook-endpoints", {}),
    ("POST", "/v1/webhook-endpoints"): (
        Scope.WEBHOOKS,
        "/v1/webhook-endpoints",
        {"json": {"url": "http://127.0.0.1:9/hook", "types": ["reward.*"]}},
    ),
    ("GET", "/v1/webhook-endpoints/{endpoint}"): (Scope.WEBHOOKS, f"/v1/webhook-endpoints/{NO_ENDPOINT}", {}),
    ("PATCH", "/v1/webhook-endpoints/{endpoint}"): (
        Scope.WEBHOOKS,
        f"/v1/webhook-endpoints/{NO_ENDPOINT}",
        {"json": {"types": None}},
    ),
    ("DELETE", "/v1/webhook-endpoints/{endpoint}"): (Scope.WEBHOOKS, f"/v1/webhook-endpoints/{NO_ENDPOINT}", {}),
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
    ("GET", "/v1/audit-log"): (Scope.TEAM, "/v1/audit-log", {}),
}
