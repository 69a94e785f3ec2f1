"""Stories of identifiers that nobody gave: a person answers, evidence decides and teaches, terminals are exchanged."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from plain_evidence import PlainMatcher
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, World, a_world, authorization, clearing, day, refund

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.merchants.drifting import accept_drift, list_drifts
from cashback.merchants.memo.aliases import Key, State
from cashback.merchants.reviewing import Answered, Question, Verdict, answer, list_questions
from cashback.merchants.settings import turn_on
from cashback.placing import Matchers

PROGRAMME = FIVE_PERCENT.replace("hold_days: 14", "hold_days: 0")


def told(
    ref: str,
    *,
    at: datetime,
    mid: str = "7777",
    text: str = "CAFÉ",
    amount: int = 20_00,
    card: str = "card-1",
    **more: Any,
) -> dict[str, Any]:
    """A purchase that is final at once, with what its terminal prints."""
    body = authorization(ref, amount, at=at, mid=mid, final=True, card=card)
    body["merchant"] |= {"descriptor": text, "country": "FR", **more}
    return body


async def matched_world(engine: AsyncEngine, *, evidence: bool, programme: str = PROGRAMME) -> World:
    """A world in which purchases without a known identifier are matched by memory, perhaps by evidence too."""
    world = await a_world(engine, programme)
    world.stage.road.matchers = Matchers(make=PlainMatcher)
    async with world.connection() as connection:
        await turn_on(
            connection, world.stage.actor, since=day(-30), evidence_since=day(-30) if evidence else None, now=world.now
        )
    for number in range(1, 6):
        await world.link(f"card-{number}", f"shopper-{number}", at=day(-30))
    return world


async def questions(world: World) -> list[Question]:
    async with world.connection() as connection:
        return await list_questions(connection, world.operator_id)


async def say(world: World, key: Key, verdict: Verdict, shop: str | None = None, **more: Any) -> Answered:
    person = Actor(world.operator_id, more.pop("by", "person:ada"), frozenset({more.pop("scope", Scope.PROGRAMME)}))
    async with world.connection() as connection:
        return await answer(connection, person, key, verdict, shop=shop, now=world.now, **more)


async def shops(world: World) -> dict[str, str | None]:
    rows = await world.rows(
        "SELECT p.purchase_ref, s.code FROM purchases p LEFT JOIN shops s ON s.id = p.shop_id ORDER BY 1"
    )
    return dict(rows)


async def how(world: World) -> dict[str, tuple[str, str, str]]:
    rows = await world.rows("SELECT purchase_ref, decision, basis, why FROM purchase_matches ORDER BY 1")
    return {ref: (decision, basis, why) for ref, decision, basis, why in rows}


async def states(world: World, value: str = "7777") -> list[tuple[str, str | None]]:
    return [
        (state, code)
        for state, code in await world.rows(
            """SELECT a.state, s.code FROM merchant_aliases a LEFT JOIN shops s ON s.id = a.shop_id
            WHERE a.value = $1 AND a.closed_at IS NULL ORDER BY a.valid_from""",
            value,
        )
    ]


async def test_an_unknown_identifier_is_asked_of_once_and_one_answer_pays_all_that_waited(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=False)
    await world.play(
        told("first", at=day(1)),
        told("second", at=day(2), amount=30_00, card="card-2"),
        told("other", at=day(2), mid="8888", text="PRESSING", amount=5_00),
        at=day(2),
    )
    assert await shops(world) == {"first": None, "other": None, "second": None}
    asked = await questions(world)
    assert [(each.key.name, each.purchases, each.cards, each.waiting_minor) for each in asked] == [
        ("mid:7777", 2, 2, 50_00),
        ("mid:8888", 1, 1, 5_00),
    ]
    done = await say(world, asked[0].key, Verdict.SHOP, "cafe")
    assert (done.purchases, done.waiting_minor, [each.state for each in done.aliases]) == (2, 50_00, [State.CONFIRMED])
    assert await world.transfers() == 0
    await world.drain()
    assert await shops(world) == {"first": "cafe", "other": None, "second": "cafe"}
    assert await world.wallet("shopper-1") == {"EUR": (0, 1_00, 0, 0)}
    assert await world.wallet("shopper-2") == {"EUR": (0, 1_50, 0, 0)}
    assert (await how(world))["first"] == ("accept", "review", "confirmed")
    assert [each.key.name for each in await questions(world)] == ["mid:8888"]
    await world.play(told("later", at=day(5), amount=10_00), at=day(5))
    assert await world.wallet("shopper-1") == {"EUR": (0, 1_50, 0, 0)}
    assert (await how(world))["later"] == ("accept", "memo", "confirmed")
    said = await world.rows("SELECT answered_by, verdict, purchases, waiting_minor FROM match_answers")
    assert said == [("person:ada", "confirmed", 2, 50_00)]
    await world.audit()


async def test_without_the_setting_nothing_is_looked_at_and_answers_are_refused(engine: AsyncEngine) -> None:
    world = await a_world(engine, PROGRAMME)
    await world.link(at=day(-1))
    await world.play(told("first", at=day(1)), at=day(1))
    assert await world.rows("SELECT 1 FROM purchase_matches") == []
    assert await questions(world) == []
    with pytest.raises(Invalid, match="matching by memory is off"):
        await say(world, Key("sandbox", "mid", "7777"), Verdict.SHOP, "cafe")
    assert await world.rows("SELECT 1 FROM match_answers UNION ALL SELECT 1 FROM merchant_aliases") == []
    await world.audit()


async def test_what_waited_before_matching_was_turned_on_is_looked_at_too(engine: AsyncEngine) -> None:
    world = await a_world(engine, PROGRAMME)
    world.stage.road.matchers = Matchers(make=PlainMatcher)
    await world.link(at=day(-1))
    await world.play(told("early", at=day(0.5)), told("first", at=day(2), text="CAFÉ CENTRE"), at=day(3))
    async with world.connection() as connection:
        await turn_on(connection, world.stage.actor, since=day(1), evidence_since=day(1), now=world.now)
    await world.drain()
    assert await shops(world) == {"early": None, "first": "cafe"}
    assert await world.wallet() == {"EUR": (0, 1_00, 0, 0)}
    await world.audit()


@pytest.mark.parametrize(
    ("key", "verdict", "shop", "error"),
    [
        (Key("sandbox", "mid", "7777"), Verdict.SHOP, "caffe", NotFound),
        (Key("sandbox", "mid", "7777"), Verdict.SHOP, None, Invalid),
        (Key("sandbox", "mid", "7777"), Verdict.SHARED, "cafe", Invalid),
        (Key("sandbox", "kard_offer", "7777"), Verdict.SHOP, "cafe", Invalid),
        (Key("sandbox", "text", "zara|||"), Verdict.SHOP, "cafe", Invalid),
    ],
    ids=["no such shop", "no shop", "a shop too many", "names no place", "tells no place"],
)
async def test_an_answer_that_cannot_be_is_refused_and_nothing_moves(
    engine: AsyncEngine, key: Key, verdict: Verdict, shop: str | None, error: type[Exception]
) -> None:
    world = await matched_world(engine, evidence=False)
    await world.play(told("first", at=day(1)), at=day(1))
    with pytest.raises(error):
        await say(world, key, verdict, shop)
    await world.drain()
    assert await world.rows("SELECT 1 FROM match_answers UNION ALL SELECT 1 FROM merchant_aliases") == []
    assert await shops(world) == {"first": None}
    assert await world.transfers() == 0
    with pytest.raises(Forbidden):
        await say(world, key, verdict, shop, scope=Scope.READ)
    await world.audit()


async def test_an_answer_to_what_is_being_settled_waits(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=False)
    await world.play(told("first", at=day(1)), at=day(1))
    (question,) = await questions(world)
    await say(world, question.key, Verdict.SHOP, "cafe")
    with pytest.raises(Conflict, match="being settled"):
        await say(world, question.key, Verdict.SHOP, "books", by="person:bob")
    await world.drain()
    assert await shops(world) == {"first": "cafe"}
    await world.audit()


async def test_a_wrong_answer_is_corrected_and_the_wallets_follow(engine: AsyncEngine) -> None:
    world = await matched_world(
        engine,
        evidence=False,
        programme=PROGRAMME.replace("five,", "five, conditions: [{kind: shops, shops: [cafe]}],"),
    )
    await world.play(told("first", at=day(1)), told("second", at=day(3)), at=day(3))
    (question,) = await questions(world)
    await say(world, question.key, Verdict.SHOP, "cafe")
    await world.drain()
    assert await world.wallet("shopper-1") == {"EUR": (0, 2_00, 0, 0)}
    await world.pass_to(day(4))
    await say(world, question.key, Verdict.SHOP, "books", by="person:bob", since=day(2))
    await world.drain()
    assert await shops(world) == {"first": "cafe", "second": "books"}
    assert await world.wallet("shopper-1") == {"EUR": (0, 1_00, 0, 0)}
    assert await states(world) == [("confirmed", "cafe"), ("confirmed", "books")]
    await world.audit()


async def test_not_ours_is_never_asked_again_and_skip_only_when_more_waits(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=False)
    await world.play(told("out", at=day(1)), told("unclear", at=day(1), mid="8888"), at=day(1))
    await say(world, Key("sandbox", "mid", "7777"), Verdict.NOT_OURS)
    await say(world, Key("sandbox", "mid", "8888"), Verdict.SKIP)
    await world.drain()
    assert await questions(world) == []
    await world.play(told("out-again", at=day(3)), told("again", at=day(3), mid="8888"), at=day(3))
    assert [(each.key.value, each.purchases) for each in await questions(world)] == [("8888", 2)]
    assert (await how(world))["out-again"] == ("reject", "memo", "not_ours")
    assert await world.transfers() == 0
    await world.audit()


async def test_evidence_decides_and_teaches_until_the_identifier_decides_by_itself(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=True)
    for number in range(1, 4):
        await world.play(told(f"p{number}", at=day(number), text="CAFÉ CENTRE", card=f"card-{number}"), at=day(number))
    assert set((await how(world)).values()) == {("accept", "evidence", "accepted")}
    assert await states(world) == [("probation", "cafe")]
    await world.play(told("short", at=day(5), text="CAFÉ", card="card-4"), at=day(5))
    assert (await how(world))["short"] == ("accept", "memo", "probation")
    assert await world.wallet("shopper-4") == {"EUR": (0, 1_00, 0, 0)}
    await world.audit()


async def test_a_contradiction_suspends_what_was_learned_and_asks_a_person(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=True)
    for number in range(1, 4):
        await world.play(told(f"p{number}", at=day(number), text="CAFÉ CENTRE", card=f"card-{number}"), at=day(number))
    await world.play(told("else", at=day(6), text="BOOKS CENTRE", card="card-4"), at=day(6))
    assert await shops(world) == {"p1": "cafe", "p2": "cafe", "p3": "cafe", "else": "books"}
    await world.play(told("back", at=day(7), text="CAFÉ CENTRE", card="card-5"), at=day(7))
    assert await states(world) == [("probation", "cafe"), ("shared", None)]
    await world.play(told("short", at=day(8), text="CAFÉ", card="card-1"), at=day(8))
    assert (await how(world))["short"][0] == "review"
    assert [each.key.fingerprint for each in await questions(world)] == ["café|||"]
    await world.audit()


async def test_the_order_in_which_purchases_are_told_changes_no_wallet(engine: AsyncEngine) -> None:
    bodies = [
        *(told(f"p{n}", at=day(n), text="CAFÉ CENTRE", card=f"card-{n}") for n in range(1, 5)),
        told("short", at=day(2.5), text="CAFÉ", card="card-5"),
        told("else", at=day(6), text="BOOKS CENTRE"),
        told("rival", at=day(7), text="CAFÉ RIVAL"),
        clearing("loose", 9_00, at=day(8)),
        refund("back", 4_00, at=day(9)),
    ]
    ends = []
    for order in (bodies, bodies[::-1], bodies[4:] + bodies[:4]):
        world = await matched_world(engine, evidence=True)
        for body in order:
            await world.play(body, at=day(10))
        ends.append(
            (
                await shops(world),
                await states(world),
                [await world.wallet(f"shopper-{number}") for number in range(1, 6)],
            )
        )
        await world.audit()
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0]["short"] == "cafe"


async def test_a_clearing_that_tells_the_place_otherwise_is_looked_at_again(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=True)
    first = authorization("p", 20_00, at=day(1), mid="7777")
    first["merchant"] |= {"descriptor": "CAFÉ CENTRE"}
    await world.play(first, at=day(1))
    assert await shops(world) == {"p": "cafe"}
    moved = await world.transfers()
    second = clearing("p", 20_00, at=day(2), mid="7778")
    second["merchant"] |= {"descriptor": "CAFÉ CENTRE FR"}
    await world.play(second, at=day(2))
    assert await shops(world) == {"p": "cafe"}
    assert await world.transfers() == moved + 1  # pending to available, nothing back and forth
    assert len(await world.rows("SELECT 1 FROM match_decisions")) == 2
    await world.audit()


async def test_a_decision_that_was_recorded_stands_when_the_catalogue_changes(engine: AsyncEngine) -> None:
    world = await matched_world(engine, evidence=True)
    await world.play(
        told("kept", at=day(1), text="CAFÉ CENTRE"),
        told("missed", at=day(1), text="ROSES CENTRE", mid="9999"),
        at=day(1),
    )
    assert await shops(world) == {"kept": "cafe", "missed": None}
    renamed = PROGRAMME.replace("name: Café", "name: Bistro").replace(
        "  - {code: books", '  - {code: roses, name: Roses, centre: centre, category: "5992"}\n  - {code: books'
    )
    await world.apply(renamed)
    await world.drain()
    assert await shops(world) == {"kept": "cafe", "missed": "roses"}
    await world.audit()


async def test_a_terminal_that_was_exchanged_is_proposed_and_one_command_pays_what_was_missed(
    engine: AsyncEngine,
) -> None:
    world = await a_world(engine, PROGRAMME)
    await world.link(at=day(-1))
    for number in range(20):
        await world.play(told(f"old-{number}", at=day(number), mid="1001", text="CAFE 12"), at=day(number))
    for number in range(20, 32):
        await world.play(
            told(f"new-{number}", at=day(number), mid="5005", text="CAFE 12"),
            told(f"odd-{number}", at=day(number), mid="6006", text="PRESSING"),
            at=day(number),
        )
    assert (await world.wallet())["EUR"] == (0, 20_00, 0, 0)
    async with world.connection() as connection:
        (drift,) = await list_drifts(connection, world.operator_id, world.now)
    assert (drift.shop, drift.silent, drift.appeared, drift.purchases, drift.ambiguous) == (
        "cafe",
        "mid:1001",
        "mid:5005",
        12,
        False,
    )
    with pytest.raises(NotFound, match="no drift is proposed"):
        async with world.connection() as connection:
            await accept_drift(
                connection, world.stage.actor, network="sandbox", appeared="mid:6006", shop=None, now=world.now
            )
    async with world.connection() as connection:
        await accept_drift(
            connection, world.stage.actor, network="sandbox", appeared="mid:5005", shop=None, now=world.now
        )
    await world.drain()
    assert (await world.wallet())["EUR"] == (0, 32_00, 0, 0)
    async with world.connection() as connection:
        assert await list_drifts(connection, world.operator_id, world.now) == ()
        assert await fetch(connection, "SELECT action FROM audit_log WHERE action = 'drift.accepted'") != []
    await world.pass_to(world.now + timedelta(days=1))
    await world.audit()
