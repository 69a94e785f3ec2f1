"""What is refused: a file that was read, a file that was asked for, an account.

Iso20022Error
├── FileRefused     a file of a bank is not what the standard says; nothing of it may be used
├── NotWritable     payments that no bank would take
└── AccountRefused  no IBAN or BIC of a bank that SEPA reaches
"""

from collections.abc import Sequence

PROBLEMS_MAX = 20
"""Problems that are told; of more only the number."""


class Iso20022Error(ValueError):
    """Base of all. `problems` are sentences: where, what, and what was expected. None repeats personal data."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = len(problems) - PROBLEMS_MAX
        self.problems = (*problems[:PROBLEMS_MAX], *([f"and {more} more"] if more > 0 else []))
        super().__init__("\n".join(self.problems))


class FileRefused(Iso20022Error):
    """The file as a whole, however much of it was read before."""


class NotWritable(Iso20022Error):
    """The payments as a whole."""


class AccountRefused(Iso20022Error):
    """One account number or bank code; `reason` is stable and for machines."""

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__([problem])
        self.reason = reason
