"""Why a wallet differs from what the truth deserves: the listed reasons, and which of them is whose."""

from enum import StrEnum


class Reason(StrEnum):
    """One reason. The order is that in which differences are taken away from the truth, one after the other."""

    UNMATCHED_SHOP = "unmatched_shop"
    """No source named the shop by anything that the programme knows."""
    FOREIGN_BILLING = "foreign_billing"
    """It was told in the account's currency alone."""
    REFUND_UNTOLD = "refund_untold"
    """No source told the refund."""
    OPEN_CREDIT = "open_credit"
    """A refund that names no purchase waits, because none is beyond doubt the one it belongs to."""
    CREDIT_ELSEWHERE = "credit_elsewhere"
    """A refund that names no purchase was given to another one; or one of another purchase to this."""
    ONLY_COLLECTED = "only_collected"
    """Who told it knew only when it was collected, not when it was made."""
    SOURCE_CLOCK = "source_clock"
    """The clock of the terminal, or of the source, is some minutes off."""
    UNDECIDABLE_TIME = "undecidable_time"
    """Nobody told the moment; the true one lies in what was told."""
    SHOP_MISSED = "shop_missed"
    """A source named the shop by what the programme knows, and it was not taken."""
    WRONG_SHOP = "wrong_shop"
    """It was matched to another shop."""
    AMOUNT_MISTAKEN = "amount_mistaken"
    """An amount stands that nothing explains."""
    TIME_MISTAKEN = "time_mistaken"
    """A time stands although another source told a better one."""
    SWALLOWED = "swallowed"
    """It stands as a view of another purchase."""
    NOT_STANDING = "not_standing"
    """It stands as something that earns nothing: never recorded, lapsed, outside the link."""
    COUNTED_TWICE = "counted_twice"
    """One of its views stands as a purchase of its own."""
    UNKNOWN_ROW = "unknown_row"
    """A purchase stands that the truth does not know."""
    OTHER_FIELDS = "other_fields"
    """What is left: the source, the day of clearing, the order of purchases of one instant."""

    @property
    def mistake(self) -> bool:
        """Whether somebody who knows all that was told would have known better."""
        return self in _MISTAKES


_MISTAKES = frozenset(
    {
        Reason.SHOP_MISSED,
        Reason.WRONG_SHOP,
        Reason.AMOUNT_MISTAKEN,
        Reason.TIME_MISTAKEN,
        Reason.SWALLOWED,
        Reason.NOT_STANDING,
        Reason.COUNTED_TWICE,
        Reason.UNKNOWN_ROW,
    }
)
