"""Which scope an operation takes: asked at the gate, so that a key without it is refused before its body is read."""

from collections.abc import Mapping

from cashback.actors import Scope

_ALONE: Mapping[Scope, str] = {
    Scope.READ: """
        GET /v1/bank-accounts
        GET /v1/cards
        GET /v1/cards/{card}
        GET /v1/centres
        GET /v1/decisions/{decision}
        GET /v1/decisions/{decision}/plans/{plan}/information-sheet
        GET /v1/decisions/{decision}/plans/{plan}/information-sheet.pdf
        GET /v1/decisions/{decision}/record
        GET /v1/domains
        GET /v1/embed-origins
        GET /v1/exports/{kind}
        GET /v1/identifiers
        GET /v1/instalment-plans
        GET /v1/instalment-plans/{plan}
        GET /v1/instalment-plans/{plan}/collections
        GET /v1/instalment-settings
        GET /v1/match-questions
        GET /v1/offers
        GET /v1/offers/{code}
        GET /v1/payouts
        GET /v1/payouts/{payout}
        GET /v1/programme
        GET /v1/purchases
        GET /v1/purchases/{purchase}
        GET /v1/rewards
        GET /v1/segments
        GET /v1/shoppers
        GET /v1/shoppers/{reference}
        GET /v1/shoppers/{reference}/claims
        GET /v1/shoppers/{reference}/facts
        GET /v1/shoppers/{reference}/instalment-plans
        GET /v1/shoppers/{reference}/mandates
        GET /v1/shoppers/{reference}/notices
        GET /v1/shoppers/{reference}/offers
        GET /v1/shoppers/{reference}/payout-accounts
        GET /v1/shoppers/{reference}/payouts
        GET /v1/shoppers/{reference}/preferences
        GET /v1/shoppers/{reference}/score
        GET /v1/shops
        GET /v1/shops/{shop}
        POST /v1/simulations
        GET /v1/theme
        GET /v1/theme/versions
        GET /v1/wallets/{reference}
        GET /v1/wallets/{reference}/movements
    """,
    Scope.SHOPPERS: """
        POST /v1/activations
        POST /v1/bank-accounts
        POST /v1/bank-accounts/unlink
        POST /v1/cards
        POST /v1/cards/facts
        POST /v1/cards/unlink
        POST /v1/cards/{card}/unlink
        POST /v1/claims
        POST /v1/claims/{claim}/cancel
        POST /v1/decisions/{decision}/review
        POST /v1/disputes
        POST /v1/eligibility
        POST /v1/facts
        POST /v1/facts/end
        POST /v1/instalment-plans
        POST /v1/instalment-plans/{plan}/move
        POST /v1/instalment-plans/{plan}/pause
        POST /v1/instalment-plans/{plan}/withdraw
        POST /v1/payouts/{payout}/reveal
        POST /v1/purchases/join
        POST /v1/purchases/{purchase}/split
        POST /v1/shoppers
        PUT /v1/shoppers/{reference}
        PUT /v1/shoppers/{reference}/email
        POST /v1/shoppers/{reference}/embed-links
        GET /v1/shoppers/{reference}/export
        PUT /v1/shoppers/{reference}/means
        PUT /v1/shoppers/{reference}/preferences
        POST /v1/shoppers/{reference}/sso-links
        GET /v1/sso-secrets
        POST /v1/sso-secrets
        POST /v1/sso-secrets/{secret}/end
        POST /v1/wallets/{reference}/entry-links
    """,
    Scope.PROGRAMME: """
        POST /v1/backtests
        PUT /v1/embed-origins
        POST /v1/identifiers
        PUT /v1/instalment-settings
        POST /v1/match-questions/answers
        POST /v1/offers/{code}/cancel
        PUT /v1/offers/{code}/draft
        POST /v1/offers/{code}/end
        POST /v1/offers/{code}/pause
        POST /v1/offers/{code}/resume
        POST /v1/offers/{code}/submit
        PUT /v1/programme
        PUT /v1/theme
        POST /v1/theme/versions/{version}/restore
    """,
    Scope.APPROVAL: """
        POST /v1/offers/{code}/approve
        POST /v1/offers/{code}/reject
        POST /v1/offers/{code}/request-changes
    """,
    Scope.CLAIMS: """
        GET /v1/claims
        GET /v1/claims/{claim}
        POST /v1/claims/{claim}/accept
        POST /v1/claims/{claim}/identifiers
        GET /v1/claims/{claim}/picture
        POST /v1/claims/{claim}/refuse
        POST /v1/claims/{claim}/withdraw
    """,
    Scope.REVIEWS: """
        GET /v1/decision-reviews
        GET /v1/decision-reviews/figures
        GET /v1/decision-reviews/{review}
        POST /v1/decision-reviews/{review}/agree
        POST /v1/decision-reviews/{review}/assign
        POST /v1/decision-reviews/{review}/overturn
        POST /v1/decision-reviews/{review}/uphold
    """,
    Scope.MONEY: """
        POST /v1/adjustments/{adjustment}/approve
        POST /v1/adjustments/{adjustment}/refuse
        GET /v1/bank-differences
        GET /v1/bank-files
        POST /v1/bank-files
        GET /v1/funders
        PUT /v1/funders
        POST /v1/funders/pauses
        POST /v1/funders/payments
        POST /v1/instalment-plans/{plan}/confirm
        POST /v1/instalment-plans/{plan}/contract/sign
        POST /v1/instalment-plans/{plan}/first-payment
        POST /v1/instalment-plans/{plan}/pay
        POST /v1/instalment-plans/{plan}/refunds
        POST /v1/instalment-plans/{plan}/write-off
        POST /v1/instalment-remittances
        POST /v1/mandates/{mandate}/confirm
        POST /v1/mandates/{mandate}/end
        POST /v1/payments
        POST /v1/payouts/{payout}/approve
        POST /v1/payouts/{payout}/cancel
        POST /v1/payouts/{payout}/stop
        PUT /v1/seller
        GET /v1/settlements
        POST /v1/settlements
        POST /v1/settlements/preview
        GET /v1/settlements/{settlement}
        GET /v1/settlements/{settlement}.csv
        GET /v1/settlements/{settlement}.pdf
        GET /v1/settlements/{settlement}/movements.csv
        POST /v1/shoppers/{reference}/mandates
        POST /v1/shoppers/{reference}/payout-accounts
        POST /v1/shoppers/{reference}/payout-accounts/{account}/remove
        POST /v1/shoppers/{reference}/payouts
    """,
    Scope.SUPPORT: """
        GET /v1/shoppers/{reference}/erasure
        POST /v1/shoppers/{reference}/erasure
    """,
    Scope.BOOKS: """
        GET /v1/books/head
        GET /v1/books/trial-balance
        GET /v1/instalment-book
        GET /v1/instalment-remittances
    """,
    Scope.WEBHOOKS: """
        GET /v1/event-types
        GET /v1/events/stream
        GET /v1/webhook-endpoints
        POST /v1/webhook-endpoints
        GET /v1/webhook-endpoints/{endpoint}
        GET /v1/webhook-endpoints/{endpoint}/deliveries
        GET /v1/webhook-endpoints/{endpoint}/deliveries/{message}
        POST /v1/webhook-endpoints/{endpoint}/disable
        POST /v1/webhook-endpoints/{endpoint}/enable
        POST /v1/webhook-endpoints/{endpoint}/replay
        POST /v1/webhook-endpoints/{endpoint}/rotate-secret
        POST /v1/webhook-endpoints/{endpoint}/test
        POST /v1/webhook-signatures/check
    """,
    Scope.KEYS: """
        GET /v1/api-keys
        POST /v1/api-keys
        POST /v1/api-keys/{key}/revoke
        POST /v1/api-keys/{key}/rotate
        GET /v1/requests
    """,
    Scope.TEAM: """
        GET /v1/audit-log
        POST /v1/domains
        DELETE /v1/domains/{domain}
        POST /v1/domains/{domain}/verify
        GET /v1/members
        POST /v1/members
        POST /v1/members/{member}/remove
        POST /v1/members/{member}/reset
        POST /v1/members/{member}/role
    """,
}

_EITHER: Mapping[str, tuple[Scope, ...]] = {
    "GET /v1/adjustments": (Scope.SUPPORT, Scope.MONEY),
    "POST /v1/adjustments": (Scope.SUPPORT, Scope.MONEY),
    "POST /v1/offers/{code}/stop": (Scope.PROGRAMME, Scope.APPROVAL),
}

NEEDED: Mapping[str, tuple[Scope, ...]] = {
    **{each.strip(): (scope,) for scope, told in _ALONE.items() for each in told.strip().splitlines()},
    **_EITHER,
}
"""By operation, such as `POST /v1/payments`: each of these scopes is enough."""
