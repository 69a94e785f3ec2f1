"""What issuing a settlement posts, so that the ledger says what the invoice says. Pure.

Rewards are in the ledger already. Commission and tax are posted from the funder's account; units that are worth money
are bought: the money goes to the operator, who redeems them, and the units come back from it.
"""

from collections import defaultdict
from uuid import UUID

from cashback.ledger.chart import COMMISSION, FUNDER, VAT
from cashback.ledger.service import Transfer
from cashback.settlement.amounts import REWARDS
from cashback.settlement.schemas import Settlement


def postings(settlement: Settlement, operator_id: UUID) -> list[Transfer]:
    """The house's transfers of one settlement; of the operator's own there are none."""
    if settlement.account == FUNDER:
        return []
    totals, currency = settlement.totals, settlement.currency
    units: defaultdict[str, int] = defaultdict(int)
    for line in settlement.lines:
        if line.kind in REWARDS and line.valued and line.asset != currency:
            units[line.asset] += line.units
    moves = [
        ("commission", COMMISSION, currency, totals.commission_minor),
        ("vat", VAT, currency, totals.vat_minor),
        ("units", FUNDER, currency, totals.units_minor),
        *((f"units:{asset}", FUNDER, asset, -amount) for asset, amount in sorted(units.items())),
    ]
    return [
        Transfer(
            shopper_id=operator_id,
            key=f"settlement:{settlement.id.hex}:{name}",
            debit=settlement.account if amount > 0 else other,
            credit=other if amount > 0 else settlement.account,
            asset=asset,
            amount=abs(amount),
            reason=name.partition(":")[0],
        )
        for name, other, asset, amount in moves
        if amount
    ]
