"""The form of who a funder is and how it pays, read and filled in; and how much of its money may go back."""

from decimal import Decimal, InvalidOperation

from cashback import money
from cashback.errors import Invalid
from cashback.funding.outlook import Outlook
from cashback.funding.schemas import Funder, Mode, Standing
from cashback.web.console.frame import Call
from cashback.web.forms import Fields, one
from issuers.card_numbers import mask_text

_TEXTS = ("name", "mode", "language", "country", "registration", "vat_number", "vat", "days", "alert", "address")
_LINES_MAX = 6


def pay_back_most(standing: Standing, ahead: Outlook) -> int:
    """How much a funder may be paid back: what is left and not committed to live offers; minor units."""
    return max(0, standing.worth_minor - ahead.committed_minor)


def funder_of(call: Call, account: str, fields: Fields) -> Funder:
    """What the form says; Invalid names the field that is wrong."""
    currency = call.programme.programme.currency
    for name in ("name", "registration", "vat_number"):
        if mask_text(one(fields, name)) != one(fields, name):
            raise Invalid(f"{name}: this looks like a card number; nothing was stored", code="card_number")
    country = one(fields, "country").upper() or "FR"
    if len(country) != 2 or not country.isalpha():
        raise Invalid(f"country: expected two letters such as FR, got {country[:10]!r}", code="bad_country")
    language = one(fields, "language")
    return Funder(
        account=account,
        name=one(fields, "name"),
        mode=Mode.PREPAID if one(fields, "mode") == Mode.PREPAID.value else Mode.POSTPAID,
        language=language if language in ("fr", "en") else "fr",
        address=tuple(line.strip() for line in one(fields, "address", 800).splitlines() if line.strip())[:_LINES_MAX],
        country=country,
        registration=one(fields, "registration", 40) or None,
        vat_number=one(fields, "vat_number", 20) or None,
        vat_bps=_whole("vat", one(fields, "vat") or "20", Decimal(100), 10_000),
        payment_days=_whole("days", one(fields, "days") or "30", Decimal(1), 365),
        alert_minor=_alert(one(fields, "alert") or "0", currency),
    )


def values_of(call: Call, funder: Funder, typed: Fields | None) -> dict[str, str]:
    """What stands in the fields: as it was typed when the form was refused, else as it is known."""
    if typed is not None:
        return {name: one(typed, name, 800) for name in _TEXTS}
    return {
        "name": funder.name,
        "mode": funder.mode.value,
        "language": funder.language,
        "country": funder.country,
        "registration": funder.registration or "",
        "vat_number": funder.vat_number or "",
        "vat": format((Decimal(funder.vat_bps) / 100).normalize(), "f"),
        "days": str(funder.payment_days),
        "alert": money.plain(funder.alert_minor, call.programme.programme.currency),
        "address": "\n".join(funder.address),
    }


def _whole(name: str, text: str, factor: Decimal, most: int) -> int:
    try:
        number = int(Decimal(text.replace(",", ".")) * factor)
    except InvalidOperation:
        raise Invalid(f"{name}: expected a number such as 20, got {text[:20]!r}", code="bad_number") from None
    if not 0 <= number <= most:
        raise Invalid(f"{name}: expected 0 to {most // int(factor)}, got {text[:20]}", code="bad_number")
    return number


def _alert(text: str, currency: str) -> int:
    try:
        amount = money.minor(Decimal(text.replace(" ", "").replace(",", ".")), currency)
    except (InvalidOperation, ValueError):
        raise Invalid(f"alert: expected an amount such as 500.00, got {text[:20]!r}", code="bad_amount") from None
    if not 0 <= amount <= 10**12:
        raise Invalid(f"alert: expected nothing or more, got {text[:20]}", code="bad_amount")
    return amount
