"""Reading a programme file: what is refused, where, and with which words; and that text stays text."""

from typing import Any

import pytest
from programme_places import PLACES_AND_TIMES
from programme_texts import SMALL, a_document, a_file, a_text

from cashback.offers.conditions.spend import MinimumSpend
from cashback.offers.effects.plain import Percent
from cashback.offers.terms import CONDITIONS
from cashback.programme_file import yaml_text
from cashback.programme_file.reading import PROBLEMS_MAX, UnreadableProgramme, from_plain, parse
from cashback.programmes.schemas import Clawback, Conversion


def test_amounts_become_minor_units_and_defaults_are_filled_in() -> None:
    file = parse(a_text())
    offer, points = file.offers
    assert offer.currency == "EUR"
    (minimum,) = offer.conditions
    assert isinstance(minimum, MinimumSpend)
    assert isinstance(offer.reward, Percent)
    assert (minimum.amount, offer.reward.cap_per_purchase, offer.budget) == (20_00, 10_00, 100_00)
    assert points.terms().stored() == {"currency": "EUR", "reward": {"kind": "fixed", "asset": "PTS", "amount": 10}}
    euros, pts = (asset.asset() for asset in file.assets)
    assert (euros.clawback, pts.clawback, euros.conversion) == (Clawback.DEBT, Clawback.DEBT, None)
    assert pts.conversion == Conversion(threshold=100, into="EUR", amount=10_00, yearly_limit=5)
    assert [file.zone_of(centre).key for centre in file.centres] == ["Europe/Paris", "Europe/London"]


def test_what_is_not_owed_back_is_forgiven() -> None:
    parking = {"code": "PARKMIN", "kind": "minutes", "name": {"en": "minutes", "fr": "minutes"}}
    assert a_file(**{"assets.2": parking}).assets[2].clawback is Clawback.FORGIVE
    assert a_file(**{"assets.2": {**parking, "clawback": "debt"}}).assets[2].clawback is Clawback.DEBT


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        (
            {"programme.zone": "Europe/Pari"},
            "programme.zone",
            "'Europe/Pari' is not a time zone, expected a name such as Europe/Paris",
        ),
        (
            {"programme.zone": "../etc/passwd"},
            "programme.zone",
            "'../etc/passwd' is not a time zone, expected a name such as Europe/Paris",
        ),
        (
            {"programme.currency": "EURO"},
            "programme.currency",
            "'EURO' is not an ISO 4217 currency, expected a code such as EUR",
        ),
        ({"programme.code": None}, "programme.code", "this field is needed"),
        ({"programme": None}, "programme", "this field is needed"),
        ({"programme": ["a"]}, "programme", "expected a mapping of fields"),
        ({"centres": []}, "centres", "expected at least one"),
        ({"centres": "quais"}, "centres", "expected a list"),
        (
            {"centres.0.country": "France"},
            "centres[0].country",
            "string should match pattern '^[A-Z]{2}$', got 'France'",
        ),
        (
            {"shops.0.kategory": "5942"},
            "shops[0].kategory",
            "unknown field (did you mean category?), expected one of code, name, centre, category, "
            "brand, floor, area, identifiers",
        ),
        (
            {"shops.0.identifiers.0.mid": "1"},
            "shops[0].identifiers[0].mid",
            "unknown field, expected one of network, scheme, value, valid_from, valid_until",
        ),
        (
            {"offers.0.reward.rate": 5},
            "offers[0].reward.rate",
            "unknown field (did you mean rate_bps?), expected one of asset, minimum, "
            "cap_per_purchase, kind, rate_bps, rounding",
        ),
        (
            {"offers.0.conditions.0.minimum": 5},
            "offers[0].conditions[0].minimum",
            "unknown field, expected one of kind, amount",
        ),
        (
            {"offers.0.conditions.0.kind": "minimum_spent"},
            "offers[0].conditions[0]",
            "unknown kind 'minimum_spent' (did you mean minimum_spend?), expected " + ", ".join(CONDITIONS),
        ),
        (
            {"offers.0.conditions.0.kind": None},
            "offers[0].conditions[0]",
            "the field kind is needed, it says which one this is",
        ),
        (
            {"offers.0.conditions.0": {"kind": "shops", "shops": []}},
            "offers[0].conditions[0].shops",
            "expected at least one",
        ),
        (
            {"offers.0.conditions.0": {"kind": "shops", "shops": ["fnac", "fnak"]}},
            "offers[0].conditions[0].shops[1]",
            "no shop of this file has the code 'fnak'; did you mean fnac?",
        ),
        (
            {"offers.0.conditions.0": {"kind": "centres", "centres": ["zzz"]}},
            "offers[0].conditions[0].centres[0]",
            "no centre of this file has the code 'zzz'; expected one of perth, quais",
        ),
        *PLACES_AND_TIMES,
        (
            {"offers.0.reward.asset": "GBP"},
            "offers[0].reward.asset",
            "no asset of this file has the code 'GBP'; expected one of EUR, PTS",
        ),
        (
            {"offers.0.reward.cap_per_purchase": "0"},
            "offers[0].reward.cap_per_purchase",
            "input should be greater than 0, got '0'",
        ),
        (
            {"offers.1.reward.amount": "1.50"},
            "offers[1].reward.amount",
            "expected a whole number of units of PTS, got '1.50'",
        ),
        ({"offers.1.currency": "GBP"}, "offers[1]", "an offer counts purchases in the programme's EUR, not GBP"),
        ({"offers.1.code": "cashback"}, "offers[1].code", "the code 'cashback' is already that of offers[0]"),
        ({"shops.1.code": "fnac"}, "shops[1].code", "the code 'fnac' is already that of shops[0]"),
        (
            {"shops.1.code": "two words"},
            "shops[1].code",
            "string should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', got 'two words'",
        ),
        (
            {"shops.1.centre": "quay"},
            "shops[1].centre",
            "no centre of this file has the code 'quay'; did you mean quais?",
        ),
        (
            {"shops.0.identifiers.0.network": "sandbax"},
            "shops[0].identifiers[0].network",
            "no network is called 'sandbax'; did you mean sandbox?",
        ),
        (
            {"shops.0.identifiers.0.network": "visca"},
            "shops[0].identifiers[0].network",
            "no network is called 'visca'; did you mean visa?",
        ),
        (
            {"shops.0.identifiers.0.scheme": "midd"},
            "shops[0].identifiers[0].scheme",
            "sandbox has no scheme 'midd'; did you mean mid?",
        ),
        (
            {"shops.0.identifiers.1.scheme": "mid"},
            "shops[0].identifiers[1].scheme",
            "stripe has no scheme 'mid'; expected one of network_id, terminal",
        ),
        (
            {"shops.0.identifiers.0.value": " 1"},
            "shops[0].identifiers[0].value",
            "string should match pattern '^\\S(.{0,126}\\S)?$', got ' 1'",
        ),
        (
            {"shops.0.identifiers.0.valid_from": "2026-13-01"},
            "shops[0].identifiers[0].valid_from",
            "expected a date such as 2026-11-21, got '2026-13-01'",
        ),
        (
            {"shops.0.identifiers.1.valid_until": "2026-07-01"},
            "shops[0].identifiers[1]",
            "valid_until 2026-07-01 is not after valid_from 2026-07-01",
        ),
        (
            {
                "shops.1.identifiers": [
                    {"network": "sandbox", "scheme": "mid", "value": "00123", "valid_from": "2026-01-01"}
                ]
            },
            "shops[1].identifiers[0]",
            "sandbox mid '00123' would name Fnac and Zara at the same time, see also shops[0]",
        ),
        (
            {"assets.1.conversion.into": "GBP"},
            "assets[1].conversion.into",
            "no asset of this file has the code 'GBP'; expected one of EUR, PTS",
        ),
        (
            {"assets.1.conversion.into": "PTS", "assets.1.conversion.amount": 3},
            "assets[1].conversion.into",
            "PTS is itself converted; expected an asset that is not",
        ),
        (
            {"assets.1.conversion.amount": "10.001"},
            "assets[1].conversion.amount",
            "10.001 EUR has more than 2 decimals",
        ),
        (
            {"assets.1.conversion.threshold": 0},
            "assets[1].conversion.threshold",
            "input should be greater than 0, got 0",
        ),
        (
            {"assets.1.kind": "money"},
            "assets[1].code",
            "money is counted in a currency: expected EUR or NAME:EUR, got PTS",
        ),
        (
            {"assets.2": {"code": "GIFT:ALL", "kind": "gift", "name": {"en": "g", "fr": "c"}}},
            "assets[2].code",
            "GIFT:ALL ends in the currency ALL: choose another code for gift",
        ),
        (
            {
                "assets.2": {"code": "GBP", "kind": "money", "name": {"en": "g", "fr": "g"}},
                "offers.0.reward.asset": "GBP",
            },
            "offers[0].reward.asset",
            "a percentage of EUR pays EUR, not GBP",
        ),
    ],
)
def test_refused_with_the_place_and_what_was_expected(changes: dict[str, Any], where: str, message: str) -> None:
    with pytest.raises(UnreadableProgramme) as refused:
        from_plain(a_document(**changes))
    assert (where, message) in [(each.where, each.message) for each in refused.value.problems]
    assert refused.value.code == "programme_file"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [1, 2\nb: 3\n", 2, "not YAML: did not find expected ',' or ']'"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "the field 'c' is written twice, first in line 3"),
        ("a: &here 1\n", 1, "aliases and anchors are not read: write the value out"),
        ("a: 1\nb: *here\n", 2, "aliases and anchors are not read: write the value out"),
        ("a: !!python/object:os.system x\n", 1, "tags such as tag:yaml.org,2002:python/object:os.system are not read"),
        ("a: 1\n---\nb: 2\n", 2, "expected one document, a second one begins here"),
        ("? [a]\n: 1\n", 1, "expected a field's name, got a mapping or a list"),
        ("[" * 100_000, 1, "nested deeper than 20 levels"),
    ],
)
def test_text_that_is_not_such_yaml_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(UnreadableProgramme) as refused:
        parse(text, "mine.yaml")
    (problem,) = refused.value.problems
    assert (problem.line, problem.message) == (line, message)
    assert refused.value.detail.startswith("mine.yaml: 1 problem, nothing was applied\n  line ")


def test_a_file_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "TEXT_MAX", 10)
    with pytest.raises(UnreadableProgramme, match="expected at most 10"):
        parse(a_text())


def test_every_scalar_is_the_text_that_was_written() -> None:
    tree = yaml_text.read_tree("a: 00123\nb: 10.00\nc: NO\nd: 12:30\ne: ~\nf: 'null'\ng:\nh: 2026-11-01\n")
    assert tree.value == {
        "a": "00123", "b": "10.00", "c": "NO", "d": "12:30", "e": None, "f": "null", "g": None, "h": "2026-11-01",
    }  # fmt: skip
    assert tree.lines["d",] == 4


def test_numbers_need_no_quotes_and_norway_is_a_country() -> None:
    plain = a_text().replace("'", "").replace("country: FR", "country: NO")
    assert parse(plain).shops[0].identifiers[0].value == "00123"  # type: ignore[index]
    assert parse(plain).centres[0].country == "NO"
    assert parse(plain).offers == parse(a_text()).offers


def test_every_problem_is_told_in_the_order_of_lines() -> None:
    text = a_text(**{"offers.0.hold_days": "soon", "programme.zone": "Mars", "shops.0.floors": 3})
    with pytest.raises(UnreadableProgramme) as refused:
        parse(text, "mine.yaml")
    assert refused.value.detail.splitlines()[0] == "mine.yaml: 3 problems, nothing was applied"
    wanted = [("zone: Mars", "programme.zone"), ("floors:", "shops[0].floors"), ("hold_days:", "offers[0].hold_days")]
    lines = [next(n for n, line in enumerate(text.splitlines(), 1) if piece in line) for piece, _ in wanted]
    assert [(each.line, each.where) for each in refused.value.problems] == [
        (line, where) for line, (_, where) in zip(lines, wanted, strict=True)
    ]


def test_unknown_centres_and_networks_are_told_beside_fields_that_are_not_valid() -> None:
    wrong: dict[str, Any] = {
        "offers.0.hold_days": "soon",
        "shops.1.centre": "quay",
        "shops.0.identifiers.0.scheme": "m",
    }
    with pytest.raises(UnreadableProgramme) as refused:
        parse(a_text(**wrong))
    assert [(each.where, each.message) for each in refused.value.problems] == [
        ("shops[0].identifiers[0].scheme", "sandbox has no scheme 'm'; expected one of mid, terminal"),
        ("shops[1].centre", "no centre of this file has the code 'quay'; did you mean quais?"),
        (
            "offers[0].hold_days",
            "input should be a valid integer, unable to parse string as an integer, got 'soon'",
        ),
    ]


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"centres.0.code": None}, ["centres[0].code"]),
        (
            {"centres.0.code": "two words", "shops.0.centre": "two words", "shops.1.centre": "two words"},
            ["centres[0].code", "shops[0].centre", "shops[1].centre"],
        ),
        ({"centres": "quais"}, ["centres"]),
        ({"shops.0.identifiers.0.network": " x"}, ["shops[0].identifiers[0].network"]),
        ({"shops.0.identifiers": "mid"}, ["shops[0].identifiers"]),
        ({"shops.0": "fnac"}, ["shops[0]"]),
        ({"shops": 3}, ["shops"]),
    ],
)
def test_a_place_of_the_wrong_shape_is_told_once(changes: dict[str, Any], places: list[str]) -> None:
    with pytest.raises(UnreadableProgramme) as refused:
        from_plain(a_document(**changes))
    assert [each.where for each in refused.value.problems] == places


def test_a_decimal_comma_is_answered_with_the_point() -> None:
    text = a_text(**{"offers.0.conditions": "here"}).replace(
        "conditions: here", "conditions: [{kind: minimum_spend, amount: 20,00}]"
    )
    with pytest.raises(UnreadableProgramme) as refused:
        parse(text)
    (problem,) = refused.value.problems
    assert problem.where == "offers[0].conditions[0].00"
    assert problem.message.endswith('use a point: "20.00"')


def test_many_problems_are_cut_and_counted() -> None:
    document = a_document(offers=[{"code": f"o{n}"} for n in range(50)])
    with pytest.raises(UnreadableProgramme) as refused:
        from_plain(document)
    assert len(refused.value.problems) == 50
    assert refused.value.detail.endswith("and 30 more")


def test_of_very_many_problems_only_the_first_are_told() -> None:
    with pytest.raises(UnreadableProgramme) as refused:
        parse("\n".join(f"k{number}: 1" for number in range(2_000)))
    assert len(refused.value.problems) <= PROBLEMS_MAX + 5
    assert refused.value.detail.startswith("programme file: 2003 problems")
    assert refused.value.detail.endswith("and 1983 more")


def test_a_file_of_more_values_than_any_programme_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "VALUES_MAX", 10)
    with pytest.raises(UnreadableProgramme, match="line 10: the file holds more than 10 values"):
        parse("\n".join(f"k{number}: 1" for number in range(50)))


def test_the_plain_document_is_what_is_read_back() -> None:
    file = a_file()
    assert from_plain(file.plain()) == file
    assert file.plain()["offers"][0] == SMALL["offers"][0]
