"""What each route about paying in instalments is probed with: its scope, an address, a body."""

from typing import Any

from probe_values import NO_DECISION, NO_MANDATE, NO_PLAN, NO_PURCHASE, NO_REVIEW
from world import CARD, SHOPPER

from cashback.actors import Scope

CREDIT: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
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
    ("GET", "/v1/decisions/{decision}/plans/{plan}/information-sheet.pdf"): (
        Scope.READ,
        f"/v1/decisions/{NO_DECISION}/plans/2x/information-sheet.pdf",
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
}
