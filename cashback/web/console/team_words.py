"""Words of the team, of the audit log's page, and of what each role may do."""

from cashback.offers.wording import Texts

TEAM_WORDS: dict[str, Texts] = {
    "team.lead": Texts(
        "Who works here and as what. Changing a role or removing somebody ends their sessions at once.",
        "Qui travaille ici et avec quel rôle. Changer un rôle ou retirer quelqu'un ferme aussitôt ses sessions.",
    ),
    "team.none": Texts("Nobody has been invited yet", "Personne n'est encore invité"),
    "team.none_hint": Texts(
        "Invite the first person below: they sign in with a code sent to their address.",
        "Invitez la première personne ci-dessous\u00a0: elle se connecte par un code reçu à son adresse.",
    ),
    "team.col.name": Texts("Name", "Nom"),
    "team.col.role": Texts("Role", "Rôle"),
    "team.col.means": Texts("Signs in by", "Connexion"),
    "team.col.joined": Texts("Joined", "Arrivée"),
    "team.col.invited": Texts("Invited by", "Invité par"),
    "team.filter.role": Texts("Role", "Rôle"),
    "team.filter.name": Texts("Name or address", "Nom ou adresse"),
    "team.passkeys.one": Texts("{n} passkey", "{n} clé d'accès"),
    "team.passkeys.other": Texts("{n} passkeys", "{n} clés d'accès"),
    "team.vouched": Texts("your identity provider", "votre fournisseur d'identité"),
    "team.code_until": Texts("code by e-mail, until {day}", "code par e-mail, jusqu'au {day}"),
    "team.locked_out": Texts("cannot sign in: begin anew", "connexion impossible\u00a0: réinitialisez"),
    "team.not_joined": Texts("not yet", "pas encore"),
    "team.invite": Texts("Invite somebody", "Inviter quelqu'un"),
    "team.invite_hint": Texts(
        "They sign in with this address: by a code for seven days, then by the passkey they added.",
        "La personne se connecte avec cette adresse\u00a0: par code pendant sept jours, puis par sa clé d'accès.",
    ),
    "team.address": Texts("Address", "Adresse"),
    "team.name": Texts("Name", "Nom"),
    "team.role": Texts("Role", "Rôle"),
    "team.send": Texts("Invite", "Inviter"),
    "team.roles": Texts("What each role may do", "Ce que chaque rôle permet"),
    "team.all": Texts("The whole team", "Toute l'équipe"),
    "team.you": Texts("you", "vous"),
    "team.facts": Texts("Facts", "Détails"),
    "team.change": Texts("Change the role", "Changer le rôle"),
    "team.change_hint": Texts(
        "Their sessions end; they sign in again with the new role.",
        "Ses sessions se ferment\u00a0; la personne se reconnecte avec le nouveau rôle.",
    ),
    "team.end_sessions": Texts("End all sessions", "Fermer toutes les sessions"),
    "team.end_sessions_hint": Texts(
        "Whoever sits at a computer of theirs is out at once; they may sign in again.",
        "Quiconque utilise un de ses postes est déconnecté\u00a0; la personne peut se reconnecter.",
    ),
    "team.reset": Texts("Let them begin anew", "Réinitialiser l'accès"),
    "team.reset_hint": Texts(
        "For who lost their passkey: passkeys are forgotten, and they sign in by a code for seven days.",
        "Pour qui a perdu sa clé\u00a0: les clés sont oubliées, connexion par code pendant sept jours.",
    ),
    "team.remove": Texts("Remove from the team", "Retirer de l'équipe"),
    "team.remove_hint": Texts(
        "Sessions end, passkeys, name and address are forgotten. What they did stays in the audit log.",
        "Sessions fermées\u00a0; clés, nom et adresse oubliés. Ce qui a été fait reste au journal d'audit.",
    ),
    "team.remove_sure": Texts("I am sure", "J'en suis sûr"),
    "team.last_admin": Texts(
        "The last admin: make somebody else one before you change this.",
        "Dernier administrateur\u00a0: nommez-en un autre avant de changer ceci.",
    ),
    "team.log": Texts("What they did", "Ce qu'elle a fait"),
    "team.role_may.viewer": Texts(
        "Looks at the live feed, figures, offers and shops. Changes nothing.",
        "Voit le direct, les chiffres, les offres et les boutiques. Ne change rien.",
    ),
    "team.role_may.editor": Texts(
        "Writes offers and the programme, shops and appearance; makes keys and endpoints.",
        "Rédige les offres et le programme, boutiques et apparence\u00a0; crée clés et points d'envoi.",
    ),
    "team.role_may.approver": Texts(
        "Approves offers somebody else wrote; the second person of contested decisions.",
        "Approuve les offres d'autrui\u00a0; deuxième personne des décisions contestées.",
    ),
    "team.role_may.finance": Texts(
        "Payouts, settlement, funders, the instalment book, adjustments, the books.",
        "Versements, décomptes, financeurs, échéanciers, ajustements, comptes.",
    ),
    "team.role_may.support": Texts(
        "Members and their cards, claims, small adjustments, contested decisions. Every opening is logged.",
        "Membres et cartes, réclamations, petits ajustements, décisions contestées. Chaque consultation est notée.",
    ),
    "team.role_may.admin": Texts(
        "All of it, the team and the audit log. Two people are still two people.",
        "Tout, l'équipe et le journal d'audit. Les doubles accords restent à deux.",
    ),
    "done.member_invited": Texts(
        "Invited: tell them to sign in with this address.", "Invitation faite\u00a0: prévenez la personne."
    ),
    "done.member_changed": Texts("The role is changed.", "Le rôle est changé."),
    "done.member_reset": Texts("They may begin anew.", "L'accès est réinitialisé."),
    "done.member_removed": Texts("Removed from the team.", "Retiré de l'équipe."),
    "done.sessions_ended": Texts("All sessions are ended.", "Toutes les sessions sont fermées."),
    "console.refused.last_admin": Texts(
        "This is the last admin: make somebody else one first.",
        "C'est le dernier administrateur\u00a0: nommez-en un autre.",
    ),
    "console.refused.member_exists": Texts(
        "Somebody with this address is in the team already.", "Cette adresse est déjà dans l'équipe."
    ),
    "console.refused.role_too_high": Texts(
        "This role may do something that yours may not.", "Ce rôle permet plus que le vôtre."
    ),
    "console.refused.not_sure": Texts("Tick the box to say that you are sure.", "Cochez la case pour confirmer."),
}
