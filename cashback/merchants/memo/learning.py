"""What lessons teach of one key. The answer is a function of the set of lessons, not of the order in which they came.

* A person's answer holds from the first purchase it settles until another answer. It is believed at once where the
  evidence does not make a slip of the person likely; else it settles what has waited, and a second look is asked for.
* Without an answer, sightings climb: the first accept makes a candidate, accepts on several cards and days make it
  decide, as many again as audits take confirm it.
* A second shop is a change of tenant if the first is never seen again, and else makes the identifier shared.
* What contradicts an answer after it was given suspends it until the next answer. Nothing is ever decided backwards:
  a contradiction counts from its own time on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cashback.merchants.evidence.schemas import Decision, Tier
from cashback.merchants.memo.aliases import Alias, Key, Origin, State, alike, town_of

STRONG = frozenset({Tier.STORE_NUMBER, Tier.CENTRE, Tier.COORDINATES, Tier.DISTRICT})
"""Proofs of place that hold when town fields lie (0.9993 of accepts were right, clean or not)."""
CONFIDENT = 0.9
"""A probability from which evidence for another shop contradicts an alias."""
CORES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Ladder:
    """How many proofs each step takes."""

    accepts: int = 3
    """Strong accepts, on as many cards and as many days, from which on an alias decides."""
    audits: int = 10
    """Further strong accepts, each an independent check that found the same shop, that confirm it."""
    reviewer_error: float = 0.03
    """How often a person's answer is wrong."""
    trusted_at: float = 0.95
    """An answer is believed for the future from this probability on, given what evidence said and how persons err."""
    names: int = 3
    """So many names that do not resemble each other make an identifier shared; two behind a payment facilitator."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """One purchase under the key, as evidence judged it."""

    ref: str
    """Names the purchase, so that it counts once."""
    at: datetime
    card: str
    fingerprint: str
    core: str
    facilitator: bool
    decision: Decision
    shop: str | None
    """Of the best member candidate."""
    probability: float
    tier: Tier | None
    rival: bool
    """A known outlet outside the programme fits best, confidently."""

    @property
    def strong(self) -> bool:
        """Accepted, with a proof of place that teaches."""
        return self.decision is Decision.ACCEPT and self.shop is not None and self.tier in STRONG

    def contradicts(self, shop: str | None) -> bool:
        """Whether it speaks against a shop (None: against being outside the programme)."""
        if self.rival:
            return shop is not None
        return self.strong and self.shop != shop


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person, a receipt or a file said of the key."""

    by: str
    at: datetime
    """When it was said."""
    since: datetime
    """From which purchase on it holds."""
    verdict: State
    """CONFIRMED for a shop, NOT_OURS or SHARED."""
    shop: str | None
    origin: Origin
    probability: float | None = None
    """What evidence gave this shop when it was said; None: nothing was asked."""


def believe(key: Key, lessons: Iterable[Sighted | Answer], ladder: Ladder | None = None) -> tuple[Alias, ...]:
    """What is believed of the key: aliases over intervals that do not overlap, the earliest first."""
    rules = ladder or Ladder()
    sightings: dict[str, Sighted] = {}
    answers: set[Answer] = set()
    for each in lessons:
        if isinstance(each, Answer):
            answers.add(each)
        elif each.ref not in sightings or _content(each) > _content(sightings[each.ref]):
            sightings[each.ref] = each
    seen = sorted(sightings.values(), key=lambda each: (each.at, each.ref))
    said = sorted(answers, key=lambda each: (each.at, each.by, each.since, each.verdict, each.shop or ""))
    first = min((each.since for each in said), default=None)
    unsaid = [each for each in seen if first is None or each.at < first]
    aliases = _climb(key, unsaid, rules)
    if first is not None:
        aliases = [_ended(each, first) for each in aliases]
        aliases += _answered(key, said, seen, rules)
    return tuple(aliases)


def _content(sighted: Sighted) -> tuple[str, ...]:
    """Orders two tellings of one purchase, so that the same one holds whatever came last."""
    return (
        sighted.at.isoformat(),
        sighted.decision,
        sighted.shop or "",
        sighted.fingerprint,
        f"{sighted.probability:.9f}",
        sighted.card,
        sighted.tier or "",
        sighted.core,
        str(sighted.facilitator),
        str(sighted.rival),
    )


def _ended(alias: Alias, at: datetime) -> Alias:
    if alias.valid_until is not None and alias.valid_until <= at:
        return alias
    return replace(alias, valid_until=at)


def _climb(key: Key, seen: Sequence[Sighted], rules: Ladder) -> list[Alias]:
    """Aliases from sightings alone."""
    runs = _runs([each for each in seen if each.strong])
    shared_at = min(filter(None, (_shared_by_names(seen, rules), _shared_by_shops(runs))), default=None)
    aliases: list[Alias] = []
    for number, run in enumerate(runs):
        begin = seen[0].at if number == 0 else run[0].at
        ends = [runs[number + 1][0].at] if number + 1 < len(runs) else []
        end = min([*ends, *([] if shared_at is None else [shared_at])], default=None)
        if end is None or begin < end:
            aliases += _risen(key, [each for each in run if end is None or each.at < end], seen, begin, end, rules)
    if shared_at is not None:
        within = [each for each in seen if each.at >= shared_at]
        aliases.append(_alias(key, State.SHARED, None, Origin.EVIDENCE, shared_at, None, "second_shop", within))
    return aliases


def _risen(
    key: Key, run: Sequence[Sighted], seen: Sequence[Sighted], begin: datetime, end: datetime | None, rules: Ladder
) -> list[Alias]:
    """How far one shop has come by its accepts, and the suspension from the first sighting that contradicts it on."""
    if not run:
        return []
    shop = run[0].shop
    against = next((each for each in seen if each.at > begin and each.rival and (end is None or each.at < end)), None)
    counted = [each for each in run if against is None or each.at < against.at]
    state, why = State.CANDIDATE, "first_accept"
    if min(len({each.card for each in counted}), len({each.at.date() for each in counted})) >= rules.accepts:
        state, why = State.PROBATION, "accepts"
        if len(counted) >= rules.accepts + rules.audits:
            state, why = State.CONFIRMED, "audits"
    until = end if against is None else against.at
    risen = [_alias(key, state, shop, Origin.EVIDENCE, begin, until, why, counted or run[:1])]
    if against is not None:
        rest = [each for each in seen if each.at >= against.at]
        risen.append(_alias(key, State.SUSPENDED, shop, Origin.EVIDENCE, against.at, end, "contradicted", rest))
    return risen


def _shared_by_shops(runs: Sequence[Sequence[Sighted]]) -> datetime | None:
    """When a second shop appeared beside the first: one that is back after another, or two at one instant."""
    visited: set[str | None] = set()
    for number, run in enumerate(runs):
        if run[0].shop in visited:
            return runs[min(1, number)][0].at
        visited.add(run[0].shop)
        together = next((each.at for each in run if each.shop != run[0].shop), None)
        if together is not None:
            return together
    return None


def _runs(strong: Sequence[Sighted]) -> list[list[Sighted]]:
    """Consecutive accepts of one shop."""
    runs: list[list[Sighted]] = []
    for each in strong:
        if runs and runs[-1][0].shop == each.shop:
            runs[-1].append(each)
        elif runs and runs[-1][0].at == each.at:
            # Two shops at one instant follow in no order: they use the identifier together.
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _shared_by_names(seen: Sequence[Sighted], rules: Ladder) -> datetime | None:
    """When names that do not resemble each other became too many for one shop."""
    groups: list[str] = []
    facilitator = False
    for each in seen:
        facilitator = facilitator or each.facilitator
        if each.core and not any(alike(each.core, known) for known in groups):
            groups.append(each.core)
        if len(groups) >= (2 if facilitator else rules.names):
            return each.at
    return None


def _answered(key: Key, said: Sequence[Answer], seen: Sequence[Sighted], rules: Ladder) -> list[Alias]:
    """Aliases from answers: each holds from its `since` until a later answer says otherwise."""
    painted: list[tuple[datetime, Answer]] = []
    for answer in said:
        painted = [(begin, each) for begin, each in painted if begin < answer.since]
        painted.append((answer.since, answer))
    aliases: list[Alias] = []
    for number, (begin, answer) in enumerate(painted):
        end = painted[number + 1][0] if number + 1 < len(painted) else None
        within = [each for each in seen if each.at >= begin and (end is None or each.at < end)]
        parts = _from_answer(key, answer, said, within, begin, end, rules)
        aliases += [replace(each, answered_at=answer.at) for each in parts]
    return _joined(aliases)


def _from_answer(
    key: Key,
    answer: Answer,
    said: Sequence[Answer],
    within: Sequence[Sighted],
    begin: datetime,
    end: datetime | None,
    rules: Ladder,
) -> list[Alias]:
    known = [each for each in within if each.at <= answer.at] or list(within[:1])
    if answer.verdict is not State.CONFIRMED or _believed(answer, said, within, rules):
        whole = _alias(key, answer.verdict, answer.shop, answer.origin, begin, end, "answered", known)
        against = None
        if answer.verdict is not State.SHARED:
            against = next((each for each in within if each.at > answer.at and each.contradicts(answer.shop)), None)
        if against is None:
            return [whole]
        rest = replace(whole, state=State.SUSPENDED, valid_from=against.at, why="contradicted", last_seen=within[-1].at)
        return [replace(whole, valid_until=against.at), rest]
    # What has waited is settled by the person; for what comes the answer waits for a second look.
    settled = answer.at if end is None else min(answer.at, end)
    whole = _alias(key, State.CONFIRMED, answer.shop, answer.origin, begin, end, "answered", known)
    if settled <= begin:
        return [replace(whole, state=State.CANDIDATE, why="second_look")]
    parts = [replace(whole, valid_until=settled)]
    if end is None or settled < end:
        parts.append(replace(whole, state=State.CANDIDATE, valid_from=settled, why="second_look"))
    return parts


def _believed(answer: Answer, said: Sequence[Answer], within: Sequence[Sighted], rules: Ladder) -> bool:
    """Whether an answer that names a shop may decide purchases to come."""
    if answer.origin is not Origin.REVIEW or answer.probability is None:
        return True
    same = {(each.by, each.at) for each in said if each.verdict is answer.verdict and each.shop == answer.shop}
    if len(same) > 1 or any(each.strong and each.shop == answer.shop for each in within):
        return True
    right = answer.probability * (1 - rules.reviewer_error)
    wrong = (1 - answer.probability) * rules.reviewer_error
    return right > 0 and right / (right + wrong) >= rules.trusted_at


def _joined(aliases: Sequence[Alias]) -> list[Alias]:
    """One alias where two of the same follow each other: the same answer given again."""
    joined: list[Alias] = []
    for each in aliases:
        last = joined[-1] if joined else None
        if last and (last.state, last.shop, last.valid_until) == (each.state, each.shop, each.valid_from):
            joined[-1] = replace(
                last,
                valid_until=each.valid_until,
                last_seen=max(last.last_seen, each.last_seen),
                cores=_kept(last.cores + each.cores),
                towns=_kept(last.towns + each.towns),
                origin=each.origin,
                why=each.why,
                answered_at=each.answered_at,
            )
        else:
            joined.append(each)
    return joined


def _alias(
    key: Key,
    state: State,
    shop: str | None,
    origin: Origin,
    begin: datetime,
    end: datetime | None,
    why: str,
    seen: Sequence[Sighted],
) -> Alias:
    mine = [each for each in seen if each.strong and each.shop == shop and shop is not None]
    return Alias(
        key=key,
        state=state,
        shop=shop if state is not State.SHARED else None,
        origin=origin,
        valid_from=begin,
        valid_until=end,
        why=why,
        first_seen=min((each.at for each in seen), default=begin),
        last_seen=max((each.at for each in seen), default=begin),
        accepts=len(mine),
        cards=len({each.card for each in mine}),
        days=len({each.at.date() for each in mine}),
        cores=_kept(each.core for each in seen),
        towns=_kept(town_of(each.fingerprint) for each in seen),
    )


def _kept(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))[:CORES_KEPT]
