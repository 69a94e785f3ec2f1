"""Evidence that a test can foresee: a descriptor `ZARA VELIZY` is the shop Zara, with the centre as its proof of place.

Stands in for the trained matcher where what is tested is what the product does with an outcome, whatever it is.
"""

from collections.abc import Sequence

from cashback.merchants.evidence import Candidate, Catalogue, Decision, EvidenceMatcher, Outcome, Sighting, Tier

RIVAL = "rival"
"""A word in a descriptor that makes it a known outlet outside the programme."""


class PlainMatcher(EvidenceMatcher):
    """Accepts where the names of an outlet and of its centre are in the text, asks a person where only the first is."""

    __slots__ = ("_outlets", "looked_at")

    def __init__(self, catalogue: Catalogue) -> None:
        self._outlets = [each for each in catalogue.outlets if each.member]
        self.looked_at = 0

    def match(self, sighting: Sighting) -> Outcome:
        """The outcome for one sighting."""
        self.looked_at += 1
        text = (sighting.descriptor or "").casefold()
        core = text.split()[0] if text else ""
        for outlet in self._outlets:
            if outlet.name.casefold() == core:
                placed = outlet.centre.casefold() in text
                return _outcome(outlet.id, placed, RIVAL in text, core, sighting)
        return _outcome(None, False, RIVAL in text, core, sighting)

    def match_many(self, sightings: Sequence[Sighting]) -> list[Outcome]:
        """The outcomes in the order of the sightings."""
        return [self.match(each) for each in sightings]


def _outcome(shop: str | None, placed: bool, rival: bool, core: str, sighting: Sighting) -> Outcome:
    probability = 0.0 if shop is None else 0.01 if rival else 0.999 if placed else 0.4
    others = (Candidate("elsewhere", False, 0.98, None, ()),) if rival else ()
    mine = () if shop is None else (Candidate(shop, True, probability, Tier.CENTRE if placed else None, ()),)
    accepted = placed and not rival
    decision = Decision.ACCEPT if accepted else Decision.REJECT if rival else Decision.REVIEW
    return Outcome(
        decision=decision,
        shop=shop,
        probability=probability,
        margin=probability,
        tier=Tier.CENTRE if placed else None,
        tie=False,
        conflict=False,
        fingerprint=f"{core}||{(sighting.city or '').casefold()}|",
        core_name=core,
        facilitator=None,
        candidates=(*others, *mine),
        evidence=(),
        removed=(),
        reason="accepted" if accepted else "rival" if rival else "no_place",
        thresholds=(0.99, 0.02),
        model="plain",
    )
