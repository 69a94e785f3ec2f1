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

    @property
    def word(self) -> str:
        """Its name among the messages."""
        return f"console.nav.{self.name}"


GROUPS: Sequence[tuple[str, Sequence[Part]]] = (
    (
        "console.group.now",
        (Part("overview", "gauge", Page.OVERVIEW), Part("live", "activity", Page.LIVE)),
    ),
    (
        "console.group.programme",
        (
            Part("offers", "tag", Page.OFFERS),
            Part("shops", "store", Page.SHOPS),
            Part("matches", "map-pin", Page.SHOPS),
        ),
    ),
    (
        "console.group.people",
        (
            Part("members", "user", Page.MEMBERS),
            Part("claims", "receipt", Page.CLAIMS),
            Part("decisions", "shield", Page.DECISIONS),
        ),
    ),
    (
        "console.group.money",
        (
            Part("payouts", "send", Page.MONEY),
            Part("adjustments", "wallet", Page.MONEY),
            Part("settlement", "receipt", Page.MONEY),
            Part("funders", "coins", Page.MONEY),
            Part("bank", "landmark", Page.MONEY),
            Part("book", "calendar-clock", Page.MONEY),
        ),
    ),
    (
        "console.group.settings",
        (
            Part("theme", "sparkles", Page.THEME),
            Part("team", "key", Page.TEAM),
            Part("audit", "book-open", Page.TEAM),
        ),
    ),
)
"""The navigation: the word above each group, and its parts."""


def groups_of(role: MemberRole | None) -> list[tuple[str, list[Part]]]:
    """What somebody of this role sees of it; groups without a part are left out."""
    seen = [(word, [part for part in parts if role in OPENED_BY[part.page]]) for word, parts in GROUPS]
    return [(word, parts) for word, parts in seen if parts]
