"""By operation, the refusals that are its own."""

from collections.abc import Mapping

OWN: Mapping[str, Mapping[int, str]] = {
    "POST /v1/activations": {
        404: "unknown_offer unknown_shopper",
        422: "no_activation no_place_left",
    },
    "POST /v1/adjustments": {
        404: "unknown_shopper",
    },
    "GET /v1/audit-log": {
        422: "bad_cursor",
    },
    "POST /v1/bank-accounts": {
        404: "unknown_shopper",
    },
    "POST /v1/bank-accounts/unlink": {
        404: "unknown_connection",
    },
    "POST /v1/bank-files": {
        422: "bad_file",
    },
    "POST /v1/cards": {
        404: "unknown_shopper",
        409: "card_linked",
        422: "card_number",
    },
    "POST /v1/cards/facts": {
        404: "unknown_shopper",
    },
    "POST /v1/cards/unlink": {
        404: "card_not_linked unknown_shopper",
        422: "card_number",
    },
    "POST /v1/cards/{card}/unlink": {
        404: "card_not_linked",
    },
    "POST /v1/claims": {
        404: "unknown_shop unknown_shopper",
        422: "card_number not_linked picture_unknown too_large",
    },
    "GET /v1/claims/{claim}/picture": {
        404: "no_picture",
    },
    "POST /v1/claims/{claim}/refuse": {
        409: "already_answered",
    },
    "POST /v1/disputes": {
        404: "unknown_purchase",
    },
    "POST /v1/eligibility": {
        404: "unknown_shopper",
    },
    "PUT /v1/embed-origins": {
        422: "bad_origin",
    },
    "POST /v1/facts": {
        404: "unknown_shopper",
        422: "card_number fact_interval fact_kind fact_repeated fact_value",
    },
    "POST /v1/facts/end": {
        404: "unknown_fact unknown_shopper",
        422: "fact_kind",
    },
    "PUT /v1/funders": {
        422: "unknown_funder",
    },
    "POST /v1/identifiers": {
        422: "identifiers_file",
    },
    "POST /v1/instalment-plans": {
        404: "unknown_decision",
        409: "not_open_any_more quote_expired",
    },
    "POST /v1/instalment-plans/{plan}/write-off": {
        403: "second_person",
    },
    "POST /v1/instalment-remittances": {
        404: "unknown_shop",
    },
    "GET /v1/instalment-settings": {
        409: "instalments_not_offered",
    },
    "PUT /v1/instalment-settings": {
        422: "settings",
    },
    "POST /v1/match-questions/answers": {
        404: "unknown_shop",
        422: "matching_off",
    },
    "POST /v1/members": {
        403: "role_too_high",
    },
    "POST /v1/members/{member}/reset": {
        403: "role_too_high",
    },
    "POST /v1/members/{member}/role": {
        403: "role_too_high",
    },
    "POST /v1/offers/{code}/approve": {
        403: "four_eyes",
        409: "offer_move",
        422: "ends_at",
    },
    "POST /v1/offers/{code}/cancel": {
        409: "offer_move",
    },
    "PUT /v1/offers/{code}/draft": {
        409: "offer_revision",
        422: "offer_terms",
    },
    "POST /v1/offers/{code}/resume": {
        409: "offer_move",
    },
    "POST /v1/offers/{code}/submit": {
        409: "offer_move",
    },
    "POST /v1/payments": {
        404: "unknown_shopper",
        422: "insufficient_balance",
    },
    "POST /v1/payouts/{payout}/approve": {
        403: "second_person",
    },
    "POST /v1/payouts/{payout}/reveal": {
        409: "payout_state",
    },
    "POST /v1/payouts/{payout}/stop": {
        409: "payout_state",
    },
    "PUT /v1/programme": {
        422: "programme_file too_large",
    },
    "GET /v1/purchases": {
        404: "unknown_shop",
        422: "bad_cursor",
    },
    "POST /v1/purchases/join": {
        404: "unknown_purchase",
        422: "one_purchase",
    },
    "POST /v1/purchases/{purchase}/split": {
        422: "one_view",
    },
    "GET /v1/rewards": {
        422: "bad_cursor",
    },
    "PUT /v1/seller": {
        422: "card_number",
    },
    "POST /v1/settlements": {
        409: "period_not_over",
        422: "unknown_funder unknown_period",
    },
    "POST /v1/shoppers": {
        422: "card_number",
    },
    "PUT /v1/shoppers/{reference}": {
        422: "card_number",
    },
    "PUT /v1/shoppers/{reference}/email": {
        409: "address_taken",
        422: "bad_address",
    },
    "PUT /v1/shoppers/{reference}/means": {
        422: "means_by_half",
    },
    "POST /v1/shoppers/{reference}/payout-accounts": {
        422: "not_an_iban rail_not_allowed",
    },
    "POST /v1/shoppers/{reference}/payouts": {
        422: "not_paid_out",
    },
    "POST /v1/sso-secrets": {
        409: "too_many_secrets",
    },
    "GET /v1/wallets/{reference}/movements": {
        422: "bad_cursor",
    },
    "POST /v1/webhook-endpoints": {
        409: "endpoint_exists",
        422: "bad_types bad_url unknown_type",
    },
    "POST /v1/webhook-endpoints/{endpoint}/replay": {
        409: "endpoint_disabled",
        422: "bad_replay bad_span",
    },
    "POST /v1/webhook-endpoints/{endpoint}/rotate-secret": {
        422: "bad_secret",
    },
    "POST /v1/webhook-endpoints/{endpoint}/test": {
        409: "endpoint_disabled",
    },
    "POST /v1/webhook-signatures/check": {
        422: "bad_secret",
    },
}
"""By status, the codes in the order of the alphabet."""
