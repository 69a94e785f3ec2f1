"""Laws of what is owed, purely, for any programme, any purchases, any facts and any grants.

* No limit is ever exceeded, nor a grant once nothing more may be asked.
* The order in which purchases are given, and their ids, never matter: the instant and the source's reference do.
* What is explained is what is decided.
* What is decided of some purchases is what is decided of all of them.
* An offer of an exclusive group of its own changes nothing for the others.
"""

import random as randomness
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from lives import EXAMPLES, LAW
from offer_builders import a_history, an_offer
from rules import FACTS, book_of, bought, grants, programmes, some_offer

from cashback.offers.compiled import OfferVersion
from cashback.offers.entitlements import judge
from cashback.offers.explanation import Verdict, explain
from cashback.offers.limits import Measure
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Entitlement, Fact, Grant, History, Spend

MANY = settings(LAW, max_examples=EXAMPLES * 6)


def by_key(owed: Iterable[Entitlement]) -> dict[tuple[UUID, UUID], Entitlement]:
    """By purchase and offer; one offer owes one purchase once."""
    found = list(owed)
    keyed = {(each.purchase_id, each.offer_id): each for each in found}
    assert len(keyed) == len(found)
    return keyed


def exceeded(book: OfferBook, history: History, owed: Iterable[Entitlement]) -> list[Any]:
    """Limits of which the version that rewarded last in their period has given more than it allows."""
    spends = {each.purchase_id: each for each in history.spends}
    versions = {(each.offer_id, each.version): each for each in book.offers}
    given: Counter[tuple[Any, ...]] = Counter()
    found = []
    in_time = sorted(owed, key=lambda each: (spends[each.purchase_id].purchased_at, spends[each.purchase_id].ref))
    for each in in_time:
        if not each.amount:
            continue
        spend, offer = spends[each.purchase_id], versions[each.offer_id, each.version]
        for count in book.counts.get(each.offer_id, ()):
            key = (each.offer_id, *count.key(spend, book.around))
            given[key] += 1 if count.measure is Measure.TIMES else each.amount
        for limit, count in offer.limits:
            if given[each.offer_id, *count.key(spend, book.around)] > limit.at_most:
                found.append((each, limit))
    return found


@MANY
@given(bought(), FACTS, programmes(), st.booleans(), st.data())
def test_no_limit_and_no_grant_is_ever_exceeded(
    spends: list[Spend], facts: list[Fact], versions: list[OfferVersion], may_ask: bool, data: st.DataObject
) -> None:
    book, history = book_of(versions), a_history(spends, facts)
    granted = data.draw(grants(book, history))
    owed = judge([history], book, granted, may_ask=may_ask).owed
    assert exceeded(book, history, owed) == []
    for each in owed:
        assert 0 <= each.asks <= each.amount <= each.within <= each.wanted
        if each.draws:
            held = granted.get((each.purchase_id, each.offer_id), Grant(0, 0))
            assert each.amount - each.asks <= held.granted
            assert may_ask or not each.asks


@MANY
@given(bought(), FACTS, programmes(), st.randoms(use_true_random=False), st.data())
def test_neither_order_nor_ids_matter(
    spends: list[Spend],
    facts: list[Fact],
    versions: list[OfferVersion],
    random: randomness.Random,
    data: st.DataObject,
) -> None:
    book, history = book_of(versions), a_history(spends, facts)
    granted = data.draw(grants(book, history))
    new_ids = random.sample(range(1_000, 2_000), len(spends))
    others = {each.purchase_id: UUID(int=new_id) for each, new_id in zip(spends, new_ids, strict=True)}
    renamed = [_with_id(each, others[each.purchase_id]) for each in spends]
    random.shuffle(renamed)
    moved = {(others[purchase_id], offer_id): grant for (purchase_id, offer_id), grant in granted.items()}
    first = judge([history], book, granted).owed
    again = judge([a_history(renamed, facts)], book, moved).owed
    refs = {each.purchase_id: each.ref for each in (*spends, *renamed)}
    assert _by_ref(first, refs) == _by_ref(again, refs)


def _with_id(spend: Spend, purchase_id: UUID) -> Spend:
    fields = {name: getattr(spend, name) for name in spend.__struct_fields__}
    return Spend(**{**fields, "purchase_id": purchase_id})


def _by_ref(owed: Iterable[Entitlement], refs: dict[UUID, str]) -> dict[tuple[str, UUID], tuple[Any, ...]]:
    return {
        (refs[each.purchase_id], each.offer_id): (
            each.amount,
            each.wanted,
            each.within,
            each.asks,
            each.draws,
            each.trail,
        )
        for each in owed
    }


@MANY
@given(bought(), FACTS, programmes(), st.booleans(), st.data())
def test_what_is_explained_is_what_is_decided(
    spends: list[Spend], facts: list[Fact], versions: list[OfferVersion], may_ask: bool, data: st.DataObject
) -> None:
    book, history = book_of(versions, holdout_bps=500), a_history(spends, facts, shopper=data.draw(st.uuids()))
    granted = data.draw(st.one_of(st.just({}), grants(book, history)))
    owed = by_key(judge([history], book, granted, may_ask=may_ask).owed)
    told = explain(history, {each.purchase_id for each in spends}, book, granted, may_ask=may_ask)
    rewarded = {key: each for key, each in owed.items() if each.amount}
    for purchase_id, considered in told.items():
        for each in considered:
            key = (purchase_id, each.offer.offer_id)
            if each.verdict is Verdict.REWARDED:
                assert each.amount == rewarded.pop(key).amount
                assert [entry for entry in owed[key].trail if entry["kind"] != "beats"] == each.trail
            else:
                assert key not in rewarded
                assert each.amount == 0
                assert each.missed or each.verdict is Verdict.TOO_LITTLE
            held_out = key in owed and owed[key].held_out
            assert (each.verdict is Verdict.HELD_OUT) is held_out
    assert rewarded == {}


@MANY
@given(bought(), FACTS, programmes(), st.data())
def test_what_is_decided_of_some_is_what_is_decided_of_all(
    spends: list[Spend], facts: list[Fact], versions: list[OfferVersion], data: st.DataObject
) -> None:
    book, history = book_of(versions), a_history(spends, facts)
    granted = data.draw(grants(book, history))
    touched = data.draw(st.sets(st.sampled_from([each.purchase_id for each in spends])))
    everything = judge([history], book, granted)
    some = judge([history], book, granted, touched=touched)
    assert touched <= some.purchases <= everything.purchases
    assert by_key(some.owed) == {key: each for key, each in by_key(everything.owed).items() if key[0] in some.purchases}


@MANY
@given(bought(), FACTS, programmes(), some_offer(group=st.just("alone")), st.data())
def test_an_offer_of_a_group_of_its_own_changes_nothing_for_the_others(
    spends: list[Spend],
    facts: list[Fact],
    versions: list[OfferVersion],
    another: Any,
    data: st.DataObject,
) -> None:
    history = a_history(spends, facts)
    book, larger = book_of(versions), book_of([*versions, an_offer(another, "another")])
    granted = data.draw(grants(book, history))
    (added,) = (each.offer_id for each in larger.offers if each.code == "another")
    without, beside = by_key(judge([history], book, granted).owed), by_key(judge([history], larger, granted).owed)
    assert {key: each for key, each in beside.items() if key[1] != added} == without
