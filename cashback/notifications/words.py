"""The sentence of every kind of notice, in English and French."""

from collections.abc import Mapping

from cashback.notifications.schemas import Notice
from cashback.offers.wording import Texts, Tongue

KINDS: Mapping[str, Texts] = {
    "adjustment_posted": Texts(
        "{amount} were added to your wallet by the centre's team",
        "{amount} ont été ajoutés à votre cagnotte par l'équipe du centre",
    ),
    "adjustment_taken": Texts(
        "{amount} were taken from your wallet by the centre's team, to correct a mistake",
        "{amount} ont été retirés de votre cagnotte par l'équipe du centre, pour corriger une erreur",
    ),
    "debt_forgiven": Texts(
        "You no longer owe {amount}: the centre has cancelled it",
        "Vous ne devez plus {amount}\u00a0: le centre y a renoncé",
    ),
}


def said(notice: Notice, tongue: Tongue) -> str:
    """The notice as a sentence without its full stop; a kind that nobody knows is said by its name."""
    texts = KINDS.get(notice.kind)
    if texts is None:
        return notice.kind
    figures: dict[str, str] = {name: str(value) for name, value in notice.params.items()}
    if "asset" in notice.params and "amount" in notice.params:
        figures["amount"] = tongue.amount(int(notice.params["amount"]), str(notice.params["asset"]))
    return texts.said(tongue.language).format(**figures)
