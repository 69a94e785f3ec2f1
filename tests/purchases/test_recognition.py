"""Which views of different sources are one purchase: tables of what a person would say, and laws."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.purchases.names import alike
from cashback.purchases.recognition import Verdict, View, likeness, near, recognise
from cashback.purchases.schemas import PurchaseKey
from cashback.purchases.views import authority
from issuers.events import TimeBasis

ANNA = UUID(int=1)
CARD, ACCOUNT = UUID(int=11), UUID(int=12)
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON - 13 * HOUR
"""The local midnight, in Paris, of the day on which it is noon."""
CAFE, BOOKS = UUID(int=21), UUID(int=22)


def a_view(network: str = "fidel", ref: str = "n", amount: int = 42_00, **more: Any) -> View:
    """Authorised and collected at noon, in full, at the café, by a card that ends in 4521."""
    at = more.pop("at", NOON)
    told: dict[str, Any] = {
        "card_id": CARD,
        "currency": "EUR",
        "asked_minor": amount,
        "settled_minor": (amount,),
        "since": at,
        "until": at,
        "basis": TimeBasis.INSTANT,
        "names": ("CAFE DES QUAIS PARIS",),
        "last_four": "4521",
        "authority": authority(network),
    }
    return View(key=PurchaseKey(ANNA, network, ref), **told | more)


def of_bank(ref: str = "b", amount: int = 42_00, **more: Any) -> View:
    """Booked by the bank, that knows the day and the name."""
    begin = more.pop("day", MIDNIGHT)
    told: dict[str, Any] = {
        "card_id": ACCOUNT,
        "asked_minor": 0,
        "since": begin,
        "until": begin + DAY,
        "basis": TimeBasis.DATE,
    }
    return a_view("sandbox_bank", ref, amount, **told | more)


def found(*views: View, rulings: Any = None) -> set[frozenset[str]]:
    """The purchases found, each by the references of its views."""
    return {frozenset(each.key.ref for each in group.views) for group in recognise(views, rulings)}


def together(*views: View) -> bool:
    return len(found(*views)) == 1


def of_sale(**more: Any) -> View:
    """Sold at the café in instalments, its first part paid."""
    told: dict[str, Any] = {"card_id": ACCOUNT, "asked_minor": 0, "shop_id": CAFE, "last_four": None}
    return a_view("checkout", "sale", **told | more)


def of_receipt(**more: Any) -> View:
    """Claimed by the shopper, with the minute that the till printed."""
    told: dict[str, Any] = {"card_id": ACCOUNT, "asked_minor": 0, "shop_id": CAFE, "last_four": None}
    return a_view("receipt", "claim", **told | more)


TWINS: dict[str, tuple[View, View, bool]] = {
    "the issuer and the network a minute apart": (a_view(), a_view("lithic", "i", at=NOON + MINUTE), True),
    "an hour apart, told by precise clocks": (a_view(), a_view("lithic", "i", at=NOON + HOUR), False),
    "an hour apart, one clock without a zone": (
        a_view(),
        a_view("lithic", "i", at=NOON + HOUR, basis=TimeBasis.ASSUMED_UTC),
        True,
    ),
    "another amount": (a_view(), a_view("lithic", "i", 42_01, settled_minor=(42_01,)), False),
    "another currency": (a_view(), a_view("lithic", "i", currency="GBP"), False),
    "the bank, on the day": (a_view(), of_bank(), True),
    "the bank, on the day before": (a_view(), of_bank(day=MIDNIGHT - DAY), False),
    "the bank, on the day after": (a_view(), of_bank(day=MIDNIGHT + DAY), False),
    "the bank, a shop that closes after midnight": (a_view(at=MIDNIGHT + DAY + HOUR), of_bank(), True),
    "the bank, booked days later under that name": (
        a_view(),
        of_bank(day=MIDNIGHT, until=MIDNIGHT + 5 * DAY, basis=TimeBasis.BOOKED),
        True,
    ),
    "the bank, booked days later without a name": (
        a_view(),
        of_bank(day=MIDNIGHT, until=MIDNIGHT + 5 * DAY, names=(), basis=TimeBasis.BOOKED),
        False,
    ),
    "the bank, another name but the same card": (a_view(), of_bank(names=("SARL DUPONT",)), True),
    "the bank, another name and no card told": (a_view(), of_bank(names=("SARL DUPONT",), last_four=None), False),
    "the bank, no name and no card told": (a_view(), of_bank(names=(), last_four=None), True),
    "the bank, another card and another name": (a_view(), of_bank(names=("ZARA",), last_four="9999"), False),
    "the bank, a phone's number and the same name": (a_view(), of_bank(last_four="9999"), True),
    "two shops, both known": (a_view(shop_id=CAFE), of_bank(shop_id=BOOKS), False),
    "a shop known to one of them alone": (a_view(shop_id=CAFE), of_bank(), True),
    "one shop under two names": (
        a_view(shop_id=CAFE),
        of_bank(shop_id=CAFE, names=("SARL DUPONT",), last_four=None),
        True,
    ),
    "authorised by one, collected with a tip by the other": (
        a_view(settled_minor=()),
        of_bank(amount=46_20),
        True,
    ),
    "collected by both, with a difference": (a_view(), of_bank(amount=46_20), False),
    "authorised for fuel, collected for less": (
        a_view(amount=150_00, settled_minor=(61_35,)),
        of_bank(amount=61_35),
        True,
    ),
    "the account in another currency, with the shop's told beside it": (
        a_view(),
        of_bank(amount=35_90, currency="GBP", others={"EUR": 42_00}),
        True,
    ),
    "the account in another currency, converted by another day's rate": (
        a_view(),
        of_bank(amount=35_90, currency="GBP", others={"EUR": 42_35}),
        True,
    ),
    "converted to the shop's currency, a cent apart": (
        a_view(others={"GBP": 35_90}),
        of_bank(amount=41_99, others={"GBP": 35_90}),
        True,
    ),
    "converted to the shop's currency, and the network tells one": (
        a_view(),
        of_bank(amount=41_99, others={"GBP": 35_90}),
        True,
    ),
    "converted, and too far apart": (a_view(), of_bank(amount=40_00, others={"GBP": 34_20}), False),
    "two purchases of one source": (a_view(), a_view(ref="m"), False),
    "an authorization that expired and a clearing that names none": (
        a_view(settled_minor=(), identifiers=frozenset({"mid:1"})),
        a_view(ref="m", asked_minor=0, at=NOON + 4 * DAY, identifiers=frozenset({"mid:1"})),
        True,
    ),
    "the same, at a place with another name": (
        a_view(settled_minor=()),
        a_view(ref="m", asked_minor=0, at=NOON + 4 * DAY, names=("ZARA",)),
        False,
    ),
    "the same, of another card": (
        a_view(settled_minor=()),
        a_view(ref="m", asked_minor=0, at=NOON + 4 * DAY, card_id=ACCOUNT),
        False,
    ),
    "a row that was withdrawn and a clearing nearby, of a shop of another name in one town": (
        of_bank(settled_minor=(), asked_minor=42_00, names=("CHOCOLATS VERNON PARIS",)),
        of_bank(ref="c", amount=41_00, day=MIDNIGHT + 9 * DAY, names=("CINEMA LUCIOLE PARIS",)),
        False,
    ),
    "a row that was withdrawn and a clearing nearby under that name": (
        of_bank(settled_minor=(), asked_minor=42_00),
        of_bank(ref="c", amount=41_00, day=MIDNIGHT + 2 * DAY),
        True,
    ),
    "a row that was withdrawn and a clearing of another amount weeks later": (
        of_bank(settled_minor=(), asked_minor=42_00),
        of_bank(ref="c", amount=41_00, day=MIDNIGHT + 20 * DAY),
        False,
    ),
    "a sale in instalments, and a card in that shop at that moment": (of_sale(), a_view(shop_id=CAFE), False),
    "a sale in instalments, and a card in that shop within days": (
        of_sale(at=NOON + 2 * DAY),
        a_view(asked_minor=0, until=NOON + 10 * DAY, basis=TimeBasis.BOOKED, shop_id=CAFE),
        False,
    ),
    "a sale in instalments, and the bank on that day": (of_sale(), of_bank(shop_id=CAFE, last_four=None), False),
    "a sale in instalments, and its receipt": (of_sale(), of_receipt(), True),
    "a purchase by card, and its receipt": (a_view(shop_id=CAFE), of_receipt(), True),
    "the same, the clearing first": (
        a_view(settled_minor=()),
        a_view(ref="m", asked_minor=0, at=NOON - 4 * DAY),
        False,
    ),
}


@pytest.mark.parametrize(("one", "other", "same"), TWINS.values(), ids=TWINS.keys())
def test_two_views(one: View, other: View, same: bool) -> None:
    assert together(one, other) is same
    assert together(other, one) is same
    if same:
        assert near(one, other)
        assert near(other, one)
        assert likeness(one, other) == likeness(other, one)


def test_three_sources_of_one_purchase() -> None:
    (group,) = recognise([of_bank(), a_view("lithic", "i", at=NOON + MINUTE), a_view()])
    assert [each.key.network for each in group.views] == ["lithic", "fidel", "sandbox_bank"]
    assert {"same_amount", "same_moment", "same_day", "same_place", "same_card_ending"} <= group.because


def test_a_receipt_never_brings_a_sale_in_instalments_and_a_card_together() -> None:
    for order in permutations([of_sale(), a_view(shop_id=CAFE), of_receipt()]):
        groups = found(*order)
        assert len(groups) == 2
        assert not any({"sale", "n"} <= each for each in groups)


def test_a_person_may_rule_that_a_card_paid_a_sale_in_instalments() -> None:
    sale, paid = of_sale(), a_view(shop_id=CAFE)
    rulings = {frozenset((sale.key, paid.key)): Verdict.ONE}
    assert found(sale, paid, rulings=rulings) == {frozenset({"sale", "n"})}


def test_two_equal_coffees_of_one_day_keep_their_own_witnesses() -> None:
    views = [
        a_view(ref="n1", amount=3_50),
        a_view(ref="n2", amount=3_50, at=NOON + HOUR),
        a_view("lithic", "i1", 3_50, at=NOON + 2 * MINUTE),
        a_view("lithic", "i2", 3_50, at=NOON + HOUR + 2 * MINUTE),
        of_bank("b1", 3_50),
        of_bank("b2", 3_50),
    ]
    groups = found(*views)
    assert len(groups) == 2
    assert {frozenset({"n1", "i1"}) <= group or frozenset({"n2", "i2"}) <= group for group in groups} == {True}


def test_an_equal_coffee_that_one_source_did_not_see_stays_a_purchase() -> None:
    views = [a_view(ref="n1", amount=3_50), of_bank("b1", 3_50), of_bank("b2", 3_50)]
    assert sorted(len(group) for group in found(*views)) == [1, 2]


def test_the_parts_that_the_bank_books_are_one_purchase_with_the_whole() -> None:
    whole = a_view(amount=90_00, settled_minor=(30_00, 30_00, 30_00))
    parts = [of_bank(f"b{number}", 30_00, day=MIDNIGHT + number * DAY) for number in range(3)]
    assert found(whole, *parts) == {frozenset({"n", "b0", "b1", "b2"})}
    fourth = of_bank("b4", 30_00, day=MIDNIGHT + 4 * DAY)
    assert sorted(len(group) for group in found(whole, *parts, fourth)) == [1, 4]


def test_parts_are_one_purchase_also_beside_a_row_that_vanished() -> None:
    whole = a_view(amount=90_00, settled_minor=(20_00, 30_00, 40_00))
    parts = [of_bank(f"b{part}", part) for part in (20_00, 30_00, 40_00)]
    vanished = of_bank("gone", 30_00, settled_minor=(), asked_minor=30_00)
    assert found(whole, *parts, vanished) == {frozenset({"n", "b2000", "b3000", "b4000", "gone"})}


def test_two_rows_of_a_bank_come_before_two_clocks_that_hardly_agree() -> None:
    twins = [a_view(ref="n", amount=3_50), a_view("lithic", "i", 3_50, at=NOON + 12 * MINUTE)]
    assert len(found(*twins)) == 1
    assert len(found(*twins, of_bank("b1", 3_50))) == 1
    assert sorted(map(len, found(*twins, of_bank("b1", 3_50), of_bank("b2", 3_50)))) == [2, 2]


def test_people_come_before_all_evidence() -> None:
    network, bank, far = a_view(), of_bank(), a_view("lithic", "i", 1_00, at=NOON + 90 * DAY)
    apart = {frozenset({network.key, bank.key}): Verdict.APART}
    assert found(network, bank, rulings=apart) == {frozenset({"n"}), frozenset({"b"})}
    one = {frozenset({network.key, far.key}): Verdict.ONE}
    assert found(network, far, rulings=one) == {frozenset({"n", "i"})}
    gone = {frozenset({network.key, PurchaseKey(ANNA, "amex", "never told")}): Verdict.ONE}
    assert found(network, rulings=gone) == {frozenset({"n"})}


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("ZARA PARIS 15", "Zara", True),
        ("CAFÉ DES QUAIS", "CAFE DES QU", True),
        ("SUMUP  *BOULANGERIE MA", "BOULANGERIE MARTIN", True),
        ("PAYPAL *FNAC", "FNAC", True),
        ("MONOPRIX 4512", "LOVEDI", False),
        ("ZARA PARIS", "CELIO PARIS", False),
        ("ZARA", "", None),
        ("CB*4521", "ZARA", None),
    ],
)
def test_names_of_one_place(name: str, other: str, same: bool | None) -> None:
    assert alike([name], [other], ["Paris"]) is same
    assert alike([other], [name], ["Paris"]) is same


SOURCES = ("fidel", "lithic", "sandbox_bank")


@st.composite
def some_views(draw: st.DrawFn) -> list[View]:
    views = []
    for number in range(draw(st.integers(1, 6))):
        network, amount = draw(st.sampled_from(SOURCES)), draw(st.sampled_from([3_50, 4_00, 7_00]))
        at = NOON + draw(st.integers(-60, 60)) * HOUR / 2
        settled = draw(st.sampled_from([(), (amount,), (3_50, 3_50)]))
        width = draw(st.sampled_from([timedelta(), DAY, 5 * DAY]))
        views.append(
            a_view(
                network,
                f"v{number}",
                amount,
                settled_minor=settled,
                asked_minor=draw(st.sampled_from([0, amount])) if settled else amount,
                at=at,
                until=at + width,
                names=draw(st.sampled_from([(), ("CAFE",), ("ZARA",)])),
                last_four=draw(st.sampled_from([None, "4521", "9999"])),
                shop_id=draw(st.sampled_from([None, None, CAFE, BOOKS])),
            )
        )
    return views


@given(some_views(), st.randoms(use_true_random=False))
def test_the_order_in_which_views_come_changes_nothing(views: list[View], order: Any) -> None:
    shuffled = list(views)
    order.shuffle(shuffled)
    assert recognise(shuffled) == recognise(views)


@given(some_views())
def test_every_view_is_in_one_purchase_and_no_purchase_has_two_shops(views: list[View]) -> None:
    groups = recognise(views)
    told = [each.key for group in groups for each in group.views]
    assert sorted(told, key=str) == sorted((each.key for each in views), key=str)
    for group in groups:
        assert len({each.shop_id for each in group.views} - {None}) <= 1
        assert len({each.currency for each in group.views}) == 1


@given(some_views())
def test_views_that_are_joined_are_linked_by_nearness(views: list[View]) -> None:
    """Whoever gathers views along `near` from any of them reaches all that it can be one with."""
    for group in recognise(views):
        reached, waiting = {group.views[0].key}, [group.views[0]]
        while waiting:
            one = waiting.pop()
            for other in group.views:
                if other.key not in reached and near(one, other):
                    reached.add(other.key)
                    waiting.append(other)
        assert reached == {each.key for each in group.views}


def test_any_order_of_a_day_with_three_sources_finds_the_same() -> None:
    views = [
        a_view(),
        a_view("lithic", "i", at=NOON + MINUTE),
        of_bank(),
        of_bank("b2"),
        a_view(ref="n2", at=NOON + HOUR),
    ]
    assert len({str(recognise(each)) for each in permutations(views)}) == 1
