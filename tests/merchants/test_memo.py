"""The memo as tables: each step of the ladder, each contradiction, and what a shared identifier may never do."""

import pytest
from memo_lessons import KEY, SHOPS, START, answer, day, outcome, seen, sighted

from cashback.merchants.evidence.schemas import Decision, Tier
from cashback.merchants.memo.aliases import Alias, Book, Key, Origin, State, alike, keys_of, tells_place
from cashback.merchants.memo.deciding import Against, Basis, Ruling, contradictions, decide, question_of
from cashback.merchants.memo.learning import Answer, Sighted, believe


def believed(*lessons: Sighted | Answer) -> list[tuple[State, str | None, str]]:
    return [(each.state, each.shop, each.why) for each in believe(KEY, lessons)]


def book(*lessons: Sighted | Answer, key: Key = KEY) -> Book:
    return Book(believe(key, lessons))


def ruled(ruling: Ruling) -> tuple[Decision, str | None, Basis, str]:
    return ruling.decision, ruling.shop, ruling.basis, ruling.why


def test_the_first_accept_decides_nothing() -> None:
    assert believed(sighted(0)) == [(State.CANDIDATE, "zara", "first_accept")]
    assert ruled(decide(book(sighted(0)), seen(), None, SHOPS, day(3))) == (
        Decision.REVIEW,
        None,
        Basis.NOTHING,
        "unknown",
    )


@pytest.mark.parametrize(
    ("lessons", "state"),
    [
        ([sighted(0), sighted(1)], State.CANDIDATE),
        ([sighted(0), sighted(1), sighted(2)], State.PROBATION),
        ([sighted(number, card="same") for number in range(9)], State.CANDIDATE),
        ([sighted(number, at=number / 24) for number in range(9)], State.CANDIDATE),
        ([sighted(number, tier=Tier.TOWN) for number in range(9)], None),
        ([sighted(number, decision=Decision.REVIEW) for number in range(9)], None),
        ([sighted(number) for number in range(12)], State.PROBATION),
        ([sighted(number) for number in range(13)], State.CONFIRMED),
        ([sighted(0), sighted(0), sighted(0)], State.CANDIDATE),
    ],
    ids=["two", "three", "one card", "one day", "towns lie", "never accepted", "nine audits", "ten audits", "repeats"],
)
def test_accepts_on_several_cards_and_days_climb(lessons: list[Sighted], state: State | None) -> None:
    assert [each.state for each in believe(KEY, lessons)] == ([] if state is None else [state])


def test_what_is_learned_holds_from_the_first_sighting_of_the_identifier() -> None:
    (alias,) = believe(KEY, [sighted(0, decision=Decision.REVIEW), sighted(1), sighted(2), sighted(3)])
    assert (alias.valid_from, alias.valid_until) == (START, None)
    assert (alias.accepts, alias.cards, alias.days, alias.cores) == (3, 3, 3, ("zara",))


def test_a_second_shop_beside_the_first_makes_the_identifier_shared_from_then_on() -> None:
    both = [sighted(0), sighted(1), sighted(2), sighted(3, "fnac"), sighted(4)]
    assert believed(*both) == [(State.PROBATION, "zara", "accepts"), (State.SHARED, None, "second_shop")]
    first, second = believe(KEY, both)
    assert first.valid_until == second.valid_from == day(3)


def test_a_second_shop_after_the_first_is_a_change_of_tenant_and_climbs_by_itself() -> None:
    moved = [*(sighted(number) for number in range(4)), sighted(5, "fnac")]
    assert believed(*moved) == [(State.PROBATION, "zara", "accepts"), (State.CANDIDATE, "fnac", "first_accept")]
    later = [*moved, sighted(6, "fnac"), sighted(7, "fnac")]
    assert believed(*later)[1] == (State.PROBATION, "fnac", "accepts")


def test_two_shops_at_one_instant_share() -> None:
    assert believed(sighted(0, at=1), sighted(1, "fnac", at=1)) == [(State.SHARED, None, "second_shop")]


def test_many_names_share_and_two_behind_a_facilitator() -> None:
    names = [
        sighted(number, None, core=core, tier=None, decision=Decision.REVIEW)
        for number, core in enumerate(["boulangerie martin", "coiffure dupont", "pressing royal"])
    ]
    assert believed(*names[:2]) == []
    assert believed(*names) == [(State.SHARED, None, "second_shop")]
    behind = [
        sighted(0, None, core="boulangerie martin", decision=Decision.REVIEW, facilitator=True),
        sighted(1, None, core="coiffure dupont", decision=Decision.REVIEW, facilitator=True),
    ]
    assert believed(*behind) == [(State.SHARED, None, "second_shop")]


def test_a_rival_suspends_from_its_own_time_on() -> None:
    aliases = believe(KEY, [*(sighted(number) for number in range(4)), sighted(6, rival=True)])
    assert [(each.state, each.valid_from) for each in aliases] == [
        (State.PROBATION, START),
        (State.SUSPENDED, day(6)),
    ]


def test_an_answer_holds_from_the_first_purchase_it_settles() -> None:
    (alias,) = believe(KEY, [sighted(1, None, decision=Decision.REVIEW), answer(since=1, at=2)])
    assert (alias.state, alias.shop, alias.valid_from, alias.valid_until) == (State.CONFIRMED, "zara", day(1), None)
    taught = book(sighted(1, None, decision=Decision.REVIEW), answer(since=1, at=2))
    assert ruled(decide(taught, seen(), None, SHOPS, day(1)))[1:3] == ("zara", Basis.REVIEW)
    assert ruled(decide(taught, seen(), None, SHOPS, day(5)))[1:3] == ("zara", Basis.MEMO)
    assert ruled(decide(taught, seen(), None, SHOPS, day(0)))[0] is Decision.REVIEW


def test_an_answer_that_evidence_makes_unlikely_settles_what_waited_and_asks_again() -> None:
    doubted = answer(at=5, probability=0.3)
    assert believed(doubted) == [(State.CONFIRMED, "zara", "answered"), (State.CANDIDATE, "zara", "second_look")]
    assert believed(answer(at=5, probability=0.9)) == [(State.CONFIRMED, "zara", "answered")]
    assert believed(doubted, answer(at=9, since=6, by="bob", probability=0.3)) == [
        (State.CONFIRMED, "zara", "answered")
    ]
    assert believed(doubted, sighted(7)) == [(State.CONFIRMED, "zara", "answered")]


def test_a_later_answer_moves_only_what_comes_after_it() -> None:
    aliases = believe(KEY, [answer(at=5), answer("fnac", at=30, since=25, by="bob")])
    assert [(each.shop, each.valid_from, each.valid_until) for each in aliases] == [
        ("zara", START, day(25)),
        ("fnac", day(25), None),
    ]


def test_what_contradicts_an_answer_suspends_it_and_the_next_answer_ends_that() -> None:
    contradicted = [answer(at=5), sighted(8, "fnac")]
    assert believed(*contradicted) == [(State.CONFIRMED, "zara", "answered"), (State.SUSPENDED, "zara", "contradicted")]
    assert believed(*contradicted, answer("fnac", at=9, since=8, by="bob")) == [
        (State.CONFIRMED, "zara", "answered"),
        (State.CONFIRMED, "fnac", "answered"),
    ]
    before = [answer(at=5), sighted(3, "fnac")]
    assert believed(*before) == [(State.CONFIRMED, "zara", "answered")]


def test_what_is_not_ours_is_refused_until_evidence_says_otherwise() -> None:
    outside = answer(None, verdict=State.NOT_OURS, at=5)
    assert ruled(decide(book(outside), seen(), None, SHOPS, day(6))) == (
        Decision.REJECT,
        None,
        Basis.MEMO,
        "not_ours",
    )
    assert believed(outside, sighted(8))[1] == (State.SUSPENDED, None, "contradicted")
    ours = outcome(Decision.ACCEPT, "zara", 0.999)
    assert decide(book(outside), seen(), ours, SHOPS, day(6)).against == (Against.ANOTHER_SHOP,)


@pytest.mark.parametrize(
    ("purchase", "said", "expected"),
    [
        (seen(), None, ()),
        (seen(), outcome(shop="fnac", probability=0.95), (Against.ANOTHER_SHOP,)),
        (seen(), outcome(shop="fnac", probability=0.95, tie=True), ()),
        (seen(), outcome(shop="fnac", probability=0.95, conflict=True), ()),
        (seen(), outcome(shop="fnac", probability=0.6), ()),
        (seen(), outcome(rival=0.97, probability=0.01), (Against.RIVAL,)),
        (seen(country="DE"), None, (Against.COUNTRY,)),
        (seen(country="FR"), None, ()),
        (seen(online=True), None, (Against.ONLINE,)),
        (seen(category_code="4111"), None, ()),
        (seen(core="", category_code="4111"), None, (Against.CATEGORY,)),
        (seen(core="pressing royal", category_code="4111"), None, (Against.CATEGORY, Against.NAME)),
        (seen(category_code="5999"), None, ()),
        (seen(core="pressing royal"), None, (Against.NAME,)),
        (seen(core="zarra"), None, ()),
        (seen(town="marseille"), None, (Against.TOWN,)),
        (seen(town=""), None, ()),
    ],
    ids=str,
)
def test_what_speaks_against_an_alias(purchase: object, said: object, expected: tuple[Against, ...]) -> None:
    (alias,) = believe(KEY, [sighted(1, decision=Decision.REVIEW), answer()])
    assert contradictions(alias, purchase, said, SHOPS) == expected  # type: ignore[arg-type]
    ruling = decide(Book([alias]), purchase, said, SHOPS, day(30))  # type: ignore[arg-type]
    assert (ruling.decision is Decision.ACCEPT) == (not expected)
    assert ruling.against == expected


def test_a_shared_identifier_needs_the_same_text_confirmed_and_a_proof_of_place() -> None:
    shared = answer(None, verdict=State.SHARED)
    text = Key(KEY.network, KEY.scheme, KEY.value, "zara||lyon|")
    memory = Book([*believe(KEY, [shared]), *believe(text, [answer()])])
    placed = outcome(probability=0.7, tier=Tier.TOWN_INCOMPLETE)
    assert ruled(decide(memory, seen(), placed, SHOPS, day(30)))[:2] == (Decision.ACCEPT, "zara")
    for proof in (None, outcome(tier=None), outcome(shop="fnac"), outcome(tie=True), outcome(conflict=True)):
        assert decide(memory, seen(), proof, SHOPS, day(30)).decision is Decision.REVIEW
    assert decide(memory, seen(core="fnac"), outcome(), SHOPS, day(30)).decision is Decision.REVIEW
    alone = Book(believe(KEY, [shared]))
    assert decide(alone, seen(), placed, SHOPS, day(30)).decision is Decision.REVIEW


def test_on_a_shared_identifier_evidence_needs_a_strong_proof_of_place() -> None:
    alone = Book(believe(KEY, [answer(None, verdict=State.SHARED)]))
    for tier, decision in ((Tier.TOWN, Decision.REVIEW), (Tier.CENTRE, Decision.ACCEPT)):
        said = outcome(Decision.ACCEPT, "zara", 0.999, tier=tier)
        assert decide(alone, seen(), said, SHOPS, day(30)).decision is decision
        assert decide(Book(), seen(), said, SHOPS, day(30)).decision is Decision.ACCEPT


def test_behind_a_facilitator_an_identifier_decides_nothing_alone() -> None:
    memory = Book(believe(KEY, [answer()]))
    assert decide(memory, seen(), None, SHOPS, day(30)).shop == "zara"
    assert decide(memory, seen(facilitator=True), None, SHOPS, day(30)).shop is None
    assert question_of(memory, seen(), day(30)) == KEY
    text = Key(KEY.network, KEY.scheme, KEY.value, "zara||lyon|")
    assert question_of(memory, seen(facilitator=True), day(30)) == text


def test_a_known_terminal_decides_under_a_shared_merchant_id() -> None:
    terminal = Key("sandbox", "terminal", "1234567/7")
    memory = Book(
        [*believe(KEY, [answer(None, verdict=State.SHARED)]), *believe(terminal, [answer()])],
    )
    told = seen("terminal:1234567/7", "mid:1234567")
    assert ruled(decide(memory, told, None, SHOPS, day(1)))[:2] == (Decision.ACCEPT, "zara")


def test_identifiers_that_lead_to_two_shops_go_to_a_person() -> None:
    other = Key("sandbox", "mid", "999")
    memory = Book([*believe(KEY, [answer()]), *believe(other, [answer("fnac")])])
    assert decide(memory, seen("mid:1234567", "mid:999"), None, SHOPS, day(1)).why == "identifiers_disagree"


def test_what_can_be_learned_of_a_purchase() -> None:
    told = ("terminal:1/2", "mid:1", "vmid:9", "kard_offer:x")
    assert [key.name for key in keys_of("sandbox", told, "zara||lyon|")] == ["terminal:1/2", "mid:1"]
    assert [key.name for key in keys_of("plaid", (), "zara||lyon|")] == ["text:zara||lyon|"]
    assert keys_of("plaid", (), "zara|||") == []
    assert [tells_place(each) for each in ("zara|12||", "|12||", "zara||| 69003", "")] == [True, False, True, False]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("zara", "zara home", True),
        ("galeries lafay", "galeries lafayette", True),
        ("", "fnac", True),
        ("boulangerie", "blangerie", True),
        ("fnac", "paul", False),
        ("pressing royal", "coiffure dupont", False),
    ],
)
def test_names_that_may_be_the_same(first: str, second: str, expected: bool) -> None:
    assert alike(first, second) is alike(second, first) is expected


def test_a_book_refuses_two_aliases_at_one_instant() -> None:
    aliases: list[Alias] = [*believe(KEY, [answer()]), *believe(KEY, [answer("fnac", since=3)])]
    with pytest.raises(ValueError, match="two aliases are valid at 2026-11-04"):
        Book(aliases)


def test_a_file_is_believed_whatever_evidence_said() -> None:
    told = answer(origin=Origin.MERCHANT_FILE, probability=0.01)
    assert believed(told) == [(State.CONFIRMED, "zara", "answered")]
