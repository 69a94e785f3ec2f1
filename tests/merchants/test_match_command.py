"""`cashback merchants match` on files of one's own: columns, identifiers, refusals; nothing half-written."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from cashback.cli import main
from cashback.merchants.match_run import COLUMNS

SHOPS = """id,name,brand,member,city,postcode,centre,centre_names,mcc,store_number,outlets_complete,mid,siret
s1,Sephora,Sephora,yes,Créteil,94000,Créteil Soleil,Creteil Soleil,5977,0412,yes,1234567,
s2,Sephora,Sephora,yes,Lyon,69003,La Part-Dieu,Part Dieu,5977,0500,yes,7654321,12345678901234
s3,Fnac,Fnac,yes,Créteil,94000,Créteil Soleil,Creteil Soleil,5732,,yes,1111111,
s4,Chez Marius,,yes,Lyon,69003,La Part-Dieu,Part Dieu,5812,,yes,5555555,
r1,Sephora,Sephora,no,Lyon,69002,,,5977,0777,yes,8888888,
r2,Fnac,Fnac,no,Paris,75006,,,5732,,yes,1111111,
"""
DESCRIPTORS = """id,descriptor,city,postcode,mcc,mid,siret
a,CARTE 12/03 SEPHORA 0412 CRETEIL CB*4521,,,,,
b,SEPHORA,LYON,,5977,,
c,SEPHORA LYON 2,,,5977,,
d,BOULANGERIE DU COIN,NANTES,,5462,,
e,SEPHORA,,,,7654321,
f,FNAC,,,5732,1111111,
g,SUMUP *CHEZ MARIUS,,,5812,5555555,
h,SEPHORA 0412,CRETEIL,94000,5977,7654321,
i,SEPHORA,,,,8888888,
j,SEPHORA,,,,,12345678901234
"""

Match = Callable[..., tuple[int, str]]


@pytest.fixture
def match(tmp_path: Path) -> Match:
    """Writes both files, runs the command; the exit code and what was said."""

    def run(shops: str | bytes = SHOPS, descriptors: str | bytes = DESCRIPTORS, *options: str) -> tuple[int, str]:
        for name, content in (("shops.csv", shops), ("descriptors.csv", descriptors)):
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(data)
        names = [str(tmp_path / name) for name in ("shops.csv", "descriptors.csv", "out.csv")]
        done = CliRunner().invoke(main, ["merchants", "match", *names, *options])
        return done.exit_code, done.output

    return run


def _rows(tmp_path: Path) -> dict[str, dict[str, str]]:
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_evidence_and_identifiers_decide(match: Match, tmp_path: Path) -> None:
    code, said = match()
    assert code == 0, said
    rows = _rows(tmp_path)
    assert tuple(next(iter(rows.values()))) == COLUMNS
    decided = {id_: (row["decision"], row["shop"], row["reason"]) for id_, row in rows.items()}
    assert decided["a"] == ("accept", "s1", "accepted")
    assert rows["a"]["tier"] == "A"
    assert decided["b"][0] == "review"
    assert rows["b"]["tie"] == "yes"
    assert decided["c"][0] != "accept"
    assert decided["d"] == ("reject", "", "stranger")
    assert "name: saw SEPHORA, expected SEPHORA: agrees" in rows["a"]["explanation"]
    assert "10 rows" in said


def test_an_identifier_decides_only_when_nothing_speaks_against_it(match: Match, tmp_path: Path) -> None:
    match()
    rows = _rows(tmp_path)
    decided = {id_: (row["decision"], row["shop"], row["reason"], row["identifier"]) for id_, row in rows.items()}
    assert decided["h"] == ("review", "s1", "identifier_contradicted", "")
    assert decided["e"] == ("review", rows["e"]["shop"], "identifier_contradicted", "")
    assert decided["f"][0] == "review"
    assert decided["f"][3] == ""
    assert decided["g"][0] == "review"
    assert decided["g"][3] == ""
    assert decided["i"] == ("reject", "", "identifier_rival", "mid 8888888")
    assert decided["j"] == ("accept", "s2", "identifier", "siret 12345678901234")


def test_a_mid_alone_decides_where_nobody_contradicts(match: Match, tmp_path: Path) -> None:
    kept = "".join(line for line in DESCRIPTORS.splitlines(keepends=True) if not line.startswith("h,"))
    match(SHOPS, kept)
    row = _rows(tmp_path)["e"]
    assert (row["decision"], row["shop"], row["identifier"]) == ("accept", "s2", "mid 7654321")


def test_the_form_of_the_files_does_not_matter(match: Match, tmp_path: Path) -> None:
    match()
    first = (tmp_path / "out.csv").read_bytes()
    other = [[cell.strip() for cell in row][::-1] for row in csv.reader(SHOPS.splitlines())]
    turned = "﻿" + "\r\n".join(";".join(row) for row in other) + "\r\n"
    code, said = match(turned, "﻿" + DESCRIPTORS.replace(",", ";"))
    assert code == 0, said
    written = (tmp_path / "out.csv").read_text()
    assert written.startswith("id;decision;shop;")
    assert list(csv.reader(written.splitlines(), delimiter=";")) == list(csv.reader(first.decode().splitlines()))


@pytest.mark.parametrize("country", ["BE", "BEL"])
def test_a_postcode_of_another_country_is_as_long_as_it_is_there(match: Match, tmp_path: Path, country: str) -> None:
    shops = f"id,name,cp,pays\ns1,Zara,1000,{country}\n"
    code, said = match(shops, f"id,libelle,cp,pays\na,ZARA,1000,{country}\n")
    assert code == 0, said
    assert "postcode: 1000 / 1000 agree" in _rows(tmp_path)["a"]["evidence"]


def test_only_the_needed_columns_are_needed(match: Match, tmp_path: Path) -> None:
    code, said = match("Enseigne,Shop ID,Nom,colour\nSephora,s1,Sephora,red\n", "libelle\nSEPHORA\n")
    assert code == 0, said
    assert "colour" in said
    assert _rows(tmp_path)["1"]["decision"] == "review"


PADDED = "x" * (10 * 1024 * 1024)
BAD = [
    ("id,name\n", DESCRIPTORS, "expected at least one shop"),
    ("", DESCRIPTORS, "is empty"),
    ("id,label\ns1,Zara\n", DESCRIPTORS, "expected a column name or shop_name"),
    ("id,name\ns1,Zara\ns1,Fnac\n", DESCRIPTORS, "line 3: the id 's1' is that of line 2"),
    ("id,name\ns1,\n", DESCRIPTORS, "line 2: name: expected a value"),
    ("id,name,member\ns1,Zara,perhaps\n", DESCRIPTORS, "line 2: member: expected yes or no, got 'perhaps'"),
    ("id,name,lat,lon\ns1,Zara,95,2\n", DESCRIPTORS, "line 2: latitude: expected -90 to 90"),
    ("id,name,siret\ns1,Zara,12\n", DESCRIPTORS, "line 2: siret: expected 14 digits"),
    (
        "id,name,mcc\ns1,Zara,abc\n",
        DESCRIPTORS,
        "line 2: category_codes: expected a category code of four digits, got 'abc'",
    ),
    ("id,name,mcc\ns1,Zara,5651|56511\n", DESCRIPTORS, "line 2: category_codes: expected a category code"),
    (SHOPS, "descriptor,mcc\nZARA,abc\n", "line 2: category_code: expected a category code of four digits, got 'abc'"),
    (
        "id,name,cp\ns1,Zara,6000\n",
        DESCRIPTORS,
        "line 2: postcode: expected five digits in France, got '6000'; if a spr",
    ),
    ("id,name,cp\ns1,Zara,7500X\n", DESCRIPTORS, "line 2: postcode: expected five digits in France, got '7500X'"),
    (SHOPS, "descriptor,cp\nZARA,6000\n", "if a spreadsheet took the zero off, write 06000"),
    (SHOPS, "id,descriptor\na,ZARA\nb,FNAC\na,ETAM\n", "line 4: the id 'a' is that of line 2"),
    (
        "id,name,brand,outlets_complete\ns1,Zara,Zara,yes\ns2,Zara Lyon,ZARA,no\n",
        DESCRIPTORS,
        "line 3: outlets_complete is no or empty and on line 2 yes: expected the same on all rows of 'ZARA'",
    ),
    ("id,name,name\ns1,Zara,Zara\n", DESCRIPTORS, "the column name is given twice"),
    (SHOPS, "descriptor,city\nZARA\n", "line 2: expected 2 cells, got 1"),
    (SHOPS, 'descriptor\n"ZARA PAR', "cut short"),
    (SHOPS, "descriptor\nZARA,PARIS\n", "expected 1 cells, got 2"),
    (SHOPS, f"descriptor\n{PADDED}\n", "expected at most 4096 characters"),
    (SHOPS, f"descriptor\n{'x' * 5_000}\n", "line 2: descriptor: expected at most 4096 characters, got 5000"),
    (SHOPS, "descriptor\nCaf\xe9\n".encode("latin-1"), "line 2: expected UTF-8, byte 14 is not"),
    (SHOPS, "descriptor\nZARA\n".encode("utf-16"), "expected UTF-8"),
    (SHOPS, b"descriptor\nZA\x00RA\n", "line 2"),
]


@pytest.mark.parametrize(("shops", "descriptors", "said"), BAD, ids=[case[2][:40] for case in BAD])
def test_an_unfit_file_is_refused_whole(
    match: Match, tmp_path: Path, shops: str | bytes, descriptors: str | bytes, said: str
) -> None:
    (tmp_path / "out.csv").write_text("before")
    code, output = match(shops, descriptors)
    assert code == 1
    assert said in output
    assert (tmp_path / "out.csv").read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["descriptors.csv", "out.csv", "shops.csv"]


def test_every_problem_is_told_up_to_twenty(match: Match) -> None:
    code, output = match("id,name\n" + "s,\n" * 30, DESCRIPTORS)
    assert code == 1
    assert output.count("expected a value") == 20
    assert "and 10 more" in output


def test_out_may_not_be_one_of_the_files_and_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(SHOPS)
    (tmp_path / "b.csv").write_text(DESCRIPTORS)
    names = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    done = CliRunner().invoke(main, ["merchants", "match", *names, names[1]])
    assert done.exit_code == 1
    assert "also a file to read" in done.output
    assert (tmp_path / "b.csv").read_text() == DESCRIPTORS
    done = CliRunner().invoke(main, ["merchants", "match", *names, str(tmp_path / "none" / "out.csv")])
    assert done.exit_code == 1
    assert "there is no folder" in done.output


def test_a_write_that_fails_leaves_nothing(match: Match, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out.csv").write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, output = match()
    assert code == 1
    assert "No space left" in output
    assert (tmp_path / "out.csv").read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["descriptors.csv", "out.csv", "shops.csv"]
