"""Invented numbers whose check digits hold, and a bank's statement with a few lines."""

from collections.abc import Iterable
from datetime import date

_IBAN_REST = "152700"
"""`FR00` in the digits of ISO 13616."""
UNKNOWN_MINOR = 312_50


def iban_of(number: int) -> str:
    """A French IBAN of no account."""
    account = f"2004101005{number:011d}06"
    return f"FR{98 - int(account + _IBAN_REST) % 97:02d}{account}"


def siren_of(number: int) -> str:
    """A SIREN of eight digits and the one that makes them hold (Luhn)."""
    digits = f"{number:08d}"
    doubled = (int(each) * (2 - place % 2) for place, each in enumerate(reversed(digits)))
    return digits + str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def statement(day: date, transfers: Iterable[tuple[str, int]]) -> bytes:
    """A statement (camt.053) of these transfers, by end-to-end id and minor units of EUR, and of a payment that
    nobody expects."""
    lines = [
        _entry(day, minor, "DBIT", f"<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs></TxDtls>")
        for ref, minor in transfers
    ]
    lines.append(
        _entry(day, UNKNOWN_MINOR, "CRDT", "<TxDtls><RmtInf><Ustrd>LOYER KIOSQUE NOV</Ustrd></RmtInf></TxDtls>")
    )
    account = f"<Acct><Id><IBAN>{iban_of(1)}</IBAN></Id></Acct>"
    head = f"<Document><BkToCstmrStmt><Stmt><Id>RELEVE-{day:%Y%m%d}</Id>{account}"
    return f"{head}{''.join(lines)}</Stmt></BkToCstmrStmt></Document>".encode()


def _entry(day: date, minor: int, side: str, details: str) -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{minor // 100}.{minor % 100:02d}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>"
    )
