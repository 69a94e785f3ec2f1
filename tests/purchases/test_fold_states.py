"""The fold, state by state: from all statements of one purchase to where it stands."""

from datetime import timedelta

import pytest
from statements import ALWAYS, CARD_ID, DAY, NOON, SHOPPER_ID, a_purchase, a_statement, folded

from cashback.purchases.fold import facts, group_of, superseded
from cashback.purchases.schemas import LAPSES_AFTER, LinkInterval, PurchaseState, Statement
from issuers.events import EventKind

AUTH, CLEAR, REVERSE, REFUND, DECLINE = (
    EventKind.AUTHORIZATION,
    EventKind.CLEARING,
    EventKind.REVERSAL,
    EventKind.REFUND,
    EventKind.DECLINE,
)
S = PurchaseState


@pytest.mark.parametrize(
    ("told", "state", "net", "gross"),
    [
        ([a_statement(AUTH, 1000)], S.AUTHORIZED, 1000, 1000),
        ([a_statement(AUTH, 1000), a_statement(AUTH, 500, fact="a2")], S.AUTHORIZED, 1500, 1500),
        ([a_statement(AUTH, 1000), a_statement(REVERSE, 400)], S.AUTHORIZED, 600, 600),
        ([a_statement(AUTH, 1000), a_statement(REVERSE, 1000)], S.REVERSED, 0, 0),
        ([a_statement(AUTH, 1000), a_statement(REVERSE, 1500)], S.REVERSED, 0, 0),
        ([a_statement(REVERSE, 1000)], S.REVERSED, 0, 0),
        ([a_statement(AUTH, 0, final=True)], S.REVERSED, 0, 0),
        ([a_statement(AUTH, 1000, final=True)], S.CLEARED, 1000, 1000),
        ([a_statement(AUTH, 1000, final=True), a_statement(REVERSE, 400)], S.CLEARED, 600, 600),
        ([a_statement(AUTH, 1000, final=True), a_statement(REVERSE, 1000)], S.REVERSED, 0, 0),
        ([a_statement(AUTH, 1000), a_statement(CLEAR, 1150, day=1)], S.CLEARED, 1150, 1150),
        ([a_statement(AUTH, 1000), a_statement(REVERSE, 1000), a_statement(CLEAR, 900)], S.CLEARED, 900, 900),
        ([a_statement(CLEAR, 900)], S.CLEARED, 900, 900),
        ([a_statement(CLEAR, 900), a_statement(CLEAR, 300, fact="c2")], S.CLEARED, 1200, 1200),
        ([a_statement(CLEAR, 900), a_statement(REFUND, 1)], S.PARTLY_REFUNDED, 899, 900),
        ([a_statement(CLEAR, 900), a_statement(REFUND, 900)], S.REFUNDED, 0, 900),
        ([a_statement(CLEAR, 900), a_statement(REFUND, 901)], S.REFUNDED, 0, 900),
        (
            [a_statement(CLEAR, 900), a_statement(REFUND, 500, fact="r1"), a_statement(REFUND, 500, fact="r2")],
            S.REFUNDED,
            0,
            900,
        ),
        ([a_statement(AUTH, 1000), a_statement(REFUND, 300)], S.PARTLY_REFUNDED, 700, 1000),
        ([a_statement(REFUND, 300)], S.CREDIT, 0, 0),
        ([a_statement(DECLINE, 300)], S.DECLINED, 0, 0),
        ([a_statement(DECLINE, 300), a_statement(AUTH, 300, fact="again")], S.AUTHORIZED, 300, 300),
    ],
)
def test_states(told: list[Statement], state: PurchaseState, net: int, gross: int) -> None:
    purchase = folded(*told)
    assert (purchase.state, purchase.net_minor, purchase.gross_minor) == (state, net, gross)
    assert folded(*reversed(told)).state is state


def test_of_two_statements_on_one_fact_the_later_told_holds_whatever_arrived_last() -> None:
    first, corrected = a_statement(CLEAR, 900, revision=1), a_statement(CLEAR, 850, revision=2)
    for told in ([first, corrected], [corrected, first], [corrected, first, corrected]):
        assert folded(*told).cleared_minor == 850


def test_two_statements_of_the_same_moment_are_decided_by_their_content() -> None:
    one, other = a_statement(CLEAR, 900), a_statement(CLEAR, 850)
    assert facts([one, other]) == facts([other, one])
    assert len(facts([one, other])) == 1


def test_a_refund_belongs_to_its_purchase_as_soon_as_any_statement_names_it() -> None:
    unlinked = a_statement(REFUND, 300, purchase="r", fact="refund:r", revision=9)
    linked = a_statement(REFUND, 300, purchase="r", fact="refund:r", of="p", revision=1)
    assert group_of([unlinked]) == {"refund:r": "r"}
    assert group_of([unlinked, linked]) == group_of([linked, unlinked]) == {"refund:r": "p"}


@pytest.mark.parametrize(
    ("told", "state_before", "state_after"),
    [
        ([a_statement(AUTH)], S.AUTHORIZED, S.LAPSED),
        ([a_statement(AUTH), a_statement(REVERSE, 500)], S.AUTHORIZED, S.LAPSED),
        ([a_statement(AUTH), a_statement(REFUND, 500)], S.PARTLY_REFUNDED, S.LAPSED),
        ([a_statement(AUTH), a_statement(REFUND)], S.REFUNDED, S.LAPSED),
        ([a_statement(AUTH), a_statement(CLEAR)], S.CLEARED, S.CLEARED),
        ([a_statement(AUTH, final=True)], S.CLEARED, S.CLEARED),
        ([a_statement(DECLINE)], S.DECLINED, S.DECLINED),
    ],
)
def test_what_does_not_clear_lapses_after_31_days_and_says_so_beforehand(
    told: list[Statement], state_before: PurchaseState, state_after: PurchaseState
) -> None:
    just_before = folded(*told, now=31 - 1 / 86400)
    then = folded(*told, now=31)
    assert (just_before.state, then.state) == (state_before, state_after)
    changes = state_before is not state_after
    assert just_before.lapses_at == (NOON + LAPSES_AFTER if changes else None)
    assert then.lapses_at is None


def test_a_purchase_outside_its_link_lapses_too_and_says_so_beforehand() -> None:
    later = (LinkInterval(CARD_ID, SHOPPER_ID, NOON + DAY, None),)
    told = a_statement(AUTH, day=1, made_on=0)
    assert folded(told, links=later).state is S.NOT_LINKED
    assert folded(told, links=later).lapses_at == NOON + LAPSES_AFTER
    assert folded(told, links=later, now=31).state is S.LAPSED


def test_a_lapsed_purchase_revives_when_its_clearing_still_comes() -> None:
    authorised = a_statement(AUTH, 1000)
    assert folded(authorised, now=40).net_minor == 0
    revived = folded(authorised, a_statement(CLEAR, 1100, day=39), now=40)
    assert (revived.state, revived.net_minor, revived.purchased_at) == (S.CLEARED, 1100, NOON)


@pytest.mark.parametrize(
    ("told", "purchased_on", "cleared_on"),
    [
        ([a_statement(AUTH), a_statement(CLEAR, day=2)], 0, 2),
        ([a_statement(CLEAR, day=2)], 2, 2),
        ([a_statement(CLEAR, day=2, made_on=-1)], -1, 2),
        ([a_statement(AUTH, day=1, made_on=0), a_statement(CLEAR, day=2, made_on=-1)], 0, 2),
        ([a_statement(CLEAR, day=2), a_statement(CLEAR, fact="c2", day=3)], 2, 3),
        ([a_statement(AUTH, day=1), a_statement(AUTH, fact="a2", day=0)], 0, None),
    ],
)
def test_the_time_of_a_purchase_is_that_of_its_first_authorization_else_of_its_clearing(
    told: list[Statement], purchased_on: int, cleared_on: int | None
) -> None:
    purchase = folded(*told, now=4)
    assert purchase.purchased_at == NOON + purchased_on * DAY
    assert purchase.cleared_at == (None if cleared_on is None else NOON + cleared_on * DAY)


def test_the_currency_is_that_of_what_was_collected() -> None:
    purchase = folded(a_statement(AUTH, 100_00, currency="USD"), a_statement(CLEAR, 92_00, currency="EUR"))
    assert (purchase.net_minor, purchase.currency) == (92_00, "EUR")


def test_identifiers_of_the_clearing_come_first_and_each_stands_once() -> None:
    purchase = folded(
        a_statement(AUTH, identifiers=("terminal:9", "mid:1")), a_statement(CLEAR, identifiers=("mid:2", "mid:1"))
    )
    assert purchase.merchant["identifiers"] == ["mid:2", "mid:1", "terminal:9"]
    assert purchase.place_key == "mid:2"


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ([a_statement(AUTH)], None),
        ([a_statement(AUTH, channel="online")], "online"),
        ([a_statement(AUTH, channel="online"), a_statement(CLEAR)], "online"),
        ([a_statement(AUTH, channel="online"), a_statement(CLEAR, channel="in_store")], "in_store"),
        ([a_statement(AUTH), a_statement(CLEAR), a_statement(REFUND, channel="online")], "online"),
        ([a_statement(AUTH, channel="in_store"), a_statement(REFUND, channel="online")], "in_store"),
        ([a_statement(AUTH), a_statement(CLEAR)], None),
    ],
)
def test_the_channel_is_that_of_the_statement_believed_else_of_any_that_tells(
    told: list[Statement], channel: str | None
) -> None:
    for order in (told, told[::-1]):
        merchant = folded(*order).merchant
        assert merchant.get("channel") == channel
        assert ("channel" in merchant) is (channel is not None)


def links(*stretches: tuple[float, float | None]) -> tuple[LinkInterval, ...]:
    return tuple(
        LinkInterval(CARD_ID, SHOPPER_ID, NOON + begin * DAY, None if end is None else NOON + end * DAY)
        for begin, end in stretches
    )


@pytest.mark.parametrize(
    ("linked", "counts"),
    [
        (links((0, None)), True),
        (links((0, 1)), True),
        (links((1 / 86400, None)), False),
        (links((-1, 0)), False),
        (links((-3, -1), (0, None)), True),
        (links((-3, -1), (1, None)), False),
        ((), False),
        ((LinkInterval(SHOPPER_ID, SHOPPER_ID, NOON - DAY, None),), False),
    ],
)
def test_a_purchase_counts_if_its_card_was_linked_when_it_was_made(
    linked: tuple[LinkInterval, ...], counts: bool
) -> None:
    assert (folded(a_statement(CLEAR, 900), links=linked).state is S.CLEARED) is counts
    given_back = folded(a_statement(CLEAR, 900), a_statement(REFUND, 900), links=linked)
    assert given_back.state is (S.REFUNDED if counts else S.NOT_LINKED)


@pytest.mark.parametrize(
    ("purchase", "credited", "state", "net"),
    [
        (a_purchase(amount=1000), 400, S.PARTLY_REFUNDED, 600),
        (a_purchase(amount=1000), 1000, S.REFUNDED, 0),
        (a_purchase(amount=1000, refunded=300, state=S.PARTLY_REFUNDED), 700, S.REFUNDED, 0),
        (a_purchase(amount=1000, state=S.NOT_LINKED), 400, S.NOT_LINKED, 600),
    ],
)
def test_credits_count_like_refunds_and_can_be_taken_away_again(
    purchase: object, credited: int, state: PurchaseState, net: int
) -> None:
    before = purchase
    after = before.with_credits(credited)  # type: ignore[attr-defined]
    assert (after.state, after.net_minor, after.credited_minor) == (state, net, credited)
    assert after.with_credits(0) == before


def test_a_superseded_purchase_stays_and_is_worth_nothing() -> None:
    left = superseded(a_purchase(amount=1000))
    assert (left.state, left.net_minor, left.gross_minor, left.refundable_minor) == (S.SUPERSEDED, 0, 0, 0)
    assert left.purchased_at == NOON
    assert left.lapses_at is None


def test_exactly_the_states_that_are_spend_may_earn() -> None:
    assert {state for state in PurchaseState if state.may_earn()} == {S.AUTHORIZED, S.CLEARED, S.PARTLY_REFUNDED}


def test_a_lapsed_purchase_is_lapsed_for_ever_without_new_evidence() -> None:
    told = a_statement(AUTH)
    assert {folded(told, now=31 + later).state for later in (0, 1, 400)} == {S.LAPSED}
    assert timedelta(days=31) == LAPSES_AFTER
    assert ALWAYS[0].covers(NOON)
