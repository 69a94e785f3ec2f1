"""By operation, the refusals of reading what the product holds, of single sign-on and of banks."""

from collections.abc import Mapping

_ACCOUNT = "access_missing bad_account bad_zone card_number consent_ended feed_not_opened"
SURFACE: Mapping[str, Mapping[int, str]] = {
    "POST /v1/bank-accounts": {
        404: "unknown_connection unknown_shopper",
        409: "card_linked",
        422: _ACCOUNT,
    },
    "POST /v1/bank-accounts/unlink": {
        404: "unknown_account unknown_connection",
    },
    "POST /v1/bank-files": {
        409: "told_otherwise",
        422: "bad_file too_large",
    },
    "GET /v1/cards": {
        404: "unknown_shopper",
    },
    "GET /v1/cards/{card}": {
        404: "unknown_card",
    },
    "POST /v1/cards/{card}/unlink": {
        404: "card_not_linked unknown_card",
    },
    "POST /v1/domains": {
        409: "domain_told too_many_domains",
        422: "domain_name",
    },
    "POST /v1/domains/{domain}/verify": {
        404: "unknown_domain",
        409: "domain_taken",
    },
    "PUT /v1/shoppers/{reference}/preferences": {
        404: "unknown_shopper",
        422: "must_be_told",
    },
    "PUT /v1/theme": {
        409: "theme_changed",
        422: "card_number logo_empty logo_moves logo_size logo_svg logo_too_large logo_unknown "
        "theme_contrast theme_name",
    },
    "POST /v1/theme/versions/{version}/restore": {
        404: "unknown_version",
        409: "theme_in_force",
    },
    "PUT /v1/embed-origins": {
        422: "bad_origin",
    },
    "GET /v1/exports/{kind}": {
        422: "no_span",
        503: "export_running",
    },
    "GET /v1/identifiers": {
        404: "unknown_shop",
    },
    "POST /v1/match-questions/answers": {
        404: "unknown_shop",
        409: "being_settled",
        422: "matching_off",
    },
    "GET /v1/purchases": {
        404: "unknown_shop unknown_shopper",
        422: "bad_span",
    },
    "GET /v1/purchases/{purchase}": {
        404: "unknown_purchase",
    },
    "GET /v1/rewards": {
        404: "unknown_asset unknown_offer unknown_purchase unknown_shopper",
        422: "bad_span",
    },
    "PUT /v1/shoppers/{reference}": {
        422: "card_number",
    },
    "GET /v1/shoppers/{reference}": {
        404: "unknown_shopper",
    },
    "GET /v1/shoppers/{reference}/erasure": {
        404: "unknown_shopper",
    },
    "POST /v1/shoppers/{reference}/erasure": {
        404: "no_programme unknown_shopper",
        409: "balance_left open_plan payout_under_way review_open",
        503: "try_again",
    },
    "POST /v1/shoppers/{reference}/embed-links": {
        404: "unknown_shopper",
        422: "bad_origin",
    },
    "GET /v1/shoppers/{reference}/export": {
        404: "unknown_shopper",
    },
    "POST /v1/shoppers/{reference}/sso-links": {
        404: "unknown_shopper",
    },
    "GET /v1/shops": {
        404: "unknown_centre",
    },
    "GET /v1/shops/{shop}": {
        404: "unknown_shop",
    },
    "POST /v1/sso-secrets": {
        409: "too_many_secrets",
    },
    "POST /v1/sso-secrets/{secret}/end": {
        404: "unknown_secret",
    },
    "GET /v1/wallets/{reference}/movements": {
        404: "unknown_asset unknown_shopper",
    },
}
