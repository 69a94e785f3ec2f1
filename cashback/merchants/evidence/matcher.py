"""From a sighting to a decision: take it apart, find candidates, score them, decide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cashback.merchants.evidence.candidates import CandidateFinder
from cashback.merchants.evidence.catalogue import Catalogue
from cashback.merchants.evidence.decide import Scored, decided, weights_of
from cashback.merchants.evidence.features import Compared, compare
from cashback.merchants.evidence.model import Model, load_model
from cashback.merchants.evidence.schemas import Outcome, Sighting
from cashback.merchants.evidence.seen import Seen, read

SHOWN = 5
"""Candidates in an outcome."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Where the lines are drawn. The defaults come with the model and hold its bounds."""

    accept_at: float = 0.0
    """Accept only from this probability on; a value under the model's own threshold changes nothing."""
    reject_below: float = 0.02
    """Below this probability nobody needs to look."""
    rival_at: float = 0.9
    """From this probability of an outlet outside the programme on, the sighting is taken as known to be there."""


class EvidenceMatcher:
    """Matches sightings against one catalogue by evidence alone. The same sighting always has the same outcome."""

    __slots__ = ("_finder", "_model", "catalogue", "policy")

    BLOCK = 512
    """Sightings that are scored at once."""

    def __init__(self, catalogue: Catalogue, policy: Policy | None = None, model: Model | None = None) -> None:
        self.catalogue = catalogue
        self.policy = policy or Policy()
        self._finder = CandidateFinder(catalogue)
        self._model = model or load_model()

    def match(self, sighting: Sighting) -> Outcome:
        """The outcome for one sighting."""
        return self.match_many([sighting])[0]

    def match_many(self, sightings: Sequence[Sighting]) -> list[Outcome]:
        """The outcomes in the order of the sightings; many at once cost less each."""
        found: list[Outcome] = []
        for begin in range(0, len(sightings), self.BLOCK):
            found += self._block(sightings[begin : begin + self.BLOCK])
        return found

    def _block(self, sightings: Sequence[Sighting]) -> list[Outcome]:
        seen = [read(sighting, self.catalogue) for sighting in sightings]
        compared: list[list[Compared]] = []
        rows: list[list[float]] = []
        for each in seen:
            candidates, features = compare(each, self.catalogue, self._finder)
            compared.append(candidates)
            rows += features
        if not rows:
            return [self._decided(each, []) for each in seen]
        table = np.array(rows)
        raw = self._model.raw(table)
        probability = self._model.probability(raw)
        ranked: list[list[tuple[int, Compared]]] = []
        chosen: list[int] = []
        begin = 0
        for candidates in compared:
            order = sorted(
                range(len(candidates)),
                key=lambda i: (-raw[begin + i], not self._member(candidates[i]), candidates[i].outlet),
            )
            shown = order[:SHOWN]
            best = next((i for i in order if self._member(candidates[i])), None)
            if best is not None and best not in shown:
                shown = [*shown[: SHOWN - 1], best]
            ranked.append([(begin + i, candidates[i]) for i in shown])
            chosen += [begin + i for i in shown]
            begin += len(candidates)
        weights = weights_of(self._model.contributions(table[chosen]))
        outcomes: list[Outcome] = []
        position = 0
        for each, picked in zip(seen, ranked, strict=True):
            scored = [
                Scored(candidate, float(probability[row]), weights[position + offset])
                for offset, (row, candidate) in enumerate(picked)
            ]
            position += len(picked)
            outcomes.append(self._decided(each, scored))
        return outcomes

    def _member(self, candidate: Compared) -> bool:
        return self.catalogue.outlets[candidate.outlet].member

    def _decided(self, seen: Seen, scored: list[Scored]) -> Outcome:
        policy, model = self.policy, self._model
        lines = (
            max(policy.accept_at, model.accept_at),
            max(policy.accept_at, model.accept_town_at),
            policy.reject_below,
            policy.rival_at,
        )
        resembled = bool(scored) or bool(seen.variants and self._finder.names(seen.variants).best)
        return decided(seen, self.catalogue, scored, lines, model.name, resembled=resembled)
