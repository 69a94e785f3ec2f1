"""What bank codes say: what became of a payment, and why one was refused or came back, in English and French.

Source: ISO 20022 External Code Sets (payment transaction status, status reason, return reason), those that SEPA
credit transfers use (EPC132-08). A code that is not here is kept and shown as it is.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Outcome(StrEnum):
    """What a status means for who waits for the money."""

    RECEIVED = "received"
    """The bank has it and has promised nothing."""
    ACCEPTED = "accepted"
    """Checked, or on its way."""
    SETTLED = "settled"
    """The account was debited, or the creditor has it."""
    REJECTED = "rejected"
    """Nothing was moved."""
    PARTLY = "partly"
    """Of a group or a batch: its transactions say which."""
    PENDING = "pending"
    """The bank waits, for a signature or for funds."""
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """A code that this table does not hold."""


OUTCOMES: Mapping[str, Outcome] = MappingProxyType({
    "RCVD": Outcome.RECEIVED, "ACTC": Outcome.ACCEPTED, "ACCP": Outcome.ACCEPTED, "ACSP": Outcome.ACCEPTED,
    "ACWC": Outcome.ACCEPTED, "ACWP": Outcome.ACCEPTED, "ACFC": Outcome.ACCEPTED, "PATC": Outcome.PENDING,
    "ACSC": Outcome.SETTLED, "ACCC": Outcome.SETTLED, "RJCT": Outcome.REJECTED, "PART": Outcome.PARTLY,
    "PDNG": Outcome.PENDING, "CANC": Outcome.CANCELLED,
})  # fmt: skip

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "AC01": ("The account number is wrong", "Le numéro de compte est incorrect"),
    "AC02": ("The number of the account to debit is wrong", "Le numéro du compte à débiter est incorrect"),
    "AC03": ("The account number is wrong", "Le numéro de compte est incorrect"),
    "AC04": ("The account is closed", "Le compte est clos"),
    "AC06": ("The account is blocked", "Le compte est bloqué"),
    "AC07": ("The account is closed", "Le compte est clos"),
    "AC13": ("The account is of a kind that takes no transfer", "Ce type de compte n'accepte pas de virement"),
    "AG01": ("The account takes no transfer", "Le compte n'accepte pas de virement"),
    "AG02": ("The bank does not offer this operation", "La banque ne propose pas cette opération"),
    "AG03": ("The bank does not offer this operation", "La banque ne propose pas cette opération"),
    "AM01": ("The amount is zero", "Le montant est nul"),
    "AM02": ("The amount is above what is allowed", "Le montant dépasse la limite"),
    "AM04": ("There is not enough money on the account to debit", "La provision du compte à débiter est insuffisante"),
    "AM05": ("The payment is a duplicate", "Le paiement est un doublon"),
    "AM09": ("The amount is wrong", "Le montant est incorrect"),
    "AM10": ("The control sum is wrong", "La somme de contrôle est incorrecte"),
    "AM18": ("The number of payments is wrong", "Le nombre de paiements est incorrect"),
    "BE01": ("The holder is not who was named", "Le titulaire ne correspond pas au nom donné"),
    "BE04": ("The holder's address is missing", "L'adresse du titulaire manque"),
    "BE05": ("The sender is not known to the bank", "L'émetteur n'est pas reconnu par la banque"),
    "BE06": ("The customer is not known to the bank", "Le client n'est pas connu de la banque"),
    "CNOR": ("The holder's bank cannot be reached", "La banque du titulaire n'est pas joignable"),
    "CUST": ("The customer asked for it", "À la demande du client"),
    "DNOR": ("The sender's bank cannot be reached", "La banque de l'émetteur n'est pas joignable"),
    "DS02": ("A signature is missing", "Une signature manque"),
    "DS0H": ("Who signed was not entitled", "Le signataire n'est pas habilité"),
    "DT01": ("The date is wrong", "La date est incorrecte"),
    "DUPL": ("The payment is a duplicate", "Le paiement est un doublon"),
    "ED05": ("The settlement between the banks failed", "Le règlement entre les banques a échoué"),
    "FF01": ("The file's format is wrong", "Le format du fichier est incorrect"),
    "FOCR": ("It was sent back on request", "Retourné sur demande"),
    "FRAD": ("Fraud is suspected", "Une fraude est suspectée"),
    "MD07": ("The account's holder has died", "Le titulaire du compte est décédé"),
    "MS02": ("The customer refused it, without a reason", "Le client l'a refusé, sans motif"),
    "MS03": ("The bank refused it, without a reason", "La banque l'a refusé, sans motif"),
    "NARR": ("The bank gave a reason in words", "La banque a donné un motif en clair"),
    "RC01": ("The bank's code is wrong", "Le code de la banque est incorrect"),
    "RC07": ("The code of the holder's bank is wrong", "Le code de la banque du titulaire est incorrect"),
    "RR01": ("The law asks for the sender's account", "La loi exige le compte de l'émetteur"),
    "RR02": ("The law asks for the sender's name or address", "La loi exige le nom ou l'adresse de l'émetteur"),
    "RR03": ("The law asks for the holder's name or address", "La loi exige le nom ou l'adresse du titulaire"),
    "RR04": ("The bank refused it for reasons of law", "La banque l'a refusé pour des raisons légales"),
    "TECH": ("A technical fault", "Une erreur technique"),
    "TM01": ("It came after the bank's closing time", "Reçu après l'heure limite de la banque"),
})  # fmt: skip
"""A reason in English and in French."""


def outcome_of(status: str) -> Outcome:
    """What a status code means."""
    return OUTCOMES.get(status, Outcome.UNKNOWN)


def reason_in(language: str, code: str) -> str:
    """A sentence in `fr`, in English for any other language; the code itself when it is not known."""
    words = REASONS.get(code)
    return code if words is None else words[1 if language == "fr" else 0]
