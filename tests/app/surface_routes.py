"""The routes that read and hand over what the product holds, as `app_desk.ROUTES` writes them."""

from typing import Any

from world import SHOPPER

from cashback.actors import Scope

NO_CARD = "crd_00000000000000000000000000"
NO_PURCHASE = "pur_00000000000000000000000000"
NO_SECRET = "sso_00000000000000000000000000"
ORIGIN = "https://crm.example"
ACCOUNT = {"shopper": SHOPPER, "connection": "no-bank", "account": "acc-1", "access": {"token": "x"}}
BALANCE = b'[{"id": "txn_1", "amount": -100, "fee": 0, "net": -100, "currency": "eur", "type": "payout", "created": 1}]'

SURFACE: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
    ("GET", "/v1/programme"): (Scope.READ, "/v1/programme", {}),
    ("GET", "/v1/centres"): (Scope.READ, "/v1/centres", {}),
    ("GET", "/v1/shops"): (Scope.READ, "/v1/shops", {}),
    ("GET", "/v1/shops/{shop}"): (Scope.READ, "/v1/shops/cafe", {}),
    ("GET", "/v1/identifiers"): (Scope.READ, "/v1/identifiers", {}),
    ("GET", "/v1/shoppers"): (Scope.READ, "/v1/shoppers", {}),
    ("PUT", "/v1/shoppers/{reference}"): (Scope.SHOPPERS, "/v1/shoppers/carl", {"json": {"locale": "fr"}}),
    ("GET", "/v1/shoppers/{reference}"): (Scope.READ, f"/v1/shoppers/{SHOPPER}", {}),
    ("GET", "/v1/shoppers/{reference}/export"): (Scope.SHOPPERS, f"/v1/shoppers/{SHOPPER}/export", {}),
    ("GET", "/v1/shoppers/{reference}/erasure"): (Scope.SUPPORT, f"/v1/shoppers/{SHOPPER}/erasure", {}),
    ("POST", "/v1/shoppers/{reference}/erasure"): (
        Scope.SUPPORT,
        f"/v1/shoppers/{SHOPPER}/erasure",
        {"json": {"give_up": False}},
    ),
    ("GET", "/v1/cards"): (Scope.READ, "/v1/cards", {}),
    ("GET", "/v1/cards/{card}"): (Scope.READ, f"/v1/cards/{NO_CARD}", {}),
    ("POST", "/v1/cards/{card}/unlink"): (Scope.SHOPPERS, f"/v1/cards/{NO_CARD}/unlink", {}),
    ("GET", "/v1/segments"): (Scope.READ, "/v1/segments", {}),
    ("GET", "/v1/purchases"): (Scope.READ, "/v1/purchases", {}),
    ("GET", "/v1/purchases/{purchase}"): (Scope.READ, f"/v1/purchases/{NO_PURCHASE}", {}),
    ("GET", "/v1/rewards"): (Scope.READ, "/v1/rewards", {}),
    ("GET", "/v1/wallets/{reference}/movements"): (Scope.READ, f"/v1/wallets/{SHOPPER}/movements", {}),
    ("GET", "/v1/exports/{kind}"): (
        Scope.READ,
        "/v1/exports/purchases",
        {"params": {"since": "2026-10-01T00:00:00Z"}},
    ),
    ("GET", "/v1/match-questions"): (Scope.READ, "/v1/match-questions", {}),
    ("POST", "/v1/match-questions/answers"): (
        Scope.PROGRAMME,
        "/v1/match-questions/answers",
        {"json": {"network": "sandbox", "identifier": "mid:7777", "verdict": "not_ours"}},
    ),
    ("POST", "/v1/bank-accounts"): (Scope.SHOPPERS, "/v1/bank-accounts", {"json": ACCOUNT}),
    ("POST", "/v1/bank-accounts/unlink"): (
        Scope.SHOPPERS,
        "/v1/bank-accounts/unlink",
        {"json": {"connection": "no-bank", "account": "acc-1"}},
    ),
    ("GET", "/v1/bank-accounts"): (Scope.READ, "/v1/bank-accounts", {}),
    ("POST", "/v1/bank-files"): (Scope.MONEY, "/v1/bank-files?name=balance.json", {"content": BALANCE}),
    ("GET", "/v1/bank-files"): (Scope.MONEY, "/v1/bank-files", {}),
    ("GET", "/v1/bank-differences"): (Scope.MONEY, "/v1/bank-differences", {}),
    ("POST", "/v1/shoppers/{reference}/sso-links"): (Scope.SHOPPERS, f"/v1/shoppers/{SHOPPER}/sso-links", {"json": {}}),
    ("POST", "/v1/shoppers/{reference}/embed-links"): (
        Scope.SHOPPERS,
        f"/v1/shoppers/{SHOPPER}/embed-links",
        {"json": {"origin": ORIGIN}},
    ),
    ("GET", "/v1/embed-origins"): (Scope.READ, "/v1/embed-origins", {}),
    ("PUT", "/v1/embed-origins"): (Scope.PROGRAMME, "/v1/embed-origins", {"json": {"origins": [ORIGIN]}}),
    ("POST", "/v1/sso-secrets"): (Scope.SHOPPERS, "/v1/sso-secrets", {}),
    ("GET", "/v1/sso-secrets"): (Scope.SHOPPERS, "/v1/sso-secrets", {}),
    ("POST", "/v1/sso-secrets/{secret}/end"): (Scope.SHOPPERS, f"/v1/sso-secrets/{NO_SECRET}/end", {"json": {}}),
}

STRANGERS: dict[tuple[str, str], tuple[int, str]] = {
    ("GET", "/v1/programme"): (200, ""),
    ("GET", "/v1/centres"): (200, ""),
    ("GET", "/v1/shops"): (200, ""),
    ("GET", "/v1/shops/{shop}"): (200, ""),
    ("GET", "/v1/identifiers"): (200, ""),
    ("GET", "/v1/shoppers"): (200, ""),
    ("PUT", "/v1/shoppers/{reference}"): (201, ""),
    ("GET", "/v1/shoppers/{reference}"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/export"): (404, "unknown_shopper"),
    ("GET", "/v1/shoppers/{reference}/erasure"): (404, "unknown_shopper"),
    ("POST", "/v1/shoppers/{reference}/erasure"): (404, "unknown_shopper"),
    ("GET", "/v1/cards"): (200, ""),
    ("GET", "/v1/cards/{card}"): (404, "unknown_card"),
    ("POST", "/v1/cards/{card}/unlink"): (404, "unknown_card"),
    ("GET", "/v1/segments"): (200, ""),
    ("GET", "/v1/purchases"): (200, ""),
    ("GET", "/v1/purchases/{purchase}"): (404, "unknown_purchase"),
    ("GET", "/v1/rewards"): (200, ""),
    ("GET", "/v1/wallets/{reference}/movements"): (404, "unknown_shopper"),
    ("GET", "/v1/exports/{kind}"): (200, ""),
    ("GET", "/v1/match-questions"): (200, ""),
    ("POST", "/v1/match-questions/answers"): (422, "matching_off"),
    ("POST", "/v1/bank-accounts"): (404, "unknown_shopper"),
    ("POST", "/v1/bank-accounts/unlink"): (404, "unknown_connection"),
    ("GET", "/v1/bank-accounts"): (200, ""),
    ("POST", "/v1/bank-files"): (201, ""),
    ("GET", "/v1/bank-files"): (200, ""),
    ("GET", "/v1/bank-differences"): (200, ""),
    ("POST", "/v1/shoppers/{reference}/sso-links"): (404, "unknown_shopper"),
    ("POST", "/v1/shoppers/{reference}/embed-links"): (404, "unknown_shopper"),
    ("GET", "/v1/embed-origins"): (200, ""),
    ("PUT", "/v1/embed-origins"): (200, ""),
    ("POST", "/v1/sso-secrets"): (201, ""),
    ("GET", "/v1/sso-secrets"): (200, ""),
    ("POST", "/v1/sso-secrets/{secret}/end"): (404, "unknown_secret"),
}
"""What another operator's key gets at these routes, as `test_api_isolation.ANSWERS` writes it."""
