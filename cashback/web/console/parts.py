"""The parts of the console: where they are, what they are called, and which kind of page each is."""

from collections.abc import Sequence
from dataclasses import dataclass

from cashback.auth.roles import OPENED_BY, MemberRole, Page


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the navigation: last part of the address, icon, and the kind of page that says who opens it."""

    name: str
    icon: str
    page: Page
    key: str = ""
    """The letter that leads there after `g`; empty for none."""

    @property
    def word(self) -> str:
        """Its name among the messages."""
        return f"console.nav.{self.name}"


GROUPS: Sequence[tuple[str, Sequence[Part]]] = (
    (
        "console.group.now",
        (
            Part("overview", "gauge", Page.OVERVIEW, "o"),
            Part("live", "activity", Page.LIVE, "l"),
            Part("tests", "flask-conical", Page.OVERVIEW, "h"),
            Part("segments", "tag", Page.OVERVIEW, "r"),
        ),
    ),
    (
        "console.group.programme",
        (
            Part("offers", "tag", Page.OFFERS, "f"),
            Part("shops", "store", Page.SHOPS, "s"),
            Part("matches", "map-pin", Page.SHOPS, "t"),
        ),
    ),
    (
        "console.group.people",
        (
            Part("members", "user", Page.MEMBERS, "m"),
            Part("claims", "receipt", Page.CLAIMS, "c"),
            Part("decisions", "shield", Page.DECISIONS),
        ),
    ),
    (
        "console.group.money",
        (
            Part("payouts", "send", Page.MONEY, "p"),
            Part("adjustments", "wallet", Page.MONEY),
            Part("settlement", "receipt", Page.MONEY, "e"),
            Part("funders", "coins", Page.MONEY, "b"),
            Part("bank", "landmark", Page.MONEY),
            Part("book", "calendar-clock", Page.MONEY, "i"),
        ),
    ),
    (
        "console.group.settings",
        (
            Part("theme", "sparkles", Page.THEME),
            Part("welcome", "external-link", Page.THEME),
            Part("posters", "qr-code", Page.THEME),
            Part("team", "key", Page.TEAM),
            Part("audit", "book-open", Page.TEAM, "a"),
        ),
    ),
)
"""The navigation: the word above each group, and its parts."""


def groups_of(role: MemberRole | None) -> list[tuple[str, list[Part]]]:
    """What somebody of this role sees of it; groups without a part are left out."""
    seen = [(word, [part for part in parts if role in OPENED_BY[part.page]]) for word, parts in GROUPS]
    return [(word, parts) for word, parts in seen if parts]
