"""What the purchases near claims decide by themselves: laws over any of them, whatever their order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cashback.claims.comparing import beside, decide
from cashback.claims.schemas import Answer, Claim, ClaimState, Reason
from cashback.claims.words import in_words
from cashback.merchants.schemas import Shop
from cashback.purchases.merging import merge
from cashback.purchases.recognition import View, likeness, near
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, PurchaseState, Statement
from cashback.purchases.service import PurchaseRow
from cashback.purchases.views import authority
from issuers.events import TimeBasis
from issuers.registry import ADAPTERS, RECEIPT, capabilities_of

ANNA = UUID(int=1)
BEGIN = datetime(2026, 11, 9, 23, tzinfo=UTC)
DAY = timedelta(days=1)
SHOPS = {
    UUID(int=number): Shop(UUID(int=number), code, name, name, "5812", "0", "", UUID(int=99))
    for number, code, name in ((21, "cafe", "Café des Quais"), (22, "books", "Librairie"))
}
ENDINGS = {UUID(int=31): "4521", UUID(int=32): None}


def a_claim(number: int = 1, **more: Any) -> Claim:
    told: dict[str, Any] = {
        "id": UUID(int=number),
        "shopper_id": ANNA,
        "digest": b"",
        "shop_id": UUID(int=21),
        "day": date(2026, 11, 10),
        "told_time": None,
        "since": BEGIN,
        "until": BEGIN + DAY,
        "amount_minor": 20_00,
        "currency": "EUR",
        "last_four": None,
        "media_type": None,
        "claimed_at": BEGIN + 3 * DAY,
        "state": ClaimState.OPEN,
        "reason": None,
        "words": None,
        "answered_by": None,
        "answered_at": None,
        "purchase_id": None,
    }
    return Claim(**told | more)


def a_row(number: int = 1, amount: int = 20_00, **more: Any) -> PurchaseRow:
    """A purchase that the bank booked on the day, without its shop."""
    at = more.pop("at", BEGIN)
    shop_id = more.pop("shop_id", None)
    merchant = {"identifiers": [], "descriptor": more.pop("descriptor", "CARTE CAFE DES QUAIS"), "city": None}
    told: dict[str, Any] = {
        "key": PurchaseKey(ANNA, "sandbox_bank", f"b{number}"),
        "card_id": UUID(int=32),
        "state": PurchaseState.CLEARED,
        "authorised_minor": 0,
        "cleared_minor": amount,
        "refunded_minor": 0,
        "credited_minor": 0,
        "net_minor": amount,
        "currency": "EUR",
        "purchased_at": at,
        "cleared_at": at + DAY,
        "place_key": "",
        "merchant": merchant,
        "purchased_until": at + DAY,
        "time_basis": TimeBasis.DATE,
    }
    return PurchaseRow(id=UUID(int=100 + number), folded=Folded(**told | more), shop_id=shop_id, due_at=None)


def decided(
    claims: Sequence[Claim], rows: Sequence[PurchaseRow], earned: frozenset[UUID] = frozenset()
) -> list[Answer]:
    return decide([(each, beside(each, rows, SHOPS, ENDINGS, earned)) for each in claims])


def outcome(claim: Claim, *rows: PurchaseRow, earned: bool = False) -> str:
    answers = decided([claim], rows, frozenset(each.id for each in rows) if earned else frozenset())
    return answers[0].reason.value if answers else "a person"


def test_one_purchase_at_a_time() -> None:
    cafe = UUID(int=21)
    assert outcome(a_claim()) == "a person"
    assert outcome(a_claim(), a_row()) == "proven"
    assert outcome(a_claim(), a_row(descriptor=None)) == "proven"
    assert outcome(a_claim(), a_row(descriptor="CARTE PHARMACIE")) == "a person"
    assert outcome(a_claim(), a_row(amount=20_01)) == "a person"
    assert outcome(a_claim(), a_row(at=BEGIN - DAY)) == "a person"
    assert outcome(a_claim(), a_row(purchased_until=BEGIN + 6 * DAY)) == "a person"
    assert outcome(a_claim(last_four="4521"), a_row(card_id=UUID(int=31))) == "proven"
    assert outcome(a_claim(last_four="9999"), a_row(card_id=UUID(int=31))) == "a person"
    assert outcome(a_claim(), a_row(1), a_row(2)) == "a person"
    assert outcome(a_claim(), a_row(state=PurchaseState.NOT_LINKED)) == "a person"
    assert outcome(a_claim(), a_row(state=PurchaseState.LAPSED)) == "a person"
    assert outcome(a_claim(), a_row(shop_id=cafe), earned=True) == "earned"
    assert outcome(a_claim(), a_row(shop_id=cafe)) == "earned_nothing"
    assert outcome(a_claim(), a_row(shop_id=cafe, state=PurchaseState.REFUNDED)) == "given_back"
    assert outcome(a_claim(), a_row(shop_id=cafe, state=PurchaseState.NOT_LINKED)) == "not_linked"
    assert outcome(a_claim(), a_row(shop_id=cafe, amount=22_00)) == "a person"
    assert outcome(a_claim(), a_row(shop_id=UUID(int=22))) == "a person"
    assert outcome(a_claim(currency="GBP"), a_row()) == "a person"


rows = st.builds(
    a_row,
    st.integers(1, 5),
    st.sampled_from([20_00, 20_00, 20_01, 24_00]),
    at=st.sampled_from([BEGIN, BEGIN, BEGIN + DAY, BEGIN - DAY, BEGIN + 5 * DAY]),
    shop_id=st.sampled_from([None, None, *SHOPS]),
    descriptor=st.sampled_from([None, "CARTE CAFE DES QUAIS", "CARTE LIBRAIRIE", "SUMUP"]),
    card_id=st.sampled_from([*ENDINGS]),
    state=st.sampled_from([PurchaseState.CLEARED] * 9 + list(PurchaseState)),
)
claims = st.builds(
    a_claim,
    st.integers(1, 4),
    shop_id=st.sampled_from([*SHOPS]),
    amount_minor=st.sampled_from([20_00, 20_00, 24_00]),
    last_four=st.sampled_from([None, "4521", "9999"]),
)


@given(
    st.lists(claims, max_size=4, unique_by=lambda each: each.id),
    st.lists(rows, max_size=5, unique_by=lambda each: each.id),
    st.randoms(use_true_random=False),
)
def test_what_is_decided_is_safe_and_has_no_order(told: list[Claim], stored: list[PurchaseRow], random: Any) -> None:
    answers = decided(told, stored)
    assert len({each.claim.id for each in answers}) == len(answers)
    accepted = [each for each in answers if each.state is ClaimState.ACCEPTED]
    assert len({each.purchase_id for each in accepted}) == len(accepted)
    by_id = {each.id: each for each in stored}
    for each in answers:
        assert each.purchase_id is not None
        row = by_id[each.purchase_id]
        assert row.folded.cleared_minor == each.claim.amount_minor
        if each.state is ClaimState.ACCEPTED:
            assert (row.shop_id, each.reason) == (None, Reason.PROVEN)
            assert row.folded.purchased_at == each.claim.since
            assert row.folded.state.may_earn()
        else:
            assert row.shop_id == each.claim.shop_id
    random.shuffle(told)
    random.shuffle(stored)
    again = decided(told, stored)
    assert {each.claim.id: each for each in again} == {each.claim.id: each for each in answers}


@given(claims, st.lists(rows, max_size=5, unique_by=lambda each: each.id))
def test_every_code_can_be_read_aloud(claim: Claim, stored: list[PurchaseRow]) -> None:
    for each in beside(claim, stored, SHOPS, ENDINGS, frozenset()):
        for code in each.codes:
            assert all(in_words(code).values())


def test_every_state_and_reason_can_be_read_aloud() -> None:
    for code in (*ClaimState, *Reason):
        assert in_words(code)["en"] != in_words(code)["fr"]


CARDS = {"fidel": UUID(int=41), "sandbox_bank": UUID(int=42), RECEIPT: UUID(int=43)}


def a_view(network: str, state: PurchaseState, amount: int, at: datetime) -> Folded:
    """What one source says, folded: authorised, collected, or withdrawn."""
    collected = state is PurchaseState.CLEARED
    held = 0 if state is PurchaseState.REVERSED else amount
    return a_row(
        key=PurchaseKey(ANNA, network, network),
        card_id=CARDS[network],
        state=state,
        authorised_minor=held,
        cleared_minor=amount if collected else 0,
        net_minor=held,
        at=at,
        cleared_at=at + DAY if collected else None,
    ).folded


@given(
    st.dictionaries(
        st.sampled_from(["fidel", "sandbox_bank"]),
        st.tuples(
            st.sampled_from([PurchaseState.AUTHORIZED, PurchaseState.CLEARED, PurchaseState.REVERSED]),
            st.integers(1, 50_00),
        ),
        min_size=1,
    ),
    st.integers(1, 90_00),
    st.sets(st.sampled_from(list(CARDS))),
    st.integers(0, 60),
)
def test_a_claim_makes_no_more_of_a_purchase_than_others_say(
    told: dict[str, tuple[PurchaseState, int]], claimed: int, linked: set[str], days: int
) -> None:
    views = [a_view(network, *what, BEGIN) for network, what in sorted(told.items())]
    receipt = a_view(RECEIPT, PurchaseState.CLEARED, claimed, BEGIN - DAY)
    links = [LinkInterval(CARDS[network], ANNA, BEGIN - 9 * DAY, None) for network in linked]
    no_refunds: dict[PurchaseKey, list[Statement]] = {each.key: [] for each in (*views, receipt)}
    now = BEGIN + days * DAY
    assert merge([*views, receipt], no_refunds, links, now) == merge(views, no_refunds, links, now)


def test_a_tip_is_no_second_purchase_but_another_day_is() -> None:
    def claimed(amount: int, at: datetime = BEGIN) -> View:
        return View(
            key=PurchaseKey(ANNA, RECEIPT, "clm"),
            card_id=CARDS[RECEIPT],
            currency="EUR",
            asked_minor=0,
            settled_minor=(amount,),
            since=at,
            until=at + DAY,
            basis=TimeBasis.DATE,
            shop_id=UUID(int=21),
        )

    noon = BEGIN + timedelta(hours=13)
    paid = View(
        key=PurchaseKey(ANNA, "fidel", "n"),
        card_id=CARDS["fidel"],
        currency="EUR",
        asked_minor=22_00,
        settled_minor=(22_00,),
        since=noon,
        until=noon,
        basis=TimeBasis.INSTANT,
        shop_id=UUID(int=21),
    )
    for amount, at, one in (
        (22_00, BEGIN, True),
        (20_00, BEGIN, True),
        (17_00, BEGIN, False),
        (20_00, BEGIN - DAY, False),
    ):
        found = likeness(claimed(amount, at), paid)
        assert (found is not None and found.suffices()) is one
        assert near(claimed(amount, at), paid) is near(paid, claimed(amount, at))


def test_a_shoppers_word_is_believed_least() -> None:
    assert all(authority(RECEIPT) < authority(network) for network in ADAPTERS)
    assert capabilities_of(RECEIPT).claimed
    assert not any(capabilities_of(network).claimed for network in ADAPTERS)
