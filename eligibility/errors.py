"""What this library refuses by raising, as one short tree ordered by what the caller should do.

EligibilityError
├── CardRefused      mend the card; it was not loaded
├── TableRefused     mend the policy or the rate table; it was not loaded
├── Unreadable       mend the application, the record or the training file
├── PlanImpossible   ask for another plan: no schedule exists for this amount
└── OtherVersions    replay with the versions that the record names

A plan that somebody may not have is an ordinary answer with its reasons, never an exception.
"""


class EligibilityError(Exception):
    """Base of all. `code` is stable and for machines, the message says what, where, and what was expected."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class CardRefused(EligibilityError):
    """A point table that breaks a rule of its kind: an unlisted feature, a step in the wrong direction, too many
    cells."""


class TableRefused(EligibilityError):
    """A policy or a table of usury rates that is malformed or contradicts itself."""


class Unreadable(EligibilityError):
    """A field is missing, unknown or of another kind."""


class PlanImpossible(EligibilityError):
    """The amount cannot be divided so, or what is paid at once leaves nothing to lend."""


class OtherVersions(EligibilityError):
    """The record was written by another card, policy, rate table or version of this library."""
