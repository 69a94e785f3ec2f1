"""What each route about programmes, purchases and claims is probed with: its scope, an address, a body."""

from typing import Any

from probe_values import CSV, NO_CLAIM, NO_PURCHASE, OTHER_PURCHASE, SIX_TERMS, seen
from world import CARD, FIVE_PERCENT, SHOPPER

from cashback.actors import Scope

PROGRAMME: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
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
    ("POST", "/v1/claims/{claim}/cancel"): (Scope.SHOPPERS, f"/v1/claims/{NO_CLAIM}/cancel", {}),
    ("POST", "/v1/claims/{claim}/identifiers"): (
        Scope.CLAIMS,
        f"/v1/claims/{NO_CLAIM}/identifiers",
        {"json": {"network": "sandbox", "identifier": "mid:9999"}},
    ),
    ("GET", "/v1/shoppers/{reference}/claims"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/claims", {}),
    ("GET", "/v1/shoppers/{reference}/notices"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/notices", {}),
    ("GET", "/v1/offers"): (Scope.READ, "/v1/offers", {}),
    ("GET", "/v1/offers/{code}"): (Scope.READ, "/v1/offers/five", {}),
    ("PUT", "/v1/offers/{code}/draft"): (
        Scope.PROGRAMME,
        "/v1/offers/five/draft",
        {"json": {"expected_revision": 1, "terms": SIX_TERMS}},
    ),
    ("POST", "/v1/offers/{code}/submit"): (Scope.PROGRAMME, "/v1/offers/drafted/submit", seen(1)),
    ("POST", "/v1/offers/{code}/approve"): (Scope.APPROVAL, "/v1/offers/submitted/approve", seen(2)),
    ("POST", "/v1/offers/{code}/request-changes"): (
        Scope.APPROVAL,
        "/v1/offers/submitted/request-changes",
        seen(2, reason="too much"),
    ),
    ("POST", "/v1/offers/{code}/reject"): (
        Scope.APPROVAL,
        "/v1/offers/submitted/reject",
        seen(2, reason="too much"),
    ),
    ("POST", "/v1/offers/{code}/pause"): (Scope.PROGRAMME, "/v1/offers/five/pause", seen(1)),
    ("POST", "/v1/offers/{code}/resume"): (Scope.PROGRAMME, "/v1/offers/paused/resume", seen(4)),
    ("POST", "/v1/offers/{code}/end"): (Scope.PROGRAMME, "/v1/offers/five/end", seen(1)),
    ("POST", "/v1/offers/{code}/cancel"): (Scope.PROGRAMME, "/v1/offers/scheduled/cancel", seen(3)),
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
    ("PUT", "/v1/shoppers/{reference}/email"): (
        Scope.SHOPPERS,
        f"/v1/shoppers/{SHOPPER}/email",
        {"json": {"email": "anna@shoppers.example"}},
    ),
    ("POST", "/v1/activations"): (Scope.SHOPPERS, "/v1/activations", {"json": {"shopper": SHOPPER, "offer": "five"}}),
    ("GET", "/v1/shoppers/{reference}/facts"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/facts", {}),
    ("GET", "/v1/shoppers/{reference}/offers"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/offers", {}),
}
