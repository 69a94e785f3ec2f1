"""Words of settlements: what funders owe, period by period."""

from cashback.offers.wording import Texts

SETTLEMENT_WORDS: dict[str, Texts] = {
    "settlement.lead": Texts(
        "What each funder owes for a period: rewards, your fee, tax, what was paid, and the invoice.",
        "Ce que chaque financeur doit pour une période\u00a0: récompenses, vos frais, taxe, paiements et facture.",
    ),
    "settlement.none": Texts("Nothing was settled yet", "Aucun décompte pour l'instant"),
    "settlement.none_hint": Texts(
        "Choose a period above and look at it: nothing is written before you issue it.",
        "Choisissez une période ci-dessus et examinez-la\u00a0: rien n'est écrit avant l'émission.",
    ),
    "settlement.col.period": Texts("Period", "Période"),
    "settlement.col.funder": Texts("Funder", "Financeur"),
    "settlement.col.rewards": Texts("Cashback", "Cashback"),
    "settlement.col.fee": Texts("Fee", "Frais"),
    "settlement.col.vat": Texts("VAT", "TVA"),
    "settlement.col.gross": Texts("Total", "Total"),
    "settlement.col.paid": Texts("Paid meanwhile", "Payé entre-temps"),
    "settlement.col.closing": Texts("Owed after", "Dû ensuite"),
    "settlement.col.invoice": Texts("Invoice", "Facture"),
    "settlement.col.before": Texts("Owed before", "Dû avant"),
    "settlement.col.issued": Texts("Issued", "Émis"),
    "settlement.owes": Texts("owes {amount}", "doit {amount}"),
    "settlement.has_left": Texts("{amount} left", "reste {amount}"),
    "settlement.even": Texts("nothing", "rien"),
    "settlement.due": Texts("due {day}", "échéance {day}"),
    "settlement.nothing_due": Texts("nothing to pay", "rien à payer"),
    "settlement.credit_note": Texts("Credit note {number}", "Avoir {number}"),
    "settlement.no_invoice": Texts("Statement only", "Relevé seul"),
    "settlement.operator": Texts("The centre itself", "Le centre lui-même"),
    "settlement.next": Texts("Settle a period", "Arrêter une période"),
    "settlement.month": Texts("Month that is over", "Mois terminé"),
    "settlement.look": Texts("Look at it", "L'examiner"),
    "settlement.seller": Texts("Who invoices", "Qui facture"),
    "settlement.seller_missing": Texts(
        "Nobody has said who invoices: without it nothing can be invoiced.",
        "L'émetteur des factures n'est pas renseigné\u00a0: sans lui rien ne peut être facturé.",
    ),
    "settlement.seller_tell": Texts("Fill it in", "Le renseigner"),
    "settlement.mode.prepaid": Texts("paid in before", "prépayé"),
    "settlement.mode.postpaid": Texts("invoiced after", "facturé après"),
    # -- before issuing
    "settlement.preview": Texts("Settlement: {period}", "Décompte\u00a0: {period}"),
    "settlement.preview_lead": Texts(
        "Nothing is written yet. What is posted later would be in the next period.",
        "Rien n'est encore écrit. Ce qui arrive plus tard irait à la période suivante.",
    ),
    "settlement.counting": Texts("Every movement of the period is being counted…", "Décompte de tous les mouvements…"),
    "settlement.counting_hint": Texts(
        "Seconds, up to a minute for a large month. You may leave this page.",
        "Quelques secondes, jusqu'à une minute pour un grand mois. Vous pouvez quitter la page.",
    ),
    "settlement.count_now": Texts("Count now", "Compter maintenant"),
    "settlement.nothing": Texts("Nothing to bill", "Rien à facturer"),
    "settlement.nothing_hint": Texts(
        "No movement of this period is open: it is settled already, or nothing happened.",
        "Aucun mouvement ouvert sur cette période\u00a0: elle est arrêtée, ou rien ne s'est passé.",
    ),
    "settlement.agrees": Texts("Agrees with the ledger to the cent", "Conforme au grand livre, au centime près"),
    "settlement.differs": Texts(
        "Totals differ from the ledger: issuing is blocked", "Totaux différents du grand livre\u00a0: émission bloquée"
    ),
    "settlement.differs_one": Texts(
        "{funder}: settlements come to {settled}, the ledger says {ledger}.",
        "{funder}\u00a0: les décomptes donnent {settled}, le grand livre {ledger}.",
    ),
    "settlement.differs_do": Texts(
        "Run “cashback audit” to find the rows that differ, and see who changed what in the audit log.",
        "Lancez «\u00a0cashback audit\u00a0» pour trouver les lignes, et voyez le journal d'audit.",
    ),
    "settlement.not_over": Texts(
        "This period is not over: it can be looked at, not issued.",
        "Cette période n'est pas terminée\u00a0: consultable, pas encore émissible.",
    ),
    "settlement.issue": Texts("Issue {n} settlements", "Émettre {n} décomptes"),
    "settlement.issue_hint": Texts(
        "Numbers follow without gaps and nothing of it can be changed: mistakes are corrected in a later period.",
        "Les numéros se suivent et rien ne peut être modifié\u00a0: une erreur se corrige dans une période suivante.",
    ),
    "settlement.untold": Texts("cannot be invoiced yet", "pas encore facturable"),
    "settlement.all": Texts("All settlements", "Tous les décomptes"),
    # -- one
    "settlement.title": Texts("{funder}, {period}", "{funder}, {period}"),
    "settlement.documents": Texts("Documents", "Documents"),
    "settlement.pdf": Texts("PDF", "PDF"),
    "settlement.pdf_invoice": Texts("Invoice (PDF with the e-invoice inside)", "Facture (PDF avec Factur-X)"),
    "settlement.csv": Texts("Lines (CSV)", "Lignes (CSV)"),
    "settlement.movements": Texts("Every movement (CSV)", "Tous les mouvements (CSV)"),
    "settlement.facts": Texts("Totals", "Totaux"),
    "settlement.lines": Texts("Lines", "Lignes"),
    "settlement.line.number": Texts("No.", "N°"),
    "settlement.line.what": Texts("What", "Désignation"),
    "settlement.line.movements": Texts("Movements", "Mouvements"),
    "settlement.line.units": Texts("Units", "Unités"),
    "settlement.line.base": Texts("Base", "Base"),
    "settlement.line.rate": Texts("Rate", "Taux"),
    "settlement.line.value": Texts("Value", "Valeur"),
    "settlement.without_value": Texts("no value", "sans valeur"),
    # -- who invoices
    "seller.lead": Texts(
        "What the law wants on your invoices. What was issued before keeps what was said then.",
        "Ce que la loi exige sur vos factures. Les documents déjà émis ne changent pas.",
    ),
    "seller.name": Texts("Name", "Nom"),
    "seller.address": Texts("Address, a line each (at most 4)", "Adresse, une ligne par ligne (4 au plus)"),
    "seller.country": Texts("Country (two letters)", "Pays (deux lettres)"),
    "seller.registration": Texts("SIREN (9 digits)", "SIREN (9 chiffres)"),
    "seller.vat_number": Texts("VAT number", "Numéro de TVA"),
    "seller.legal_form": Texts("Legal form and capital", "Forme juridique et capital"),
    "seller.registered_at": Texts("Registered at", "Immatriculation"),
    "seller.email": Texts("E-mail for questions", "E-mail de contact"),
    "seller.iban": Texts("IBAN to pay to", "IBAN de règlement"),
    "seller.bic": Texts("BIC", "BIC"),
    "seller.penalty": Texts("Yearly rate of late payments, %", "Taux annuel de retard, %"),
    "seller.penalty_hint": Texts("0: three times the legal rate.", "0\u00a0: trois fois le taux légal."),
    "seller.save": Texts("Save", "Enregistrer"),
    "done.settlement_issued": Texts(
        "The period is issued. Documents are below.", "La période est émise. Les documents sont ci-dessous."
    ),
    "done.seller_told": Texts("Who invoices is saved.", "L'émetteur est enregistré."),
    "console.refused.ledger_differs": Texts(
        "Totals differ from the ledger: nothing was issued. See below which funder.",
        "Totaux différents du grand livre\u00a0: rien n'est émis. Voyez ci-dessous quel financeur.",
    ),
    "console.refused.no_seller": Texts(
        "Nobody has said who invoices: fill it in first.", "L'émetteur n'est pas renseigné\u00a0: commencez par lui."
    ),
    "console.refused.period_not_over": Texts("This period is not over.", "Cette période n'est pas terminée."),
}
