"""The routes of themes, own domains and preferences, as `app_desk.ROUTES` writes them."""

from typing import Any

from world import SHOPPER

from cashback.actors import Scope

NO_DOMAIN = "nobody.example"
THEME = {"name": "Le Quai", "brand": "#0b5c78", "seen": 0}

LOOK: dict[tuple[str, str], tuple[Scope, str, dict[str, Any]]] = {
    ("GET", "/v1/theme"): (Scope.READ, "/v1/theme", {}),
    ("PUT", "/v1/theme"): (Scope.PROGRAMME, "/v1/theme", {"json": THEME}),
    ("GET", "/v1/theme/versions"): (Scope.READ, "/v1/theme/versions", {}),
    ("POST", "/v1/theme/versions/{version}/restore"): (Scope.PROGRAMME, "/v1/theme/versions/999/restore", {}),
    ("GET", "/v1/domains"): (Scope.READ, "/v1/domains", {}),
    ("POST", "/v1/domains"): (Scope.TEAM, "/v1/domains", {"json": {"domain": "rewards.quai.example"}}),
    ("POST", "/v1/domains/{domain}/verify"): (Scope.TEAM, f"/v1/domains/{NO_DOMAIN}/verify", {}),
    ("DELETE", "/v1/domains/{domain}"): (Scope.TEAM, f"/v1/domains/{NO_DOMAIN}", {}),
    ("GET", "/v1/shoppers/{reference}/preferences"): (Scope.READ, f"/v1/shoppers/{SHOPPER}/preferences", {}),
    ("PUT", "/v1/shoppers/{reference}/preferences"): (
        Scope.SHOPPERS,
        f"/v1/shoppers/{SHOPPER}/preferences",
        {"json": {"topics": {"rewards": {"mail": True}}}},
    ),
}

LOOK_OF_STRANGERS: dict[tuple[str, str], tuple[int, str]] = {
    ("GET", "/v1/theme"): (200, ""),
    ("PUT", "/v1/theme"): (200, ""),
    ("GET", "/v1/theme/versions"): (200, ""),
    ("POST", "/v1/theme/versions/{version}/restore"): (404, "unknown_version"),
    ("GET", "/v1/domains"): (200, ""),
    ("POST", "/v1/domains"): (201, ""),
    ("POST", "/v1/domains/{domain}/verify"): (404, "unknown_domain"),
    ("DELETE", "/v1/domains/{domain}"): (404, "unknown_domain"),
    ("GET", "/v1/shoppers/{reference}/preferences"): (404, "unknown_shopper"),
    ("PUT", "/v1/shoppers/{reference}/preferences"): (404, "unknown_shopper"),
}
"""What another operator's key gets at these routes, as `test_api_isolation.ANSWERS` writes it."""
