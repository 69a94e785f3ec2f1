"""Words of the console's search and of its keyboard."""

from cashback.offers.wording import Texts

SEARCH_WORDS: dict[str, Texts] = {
    "search.field": Texts("Search members, shops, offers, purchases", "Chercher membres, boutiques, offres, achats"),
    "search.short": Texts("Search", "Rechercher"),
    "search.title_for": Texts("Results for “{q}”", "Résultats pour «\u00a0{q}\u00a0»"),
    "search.how": Texts("What can be found", "Ce qui se cherche"),
    "search.how_shops": Texts("Shops and offers by a part of their name", "Boutiques et offres par une partie du nom"),
    "search.how_members": Texts(
        "Members by the beginning of their reference, or by their e-mail address",
        "Membres par le début de leur référence, ou par leur adresse e-mail",
    ),
    "search.how_purchases": Texts(
        "Purchases by day, amount and last four digits of the card, for example 2026-11-20 12.50 4242",
        "Achats par jour, montant et quatre derniers chiffres de la carte, par exemple 20/11/2026 12,50 4242",
    ),
    "search.how_ids": Texts(
        "Anything by its id, such as pur_… or shp_…", "Tout par son identifiant, comme pur_… ou shp_…"
    ),
    "search.none": Texts("Nothing found", "Rien trouvé"),
    "search.no_members": Texts("Your role does not search members.", "Votre rôle ne cherche pas les membres."),
    "search.no_purchases": Texts("Your role does not search purchases.", "Votre rôle ne cherche pas les achats."),
    "search.logged": Texts(
        "Searching members is written into the audit log.", "La recherche de membres est inscrite au journal d'audit."
    ),
    "search.joined": Texts("joined {day}", "inscrit le {day}"),
    "search.go": Texts("Go to {id}", "Aller à {id}"),
    "search.all": Texts("All results, members too", "Tous les résultats, membres compris"),
    "search.all_plain": Texts("All results", "Tous les résultats"),
    "search.kind.member": Texts("Members", "Membres"),
    "search.kind.shop": Texts("Shops", "Boutiques"),
    "search.kind.offer": Texts("Offers", "Offres"),
    "search.kind.purchase": Texts("Purchases", "Achats"),
    # -- the keyboard
    "keys.open": Texts("Keyboard shortcuts", "Raccourcis clavier"),
    "keys.search": Texts("Search", "Rechercher"),
    "keys.help": Texts("Show this help", "Afficher cette aide"),
    "keys.close": Texts("Close what is open", "Fermer ce qui est ouvert"),
    "keys.then": Texts("then", "puis"),
    "keys.key_escape": Texts("Esc", "Échap"),
    "keys.off": Texts("Turn the shortcuts off", "Désactiver les raccourcis"),
    "keys.on": Texts("Turn the shortcuts on", "Activer les raccourcis"),
    "keys.off_hint": Texts(
        "Kept in this browser. Off, single letters do nothing.",
        "Gardé dans ce navigateur. Désactivés, les lettres seules ne font rien.",
    ),
    "keys.dismiss": Texts("Close", "Fermer"),
}
