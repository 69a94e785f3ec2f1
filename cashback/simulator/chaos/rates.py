"""What goes wrong, how often, and the name under which the truth tells of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cashback.errors import Invalid


class Disturbance(StrEnum):
    """One way in which a purchase is not told as it was made."""

    DUPLICATE = "duplicate"
    """A delivery comes again, byte for byte."""
    REORDER = "reorder"
    """A delivery comes hours or days later than it should, so that later ones overtake it."""
    LATE_CLEARING = "late_clearing"
    """The shop collects four to ten days later."""
    TIP = "tip"
    """More is collected than was authorised."""
    FUEL = "fuel"
    """A round amount is authorised at the pump, what was filled is collected."""
    THREE_SETTLEMENTS = "three_settlements"
    """One authorization, collected in three parts on three days."""
    INCREMENTAL = "incremental"
    """The authorised amount is raised once, before it is collected."""
    FORCE_POST = "force_post"
    """Collected without an authorization."""
    EXPIRED = "expired"
    """Authorised and never collected: there was no purchase in the end."""
    TWINS = "twins"
    """Two equal purchases in one shop on one day."""
    DST_NIGHT = "dst_night"
    """Made in the night in which clocks change; in autumn in the hour that comes twice."""
    UNLINKED_REFUND = "unlinked_refund"
    """A refund in full that no source links to its purchase."""
    PARTIAL_REFUND = "partial_refund"
    """A part is given back; the network never links such a refund, the issuer seldom."""
    UNTOLD_REFUND = "untold_refund"
    """A refund of which the network or the issuer says nothing."""
    MID_DRIFT = "mid_drift"
    """The shop has a new acquirer: a MID that nobody told the programme."""
    CLEARING_MID = "clearing_mid"
    """The clearing carries the MID with other leading zeros than the authorization."""
    REISSUED = "reissued"
    """The shopper's card was replaced before or meanwhile: new tokens and last four digits, the same account."""
    WALLET = "wallet"
    """Paid by telephone: the network tells the last four digits of the device's number."""
    FOREIGN_BILLING = "foreign_billing"
    """The account is kept in another currency than the shop's."""
    CB_ROUTED = "cb_routed"
    """Routed over CB: the card network does not see it."""
    ISSUER_SILENT = "issuer_silent"
    """The issuer tells nothing of it."""
    BANK_SILENT = "bank_silent"
    """The bank feed was not connected at the time."""


RATES: Mapping[Disturbance, float] = MappingProxyType(
    {
        Disturbance.DUPLICATE: 0.05,
        Disturbance.REORDER: 0.05,
        Disturbance.LATE_CLEARING: 0.03,
        Disturbance.TIP: 0.04,
        Disturbance.FUEL: 0.02,
        Disturbance.THREE_SETTLEMENTS: 0.005,
        Disturbance.INCREMENTAL: 0.005,
        Disturbance.FORCE_POST: 0.01,
        Disturbance.EXPIRED: 0.005,
        Disturbance.TWINS: 0.01,
        Disturbance.DST_NIGHT: 0.002,
        Disturbance.UNLINKED_REFUND: 0.02,
        Disturbance.PARTIAL_REFUND: 0.02,
        Disturbance.UNTOLD_REFUND: 0.05,
        Disturbance.MID_DRIFT: 0.05,
        Disturbance.CLEARING_MID: 0.02,
        Disturbance.REISSUED: 0.05,
        Disturbance.WALLET: 0.20,
        Disturbance.FOREIGN_BILLING: 0.01,
        Disturbance.CB_ROUTED: 0.35,
        Disturbance.ISSUER_SILENT: 0.08,
        Disturbance.BANK_SILENT: 0.10,
    }
)
"""Shares of deliveries (`duplicate`, `reorder`), of refunds (`untold_refund`), of shops (`mid_drift`), of shoppers
(`reissued`, `wallet`, `foreign_billing`), of purchases (all others)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The shares a world is made with; a disturbance that is switched off has none."""

    shares: Mapping[Disturbance, float]

    def of(self, disturbance: Disturbance) -> float:
        """The share, 0 where it is switched off."""
        return self.shares.get(disturbance, 0.0)

    def count(self, disturbance: Disturbance, among: int) -> int:
        """How many of so many: the share rounded, but at least one where it is not switched off."""
        share = self.of(disturbance)
        return min(among, max(1, round(share * among))) if share else 0


def rates(without: Iterable[str] = ()) -> Rates:
    """The usual rates without these disturbances; `Invalid` names what is known."""
    names = set(without)
    unknown = names - {each.value for each in Disturbance}
    if unknown:
        known = ", ".join(Disturbance)
        raise Invalid(f"no disturbance is called {min(unknown)!r}; expected one of {known}", code="no_such_disturbance")
    return Rates({each: share for each, share in RATES.items() if each.value not in names})
