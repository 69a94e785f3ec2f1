"""Identifiers of shops from a CSV file: `shop,network,scheme,value,valid_from,valid_until`.

UTF-8 with or without a byte order mark, separated by commas or semicolons (spreadsheets in French write those). A date
is the midnight that begins it in the zone of the shop's centre; an instant carries its offset. `valid_until` is
excluded, and an empty cell leaves that side open. All rows are imported or none; every problem is named with its line.
The file's rows of one identifier of one shop replace what was stored of it; identifiers it does not name stay.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Invalid
from cashback.merchants.schemas import Identifier, Shop, instant
from cashback.merchants.service import load_identifiers, load_shops, overlaps, plan_identifiers, write_identifiers
from cashback.programmes.audit_log import record
from cashback.programmes.service import bump_revision, load_programme, lock_programme, require_programme_scope
from issuers.registry import ADAPTERS

HEADER = ("shop", "network", "scheme", "value", "valid_from", "valid_until")
BYTES_MAX = 16 * 1024 * 1024
ROWS_MAX = 200_000
PROBLEMS_SHOWN = 20
CELL_MAX = 128


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; both zero when the file said nothing new, and then no revision was made."""

    rows: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    identifier: Identifier


class UnreadableFile(Invalid):
    """A file that was refused as a whole; `problems` holds one sentence each, with its line."""

    code = "identifiers_file"

    def __init__(self, problems: Sequence[str]) -> None:
        shown = [*problems[:PROBLEMS_SHOWN]]
        if len(problems) > PROBLEMS_SHOWN:
            shown.append(f"and {len(problems) - PROBLEMS_SHOWN} more")
        super().__init__("nothing was imported:\n" + "\n".join(shown))
        self.problems = tuple(problems)


async def import_identifiers(connection: AsyncConnection, actor: Actor, data: bytes, now: datetime) -> Imported:
    """Import one file in the caller's transaction. Raises Forbidden, or UnreadableFile before anything is written."""
    require_programme_scope(actor)
    operator_id = actor.operator_id
    await lock_programme(connection, operator_id)
    programme = await load_programme(connection, operator_id)
    shops = await load_shops(connection, operator_id)
    rows = read(data, shops, {centre.id: centre.zone for centre in programme.centres.values()})
    named = {_name(row.identifier) for row in rows}
    plan = plan_identifiers(
        await load_identifiers(connection, operator_id),
        (row.identifier for row in rows),
        lambda stored: _name(stored) in named,
    )
    problems = _overlap_problems(plan.standing, rows, {shop.id: shop for shop in shops})
    if problems:
        raise UnreadableFile(problems)
    await write_identifiers(connection, operator_id, plan, now)
    done = Imported(rows=len(rows), added=len(plan.added), removed=len(plan.removed))
    if plan.added or plan.removed:
        revision = await bump_revision(connection, operator_id)
        detail = {"rows": done.rows, "added": done.added, "removed": done.removed, "revision": revision}
        await record(connection, actor, "identifiers.imported", programme.code, detail, now)
    return done


def read(data: bytes, shops: Sequence[Shop], zones: Mapping[UUID, ZoneInfo]) -> list[_Row]:
    """The rows of a file with their lines; UnreadableFile names every problem found."""
    text = _decoded(data)
    lines = text.splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    by_code = {shop.code: shop for shop in shops}
    rows: list[_Row] = []
    problems: list[str] = []
    try:
        header = tuple(cell.strip() for cell in next(reader, ()))
        if header != HEADER:
            raise UnreadableFile([f"line 1: expected the header {','.join(HEADER)}, got {','.join(header)[:200]!r}"])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            found = list(_row_problems(cells, by_code))
            problems += [f"line {reader.line_num}: {problem}" for problem in found]
            if not found:
                try:
                    rows.append(_Row(reader.line_num, _identifier(cells, by_code, zones)))
                except ValueError as error:
                    problems.append(f"line {reader.line_num}: {error}")
            if reader.line_num > ROWS_MAX:
                raise UnreadableFile([f"line {reader.line_num}: expected at most {ROWS_MAX} lines"])
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
    if problems:
        raise UnreadableFile(problems)
    return rows


def unknown_names(network: str, scheme: str) -> Iterator[tuple[str, str]]:
    """The field and what is wrong with it, of an identifier that no message could ever carry; nothing of a good one.

    Networks are those with an adapter, schemes those that the adapter declares.
    """
    if network not in ADAPTERS:
        yield "network", unknown_network(network)
        return
    schemes = ADAPTERS[network].capabilities.identifier_schemes
    if scheme not in schemes:
        yield "scheme", f"{network} has no scheme {scheme!r}; {_hint(scheme, schemes)}"


def unknown_network(network: str) -> str:
    """What is said of a network that has no adapter."""
    return f"no network is called {network!r}; {_hint(network, ADAPTERS)}"


def _hint(given: str, known: Iterable[str]) -> str:
    close = get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(known))}"


def _decoded(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise UnreadableFile([f"the file has {len(data)} bytes, expected at most {BYTES_MAX}"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile([f"line {line}: expected UTF-8, byte {error.start} is not"]) from None


def _row_problems(cells: Sequence[str], shops: Mapping[str, Shop]) -> Iterator[str]:
    if len(cells) != len(HEADER):
        yield f"expected {len(HEADER)} cells, got {len(cells)}"
        return
    for name, cell in zip(HEADER[:4], cells[:4], strict=True):
        if not 0 < len(cell.strip()) <= CELL_MAX:
            yield f"{name}: expected 1 to {CELL_MAX} characters, got {len(cell.strip())}"
    shop = cells[0].strip()
    if shop and shop not in shops:
        yield f"shop: no shop has the code {shop[:CELL_MAX]!r}"
    network, scheme = cells[1].strip(), cells[2].strip()
    if 0 < len(network) <= CELL_MAX and 0 < len(scheme) <= CELL_MAX:
        yield from (f"{field}: {problem}" for field, problem in unknown_names(network, scheme))


def _identifier(cells: Sequence[str], shops: Mapping[str, Shop], zones: Mapping[UUID, ZoneInfo]) -> Identifier:
    code, network, scheme, value, begin, end = (cell.strip() for cell in cells)
    shop = shops[code]
    zone = zones[shop.centre_id]
    valid_from, valid_until = _instant("valid_from", begin, zone), _instant("valid_until", end, zone)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise ValueError(f"valid_until {end} is not after valid_from {begin}")
    return Identifier(network, scheme, value, shop.id, valid_from, valid_until)


def _instant(field: str, text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return instant(text, zone)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def _name(identifier: Identifier) -> tuple[UUID, str, str, str]:
    return identifier.shop_id, identifier.network, identifier.scheme, identifier.value


def _overlap_problems(standing: Sequence[Identifier], rows: Sequence[_Row], shops: Mapping[UUID, Shop]) -> list[str]:
    lines = {row.identifier: row.line for row in rows}
    problems: list[str] = []
    seen: set[Identifier] = set()
    for row in rows:
        if row.identifier in seen:
            problems.append(f"line {row.line}: the same row is repeated")
        seen.add(row.identifier)
    for first, second in overlaps(standing):
        where = sorted({lines[each] for each in (first, second) if each in lines})
        what = f"{first.network} {first.scheme} {first.value!r}"
        names = " and ".join(sorted(shops[each.shop_id].name for each in (first, second)))
        stored = "" if first in lines and second in lines else ", one of them stored before"
        problems.append(f"line {' and '.join(map(str, where))}: {what} would name {names} at the same time{stored}")
    return problems
