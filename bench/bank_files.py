"""The part `bank`: a file of 100,000 transfers written and read back as a statement, and its lines compared.

Each figure is taken in a process of its own, so that its memory is its own: the peak is what the process held at most
beyond what it held before it began. `other` is a library that builds the whole document before it writes it, and
validates nothing; ours is validated by the official schema as it streams.
"""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import BytesIO

from sepaxml import SepaTransfer

from bench.server import Bench
from cashback.iso20022.bank_statement import read_bank_statement
from cashback.iso20022.credit_transfer import MESSAGE, Debtor, Payment, write
from cashback.iso20022.entries import Direction
from cashback.reconciliation.matching import match
from cashback.reconciliation.schemas import Booked, Expected, Kind

PAYMENTS = 100_000
DAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 29, tzinfo=UTC)
IBANS = ("FR7630006000011234567890189", "DE89370400440532013000", "FR1420041010050500013M02606")
DEBTOR = Debtor("Les Quais", IBANS[0], "AGRIFRPP")
Figures = dict[str, float]


async def measure(_: Bench, payments: int = PAYMENTS) -> Figures:
    """Rates per second, and peaks in megabytes."""
    figures: Figures = {}
    for name in STEPS:
        command = [sys.executable, "-m", "bench.bank_files", name, str(payments)]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        told = json.loads((await process.communicate())[0])
        figures[f"bank.{name}_per_s"] = payments / told["seconds"]
        figures[f"bank.{name}_peak_mb"] = told["peak_mb"]
    figures["bank.write_vs_other"] = figures["bank.write_per_s"] / figures["bank.other_per_s"]
    return figures


def _payments(count: int) -> list[Payment]:
    return [
        Payment(f"{number:032x}", f"Zoé Müller {number}", IBANS[number % 3], 10_00, remittance="Cashback Les Quais")
        for number in range(count)
    ]


def _write(count: int) -> Callable[[], object]:
    payments = _payments(count)
    return lambda: sum(len(chunk) for chunk in write("bench", NOW, DEBTOR, DAY, payments))


def _other(count: int) -> Callable[[], object]:
    payments = _payments(count)

    def work() -> int:
        config = {"name": DEBTOR.name, "IBAN": DEBTOR.iban, "BIC": DEBTOR.bic, "batch": True, "currency": "EUR"}
        file = SepaTransfer(config, schema=MESSAGE, clean=True)
        for each in payments:
            told = {"name": each.name, "IBAN": each.iban, "amount": each.amount_minor, "execution_date": DAY}
            file.add_payment({**told, "description": each.remittance, "endtoend_id": each.end_to_end})
        return len(file.export(validate=False))

    return work


def _statement(count: int) -> Iterator[bytes]:
    yield b"<Document><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>x</IBAN></Id></Acct><Ntry>"
    yield b'<Amt Ccy="EUR">%d.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>' % (count * 10)
    yield b"<BookgDt><Dt>2026-11-30</Dt></BookgDt><NtryDtls><Btch><PmtInfId>bench</PmtInfId></Btch>"
    for number in range(count):
        yield b"<TxDtls><Refs><EndToEndId>%032x</EndToEndId></Refs>" % number
        yield b'<Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>'
    yield b"</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"


def _read(count: int) -> Callable[[], object]:
    file = BytesIO(b"".join(_statement(count)))
    return lambda: sum(1 for _ in read_bank_statement(file))


def _match(count: int) -> Callable[[], object]:
    refs = [f"{number:032x}" for number in range(count)]
    ours = [Expected(Kind.PAYOUT, ref, 10_00, "EUR", Direction.OUT, DAY, end_to_end=ref, group="bench") for ref in refs]
    theirs = [Booked(ref, 10_00, "EUR", Direction.OUT, DAY, end_to_end=ref, group="bench") for ref in refs]

    def work() -> int:
        found = match(ours, theirs, as_of=DAY)
        assert not found.differences
        return len(found.lines)

    return work


STEPS: dict[str, Callable[[int], Callable[[], object]]] = {
    "write": _write,
    "other": _other,
    "read": _read,
    "match": _match,
}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(name: str, count: int) -> None:
    """Take one figure and print it."""
    work = STEPS[name](count)
    before, begin = _peak_mb(), time.perf_counter()
    work()
    print(json.dumps({"seconds": time.perf_counter() - begin, "peak_mb": _peak_mb() - before}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
