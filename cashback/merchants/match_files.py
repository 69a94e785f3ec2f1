"""The files of `cashback merchants match`: shops and descriptors in, decisions out. `docs/matching.md` has the columns.

UTF-8 with or without a byte order mark; commas, semicolons or tabs; columns in any order, optional ones absent, unknown
ones left alone. A file with a problem is refused as a whole, each problem with its line.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cashback.errors import Invalid
from cashback.merchants.evidence import BrandEntry, OutletEntry, Sighting
from issuers.card_numbers import mask_text
from issuers.countries import alpha_2

BYTES_MAX = 1024 * 1024 * 1024
CELL_MAX = 4_096
PROBLEMS_SHOWN = 20
SCHEMES = ("mid", "siret", "vmid", "vsid", "mc_location_id", "se_number")
"""Columns of identifiers that decide when both files have them."""
SEVERAL = "|"
"""Stands between several values of one cell."""

_SHOP_COLUMNS = {
    "id": ("id", "shop", "shop_id", "outlet", "outlet_id", "code"),
    "name": ("name", "shop_name", "trading_name", "nom"),
    "brand": ("brand", "brand_name", "enseigne", "marque"),
    "member": ("member", "is_member", "in_programme", "adherent"),
    "aliases": ("aliases", "alias"),
    "legal_name": ("legal_name", "raison_sociale"),
    "city": ("city", "town", "ville", "commune"),
    "other_cities": ("other_cities", "other_towns", "card_towns", "towns"),
    "postcode": ("postcode", "postal_code", "zip", "code_postal", "cp"),
    "country": ("country", "pays"),
    "centre": ("centre", "center", "centre_name", "mall"),
    "centre_names": ("centre_names", "centre_short_names", "centre_short", "centre_aliases"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "category_codes": ("category_codes", "category_code", "mcc", "mccs"),
    "store_number": ("store_number", "store_no", "numero"),
    "outlets_complete": ("outlets_complete", "brand_complete", "complete"),
    "head_office": ("head_office", "head_office_city"),
    "acquirer": ("acquirer", "acquirer_id"),
    **{scheme: (scheme,) for scheme in SCHEMES},
}
_DESCRIPTOR_COLUMNS = {
    "id": ("id", "row_id", "transaction", "transaction_id"),
    "descriptor": ("descriptor", "text", "label", "libelle", "raw", "description"),
    "city": ("city", "town", "ville"),
    "postcode": ("postcode", "postal_code", "zip", "code_postal", "cp"),
    "country": ("country", "pays"),
    "category_code": ("category_code", "mcc"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "online": ("online", "is_online", "card_not_present"),
    "acquirer": ("acquirer", "acquirer_id"),
    **{scheme: (scheme,) for scheme in SCHEMES},
}
_YES = frozenset({"yes", "y", "true", "1", "oui", "t"})
_NO = frozenset({"no", "n", "false", "0", "non", "f"})

_CATEGORY = re.compile("[0-9]{3,4}")
"""A leading zero may be missing: no code has two."""
_POSTCODE = re.compile("[0-9]{5}")

Read = TypeVar("Read")
Cells = dict[str, str]


class UnfitFile(Invalid):
    """A file that was refused as a whole; `problems` holds one sentence each, with its line."""

    code = "match_file"

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        shown = [*problems[:PROBLEMS_SHOWN]]
        if len(problems) > PROBLEMS_SHOWN:
            shown.append(f"and {len(problems) - PROBLEMS_SHOWN} more")
        super().__init__(f"{path.name} cannot be used, nothing was written:\n" + "\n".join(shown))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Shops:
    """A file of shops: outlets, brands, and which outlets an identifier names."""

    outlets: tuple[OutletEntry, ...]
    brands: tuple[BrandEntry, ...]
    named: dict[tuple[str, str, str], frozenset[str]]
    """Scheme, acquirer (empty: any) and value, to the ids of the outlets that carry it."""
    ignored: tuple[str, ...]
    """Columns that were not read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One descriptor of the file."""

    id: str
    sighting: Sighting
    identifiers: tuple[tuple[str, str, str], ...]
    """Scheme, acquirer and value."""


@dataclass(frozen=True, slots=True)
class Descriptors:
    """A file of descriptors."""

    lines: tuple[Line, ...]
    ignored: tuple[str, ...]
    delimiter: str
    """What stands between its cells."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    outlet: OutletEntry
    complete: bool
    """No unless the row says yes."""
    office: str
    identifiers: tuple[tuple[str, str, str], ...]


def read_shops(path: Path) -> Shops:
    """Read SHOPS.csv. UnfitFile names every problem found."""
    rows, ignored, _ = _read(path, _SHOP_COLUMNS, required=("id", "name"), build=_row)
    problems = [*_repeated((row.line, row.outlet.id) for row in rows), *_half_complete(rows)]
    if problems:
        raise UnfitFile(path, problems)
    if not rows:
        raise UnfitFile(path, ["line 2: expected at least one shop"])
    complete: dict[str, bool] = {}
    offices: dict[str, set[str]] = {}
    named: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        brand = row.outlet.brand or row.outlet.name
        complete[brand] = complete.get(brand, True) and row.complete
        offices.setdefault(brand, set()).add(row.office)
        for scheme, acquirer, value in row.identifiers:
            for key in {(scheme, acquirer, value), (scheme, "", value)}:
                named.setdefault(key, set()).add(row.outlet.id)
    brands = tuple(
        BrandEntry(name, outlets_complete=flag, head_office=office)
        for name, flag in sorted(complete.items())
        for office in sorted(offices[name])
    )
    outlets = tuple(row.outlet for row in rows)
    return Shops(outlets, brands, {key: frozenset(ids) for key, ids in named.items()}, ignored)


def _row(line: int, cells: Cells) -> _Row:
    complete = _flag(cells, "outlets_complete", default=False)
    return _Row(line, _outlet(cells), complete, cells.get("head_office", ""), tuple(_identifiers(cells)))


def read_descriptors(path: Path) -> Descriptors:
    """Read DESCRIPTORS.csv. UnfitFile names every problem found."""
    lines, ignored, delimiter = _read(path, _DESCRIPTOR_COLUMNS, required=("descriptor",), build=_numbered_line)
    problems = _repeated((number, line.id) for number, line in lines)
    if problems:
        raise UnfitFile(path, problems)
    return Descriptors(tuple(line for _, line in lines), ignored, delimiter)


def _outlet(cells: Cells) -> OutletEntry:
    for column in ("id", "name"):
        if not cells[column]:
            raise ValueError(f"{column}: expected a value, got an empty cell")
    latitude, longitude = _point(cells)
    return OutletEntry(
        id=cells["id"],
        name=cells["name"],
        brand=cells.get("brand", ""),
        member=_flag(cells, "member", default=True),
        aliases=_several(cells, "aliases"),
        legal_name=cells.get("legal_name", ""),
        city=cells.get("city", ""),
        other_cities=_several(cells, "other_cities"),
        postcode=_postcode(cells),
        country=_country(cells) or "FR",
        centre=cells.get("centre", ""),
        centre_names=_several(cells, "centre_names"),
        latitude=latitude,
        longitude=longitude,
        category_codes=tuple(_category(code, "category_codes") for code in _several(cells, "category_codes")),
        store_number=cells.get("store_number", ""),
    )


def _numbered_line(number: int, cells: Cells) -> tuple[int, Line]:
    return number, _line(number, cells)


def _line(number: int, cells: Cells) -> Line:
    latitude, longitude = _point(cells)
    sighting = Sighting(
        descriptor=mask_text(cells["descriptor"]) or None,
        city=cells.get("city") or None,
        postcode=_postcode(cells) or None,
        country=_country(cells) or None,
        category_code=_category(cells.get("category_code", ""), "category_code") or None,
        latitude=latitude,
        longitude=longitude,
        online=_flag(cells, "online", default=False) if cells.get("online") else None,
    )
    return Line(cells.get("id") or str(number - 1), sighting, tuple(_identifiers(cells)))


def _read(
    path: Path, columns: dict[str, tuple[str, ...]], required: Sequence[str], build: Callable[[int, Cells], Read]
) -> tuple[list[Read], tuple[str, ...], str]:
    text = _decoded(path)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[Read] = []
    problems: list[str] = []
    ignored: tuple[str, ...] = ()
    try:
        header = [cell.strip() for cell in next(reader, ())]
        where, ignored = _columns(path, header, columns, required)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                if len(cells) != len(header):
                    raise ValueError(f"expected {len(header)} cells, got {len(cells)}")
                for name, cell in zip(header, cells, strict=True):
                    if len(cell) > CELL_MAX:
                        raise ValueError(f"{name}: expected at most {CELL_MAX} characters, got {len(cell)}")
                    if "\0" in cell:
                        raise ValueError(f"{name}: expected text, got a zero byte")
                found.append(build(reader.line_num, {column: cells[at].strip() for column, at in where.items()}))
            except ValueError as error:
                problems.append(f"line {reader.line_num}: {error}")
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {_said(error)}")
    if problems:
        raise UnfitFile(path, problems)
    return found, ignored, delimiter


def _columns(
    path: Path, header: list[str], columns: dict[str, tuple[str, ...]], required: Sequence[str]
) -> tuple[dict[str, int], tuple[str, ...]]:
    plain = [name.casefold().replace(" ", "_").replace("-", "_") for name in header]
    twice = sorted({name for name in plain if name and plain.count(name) > 1})
    if twice:
        raise UnfitFile(path, [f"line 1: the column {name} is given twice" for name in twice])
    where: dict[str, int] = {}
    for column, names in columns.items():
        for name in names:
            if name in plain and column not in where:
                where[column] = plain.index(name)
    lacking = [column for column in required if column not in where]
    if lacking:
        seen = ", ".join(header)[:200]
        raise UnfitFile(
            path,
            [f"line 1: expected a column {' or '.join(columns[each][:4])}, the header is {seen!r}" for each in lacking],
        )
    return where, tuple(name for at, name in enumerate(header) if at not in where.values())


def _decoded(path: Path) -> str:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise UnfitFile(path, [f"the file has {path.stat().st_size} bytes, expected at most {BYTES_MAX}"])
        data = path.read_bytes()
    except OSError as error:
        raise UnfitFile(path, [f"it cannot be read: {error.strerror}"]) from error
    if not data.strip():
        raise UnfitFile(path, ["the file is empty, expected a header and rows"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnfitFile(path, [f"line {line}: expected UTF-8, byte {error.start} is not"]) from None


def _said(error: csv.Error) -> str:
    text = str(error)
    if "field limit" in text:
        return f"expected at most {CELL_MAX} characters in a cell, got more than {csv.field_size_limit()}"
    if "unexpected end of data" in text:
        return "the file ends inside a quoted cell: it may have been cut short"
    return text


def _repeated(ids: Iterable[tuple[int, str]]) -> list[str]:
    first: dict[str, int] = {}
    problems = []
    for line, id_ in ids:
        if id_ in first:
            problems.append(f"line {line}: the id {id_!r} is that of line {first[id_]}")
        first.setdefault(id_, line)
    return problems


def _half_complete(rows: Sequence[_Row]) -> list[str]:
    """Brands of which some rows say that all outlets are here and others do not."""
    first: dict[str, _Row] = {}
    problems = []
    for row in rows:
        brand = row.outlet.brand or row.outlet.name
        other = first.setdefault(brand.casefold(), row)
        if other.complete != row.complete:
            problems.append(
                f"line {row.line}: outlets_complete is {_spoken(row)} and on line {other.line} {_spoken(other)}: "
                f"expected the same on all rows of {brand!r}"
            )
    return problems


def _spoken(row: _Row) -> str:
    return "yes" if row.complete else "no or empty"


def _identifiers(cells: Cells) -> Iterator[tuple[str, str, str]]:
    acquirer = cells.get("acquirer", "")
    for scheme in SCHEMES:
        for value in _several(cells, scheme):
            flat = value.replace(" ", "")
            if scheme == "siret" and (len(flat) != 14 or not flat.isdigit()):
                raise ValueError(f"siret: expected 14 digits, got {value[:32]!r}")
            yield scheme, acquirer if scheme == "mid" else "", flat.lstrip("0") if scheme == "mid" else flat


def _several(cells: Cells, column: str) -> tuple[str, ...]:
    return tuple(filter(None, (value.strip() for value in cells.get(column, "").split(SEVERAL))))


def _flag(cells: Cells, column: str, *, default: bool) -> bool:
    text = cells.get(column, "").casefold()
    if not text:
        return default
    if text in _YES | _NO:
        return text in _YES
    raise ValueError(f"{column}: expected yes or no, got {text[:32]!r}")


def _point(cells: Cells) -> tuple[float | None, float | None]:
    values = [_degrees(cells.get(column, ""), column, most) for column, most in (("latitude", 90), ("longitude", 180))]
    return (values[0], values[1]) if None not in values else (None, None)


def _degrees(text: str, column: str, most: int) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{column}: expected degrees, got {text[:32]!r}") from None
    if not abs(value) <= most:
        raise ValueError(f"{column}: expected -{most} to {most}, got {text[:32]!r}")
    return value


def _country(cells: Cells) -> str:
    told = cells.get("country", "")
    code = (alpha_2(told) or "").upper()
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise ValueError(f"country: expected an ISO 3166-1 code such as FR, got {told[:40]!r}")
    return code


def _category(code: str, column: str) -> str:
    if code and not _CATEGORY.fullmatch(code):
        raise ValueError(f"{column}: expected a category code of four digits, got {code[:32]!r}")
    return code.zfill(4) if code else ""


def _postcode(cells: Cells) -> str:
    text = cells.get("postcode", "")
    flat = text.replace(" ", "")
    if not flat or _country(cells) not in ("", "FR"):
        return text
    if not _POSTCODE.fullmatch(flat):
        lost = f"; if a spreadsheet took the zero off, write {flat.zfill(5)}" if re.fullmatch("[0-9]{4}", flat) else ""
        raise ValueError(f"postcode: expected five digits in France, got {text[:32]!r}{lost}")
    return flat
