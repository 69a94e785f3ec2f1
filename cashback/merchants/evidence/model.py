"""The model: boosted trees as arrays, and the table that turns their sum into a probability.

Trained offline by `bench/match/train.py`; the artefact beside this file is read once and checked against its hash.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cashback.merchants.evidence.features import FEATURES

ARTEFACT = Path(__file__).with_name("model.npz")
DESCRIPTION = Path(__file__).with_name("model.json")

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Trees whose nodes lie in flat arrays. A leaf points to itself, so that every walk takes the same steps."""

    name: str
    """Version, and the first digits of the artefact's hash."""
    accept_at: float
    """The lowest probability at which strong proofs of place are accepted."""
    accept_town_at: float
    """The same for postcode and town, which may be a head office's."""
    roots: Integers
    feature: Integers
    threshold: Floats
    left: Integers
    """The child of rows at most at the threshold; the other child is the next one."""
    value: Floats
    base: float
    depth: int
    knots: Floats
    """Log-odds at which the calibrated probability is known, rising; `levels` are the probabilities there."""
    levels: Floats

    def raw(self, rows: Floats) -> Floats:
        """The log-odds before calibration, one per row."""
        nodes = self._leaves(rows)
        total: Floats = self.value[nodes].sum(axis=1) + self.base
        return total

    def probability(self, raw: Floats) -> Floats:
        """Calibrated probabilities of log-odds; never falls when they rise."""
        found: Floats = np.interp(raw, self.knots, self.levels)
        return found

    def contributions(self, rows: Floats) -> Floats:
        """By how much each feature moved the log-odds, rows by features; with the trees' start they add up to `raw`."""
        count, width = rows.shape
        moved = np.zeros(count * width)
        here = np.broadcast_to(self.roots, (count, len(self.roots)))
        start = (np.arange(count) * width)[:, None]
        flat = np.ascontiguousarray(rows).ravel()
        for _ in range(self.depth):
            cells = start + self.feature.take(here)
            there = self.left.take(here) + (flat.take(cells) > self.threshold.take(here))
            step = self.value.take(there) - self.value.take(here)
            moved += np.bincount(cells.ravel(), step.ravel(), count * width)
            here = there
        return moved.reshape(count, width)

    def _leaves(self, rows: Floats) -> Integers:
        count, width = rows.shape
        here = np.broadcast_to(self.roots, (count, len(self.roots)))
        start = (np.arange(count) * width)[:, None]
        flat = np.ascontiguousarray(rows).ravel()
        for _ in range(self.depth):
            cells = start + self.feature.take(here)
            here = self.left.take(here) + (flat.take(cells) > self.threshold.take(here))
        return here


@cache
def load_model() -> Model:
    """The model that lies in the package. Raises ValueError when artefact, description and features do not belong
    together."""
    data = ARTEFACT.read_bytes()
    told = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return read_model(data, told)


def read_model(data: bytes, told: dict[str, object]) -> Model:
    """A model from the bytes of its artefact and its description; ValueError names what does not fit."""
    found = hashlib.sha256(data).hexdigest()
    if found != told["sha256"]:
        raise ValueError(f"model.npz has the SHA-256 {found}, expected {told['sha256']}")
    expected = [name for name, _, _ in FEATURES]
    if told["features"] != expected:
        raise ValueError(f"the model reads the features {told['features']}, expected {expected}")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return Model(
            name=f"{told['version']}+{found[:12]}",
            accept_at=float(str(told["accept_at"])),
            accept_town_at=float(str(told["accept_town_at"])),
            roots=arrays["roots"].astype(np.int64),
            feature=arrays["feature"].astype(np.int64),
            threshold=arrays["threshold"],
            left=arrays["left"].astype(np.int64),
            value=arrays["value"],
            base=float(arrays["base"]),
            depth=int(arrays["depth"]),
            knots=arrays["knots"],
            levels=arrays["levels"],
        )
