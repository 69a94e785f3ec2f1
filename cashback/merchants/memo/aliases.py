"""Aliases: what an identifier, or the text of a bank statement, is believed to lead to, over an interval of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

TEXT = "text"
"""The scheme of a feed that tells no identifier: its value is the fingerprint of the sighting."""
PLACE_SCHEMES = frozenset(
    {"terminal", "acquirer_mid", "mid", "vsid", "se_number", "fidel_location", "mc_location", "mc_location_id", "siret"}
)
"""Schemes whose values name a place. Others name a chain, a contract or an offer, and are never learned."""
BEGINNING = datetime.min.replace(tzinfo=UTC)


class State(StrEnum):
    """How far an alias may be relied on."""

    CANDIDATE = "candidate"
    """Seen, and decides nothing."""
    PROBATION = "probation"
    """Decides, unless anything speaks against it."""
    CONFIRMED = "confirmed"
    """Decides, unless something certain speaks against it."""
    SUSPENDED = "suspended"
    """Contradicted: decides nothing until a person has looked."""
    SHARED = "shared"
    """Several places use the identifier: it never decides without a second proof."""
    NOT_OURS = "not_ours"
    """Leads outside the programme: purchases under it are refused."""

    def decides(self) -> bool:
        """Whether purchases are decided by it alone."""
        return self in (State.PROBATION, State.CONFIRMED, State.NOT_OURS)


class Origin(StrEnum):
    """Where an alias comes from."""

    EVIDENCE = "evidence"
    """From purchases that were matched by evidence."""
    REVIEW = "review"
    """From a person's answer."""
    RECEIPT = "receipt"
    """From a receipt whose purchase is known."""
    MERCHANT_FILE = "merchant_file"
    """From the merchant or the operator."""
    DRIFT = "drift"
    """From an accepted proposal: the shop's known identifier fell silent, and this one appeared."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What an alias is about: an identifier of one network, or one text under it."""

    network: str
    scheme: str
    """Of the identifier, or `TEXT`."""
    value: str
    fingerprint: str = ""
    """Of the sighting, when only one text under the identifier is meant; empty: all of it."""

    @property
    def name(self) -> str:
        """`scheme:value`, as purchases carry it."""
        return f"{self.scheme}:{self.value}"

    def whole(self) -> "Key":
        """The identifier without a text."""
        return Key(self.network, self.scheme, self.value)


@dataclass(frozen=True, slots=True)
class Alias:
    """What a key is believed to lead to, for purchases made in a half-open interval."""

    key: Key
    state: State
    shop: str | None
    """Code of the shop; None where the key leads to no single one."""
    origin: Origin
    valid_from: datetime
    valid_until: datetime | None
    why: str
    """The step that led here, one stable word."""
    first_seen: datetime
    last_seen: datetime
    accepts: int = 0
    """Sightings that evidence gave to this shop with a strong proof of place."""
    cards: int = 0
    """On how many distinct cards."""
    days: int = 0
    """On how many distinct days (UTC)."""
    cores: tuple[str, ...] = ()
    """Names under which it was seen while it was learned."""
    towns: tuple[str, ...] = ()
    """Towns with which it was seen while it was learned."""
    answered_at: datetime | None = None
    """When a person said so; None: nobody did."""

    def covers(self, at: datetime) -> bool:
        """Whether a purchase made then is meant."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class Book:
    """All aliases that are believed at present, compiled for look-up."""

    __slots__ = ("_by_key",)

    def __init__(self, aliases: Iterable[Alias] = ()) -> None:
        self._by_key: dict[Key, tuple[Alias, ...]] = {}
        grouped: dict[Key, list[Alias]] = {}
        for each in aliases:
            grouped.setdefault(each.key, []).append(each)
        for key, held in grouped.items():
            self.put(key, held)

    def put(self, key: Key, aliases: Sequence[Alias]) -> None:
        """What is believed of a key from now on. Raises ValueError if two of them are valid at one instant."""
        ordered = tuple(sorted(aliases, key=lambda each: each.valid_from))
        clash = overlap(ordered)
        if clash is not None:
            raise ValueError(f"{key.name}: two aliases are valid at {clash.isoformat()}, expected one at an instant")
        if ordered:
            self._by_key[key] = ordered
        else:
            self._by_key.pop(key, None)

    def at(self, key: Key, at: datetime) -> Alias | None:
        """What is believed of a key for a purchase made then."""
        for each in self._by_key.get(key, ()):
            if each.covers(at):
                return each
        return None

    def of(self, key: Key) -> tuple[Alias, ...]:
        """All that is believed of a key, the earliest first."""
        return self._by_key.get(key, ())

    def __len__(self) -> int:
        return len(self._by_key)


def overlap(ordered: Sequence[Alias]) -> datetime | None:
    """The first instant at which two of these are valid; they are sorted by `valid_from`."""
    for first, second in pairwise(ordered):
        if first.valid_until is None or second.valid_from < first.valid_until:
            return second.valid_from
    return None


def keys_of(network: str, names: Sequence[str], fingerprint: str) -> list[Key]:
    """What can be learned of a purchase told with these `scheme:value` names, most precise first.

    Without a name that tells a place the text is all there is, and it counts only if it tells a place itself.
    """
    keys = []
    for name in names:
        scheme, _, value = name.partition(":")
        if scheme in PLACE_SCHEMES and value:
            keys.append(Key(network, scheme, value))
    if not keys and tells_place(fingerprint):
        keys.append(Key(network, TEXT, fingerprint))
    return keys


def tells_place(fingerprint: str) -> bool:
    """Whether a fingerprint (`core|store number|town|postcode`) says where, not only who."""
    core, *places = fingerprint.split("|")
    return bool(core.strip()) and any(part.strip() for part in places)


def town_of(fingerprint: str) -> str:
    """The town of a fingerprint; empty: not told."""
    parts = fingerprint.split("|")
    return parts[2].strip() if len(parts) > 2 else ""


def alike(first: str, second: str) -> bool:
    """Whether two names may be the same, cut, glued or abbreviated: a start in common, or a long word in common."""
    one, other = _glued(first), _glued(second)
    if not one or not other:
        return True
    short, long = sorted((one, other), key=len)
    start = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if start == len(short) or start >= _START_MIN:
        return True
    words = {word for word in first.casefold().split() if len(word) >= _WORD_MIN}
    if words & {word for word in second.casefold().split() if len(word) >= _WORD_MIN}:
        return True
    return _shared_pairs(one, other) >= _PAIRS_MIN


_START_MIN = 5
_WORD_MIN = 4
_PAIRS_MIN = 0.6


def _glued(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _shared_pairs(one: str, other: str) -> float:
    """Dice's share of the pairs of letters in common: one typo in a name of eight letters leaves three quarters."""
    pairs = [{name[at : at + 2] for at in range(len(name) - 1)} for name in (one, other)]
    total = len(pairs[0]) + len(pairs[1])
    return 2 * len(pairs[0] & pairs[1]) / total if total else 0.0
