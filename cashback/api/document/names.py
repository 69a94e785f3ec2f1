"""Names of operations: stable, readable, made of the method and the address."""

import re
from collections.abc import Mapping

_SINGULARS = {"deliveries": "delivery", "identities": "identity"}
_VERBS = ("request_changes",)
"""Words that are no list, though they end like one."""
_PAGE = re.compile(r"Listed_(\w+?)(?:Out|Answer)?_")
TAGS: Mapping[str, str] = {
    "activations": "Offers",
    "adjustments": "Money",
    "api-keys": "API keys",
    "backtests": "Offers",
    "books": "Books",
    "cards": "Shoppers",
    "claims": "Claims",
    "domains": "White label",
    "event-types": "Webhooks",
    "events": "Webhooks",
    "facts": "Shoppers",
    "funders": "Money",
    "identifiers": "Programme",
    "instalment-book": "Instalments",
    "instalment-plans": "Instalments",
    "instalment-remittances": "Instalments",
    "instalment-settings": "Instalments",
    "offers": "Offers",
    "payments": "Money",
    "payouts": "Payouts",
    "programme": "Programme",
    "purchases": "Purchases",
    "requests": "API keys",
    "rewards": "Purchases",
    "seller": "Settlements",
    "settlements": "Settlements",
    "shoppers": "Shoppers",
    "simulations": "Offers",
    "theme": "White label",
    "wallets": "Shoppers",
    "webhook-endpoints": "Webhooks",
    "webhook-signatures": "Webhooks",
}
"""By the first word of the address; what is not here is a tag of its own."""


OPERATIONS: Mapping[str, str] = {
    "DELETE /v1/domains/{domain}": "remove_domain",
    "DELETE /v1/webhook-endpoints/{endpoint}": "remove_webhook_endpoint",
    "GET /v1/books/head": "get_book_heads",
    "GET /v1/books/trial-balance": "get_trial_balance",
    "GET /v1/decision-reviews/figures": "get_decision_review_figures",
    "GET /v1/embed-origins": "get_embed_origins",
    "GET /v1/events/stream": "stream_events",
    "GET /v1/instalment-settings": "get_instalment_settings",
    "GET /v1/shoppers/{reference}/preferences": "get_shopper_preferences",
    "PATCH /v1/webhook-endpoints/{endpoint}": "change_webhook_endpoint",
    "POST /v1/activations": "activate_offer",
    "POST /v1/backtests": "run_backtest",
    "POST /v1/bank-accounts": "link_bank_account",
    "POST /v1/bank-accounts/unlink": "unlink_bank_account",
    "POST /v1/bank-files": "import_bank_file",
    "POST /v1/cards": "link_card",
    "POST /v1/cards/facts": "tell_card_facts",
    "POST /v1/cards/unlink": "unlink_card_by_token",
    "POST /v1/claims/{claim}/identifiers": "map_claim_identifier",
    "POST /v1/decision-reviews/{review}/agree": "agree_to_decision_review",
    "POST /v1/decisions/{decision}/review": "contest_decision",
    "POST /v1/eligibility": "check_eligibility",
    "POST /v1/facts": "tell_facts",
    "POST /v1/facts/end": "end_fact",
    "POST /v1/funders/pauses": "pause_funder",
    "POST /v1/funders/payments": "record_funder_payment",
    "POST /v1/identifiers": "import_identifiers",
    "POST /v1/instalment-plans/{plan}/confirm": "confirm_instalment_plan_payment",
    "POST /v1/instalment-plans/{plan}/first-payment": "request_first_payment",
    "POST /v1/instalment-plans/{plan}/refunds": "refund_instalment_plan",
    "POST /v1/instalment-remittances": "record_instalment_remittance",
    "POST /v1/match-questions/answers": "answer_match_question",
    "POST /v1/members": "invite_member",
    "POST /v1/members/{member}/role": "change_member_role",
    "POST /v1/offers/{code}/request-changes": "request_offer_changes",
    "POST /v1/payments": "record_payment",
    "POST /v1/payouts/{payout}/reveal": "reveal_gift_card",
    "POST /v1/settlements": "issue_settlements",
    "POST /v1/shoppers": "open_shoppers",
    "POST /v1/shoppers/{reference}/erasure": "erase_shopper",
    "POST /v1/simulations": "simulate_purchase",
    "POST /v1/webhook-endpoints/{endpoint}/replay": "replay_webhook_endpoint_deliveries",
    "POST /v1/webhook-endpoints/{endpoint}/rotate-secret": "rotate_webhook_endpoint_secret",
    "POST /v1/webhook-signatures/check": "check_webhook_signature",
    "PUT /v1/funders": "put_funder",
}
"""Those that would read badly by the rule: generators of clients name methods after them, so none changes again."""


def operation_id(name: str) -> str:
    """`list_payouts`, `get_payout`, `create_shopper_payout`; `approve_payout` of a `POST` to a payout's `approve`."""
    return OPERATIONS.get(name) or _by_rule(*name.split(" ", 1))


def _by_rule(method: str, path: str) -> str:
    parts = path.removeprefix("/v1/").replace(".", "/").split("/")
    words: list[str] = []
    for number, part in enumerate(parts):
        if not part.startswith("{"):
            one = number + 1 < len(parts) and parts[number + 1].startswith("{")
            words.append(_singular(_word(part)) if one else _word(part))
    last, named = _word(parts[-1]), parts[-1].startswith("{")
    if method == "GET":
        verb = "list" if not named and _is_plural(last) else "get"
    elif method != "POST":
        verb = method.lower()
    elif named or _is_plural(last):
        verb, words[-1] = "create", _singular(words[-1])
    elif len(words) > 1:
        verb = words.pop()
    else:
        verb = "post"
    return "_".join((verb, *words))


def tag_of(path: str) -> str:
    """The group that an operation stands in."""
    first = path.removeprefix("/v1/").split("/")[0]
    return TAGS.get(first, first.replace("-", " ").capitalize())


def _word(part: str) -> str:
    return part.strip("{}").replace("-", "_")


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith("ss") and word not in _VERBS


def _singular(word: str) -> str:
    if word in _SINGULARS:
        return _SINGULARS[word]
    for plural, singular in _SINGULARS.items():
        if word.endswith(f"_{plural}"):
            return word.removesuffix(plural) + singular
    return word[:-1] if _is_plural(word) else word


_SHAPES: Mapping[str, str] = {
    "AdjustmentsReason": "AdjustmentReason",
    "AdjustmentsState": "AdjustmentState",
    "ClaimsReason": "ClaimReason",
    "CollectingRailName": "CardRail",
    "Kind": "AdjustmentKind",
    "Mode": "FunderMode",
    "Part": "ColourPart",
    "Payment": "FunderPaymentKind",
    "PayoutsRailName": "PayoutRail",
    "PayoutsState": "PayoutState",
    "ScheduleState": "DeliveryState",
    "Verdict": "MatchVerdict",
}
"""Shapes that the code calls by a word too short to stand alone."""


def shape_name(name: str) -> str:
    """`ClaimsReason` of `cashback__claims__schemas__Reason`, `OfferPauseBody` of a body in `offer_routes`.

    `PurchasePage` of a page of `PurchaseOut`.
    """
    page = _PAGE.fullmatch(name)
    if page is not None:
        return f"{page[1]}Page"
    *places, last = name.split("__")
    if not places:
        return _SHAPES.get(name, name)
    place = places[-2] if places[-1] in ("schemas", "service") else places[-1].removesuffix("_routes")
    told = "".join(word.capitalize() for word in place.split("_")) + last
    return _SHAPES.get(told, told)
