"""What statements and invoices say: `settlement.…` of the catalogue. Legal sentences are those of French invoices."""

from cashback.catalogue.reading import texts_in
from cashback.money import BPS
from cashback.offers.wording import Tongue
from cashback.settlement.schemas import Line, LineKind, Seller


def word(key: str, tongue: Tongue) -> str:
    """One word or sentence, its placeholders left in it."""
    return texts_in(tongue.language)[f"settlement.{key}"]


def described(line: Line, tongue: Tongue) -> str:
    """A line in words: what, of which offer and shop, and which earlier period it corrects."""
    texts = texts_in(tongue.language)
    known = texts.get(f"settlement.reason.{line.reason}")
    what = (known or texts[f"settlement.kind.{line.kind}"]).format(rate=tongue.rate(line.rate_bps))
    if line.kind in (LineKind.REWARD, LineKind.CLAWBACK) and known is None:
        what = f"{what} ({line.reason})"
    parts = [what, *(part for part in (line.offer, line.shop) if part)]
    if line.origin_name is not None:
        parts.append(texts["settlement.correction"].format(period=line.origin_name))
    return "\u00a0· ".join(parts)


def penalties(seller: Seller, tongue: Tongue) -> str:
    """What late payment costs."""
    if not 0 < seller.penalty_bps <= BPS:
        return word("penalty_legal", tongue)
    return word("penalty_rate", tongue).format(rate=tongue.rate(seller.penalty_bps))
