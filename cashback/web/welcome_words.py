"""The texts that strangers read: welcome, a centre's page, joining, and what they agree to."""

from cashback.offers.wording import Texts

WELCOME_WORDS: dict[str, Texts] = {
    "welcome.title": Texts("Your centre pays you back", "Votre centre vous récompense"),
    "welcome.lead": Texts(
        "You link the card you have, once. What you buy in your centre then comes back to you in part, by itself.",
        "Vous reliez votre carte, une seule fois. Une partie de vos achats dans votre centre vous revient ensuite, "
        "d'elle-même.",
    ),
    "welcome.promise.rate": Texts(
        "{rate} of what you pay at {name} comes back to you, by itself, with the card you have.",
        "{rate} de vos achats chez {name} vous reviennent, automatiquement, avec votre carte habituelle.",
    ),
    "welcome.promise.up_to": Texts(
        "Up to {rate} of what you pay at {name} comes back to you, by itself, with the card you have.",
        "Jusqu'à {rate} de vos achats chez {name} vous reviennent, automatiquement, avec votre carte habituelle.",
    ),
    "welcome.promise.any": Texts(
        "What you buy at {name} is rewarded, by itself, with the card you have.",
        "Vos achats chez {name} sont récompensés, automatiquement, avec votre carte habituelle.",
    ),
    "welcome.steps": Texts("How it works", "Comment ça marche"),
    "welcome.step.link": Texts("Link your card, once", "Reliez votre carte, une fois"),
    "welcome.step.link_hint": Texts(
        "We never see its number, nor what you buy elsewhere.",
        "Ni son numéro, ni vos achats ailleurs ne nous sont connus.",
    ),
    "welcome.step.shop": Texts("Shop as you always do", "Achetez comme d'habitude"),
    "welcome.step.shop_hint": Texts(
        "No coupon, no code, nothing to show at the till.", "Ni bon, ni code, rien à présenter en caisse."
    ),
    "welcome.step.earn": Texts("See what you earn, and why", "Voyez vos gains, et pourquoi"),
    "welcome.step.earn_hint": Texts(
        "Each purchase says when its reward is yours, or why it has none.",
        "Chaque achat indique quand sa récompense est à vous, ou pourquoi il n'en a pas.",
    ),
    "welcome.choose": Texts("Choose your centre", "Choisissez votre centre"),
    "welcome.search": Texts("Name or town", "Nom ou ville"),
    "welcome.search_button": Texts("Search", "Rechercher"),
    "welcome.near": Texts("Nearest first", "Les plus proches d'abord"),
    "welcome.near_hint": Texts(
        "Your position stays in this browser: it is sent to nobody and not kept.",
        "Votre position reste dans ce navigateur\u00a0: elle n'est ni envoyée, ni conservée.",
    ),
    "welcome.near_refused": Texts(
        "Your browser did not say where you are. Search by name or town instead.",
        "Votre navigateur n'a pas donné votre position. Cherchez plutôt par nom ou par ville.",
    ),
    "welcome.near_done": Texts("The nearest centre is first.", "Le centre le plus proche est en tête."),
    "welcome.none": Texts("No centre of this name", "Aucun centre de ce nom"),
    "welcome.none_hint": Texts("Try a part of the name, or the town.", "Essayez une partie du nom, ou la ville."),
    "welcome.all": Texts("Show all centres", "Afficher tous les centres"),
    "welcome.none_open": Texts(
        "No centre is open to newcomers yet", "Aucun centre n'accueille encore de nouveaux clients"
    ),
    "welcome.none_open_hint": Texts(
        "If your centre gave you an account, sign in with it.",
        "Si votre centre vous a ouvert un compte, connectez-vous.",
    ),
    "welcome.today": Texts("On offer today", "Les offres du jour"),
    "welcome.no_offers": Texts("No offer runs today", "Aucune offre aujourd'hui"),
    "welcome.no_offers_hint": Texts(
        "Join now: you are rewarded from the first purchase of the next one.",
        "Inscrivez-vous\u00a0: la prochaine comptera dès votre premier achat.",
    ),
    "welcome.more.one": Texts("And {n} more once you are in.", "Et {n} autre une fois inscrit."),
    "welcome.more.other": Texts("And {n} more once you are in.", "Et {n} autres une fois inscrit."),
    "welcome.join": Texts("Join for free", "S'inscrire gratuitement"),
    "welcome.join_lead": Texts(
        "It takes a minute. Then you link a card.", "Une minute suffit. Vous reliez ensuite une carte."
    ),
    "welcome.member": Texts("I have an account", "J'ai déjà un compte"),
    "welcome.find": Texts("Find my centre", "Trouver mon centre"),
    "welcome.terms": Texts("Terms", "Conditions"),
    "welcome.terms_version": Texts("Version {version}", "Version {version}"),
    "welcome.read_terms": Texts("Read the terms", "Lire les conditions"),
    "welcome.agree": Texts("Please confirm, each by itself", "Confirmez, un par un"),
    "welcome.agree.age": Texts("I am {age} years old or older", "J'ai {age} ans ou plus"),
    "welcome.agree.terms": Texts(
        "I accept the terms of {name} (version {version})", "J'accepte les conditions de {name} (version {version})"
    ),
    "welcome.agree_first": Texts(
        "Please tick both boxes: your age and the terms. Nothing was sent.",
        "Cochez les deux cases\u00a0: votre âge et les conditions. Rien n'a été envoyé.",
    ),
    "welcome.send": Texts("Join by e-mail", "S'inscrire par e-mail"),
    "welcome.use_passkey": Texts("Join with a passkey", "S'inscrire avec une clé d'accès"),
    "welcome.passkey_hint": Texts(
        "Without an e-mail address. Tick both boxes first.", "Sans adresse e-mail. Cochez d'abord les deux cases."
    ),
    "welcome.passkey_failed": Texts(
        "No account was opened: tick both boxes and try again, or join by e-mail.",
        "Aucun compte n'a été ouvert\u00a0: cochez les deux cases et réessayez, ou inscrivez-vous par e-mail.",
    ),
    "welcome.what_is_kept": Texts(
        "Your address is kept encrypted, to let you in and to write to you about your account. Linking a card is asked "
        "for next, with its own consents.",
        "Votre adresse est conservée chiffrée, pour vous connecter et vous écrire au sujet de votre compte. Relier une "
        "carte vient ensuite, avec ses propres consentements.",
    ),
    "welcome.code_lead": Texts(
        "A code of eight digits is on its way to your address. It holds for ten minutes, in this browser; entering it "
        "opens your account at {centre}.",
        "Un code de huit chiffres est en route vers votre adresse. Il vaut dix minutes, dans ce navigateur\u00a0; le "
        "saisir ouvre votre compte chez {centre}.",
    ),
    "welcome.no_account": Texts("No account yet? Join", "Pas encore de compte\u00a0? S'inscrire"),
}
