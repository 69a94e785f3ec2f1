"""The sentence of every kind of notice: `notice.<kind>` of the catalogue, and `payout_reason.<code>` within it.

A bank's codes are said by `iso20022.reasons`.
"""

from cashback.catalogue.reading import texts_in
from cashback.iso20022.reasons import REASONS as BANK_REASONS
from cashback.iso20022.reasons import reason_in
from cashback.notifications.schemas import Notice
from cashback.offers.wording import Language, Tongue


def reason_of(code: str, language: Language) -> str:
    """Why a payout stands where it stands, in the middle of a sentence; a code that nobody knows is the bank's."""
    texts = texts_in(language)
    known = texts.get(f"payout_reason.{code}")
    if known is not None:
        return known
    if code in BANK_REASONS:
        sentence = reason_in(language, code)
        return sentence[0].lower() + sentence[1:]
    return texts["payout_reason.other"]


def said(notice: Notice, tongue: Tongue) -> str:
    """The notice as a sentence without its full stop; a kind that nobody knows is said by its name."""
    text = texts_in(tongue.language).get(f"notice.{notice.kind}")
    if text is None:
        return notice.kind
    figures: dict[str, str] = {name: str(value) for name, value in notice.params.items()}
    if "asset" in notice.params and "amount" in notice.params:
        figures["amount"] = tongue.amount(int(notice.params["amount"]), str(notice.params["asset"]))
    if "reason" in notice.params:
        figures["reason"] = reason_of(str(notice.params["reason"]), tongue.language)
    if "day" in notice.params:
        figures["day"] = tongue.day(str(notice.params["day"]))
    return text.format(**figures)
