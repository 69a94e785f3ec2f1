"""Every text of the portal, English and French side by side; `cashback.web.messages` takes them in."""

from cashback.offers.wording import Texts

_N = "\u00a0"

WORDS: dict[str, Texts] = {
    "start.integrator": Texts("Integrator", "Intégrateur"),
    "start.integrator_hint": Texts("Keys, events, simulator.", "Clés, événements, simulateur."),
    "start.open_portal": Texts("Open the developer portal", "Ouvrir le portail des développeurs"),
    "dev.nav": Texts("Parts of the portal", "Parties du portail"),
    "dev.nav.start": Texts("Start", "Démarrer"),
    "dev.nav.reference": Texts("API reference", "Référence de l'API"),
    "dev.nav.keys": Texts("Keys", "Clés"),
    "dev.nav.endpoints": Texts("Endpoints", "Points d'envoi"),
    "dev.nav.deliveries": Texts("Deliveries", "Livraisons"),
    "dev.nav.requests": Texts("Requests", "Requêtes"),
    "dev.nav.simulator": Texts("Simulator", "Simulateur"),
    "dev.nav.signatures": Texts("Signature check", "Vérifier une signature"),
    "dev.nav.errors": Texts("Errors", "Erreurs"),
    "dev.sandbox": Texts("Sandbox", "Bac à sable"),
    "dev.live": Texts("Live", "Production"),
    "dev.copy": Texts("Copy", "Copier"),
    "dev.copied": Texts("Copied", "Copié"),
    "dev.refused": Texts("Refused, nothing was changed:", f"Refusé, rien n'a été modifié{_N}:"),
    "dev.secret": Texts("the secret", "le secret"),
    "dev.once": Texts("Shown this once", "Affiché une seule fois"),
    "dev.once_hint": Texts(
        "Keep it now: only a hash or a sealed copy stays here.",
        "Conservez-le maintenant\u00a0: il n'en reste ici qu'une empreinte ou une copie scellée.",
    ),
    "dev.never": Texts("never", "jamais"),
    "dev.newest": Texts("Newest", "Plus récentes"),
    "dev.older": Texts("Older", "Plus anciennes"),
    "dev.filters": Texts("Filters", "Filtres"),
    "dev.ms": Texts("{n} ms", "{n} ms"),
    "dev.rotate": Texts("Replace", "Remplacer"),
    "dev.revoke": Texts("Revoke", "Révoquer"),
    "dev.revoke_hint": Texts(
        "It opens nothing from now on, at once and for good.", "Elle n'ouvre plus rien, aussitôt et définitivement."
    ),
    "dev.revoke_now": Texts("Revoke for good", "Révoquer définitivement"),
    "dev.overlap": Texts("The old one also works for", "L'ancien reste valable pendant"),
    "dev.overlap.0": Texts("no time at all", "aucun délai"),
    "dev.overlap.3600": Texts("1 hour", "1 heure"),
    "dev.overlap.86400": Texts("24 hours", "24 heures"),
    "dev.overlap.604800": Texts("7 days", "7 jours"),
    "dev.done": Texts("(done)", "(fait)"),
    "dev.open": Texts("(still to do)", "(à faire)"),
    # -- start
    "dev.start.title": Texts("Your first event in five minutes", "Votre premier événement en cinq minutes"),
    "dev.start.lead": Texts(
        "Five steps, each ticks itself when it is done.", "Cinq étapes\u00a0: chacune se coche d'elle-même."
    ),
    "dev.steps": Texts("Steps", "Étapes"),
    "dev.tick.1": Texts("Key", "Clé"),
    "dev.tick.2": Texts("Request", "Requête"),
    "dev.tick.3": Texts("Listen", "Écouter"),
    "dev.tick.4": Texts("Card", "Carte"),
    "dev.tick.5": Texts("Event", "Événement"),
    "dev.step.key": Texts("Make a key", "Créer une clé"),
    "dev.step.key_hint": Texts(
        "It may read, open shoppers and follow events. The samples below are filled in with it.",
        "Elle peut lire, ouvrir des clients et suivre les événements. Elle est insérée dans les exemples ci-dessous.",
    ),
    "dev.step.make_key": Texts("Make a key", "Créer une clé"),
    "dev.step.ask": Texts("Send a request", "Envoyer une requête"),
    "dev.step.ask_hint": Texts(
        "The answer is the catalogue of events. You find the request again under Requests.",
        "La réponse est le catalogue des événements. Vous retrouvez la requête sous Requêtes.",
    ),
    "dev.step.listen": Texts("Follow events", "Suivre les événements"),
    "dev.step.listen_hint": Texts(
        "Leave this running: events appear as they happen, without any address of yours.",
        "Laissez tourner\u00a0: les événements s'affichent aussitôt, sans adresse à fournir.",
    ),
    "dev.step.or_endpoint": Texts("Or have them sent to an endpoint", "Ou les faire envoyer à une adresse"),
    "dev.step.card": Texts("Link a test card", "Relier une carte de test"),
    "dev.step.card_hint": Texts(
        "A test shopper with a card of the sandbox network, and a connection by which that network reaches you.",
        "Un client de test, une carte du réseau de test et une connexion par laquelle ce réseau vous joint.",
    ),
    "dev.step.open_card": Texts("Open the test card", "Ouvrir la carte de test"),
    "dev.step.card_first": Texts("Open the test card first.", "Ouvrez d'abord la carte de test."),
    "dev.step.send": Texts("Send a test transaction", "Envoyer une transaction de test"),
    "dev.step.send_hint": Texts(
        "A purchase of 48 EUR, authorised and cleared, signed as the card's network signs it.",
        "Un achat de 48 EUR, autorisé et compensé, signé comme le signe le réseau de la carte.",
    ),
    "dev.step.send_now": Texts("Send a test transaction", "Envoyer une transaction de test"),
    "dev.step.sent": Texts(
        "Sent. The events arrive where you listen.", "Envoyé. Les événements arrivent là où vous écoutez."
    ),
    "dev.step.more": Texts("Other scenarios in the simulator", "D'autres scénarios dans le simulateur"),
    # -- keys
    "dev.keys.lead": Texts(
        "A key opens the API for a program. It is shown once, and may do only what its scopes say.",
        "Une clé ouvre l'API à un programme. Elle n'est montrée qu'une fois et ne peut que ce que disent ses droits.",
    ),
    "dev.keys.make": Texts("Make a key", "Créer une clé"),
    "dev.keys.label": Texts("What it is for", "À quoi elle sert"),
    "dev.keys.scopes": Texts("What it may do", "Ce qu'elle permet"),
    "dev.keys.in_force": Texts("In force", "Active"),
    "dev.keys.until": Texts("Replaced, until {when}", "Remplacée, jusqu'au {when}"),
    "dev.keys.revoked": Texts("Revoked {when}", "Révoquée {when}"),
    "dev.keys.made": Texts("Made", "Création"),
    "dev.keys.used": Texts("Last used", "Dernier usage"),
    "dev.keys.refused": Texts("Presented after that", "Présentée ensuite"),
    "dev.keys.none": Texts("No key yet", "Aucune clé"),
    "dev.keys.none_hint": Texts("Make the first one above.", "Créez la première ci-dessus."),
    "dev.scope.read": Texts("read wallets, offers, shops", "lire cagnottes, offres et boutiques"),
    "dev.scope.shoppers": Texts("open shoppers, link cards", "ouvrir des clients, relier des cartes"),
    "dev.scope.programme": Texts("change the programme and its offers", "modifier le programme et ses offres"),
    "dev.scope.approval": Texts("approve offers", "approuver des offres"),
    "dev.scope.money": Texts("move money", "déplacer de l'argent"),
    "dev.scope.claims": Texts("answer claims", "répondre aux réclamations"),
    "dev.scope.support": Texts("adjust wallets", "corriger des cagnottes"),
    "dev.scope.books": Texts("read the books", "lire les comptes"),
    "dev.scope.webhooks": Texts("handle endpoints and events", "gérer les envois d'événements"),
    "dev.scope.reviews": Texts("answer people about decisions", "répondre aux personnes sur les décisions"),
    "dev.scope.team": Texts("invite people, read the audit log", "inviter des personnes, lire le journal d'audit"),
    "dev.scope.keys": Texts("handle keys, read the request log", "gérer les clés, lire le journal des requêtes"),
    # -- endpoints
    "dev.ep.lead": Texts(
        "Where events are sent, signed after Standard Webhooks. Payloads have version {version}.",
        "Où les événements sont envoyés, signés selon Standard Webhooks. Version des contenus\u00a0: {version}.",
    ),
    "dev.ep.add": Texts("Add an endpoint", "Ajouter un point d'envoi"),
    "dev.ep.url": Texts("Address", "Adresse"),
    "dev.ep.types": Texts("Events (none chosen: all)", "Événements (aucun choix\u00a0: tous)"),
    "dev.ep.ed25519": Texts("Sign by a key pair too (ed25519)", "Signer aussi par une paire de clés (ed25519)"),
    "dev.ep.enabled": Texts("Enabled", "Actif"),
    "dev.ep.disabled": Texts("Disabled", "Désactivé"),
    "dev.ep.held": Texts("Waits until {when}", "En attente jusqu'à {when}"),
    "dev.ep.failing": Texts("Nothing but failures since {when}", "Uniquement des échecs depuis le {when}"),
    "dev.ep.why": Texts("Why", "Pourquoi"),
    "dev.ep.why.gone": Texts(
        "Disabled by itself: the endpoint answered 410 Gone",
        "Désactivé automatiquement\u00a0: le point d'envoi a répondu 410 Gone",
    ),
    "dev.ep.why.failing": Texts(
        "Disabled by itself: nothing but failures for five days",
        "Désactivé automatiquement\u00a0: uniquement des échecs pendant cinq jours",
    ),
    "dev.ep.why_said": Texts("Disabled by a person: {why}", "Désactivé par une personne\u00a0: {why}"),
    "dev.ep.everything": Texts("all events", "tous les événements"),
    "dev.ep.rate": Texts("Succeeded, 24 hours", "Réussis, 24 heures"),
    "dev.ep.of": Texts("of {n} attempts", "sur {n} tentatives"),
    "dev.ep.nothing": Texts("nothing was sent", "rien n'a été envoyé"),
    "dev.ep.version": Texts("Version", "Version"),
    "dev.ep.test": Texts("Send a test", "Envoyer un test"),
    "dev.ep.disable": Texts("Disable", "Désactiver"),
    "dev.ep.enable": Texts("Enable", "Activer"),
    "dev.ep.none": Texts("No endpoint yet", "Aucun point d'envoi"),
    "dev.ep.none_hint": Texts(
        "Events are sent from the moment you add one.", "Les événements partent dès que vous en ajoutez un."
    ),
    # -- deliveries
    "dev.del.lead": Texts(
        "What was sent to an endpoint in the last thirty days, and what it answered.",
        "Ce qui a été envoyé à un point d'envoi ces trente derniers jours, et ce qu'il a répondu.",
    ),
    "dev.delivery.delivered": Texts("Delivered", "Livré"),
    "dev.delivery.pending": Texts("Pending", "En attente"),
    "dev.delivery.dead": Texts("Failed", "Échoué"),
    "dev.del.state": Texts("State", "État"),
    "dev.del.attempts": Texts("attempts: {n}", "tentatives\u00a0: {n}"),
    "dev.del.next": Texts("next {when}", "prochaine {when}"),
    "dev.del.none": Texts("Nothing here", "Rien ici"),
    "dev.del.none_hint": Texts(
        "No event of this kind was sent yet. A test event is one button away.",
        "Aucun événement de ce genre n'a encore été envoyé. Un bouton envoie un test.",
    ),
    "dev.del.replay": Texts("Send again", "Renvoyer"),
    "dev.del.replay_one": Texts("Send this again", "Renvoyer celui-ci"),
    "dev.del.replay_failed": Texts("Send all that failed", "Renvoyer tous les échecs"),
    "dev.del.failed_hint": Texts("Everything that is tried no more.", "Tout ce qui n'est plus tenté."),
    "dev.del.span_hint": Texts(
        "Everything that was told in a span, in the programme's time zone.",
        "Tout ce qui a été annoncé dans un intervalle, dans le fuseau du programme.",
    ),
    "dev.del.since": Texts("From", "De"),
    "dev.del.until": Texts("Until before", "Jusqu'avant"),
    "dev.del.replay_span": Texts("Send this span", "Renvoyer l'intervalle"),
    "dev.del.made": Texts("Attempts", "Tentatives"),
    "dev.del.none_made": Texts(
        "None yet: a worker takes it within a second.", "Aucune\u00a0: un agent la prend dans la seconde."
    ),
    "dev.del.no_answer": Texts("No answer", "Pas de réponse"),
    "dev.del.answer": Texts("Answer", "Réponse"),
    "dev.del.headers": Texts("Headers", "En-têtes"),
    "dev.del.stamp": Texts("the instant of each attempt", "l'instant de chaque tentative"),
    "dev.del.signature": Texts(
        "made anew for each attempt, never kept", "refaite à chaque tentative, jamais conservée"
    ),
    "dev.del.body": Texts("Body", "Contenu"),
    # -- requests
    "dev.req.lead": Texts(
        "What was asked with your keys in the last {days} days. Bodies show amounts, codes and ids alone.",
        "Ce qui a été demandé avec vos clés ces {days} derniers jours. Seuls montants, codes et ids sont montrés.",
    ),
    "dev.req.outcome": Texts("Outcome", "Issue"),
    "dev.req.ok": Texts("Succeeded", "Réussies"),
    "dev.req.refused": Texts("Refused", "Refusées"),
    "dev.req.failed": Texts("Failed", "Échouées"),
    "dev.req.method": Texts("Method", "Méthode"),
    "dev.req.any_method": Texts("Every method", "Toutes les méthodes"),
    "dev.req.path": Texts("Part of the path", "Partie du chemin"),
    "dev.req.none": Texts("No request", "Aucune requête"),
    "dev.req.none_hint": Texts(
        "Your first request appears here within a second.", "Votre première requête apparaît ici en une seconde."
    ),
    "dev.req.none_found": Texts("None passes these filters.", "Aucune ne passe ces filtres."),
    "dev.req.id": Texts("Request id", "Id de la requête"),
    "dev.req.at": Texts("When", "Quand"),
    "dev.req.key": Texts("Key", "Clé"),
    "dev.req.query": Texts("Query", "Paramètres"),
    "dev.req.idempotency": Texts("Idempotency key", "Clé d'idempotence"),
    "dev.req.asked": Texts("Request body", "Contenu demandé"),
    "dev.req.answered": Texts("Response body", "Contenu répondu"),
    "dev.req.curl": Texts("As a command", "En commande"),
    "dev.req.redacted": Texts(
        "Fill in what is hidden before you run it.", "Complétez ce qui est masqué avant de lancer."
    ),
    # -- reference
    "dev.ref.lead": Texts(
        "Every operation of this API, with samples to copy.",
        "Chaque opération de cette API, avec des exemples à copier.",
    ),
    "dev.ref.version": Texts("Version {version}", "Version {version}"),
    "dev.ref.search": Texts("Search operations", "Chercher une opération"),
    "dev.ref.find": Texts("Search", "Chercher"),
    "dev.ref.events": Texts("Events out", "Événements envoyés"),
    "dev.ref.none": Texts("Nothing found", "Rien trouvé"),
    "dev.ref.none_hint": Texts(
        "Try another word: a path, a subject.", "Essayez un autre mot\u00a0: un chemin, un sujet."
    ),
    "dev.ref.changes": Texts("Changes", "Changements"),
    "dev.ref.parameters": Texts("Parameters", "Paramètres"),
    "dev.ref.required": Texts("required", "obligatoire"),
    "dev.ref.in.path": Texts("in the path", "dans le chemin"),
    "dev.ref.in.query": Texts("in the query", "dans la requête"),
    "dev.ref.in.header": Texts("header", "en-tête"),
    "dev.ref.in.cookie": Texts("cookie", "cookie"),
    "dev.ref.body": Texts("Body", "Contenu"),
    "dev.ref.answers": Texts("Answers", "Réponses"),
    "dev.ref.example": Texts("Example", "Exemple"),
    "dev.ref.curl": Texts("curl", "curl"),
    "dev.ref.python": Texts("Python", "Python"),
    "dev.change.portal": Texts(
        "Keys are listed, replaced and revoked by API, every answer carries X-Request-Id, and events can be followed.",
        "Les clés se listent, se remplacent et se révoquent par l'API, chaque réponse porte X-Request-Id et les "
        "événements se suivent en continu.",
    ),
    "dev.change.first": Texts("First version of the API.", "Première version de l'API."),
    "dev.ev.lead": Texts(
        "Ids, amounts and codes alone. A field is never taken away within a version; new ones may come.",
        "Uniquement ids, montants et codes. Aucun champ n'est retiré dans une version\u00a0; d'autres peuvent venir.",
    ),
    "dev.ev.stream": Texts("Follow them", "Les suivre"),
    "dev.ev.stream_hint": Texts(
        "Server-sent events. After a lost connection repeat the last id to go on where you were.",
        "Événements envoyés par le serveur. Après une coupure, répétez le dernier id pour reprendre où vous étiez.",
    ),
    # -- simulator
    "dev.sim.lead": Texts(
        "Purchases that nobody made, signed by the card's network and sent to your own connection.",
        "Des achats que personne n'a faits, signés par le réseau de la carte et envoyés à votre propre connexion.",
    ),
    "dev.sim.live": Texts("Not available where money is real", "Indisponible quand l'argent est réel"),
    "dev.sim.live_hint": Texts(
        "Invent purchases in a sandbox: this operator is live.",
        "Inventez des achats dans un bac à sable\u00a0: cet exploitant est en production.",
    ),
    "dev.sim.none": Texts("Nothing to play with yet", "Rien à jouer pour l'instant"),
    "dev.sim.none_hint": Texts(
        "A programme with shops is needed, and a test card.",
        "Il faut un programme avec des boutiques, et une carte de test.",
    ),
    "dev.sim.scenario": Texts("Scenario", "Scénario"),
    "dev.sim.authorize": Texts("Authorise", "Autoriser"),
    "dev.sim.authorize_hint": Texts("agreed, not collected", "accepté, pas encaissé"),
    "dev.sim.clear": Texts("Clear", "Compenser"),
    "dev.sim.clear_hint": Texts("agreed and collected", "accepté et encaissé"),
    "dev.sim.partial_refund": Texts("Partial refund", "Remboursement partiel"),
    "dev.sim.partial_refund_hint": Texts("collected, 40% back", "encaissé, 40 % rendus"),
    "dev.sim.chargeback": Texts("Chargeback", "Rétrofacturation"),
    "dev.sim.chargeback_hint": Texts("all taken back, naming no purchase", "tout repris, sans nommer l'achat"),
    "dev.sim.late": Texts("Late event", "Événement tardif"),
    "dev.sim.late_hint": Texts("two days old, out of order", "vieux de deux jours, en désordre"),
    "dev.sim.decline": Texts("Decline", "Refuser"),
    "dev.sim.decline_hint": Texts("the bank refuses", "la banque refuse"),
    "dev.sim.burst": Texts("Burst", "Rafale"),
    "dev.sim.burst_hint": Texts("20 purchases at once", "20 achats d'un coup"),
    "dev.sim.card": Texts("Card", "Carte"),
    "dev.sim.shop": Texts("Shop", "Boutique"),
    "dev.sim.amount": Texts("Amount in {currency}", "Montant en {currency}"),
    "dev.sim.run": Texts("Run", "Lancer"),
    "dev.sim.sent": Texts(
        "Webhooks accepted: {sent}, refused: {refused}", "Webhooks acceptés\u00a0: {sent}, refusés\u00a0: {refused}"
    ),
    "dev.sim.ledger": Texts("Ledger", "Grand livre"),
    "dev.sim.webhooks": Texts("Events out", "Événements envoyés"),
    "dev.sim.no_moves": Texts("Nothing was posted in this time.", "Rien n'a été inscrit dans ce temps."),
    "dev.sim.no_events": Texts(
        "Nothing was told: it needs an endpoint, or a stream that was opened once.",
        "Rien n'a été annoncé\u00a0: il faut un point d'envoi, ou un flux ouvert une fois.",
    ),
    "dev.sim.waiting": Texts("waiting", "en attente"),
    "dev.sim.stream_only": Texts("no endpoint", "aucun envoi"),
    # -- signatures
    "dev.sig.lead": Texts(
        "Paste a message as it was received. Timestamps may be {minutes} minutes away from now; nothing is kept.",
        "Collez un message tel que reçu. L'horodatage peut s'écarter de {minutes} minutes\u00a0; rien n'est conservé.",
    ),
    "dev.sig.scheme": Texts("Who sent it", "Qui l'a envoyé"),
    "dev.sig.ours": Texts("We did (Standard Webhooks)", "Nous (Standard Webhooks)"),
    "dev.sig.theirs": Texts("{provider}, by the connection {name}", "{provider}, par la connexion {name}"),
    "dev.sig.secret": Texts("Secret or public key", "Secret ou clé publique"),
    "dev.sig.secret_hint": Texts(
        "Of one of our events; a connection has its own.", "Pour nos événements\u00a0; une connexion a le sien."
    ),
    "dev.sig.event": Texts("Event in the address", "Événement dans l'adresse"),
    "dev.sig.event_hint": Texts("Where the provider puts it there.", "Si le fournisseur l'y met."),
    "dev.sig.headers": Texts("Headers, one a line", "En-têtes, un par ligne"),
    "dev.sig.body": Texts("Body, byte for byte", "Contenu, octet par octet"),
    "dev.sig.body_hint": Texts(
        "Ends of lines are taken as LF. A body with others is checked by the API.",
        "Les fins de ligne sont lues comme LF. Un contenu qui en a d'autres se vérifie par l'API.",
    ),
    "dev.sig.check": Texts("Check", "Vérifier"),
    "dev.sig.valid": Texts("Valid", "Valide"),
    "dev.sig.invalid": Texts("Not valid", "Non valide"),
    "dev.sig.missing_header": Texts("One of the three headers is missing.", "L'un des trois en-têtes manque."),
    "dev.sig.malformed": Texts("A header is not of the form it must have.", "Un en-tête n'a pas la forme attendue."),
    "dev.sig.too_old": Texts("The timestamp lies too far back.", "L'horodatage est trop ancien."),
    "dev.sig.too_new": Texts("The timestamp lies ahead.", "L'horodatage est dans le futur."),
    "dev.sig.no_match": Texts(
        "The secret is another one, or the bytes were changed.", "Le secret est un autre, ou les octets ont changé."
    ),
    # -- errors
    "dev.err.lead": Texts(
        "Refusals are problem documents (RFC 9457). Act on the code; the sentence is for people.",
        "Les refus sont des documents de problème (RFC 9457). Suivez le code\u00a0; la phrase est pour les gens.",
    ),
    "dev.err.shape": Texts("What a refusal looks like", "À quoi ressemble un refus"),
    "dev.err.shape_hint": Texts(
        "Tell us the X-Request-Id of the answer when you ask about it.",
        "Indiquez-nous le X-Request-Id de la réponse si vous nous interrogez.",
    ),
    "dev.err.codes": Texts("Codes: {n}", "Codes\u00a0: {n}"),
    "dev.err.too_many": Texts(
        "Too often: wait for the seconds that Retry-After says.",
        "Trop souvent\u00a0: attendez les secondes indiquées par Retry-After.",
    ),
    "dev.err.signatures": Texts("Codes of the signature check", "Codes de la vérification de signature"),
    "dev.err.invalid": Texts(
        "The request cannot be understood or breaks a rule. Mend it; nothing was written.",
        "La requête est incompréhensible ou enfreint une règle. Corrigez-la\u00a0; rien n'a été écrit.",
    ),
    "dev.err.unauthorised": Texts(
        "No key, or one that is not known or was revoked.", "Pas de clé, ou une clé inconnue ou révoquée."
    ),
    "dev.err.forbidden": Texts(
        "The key is known and may not do this: it lacks a scope.", "La clé est connue mais n'a pas ce droit."
    ),
    "dev.err.not_found": Texts(
        "There is no such thing, or none that this key may see.", "Cela n'existe pas, ou cette clé ne peut le voir."
    ),
    "dev.err.no_programme": Texts(
        "No programme file was applied yet.", "Aucun fichier de programme n'a encore été appliqué."
    ),
    "dev.err.conflict": Texts(
        "The key or name is taken by other content, or the state does not allow it.",
        "La clé ou le nom est pris par un autre contenu, ou l'état ne le permet pas.",
    ),
    "dev.err.try_again": Texts(
        "Nothing is wrong: the same call may succeed in a moment.",
        "Rien d'anormal\u00a0: le même appel peut réussir bientôt.",
    ),
    "dev.err.books_broken": Texts(
        "An invariant of the ledger does not hold; posting stopped.",
        "Un invariant du grand livre n'est pas respecté\u00a0; l'inscription s'est arrêtée.",
    ),
    "dev.err.product_error": Texts(
        "A surprise on our side. Tell us the request id.", "Une surprise de notre côté. Indiquez l'id de la requête."
    ),
}
