"""Brands that are known by name alone: they compete with those of the catalogue, so that a stranger can win."""

from functools import cache
from pathlib import Path

from cashback.merchants.evidence.catalogue import BrandEntry

NAMES = Path(__file__).with_name("brand_names.txt")


@cache
def known_brands() -> tuple[BrandEntry, ...]:
    """The brands of the name-suggestion-index that may be met in France (BSD 3-Clause, licence beside the file)."""
    return tuple(BrandEntry(name) for name in NAMES.read_text(encoding="utf-8").splitlines() if name)
