"""Laws of the memo: order and repetition change nothing, one shop at an instant, a shared identifier needs a proof."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from memo_lessons import KEY, SHOPS, answer, day, outcome, seen, sighted

from cashback.merchants.evidence.schemas import Decision, Tier
from cashback.merchants.memo.aliases import Alias, Book, Key, State, overlap
from cashback.merchants.memo.deciding import decide
from cashback.merchants.memo.learning import Answer, Sighted, believe

Lesson = Sighted | Answer
shops = st.sampled_from(["zara", "fnac", "paul"])
sightings = st.builds(
    sighted,
    st.integers(0, 30),
    st.one_of(st.none(), shops),
    at=st.integers(0, 40),
    decision=st.sampled_from(Decision),
    tier=st.one_of(st.none(), st.sampled_from(Tier)),
    card=st.sampled_from(["a", "b", "c", "d"]),
    core=st.sampled_from(["zara", "fnac", "pressing royal", ""]),
    rival=st.booleans(),
    facilitator=st.booleans(),
)
answers = st.builds(
    lambda verdict, shop, at, back, by, probability: answer(
        shop if verdict is State.CONFIRMED else None,
        verdict=verdict,
        at=at,
        since=max(0, at - back),
        by=by,
        probability=probability,
    ),
    st.sampled_from([State.CONFIRMED, State.NOT_OURS, State.SHARED]),
    shops,
    st.integers(0, 40),
    st.integers(0, 20),
    st.sampled_from(["ada", "bob"]),
    st.one_of(st.none(), st.sampled_from([0.1, 0.5, 0.9, 0.999])),
)
histories = st.lists(st.one_of(sightings, answers), max_size=25)


def instants(aliases: Sequence[Alias]) -> list[float]:
    edges = [0.0, 41.0, *((each.valid_from - day(0)).total_seconds() / 86400 for each in aliases)]
    return sorted({*edges, *(edge + 0.25 for edge in edges), *(edge - 0.25 for edge in edges)})


@given(histories, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(history: list[Lesson], random: object) -> None:
    again = [*history, *history[::2]]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert believe(KEY, again) == believe(KEY, history)


@given(histories)
def test_an_alias_never_names_two_shops_at_one_instant(history: list[Lesson]) -> None:
    aliases = believe(KEY, history)
    assert overlap(aliases) is None
    assert all(each.valid_until is None or each.valid_from < each.valid_until for each in aliases)
    assert [each.valid_from for each in aliases] == sorted(each.valid_from for each in aliases)
    for at in instants(aliases):
        assert sum(each.covers(day(at)) for each in aliases) <= 1
    Book(aliases)


@given(histories)
def test_only_a_shop_that_was_named_is_believed(history: list[Lesson]) -> None:
    named = {each.shop for each in history if isinstance(each, Answer) or each.strong}
    for each in believe(KEY, history):
        assert each.shop is None or each.shop in named
        assert (each.shop is not None) == (each.state not in (State.SHARED, State.NOT_OURS)) or (
            each.state is State.SUSPENDED
        )


@given(histories, histories, st.integers(0, 45))
def test_a_shared_identifier_never_decides_alone(whole: list[Lesson], text: list[Lesson], at: int) -> None:
    key = Key(KEY.network, KEY.scheme, KEY.value, "zara||lyon|")
    memory = Book([*believe(KEY, whole), *believe(key, text)])
    alias = memory.at(KEY, day(at))
    if alias is None or alias.state is not State.SHARED:
        return
    assert decide(memory, seen(), None, SHOPS, day(at)).shop is None
    for said in (outcome(tier=None), outcome(tie=True), outcome(conflict=True), outcome(shop=None, tier=None)):
        assert decide(memory, seen(), said, SHOPS, day(at)).shop is None
    proven = decide(memory, seen(), outcome(), SHOPS, day(at))
    beside = memory.at(key, day(at))
    assert proven.shop is None or (beside is not None and beside.state is State.CONFIRMED)


@given(histories, histories)
def test_what_is_told_later_decides_nothing_backwards(history: list[Lesson], later: list[Lesson]) -> None:
    """Sightings after the last day of a history leave what was believed of earlier purchases as it was."""
    after = [
        sighted(100 + number, each.shop, at=50 + number, rival=each.rival, tier=each.tier, core=each.core)
        for number, each in enumerate(later)
        if isinstance(each, Sighted)
    ]
    before, now = Book(believe(KEY, history)), Book(believe(KEY, [*history, *after]))
    for at in range(42):
        held, holds = before.at(KEY, day(at)), now.at(KEY, day(at))
        if held is not None and held.state.decides() and held.shop is not None:
            assert holds is not None
            assert holds.shop == held.shop or holds.state is State.SHARED


@given(histories, sightings)
def test_a_candidate_and_a_suspended_alias_decide_nothing(history: list[Lesson], one: Sighted) -> None:
    memory = Book(believe(KEY, history))
    alias = memory.at(KEY, one.at)
    if alias is not None and not alias.state.decides():
        assert decide(memory, seen(), None, SHOPS, one.at).shop is None
