"""Whose purchase it is, by what is remembered and by what evidence says; and what speaks against it.

A memory decides only unless something contradicts it: confident evidence for another outlet, another country, an online
terminal, a trade of another range, a name or a town that was never seen under it. An identifier that is shared decides
with a second proof alone: a confirmed alias of the same text, and a proof of place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cashback.merchants.evidence.schemas import Decision, Outcome, Tier
from cashback.merchants.memo.aliases import TEXT, Alias, Book, Key, Origin, State, alike, keys_of, town_of
from cashback.merchants.memo.learning import CONFIDENT, STRONG


class Basis(StrEnum):
    """What decided."""

    IDENTIFIER = "identifier"
    """An identifier that the operator gave."""
    MEMO = "memo"
    """An identifier, or a text, that was learned."""
    REVIEW = "review"
    """A person's answer for what had waited."""
    EVIDENCE = "evidence"
    """The name and the place alone."""
    NOTHING = "nothing"
    """Nothing decided yet."""


class Against(StrEnum):
    """What contradicts an alias."""

    ANOTHER_SHOP = "another_shop"
    RIVAL = "rival"
    COUNTRY = "country"
    ONLINE = "online"
    CATEGORY = "category"
    NAME = "name"
    TOWN = "town"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a purchase shows of its place, beside its identifiers."""

    network: str
    names: tuple[str, ...]
    """`scheme:value`, most precise first."""
    fingerprint: str
    core: str
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    category_code: str | None = None
    online: bool | None = None
    facilitator: bool = False
    """Printed behind a payment facilitator, who may use one identifier for all its customers."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the guard compares a purchase with: the shop as its operator describes it."""

    names: tuple[str, ...]
    """Name, brand and legal name, as descriptors would shorten them."""
    country: str = ""
    category_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a purchase, and why."""

    decision: Decision
    shop: str | None
    basis: Basis
    why: str
    """One stable word."""
    alias: Alias | None = None
    """The alias that decided, or that was contradicted."""
    against: tuple[Against, ...] = ()
    """What contradicted it; empty: nothing."""
    probability: float | None = None
    """Of the shop by evidence; None: evidence was not asked."""
    tier: Tier | None = None


def decide(book: Book, seen: Seen, outcome: Outcome | None, shops: Mapping[str, Known], at: datetime) -> Ruling:
    """Decide one purchase made at `at` that no identifier given by the operator named. `outcome` is what evidence said,
    None where it is not asked."""
    proof = (None, None) if outcome is None else (outcome.probability, outcome.tier)
    found = [each for each in (book.at(key, at) for key in keys_of(seen.network, seen.names, seen.fingerprint)) if each]
    shared = next((each for each in found if each.state is State.SHARED), None)
    deciding = [each for each in found if each.state.decides()]
    if shared is not None or seen.facilitator:
        # One terminal may be known although the merchant id above it is shared.
        deciding = [each for each in deciding if each.key.scheme == "terminal"] or _by_text(book, seen, outcome, at)
    if deciding:
        first = deciding[0]
        if any(each.shop != first.shop for each in deciding[1:]):
            return Ruling(Decision.REVIEW, None, Basis.NOTHING, "identifiers_disagree", first, (), *proof)
        against = contradictions(first, seen, outcome, shops)
        if against:
            return Ruling(Decision.REVIEW, None, Basis.NOTHING, "contradicted", first, against, *proof)
        if first.state is State.NOT_OURS:
            return Ruling(Decision.REJECT, None, Basis.MEMO, "not_ours", first, (), *proof)
        if first.origin is Origin.EVIDENCE and outcome is not None and outcome.decision is Decision.ACCEPT:
            return _by_evidence(outcome, first)
        basis = Basis.REVIEW if first.answered_at is not None and at <= first.answered_at else Basis.MEMO
        return Ruling(Decision.ACCEPT, first.shop, basis, first.state.value, first, (), *proof)
    if outcome is None:
        return Ruling(Decision.REVIEW, None, Basis.NOTHING, "shared" if shared else "unknown", shared)
    suspended = next((each for each in found if each.state is State.SUSPENDED), None)
    return _by_evidence(outcome, suspended or shared)


def question_of(book: Book, seen: Seen, at: datetime) -> Key | None:
    """What a person would be asked of, should this purchase wait: the identifier that names a shop, and where that is
    shared the text under it. None: nothing can be learned of it."""
    keys = keys_of(seen.network, seen.names, seen.fingerprint)
    if not keys:
        return None
    key = next((each for each in keys if each.scheme != "terminal"), keys[0])
    alias = book.at(key, at)
    shared = alias is not None and alias.state is State.SHARED
    if (shared or seen.facilitator) and seen.fingerprint and key.scheme != TEXT:
        return Key(key.network, key.scheme, key.value, seen.fingerprint)
    return key


def contradictions(
    alias: Alias, seen: Seen, outcome: Outcome | None, shops: Mapping[str, Known]
) -> tuple[Against, ...]:
    """What speaks against an alias in this purchase."""
    found: list[Against] = []
    if outcome is not None:
        if _confident(outcome) and outcome.shop != alias.shop:
            found.append(Against.ANOTHER_SHOP)
        if alias.shop is not None and is_rival(outcome):
            found.append(Against.RIVAL)
    if alias.shop is None:
        return tuple(found)
    known = shops.get(alias.shop, Known(()))
    if seen.country and known.country and len(seen.country) == len(known.country) and seen.country != known.country:
        found.append(Against.COUNTRY)
    if seen.online:
        found.append(Against.ONLINE)
    named = bool(seen.core) and any(alike(seen.core, name) for name in (*alias.cores, *known.names))
    if not named and _other_range(seen.category_code, known.category_codes):
        # Category codes are often generic or wrong: under the name that is known they say nothing.
        found.append(Against.CATEGORY)
    if alias.cores and seen.core and not named:
        found.append(Against.NAME)
    town = town_of(seen.fingerprint)
    if town and alias.towns and not any(alike(town, other) for other in alias.towns):
        found.append(Against.TOWN)
    return tuple(found)


def is_rival(outcome: Outcome) -> bool:
    """Whether evidence is confident that it was a known outlet outside the programme."""
    best = outcome.candidates[0] if outcome.candidates else None
    return best is not None and not best.member and best.probability > CONFIDENT and not outcome.tie


def _confident(outcome: Outcome) -> bool:
    return outcome.probability > CONFIDENT and not outcome.tie and not outcome.conflict


def _by_text(book: Book, seen: Seen, outcome: Outcome | None, at: datetime) -> list[Alias]:
    """Under an identifier that is or may be shared: the alias of the same text, confirmed, with a proof of place for
    the same shop."""
    if outcome is None or outcome.tie or outcome.conflict or not seen.fingerprint:
        return []
    for key in keys_of(seen.network, seen.names, seen.fingerprint):
        alias = book.at(Key(key.network, key.scheme, key.value, seen.fingerprint), at)
        if alias is None:
            continue
        if alias.state is State.NOT_OURS:
            return [alias]
        if alias.state is State.CONFIRMED and outcome.shop == alias.shop and outcome.tier is not None:
            return [alias]
    return []


def _by_evidence(outcome: Outcome, doubted: Alias | None) -> Ruling:
    """By evidence alone. Where the identifier is shared or suspended, only with a strong proof of place."""
    proof = (outcome.probability, outcome.tier)
    if outcome.decision is Decision.ACCEPT:
        if doubted is not None and doubted.state in _DOUBTFUL and outcome.tier not in STRONG:
            return Ruling(Decision.REVIEW, None, Basis.NOTHING, doubted.state.value, doubted, (), *proof)
        return Ruling(Decision.ACCEPT, outcome.shop, Basis.EVIDENCE, outcome.reason, doubted, (), *proof)
    basis = Basis.EVIDENCE if outcome.decision is Decision.REJECT else Basis.NOTHING
    return Ruling(outcome.decision, None, basis, outcome.reason, doubted, (), *proof)


_DOUBTFUL = (State.SHARED, State.SUSPENDED)
_RANGES = (1500, 3000, 4000, 4800, 5000, 6000, 7000, 8000, 9000, 10_000)
"""Begins of the ranges of ISO 18245 that a shop does not change between: contractors, travel, transport, telephone and
utilities, trade and restaurants, money, services, professions and membership, government."""


def _other_range(seen: str | None, known: Sequence[str]) -> bool:
    if not seen or not known or not seen.isdigit():
        return False
    return all(_range(seen) != _range(code) for code in known if code.isdigit())


def _range(code: str) -> int:
    return sum(1 for begin in _RANGES if int(code) >= begin)
