"""Names of operations: stable, readable, made of the method and the address."""

from collections.abc import Mapping

_SINGULARS = {"deliveries": "delivery", "identities": "identity"}
_VERBS = ("request_changes",)
"""Words that are no list, though they end like one."""
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


def operation_id(method: str, path: str) -> str:
    """`list_payouts`, `get_payout`, `create_shopper_payout`, `approve_payout`, `put_offer_draft`."""
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


def shape_name(name: str) -> str:
    """`ClaimsReason` of `cashback__claims__schemas__Reason`, `OfferPauseBody` of a body in `offer_routes`."""
    *places, last = name.split("__")
    if not places:
        return name
    place = places[-2] if places[-1] in ("schemas", "service") else places[-1].removesuffix("_routes")
    return "".join(word.capitalize() for word in place.split("_")) + last
