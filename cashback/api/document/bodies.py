"""Examples of bodies, by operation: what a caller would send, for those that fields alone do not tell.

Samples of the portal put what the reader's operator has in the place of ids and codes.
"""

from collections.abc import Mapping
from typing import Any

_OFFER: Mapping[str, Any] = {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 600}}
_LATER = "Sales begin a week later."
_SEEN = "The receipt shows the amount that was paid."
_CARD: Mapping[str, Any] = {"shopper": "test-shopper", "network": "sandbox", "token": "card-token-1"}

BODIES: Mapping[str, Mapping[str, Any]] = {
    "POST /v1/activations": {"shopper": "customer-1042", "offer": "summer"},
    "POST /v1/adjustments": {
        "shopper": "customer-1042",
        "kind": "goodwill",
        "asset": "EUR",
        "amount": 100,
        "reason": "delay",
        "words": "Waited a week for an answer.",
    },
    "POST /v1/backtests": {"offer": {"code": "summer", **_OFFER}, "from": "2026-11-01", "to": "2026-12-01"},
    "POST /v1/bank-accounts": {
        "shopper": "customer-1042",
        "connection": "my-bank",
        "account": "acc-4711",
        "access": {"token": "access-token"},
    },
    "POST /v1/cards": {**_CARD, "last_four": "4521", "scheme": "visa"},
    "POST /v1/cards/facts": {**_CARD, "prepaid": False, "expires_on": "2029-12-31", "strong_authentication": True},
    "POST /v1/cards/unlink": _CARD,
    "POST /v1/claims": {
        "shopper": "customer-1042",
        "shop": "cafe",
        "day": "2026-11-28",
        "time": "17:20:00",
        "amount_minor": 1250,
        "currency": "EUR",
    },
    "POST /v1/claims/{claim}/accept": {"words": _SEEN},
    "POST /v1/claims/{claim}/refuse": {"reason": "no_proof", "words": "The receipt shows no amount."},
    "POST /v1/claims/{claim}/withdraw": {"reason": "different", "words": "It was another shop."},
    "POST /v1/decision-reviews/{review}/agree": {"words": "The card is a debit card."},
    "POST /v1/decision-reviews/{review}/assign": {"to": "ada"},
    "POST /v1/decision-reviews/{review}/overturn": {
        "reason": "wrong_data",
        "words": "The card is a debit card.",
        "plan": "3x24",
    },
    "POST /v1/decision-reviews/{review}/uphold": {"reason": "correct", "words": "Two payments are late."},
    "POST /v1/decisions/{decision}/review": {"words": "It is a debit card."},
    "POST /v1/eligibility": {
        "shopper": "customer-1042",
        "amount_minor": 12000,
        "currency": "EUR",
        "shop": "cafe",
        "of_age": True,
        "country": "FR",
    },
    "POST /v1/facts": {"facts": [{"shopper": "customer-1042", "kind": "segment", "value": "gold"}]},
    "POST /v1/facts/end": {"shopper": "customer-1042", "kind": "segment", "value": "gold"},
    "PUT /v1/funders": {
        "funder": "shop:cafe",
        "name": "Café Lune SAS",
        "mode": "prepaid",
        "language": "fr",
        "address": ["12 quai Rambaud", "69002 Lyon"],
        "country": "FR",
        "registration": "732829320",
        "vat_number": "FR44732829320",
        "vat_bps": 2000,
        "alert_minor": 5000,
    },
    "POST /v1/funders/pauses": {"funder": "shop:cafe", "paused": True, "reason": "The contract is looked at."},
    "POST /v1/funders/payments": {"funder": "shop:cafe", "payment": "top_up", "amount_minor": 100000},
    "POST /v1/instalment-plans": {
        "decision_id": "dec_01kbcr4zsyfcxa3wp4tqktv42j",
        "plan": "3x24",
        "order_ref": "order-1042",
    },
    "POST /v1/instalment-plans/{plan}/first-payment": {"rail": "sandbox", "card": "sim_ok"},
    "POST /v1/instalment-plans/{plan}/write-off": {"words": "Nobody answers any more."},
    "POST /v1/match-questions/answers": {
        "network": "sandbox",
        "identifier": "mid:11112222",
        "verdict": "shop",
        "shop": "cafe",
    },
    "PUT /v1/offers/{code}/draft": {"expected_revision": 0, "terms": _OFFER},
    "POST /v1/offers/{code}/approve": {"expected_revision": 2},
    "POST /v1/offers/{code}/end": {"expected_revision": 1, "reason": _LATER},
    "POST /v1/offers/{code}/pause": {"expected_revision": 1, "reason": _LATER},
    "POST /v1/offers/{code}/reject": {"expected_revision": 1, "reason": _LATER},
    "POST /v1/offers/{code}/request-changes": {"expected_revision": 1, "reason": _LATER},
    "POST /v1/offers/{code}/stop": {"expected_revision": 1, "reason": "It pays the wrong shops."},
    "POST /v1/payouts/{payout}/approve": {"words": "The shopper was called."},
    "POST /v1/payouts/{payout}/stop": {"words": "The account is somebody else's."},
    "POST /v1/purchases/join": {
        "purchases": ["pur_01kbcr4zsyfcxa3wp4tqktv42j", "pur_01kbcr4zsyfcxa3wp4tqktv42k"],
        "reason": "One receipt, seen by two networks.",
    },
    "POST /v1/purchases/{purchase}/split": {"reason": "Two receipts of one day."},
    "PUT /v1/seller": {
        "name": "Le Quai SAS",
        "address": ["12 quai Rambaud", "69002 Lyon"],
        "country": "FR",
        "registration": "732829320",
        "vat_number": "FR44732829320",
        "legal_form": "SAS",
        "registered_at": "RCS Lyon",
        "email": "invoices@centre.example",
        "members_email": "hello@centre.example",
        "iban": "FR1420041010050500013M02606",
        "bic": "AGRIFRPP",
    },
    "POST /v1/settlements": {"period": "2026-11"},
    "POST /v1/settlements/preview": {"period": "2026-11"},
    "PUT /v1/shoppers/{reference}/email": {"email": "anna@shoppers.example"},
    "PUT /v1/shoppers/{reference}/means": {
        "of_age": True,
        "country": "FR",
        "income_minor": 210000,
        "expenses_minor": 90000,
        "instalments_minor": 0,
    },
    "POST /v1/shoppers/{reference}/mandates": {"rail": "sandbox", "card": "sim_ok"},
    "POST /v1/shoppers/{reference}/payouts": {"asset": "EUR", "amount": 1250, "rail": "sepa"},
    "POST /v1/simulations": {"shop": "cafe", "amount": "42.50", "shopper": "customer-1042"},
    "PUT /v1/theme": {"name": "Le Quai", "brand": "#0c5c4c", "radius": 14, "logo": "keep", "seen": 0},
    "POST /v1/webhook-endpoints/{endpoint}/disable": {"why": "The receiver is being moved."},
    "POST /v1/webhook-endpoints/{endpoint}/replay": {"failed": True},
    "POST /v1/webhook-endpoints/{endpoint}/rotate-secret": {"overlap_seconds": 86400},
    "POST /v1/webhook-signatures/check": {
        "secret": "whsec_ZXhhbXBsZS1vZi1hLXNlY3JldC1vZi0zMi1ieXRlcyE=",
        "headers": {
            "webhook-id": "msg_019ad0d4b2c87c3e9a5b7d0c1e2f3a4b",
            "webhook-timestamp": "1795953600",
            "webhook-signature": "v1,sosFl8Ykxh6RYOJNeXQsd4mIiGoObvQ+TLKKWxzjw/0=",
        },
        "body": '{"type":"endpoint.test","timestamp":"2026-11-29T12:00:00Z","version":"1","data":{}}',
    },
}
