"""What fields of examples hold by their names, where their schemas tell no example: the first value that is allowed."""

import re
from collections.abc import Mapping
from typing import Any

_BODY_OF_AN_ID = "01kbcr4zsyfcxa3wp4tqktv42j"
_CURSOR = "WyIzZjlhMWM3YjJlNGQiLDE3NjQ1OF0"
_WORDS = "The receipt shows the amount that was paid."
TEXTS: Mapping[str, tuple[str, ...]] = {
    "account": ("acc-4711", "operator"),
    "actor": ("key:till",),
    "address": ("12 quai Rambaud",),
    "answer": ("cafe",),
    "area": ("south",),
    "asset": ("EUR",),
    "author": ("member:ada",),
    "bic": ("AGRIFRPP",),
    "body": ('{"type": "reward.earned"}',),
    "brand": ("Lune",),
    "card": (f"crd_{_BODY_OF_AN_ID}",),
    "category": ("5942",),
    "centre": ("centre",),
    "client_secret": ("seti_1QxExample_secret_7",),
    "code": ("summer",),
    "connection": ("my-bank",),
    "corrects": (f"stl_{_BODY_OF_AN_ID}",),
    "country": ("FR",),
    "credit": ("wallet:pending",),
    "currency": ("EUR",),
    "debit": ("funder:operator",),
    "decided_by": ("member:ada",),
    "decision_id": (f"dec_{_BODY_OF_AN_ID}",),
    "descriptor": ("CAFE LUNE LYON",),
    "email": ("anna@shoppers.example",),
    "members_email": ("hello@centre.example",),
    "en": ("Declared by the shopper",),
    "floor": ("0",),
    "fr": ("Déclaré par le client",),
    "hash": ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    "iban": ("FR1420041010050500013M02606",),
    "idempotency_key": ("019ad0c2-order-1042",),
    "identifier": ("mid:1001",),
    "imported_by": ("member:ada",),
    "information_sheet": (f"/v1/decisions/dec_{_BODY_OF_AN_ID}/plans/2x/information-sheet",),
    "invited_by": ("member:ada",),
    "label": ("till",),
    "last_four": ("4242",),
    "legal_form": ("SAS",),
    "locale": ("fr",),
    "made_by": ("member:ada",),
    "message": (f"msg_{_BODY_OF_AN_ID}",),
    "name": ("Le Quai", "cafe"),
    "network": ("sandbox",),
    "network_ref": ("000123456789",),
    "next_cursor": (_CURSOR,),
    "number": ("2026-0001",),
    "offer": ("summer",),
    "order_ref": ("order-1042",),
    "origins": ("https://crm.example",),
    "plan": ("2x",),
    "purchase": (f"pur_{_BODY_OF_AN_ID}",),
    "rail": ("sepa",),
    "reason": ("delay",),
    "reference": ("anna",),
    "registered_at": ("RCS Lyon",),
    "registration": ("732829320",),
    "replaces": (f"key_{_BODY_OF_AN_ID}",),
    "review": (f"rev_{_BODY_OF_AN_ID}",),
    "review_url": (f"/v1/decisions/dec_{_BODY_OF_AN_ID}/review",),
    "scheme": ("visa",),
    "secret": ("whsec_ZXhhbXBsZS1vZi1hLXNlY3JldC1vZi0zMi1ieXRlcw",),
    "sha256": ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    "shop": ("cafe",),
    "shop_code": ("cafe",),
    "shopper": ("anna",),
    "source": ("sandbox",),
    "state": ("open",),
    "subject": (f"pur_{_BODY_OF_AN_ID}",),
    "token": ("card-token-1",),
    "towns": ("Lyon",),
    "url": ("https://crm.example/events",),
    "vat_number": ("FR44732829320",),
    "why": (_WORDS,),
    "words": (_WORDS,),
    "zone": ("Europe/Paris",),
}
NUMBERS: Mapping[str, int] = {
    "amount": 1250,
    "milliseconds": 12,
    "opening_minutes": 60,
    "payment_days": 30,
    "points": 40,
    "remind_days": 3,
    "seed": 42,
    "write_off_days": 90,
}
_NUMBERS_BY_END: Mapping[str, int] = {"_minor": 1250, "_bps": 500, "_days": 14, "_seconds": 60}


def named_text(name: str, schema: Mapping[str, Any]) -> str | None:
    """A text for a field of this name; None: none is known that the schema allows."""
    pattern, least, most = schema.get("pattern", ""), schema.get("minLength", 0), schema.get("maxLength", 10_000)
    for each in TEXTS.get(name, ()):
        if re.search(pattern, each) and least <= len(each) <= most:
            return each
    return None


def named_number(name: str, schema: Mapping[str, Any]) -> int | None:
    """A number for a field of this name; None: none is known that the schema allows."""
    by_end = next((value for end, value in _NUMBERS_BY_END.items() if name.endswith(end)), None)
    value = NUMBERS.get(name, by_end)
    if value is None:
        return None
    fits = schema.get("minimum", value) <= value <= schema.get("maximum", value)
    fits = fits and schema.get("exclusiveMinimum", value - 1) < value < schema.get("exclusiveMaximum", value + 1)
    return value if fits else None
