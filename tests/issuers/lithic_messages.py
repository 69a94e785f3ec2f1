"""Builders of Lithic's messages, and a connection's secrets. Every argument has a boring default."""

from typing import Any

SECRET = b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER_SECRET = b"whsec_c29tZSBvdGhlciBrZXkgYWx0b2dldGhlcg=="
PURCHASE = "00000000-0000-4000-8000-000000000001"
CARD = "00000000-0000-4000-8000-000000000003"
UPDATED = "2026-09-20T10:00:00.250Z"


def an_event(token: str, kind: str, amount: int, at: str, result: str = "APPROVED", **changes: Any) -> dict[str, Any]:
    base = {
        "token": token,
        "type": kind,
        "result": result,
        "created": f"2026-09-{at}Z",
        "amount": amount * 2,
        "amounts": {
            "cardholder": {"amount": amount * 2, "conversion_rate": "2.000000", "currency": "USD"},
            "merchant": {"amount": amount, "currency": "EUR"},
            "settlement": None,
        },
        "effective_polarity": "DEBIT",
        "network_info": None,
        "detailed_results": ["APPROVED"],
        "rule_results": [],
    }
    return base | changes


def a_transaction(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {
        "event_type": "card_transaction.updated",
        "token": PURCHASE,
        "card_token": CARD,
        "created": "2026-09-15T08:20:30Z",
        "updated": UPDATED,
        "status": "PENDING",
        "network": "MASTERCARD",
        "merchant": {
            "acceptor_id": "11112222",
            "acquiring_institution_id": "400000",
            "city": "EXAMPLETOWN",
            "country": "FRA",
            "descriptor": "EXAMPLE SHOP",
            "mcc": "5651",
            "state": None,
        },
        "pos": {
            "entry_mode": {"card": "PRESENT", "cardholder": "PRESENT", "pan": "ICC", "pin_entered": True},
            "terminal": {"acceptor_terminal_id": "T7", "type": "POS_TERMINAL"},
        },
        "tags": {"shopper": "s1"},
        "events": list(events),
    }
    return base | changes
