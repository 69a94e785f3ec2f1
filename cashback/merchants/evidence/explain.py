"""An outcome in words, for the person who reviews it."""

from cashback.merchants.evidence.schemas import Decision, Evidence, Outcome, Tier, Verdict

_OPENING = {
    Decision.ACCEPT: "Accepted: {shop}, probability {probability}.",
    Decision.REVIEW: "To review: perhaps {shop}, probability {probability}.",
    Decision.REJECT: "Rejected: no shop of the programme.",
}
_REASONS = {
    "accepted": "The probability reaches {accept} and the place is proven.",
    "tie": "Another outlet fits as well.",
    "conflict": "Something that was seen contradicts this shop.",
    "no_place": "Nothing tells where it was.",
    "list_incomplete": "The town fits, but the list of the brand's outlets may lack one there.",
    "name": "The place fits, the name hardly does.",
    "head_office": "The town is that of the brand's head office, which terminals elsewhere may print.",
    "unsure": "The probability does not reach {accept}.",
    "unlikely": "The probability is below {reject}.",
    "rival": "An outlet outside the programme fits better.",
    "outside": "Only outlets outside the programme have such a name.",
    "stranger": "Only a brand without an outlet in the catalogue has such a name.",
    "category": "The place fits, but the category code is of another trade.",
    "nothing_alike": "No name of the catalogue resembles it.",
    "no_name": "The descriptor holds no name.",
    "identifier": "An identifier names it, and nothing contradicts.",
    "identifier_rival": "An identifier names an outlet outside the programme.",
    "identifier_contradicted": "An identifier names one shop, the evidence another.",
}
_PROOFS = {
    Tier.STORE_NUMBER: "its store number is in the text",
    Tier.CENTRE: "its centre is named",
    Tier.COORDINATES: "the terminal stands within 450 m",
    Tier.POSTCODE: "it is the brand's only outlet with this postcode",
    Tier.DISTRICT: "it is the brand's only outlet in this arrondissement",
    Tier.TOWN: "it is the brand's only outlet in this town, by a complete list",
    Tier.TOWN_INCOMPLETE: "it is the only known outlet in this town",
    Tier.NAME_ONLY: "the brand has one known outlet; the place is not told",
}
_VERDICTS = {Verdict.AGREE: "agrees", Verdict.CONFLICT: "contradicts", Verdict.ABSENT: "says little"}


def explain(outcome: Outcome) -> str:
    """Several lines: the decision, why, the proof of place, each item of evidence, the other candidates."""
    accept, reject = outcome.thresholds
    told = {
        "shop": outcome.shop,
        "probability": f"{outcome.probability:.3f}",
        "accept": f"{accept:.4f}",
        "reject": f"{reject:g}",
    }
    nameless = outcome.decision is Decision.REVIEW and outcome.shop is None
    opening = "To review: no shop can be named." if nameless else _OPENING[outcome.decision].format_map(told)
    lines = [opening, _REASONS[outcome.reason].format_map(told)]
    if outcome.tier is not None and outcome.shop is not None:
        lines.append(f"Place ({outcome.tier.value}): {_PROOFS[outcome.tier]}.")
    lines += [f"- {_item(each)}" for each in sorted(outcome.evidence, key=lambda each: (-abs(each.weight), each.field))]
    others = [each for each in outcome.candidates if each.outlet != outcome.shop]
    if others:
        lines.append(
            "Other candidates: " + ", ".join(_other(each.outlet, each.member, each.probability) for each in others)
        )
    if outcome.removed:
        lines.append("Taken off the text: " + ", ".join(f"{text} ({kind})" for kind, text in outcome.removed))
    return "\n".join(lines)


def _item(each: Evidence) -> str:
    expected = f", expected {each.expected}" if each.expected else ""
    seen = each.seen or "nothing"
    return f"{each.field.replace('_', ' ')}: saw {seen}{expected}: {_VERDICTS[each.verdict]} ({each.weight:+.2f})"


def _other(outlet: str, member: bool, probability: float) -> str:
    return f"{outlet}{'' if member else ' (outside the programme)'} {probability:.3f}"
