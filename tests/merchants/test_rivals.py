"""One more rival never speaks for anybody else: by each feature, and by the probability that follows from them.

Catalogues, sightings and rivals are drawn from few names, towns and numbers, so that they meet in every way. The rival
is of a town and a centre that the catalogue knows: an outlet of a new town also teaches the reader a word.
"""

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashback.merchants.evidence import BrandEntry, Catalogue, Decision, EvidenceMatcher, OutletEntry, Sighting
from cashback.merchants.evidence.candidates import CandidateFinder
from cashback.merchants.evidence.features import FALLING, FEATURES, RISING, compare
from cashback.merchants.evidence.seen import read

NAMES = ("Zara", "Zara Home", "Zora", "Sephora", "Sefora Beauty", "Sephora Lyon", "Marius", "Chez Marius", "Chez Mario")
PLACES = (
    ("Paris", "75015", "Beaugrenelle"),
    ("Paris", "75008", ""),
    ("Lyon", "69003", "Part-Dieu"),
    ("Lyon", "69002", "Confluence"),
    ("Vélizy-Villacoublay", "78140", "Vélizy 2"),
    ("Saint-Denis", "93200", ""),
)
ANCHORS = tuple(
    OutletEntry(
        id=f"t{number}",
        name="Quincaillerie",
        brand=f"Quincaillerie {number}",
        city=city,
        postcode=postcode,
        centre=centre,
    )
    for number, (city, postcode, centre) in enumerate(PLACES)
)
"""They make the towns and centres known."""
EXACT = 1e-12
LAW = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
TIMES = 5 if os.environ.get("LAWS") == "thorough" else 2


@st.composite
def outlets(draw: st.DrawFn, id_: str, *, member: bool | None = None) -> OutletEntry:
    city, postcode, centre = draw(st.sampled_from(PLACES))
    told = draw(st.sets(st.sampled_from(("city", "postcode", "centre", "number", "point", "code"))))
    name = draw(st.sampled_from(NAMES))
    return OutletEntry(
        id=id_,
        name=name,
        brand=draw(st.sampled_from((name, *NAMES[:4]))),
        member=draw(st.booleans()) if member is None else member,
        city=city if "city" in told else "",
        postcode=postcode if "postcode" in told else "",
        centre=centre if "centre" in told else "",
        store_number=draw(st.sampled_from(("412", "7", "0412"))) if "number" in told else "",
        latitude=48.8 + draw(st.integers(0, 4)) * 0.004 if "point" in told else None,
        longitude=2.28 if "point" in told else None,
        category_codes=("5651",) if "code" in told else (),
    )


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[OutletEntry, ...]:
    return tuple(draw(outlets(f"o{number}")) for number in range(draw(st.integers(1, 7))))


@st.composite
def sightings(draw: st.DrawFn) -> Sighting:
    city, postcode, centre = draw(st.sampled_from(PLACES))
    name = draw(st.sampled_from((*NAMES, "ZARRA", "SEPHRA", "CHEZ MARI")))
    extra = draw(st.sampled_from(("", " 412", " #7", f" {city}", f" {centre}", " LYON PARIS", " 75015")))
    return Sighting(
        f"{name}{extra}",
        city=draw(st.sampled_from((None, city, f"{city} 15", "VELIZY-VILLA", "LYON CEDEX 03"))),
        postcode=draw(st.sampled_from((None, postcode))),
        category_code=draw(st.sampled_from((None, "5651", "4111"))),
        latitude=48.804 if draw(st.booleans()) else None,
        longitude=2.28,
    )


BRANDS = tuple(BrandEntry(name, outlets_complete=True) for name in NAMES[::2])


@settings(LAW, max_examples=60 * TIMES)
@given(catalogues(), outlets("x", member=False), sightings())
def test_a_rival_more_raises_nothing_that_speaks_for_another(
    given_: tuple[OutletEntry, ...], rival: OutletEntry, sighting: Sighting
) -> None:
    before = _features(Catalogue.compile((*ANCHORS, *given_), BRANDS), sighting)
    after = _features(Catalogue.compile((*ANCHORS, *given_, rival), BRANDS), sighting)
    for outlet in after.keys() & before.keys():
        for (name, _, way), old, new in zip(FEATURES, before[outlet], after[outlet], strict=True):
            if way == RISING:
                assert new <= old + EXACT, (outlet, name, old, new)
            elif way == FALLING:
                assert new >= old - EXACT, (outlet, name, old, new)
            else:
                assert new == old, (outlet, name, old, new)


def _features(catalogue: Catalogue, sighting: Sighting) -> dict[str, list[float]]:
    compared, rows = compare(read(sighting, catalogue), catalogue, CandidateFinder(catalogue))
    return {catalogue.outlets[each.outlet].id: row for each, row in zip(compared, rows, strict=True)}


@settings(LAW, max_examples=20 * TIMES)
@given(catalogues(), outlets("x", member=False), sightings())
def test_a_rival_more_raises_no_probability_and_makes_no_accept(
    given_: tuple[OutletEntry, ...], rival: OutletEntry, sighting: Sighting
) -> None:
    before = EvidenceMatcher(Catalogue.compile((*ANCHORS, *given_), BRANDS)).match(sighting)
    after = EvidenceMatcher(Catalogue.compile((*ANCHORS, *given_, rival), BRANDS)).match(sighting)
    given_before = {each.outlet: each.probability for each in before.candidates}
    assert all(each.probability <= given_before.get(each.outlet, 1.0) + EXACT for each in after.candidates)
    assert after.decision is not Decision.ACCEPT or before.decision is Decision.ACCEPT


@settings(LAW, max_examples=30 * TIMES)
@given(catalogues(), sightings())
def test_a_town_that_agrees_and_is_missing_raises_nothing(given_: tuple[OutletEntry, ...], sighting: Sighting) -> None:
    matcher = EvidenceMatcher(Catalogue.compile((*ANCHORS, *given_), BRANDS))
    before = matcher.match(sighting)
    after = matcher.match(replace(sighting, city=None))
    if before.shop == after.shop and not before.conflict:
        assert after.probability <= before.probability + EXACT
    assert after.decision is not Decision.ACCEPT or before.decision is Decision.ACCEPT or before.conflict
