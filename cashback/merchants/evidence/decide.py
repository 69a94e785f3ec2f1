"""Accept, review or reject, by proof of place and probability; and the record that says why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cashback.merchants.evidence.catalogue import Catalogue, OutletEntry
from cashback.merchants.evidence.features import (
    CENTRE,
    COORDINATES,
    DISTRICT,
    FEATURES,
    NUMBER,
    POSTCODE,
    TOWN,
    TOWN_IN_TEXT,
    Compared,
)
from cashback.merchants.evidence.schemas import Candidate, Decision, Evidence, Outcome, Tier, Verdict
from cashback.merchants.evidence.seen import Seen, fingerprint

STRONG = frozenset({Tier.STORE_NUMBER, Tier.CENTRE, Tier.COORDINATES, Tier.DISTRICT})
"""Proofs of place that a head office's address cannot feign."""
LISTED = frozenset({Tier.POSTCODE, Tier.TOWN})
"""Proofs of place that need a complete list of the brand's outlets."""

NAME_LEAST = 0.75
"""A name less alike than this is never accepted, whatever the place."""

FIELDS: dict[str, int] = {field: number for number, field in enumerate(dict.fromkeys(each[1] for each in FEATURES))}
"""Fields of evidence, in the order of their weights."""
_BY_FIELD = sorted(range(len(FEATURES)), key=lambda number: FIELDS[FEATURES[number][1]])
_STARTS = [[FIELDS[FEATURES[number][1]] for number in _BY_FIELD].index(position) for position in FIELDS.values()]


def weights_of(moved: npt.NDArray[np.float64]) -> list[list[float]]:
    """By how much each field of evidence moved the log-odds, of what each feature moved; rows stay apart."""
    summed: npt.NDArray[np.float64] = np.add.reduceat(moved[:, _BY_FIELD], _STARTS, axis=1)
    rows: list[list[float]] = summed.tolist()
    return rows


@dataclass(slots=True)
class Scored:
    """A candidate with its calibrated probability and what moved it."""

    compared: Compared
    probability: float
    weights: list[float]
    """By how much each field of evidence moved the log-odds, in the order of `FIELDS`."""


def decided(
    seen: Seen,
    catalogue: Catalogue,
    scored: Sequence[Scored],
    lines: tuple[float, float, float, float],
    model: str,
    *,
    resembled: bool,
) -> Outcome:
    """The outcome for candidates, best first; `lines`: accept on strong proofs, accept on the town, reject, rival.

    `resembled`: the catalogue has a name like the one that was seen, an outlet's or a brand's without any.
    """
    accept_at, accept_town_at, reject_below, rival_at = lines
    best = next((each for each in scored if catalogue.outlets[each.compared.outlet].member), None)
    others = [each.probability for each in scored if each is not best]
    probability = best.probability if best else 0.0
    margin = probability - max(others, default=0.0)
    tier = tier_of(catalogue, best.compared) if best else None
    tie = bool(best and best.compared.tie)
    conflict = bool(best and in_conflict(seen, best.compared))
    line = accept_at if tier in STRONG else accept_town_at
    if not seen.variants:
        decision, reason = Decision.REVIEW, "no_name"
    elif best is None:
        decision, reason = Decision.REJECT, "outside" if scored else "stranger" if resembled else "nothing_alike"
    elif probability < reject_below or (margin < 0 and max(others) >= rival_at):
        decision, reason = Decision.REJECT, "rival" if margin < 0 and max(others) >= 0.5 else "unlikely"
    elif tie:
        decision, reason = Decision.REVIEW, "tie"
    elif conflict:
        decision, reason = Decision.REVIEW, "conflict"
    elif tier not in STRONG and not (tier in LISTED and catalogue.brands[best.compared.brand].complete):
        decision, reason = Decision.REVIEW, "no_place" if tier in (None, Tier.NAME_ONLY) else "list_incomplete"
    elif best.compared.alike.score < NAME_LEAST:
        decision, reason = Decision.REVIEW, "name"
    elif against_trade(tier, best.compared):
        decision, reason = Decision.REVIEW, "category"
    elif tier in LISTED and _at_head_office(seen, catalogue, best.compared):
        decision, reason = Decision.REVIEW, "head_office"
    elif probability < line or margin <= 0:
        decision, reason = Decision.REVIEW, "unsure"
    else:
        decision, reason = Decision.ACCEPT, "accepted"
    told = _Told(seen)
    candidates = tuple(_candidate(seen, catalogue, each, told) for each in scored)
    chosen = None if best is None else candidates[scored.index(best)]
    return Outcome(
        decision=decision,
        shop=chosen.outlet if chosen else None,
        probability=probability,
        margin=margin,
        tier=tier,
        tie=tie,
        conflict=conflict,
        fingerprint=fingerprint(seen.sighting),
        core_name=" ".join(seen.parts.core),
        facilitator=seen.parts.facilitator,
        candidates=candidates,
        evidence=chosen.evidence if chosen else (),
        removed=tuple(seen.parts.removed),
        reason=reason,
        thresholds=(line, reject_below),
        model=model,
    )


def tier_of(catalogue: Catalogue, compared: Compared) -> Tier | None:
    """The strongest proof of place of a candidate; None: nothing places it and the brand has several outlets."""
    place = compared.place
    if place[NUMBER] >= 0.7:
        return Tier.STORE_NUMBER
    if place[CENTRE] >= 0.7:
        return Tier.CENTRE
    if place[COORDINATES] >= 1.0:
        return Tier.COORDINATES
    alone = compared.same_here == 0
    if place[POSTCODE] >= 1.0 and alone and place[DISTRICT] < 1.0:
        return Tier.POSTCODE
    if place[DISTRICT] >= 1.0 and alone:
        return Tier.DISTRICT
    brand = catalogue.brands[compared.brand]
    if max(place[TOWN], place[TOWN_IN_TEXT]) >= 0.8 and alone:
        return Tier.TOWN if brand.complete else Tier.TOWN_INCOMPLETE
    return Tier.NAME_ONLY if len(brand.outlets) == 1 else None


def against_trade(tier: Tier | None, compared: Compared) -> bool:
    """Whether a category code of another trade stands against a proof of place that a neighbour would have as well."""
    return tier in LISTED and compared.category < 0


def _at_head_office(seen: Seen, catalogue: Catalogue, compared: Compared) -> bool:
    """Whether the town that was seen is that of the brand's head office, and the brand has other outlets."""
    brand = catalogue.brands[compared.brand]
    return len(brand.outlets) > 1 and seen.town in brand.offices


def in_conflict(seen: Seen, compared: Compared) -> bool:
    """Whether something that was seen contradicts a candidate."""
    return compared.contradictions > 0 or seen.online


class _Told:
    """What a sighting shows for each field of evidence, written once for all candidates."""

    __slots__ = ("name", "number", "online", "place", "point", "town")

    def __init__(self, seen: Seen) -> None:
        parts = seen.parts
        self.name = " ".join(parts.core)
        self.town = ", ".join(filter(None, (seen.sighting.city or "", *sorted(parts.towns))))
        self.place = ", ".join(sorted(seen.centres | parts.partial_centres))
        self.number = ", ".join(parts.numbers)
        self.point = _point(seen.point)
        self.online = "online" if seen.online else ""


def _candidate(seen: Seen, catalogue: Catalogue, each: Scored, told: _Told) -> Candidate:
    outlet = catalogue.outlets[each.compared.outlet]
    return Candidate(
        outlet.id,
        outlet.member,
        each.probability,
        tier_of(catalogue, each.compared),
        tuple(_evidence(seen, outlet, each, len(catalogue.brands[each.compared.brand].outlets), told)),
    )


def _evidence(seen: Seen, outlet: OutletEntry, each: Scored, outlets: int, told: _Told) -> Iterator[Evidence]:
    compared, weights, place = each.compared, each.weights, each.compared.place
    score = compared.alike.score
    rows: tuple[tuple[str, str, str, float], ...] = (
        ("name", told.name, compared.alike.form, 1.0 if score >= 0.9 else -1.0 if score < 0.7 else 0.0),
        ("town", told.town, outlet.city, _worst(place[TOWN], place[TOWN_IN_TEXT])),
        ("postcode", seen.postcode, outlet.postcode, place[POSTCODE]),
        ("district", "" if seen.district is None else str(seen.district), outlet.postcode, place[DISTRICT]),
        ("centre", told.place, outlet.centre, place[CENTRE]),
        ("coordinates", told.point, "", place[COORDINATES]),
        ("store_number", told.number, outlet.store_number, place[NUMBER]),
        ("country", seen.country, outlet.country, compared.country),
        ("category", seen.code, ", ".join(outlet.category_codes), compared.category),
        ("online", told.online, "", -1.0 if seen.online else 0.0),
        ("facilitator", seen.parts.facilitator or "", "", 0.0),
        ("rivals", f"{compared.same_here} fit as well", f"{outlets} of the brand", -1.0 if compared.same_here else 1.0),
    )
    for field, shown, expected, state in rows:
        weight = weights[FIELDS[field]]
        if state or abs(weight) >= 0.05:
            if field == "coordinates":
                expected = _point((outlet.latitude, outlet.longitude))
            yield Evidence(field, shown, expected, _by_state(state), round(weight, 3))


def _worst(first: float, second: float) -> float:
    return min(first, second) if min(first, second) < 0 else max(first, second)


def _by_state(state: float) -> Verdict:
    return Verdict.AGREE if state >= 0.5 else Verdict.CONFLICT if state <= -0.3 else Verdict.ABSENT


def _point(point: tuple[float | None, float | None] | None) -> str:
    return "" if point is None or None in point else f"{point[0]:.4f}, {point[1]:.4f}"
