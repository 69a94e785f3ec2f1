"""Builders of lessons and outcomes for the memo: every argument has a boring default."""

from datetime import UTC, datetime, timedelta

from cashback.merchants.evidence.schemas import Candidate, Decision, Outcome, Tier
from cashback.merchants.memo.aliases import Key, Origin, State
from cashback.merchants.memo.deciding import Known, Seen
from cashback.merchants.memo.learning import Answer, Sighted

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = Key("sandbox", "mid", "1234567")
PRINT = "zara||lyon|"
SHOPS = {
    "zara": Known(("zara",), "FR", ("5651",)),
    "fnac": Known(("fnac",), "FR", ("5732",)),
    "paul": Known(("paul",), "FR", ("5462",)),
}


def day(number: float) -> datetime:
    """An instant so many days after `START`."""
    return START + timedelta(days=number)


def sighted(
    number: int,
    shop: str | None = "zara",
    *,
    at: float | None = None,
    decision: Decision = Decision.ACCEPT,
    tier: Tier | None = Tier.CENTRE,
    card: str | None = None,
    core: str = "zara",
    rival: bool = False,
    facilitator: bool = False,
) -> Sighted:
    """The purchase of that number, on a day and a card of its own."""
    return Sighted(
        ref=f"p{number}",
        at=day(number if at is None else at),
        card=card or f"c{number}",
        fingerprint=f"{core}||lyon|",
        core=core,
        facilitator=facilitator,
        decision=decision,
        shop=shop,
        probability=0.999 if decision is Decision.ACCEPT else 0.4,
        tier=tier,
        rival=rival,
    )


def answer(
    shop: str | None = "zara",
    *,
    at: float = 20,
    since: float = 0,
    verdict: State = State.CONFIRMED,
    by: str = "ada",
    origin: Origin = Origin.REVIEW,
    probability: float | None = None,
) -> Answer:
    """A person's word."""
    return Answer(by, day(at), day(since), verdict, shop, origin, probability)


def seen(*names: str, core: str = "zara", town: str = "lyon", **more: object) -> Seen:
    """What a purchase of the sandbox network shows."""
    given = names or ("mid:1234567",)
    return Seen("sandbox", given, f"{core}||{town}|", core, **more)  # type: ignore[arg-type]


def outcome(
    decision: Decision = Decision.REVIEW,
    shop: str | None = "zara",
    probability: float = 0.5,
    *,
    tier: Tier | None = Tier.TOWN_INCOMPLETE,
    tie: bool = False,
    conflict: bool = False,
    rival: float | None = None,
) -> Outcome:
    """What evidence says; `rival` is the probability of a known outlet outside the programme, put first."""
    mine = () if shop is None else (Candidate(shop, True, probability, tier, ()),)
    others = () if rival is None else (Candidate("rival-1", False, rival, None, ()),)
    return Outcome(
        decision=decision,
        shop=shop,
        probability=probability,
        margin=probability,
        tier=tier,
        tie=tie,
        conflict=conflict,
        fingerprint=PRINT,
        core_name="zara",
        facilitator=None,
        candidates=(*others, *mine),
        evidence=(),
        removed=(),
        reason="accepted" if decision is Decision.ACCEPT else "no_place",
        thresholds=(0.99, 0.02),
        model="test",
    )
