"""Offers to begin with: three that every centre knows, filled from the programme that is there."""

from collections.abc import Callable, Mapping

from cashback.insights.house import House
from cashback.offers.wording import Language
from cashback.web.console.offers.typed import PLAIN, Row, Typed

TEMPLATES = ("percent", "visits", "weekday")
"""A percentage from an amount on; a stamp card; a quiet day of the week."""


def _percent(_: Language) -> Typed:
    return Typed(
        conditions=[Row(0, "minimum_spend", {"amount": ["30"]})],
        reward={"kind": ["percent"], "rate_bps": ["5"], "cap_per_purchase": ["10"]},
        single={"name.en": "5 % from 30", "name.fr": "5 % dès 30", "hold_days": "14", "holdout": "10"},
    )


def _visits(_: Language) -> Typed:
    return Typed(
        conditions=[
            Row(0, "minimum_spend", {"amount": ["8"]}),
            Row(1, "stamp_card", {"every": ["5"], "one_a_day": ["yes"], "period": ["month"]}),
        ],
        reward={"kind": ["fixed"], "amount": ["3"]},
        limits=[Row(0, "", {"measure": ["times"], "at_most": ["2"], "per": ["shopper"], "period": ["month"]})],
        single={"name.en": "Fifth visit", "name.fr": "Cinquième visite", "hold_days": "14", "holdout": "10"},
    )


def _weekday(language: Language) -> Typed:
    half = "2,5" if language == "fr" else "2.5"
    return Typed(
        conditions=[
            Row(0, "weekdays", {"weekdays": ["tue"]}),
            Row(1, "minimum_spend", {"amount": ["20"]}),
        ],
        reward={"kind": ["percent"], "rate_bps": [half], "cap_per_purchase": ["5"]},
        single={"name.en": "Tuesdays count more", "name.fr": "Le mardi rapporte", "hold_days": "14", "holdout": "10"},
    )


_MADE: Mapping[str, Callable[[Language], Typed]] = {"percent": _percent, "visits": _visits, "weekday": _weekday}


def template(name: str, house: House, language: Language) -> Typed:
    """A template by its name; an empty form with a usual first row for any other."""
    made = _MADE.get(name)
    if made is None:
        typed = Typed(conditions=[Row(0, "minimum_spend", {})], reward={"kind": ["percent"]})
    else:
        typed = made(language)
    typed.reward["asset"] = [house.programme.currency]
    typed.single = {**dict.fromkeys(PLAIN, ""), **typed.single}
    return typed
