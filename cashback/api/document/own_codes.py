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
    "POST /v1/adjustments/{adjustment}/approve": {
        404: "unknown_adjustment",
    },
    "POST /v1/adjustments/{adjustment}/refuse": {
        404: "unknown_adjustment",
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
    "POST /v1/cards/unlink": {
        404: "card_not_linked unknown_shopper",
        422: "card_number",
    },
    "POST /v1/claims": {
        404: "unknown_shop unknown_shopper",
        422: "card_number not_linked picture_unknown too_large",
    },
    "GET /v1/claims/{claim}": {
        404: "unknown_claim",
    },
    "POST /v1/claims/{claim}/accept": {
        404: "unknown_claim",
    },
    "POST /v1/claims/{claim}/identifiers": {
        404: "unknown_claim",
    },
    "GET /v1/claims/{claim}/picture": {
        404: "no_picture unknown_claim",
    },
    "POST /v1/claims/{claim}/refuse": {
        404: "unknown_claim",
        409: "already_answered",
    },
    "POST /v1/claims/{claim}/withdraw": {
        404: "unknown_claim",
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
    "GET /v1/offers/{code}": {
        404: "unknown_offer",
    },
    "POST /v1/offers/{code}/approve": {
        403: "four_eyes",
        404: "unknown_offer",
        409: "offer_move",
        422: "ends_at",
    },
    "POST /v1/offers/{code}/cancel": {
        404: "unknown_offer",
        409: "offer_move",
    },
    "PUT /v1/offers/{code}/draft": {
        409: "offer_revision",
        422: "offer_terms",
    },
    "POST /v1/offers/{code}/end": {
        404: "unknown_offer",
    },
    "POST /v1/offers/{code}/pause": {
        404: "unknown_offer",
    },
    "POST /v1/offers/{code}/reject": {
        404: "unknown_offer",
    },
    "POST /v1/offers/{code}/request-changes": {
        404: "unknown_offer",
    },
    "POST /v1/offers/{code}/resume": {
        404: "unknown_offer",
        409: "offer_move",
    },
    "POST /v1/offers/{code}/stop": {
        404: "unknown_offer",
    },
    "POST /v1/offers/{code}/submit": {
        404: "unknown_offer",
        409: "offer_move",
    },
    "POST /v1/payments": {
        404: "unknown_shopper",
        422: "insufficient_balance",
    },
    "GET /v1/payouts/{payout}": {
        404: "unknown_payout",
    },
    "POST /v1/payouts/{payout}/approve": {
        403: "second_person",
        404: "unknown_payout",
    },
    "POST /v1/payouts/{payout}/cancel": {
        404: "unknown_payout",
    },
    "POST /v1/payouts/{payout}/reveal": {
        404: "unknown_payout",
        409: "payout_state",
    },
    "POST /v1/payouts/{payout}/stop": {
        404: "unknown_payout",
        409: "payout_state",
    },
    "PUT /v1/programme": {
        422: "programme_file too_large",
    },
    "POST /v1/purchases/join": {
        404: "unknown_purchase",
        422: "one_purchase",
    },
    "POST /v1/purchases/{purchase}/split": {
        404: "unknown_purchase",
        422: "one_view",
    },
    "PUT /v1/seller": {
        422: "card_number",
    },
    "POST /v1/settlements": {
        409: "period_not_over",
        422: "unknown_funder unknown_period",
    },
    "GET /v1/settlements/{settlement}": {
        404: "unknown_settlement",
    },
    "GET /v1/settlements/{settlement}.csv": {
        404: "unknown_settlement",
    },
    "GET /v1/settlements/{settlement}.pdf": {
        404: "unknown_settlement",
    },
    "GET /v1/settlements/{settlement}/movements.csv": {
        404: "unknown_settlement",
    },
    "POST /v1/shoppers": {
        422: "card_number",
    },
    "GET /v1/shoppers/{reference}/claims": {
        404: "unknown_shopper",
    },
    "GET /v1/shoppers/{reference}/facts": {
        404: "unknown_shopper",
    },
    "GET /v1/shoppers/{reference}/notices": {
        404: "unknown_shopper",
    },
    "GET /v1/shoppers/{reference}/offers": {
        404: "unknown_shopper",
    },
    "GET /v1/shoppers/{reference}/payout-accounts": {
        404: "unknown_shopper",
    },
    "POST /v1/shoppers/{reference}/payout-accounts": {
        404: "unknown_shopper",
        422: "not_an_iban rail_not_allowed",
    },
    "POST /v1/shoppers/{reference}/payout-accounts/{account}/remove": {
        404: "unknown_account unknown_shopper",
    },
    "GET /v1/shoppers/{reference}/payouts": {
        404: "unknown_shopper",
    },
    "POST /v1/shoppers/{reference}/payouts": {
        404: "unknown_shopper",
        422: "not_paid_out",
    },
    "GET /v1/wallets/{reference}": {
        404: "unknown_shopper",
    },
    "POST /v1/wallets/{reference}/entry-links": {
        404: "unknown_shopper",
    },
    "POST /v1/webhook-endpoints": {
        409: "endpoint_exists",
        422: "bad_types bad_url unknown_type",
    },
    "GET /v1/webhook-endpoints/{endpoint}": {
        404: "unknown_endpoint",
    },
    "GET /v1/webhook-endpoints/{endpoint}/deliveries": {
        404: "unknown_endpoint",
    },
    "GET /v1/webhook-endpoints/{endpoint}/deliveries/{message}": {
        404: "unknown_endpoint",
    },
    "POST /v1/webhook-endpoints/{endpoint}/disable": {
        404: "unknown_endpoint",
    },
    "POST /v1/webhook-endpoints/{endpoint}/enable": {
        404: "unknown_endpoint",
    },
    "POST /v1/webhook-endpoints/{endpoint}/replay": {
        404: "unknown_endpoint",
        409: "endpoint_disabled",
        422: "bad_replay bad_span",
    },
    "POST /v1/webhook-endpoints/{endpoint}/rotate-secret": {
        404: "unknown_endpoint",
        422: "bad_secret",
    },
    "POST /v1/webhook-endpoints/{endpoint}/test": {
        404: "unknown_endpoint",
        409: "endpoint_disabled",
    },
    "POST /v1/webhook-signatures/check": {
        422: "bad_secret",
    },
}
"""By status, the codes in the order of the alphabet."""
