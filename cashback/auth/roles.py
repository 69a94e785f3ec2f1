"""What a member of an operator may do: the one table from roles to scopes, and the one from pages to roles."""

from collections.abc import Mapping
from enum import StrEnum

from cashback.actors import Scope


class MemberRole(StrEnum):
    """What somebody works as. Four eyes hold between persons, whatever their roles are."""

    VIEWER = "viewer"
    """Looks at the live feed and at figures."""
    EDITOR = "editor"
    """Writes offers and the programme; makes keys and endpoints, never above themselves."""
    APPROVER = "approver"
    """Approves what somebody else wrote; the second person of a contested decision."""
    FINANCE = "finance"
    """Payments, settlement, decisions about money, the books."""
    SUPPORT = "support"
    """Shoppers: their cards, claims, small adjustments, decisions they contest."""
    ADMIN = "admin"
    """All of it, and who the others are."""


SCOPES: Mapping[MemberRole, frozenset[Scope]] = {
    MemberRole.VIEWER: frozenset({Scope.READ}),
    MemberRole.EDITOR: frozenset({Scope.READ, Scope.PROGRAMME, Scope.WEBHOOKS, Scope.KEYS}),
    MemberRole.APPROVER: frozenset({Scope.READ, Scope.APPROVAL, Scope.REVIEWS}),
    MemberRole.FINANCE: frozenset({Scope.READ, Scope.MONEY, Scope.BOOKS}),
    MemberRole.SUPPORT: frozenset({Scope.READ, Scope.SHOPPERS, Scope.CLAIMS, Scope.REVIEWS, Scope.SUPPORT}),
    MemberRole.ADMIN: frozenset(set(Scope) - {Scope.SYSTEM}),
}


class Page(StrEnum):
    """A kind of page that members open."""

    LIVE = "live"
    """Purchases as they arrive: shops and amounts, no person."""
    TRACE = "trace"
    """Everything behind one purchase: what one person bought, which is written into the audit log."""
    PORTAL = "portal"
    """Keys, endpoints, deliveries, requests: what integrators build with."""
    PROFILE = "profile"
    """One's own passkeys and sessions."""
    OVERVIEW = "overview"
    """Figures of the whole programme."""
    OFFERS = "offers"
    """Offers, what they cost and what came of them; who changes them holds the scopes for it."""
    SHOPS = "shops"
    """Shops, their identifiers, and payments that wait for a shop."""
    MEMBERS = "members"
    """One member's wallet, purchases, cards and consents: a reason is asked, and every opening is logged."""
    CLAIMS = "claims"
    """Purchases that members claim, with their receipts."""
    DECISIONS = "decisions"
    """Decisions on instalments that people contest."""
    MONEY = "money"
    """Payouts, settlement, funders and budgets, the instalment book."""
    THEME = "theme"
    """How the programme looks to its members."""
    TEAM = "team"
    """Who works here, as what, and who saw or changed what."""


OPENED_BY: Mapping[Page, frozenset[MemberRole]] = {
    Page.LIVE: frozenset(MemberRole),
    Page.TRACE: frozenset({MemberRole.SUPPORT, MemberRole.FINANCE, MemberRole.ADMIN}),
    Page.PORTAL: frozenset({MemberRole.EDITOR, MemberRole.ADMIN}),
    Page.PROFILE: frozenset(MemberRole),
    Page.OVERVIEW: frozenset(MemberRole),
    Page.OFFERS: frozenset(MemberRole),
    Page.SHOPS: frozenset(MemberRole),
    Page.MEMBERS: frozenset({MemberRole.SUPPORT, MemberRole.ADMIN}),
    Page.CLAIMS: frozenset({MemberRole.SUPPORT, MemberRole.ADMIN}),
    Page.DECISIONS: frozenset({MemberRole.APPROVER, MemberRole.SUPPORT, MemberRole.ADMIN}),
    Page.MONEY: frozenset({MemberRole.FINANCE, MemberRole.ADMIN}),
    Page.THEME: frozenset({MemberRole.EDITOR, MemberRole.ADMIN}),
    Page.TEAM: frozenset({MemberRole.ADMIN}),
}
