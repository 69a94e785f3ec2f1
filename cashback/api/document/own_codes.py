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
    "POST /v1/api-keys/{key}/revoke": {
        404: "unknown_key",
    },
    "POST /v1/api-keys/{key}/rotate": {
        404: "unknown_key",
        422: "bad_overlap key_revoked",
    },
    "POST /v1/cards": {
        404: "unknown_shopper",
        409: "card_linked",
        422: "card_number",
    },
    "POST /v1/cards/facts": {
        404: "card_not_linked unknown_shopper",
        422: "card_number",
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
    "GET /v1/decision-reviews/{review}": {
        404: "record_destroyed",
    },
    "POST /v1/decision-reviews/{review}/agree": {
        403: "four_eyes",
        404: "record_destroyed",
        409: "already_answered by_law no_card_facts not_waiting",
    },
    "POST /v1/decision-reviews/{review}/assign": {
        409: "already_answered",
    },
    "POST /v1/decision-reviews/{review}/overturn": {
        404: "record_destroyed",
        409: "already_answered by_law no_card_facts waiting_for_second",
        422: "no_quote wrong_reason",
    },
    "POST /v1/decision-reviews/{review}/uphold": {
        403: "four_eyes",
        409: "already_answered",
        422: "wrong_reason",
    },
    "GET /v1/decisions/{decision}": {
        404: "record_destroyed",
    },
    "GET /v1/decisions/{decision}/plans/{plan}/information-sheet": {
        404: "no_quote record_destroyed",
    },
    "GET /v1/decisions/{decision}/record": {
        404: "record_destroyed",
    },
    "POST /v1/decisions/{decision}/review": {
        404: "record_destroyed",
        409: "nothing_to_contest",
        422: "too_large",
    },
    "POST /v1/disputes": {
        404: "unknown_purchase",
    },
    "POST /v1/eligibility": {
        404: "card_not_linked unknown_purchase unknown_shop unknown_shopper",
        409: "already_split idempotency_key no_card_facts nothing_to_split",
        422: "age_untold amount currency lender plans shop_or_purchase unknown_plan",
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
    "GET /v1/instalment-plans": {
        404: "no_programme unknown_shop",
    },
    "POST /v1/instalment-plans": {
        404: "record_destroyed unknown_decision unknown_purchase unknown_shop",
        409: "already_split idempotency_key instalments_not_offered no_card_facts "
        "not_open_any_more nothing_to_split purchase_split quote_expired quote_used",
        422: "card_number no_quote order_missing",
    },
    "POST /v1/instalment-plans/{plan}/move": {
        409: "moved_before plan_state withdrawn_before",
        422: "day not_ahead outside_regime",
    },
    "POST /v1/instalment-plans/{plan}/pause": {
        409: "paused_before plan_state withdrawn_before",
    },
    "POST /v1/instalment-plans/{plan}/refunds": {
        404: "no_programme",
        409: "idempotency_key no_sale",
        422: "refund_exceeds",
    },
    "POST /v1/instalment-plans/{plan}/withdraw": {
        404: "no_programme",
        409: "no_credit plan_state too_late withdrawn_before",
    },
    "POST /v1/instalment-plans/{plan}/write-off": {
        403: "second_person",
        409: "plan_state",
    },
    "GET /v1/instalment-remittances": {
        404: "no_programme",
    },
    "POST /v1/instalment-remittances": {
        404: "no_programme unknown_shop",
        409: "idempotency_key",
        422: "remittance",
    },
    "GET /v1/instalment-settings": {
        409: "instalments_not_offered",
    },
    "PUT /v1/instalment-settings": {
        404: "no_programme",
        422: "settings",
    },
    "POST /v1/match-questions/answers": {
        404: "unknown_shop",
        422: "matching_off",
    },
    "POST /v1/members": {
        403: "role_too_high",
        409: "member_exists too_many_members",
        422: "bad_address bad_name card_number",
    },
    "POST /v1/members/{member}/remove": {
        403: "role_too_high",
        409: "last_admin",
    },
    "POST /v1/members/{member}/reset": {
        403: "role_too_high",
    },
    "POST /v1/members/{member}/role": {
        403: "role_too_high",
        409: "last_admin",
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
        422: "country means_by_half means_out_of_bounds",
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
