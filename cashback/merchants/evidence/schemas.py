"""What the matcher is asked and what it answers: a sighting of a merchant, an outcome with its evidence."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one card transaction or bank statement line shows of the place it was made in. None: not told."""

    descriptor: str | None
    """The merchant's name as it was printed, with all that stands around it (`CARTE 12/03 ZARA PARIS 15 CB*4521`)."""
    city: str | None = None
    """The town field, which may hold a telephone number, a web address or the town of a head office."""
    postcode: str | None = None
    country: str | None = None
    """ISO 3166, two or three letters or three digits."""
    category_code: str | None = None
    """Merchant category code, ISO 18245."""
    latitude: float | None = None
    """Degrees."""
    longitude: float | None = None
    """Degrees."""
    online: bool | None = None
    """Whether the terminal says that the customer was not there."""


class Decision(StrEnum):
    """What becomes of a sighting without a person."""

    ACCEPT = "accept"
    """It was this shop."""
    REVIEW = "review"
    """A person should look: the evidence does not suffice, or is contradictory."""
    REJECT = "reject"
    """It was no shop of the programme: nothing resembles it, or a known outlet outside the programme fits better."""


class Tier(StrEnum):
    """The proof of place by which a candidate stands out, strongest first."""

    STORE_NUMBER = "A"
    """The number of the store is in the text."""
    CENTRE = "B"
    """The name of the centre is in the text or in the town field."""
    COORDINATES = "C"
    """The terminal stands within 450 m."""
    POSTCODE = "D"
    """The postcode is the shop's, and no other outlet of the brand has it."""
    DISTRICT = "E"
    """The arrondissement is the shop's (Paris, Lyon, Marseille), and no other outlet of the brand lies in it."""
    TOWN = "F"
    """The town is the shop's, the list of the brand's outlets is complete, and this is the only one there."""
    TOWN_INCOMPLETE = "G"
    """The town is the shop's and no other outlet is known there, but the list may lack some."""
    NAME_ONLY = "H"
    """Nothing tells the place; the brand has one known outlet."""


class Verdict(StrEnum):
    """What one item of evidence says of a candidate."""

    AGREE = "agree"
    CONFLICT = "conflict"
    ABSENT = "absent"
    """The sighting or the catalogue does not tell; counts for nothing by itself."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One item of evidence on one candidate."""

    field: str
    """name, town, postcode, centre, store_number, coordinates, category, facilitator, online, country, rivals."""
    seen: str
    expected: str
    verdict: Verdict
    weight: float
    """By how much it moves the log-odds of the candidate; positive speaks for it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One outlet that was considered."""

    outlet: str
    """The catalogue's id."""
    member: bool
    """False: an outlet outside the programme."""
    probability: float
    """Calibrated, that the sighting was made there."""
    tier: Tier | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision on one sighting, with all that it rests on."""

    decision: Decision
    shop: str | None
    """The catalogue's id of the best member candidate, whatever the decision; None: no member was a candidate."""
    probability: float
    """Calibrated, that the sighting was made in `shop`; 0 without one."""
    margin: float
    """The probability less that of the best other candidate, member or not."""
    tier: Tier | None
    tie: bool
    """Another outlet fits as well: never accepted."""
    conflict: bool
    """Something that was seen contradicts the shop: never accepted."""
    fingerprint: str
    """A stable key of the normalised sighting: core name, store number, town and postcode, joined by `|`."""
    core_name: str
    """The name without bank form, facilitator, legal words, noise, number and place; may be empty."""
    facilitator: str | None
    """The payment facilitator whose prefix was found (`sumup`); None: none."""
    candidates: tuple[Candidate, ...]
    """The five best, best first."""
    evidence: tuple[Evidence, ...]
    """On `shop`; empty without one."""
    removed: tuple[tuple[str, str], ...]
    """What was taken off the descriptor, in order: its kind (bank, facilitator, legal, noise, …) and its text."""
    reason: str
    """Why this decision, one stable word: accepted, tie, conflict, category, unlikely, rival, outside, stranger, …"""
    thresholds: tuple[float, float]
    """At least the first is accepted with a proof of place, below the second is rejected."""
    model: str
    """Version and the first digits of the hash of the model that was used."""
