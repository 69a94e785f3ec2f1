"""Who acts. Every command takes an `Actor`; the audit log names it for ever."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    """What a key or a session may do. A command checks exactly one."""

    READ = "read"
    """See shoppers, purchases, wallets and the live feed of one operator."""
    SHOPPERS = "shoppers"
    """Create shoppers, link and unlink their cards."""
    PROGRAMME = "programme"
    """Apply a programme: centres, shops, identifiers, assets, offers."""
    APPROVAL = "approval"
    """Approve, send back or reject a draft of an offer that somebody else wrote."""
    CLAIMS = "claims"
    """Answer the purchases that shoppers claim, and see the pictures of their receipts."""
    REVIEWS = "reviews"
    """Look at contested decisions on instalments, and answer them."""
    MONEY = "money"
    """Record payments of shoppers and funders; adjust wallets, and decide what others asked for."""
    SUPPORT = "support"
    """Adjust wallets within a limit; above it ask a second person."""
    BOOKS = "books"
    """Read the books: trial balances, and the heads of the chains that seal them."""
    WEBHOOKS = "webhooks"
    """Say where events are sent, see what became of them, send them again."""
    KEYS = "keys"
    """Make, rotate and revoke API keys, and read what was asked with them."""
    TEAM = "team"
    """Invite people, change what they may do, read the audit log."""
    SYSTEM = "system"
    """The product itself: workers, migrations, seeding. Never given to a key."""


_SYSTEM = "system:"


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting party of one operator."""

    operator_id: UUID
    name: str
    """`key:<label>`, `member:<id>`, `shopper:<id>`, `system:worker`, `person:<login>`: what the audit log shows."""
    scopes: frozenset[Scope]
    shopper_id: UUID | None = None
    """Set when the actor is a shopper, who sees and touches nothing but their own."""
    test: bool = False
    """Whether its operator is one of the test mode."""
    key_id: UUID | None = field(default=None, compare=False)
    """The API key that was presented, where one was."""
    key_family: UUID | None = field(default=None, compare=False)
    """The first of the API keys that replaced each other up to it."""

    def may(self, scope: Scope) -> bool:
        """Whether this actor holds the scope; the system holds all."""
        return scope in self.scopes or Scope.SYSTEM in self.scopes


def is_system(name: str) -> bool:
    """Whether this is the name of the product acting by itself, and no person's or key's."""
    return name.startswith(_SYSTEM)


def system(operator_id: UUID, part: str) -> Actor:
    """The product acting by itself, for example `system:worker`."""
    return Actor(operator_id=operator_id, name=f"{_SYSTEM}{part}", scopes=frozenset({Scope.SYSTEM}))
