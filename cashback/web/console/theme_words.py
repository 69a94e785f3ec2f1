"""Words of the console's appearance, welcome page and posters."""

from cashback.offers.wording import Texts

THEME_WORDS: dict[str, Texts] = {
    "console.nav.welcome": Texts("Welcome page", "Page d'accueil"),
    "console.nav.posters": Texts("Posters", "Affiches"),
    "theme.lead": Texts(
        "What shoppers see: your name, your logo, your colours. States such as earned, waiting or failed keep "
        "their own "
        "colours.",
        "Ce que voient les clients\u00a0: votre nom, votre logo, vos couleurs. Les états (gagné, en attente, échec) "
        "gardent leurs propres couleurs.",
    ),
    "theme.name": Texts("Name that shoppers read", "Nom lu par les clients"),
    "theme.logo": Texts("Logo", "Logo"),
    "theme.keep_logo": Texts("Keep this logo", "Garder ce logo"),
    "theme.new_logo": Texts("New logo", "Nouveau logo"),
    "theme.logo_hint": Texts(
        "PNG, JPEG or WebP, at most 1 MB. SVG is refused, since it may hold scripts. After a refusal choose the "
        "file again.",
        "PNG, JPEG ou WebP, 1 Mo au plus. Le SVG est refusé, car il peut contenir des scripts. Après un refus, "
        "choisissez de nouveau le fichier.",
    ),
    "theme.part.brand": Texts("Brand colour", "Couleur de marque"),
    "theme.part.on_brand": Texts("Text on the brand", "Texte sur la marque"),
    "theme.part.brand_soft": Texts("Soft shade", "Teinte douce"),
    "theme.part.brand_ink": Texts("Links and icons", "Liens et icônes"),
    "theme.pick": Texts("Pick: {part}", "Choisir\u00a0: {part}"),
    "theme.more_colours": Texts("The three other colours", "Les trois autres couleurs"),
    "theme.more_hint": Texts(
        "Left empty, they are reckoned from the brand so that they can be read. In the dark all are reckoned.",
        "Laissées vides, elles sont calculées d'après la marque pour rester lisibles. En mode sombre, toutes sont "
        "calculées.",
    ),
    "theme.reckoned": Texts("reckoned", "calculée"),
    "theme.radius": Texts("Roundness of cards, in pixels", "Arrondi des cartes, en pixels"),
    "theme.publish": Texts("Publish", "Publier"),
    "theme.publish_hint": Texts(
        "Shoppers see it at once. Every publication is a version that you can go back to.",
        "Les clients le voient aussitôt. Chaque publication est une version à laquelle vous pouvez revenir.",
    ),
    "theme.look": Texts("Look at it", "Voir l'aperçu"),
    "theme.preview": Texts("Preview", "Aperçu"),
    "theme.check": Texts("Can it be read?", "Est-ce lisible\u00a0?"),
    "theme.check_hint": Texts(
        "Contrast after WCAG 2.2: 4.5 to 1 is the least for text.",
        "Contraste selon les WCAG 2.2\u00a0: 4,5 pour 1 au moins pour du texte.",
    ),
    "theme.reads.on_brand": Texts("Text on the brand colour", "Texte sur la couleur de marque"),
    "theme.reads.brand_soft": Texts("Text on the soft shade", "Texte sur la teinte douce"),
    "theme.reads.brand_ink": Texts("Links on every ground", "Liens sur tous les fonds"),
    "theme.ratio": Texts("{ratio}:1", "{ratio}\u00a0:\u00a01"),
    "theme.passes": Texts("Readable", "Lisible"),
    "theme.fails": Texts("Too close", "Trop proche"),
    "theme.use": Texts("Use {colour}", "Prendre {colour}"),
    "theme.cannot_publish": Texts(
        "It cannot be published like this: take the nearest colour that can be read, or empty the field.",
        "Impossible de publier ainsi\u00a0: prenez la couleur lisible la plus proche, ou videz le champ.",
    ),
    "theme.mode.light": Texts("Light", "Clair"),
    "theme.mode.dark": Texts("Dark", "Sombre"),
    "theme.phone": Texts("The wallet on a phone, {mode}", "La cagnotte sur un téléphone, {mode}"),
    "theme.sample_shop": Texts("Maison Lumière", "Maison Lumière"),
    "theme.sample_pending": Texts("Pending", "En attente"),
    "theme.sample_link": Texts("See why", "Voir pourquoi"),
    "theme.sample_soft": Texts("2 visits to go", "Encore 2 visites"),
    "theme.sample_soft_hint": Texts("until your free coffee", "avant votre café offert"),
    "theme.sample_button": Texts("Activate", "Activer"),
    "theme.versions": Texts("Versions", "Versions"),
    "theme.version": Texts("Version {number}", "Version {number}"),
    "theme.back_to": Texts("repeats version {number}", "reprend la version {number}"),
    "theme.in_force": Texts("In force", "En vigueur"),
    "theme.go_back": Texts("Go back to it", "Y revenir"),
    "theme.none": Texts("Nothing published yet", "Rien de publié pour le moment"),
    "theme.none_hint": Texts(
        "Shoppers see the look of the product until you publish yours.",
        "Les clients voient l'apparence du produit tant que vous n'avez pas publié la vôtre.",
    ),
    "done.theme_published": Texts("Published: shoppers see it now.", "Publié\u00a0: les clients le voient."),
    "done.theme_back": Texts(
        "The earlier version is in force again.", "La version antérieure est de nouveau en vigueur."
    ),
    "console.refused.theme_name": Texts(
        "The name has 1 to 60 characters, without blanks around it.", "Le nom comporte de 1 à 60 caractères."
    ),
    "console.refused.theme_radius": Texts(
        "The roundness is a whole number from 0 to 24.", "L'arrondi est un nombre entier de 0 à 24."
    ),
    "console.refused.theme_colour_brand": Texts(
        "Brand colour: expected something like #0c5c4c.", "Couleur de marque\u00a0: indiquez par exemple #0c5c4c."
    ),
    "console.refused.theme_colour_on_brand": Texts(
        "Text on the brand: expected something like #ffffff, or nothing.",
        "Texte sur la marque\u00a0: indiquez par exemple #ffffff, ou rien.",
    ),
    "console.refused.theme_colour_brand_soft": Texts(
        "Soft shade: expected something like #e1f1ed, or nothing.",
        "Teinte douce\u00a0: indiquez par exemple #e1f1ed, ou rien.",
    ),
    "console.refused.theme_colour_brand_ink": Texts(
        "Links and icons: expected something like #0c5c4c, or nothing.",
        "Liens et icônes\u00a0: indiquez par exemple #0c5c4c, ou rien.",
    ),
    "console.refused.theme_contrast": Texts(
        "Some of these colours cannot be read: the check shows which, and the nearest that can.",
        "Certaines de ces couleurs sont illisibles\u00a0: le contrôle indique lesquelles, et la plus proche qui l'est.",
    ),
    "console.refused.theme_changed": Texts(
        "Somebody else published meanwhile. Reload the page to see it, then publish yours.",
        "Quelqu'un d'autre a publié entre-temps. Rechargez la page pour le voir, puis publiez.",
    ),
    "console.refused.theme_in_force": Texts("This version is in force already.", "Cette version est déjà en vigueur."),
    "console.refused.unknown_version": Texts("There is no such version.", "Cette version n'existe pas."),
    "console.refused.logo_svg": Texts(
        "An SVG may hold scripts: save the logo as PNG, JPEG or WebP.",
        "Un SVG peut contenir des scripts\u00a0: enregistrez le logo en PNG, JPEG ou WebP.",
    ),
    "console.refused.logo_too_large": Texts("The logo is larger than 1 MB.", "Le logo dépasse 1 Mo."),
    "console.refused.logo_size": Texts(
        "The logo needs 24 to 4,096 pixels a side.", "Le logo doit mesurer de 24 à 4 096 pixels de côté."
    ),
    "console.refused.logo_moves": Texts(
        "The logo moves: one picture is expected.", "Le logo est animé\u00a0: une seule image est attendue."
    ),
    "console.refused.logo_unknown": Texts(
        "This file is no PNG, JPEG or WebP picture.", "Ce fichier n'est pas une image PNG, JPEG ou WebP."
    ),
    "console.refused.logo_empty": Texts("The logo is transparent all over.", "Le logo est entièrement transparent."),
    # -- the welcome page
    "reception.lead": Texts(
        "Who has no account yet finds your centres, reads what is on offer, and may join.",
        "Qui n'a pas encore de compte trouve vos centres, lit les offres et peut s'inscrire.",
    ),
    "reception.is_open": Texts("Open", "Ouverte"),
    "reception.is_closed": Texts("Closed", "Fermée"),
    "reception.joining": Texts("Joining", "Inscription"),
    "reception.open": Texts(
        "People may join by themselves, and the page is public", "On peut s'inscrire soi-même, et la page est publique"
    ),
    "reception.age": Texts("Least age, in years", "Âge minimum, en années"),
    "reception.terms_fr": Texts("Terms in French", "Conditions en français"),
    "reception.terms_en": Texts("Terms in English", "Conditions en anglais"),
    "reception.save": Texts("Save", "Enregistrer"),
    "reception.version": Texts(
        "Version {version}; each newcomer's consent names it, and the audit log keeps the words.",
        "Version {version}\u00a0; le consentement de chaque inscrit la cite, et le journal d'audit garde le texte.",
    ),
    "reception.places": Texts("Where your centres are", "Où sont vos centres"),
    "reception.places_hint": Texts(
        "In degrees, such as 48.8566 and 2.3522. With them somebody's browser can show the nearest first.",
        "En degrés, comme 48,8566 et 2,3522. Le navigateur du client peut ainsi afficher le plus proche d'abord.",
    ),
    "reception.town": Texts("Town", "Ville"),
    "reception.latitude": Texts("Latitude", "Latitude"),
    "reception.longitude": Texts("Longitude", "Longitude"),
    "reception.save_places": Texts("Save the places", "Enregistrer les lieux"),
    "reception.no_centres": Texts("The programme has no centre yet", "Le programme n'a pas encore de centre"),
    "reception.no_centres_hint": Texts("Apply a programme file first.", "Appliquez d'abord un fichier de programme."),
    "reception.domains": Texts("Your own domain", "Votre propre domaine"),
    "reception.domains_hint": Texts(
        "Let the domain lead to {address} (CNAME), put the record below in its DNS, then check. Until it is "
        "proved nothing "
        "answers under it.",
        "Faites pointer le domaine vers {address} (CNAME), ajoutez l'enregistrement ci-dessous à son DNS, puis "
        "vérifiez. "
        "Tant qu'il n'est pas prouvé, rien n'y répond.",
    ),
    "reception.domain": Texts("Domain", "Domaine"),
    "reception.add_domain": Texts("Add this domain", "Ajouter ce domaine"),
    "reception.record": Texts("TXT record at", "Enregistrement TXT"),
    "reception.proof": Texts("With the value", "Avec la valeur"),
    "reception.checked": Texts("Last check", "Dernière vérification"),
    "reception.never": Texts("not yet", "pas encore"),
    "reception.served": Texts("Served", "En service"),
    "reception.unproved": Texts("To be proved", "À prouver"),
    "reception.found.proved": Texts("Record found", "Enregistrement trouvé"),
    "reception.found.missing": Texts("Record not found", "Enregistrement introuvable"),
    "reception.found.other": Texts("Another value found", "Autre valeur trouvée"),
    "reception.found.no_answer": Texts("DNS did not answer", "Le DNS n'a pas répondu"),
    "reception.check": Texts("Check now", "Vérifier"),
    "reception.remove": Texts("Remove", "Retirer"),
    "reception.admins": Texts("Domains are added by admins.", "Les domaines sont ajoutés par un administrateur."),
    "done.welcome_saved": Texts("Saved.", "Enregistré."),
    "done.places_saved": Texts("The places are saved.", "Les lieux sont enregistrés."),
    "done.domain_told": Texts(
        "Added: now put the record in its DNS.", "Ajouté\u00a0: ajoutez maintenant l'enregistrement DNS."
    ),
    "done.domain_served": Texts(
        "Proved: your pages answer under this domain.", "Prouvé\u00a0: vos pages répondent sous ce domaine."
    ),
    "done.domain_looked": Texts(
        "Checked: what the DNS says is shown below. A new record may take an hour to be seen.",
        "Vérifié\u00a0: la réponse du DNS figure ci-dessous. Un nouvel enregistrement peut mettre une heure à "
        "apparaître.",
    ),
    "done.domain_removed": Texts("Removed: nothing answers under it any more.", "Retiré\u00a0: plus rien n'y répond."),
    "console.refused.welcome_age": Texts("The least age is from 13 to 25.", "L'âge minimum va de 13 à 25 ans."),
    "console.refused.welcome_terms": Texts(
        "Write the terms in both languages before people may join.",
        "Rédigez les conditions dans les deux langues avant d'ouvrir les inscriptions.",
    ),
    "console.refused.welcome_terms_long": Texts(
        "Terms have at most 20,000 characters in each language.",
        "Les conditions comptent au plus 20 000 caractères par langue.",
    ),
    "console.refused.welcome_town": Texts(
        "A town has at most 80 characters.", "Une ville compte au plus 80 caractères."
    ),
    "console.refused.welcome_place": Texts(
        "A place is a latitude from -90 to 90 and a longitude from -180 to 180, such as 48.8566 and 2.3522, or "
        "neither.",
        "Un lieu est une latitude de -90 à 90 et une longitude de -180 à 180, comme 48,8566 et 2,3522, ou aucune.",
    ),
    "console.refused.domain_name": Texts(
        "This is no domain: rewards.centre.example is one.",
        "Ce n'est pas un domaine, comme recompenses.centre.example.",
    ),
    "console.refused.domain_told": Texts(
        "This domain is in the list already.", "Ce domaine figure déjà dans la liste."
    ),
    "console.refused.domain_taken": Texts(
        "This domain is served for another operator.", "Ce domaine est en service chez un autre opérateur."
    ),
    "console.refused.too_many_domains": Texts("There are at most 5 domains.", "Il y a au plus 5 domaines."),
    "console.refused.unknown_domain": Texts("This domain is not in the list.", "Ce domaine n'est pas dans la liste."),
    # -- posters
    "posters.lead": Texts(
        "A QR code for each place: what came of it in the last {days} days, counted without knowing who.",
        "Un code QR par emplacement\u00a0: ses résultats des {days} derniers jours, comptés sans savoir qui.",
    ),
    "posters.make": Texts("New poster", "Nouvelle affiche"),
    "posters.label": Texts("Where it hangs", "Emplacement"),
    "posters.code": Texts("Short code", "Code court"),
    "posters.code_hint": Texts(
        "It stands in the address: small letters, digits and dashes, such as north-door.",
        "Il figure dans l'adresse\u00a0: minuscules, chiffres et tirets, comme porte-nord.",
    ),
    "posters.centre": Texts("Centre", "Centre"),
    "posters.everywhere": Texts("Whole programme", "Tout le programme"),
    "posters.without": Texts("Without a poster", "Sans affiche"),
    "posters.seen": Texts("Page opened", "Page ouverte"),
    "posters.asked": Texts("Code asked for", "Code demandé"),
    "posters.joined": Texts("Joined", "Inscrits"),
    "posters.made": Texts("Made", "Créée"),
    "posters.none": Texts("No poster yet", "Aucune affiche pour le moment"),
    "posters.none_hint": Texts(
        "Make one above: you get its QR code to print.",
        "Créez-en une ci-dessus\u00a0: vous obtenez son code QR à imprimer.",
    ),
    "posters.leads": Texts("Leads to", "Mène à"),
    "posters.alt": Texts("QR code of {address}", "Code QR de {address}"),
    "posters.file.svg": Texts("SVG, for design", "SVG, pour la mise en page"),
    "posters.file.png": Texts("PNG, for screens", "PNG, pour les écrans"),
    "posters.file.pdf": Texts("PDF, for print", "PDF, pour l'impression"),
    "posters.files_hint": Texts(
        "Print it 3 cm wide at least, dark on light, with its white border.",
        "Imprimez-le à 3 cm de large au moins, foncé sur clair, avec son bord blanc.",
    ),
    "posters.came": Texts("What came of it in {days} days", "Résultats sur {days} jours"),
    "posters.closed": Texts(
        "The welcome page is closed: who scans this code finds nothing yet. Open it under:",
        "La page d'accueil est fermée\u00a0: qui scanne ce code ne trouve rien pour l'instant. Ouvrez-la sous\u00a0:",
    ),
    "done.poster_made": Texts("Made: download its code below.", "Créée\u00a0: téléchargez son code ci-dessous."),
    "console.refused.poster_code": Texts(
        "The short code has 1 to 32 small letters, digits and inner dashes.",
        "Le code court compte de 1 à 32 minuscules, chiffres et tirets intérieurs.",
    ),
    "console.refused.poster_label": Texts(
        "Say where it hangs, in 1 to 80 characters.", "Indiquez l'emplacement, en 1 à 80 caractères."
    ),
    "console.refused.poster_centre": Texts("Choose a centre of the list.", "Choisissez un centre de la liste."),
    "console.refused.poster_exists": Texts("Another poster has this code.", "Une autre affiche porte ce code."),
    "console.refused.too_many_posters": Texts("There are at most 200 posters.", "Il y a au plus 200 affiches."),
}
