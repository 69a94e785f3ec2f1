"""What this library ships: the expert card, a policy for France and the usury table, read with the package itself."""

from functools import cache
from importlib.resources import files

from eligibility.card import Card, load_card
from eligibility.plans import Rulebook
from eligibility.policy import Policy, load_policy
from eligibility.usury import UsuryTable, load_usury

SHIPPED = {"card": "shopping_expert.json", "policy": "policy_fr.json", "usury": "usury_fr.json"}
"""What is shipped, and in which file."""


@cache
def shipped_bytes(kind: str) -> bytes:
    """The JSON of a shipped card, policy or usury table, as it is loaded."""
    return _bytes(SHIPPED[kind])


def _bytes(name: str) -> bytes:
    return files("eligibility").joinpath("tables", name).read_bytes()


@cache
def shipped_card() -> Card:
    """The expert card: no weight of it was measured, and it says so."""
    return load_card(shipped_bytes("card"))


@cache
def shipped_policy() -> Policy:
    """A policy for a centre in France, of priors."""
    return load_policy(shipped_bytes("policy"))


@cache
def shipped_usury() -> UsuryTable:
    """Usury rates for France; it knows only the quarters that were read."""
    return load_usury(shipped_bytes("usury"))


@cache
def shipped_rulebook() -> Rulebook:
    """All three, without a challenger."""
    return Rulebook(shipped_card(), shipped_policy(), shipped_usury())
