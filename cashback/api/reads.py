"""What of the API's reading goes into the audit log: whose data a key saw, as the console tells it of a member.

Reading of single people and of everybody is written down, once an hour at most for each key, subject and kind. What
names nobody (the programme, shops, offers, settings, figures) is not.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from cashback.ids import show

PEOPLE = "people"
"""Under this name the state of a request holds the shoppers whose names its route looked up."""
EVERYBODY = "everybody"
_THINGS = ("purchase", "card", "claim", "payout", "plan", "decision", "review", "kind")
"""Parts of addresses that name the one thing that is read."""

READS: Mapping[str, str] = {
    "/v1/shoppers": "shoppers",
    "/v1/shoppers/{reference}": "shoppers",
    "/v1/shoppers/{reference}/erasure": "shoppers",
    "/v1/shoppers/{reference}/preferences": "shoppers",
    "/v1/shoppers/{reference}/notices": "notices",
    "/v1/shoppers/{reference}/facts": "facts",
    "/v1/shoppers/{reference}/offers": "offers",
    "/v1/shoppers/{reference}/claims": "claims",
    "/v1/claims": "claims",
    "/v1/claims/{claim}": "claims",
    "/v1/claims/{claim}/picture": "pictures",
    "/v1/shoppers/{reference}/mandates": "accounts",
    "/v1/shoppers/{reference}/payout-accounts": "accounts",
    "/v1/bank-accounts": "accounts",
    "/v1/shoppers/{reference}/payouts": "payouts",
    "/v1/payouts": "payouts",
    "/v1/payouts/{payout}": "payouts",
    "/v1/adjustments": "adjustments",
    "/v1/shoppers/{reference}/instalment-plans": "plans",
    "/v1/instalment-plans": "plans",
    "/v1/instalment-plans/{plan}": "plans",
    "/v1/instalment-plans/{plan}/collections": "plans",
    "/v1/shoppers/{reference}/score": "score",
    "/v1/decisions/{decision}": "decisions",
    "/v1/decisions/{decision}/plans/{plan}/information-sheet": "decisions",
    "/v1/decisions/{decision}/plans/{plan}/information-sheet.pdf": "decisions",
    "/v1/decisions/{decision}/record": "records",
    "/v1/decision-reviews": "reviews",
    "/v1/decision-reviews/{review}": "reviews",
    "/v1/wallets/{reference}": "wallets",
    "/v1/wallets/{reference}/movements": "movements",
    "/v1/purchases": "purchases",
    "/v1/purchases/{purchase}": "purchases",
    "/v1/rewards": "rewards",
    "/v1/cards": "cards",
    "/v1/cards/{card}": "cards",
    "/v1/members": "team",
    "/v1/exports/{kind}": "exports",
}
"""By address, the kind of what is read; its line is `read.<kind>`. `/v1/shoppers/{reference}/export` writes its own."""


def reading_of(template: str, values: Mapping[str, Any], people: Sequence[UUID]) -> tuple[str, str] | None:
    """The action and the subject of a reading that succeeded; None for one that is not written down.

    The subject is the shopper where the address or a filter names one, else the one thing that is read, else everybody.
    """
    kind = READS.get(template)
    if kind is None:
        return None
    action = f"read.{kind}"
    if people:
        return action, show("shp", people[0])
    one = next((str(values[name]) for name in _THINGS if name in values), EVERYBODY)
    return action, f"export:{one}" if kind == "exports" else one
