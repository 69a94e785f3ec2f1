"""The texts of signing in and of one's own doors, English and French side by side."""

from cashback.offers.wording import Texts

DOOR_MESSAGES: dict[str, Texts] = {
    "door.title": Texts("Sign in", "Connexion"),
    "door.shopper_lead": Texts(
        "Your wallet, your purchases and the reasons behind them.", "Votre cagnotte, vos achats et leurs raisons."
    ),
    "door.member_lead": Texts("For the people who run the programme.", "Pour les personnes qui gèrent le programme."),
    "door.centre": Texts("Code of your centre", "Code de votre centre"),
    "door.centre_hint": Texts(
        "It stands in the address your centre gave you.", "Il figure dans l'adresse donnée par votre centre."
    ),
    "door.continue": Texts("Continue", "Continuer"),
    "door.no_centre": Texts("No centre has this code.", "Aucun centre n'a ce code."),
    "door.address": Texts("E-mail address", "Adresse e-mail"),
    "door.bad_address": Texts(
        "This is no e-mail address: name@example.org is one.", "Ce n'est pas une adresse e-mail, comme nom@exemple.fr."
    ),
    "door.send": Texts("Send me a code", "Recevoir un code"),
    "door.or": Texts("or", "ou"),
    "door.use_passkey": Texts("Use a passkey", "Utiliser une clé d'accès"),
    "door.passkey_failed": Texts(
        "That did not work. Try again, or ask for a code.", "Cela n'a pas fonctionné. Réessayez, ou demandez un code."
    ),
    "door.use_provider": Texts("Continue with {name}", "Continuer avec {name}"),
    "door.are_member": Texts("I work for the centre", "Je travaille pour le centre"),
    "door.are_shopper": Texts("I am a shopper", "Je suis client"),
    "door.code_title": Texts("Enter your code", "Saisissez votre code"),
    "door.code_lead": Texts(
        "If this address is known to {centre}, a code of eight digits is on its way. It holds for ten minutes, in this "
        "browser.",
        "Si {centre} connaît cette adresse, un code de huit chiffres est en route. Il vaut dix minutes, dans ce "
        "navigateur.",
    ),
    "door.code": Texts("Code", "Code"),
    "door.enter": Texts("Sign in", "Se connecter"),
    "door.bad_code": Texts("A code has eight digits.", "Un code comporte huit chiffres."),
    "door.wrong_code": Texts(
        "This code is not right, or holds no more. Ask for a new one if need be.",
        "Ce code n'est pas le bon, ou n'est plus valable. Demandez-en un nouveau au besoin.",
    ),
    "door.other_address": Texts("Another address", "Une autre adresse"),
    "door.mail_subject": Texts("{code} is your code for {centre}", "{code} est votre code pour {centre}"),
    "door.mail_text": Texts(
        "Your code to sign in at {centre}: {code}\n\nIt holds for ten minutes, only in the browser that asked for it. "
        "Nobody will ever ask you for it. If you did not ask for it yourself, do nothing.\n",
        "Votre code de connexion pour {centre} : {code}\n\nIl vaut dix minutes, seulement dans le navigateur qui l'a "
        "demandé. Personne ne vous le demandera jamais. Si vous n'avez rien demandé, ne faites rien.\n",
    ),
    "door.or_as": Texts("Or as", "Ou comme"),
    "door.back_to_wallet": Texts("To the wallet", "Vers la cagnotte"),
    "door.back_to_live": Texts("To the live feed", "Vers le direct"),
    "door.profile": Texts("Your access", "Vos accès"),
    "door.works_as": Texts("You work as: {role}", "Votre rôle\u00a0: {role}"),
    "door.role.viewer": Texts("viewer", "lecteur"),
    "door.role.editor": Texts("editor", "rédacteur"),
    "door.role.approver": Texts("approver", "approbateur"),
    "door.role.finance": Texts("finance", "finances"),
    "door.role.support": Texts("support", "assistance"),
    "door.role.admin": Texts("admin", "administrateur"),
    "door.passkeys": Texts("Passkeys", "Clés d'accès"),
    "door.passkeys_hint": Texts(
        "A passkey signs you in with your finger, your face or your device's PIN. Nothing can be phished or forgotten.",
        "Une clé d'accès vous connecte avec votre doigt, votre visage ou le code de votre appareil. Rien à retenir, "
        "rien à voler.",
    ),
    "door.passkeys_none": Texts("You have no passkey yet.", "Vous n'avez pas encore de clé d'accès."),
    "door.passkeys_no": Texts(
        "Passkeys need an address with a name and https; this one has none.",
        "Les clés d'accès demandent une adresse avec un nom et https, ce qui manque ici.",
    ),
    "door.add_passkey": Texts("Add a passkey", "Ajouter une clé d'accès"),
    "door.add_failed": Texts("No passkey was added. Please try again.", "Aucune clé n'a été ajoutée. Réessayez."),
    "door.sign_in_again": Texts(
        "To add a passkey, sign in again first: you did more than half an hour ago.",
        "Pour ajouter une clé d'accès, reconnectez-vous d'abord\u00a0: votre connexion date de plus d'une demi-heure.",
    ),
    "door.passkey": Texts("Passkey", "Clé d'accès"),
    "door.added": Texts("added {when}", "ajoutée {when}"),
    "door.used": Texts("last used {when}", "utilisée {when}"),
    "door.remove": Texts("Remove", "Supprimer"),
    "door.remove_of": Texts("Remove the passkey {name}", "Supprimer la clé d'accès {name}"),
    "door.sessions": Texts("Where you are signed in", "Où vous êtes connecté"),
    "door.this_one": Texts("this one", "celle-ci"),
    "door.unknown_device": Texts("Unknown device", "Appareil inconnu"),
    "door.seen": Texts("last seen {when}", "vue {when}"),
    "door.by.link": Texts("by a link", "par un lien"),
    "door.by.code": Texts("by a code", "par un code"),
    "door.by.passkey": Texts("by a passkey", "par une clé d'accès"),
    "door.by.oidc": Texts("by your organisation", "par votre organisation"),
    "door.revoke": Texts("Sign out", "Déconnecter"),
    "door.revoke_of": Texts("Sign out {name}", "Déconnecter {name}"),
    "door.revoke_others": Texts("Sign out everywhere else", "Déconnecter partout ailleurs"),
    "door.came_by_link": Texts(
        "You came by a link, as a role and not as a person: there is nothing to manage here.",
        "Vous êtes venu par un lien, avec un rôle et non en votre nom\u00a0: rien à gérer ici.",
    ),
    "error.429": Texts("Too many tries", "Trop de tentatives"),
    "error.429_hint": Texts(
        "Please wait a few minutes, then try again. Nothing was changed.",
        "Patientez quelques minutes, puis réessayez. Rien n'a été modifié.",
    ),
    "error.sign_in": Texts("Sign in", "Se connecter"),
}
