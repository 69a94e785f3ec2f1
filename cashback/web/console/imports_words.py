"""Words of the import of shops: columns, what is wrong with a row, what applying it does."""

from cashback.offers.wording import Texts

IMPORTS_WORDS: dict[str, Texts] = {
    "imports.title": Texts("Import shops", "Importer des boutiques"),
    "imports.lead": Texts(
        "Upload, look at every row, mend what is faulty here, then apply. Until you apply, nothing changes.",
        "Envoyez, regardez chaque ligne, corrigez ici ce qui est fautif, puis appliquez. D'ici là, rien ne change.",
    ),
    "imports.file": Texts("CSV file", "Fichier CSV"),
    "imports.file_hint": Texts(
        "One row for each shop or identifier, a header first; 2 MB and 10,000 rows at most.",
        "Une ligne par boutique ou identifiant, un en-tête d'abord\u00a0; 2 Mo et 10 000 lignes au plus.",
    ),
    "imports.written": Texts("How the file is written", "Comment le fichier est écrit"),
    "imports.encoding": Texts("Encoding", "Encodage"),
    "imports.separator": Texts("Separator", "Séparateur"),
    "imports.guess": Texts("Find out", "À deviner"),
    "imports.separator.0": Texts("semicolon", "point-virgule"),
    "imports.separator.1": Texts("comma", "virgule"),
    "imports.separator.2": Texts("tab", "tabulation"),
    "imports.separator.3": Texts("vertical bar", "barre verticale"),
    "imports.upload": Texts("Upload and check", "Envoyer et vérifier"),
    "imports.template": Texts("Template file", "Fichier modèle"),
    "imports.columns_title": Texts("What the columns may say", "Ce que les colonnes peuvent dire"),
    "imports.networks": Texts("Names of networks and their schemes", "Noms des réseaux et de leurs types"),
    "imports.before": Texts("Uploaded before", "Envoyés auparavant"),
    "imports.waits": Texts("Not applied yet", "Pas encore appliqué"),
    "imports.left": Texts("{n} faulty rows left", "{n} lignes fautives restantes"),
    "imports.whole": Texts("Applied", "Appliqué"),
    "imports.uploaded": Texts("Uploaded {when}", "Envoyé le {when}"),
    "imports.applied_at": Texts("applied {when}", "appliqué le {when}"),
    "imports.kept": Texts("Files are kept for 30 days.", "Les fichiers sont gardés 30 jours."),
    "imports.none": Texts("No file yet", "Aucun fichier encore"),
    "imports.none_hint": Texts(
        "Begin with the template: its header is understood as it is.",
        "Commencez par le modèle\u00a0: son en-tête est compris tel quel.",
    ),
    "imports.read_as": Texts(
        "{rows} rows, read as {encoding}, cells separated by: {separator}.",
        "{rows} lignes, lues en {encoding}, cellules séparées par\u00a0: {separator}.",
    ),
    "imports.columns": Texts("Columns", "Colonnes"),
    "imports.columns_hint": Texts(
        "Say what each column holds; under it stand its first cells. An empty cell leaves what is stored as it is.",
        "Dites ce que contient chaque colonne\u00a0; dessous, ses premières cellules. Une cellule vide "
        "laisse ce qui est "
        "enregistré.",
    ),
    "imports.unnamed": Texts("Column {n}", "Colonne {n}"),
    "imports.not_read": Texts("Not read", "Non lue"),
    "imports.check_again": Texts("Check again", "Vérifier à nouveau"),
    "imports.no_shop_column": Texts(
        "No column says which shop a row is about. Choose the column with the shop's code above.",
        "Aucune colonne ne dit de quelle boutique parle la ligne. Choisissez ci-dessus celle du code de la boutique.",
    ),
    "imports.state": Texts("State", "État"),
    "imports.state.new": Texts("New", "Nouvelle"),
    "imports.state.changed": Texts("Changed", "Modifiée"),
    "imports.state.unchanged": Texts("Unchanged", "Inchangée"),
    "imports.state.faulty": Texts("Faulty", "Fautive"),
    "imports.faulty.one": Texts("{n} faulty row to mend", "{n} ligne fautive à corriger"),
    "imports.faulty.other": Texts("{n} faulty rows to mend", "{n} lignes fautives à corriger"),
    "imports.faulty_hint": Texts(
        "Correct the cells that are marked and check again. Nothing is applied by that.",
        "Corrigez les cellules signalées et vérifiez à nouveau. Cela n'applique rien.",
    ),
    "imports.faulty_more": Texts(
        "{n} more follow when these are mended; the file of faulty rows has them all.",
        "{n} autres suivront une fois celles-ci corrigées\u00a0; le fichier des lignes fautives les contient toutes.",
    ),
    "imports.errors_file": Texts("Faulty rows as CSV", "Lignes fautives en CSV"),
    "imports.line_n": Texts("Line {n}", "Ligne {n}"),
    "imports.typed": Texts("typed here", "saisi ici"),
    "imports.mend": Texts("Check these rows again", "Vérifier ces lignes à nouveau"),
    "imports.line": Texts("Line", "Ligne"),
    "imports.what": Texts("What applying it does", "Ce que l'appliquer fait"),
    "imports.rows": Texts("Every row", "Toutes les lignes"),
    "imports.no_rows": Texts("No row", "Aucune ligne"),
    "imports.no_rows_hint": Texts("The file holds no row.", "Le fichier ne contient aucune ligne."),
    "imports.apply_title": Texts("Apply", "Appliquer"),
    "imports.apply_hint": Texts(
        "No row is faulty. All are applied together, and purchases that waited for these identifiers are matched.",
        "Aucune ligne n'est fautive. Toutes sont appliquées ensemble, et les achats en attente de ces "
        "identifiants sont "
        "rattachés.",
    ),
    "imports.extent": Texts("How much", "Quelle partie"),
    "imports.extent.all": Texts("All rows or none", "Toutes les lignes ou aucune"),
    "imports.extent.all_hint": Texts("Refused as long as one row is faulty.", "Refusé tant qu'une ligne est fautive."),
    "imports.extent.valid.one": Texts("The {n} row that is sound", "La {n} ligne correcte"),
    "imports.extent.valid.other": Texts("The {n} rows that are sound", "Les {n} lignes correctes"),
    "imports.extent.valid_hint": Texts(
        "The {n} faulty ones stay here to be mended and applied later.",
        "Les {n} fautives restent ici, à corriger et appliquer plus tard.",
    ),
    "imports.apply.one": Texts("Apply {n} row", "Appliquer {n} ligne"),
    "imports.apply.other": Texts("Apply {n} rows", "Appliquer {n} lignes"),
    "imports.mend_first": Texts(
        "Every row that is sound is in place. Mend the faulty ones above to apply them too.",
        "Toutes les lignes correctes sont en place. Corrigez les fautives ci-dessus pour les appliquer aussi.",
    ),
    "imports.in_place": Texts(
        "Everything in this file is in place: there is nothing to apply.",
        "Tout ce que contient ce fichier est en place\u00a0: rien à appliquer.",
    ),
    "imports.did": Texts(
        "Applied {when}: {new} new shops, {changed} changed, {added} identifiers added, {removed} replaced.",
        "Appliqué le {when}\u00a0: {new} nouvelles boutiques, {changed} modifiées, {added} identifiants ajoutés, "
        "{removed} remplacés.",
    ),
    "imports.did_skip": Texts("{n} faulty rows were left out.", "{n} lignes fautives ont été laissées de côté."),
    "imports.discard": Texts("Discard this file", "Abandonner ce fichier"),
    "imports.colon": Texts(":", "\u00a0:"),
    "imports.field.shop": Texts("Shop code", "Code de la boutique"),
    "imports.field.name": Texts("Name", "Nom"),
    "imports.field.centre": Texts("Centre", "Centre"),
    "imports.field.category": Texts("Trade (MCC)", "Activité (MCC)"),
    "imports.field.brand": Texts("Brand", "Enseigne"),
    "imports.field.floor": Texts("Floor", "Niveau"),
    "imports.field.area": Texts("Area", "Secteur"),
    "imports.field.network": Texts("Network", "Réseau"),
    "imports.field.scheme": Texts("Scheme", "Type"),
    "imports.field.value": Texts("Identifier", "Identifiant"),
    "imports.field.valid_from": Texts("Valid from", "Valable du"),
    "imports.field.valid_until": Texts("Valid until", "Valable jusqu'au"),
    "imports.means.shop": Texts(
        "Letters, digits, . _ -; names the shop for ever.",
        "Lettres, chiffres, . _ -\u00a0; nomme la boutique pour toujours.",
    ),
    "imports.means.name": Texts(
        "As members read it; needed for a new shop.",
        "Tel que les membres le lisent\u00a0; nécessaire pour une nouvelle boutique.",
    ),
    "imports.means.centre": Texts(
        "Its code or name; may be left out where there is one centre.",
        "Son code ou son nom\u00a0; facultatif s'il n'y a qu'un centre.",
    ),
    "imports.means.category": Texts(
        "Merchant category code of four digits; needed for a new shop.",
        "Code d'activité à quatre chiffres\u00a0; nécessaire pour une nouvelle boutique.",
    ),
    "imports.means.brand": Texts(
        "The chain; left out, the shop's own name.", "La chaîne\u00a0; à défaut, le nom de la boutique."
    ),
    "imports.means.floor": Texts(
        "Where it lies: 0, +1, ground floor.", "Où elle se trouve\u00a0: 0, +1, rez-de-chaussée."
    ),
    "imports.means.area": Texts(
        "The part of the centre: food court, east wing.", "La partie du centre\u00a0: restauration, aile est."
    ),
    "imports.means.network": Texts(
        "Who writes the identifier, such as visa or fidel.", "Qui écrit l'identifiant, par exemple visa ou fidel."
    ),
    "imports.means.scheme": Texts(
        "Which kind it is, such as mid or terminal.", "De quel type il est, par exemple mid ou terminal."
    ),
    "imports.means.value": Texts(
        "Exactly as the network writes it; zeros in front count.",
        "Exactement comme le réseau l'écrit\u00a0; les zéros de tête comptent.",
    ),
    "imports.means.valid_from": Texts(
        "First day, 2026-11-21 or 21/11/2026; empty: always was.",
        "Premier jour, 2026-11-21 ou 21/11/2026\u00a0; vide\u00a0: depuis toujours.",
    ),
    "imports.means.valid_until": Texts(
        "The first day on which it holds no longer; empty: still.",
        "Le premier jour où il ne vaut plus\u00a0; vide\u00a0: en cours.",
    ),
    "imports.problem.missing": Texts("say which shop this row is about", "dites de quelle boutique parle la ligne"),
    "imports.problem.bad_code": Texts(
        "“{given}” is no code: expected 1 to 64 letters, digits, dots, dashes or underscores",
        "«\u00a0{given}\u00a0» n'est pas un code\u00a0: 1 à 64 lettres, chiffres, points ou tirets attendus",
    ),
    "imports.problem.too_many_cells": Texts(
        "this row has more cells than the header, which has {n}: a separator too many?",
        "cette ligne a plus de cellules que l'en-tête, qui en a {n}\u00a0: un séparateur de trop\u00a0?",
    ),
    "imports.problem.bad_category": Texts(
        "“{given}” is no category code: expected four digits, such as 5812",
        "«\u00a0{given}\u00a0» n'est pas un code d'activité\u00a0: quatre chiffres attendus, par exemple 5812",
    ),
    "imports.problem.too_long": Texts("expected at most {n} printable characters", "{n} caractères lisibles au plus"),
    "imports.problem.incomplete": Texts(
        "an identifier takes network, scheme and value together; this one is missing",
        "un identifiant demande réseau, type et valeur ensemble\u00a0; celui-ci manque",
    ),
    "imports.problem.network_unknown": Texts(
        "no network is called “{given}”; expected one of {known}",
        "aucun réseau ne s'appelle «\u00a0{given}\u00a0»\u00a0; attendu\u00a0: {known}",
    ),
    "imports.problem.network_unknown_close": Texts(
        "no network is called “{given}”; did you mean {close}?",
        "aucun réseau ne s'appelle «\u00a0{given}\u00a0»\u00a0; vouliez-vous dire {close}\u00a0?",
    ),
    "imports.problem.scheme_unknown": Texts(
        "this network has no scheme “{given}”; expected one of {known}",
        "ce réseau n'a pas de type «\u00a0{given}\u00a0»\u00a0; attendu\u00a0: {known}",
    ),
    "imports.problem.scheme_unknown_close": Texts(
        "this network has no scheme “{given}”; did you mean {close}?",
        "ce réseau n'a pas de type «\u00a0{given}\u00a0»\u00a0; vouliez-vous dire {close}\u00a0?",
    ),
    "imports.problem.centre_unknown": Texts(
        "no centre is called “{given}”; expected one of {known}",
        "aucun centre ne s'appelle «\u00a0{given}\u00a0»\u00a0; attendu\u00a0: {known}",
    ),
    "imports.problem.centre_unknown_close": Texts(
        "no centre is called “{given}”; did you mean {close}?",
        "aucun centre ne s'appelle «\u00a0{given}\u00a0»\u00a0; vouliez-vous dire {close}\u00a0?",
    ),
    "imports.problem.centre_needed": Texts(
        "the programme has {n} centres: say in which one this new shop lies",
        "le programme a {n} centres\u00a0: dites dans lequel se trouve cette nouvelle boutique",
    ),
    "imports.problem.needed_for_new": Texts(
        "no shop has the code “{shop}” yet, and a new one needs this; or is the code misspelt?",
        "aucune boutique n'a encore le code «\u00a0{shop}\u00a0», et une nouvelle en a besoin\u00a0; ou le "
        "code est-il mal "
        "écrit\u00a0?",
    ),
    "imports.problem.differs": Texts(
        "line {line} says “{said}” of the same shop", "la ligne {line} dit «\u00a0{said}\u00a0» de la même boutique"
    ),
    "imports.problem.bad_date": Texts(
        "“{given}” is no date: expected 2026-11-21 or 21/11/2026",
        "«\u00a0{given}\u00a0» n'est pas une date\u00a0: 2026-11-21 ou 21/11/2026 attendu",
    ),
    "imports.problem.ends_before": Texts(
        "“{given}” does not lie after the first day", "«\u00a0{given}\u00a0» ne suit pas le premier jour"
    ),
    "imports.problem.repeated": Texts("line {line} says the very same", "la ligne {line} dit exactement la même chose"),
    "imports.problem.identifier_taken": Texts(
        "it leads to {shop} at the same time: an identifier names one shop at any moment",
        "il mène à {shop} au même moment\u00a0: un identifiant ne nomme qu'une boutique à la fois",
    ),
    "imports.change.shop": Texts("a new shop", "une nouvelle boutique"),
    "imports.change.value": Texts("adds {after}", "ajoute {after}"),
    "imports.change.dates": Texts("new days for {after}", "nouveaux jours pour {after}"),
    "imports.change.field": Texts("{field}: {before} → {after}", "{field}\u00a0: {before} → {after}"),
    "done.imports-mended": Texts("Checked again.", "Vérifié à nouveau."),
    "done.imports-applied": Texts(
        "Applied. What was done stands below.", "Appliqué. Ce qui a été fait est dit ci-dessous."
    ),
    "done.imports-discarded": Texts("The file is gone.", "Le fichier est supprimé."),
    "console.refused.no_file": Texts("Choose a CSV file first.", "Choisissez d'abord un fichier CSV."),
    "console.refused.file_empty": Texts(
        "The file is empty. Expected a header and rows under it.",
        "Le fichier est vide. Un en-tête et des lignes étaient attendus.",
    ),
    "console.refused.file_too_large": Texts("The file has more than 2 MB.", "Le fichier dépasse 2 Mo."),
    "console.refused.too_many_rows": Texts("The file has more than 10,000 rows.", "Le fichier dépasse 10 000 lignes."),
    "console.refused.no_rows": Texts(
        "Expected a header and at least one row under it.", "Un en-tête et au moins une ligne étaient attendus."
    ),
    "console.refused.not_a_table": Texts(
        "This is no CSV file that can be read: a workbook, or a quotation mark that is never closed? Export it as CSV.",
        "Ce n'est pas un fichier CSV lisible\u00a0: un classeur, ou un guillemet jamais fermé\u00a0? "
        "Exportez-le en CSV.",
    ),
    "console.refused.encoding": Texts(
        "The file does not read in this encoding. Choose another one, or let it be found out.",
        "Le fichier ne se lit pas dans cet encodage. Choisissez-en un autre, ou laissez-le deviner.",
    ),
    "console.refused.column_twice": Texts(
        "Two columns say the same. Choose one of them.", "Deux colonnes disent la même chose. Choisissez-en une."
    ),
    "console.refused.column_shop": Texts(
        "One column must hold the shop's code.", "Une colonne doit contenir le code de la boutique."
    ),
    "console.refused.card_number": Texts(
        "This looks like a card number. Nothing of it was stored: take it out and try again.",
        "Ceci ressemble à un numéro de carte. Rien n'a été conservé\u00a0: retirez-le et recommencez.",
    ),
    "console.refused.import_moved": Texts(
        "The programme or the file has changed since you looked. The counts below are those of now: look again.",
        "Le programme ou le fichier a changé depuis. Les nombres ci-dessous sont à jour\u00a0: regardez à nouveau.",
    ),
    "console.refused.rows_faulty": Texts(
        "Some rows are faulty. Mend them, or choose to apply the sound ones alone.",
        "Des lignes sont fautives. Corrigez-les, ou choisissez d'appliquer seulement les correctes.",
    ),
    "console.refused.no_extent": Texts(
        "Choose first: all rows, or those that are sound.",
        "Choisissez d'abord\u00a0: toutes les lignes, ou les correctes.",
    ),
    "console.refused.unknown_import": Texts(
        "This file was discarded, or is older than 30 days.", "Ce fichier a été abandonné, ou a plus de 30 jours."
    ),
}
