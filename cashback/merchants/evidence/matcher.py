"""From a sighting to a decision: normalise, find candidates, score, decide. Pure: the same input, the same outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from cashback.merchants.evidence.catalogue import Catalogue
from cashback.merchants.evidence.schemas import Outcome, Sighting


@dataclass(frozen=True, slots=True)
class Policy:
    """Where the lines are drawn. The defaults come with the model and hold its bounds."""

    accept_at: float | None = None
    """Accept from this probability on; None: the model's own threshold. A lower one than the model's is refused."""
    reject_below: float = 0.02
    """Below this probability nobody needs to look."""


class EvidenceMatcher:
    """Matches sightings against one catalogue by evidence alone. Holds no state between calls; safe to share."""

    __slots__ = ("catalogue", "policy")

    def __init__(self, catalogue: Catalogue, policy: Policy | None = None) -> None:
        self.catalogue = catalogue
        self.policy = policy or Policy()

    def match(self, sighting: Sighting) -> Outcome:
        """The outcome for one sighting."""
        return self.match_many([sighting])[0]

    def match_many(self, sightings: Sequence[Sighting]) -> list[Outcome]:
        """The outcomes in the order of the sightings; many at once cost less each."""
        raise NotImplementedError(f"scoring of {len(sightings)} sightings follows with the model")
