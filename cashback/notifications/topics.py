"""What notices are about, by which channels they come, and which come whatever somebody chose."""

from collections.abc import Mapping
from enum import StrEnum


class Channel(StrEnum):
    """A way to somebody."""

    INBOX = "inbox"
    """The app. What is muted there is kept all the same, and read already: it lights no badge."""
    MAIL = "mail"
    """A letter to the address that they sign in with."""


class Topic(StrEnum):
    """What a notice is about."""

    REWARDS = "rewards"
    """What the wallet gains, and what is about to expire."""
    PAYOUTS = "payouts"
    """Where a payout stands."""
    PLAN_NEWS = "plan_news"
    """Instalments that went well: paid, complete, lowered."""
    PLANS = "plans"
    """What must be known of a credit: due days, failures, charges, withdrawal, answers of people."""
    SECURITY = "security"
    """Accounts added or removed, money taken by hand: what somebody must hear who did not do it."""


MUST = frozenset({Topic.PLANS, Topic.SECURITY})
"""Sent whatever was chosen: the law on credit asks for it, or the safety of one's money does."""
MAILED_UNASKED = frozenset({Topic.PAYOUTS, Topic.PLANS, Topic.SECURITY})
"""Sent by mail as long as nobody chose otherwise."""

_PREFIXES: tuple[tuple[str, Topic], ...] = (
    ("instalment_paid", Topic.PLAN_NEWS),
    ("plan_completed", Topic.PLAN_NEWS),
    ("plan_activated", Topic.PLAN_NEWS),
    ("plan_refunded", Topic.PLAN_NEWS),
    ("payout_account_", Topic.SECURITY),
    ("adjustment_taken", Topic.SECURITY),
    ("adjustment_", Topic.REWARDS),
    ("reward_", Topic.REWARDS),
    ("debt_", Topic.REWARDS),
    ("claim_", Topic.REWARDS),
    ("payout_", Topic.PAYOUTS),
    ("instalment_", Topic.PLANS),
    ("plan_", Topic.PLANS),
    ("card_", Topic.PLANS),
    ("payment_", Topic.PLANS),
    ("review_", Topic.PLANS),
)
"""By how a kind begins; the first that fits."""


def topic_of(kind: str) -> Topic:
    """What a kind is about. One that nobody sorted is told whatever was chosen: silence would be the worse mistake."""
    return next((topic for begin, topic in _PREFIXES if kind.startswith(begin)), Topic.SECURITY)


def wanted_unasked(topic: Topic, channel: Channel) -> bool:
    """How it comes as long as nobody chose."""
    return channel is Channel.INBOX or topic in MAILED_UNASKED


def is_wanted(topic: Topic, channel: Channel, chosen: Mapping[tuple[Topic, Channel], bool]) -> bool:
    """Whether it is sent by a channel, after what somebody chose and what must be sent."""
    if topic in MUST:
        return True
    return chosen.get((topic, channel), wanted_unasked(topic, channel))
