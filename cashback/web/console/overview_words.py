"""Words of the overview and of the page on cohorts and tests."""

from cashback.offers.wording import Texts

OVERVIEW_WORDS: dict[str, Texts] = {
    "overview.lead": Texts(
        "{first} to {last}, whole days, beside the {days} days before.",
        "Du {first} au {last}, jours entiers, à côté des {days} jours précédents.",
    ),
    "overview.fresh": Texts("Counted at {counted}", "Compté à {counted}"),
    "overview.measured": Texts("groups and cohorts at {measured}", "groupes et cohortes à {measured}"),
    "overview.not_counted": Texts("Not counted yet", "Pas encore compté"),
    "overview.not_counted_hint": Texts(
        "The worker counts within half a minute of its start. Open this page again then.",
        "Le processus de fond compte dans la demi-minute qui suit son démarrage. Rouvrez alors cette page.",
    ),
    "overview.period": Texts("Period", "Période"),
    "overview.days": Texts("{days} days", "{days} jours"),
    "overview.no_change": Texts("as before", "stable"),
    "overview.change": Texts("{change} on the {days} days before", "{change} par rapport aux {days} jours précédents"),
    "overview.nothing_before": Texts("nothing in the {days} days before", "rien les {days} jours précédents"),
    "overview.figures": Texts("Key figures", "Chiffres clés"),
    "overview.result": Texts("What the programme brought", "Ce que le programme a apporté"),
    "overview.export": Texts("Export as CSV", "Exporter en CSV"),
    "overview.table": Texts("Data table", "Tableau des données"),
    "overview.day": Texts("Day", "Jour"),
    "overview.week": Texts("Week to", "Semaine au"),
    # -- what it brought
    "overview.uplift": Texts("Incremental sales", "Ventes supplémentaires"),
    "overview.uplift_share": Texts("{share} on the hold-out", "{share} par rapport au groupe témoin"),
    "overview.interval": Texts("95% interval {low} to {high}", "intervalle à 95 % de {low} à {high}"),
    "overview.unsure": Texts(
        "The interval includes zero: the effect cannot be told from chance yet.",
        "L'intervalle contient zéro\u00a0: l'effet ne se distingue pas encore du hasard.",
    ),
    "overview.not_enough": Texts("Not enough data", "Pas assez de données"),
    "overview.few.members": Texts(
        "{have} of {want} members in the smaller group", "{have} membres sur {want} dans le plus petit groupe"
    ),
    "overview.few.buyers": Texts(
        "{have} of {want} buyers in the smaller group", "{have} acheteurs sur {want} dans le plus petit groupe"
    ),
    "overview.few.holdout": Texts(
        "Nobody was held out at the start of the period.", "Personne n'était dans le groupe témoin au début."
    ),
    "overview.no_holdout": Texts("No hold-out", "Pas de groupe témoin"),
    "overview.no_holdout_hint": Texts(
        "Set holdout_bps in the programme, for example 1000 for 10%, to measure what the programme brings.",
        "Indiquez holdout_bps dans le programme, par exemple 1000 pour 10 %, pour mesurer ce qu'il apporte.",
    ),
    "overview.cost": Texts("Programme cost", "Coût du programme"),
    "overview.cost_note": Texts("given {given}, taken back {taken}", "donnés {given}, repris {taken}"),
    "overview.budget": Texts("Live budgets: {share} used", "Budgets en cours\u00a0: {share} utilisés"),
    "overview.budget_of": Texts("{granted} of {cap} granted", "{granted} accordés sur {cap}"),
    "overview.no_budget": Texts("No live offer has a budget", "Aucune offre en cours n'a de budget"),
    "overview.return": Texts("Return per {unit} spent", "Retour par {unit} dépensé"),
    "overview.return_note": Texts("range {low} to {high}", "de {low} à {high}"),
    "overview.return_few": Texts("comes with the incremental sales", "vient avec les ventes supplémentaires"),
    "overview.active": Texts("Active members", "Membres actifs"),
    # -- key figures
    "overview.recognised": Texts("Purchases recognised", "Achats reconnus"),
    "overview.unplaced.one": Texts("{n} without a shop", "{n} sans boutique"),
    "overview.unplaced.other": Texts("{n} without a shop", "{n} sans boutique"),
    "overview.sales": Texts("Sales at shops", "Ventes en boutique"),
    "overview.given": Texts("Cashback given", "Cashback donné"),
    "overview.also": Texts("also {amounts}", "et aussi {amounts}"),
    "overview.pending": Texts("Pending now", "En attente"),
    "overview.pending_note": Texts("{amount} became available in the period", "{amount} devenus disponibles"),
    "overview.available": Texts("Available now", "Disponible"),
    "overview.available_note": Texts("members may cash it out", "les membres peuvent le retirer"),
    "overview.taken_back": Texts("Taken back", "Repris"),
    "overview.taken_back_note": Texts("after refunds", "après remboursements"),
    "overview.joined": Texts("New members", "Nouveaux membres"),
    "overview.cards": Texts("Cards linked", "Cartes reliées"),
    "overview.cards_note": Texts("{change} since {day}", "{change} depuis le {day}"),
    # -- charts
    "overview.sales_chart": Texts("Sales at shops by day", "Ventes en boutique par jour"),
    "overview.sales_summary": Texts(
        "{total} in this period, {before} in the one before.", "{total} sur cette période, {before} sur la précédente."
    ),
    "overview.this": Texts("This period", "Cette période"),
    "overview.before": Texts("{days} days earlier", "{days} jours plus tôt"),
    "overview.weeks_chart": Texts("Weekly sales per member", "Ventes hebdomadaires par membre"),
    "overview.weeks_summary": Texts(
        "Members who receive offers against those held out; the band is the interval at 95%.",
        "Membres qui reçoivent les offres et groupe témoin\u00a0; la bande est l'intervalle à 95 %.",
    ),
    "overview.offered": Texts("Offers", "Offres"),
    "overview.held": Texts("Hold-out", "Témoin"),
    "overview.no_sales": Texts("No sale yet", "Pas encore de vente"),
    "overview.no_sales_hint": Texts(
        "As soon as a linked card pays at a shop, its day appears here.",
        "Dès qu'une carte reliée paie dans une boutique, son jour apparaît ici.",
    ),
    "overview.no_weeks_hint": Texts(
        "A week is drawn from {want} members in each group on.",
        "Une semaine est tracée à partir de {want} membres dans chaque groupe.",
    ),
    # -- funnel and cohorts
    "overview.funnel": Texts("From joining to returning", "De l'inscription au retour"),
    "overview.funnel_note": Texts(
        "All members so far; share of the step before.", "Tous les membres\u00a0; part de l'étape précédente."
    ),
    "overview.step": Texts("Step", "Étape"),
    "overview.members": Texts("Members", "Membres"),
    "overview.step.joined": Texts("Joined", "Inscrits"),
    "overview.step.linked": Texts("Linked a card", "Carte reliée"),
    "overview.step.bought": Texts("First purchase", "Premier achat"),
    "overview.step.rewarded": Texts("First reward", "Première récompense"),
    "overview.step.returned": Texts("Second purchase", "Deuxième achat"),
    "overview.no_members": Texts("Nobody has joined yet", "Personne ne s'est encore inscrit"),
    "overview.no_members_hint": Texts(
        "Members appear here with their first sign-in or import.",
        "Les membres apparaissent ici dès leur première connexion ou leur import.",
    ),
    "overview.cohorts": Texts("Retention by joining month", "Fidélité par mois d'inscription"),
    "overview.cohorts_note": Texts(
        "Share of those who joined in a month and bought at a shop in each month after.",
        "Part des inscrits d'un mois qui ont acheté en boutique chaque mois suivant.",
    ),
    "overview.joined_in": Texts("Joined", "Inscrits"),
    "overview.month_short": Texts("M{n}", "M{n}"),
    "overview.month_long": Texts("month {n}", "mois {n}"),
    "overview.one_cohort": Texts("One cohort so far", "Une seule cohorte"),
    "overview.one_cohort_hint": Texts(
        "Retention can be compared from the second joining month on.",
        "La fidélité se compare à partir du deuxième mois d'inscription.",
    ),
    "overview.so_far": Texts("so far", "en cours"),
    # -- alerts
    "overview.alerts": Texts("Waiting for somebody", "En attente de quelqu'un"),
    "overview.no_alerts": Texts("Nothing waits", "Rien n'attend"),
    "overview.alert.matches": Texts("Payments that wait for a shop", "Paiements en attente d'une boutique"),
    "overview.alert.claims": Texts("Open claims", "Réclamations ouvertes"),
    "overview.alert.decisions": Texts("Contested decisions", "Décisions contestées"),
    "overview.alert.approvals": Texts("Offers to approve", "Offres à approuver"),
    "overview.alert.payouts": Texts("Payouts to approve", "Versements à approuver"),
    "overview.alert.unknown_payouts": Texts("Payouts of unknown outcome", "Versements à l'issue inconnue"),
    "overview.alert.adjustments": Texts("Adjustments to decide", "Ajustements à décider"),
    "overview.alert.funders": Texts("Funders whose money is used up or paused", "Financeurs épuisés ou en pause"),
    "overview.alert.parked": Texts("Messages put aside", "Messages mis de côté"),
    "overview.alert.conflicts": Texts("Messages in conflict", "Messages en conflit"),
    "overview.alert.budgets": Texts("Offers near the end of their budget", "Offres proches de la fin du budget"),
    "overview.alert.silent": Texts(
        "{network}: silent since {moment}", "{network}\u00a0: silencieux depuis le {moment}"
    ),
    "overview.or_more": Texts("{n} or more", "{n} ou plus"),
    # -- checklist
    "overview.begin": Texts("Bring the programme to life", "Donner vie au programme"),
    "overview.begin_done": Texts("{done} of {all} done", "{done} sur {all} faits"),
    "overview.begin.shops": Texts("Add shops", "Ajouter des boutiques"),
    "overview.begin.identifiers": Texts("Add their terminal identifiers", "Ajouter leurs identifiants de terminal"),
    "overview.begin.source": Texts("Connect a source of purchases", "Connecter une source d'achats"),
    "overview.begin.holdout": Texts("Hold some members out, to measure", "Garder un groupe témoin, pour mesurer"),
    "overview.begin.offer": Texts("Put a first offer live", "Lancer une première offre"),
    "overview.begin.purchase": Texts("See a first purchase", "Voir un premier achat"),
    "overview.done": Texts("done", "fait"),
    "overview.todo": Texts("to do", "à faire"),
    # -- the small feed
    "overview.feed": Texts("Newest purchases", "Derniers achats"),
    "overview.feed_all": Texts("Open the live feed", "Ouvrir le direct"),
    "overview.feed_empty_hint": Texts(
        "None yet: a linked card that pays, the simulator or a sandbox webhook makes the first.",
        "Aucun pour l'instant\u00a0: une carte reliée, le simulateur ou un webhook d'essai fera le premier.",
    ),
    # -- segments
    "console.nav.segments": Texts("Segments", "Segments"),
    "segments.lead": Texts(
        "Who buys here, by how recently and how often, and the groups you assigned.",
        "Qui achète ici, selon la date et la fréquence, et les groupes que vous avez attribués.",
    ),
    "segments.fifths": Texts("Recency and frequency", "Récence et fréquence"),
    "segments.fifths_note": Texts(
        "Members who bought in the last {days} days, in fifths; changes are on {apart} days ago. Cells of fewer than "
        "{floor} members are not told.",
        "Membres ayant acheté en {days} jours, par cinquièmes\u00a0; écarts sur {apart} jours. Les "
        "cases de moins de {floor} membres ne sont pas dites.",
    ),
    "segments.corner": Texts("Last purchase", "Dernier achat"),
    "segments.recent.5": Texts("Most recent fifth", "Cinquième le plus récent"),
    "segments.recent.4": Texts("Second", "Deuxième"),
    "segments.recent.3": Texts("Third", "Troisième"),
    "segments.recent.2": Texts("Fourth", "Quatrième"),
    "segments.recent.1": Texts("Longest ago", "Le plus ancien"),
    "segments.often.1": Texts("Rarest", "Les plus rares"),
    "segments.often.2": Texts("2", "2"),
    "segments.often.3": Texts("3", "3"),
    "segments.often.4": Texts("4", "4"),
    "segments.often.5": Texts("Most often", "Les plus fréquents"),
    "segments.of_sales": Texts("{share} of sales", "{share} des ventes"),
    "segments.nobody": Texts("Nobody has bought yet", "Personne n'a encore acheté"),
    "segments.nobody_hint": Texts(
        "Fifths are formed from the first purchases on, once an hour.",
        "Les cinquièmes se forment dès les premiers achats, une fois par heure.",
    ),
    "segments.assigned": Texts("Assigned groups", "Groupes attribués"),
    "segments.fact": Texts("Kind", "Type"),
    "segments.fact.segment": Texts("Segment", "Segment"),
    "segments.fact.tier": Texts("Tier", "Palier"),
    "segments.fact.tag": Texts("Tag", "Étiquette"),
    "segments.value": Texts("Name", "Nom"),
    "segments.members": Texts("Members", "Membres"),
    "segments.fewer": Texts("fewer than {n}", "moins de {n}"),
    "segments.none": Texts("No group yet", "Aucun groupe pour l'instant"),
    "segments.none_hint": Texts(
        "Your systems tell which group a member is in, over the API or by an import; offers can then look at it.",
        "Vos systèmes indiquent le groupe d'un membre, par l'API ou un import\u00a0; les offres s'en servent.",
    ),
    # -- cohorts and tests
    "console.nav.tests": Texts("Cohorts and tests", "Cohortes et tests"),
    "tests.lead": Texts(
        "How members stay, and how well the hold-out is drawn.",
        "Comment les membres restent, et comment le groupe témoin est tiré.",
    ),
    "tests.balance": Texts("Balance of the hold-out", "Équilibre du groupe témoin"),
    "tests.balance_note": Texts(
        "{held} of {all} members are held out: {share}, where {wanted} was asked for.",
        "{held} membres sur {all} sont dans le groupe témoin\u00a0: {share}, pour {wanted} demandés.",
    ),
    "tests.balanced": Texts("As drawn by chance", "Conforme au hasard"),
    "tests.unbalanced": Texts("Further off than chance explains", "Écart que le hasard n'explique pas"),
    "tests.groups": Texts("Groups over {days} days", "Groupes sur {days} jours"),
    "tests.group": Texts("Group", "Groupe"),
    "tests.group_members": Texts("Members", "Membres"),
    "tests.group_buyers": Texts("Buyers", "Acheteurs"),
    "tests.group_spend": Texts("Sales", "Ventes"),
    "tests.group_mean": Texts("Per member", "Par membre"),
    "tests.offers": Texts("Tests of offers", "Tests d'offres"),
    "tests.offers_note": Texts(
        "Live offers that hold members out of themselves.", "Offres en cours avec leur propre groupe témoin."
    ),
    "tests.offer": Texts("Offer", "Offre"),
    "tests.share": Texts("Held out", "Groupe témoin"),
    "tests.since": Texts("Since", "Depuis"),
    "tests.no_offers": Texts("No live offer has a hold-out of its own", "Aucune offre en cours n'a son propre témoin"),
    "tests.no_offers_hint": Texts(
        "Give an offer a hold-out in its editor to measure it alone.",
        "Donnez un groupe témoin à une offre dans son éditeur pour la mesurer seule.",
    ),
}
