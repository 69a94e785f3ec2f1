"""A small labelled world for the tests of the matcher: real brands, invented shops, always the same."""

from functools import cache

from bench.match.corpus import Row, make_corpus
from bench.match.texts import HARSH
from bench.match.world import Plan, World, make_world
from cashback.merchants.evidence import BrandEntry, Catalogue, EvidenceMatcher, OutletEntry

PLAN = Plan(seed=11, shops=400, names=180)


@cache
def small_world() -> World:
    """Some 400 shops in ten centres, with their rivals."""
    return make_world(PLAN)


@cache
def given() -> tuple[tuple[OutletEntry, ...], tuple[BrandEntry, ...]]:
    """The catalogue of the small world as its operator gives it."""
    outlets, brands = small_world().catalogue()
    return tuple(outlets), tuple(brands)


@cache
def matcher() -> EvidenceMatcher:
    """A matcher of the small world."""
    return EvidenceMatcher(Catalogue.compile(*given()))


@cache
def labelled() -> tuple[Row, ...]:
    """Descriptors of the small world, by the harsher shares."""
    return tuple(make_corpus(small_world(), HARSH, seed=11, rows=1_500))
