"""What statements and invoices say, in French and English. Legal sentences are those of French invoices."""

from collections.abc import Mapping

from cashback.money import BPS
from cashback.offers.wording import Texts, Tongue
from cashback.settlement.schemas import Line, LineKind, Seller

WORDS: Mapping[str, Texts] = {
    "invoice": Texts("Invoice", "Facture"),
    "credit_note": Texts("Credit note", "Avoir"),
    "statement": Texts("Statement", "Relevé"),
    "number": Texts("No.", "N°"),
    "issued_on": Texts("Date", "Date"),
    "due_on": Texts("Due", "Échéance"),
    "period": Texts("Period", "Période"),
    "from_to": Texts("{first} to {last}", "du {first} au {last}"),
    "corrects": Texts("Corrects", "Rectifie"),
    "corrects_one": Texts("invoice {number} of {day}", "facture {number} du {day}"),
    "buyer": Texts("Billed to", "Facturé à"),
    "holder": Texts("For", "Pour"),
    "siren": Texts("SIREN", "SIREN"),
    "vat_number": Texts("VAT no.", "N° TVA"),
    "what": Texts("Description", "Désignation"),
    "movements": Texts("Movements", "Mouvements"),
    "quantity": Texts("Base or quantity", "Base ou quantité"),
    "vat": Texts("VAT", "TVA"),
    "amount": Texts("Excl. VAT", "Montant HT"),
    "outside": Texts("none", "hors TVA"),
    "without_value": Texts("no value", "sans valeur"),
    "rewards_total": Texts("Rewards, outside the scope of VAT", "Récompenses, hors champ de TVA"),
    "commission_total": Texts("Commission excl. VAT", "Commission HT"),
    "net_total": Texts("Total excl. VAT", "Total HT"),
    "vat_total": Texts("VAT {rate} on {base}", "TVA {rate} sur {base}"),
    "gross_total": Texts("Total incl. VAT", "Total TTC"),
    "paid_total": Texts("Taken from the prepaid balance", "Prélevé sur le solde prépayé"),
    "due_total": Texts("Amount due", "Net à payer"),
    "due_back": Texts("Amount in your favour", "Montant en votre faveur"),
    "account": Texts("Account", "Compte"),
    "opening": Texts("Balance before", "Solde avant"),
    "of_this": Texts("This document", "Ce document"),
    "payments": Texts("Payments received", "Paiements reçus"),
    "moved": Texts("Units bought by others", "Unités rachetées"),
    "closing_left": Texts("Balance left", "Solde disponible"),
    "closing_owed": Texts("Balance owed", "Solde dû"),
    "late": Texts(
        "Of which {count} movements posted before the period, in no statement until now.",
        "Dont {count} mouvements antérieurs à la période, dans aucun relevé jusqu'ici.",
    ),
    "page": Texts("page {number} of {total}", "page {number} sur {total}"),
    "iban": Texts(
        "Please pay to {iban} ({bic}), reference {number}.", "Virement sur {iban} ({bic}), référence {number}."
    ),
    "iban_alone": Texts("Please pay to {iban}, reference {number}.", "Virement sur {iban}, référence {number}."),
    "exempt": Texts(
        "Rewards are advanced to shoppers in your name and on your behalf; they are no part of the taxable amount "
        "(article 79(c) of directive 2006/112/EC, article 267 II 2° of the French tax code).",
        "Les récompenses sont avancées aux clients en votre nom et pour votre compte ; elles n'entrent pas dans la "
        "base d'imposition à la TVA (article 267 II 2° du CGI, article 79 c de la directive 2006/112/CE).",
    ),
    "reverse_charge": Texts(
        "Reverse charge: VAT is due by the customer (article 196 of directive 2006/112/EC).",
        "Autoliquidation : la TVA est due par le preneur (article 283-2 du CGI).",
    ),
    "untaxed": Texts(
        "VAT not applicable (article 293 B of the French tax code).", "TVA non applicable, art. 293 B du CGI."
    ),
    "abroad": Texts(
        "Not subject to French VAT (article 259-1 of the French tax code).",
        "Non soumis à la TVA française (article 259-1 du CGI).",
    ),
    "terms": Texts(
        "Payable within {days} of the invoice's date, on {day}.", "Paiement à {days}, le {day} au plus tard."
    ),
    "no_discount": Texts("No discount for early payment.", "Pas d'escompte pour paiement anticipé."),
    "penalty_rate": Texts(
        "Late payment bears interest of {rate} a year.", "Pénalités de retard : taux annuel de {rate}."
    ),
    "penalty_legal": Texts(
        "Late payment bears interest at three times the French legal rate.",
        "Pénalités de retard : trois fois le taux d'intérêt légal.",
    ),
    "recovery": Texts(
        "A fixed indemnity of €40 for recovery costs is due on late payment (article D441-5 of the French commercial "
        "code).",
        "Indemnité forfaitaire pour frais de recouvrement en cas de retard : 40 € (art. D441-5 du code de commerce).",
    ),
    "settled": Texts("Paid from the prepaid balance.", "Réglé par prélèvement sur le solde prépayé."),
    "given_back": Texts(
        "The amount is credited to your account and set off against what you owe next.",
        "Le montant est porté au crédit de votre compte et imputé sur vos prochaines sommes dues.",
    ),
}
"""By their key; placeholders are filled with `str.format`."""

_REASONS: Mapping[str, Texts] = {
    "earned": Texts("Rewards", "Récompenses"),
    "clawed_back": Texts("Rewards taken back", "Reprises de récompenses"),
    "converted": Texts("Units converted for shoppers", "Unités converties pour les clients"),
    "conversion_undone": Texts("Conversions undone", "Conversions annulées"),
    "goodwill": Texts("Goodwill credits", "Gestes commerciaux"),
    "commission": Texts("Commission {rate}", "Commission {rate}"),
    "vat": Texts("VAT {rate}", "TVA {rate}"),
}
_KINDS: Mapping[LineKind, Texts] = {
    LineKind.REWARD: Texts("Other credits to shoppers", "Autres crédits aux clients"),
    LineKind.CLAWBACK: Texts("Other amounts taken back", "Autres reprises"),
    LineKind.COMMISSION: Texts("Commission", "Commission"),
    LineKind.VAT: Texts("VAT", "TVA"),
    LineKind.PAYMENT: Texts("Payments", "Paiements"),
    LineKind.TRANSFER: Texts("Units bought by other funders", "Unités rachetées par d'autres financeurs"),
}
_ORIGIN = Texts("correction of {period}", "correction de {period}")


def word(key: str, tongue: Tongue) -> str:
    """One word or sentence, its placeholders left in it."""
    return WORDS[key].said(tongue.language)


def described(line: Line, tongue: Tongue) -> str:
    """A line in words: what, of which offer and shop, and which earlier period it corrects."""
    what = _REASONS.get(line.reason, _KINDS[line.kind]).said(tongue.language).format(rate=tongue.rate(line.rate_bps))
    if line.kind in (LineKind.REWARD, LineKind.CLAWBACK) and line.reason not in _REASONS:
        what = f"{what} ({line.reason})"
    parts = [what, *(part for part in (line.offer, line.shop) if part)]
    if line.origin_name is not None:
        parts.append(_ORIGIN.said(tongue.language).format(period=line.origin_name))
    return "\u00a0· ".join(parts)


def penalties(seller: Seller, tongue: Tongue) -> str:
    """What late payment costs."""
    if not 0 < seller.penalty_bps <= BPS:
        return word("penalty_legal", tongue)
    return word("penalty_rate", tongue).format(rate=tongue.rate(seller.penalty_bps))
