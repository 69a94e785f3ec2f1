"""The tables of `docs/programme-file.md` that describe kinds and terms, written from the classes that read them.

`python -m cashback.programme_file.reference docs/programme-file.md` writes them anew between their marks; a test
compares.
"""

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cashback.offers.limits import Limit
from cashback.offers.terms import CONDITIONS, REWARDS, FundingShare
from cashback.payouts.policy import AssetPayouts

EXAMPLES: Mapping[str, str] = {
    "centres": "{kind: centres, centres: [les-quais]}",
    "shops": "{kind: shops, shops: [dune-mode, cordelier]}",
    "categories": '{kind: categories, categories: ["5812", "5462"]}',
    "brands": "{kind: brands, brands: [Maison Lune]}",
    "floors": '{kind: floors, floors: ["0"]}',
    "areas": "{kind: areas, areas: [food court]}",
    "networks": "{kind: networks, networks: [fidel, sandbox]}",
    "channel": "{kind: channel, channel: in_store}",
    "dates": "{kind: dates, first_day: 2026-12-01, last_day: 2026-12-24}",
    "weekdays": "{kind: weekdays, weekdays: [fri, sat]}",
    "hours": '{kind: hours, ranges: [{from: "11:30", to: "14:30"}]}',
    "not_on": "{kind: not_on, days: [2026-12-25, 2027-01-01]}",
    "segments": "{kind: segments, segments: [families]}",
    "tiers": "{kind: tiers, tiers: [gold, silver]}",
    "tags": "{kind: tags, tags: [newsletter]}",
    "birthday_month": "{kind: birthday_month}",
    "activated": "{kind: activated, valid_days: 14, places: 500}",
    "referred": "{kind: referred, within_days: 30}",
    "nth_purchase": "{kind: nth_purchase, n: 1, at: programme}",
    "customer": "{kind: customer, status: lapsed, days: 90, at: centre}",
    "minimum_spend": '{kind: minimum_spend, amount: "15.00"}',
    "maximum_spend": '{kind: maximum_spend, amount: "5.00"}',
    "spend_across": '{kind: spend_across, amount: "200.00", period: month, shops: 3}',
    "trail": "{kind: trail, shops: 4}",
    "stamp_card": "{kind: stamp_card, every: 5, one_a_day: true}",
    "streak": "{kind: streak, weeks: 4}",
    "percent": '{kind: percent, asset: EUR, rate_bps: 300, cap_per_purchase: "6.00"}',
    "fixed": "{kind: fixed, asset: PTS, amount: 10}",
    "per_unit": '{kind: per_unit, asset: PTS, units: 1, per: "1.00"}',
    "scale": '{kind: scale, asset: EUR, steps: [{rate_bps: 500}, {from_amount: "50.00", rate_bps: 800}]}',
    "multiplier": "{kind: multiplier, asset: PTS, of: club-points, factor_bps: 20000}",
}
"""One for each kind, as it stands in a file."""

TERMS: Mapping[str, tuple[str, str]] = {
    "code": ("code: fifth-lunch", "Its name for ever."),
    "name": ("name: {en: 3 % everywhere, fr: 3 % partout}", "What shoppers read, up to 200 characters."),
    "promise": ("promise: {en: 3 % back., fr: 3 % remboursés.}", "One sentence for shoppers, up to 200 characters."),
    "conditions": ("conditions: [{kind: trail, shops: 4}]", "All of them must hold; each kind once; none: all counts."),
    "reward": ("reward: {kind: fixed, asset: PTS, amount: 10}", "Exactly one."),
    "hold_days": ("hold_days: 14", "Days of 24 hours from clearing until the reward is available."),
    "budget": ('budget: "20000.00"', "What the offer may give in total, in the reward's asset; never exceeded."),
    "limits": ("limits: [{measure: times, at_most: 1, per: shopper, period: day}]", "See [limits](#limits)."),
    "group": ("group: cashback", "Offers of one group exclude each other; without one, those of one asset do."),
    "stacks_as": ("stacks_as: evening", "Offers of one group that stack as different things stand side by side."),
    "priority": ("priority: 10", "The higher one wins its group; of equal ones the better for the shopper."),
    "holdout_bps": ("holdout_bps: 1000", "Share of shoppers who do not receive it, to measure it by: 1000 is 10 %."),
    "funding": (
        "funding: [{funder: brand, share_bps: 7000}, {funder: operator, share_bps: 3000}]",
        "Who pays, in shares that add up to 10000; without it the operator. See [funding](#funding-and-expiry).",
    ),
    "commission_bps": ("commission_bps: 1000", "The operator's commission on what others fund."),
    "expires_after_days": (
        "expires_after_days: 365",
        "Days from becoming available. See [expiry](#funding-and-expiry).",
    ),
    "notice_days": (
        "notice_days: 30",
        "Days before expiry at which the shopper is told; fewer than the days of expiry.",
    ),
}
"""For each field of an offer an example, and what it means."""

_SAID_BELOW = ("kind", "minimum", "cap_per_purchase")
_MARKS = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Every table by its name."""
    return {
        "conditions": _kinds(CONDITIONS),
        "rewards": _kinds(REWARDS),
        "terms": "\n".join(["| field | example | |", "|---|---|---|", *_terms()]),
        "limits": "\n".join(["| field | without it | |", "|---|---|---|", *_fields_as_rows(Limit)]),
        "funding": "\n".join(["| field | without it | |", "|---|---|---|", *_fields_as_rows(FundingShare)]),
        "payouts": "\n".join(["| field | without it | |", "|---|---|---|", *_fields_as_rows(AssetPayouts)]),
    }


def written_into(text: str) -> str:
    """The document with its tables as they are now."""
    now = tables()
    return _MARKS.sub(lambda found: f"{found[1]}{now[found[2]]}\n{found[3]}", text)


def _kinds(kinds: Mapping[str, type[BaseModel]]) -> str:
    lines = ["| kind | example | fields | |", "|---|---|---|---|"]
    for name, kind in kinds.items():
        fields = "<br>".join(_fields(kind)) or "none"
        lines.append(f"| `{name}` | `{EXAMPLES[name]}` | {fields} | {_meaning(kind)} |")
    return "\n".join(lines)


def _meaning(kind: type[BaseModel]) -> str:
    """The first paragraph of a class's own words."""
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")


def _fields(kind: type[BaseModel]) -> Iterator[str]:
    described = _described(kind, _SAID_BELOW)
    for name, (default, description) in sorted(described.items(), key=lambda each: _rank(kind, *each)):
        given = "" if default is None else f" ({default})"
        yield f"`{name}`{given}{': ' + description if description else ''}"


def _rank(kind: type[BaseModel], name: str, described: tuple[str | None, str]) -> tuple[bool, bool]:
    """What is needed comes first; of the rest, what several kinds share comes last."""
    needed = described[0] == "needed"
    return not needed, not needed and name not in kind.__annotations__


def _fields_as_rows(kind: type[BaseModel]) -> Iterator[str]:
    for name, (default, description) in _described(kind, ()).items():
        yield f"| `{name}` | {default or 'nothing'} | {description} |"


def _described(kind: type[BaseModel], left_out: Collection[str]) -> dict[str, tuple[str | None, str]]:
    """Every field but those left out: what holds without it ("needed" where nothing does), and its description."""
    schema = kind.model_json_schema()
    found: dict[str, tuple[str | None, str]] = {}
    for name, field in schema["properties"].items():
        if name in left_out:
            continue
        default = "needed" if name in schema.get("required", ()) else _default(field.get("default"))
        found[name] = default, _description(field, schema)
    return found


def _default(value: Any) -> str | None:
    if value is None:
        return None
    return f"`{str(value).lower()}`"


def _description(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    said = next((str(each["description"]) for each in (field, *field.get("anyOf", ())) if "description" in each), "")
    reference = next((each["$ref"] for each in (field, *field.get("allOf", ())) if "$ref" in each), "")
    values = schema.get("$defs", {}).get(reference.rpartition("/")[2], {}).get("enum", ())
    words = ", ".join(f"`{each}`" for each in values)
    return f"{words}. {said}" if words and said else words or said


def _terms() -> Iterator[str]:
    for name, (example, meaning) in TERMS.items():
        yield f"| `{name}` | `{example}` | {meaning} |"


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(written_into(document.read_text(encoding="utf-8")), encoding="utf-8")
