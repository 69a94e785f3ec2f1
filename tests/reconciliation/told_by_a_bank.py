"""Statements of a bank with a few lines, brought into a world, and what differs then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from world import World

from cashback.reconciliation import service
from cashback.reconciliation.schemas import Finding

SINCE = date(2026, 10, 1)


@dataclass(frozen=True)
class Line:
    """One line of a statement: the amount as the bank writes it, and what is in its details."""

    amount: str
    side: str
    details: str = ""

    @property
    def text(self) -> str:
        return (
            f'<Ntry><Amt Ccy="EUR">{self.amount}</Amt><CdtDbtInd>{self.side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>2026-11-12</Dt></BookgDt><NtryDtls>{self.details}</NtryDtls></Ntry>"
        )


def worded(amount: str, words: str) -> Line:
    return Line(amount, "CRDT", f"<TxDtls><RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls>")


def statement(name: str, lines: Sequence[Line]) -> bytes:
    text = "".join(line.text for line in lines)
    account = "<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>"
    return f"<Document><BkToCstmrStmt><Stmt><Id>{name}</Id>{account}{text}</Stmt></BkToCstmrStmt></Document>".encode()


async def bring(world: World, *lines: Line, data: bytes | None = None) -> None:
    async with world.connection() as connection:
        told = data or statement(f"S{world.now:%m%d%H%M%S}", lines)
        file = service.read(world.operator_id, "bank.xml", told)
        await service.import_file(connection, world.stage.actor, file, world.now)
    world.clock.advance(timedelta(seconds=1))


async def differing(world: World, at: datetime | None = None) -> list[tuple[Finding, int, str]]:
    async with world.connection() as connection:
        found = await service.differences(connection, world.stage.actor, SINCE, at or world.now)
    return sorted((each.line.finding, each.line.difference_minor, each.subject) for each in found.open)
