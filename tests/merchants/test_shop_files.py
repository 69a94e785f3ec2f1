"""Files of shops, purely: how they are read, and what becomes of each row beside the programme."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from cashback.merchants.imports.checking import Check, Standing, State, check
from cashback.merchants.imports.columns import Field, suggest
from cashback.merchants.imports.table import UnreadableTable, read_table, refuse_card_numbers
from cashback.merchants.schemas import Identifier, Shop
from cashback.programmes.schemas import Centre

LAC = Centre(UUID(int=1), "lac", "Centre Lac", ZoneInfo("Europe/Paris"), "FR")
PONT = Centre(UUID(int=2), "pont", "Le Pont", ZoneInfo("Europe/Paris"), "FR")
FNAC = Shop(UUID(int=11), "fnac", "Fnac", "Fnac", "5942", "1", "", LAC.id)
ZARA = Shop(UUID(int=12), "zara", "Zara", "Zara", "5651", "0", "", LAC.id)
HELD = Identifier("sandbox", "mid", "111", FNAC.id, None, None)
HEADER = "shop,name,centre,category,floor,network,scheme,value,valid_from,valid_until"


def checked(
    *rows: str,
    header: str = HEADER,
    centres: Sequence[Centre] = (LAC,),
    held: Sequence[Identifier] = (HELD,),
    mended: Mapping[int, Mapping[Field, str]] | None = None,
    shops: Sequence[Shop] = (FNAC, ZARA),
) -> Check:
    table = read_table("\n".join((header, *rows)).encode(), separator=",")
    numbers = count(100)
    standing = Standing(shops, centres, held)
    return check(table, suggest(table.header), mended or {}, standing, lambda: UUID(int=next(numbers)))


def states(found: Check) -> list[str]:
    return [each.state.value for each in found.rows]


def problems(found: Check) -> list[tuple[str, str]]:
    return [(each.field.value, each.code) for row in found.rows for each in row.problems]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encoding_and_separator_are_found_out(separator: str, codec: str) -> None:
    rows = [("Code boutique", "Nom"), ("fnac", "Fnac, l'été"), ("zara", "Zara")]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    table = read_table(text.encode(codec))
    assert table.separator == separator
    assert table.encoding == {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}.get(codec, codec)
    assert [(row.line, row.cells) for row in table.rows] == [(2, ("fnac", "Fnac, l'été")), (3, ("zara", "Zara"))]


def test_columns_are_understood_in_both_languages_each_once() -> None:
    header = ("Code Boutique", "Étage", "code MCC", "Identifiant", "MID", "Téléphone", "valable du")
    fields = (Field.SHOP, Field.FLOOR, Field.CATEGORY, Field.VALUE, None, None, Field.VALID_FROM)
    assert suggest(header) == fields


def test_a_card_number_is_refused_but_in_the_column_of_identifiers() -> None:
    table = read_table(b"shop,value\nfnac,4111111111111111")
    refuse_card_numbers(table, spared=1)
    with pytest.raises(UnreadableTable) as refused:
        refuse_card_numbers(table, spared=None)
    assert refused.value.code == "card_number"
    assert "4111" not in str(refused.value)


def test_rows_are_new_changed_unchanged_and_an_empty_cell_leaves_what_is_stored() -> None:
    found = checked(
        "fnac,,,,,sandbox,mid,111,,",
        "fnac,,,,2,,,,,",
        "zara,Zara Home,,,,,,,,",
        "lush,Lush,,5977,0,sandbox,mid,222,21/11/2026,2026-12-01",
        "lush,,,,,fidel,mid,333,,",
    )
    assert states(found) == ["unchanged", "changed", "changed", "new", "new"]
    assert {each.code: (each.name, each.floor, each.brand) for each in found.shops} == {
        "fnac": ("Fnac", "2", "Fnac"),
        "zara": ("Zara Home", "0", "Zara"),
        "lush": ("Lush", "0", "Lush"),
    }
    begins = {each.value: each.valid_from for each in found.plan.added}
    assert begins == {"222": datetime(2026, 11, 20, 23, tzinfo=UTC), "333": None}
    assert found.plan.removed == ()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",Lush,,5977,,,,,,", ("shop", "missing")),
        ("a b,Lush,,5977,,,,,,", ("shop", "bad_code")),
        ("lush,,,5977,,,,,,", ("name", "needed_for_new")),
        ("lush,Lush,,,,,,,,", ("category", "needed_for_new")),
        ("fnac,,,59,,,,,,", ("category", "category_unknown")),
        ("fnac,,,9999,,,,,,", ("category", "category_unknown")),
        ("fnac,,,Librairie,,,,,,", ("category", "category_unknown")),
        ("example-shop,Example shop,,5651,0,visa,mid,00012345678,2026-01-01,", ("shop", "example")),
        ("boutique-exemple,Mine,,5651,,,,,,", ("shop", "example")),
        ("fnac,,lack,,,,,,,", ("centre", "centre_unknown_close")),
        ("fnac,,x,,,,,,,", ("centre", "centre_unknown")),
        ("fnac,,,,,sandbox,,5,,", ("scheme", "incomplete")),
        ("fnac,,,,,sandbox,mid,,,", ("value", "incomplete")),
        ("fnac,,,,,sandbx,mid,5,,", ("network", "network_unknown_close")),
        ("fnac,,,,,sandbox,mdi,5,,", ("scheme", "scheme_unknown_close")),
        ("fnac,,,,,sandbox,mid,5,soon,", ("valid_from", "bad_date")),
        ("fnac,,,,,sandbox,mid,5,2026-02-01,2026-01-01", ("valid_until", "ends_before")),
        ("zara,,,,,sandbox,mid,111,,", ("value", "identifier_taken")),
        ("fnac,,,,,,,,,,surplus", ("shop", "too_many_cells")),
    ],
)
def test_a_faulty_row_says_what_and_where_and_nothing_of_it_is_applied(row: str, problem: tuple[str, str]) -> None:
    found = checked(row)
    assert problems(found) == [problem]
    assert (found.shops, found.plan.added, found.plan.removed) == ((), (), ())


def test_of_rows_that_contradict_each_other_the_later_one_is_faulty() -> None:
    found = checked(
        "lush,Lush,,5977,,sandbox,mid,222,,",
        "lush,Lusch,,,,,,,,",
        "zara,,,,,sandbox,mid,222,,",
        "fnac,,,,,sandbox,mid,333,,",
        "fnac,,,,,sandbox,mid,333,,",
    )
    assert states(found) == ["new", "faulty", "faulty", "new", "faulty"]
    assert problems(found) == [("name", "differs"), ("value", "identifier_taken"), ("value", "repeated")]
    assert {each.value for each in found.plan.added} == {"222", "333"}


def test_a_faulty_row_gives_back_what_it_would_have_replaced() -> None:
    dated = Identifier("sandbox", "mid", "444", FNAC.id, datetime(2026, 1, 1, tzinfo=UTC), None)
    found = checked("fnac,,,,,sandbox,mid,444,2026-06-01,", "zara,,,,,sandbox,mid,444,2026-03-01,", held=(dated,))
    assert states(found) == ["changed", "faulty"]
    assert [each.valid_from for each in found.plan.added] == [datetime(2026, 5, 31, 22, tzinfo=UTC)]


def test_a_new_shop_says_its_centre_where_there_are_several() -> None:
    assert problems(checked("lush,Lush,,5977,,,,,,", centres=(LAC, PONT))) == [("centre", "centre_needed")]
    found = checked("lush,Lush,le pont,5977,,,,,,", centres=(LAC, PONT))
    assert [each.centre_id for each in found.shops] == [PONT.id]


def test_a_trade_that_is_no_code_may_stay_where_it_is_stored_and_is_not_given_to_others() -> None:
    odd = replace(ZARA, category="9999")
    assert states(checked("zara,,,9999,,,,,,", shops=(FNAC, odd))) == ["unchanged"]
    assert problems(checked("fnac,,,9999,,,,,,", shops=(FNAC, odd))) == [("category", "category_unknown")]


def test_a_floor_is_written_in_one_way_the_programmes() -> None:
    written = tuple(replace(each, floor=f"Niveau {each.floor}") for each in (FNAC, ZARA))
    rows = ("fnac,,,,Level 1,,,,,", "zara,,,,RDC,,,,,", "lush,Lush,,5977,0,,,,,", "lush,,,,Niveau 0,,,,,")
    found = checked(*rows, shops=written)
    assert states(found) == ["unchanged", "unchanged", "new", "unchanged"]
    assert [each.floor for each in found.shops] == ["Niveau 0"]
    new = checked("lush,Lush,,5977,2nd floor,,,,,", "kusmi,Kusmi,,5499,Mezzanine,,,,,")
    assert [each.floor for each in new.shops] == ["2", "Mezzanine"]


def test_what_was_typed_stands_in_the_place_of_a_cell_and_changes_what_was_seen() -> None:
    before = checked("fnac,,,59,,,,,,")
    after = checked("fnac,,,59,,,,,,", mended={2: {Field.CATEGORY: "5945"}})
    assert (states(before), states(after)) == (["faulty"], ["changed"])
    assert before.digest != after.digest
    assert after.count(State.CHANGED) == 1
