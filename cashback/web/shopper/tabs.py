"""The five parts of the shopper's app, as the bar at the bottom of a phone and the top of a screen shows them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tab:
    """One part: the end of its address, its word, its icon, and the addresses that belong to it."""

    path: str
    word: str
    icon: str
    parts: frozenset[str]


TABS = (
    Tab("", "tab.wallet", "wallet", frozenset({"", "purchases", "cash-out", "score"})),
    Tab("/offers", "tab.offers", "tag", frozenset({"offers"})),
    Tab("/payments", "tab.payments", "calendar-clock", frozenset({"payments"})),
    Tab("/inbox", "tab.inbox", "bell", frozenset({"inbox"})),
    Tab("/me", "tab.me", "user", frozenset({"me", "profile", "cards", "claims", "terms", "preferences"})),
)


def tab_of(path: str) -> Tab:
    """The part that an address such as `/fr/wallet/offers/spring` belongs to; the wallet where it is none other's."""
    below = path.split("/")[3:4]
    part = below[0] if below else ""
    return next((tab for tab in TABS if part in tab.parts), TABS[0])
