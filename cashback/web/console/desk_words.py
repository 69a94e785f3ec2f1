"""Words of the console's frame and of its lists."""

from cashback.offers.wording import Texts

DESK_WORDS: dict[str, Texts] = {
    "console.nav": Texts("Parts of the console", "Parties de la console"),
    "console.group.now": Texts("Now", "En ce moment"),
    "console.group.programme": Texts("Programme", "Programme"),
    "console.group.people": Texts("Members", "Membres"),
    "console.group.money": Texts("Money", "Argent"),
    "console.group.settings": Texts("Settings", "Réglages"),
    "console.nav.overview": Texts("Overview", "Vue d'ensemble"),
    "console.nav.live": Texts("Live purchases", "Achats en direct"),
    "console.nav.offers": Texts("Offers", "Offres"),
    "console.nav.shops": Texts("Shops", "Boutiques"),
    "console.nav.matches": Texts("To match", "À rattacher"),
    "console.nav.members": Texts("Members", "Membres"),
    "console.nav.claims": Texts("Claims", "Réclamations"),
    "console.nav.decisions": Texts("Contested decisions", "Décisions contestées"),
    "console.nav.payouts": Texts("Payouts", "Versements"),
    "console.nav.settlement": Texts("Settlement", "Décomptes"),
    "console.nav.funders": Texts("Budgets", "Budgets"),
    "console.nav.book": Texts("Instalments", "Échéances"),
    "console.nav.theme": Texts("Appearance", "Apparence"),
    "console.nav.team": Texts("Team", "Équipe"),
    "console.nav.audit": Texts("Audit log", "Journal d'audit"),
    "console.refused": Texts("Not done", "Non effectué"),
    "console.refused_hint": Texts("Nothing was changed.", "Rien n'a été modifié."),
    "console.search": Texts("Search", "Rechercher"),
    # -- lists
    "list.filters": Texts("Filters", "Filtres"),
    "list.all": Texts("All", "Tout"),
    "list.apply": Texts("Apply", "Appliquer"),
    "list.clear": Texts("Clear the filters", "Effacer les filtres"),
    "list.export": Texts("Export as CSV", "Exporter en CSV"),
    "list.next": Texts("Next page", "Page suivante"),
    "list.first": Texts("First page", "Première page"),
    "list.pages": Texts("Pages", "Pages"),
    "list.none_found": Texts("Nothing matches these filters", "Rien ne correspond à ces filtres"),
    "list.none_found_hint": Texts(
        "Change or clear the filters above to see more.", "Modifiez ou effacez les filtres ci-dessus pour en voir plus."
    ),
}
