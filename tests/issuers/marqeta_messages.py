"""Builders of Marqeta's messages, and a connection's secrets. Every argument has a boring default."""

from typing import Any

SECRET = b"demo_user:demo_Passw0rd whsec_demo_secret"
OTHER_SECRET = b"another_user:another_Passw0rd whsec_another_secret"


def a_message(kind: str, token: str, amount: float | str, **changes: Any) -> dict[str, Any]:
    base = {
        "type": kind,
        "state": "PENDING",
        "token": token,
        "user_token": "user-0001",
        "card_token": "card-0001",
        "created_time": "2026-09-16T12:00:00Z",
        "user_transaction_time": "2026-09-15T08:20:30Z",
        "amount": amount,
        "request_amount": 999.99,
        "currency_code": "EUR",
        "response": {"code": "0000", "memo": "x"},
        "network": "MASTERCARD",
        "card": {"last_four": "4242", "metadata": {"shopper": "s1", "tier": 2}},
        "user": {"metadata": {"shopper": "somebody else"}},
        "card_acceptor": {
            "mid": "11112222",
            "network_mid": "33334444",
            "mcc": "5651",
            "name": "EXAMPLE SHOP",
            "city": "Exampletown",
            "country_code": "FRA",
        },
        "pos": {"terminal_id": "T7", "card_presence": True, "card_holder_presence": True},
    }
    return base | changes
