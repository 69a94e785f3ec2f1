"""The order law, purely: the outcome is a function of the *set* of statements.

Invariant: any permutation with any duplication of one shopper's statements ends in the same wallet, the same purchases
and the same rewards, to the cent, at every `now`.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from lives import END_DAY, EXAMPLES, EXPIRING, LAW, PROGRAMME, Body, lives
from purely import CARD_ID, SHOPPER_ID, Rules, outcome, rules_of, statements_of
from world import day

from cashback.purchases.schemas import LinkInterval

RULES = st.sampled_from([rules_of(PROGRAMME), rules_of(EXPIRING)])
LINKS = st.sampled_from([[(-10, None)], [(-10, 20), (40, None)], [(15, 60)], [(30, None)], []])


@settings(LAW, max_examples=EXAMPLES * 16)
@given(RULES, lives(), LINKS, st.sampled_from([12, 33, 62, END_DAY]), st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_end_alike(
    rules: Rules, life: list[Body], linked: list[tuple[int, int | None]], now: int, random
) -> None:  # type: ignore[no-untyped-def]
    links = [LinkInterval(CARD_ID, SHOPPER_ID, day(begin), None if end is None else day(end)) for begin, end in linked]
    told = statements_of(life)
    expected = outcome(rules, told, links, day(now))
    for _ in range(4):
        again = [*told, *random.choices(told, k=3)]
        random.shuffle(again)
        assert outcome(rules, again, links, day(now)) == expected
