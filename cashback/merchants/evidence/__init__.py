"""Which shop, by evidence: names, places and rivals, when no identifier decides.

Pure: no SQL, no clock, no I/O but the files that lie beside this one. `docs/matching.md` has the method and its limits.
"""

from cashback.merchants.evidence.catalogue import BrandEntry, Catalogue, OutletEntry
from cashback.merchants.evidence.explain import explain
from cashback.merchants.evidence.known import known_brands
from cashback.merchants.evidence.matcher import EvidenceMatcher, Policy
from cashback.merchants.evidence.schemas import Candidate, Decision, Evidence, Outcome, Sighting, Tier, Verdict

__all__ = [
    "BrandEntry",
    "Candidate",
    "Catalogue",
    "Decision",
    "Evidence",
    "EvidenceMatcher",
    "Outcome",
    "OutletEntry",
    "Policy",
    "Sighting",
    "Tier",
    "Verdict",
    "explain",
    "known_brands",
]
