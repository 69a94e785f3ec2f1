"""An invoice as structured data: EN 16931 in the syntax of Factur-X, written and checked by the library `factur-x`.

Rewards are advanced in the funder's name and belong to no taxable amount. EN 16931 lets category O ("not subject")
stand on no invoice that taxes something (BR-O-11), so they are category E with the code of article 79(c),
VATEX-EU-79-C.
A line may not have a negative price (BR-27): what is given back is a quantity of minus one.
"""

from collections import defaultdict
from typing import Any

from facturx import generate_xml

from cashback.money import BPS, plain
from cashback.offers.wording import Tongue
from cashback.settlement.schemas import Invoice, InvoiceKind, Line, LineKind, Party, Seller, Settlement
from cashback.settlement.words import described, penalties, word

SCHEME_SIREN = "0002"
_SCHEME_ADDRESS = "0225"
_PIECE = "C62"
_CREDIT_TRANSFER, _CLEARING, _UNDEFINED = "58", "97", "1"
_SERVICES, _SERVICES_PAID = "S1", "S2"
_TYPES = {InvoiceKind.INVOICE: "380", InvoiceKind.CREDIT_NOTE: "381"}
_PASS_THROUGH = ("E", "VATEX-EU-79-C", "exempt")
# fmt: off
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
"""Countries whose firms account for the tax themselves on a service from another of them."""

Category = tuple[str, str | None, str | None]
"""Code of the category, code of the reason, and the key of the reason in words."""


def category_of(line: Line, seller: Party, buyer: Party) -> Category:
    """How a line stands to VAT."""
    if line.kind is not LineKind.COMMISSION:
        return _PASS_THROUGH
    if line.vat_bps:
        return "S", None, None
    if buyer.country == seller.country:
        return "E", "VATEX-FR-FRANCHISE", "untaxed"
    if buyer.country in EU and seller.country in EU:
        return "AE", "VATEX-EU-AE", "reverse_charge"
    return "E", None, "abroad"


def invoiced(settlement: Settlement) -> list[Line]:
    """The lines that the invoice asks for or gives back, taxes apart."""
    kinds = (LineKind.REWARD, LineKind.CLAWBACK, LineKind.COMMISSION)
    return [line for line in settlement.lines if line.kind in kinds and line.value_minor]


def exemptions(settlement: Settlement, tongue: Tongue) -> list[str]:
    """Why lines bear no tax, each reason once."""
    assert settlement.seller is not None
    categories = [category_of(line, settlement.seller, settlement.buyer) for line in invoiced(settlement)]
    return [word(key, tongue) for key in dict.fromkeys(key for _, _, key in categories if key is not None)]


def structured(settlement: Settlement, tongue: Tongue) -> bytes:
    """The XML of an invoice or a credit note, valid against the schema of Factur-X, profile EN 16931."""
    xml: bytes = generate_xml(
        fields(settlement, tongue), flavor="factur-x", level="en16931", check_xsd=True, check_schematron=None
    )
    return xml


def fields(settlement: Settlement, tongue: Tongue) -> dict[str, Any]:
    """The business terms (BT) and groups (BG) of EN 16931 that the invoice fills."""
    invoice, seller = settlement.invoice, settlement.seller
    assert invoice is not None
    assert seller is not None
    sign = -1 if invoice.kind is InvoiceKind.CREDIT_NOTE else 1
    currency = settlement.currency
    lines = invoiced(settlement)
    net = plain(invoice.net_minor, currency)
    paid = invoice.paid_minor
    return {
        "BT-1": invoice.number,
        "BT-2": invoice.issued_on,
        "BT-3": _TYPES[invoice.kind],
        "BT-5": currency,
        "BT-9": invoice.due_on,
        "BT-20": _terms(invoice, tongue),
        "BT-23": _SERVICES if invoice.due_minor else _SERVICES_PAID,
        "BT-72": settlement.period.last_day,
        "BT-73": settlement.period.first_day,
        "BT-74": settlement.period.last_day,
        **_payment(invoice, seller),
        "BG-1": [
            {"BT-21": "PMD", "BT-22": penalties(seller, tongue)},
            {"BT-21": "PMT", "BT-22": word("recovery", tongue)},
            {"BT-21": "AAB", "BT-22": word("no_discount", tongue)},
        ],
        "BG-3": [{"BT-25": number, "BT-26": day} for number, day in invoice.corrects],
        "BG-4": {**_party(seller), "legal_info": _legal(seller)},
        "BG-7": _party(settlement.buyer),
        "BG-23": _breakdown(settlement, lines, sign, tongue),
        "BG-25": [_line(settlement, line, sign, tongue) for line in lines],
        "BT-106": net,
        "BT-109": net,
        "BT-110": plain(invoice.vat_minor, currency),
        "BT-112": plain(invoice.gross_minor, currency),
        **({"BT-113": plain(paid, currency)} if paid else {}),
        "BT-115": plain(invoice.due_minor, currency),
    }


def _line(settlement: Settlement, line: Line, sign: int, tongue: Tongue) -> dict[str, Any]:
    assert settlement.seller is not None
    value = sign * line.value_minor
    code, _, _ = category_of(line, settlement.seller, settlement.buyer)
    return {
        "BT-126": str(line.number),
        "BT-153": described(line, tongue),
        "BT-129": "1" if value > 0 else "-1",
        "BT-130": _PIECE,
        "BT-131": plain(value, settlement.currency),
        "BT-146": plain(abs(value), settlement.currency),
        "BT-151": code,
        "BT-152": _percent(line.vat_bps),
    }


def _breakdown(settlement: Settlement, lines: list[Line], sign: int, tongue: Tongue) -> list[dict[str, Any]]:
    assert settlement.seller is not None
    bases: defaultdict[tuple[str, int], int] = defaultdict(int)
    reasons: defaultdict[tuple[str, int], dict[Category, None]] = defaultdict(dict)
    for line in lines:
        category = category_of(line, settlement.seller, settlement.buyer)
        bases[category[0], line.vat_bps] += line.value_minor
        reasons[category[0], line.vat_bps][category] = None
    taxes = {line.rate_bps: line.value_minor for line in settlement.lines if line.kind is LineKind.VAT}
    groups = []
    for (code, rate_bps), base in bases.items():
        group: dict[str, Any] = {
            "BT-116": plain(sign * base, settlement.currency),
            "BT-117": plain(sign * taxes.get(rate_bps, 0) if code == "S" else 0, settlement.currency),
            "BT-118": code,
            "BT-119": _percent(rate_bps),
        }
        why = list(reasons[code, rate_bps])
        words = [word(key, tongue) for _, _, key in why if key is not None]
        if words:
            group["BT-120"] = " ".join(words)
        if len(why) == 1 and why[0][1] is not None:
            group["BT-121"] = why[0][1]
        groups.append(group)
    return groups


def _payment(invoice: Invoice, seller: Seller) -> dict[str, str]:
    if invoice.kind is InvoiceKind.CREDIT_NOTE or not invoice.due_minor:
        return {"BT-81": _CLEARING}
    if seller.iban is None:
        return {"BT-81": _UNDEFINED}
    bic = {} if seller.bic is None else {"BT-86": seller.bic}
    return {"BT-81": _CREDIT_TRANSFER, "BT-83": invoice.number, "BT-84": seller.iban, **bic}


def _terms(invoice: Invoice, tongue: Tongue) -> str:
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return word("given_back", tongue)
    if invoice.due_on is None:
        return word("settled", tongue)
    days = tongue.days((invoice.due_on - invoice.issued_on).days)
    return word("terms", tongue).format(days=days, day=tongue.day(invoice.due_on))


def _party(party: Party) -> dict[str, Any]:
    found: dict[str, Any] = {"name": party.name, "country_code": party.country}
    for place, line in enumerate(party.address[:3], 1):
        found[f"addr_l{place}"] = line
    if len(party.address) > 3:
        found["addr_l3"] = ", ".join(party.address[2:])
    if party.vat_number is not None:
        found["vat_identifier"] = party.vat_number
    if party.registration is not None:
        found["legal_identifier"] = party.registration
        if party.country == "FR":
            found["legal_identifier_schemeid"] = SCHEME_SIREN
            found["einvoicing_addr"] = party.registration
            found["einvoicing_addr_schemeid"] = _SCHEME_ADDRESS
    return found


def _legal(seller: Seller) -> str:
    return ", ".join(part for part in (seller.legal_form, seller.registered_at) if part)


def _percent(rate_bps: int) -> str:
    whole, rest = divmod(rate_bps, BPS // 100)
    return f"{whole}.{rest:02d}"
