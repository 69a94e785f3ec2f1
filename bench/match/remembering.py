"""The memo played over a stream: each purchase is decided as it comes, persons answer at the end of each day.

Only what is decided at once, without a person, counts: right or wrong, and found or not.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bench.match.stream import DAYS, NETWORK, START, Purchase
from cashback.merchants.evidence import Outcome
from cashback.merchants.evidence.schemas import Decision
from cashback.merchants.memo.aliases import Book, Key, Origin, State, keys_of
from cashback.merchants.memo.deciding import Basis, Known, Ruling, Seen, decide, is_rival, question_of
from cashback.merchants.memo.learning import Answer, Ladder, Sighted, believe

QUARTERS = 4
SLIPS = 0.5
"""Of wrong answers: a wrong shop where it is a shop, else that it is none of ours."""


@dataclass(slots=True)
class Quarter:
    """What happened in a quarter of the stream."""

    purchases: int = 0
    members: int = 0
    accepted: int = 0
    right: int = 0
    by_basis: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    waiting: int = 0
    """Purchases that had to wait for a person."""
    answers: int = 0
    wrong_shared: int = 0
    """Wrong accepts under an identifier that several outlets use."""
    mids_accepted: set[str] = field(default_factory=set)
    mids_wrong: set[str] = field(default_factory=set)

    @property
    def precision(self) -> float:
        """Right among those that were decided automatically."""
        return self.right / self.accepted if self.accepted else 1.0

    @property
    def recall(self) -> float:
        """Rightly decided at once, among the purchases of the programme's shops."""
        return self.right / self.members if self.members else 0.0


class Player:
    """One run over a stream."""

    def __init__(
        self, shops: Mapping[str, Known], seed: int, *, reviewer_error: float, ladder: Ladder | None = None
    ) -> None:
        self.quarters = [Quarter() for _ in range(QUARTERS)]
        self._shops = shops
        self._codes = sorted(shops)
        self._random = random.Random(f"persons {seed}")
        self._error = reviewer_error
        self._ladder = ladder or Ladder()
        self._book = Book()
        self._lessons: dict[Key, list[Sighted | Answer]] = defaultdict(list)
        self._waiting: list[tuple[Purchase, Outcome, Seen]] = []

    def play(self, stream: Sequence[Purchase], outcomes: Sequence[Outcome]) -> list[Quarter]:
        """Decide every purchase in the order of its time."""
        day = 0
        for purchase, outcome in zip(stream, outcomes, strict=True):
            today = (purchase.at - START).days
            if today != day:
                self._answer(day, purchase.at)
                day = today
            self._one(purchase, outcome)
        return self.quarters

    def _one(self, purchase: Purchase, outcome: Outcome) -> None:
        told = purchase.row.sighting
        seen = Seen(
            NETWORK,
            purchase.names,
            outcome.fingerprint,
            outcome.core_name,
            told.country,
            told.category_code,
            told.online,
            outcome.facilitator is not None,
        )
        ruling = decide(self._book, seen, outcome, self._shops, purchase.at)
        self._count(purchase, ruling)
        if ruling.decision is Decision.REVIEW:
            self._waiting.append((purchase, outcome, seen))
        sighted = Sighted(
            ref=str(purchase.number),
            at=purchase.at,
            card=purchase.card,
            fingerprint=outcome.fingerprint,
            core=outcome.core_name,
            facilitator=outcome.facilitator is not None,
            decision=outcome.decision,
            shop=outcome.shop,
            probability=outcome.probability,
            tier=outcome.tier,
            rival=is_rival(outcome),
        )
        for key in keys_of(NETWORK, purchase.names, outcome.fingerprint):
            self._teach(key, sighted)
            text = Key(key.network, key.scheme, key.value, outcome.fingerprint)
            if text in self._lessons:
                self._teach(text, sighted)

    def _teach(self, key: Key, lesson: Sighted | Answer) -> None:
        self._lessons[key].append(lesson)
        self._book.put(key, believe(key, self._lessons[key], self._ladder))

    def _count(self, purchase: Purchase, ruling: Ruling) -> None:
        quarter = self.quarters[min(QUARTERS - 1, (purchase.at - START).days * QUARTERS // DAYS)]
        quarter.purchases += 1
        quarter.members += bool(purchase.row.shop)
        if ruling.decision is Decision.REVIEW:
            quarter.waiting += 1
        if ruling.decision is not Decision.ACCEPT or ruling.basis is Basis.REVIEW:
            return
        right = ruling.shop == purchase.row.shop
        quarter.accepted += 1
        quarter.right += right
        quarter.by_basis[ruling.basis][0] += 1
        quarter.by_basis[ruling.basis][1] += not right
        quarter.mids_accepted.add(purchase.names[-1])
        if not right:
            quarter.mids_wrong.add(purchase.names[-1])
            quarter.wrong_shared += purchase.shared

    def _answer(self, day: int, now: datetime) -> None:
        """Persons work the queue off. Under an identifier found to be shared each text is asked of at once."""
        quarter = self.quarters[min(QUARTERS - 1, day * QUARTERS // DAYS)]
        waiting = self._waiting
        self._waiting = []
        for _ in range(2):
            asked: dict[Key, list[tuple[Purchase, Outcome]]] = defaultdict(list)
            left = []
            for purchase, outcome, seen in waiting:
                key = question_of(self._book, seen, purchase.at)
                if key is not None:
                    asked[key].append((purchase, outcome))
                    left.append((purchase, outcome, seen))
            shared: set[Key] = set()
            for key, held in asked.items():
                said = self._said(key, held, now)
                if said is None:
                    continue
                quarter.answers += 1
                self._teach(key, said)
                if said.verdict is State.SHARED:
                    shared.add(key)
            waiting = [
                (purchase, outcome, seen)
                for purchase, outcome, seen in left
                if any(key in shared for key in keys_of(NETWORK, purchase.names, outcome.fingerprint))
            ]

    def _said(self, key: Key, held: Sequence[tuple[Purchase, Outcome]], now: datetime) -> Answer | None:
        """What a person answers: the truth as far as what waits shows it, or a slip."""
        truths = {purchase.row.shop for purchase, _ in held}
        since = min(purchase.at for purchase, _ in held)
        believed = [each for each in self._book.of(key) if each.state.decides()]
        moved = any((each.shop or "") not in truths for each in believed)
        if len(truths) > 1 or (moved and held[0][0].shared):
            if key.fingerprint:
                return None
            return Answer("person", now, since, State.SHARED, None, Origin.REVIEW)
        (shop,) = truths
        if self._random.random() < self._error:
            shop = self._slip(shop, held)
        if not shop:
            return Answer("person", now, since, State.NOT_OURS, None, Origin.REVIEW)
        given = [each.probability for _, outcome in held for each in outcome.candidates if each.outlet == shop]
        return Answer("person", now, since, State.CONFIRMED, shop, Origin.REVIEW, max(given, default=0.0))

    def _slip(self, shop: str, held: Sequence[tuple[Purchase, Outcome]]) -> str:
        """A wrong answer, as people err: the likeliest other proposal, or that it is none of ours."""
        proposed = [each.outlet for _, outcome in held for each in outcome.candidates if each.member]
        others = [each for each in proposed if each != shop]
        if shop and (not others or self._random.random() < SLIPS):
            return ""
        return others[0] if others else self._random.choice(self._codes)
