"""Words of adjustments of wallets, and of the comparison with the bank."""

from cashback.offers.wording import Texts

ADJUSTMENTS_WORDS: dict[str, Texts] = {
    "console.nav.adjustments": Texts("Adjustments", "Ajustements"),
    "console.nav.bank": Texts("Bank", "Banque"),
    "adjustments.lead": Texts(
        "Wallets changed by hand. Above what one person may do alone, a second one decides.",
        "Cagnottes modifiées à la main. Au-delà du plafond d'une personne, une autre décide.",
    ),
    "adjustments.none": Texts("No adjustment yet", "Aucun ajustement pour l'instant"),
    "adjustments.none_hint": Texts(
        "They are asked for on a member's page; those that wait for a second person appear here first.",
        "Ils se demandent sur la page d'un membre\u00a0; ceux qui attendent une décision apparaissent ici.",
    ),
    "adjustments.col.asked": Texts("Asked for", "Demandé"),
    "adjustments.col.member": Texts("Member", "Membre"),
    "adjustments.col.amount": Texts("Wallet gains", "Effet sur la cagnotte"),
    "adjustments.col.kind": Texts("Kind", "Nature"),
    "adjustments.col.words": Texts("Why", "Pourquoi"),
    "adjustments.col.by": Texts("By", "Par"),
    "adjustments.col.state": Texts("State", "État"),
    "adjustments.filter.state": Texts("State", "État"),
    "adjustments.state.waiting": Texts("To decide", "À décider"),
    "adjustments.state.posted": Texts("In the wallet", "Appliqué"),
    "adjustments.state.refused": Texts("Refused", "Refusé"),
    "adjustments.kind.goodwill": Texts("Goodwill", "Geste commercial"),
    "adjustments.kind.correction": Texts("Correction", "Correction"),
    "adjustments.kind.write_off": Texts("Debt given up", "Dette abandonnée"),
    "adjustments.reason.complaint": Texts("complaint", "réclamation"),
    "adjustments.reason.delay": Texts("came late", "retard"),
    "adjustments.reason.gift": Texts("gift", "cadeau"),
    "adjustments.reason.not_told": Texts("purchase not told", "achat non transmis"),
    "adjustments.reason.told_wrong": Texts("purchase told wrong", "achat mal transmis"),
    "adjustments.reason.operator_mistake": Texts("our mistake", "notre erreur"),
    "adjustments.reason.uncollectable": Texts("cannot be collected", "irrécouvrable"),
    "adjustments.reason.left": Texts("left the programme", "a quitté le programme"),
    "adjustments.title": Texts("Adjustment of {amount}", "Ajustement de {amount}"),
    "adjustments.all": Texts("All adjustments", "Tous les ajustements"),
    "adjustments.facts": Texts("Facts", "Détails"),
    "adjustments.purchase": Texts("Purchase", "Achat"),
    "adjustments.id": Texts("Id", "Identifiant"),
    "adjustments.decide": Texts("Your decision", "Votre décision"),
    "adjustments.words": Texts("Why, in words that others will read", "Pourquoi, en mots que d'autres liront"),
    "adjustments.approve": Texts("Approve: it is in the wallet at once", "Approuver\u00a0: appliqué aussitôt"),
    "adjustments.refuse": Texts("Refuse: nothing moves", "Refuser\u00a0: rien ne bouge"),
    "adjustments.mine": Texts(
        "You asked for it: a second person decides.", "Vous l'avez demandé\u00a0: une autre personne décide."
    ),
    "adjustments.decided": Texts("{state} by {who}, {when}", "{state} par {who}, {when}"),
    "adjustments.alone": Texts("within what one person may do alone", "dans le plafond d'une personne"),
    "done.adjustment_posted": Texts(
        "It is in the wallet; the member is told.", "Appliqué\u00a0; le membre est prévenu."
    ),
    "done.adjustment_refused": Texts("Refused: nothing moved.", "Refusé\u00a0: rien n'a bougé."),
    "console.refused.decided": Texts("Somebody has decided it meanwhile.", "Quelqu'un l'a décidé entre-temps."),
    # -- the bank
    "bank.lead": Texts(
        "What your bank booked beside what the books expect, to the cent.",
        "Ce que votre banque a passé, face à ce que les comptes attendent, au centime près.",
    ),
    "bank.none": Texts("No difference to look at", "Aucun écart à examiner"),
    "bank.none_hint": Texts(
        "Import a statement: what is missing, unknown or different appears here.",
        "Importez un relevé\u00a0: ce qui manque, est inconnu ou diffère apparaît ici.",
    ),
    "bank.col.on": Texts("Day", "Jour"),
    "bank.col.finding": Texts("Finding", "Constat"),
    "bank.col.what": Texts("What", "Quoi"),
    "bank.col.ours": Texts("Our books", "Nos comptes"),
    "bank.col.theirs": Texts("The bank", "La banque"),
    "bank.col.difference": Texts("Difference", "Écart"),
    "bank.col.explained": Texts("Explained", "Expliqué"),
    "bank.filter.since": Texts("From", "Du"),
    "bank.filter.show": Texts("Show", "Afficher"),
    "bank.open": Texts("To look at", "À examiner"),
    "bank.explained": Texts("Explained", "Expliqués"),
    "bank.finding.missing": Texts("Not at the bank", "Absent à la banque"),
    "bank.finding.unknown": Texts("Unknown to us", "Inconnu de nous"),
    "bank.finding.amount": Texts("Other amount", "Autre montant"),
    "bank.finding.returned": Texts("Came back", "Revenu"),
    "bank.finding.not_returned": Texts("Did not come back", "Pas revenu"),
    "bank.finding.twice": Texts("Booked twice", "Passé deux fois"),
    "bank.finding.unrecorded": Texts("Not recorded by us", "Non enregistré chez nous"),
    "bank.finding.rejected": Texts("The bank refused it", "Refusé par la banque"),
    "bank.finding.charge": Texts("Bank charge", "Frais bancaires"),
    "bank.do.missing": Texts(
        "Was the file given to the bank? Ask the bank, or import a newer statement.",
        "Le fichier a-t-il été remis\u00a0? Interrogez la banque, ou importez un relevé plus récent.",
    ),
    "bank.do.unknown": Texts(
        "Somebody paid or was paid outside the programme: record it where it belongs, or explain it.",
        "Un paiement hors programme\u00a0: enregistrez-le à sa place, ou expliquez-le.",
    ),
    "bank.do.amount": Texts("Compare both sides and ask who paid.", "Comparez les deux côtés et interrogez le payeur."),
    "bank.do.returned": Texts(
        "Import the bank's answer so that the amount goes back into the wallet.",
        "Importez la réponse de la banque pour que le montant retourne en cagnotte.",
    ),
    "bank.do.not_returned": Texts(
        "The wallet has the amount again although the bank paid it: ask the bank before anything else.",
        "La cagnotte a été recréditée alors que la banque a payé\u00a0: interrogez d'abord la banque.",
    ),
    "bank.do.twice": Texts("Ask the bank to take one of the two back.", "Demandez à la banque d'en annuler un."),
    "bank.do.unrecorded": Texts(
        "The money arrived: record the payment on the funder's page.",
        "L'argent est arrivé\u00a0: enregistrez le paiement sur la page du financeur.",
    ),
    "bank.do.rejected": Texts(
        "Import the bank's status report: the payout then says what to do.",
        "Importez le compte rendu de la banque\u00a0: le versement dira que faire.",
    ),
    "bank.do.charge": Texts("Explain it: it is the bank's own.", "Expliquez-le\u00a0: ce sont ses frais."),
    "bank.kind.payout": Texts("Payout", "Versement"),
    "bank.kind.invoice": Texts("Invoice", "Facture"),
    "bank.kind.payment": Texts("Funder's payment", "Paiement de financeur"),
    "bank.kind.own_transfer": Texts("Own transfer", "Virement interne"),
    "bank.kind.none": Texts("A movement of the bank's", "Un mouvement de la banque"),
    "bank.title": Texts("Difference of {amount}", "Écart de {amount}"),
    "bank.all": Texts("All differences", "Tous les écarts"),
    "bank.facts": Texts("Both sides", "Les deux côtés"),
    "bank.subject": Texts("Reference", "Référence"),
    "bank.booked": Texts("In the bank's file", "Dans le fichier de la banque"),
    "bank.code": Texts("Bank's code", "Code de la banque"),
    "bank.explain": Texts("Explain it", "L'expliquer"),
    "bank.explain_hint": Texts(
        "It is then no longer to look at, as long as it stays the same to the cent.",
        "Il ne sera plus à examiner, tant qu'il reste le même au centime près.",
    ),
    "bank.explain_words": Texts("Why it is as it is", "Pourquoi il en est ainsi"),
    "bank.explained_by": Texts("“{words}”, {who}, {when}", "«\u00a0{words}\u00a0», {who}, {when}"),
    "bank.import": Texts("Import a file of the bank", "Importer un fichier de la banque"),
    "bank.import_hint": Texts(
        "Statement (camt.053), notification (camt.054), status report (pain.002), or Stripe's balance. The same file "
        "twice changes nothing.",
        "Relevé (camt.053), avis (camt.054), compte rendu (pain.002), ou solde Stripe. Le même fichier deux fois ne "
        "change rien.",
    ),
    "bank.file": Texts("File", "Fichier"),
    "bank.import_do": Texts("Import", "Importer"),
    "bank.files": Texts("Files so far", "Fichiers importés"),
    "bank.files_none": Texts("No file was imported.", "Aucun fichier importé."),
    "bank.file_line": Texts(
        "{name}: {movements} movements, {statuses} answers", "{name}\u00a0: {movements} mouvements, {statuses} réponses"
    ),
    "done.bank_imported": Texts(
        "The file is read. Payouts it tells of are moved within seconds.",
        "Le fichier est lu. Les versements concernés avancent en quelques secondes.",
    ),
    "done.bank_known": Texts(
        "This very file was imported before: nothing changed.", "Ce fichier était déjà importé\u00a0: rien ne change."
    ),
    "done.bank_explained": Texts("It is explained.", "Il est expliqué."),
    "console.refused.bad_file": Texts(
        "The file was refused as a whole. See what is wrong in it below.",
        "Le fichier est refusé en entier. Voyez ci-dessous ce qui ne va pas.",
    ),
}
