"""What a search of the reference looks at, and whether it finds something. Pure.

People look for an operation by words that it does not use: each is told beside the words that it does.
"""

import re

from cashback.web.developer.openapi import Operation

SHORT = 2
"""Words no longer than this say nothing: a, of, to, un, de, la."""
_ALSO: tuple[tuple[str, str], ...] = (
    (r"post .*/(disable|remove|revoke|unlink|end|cancel)", "delete supprimer retirer"),
    (r"delete ", "remove supprimer"),
    (r"/refunds", "refund a purchase, an order, rembourser un achat"),
    (r"/purchases", "transaction payment order achat"),
    (r"/shoppers|/segments", "customer member user client"),
    (r"/rewards|/wallets", "cashback points balance solde récompense cagnotte"),
    (r"/cards", "carte link lier"),
    (r"/offers|/activations", "campaign promotion offre"),
    (r"/webhook-", "webhook event signature événement"),
    (r"/events|/event-types", "webhook stream flux événement"),
    (r"/api-keys", "token credential clé"),
    (r"/payouts|/payout-accounts", "withdraw cash out transfer virement versement"),
    (
        r"/eligibility|/instalment-plans|/decisions",
        "bnpl split installment credit crédit échéance paiement en plusieurs fois",
    ),
    (r"/sso-|/embed-|/entry-links", "login sign in iframe connexion"),
    (r"/exports|/export", "download dump télécharger"),
    (r"/erasure", "gdpr rgpd delete forget effacer supprimer"),
    (r"/audit-log|/requests", "log history journal historique"),
)
"""By what stands in the method and path."""


def text_of(operation: Operation) -> str:
    """Everything that a search of operations looks at, in small letters."""
    name = f"{operation.method} {operation.path}".lower()
    also = " ".join(words for pattern, words in _ALSO if re.search(pattern, name))
    return f"{operation.searched} {operation.anchor.replace('-', ' ')} {' '.join(operation.scopes)} {also}".lower()


def finds(asked: str, text: str) -> bool:
    """Whether every word that says something stands in the text."""
    words = asked.lower().split()
    return all(word in text for word in [each for each in words if len(each) > SHORT] or words)
