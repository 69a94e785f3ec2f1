"""Contested decisions: a queue with a deadline, an answer with a reason, a second person above an amount."""

import json
from datetime import timedelta

import pytest
from deciding import House, a_house, policy_with
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of

from cashback.actors import Actor, Scope
from cashback.decisions import asking, reviewing
from cashback.decisions.accepting import Opened, Turned
from cashback.decisions.monitoring import review_figures
from cashback.decisions.replaying import replay_all
from cashback.decisions.rulebooks import Role
from cashback.decisions.schemas import Answered, Review, ReviewReason, ReviewState
from cashback.errors import Conflict, Forbidden, Invalid
from cashback.notifications.service import inbox


async def contest_again(house: House, answered: Answered, words: str) -> Review:
    async with house.world.connection() as connection:
        return await reviewing.contest(
            connection, house.master, house.actor, answered.decided.id, words, house.world.now
        )


async def contested(house: House, amount: int = 90_00, **more: object) -> tuple[Answered, Review]:
    """A shopper whose card is prepaid is refused and asks for people to look."""
    anna = await house.regular()
    await house.tell_card(anna, "card-of-anna", prepaid=True)
    await house.declare(anna, 6000_00)
    answered = await house.ask(anna, amount, plans=("2x",), **more)
    async with house.world.connection() as connection:
        review = await reviewing.contest(
            connection, house.master, house.actor, answered.decided.id, "It is a debit card.", house.world.now
        )
    return answered, review


def reviewer(house: House, name: str) -> Actor:
    return house.person(name, Scope.REVIEWS)


async def overturn(house: House, review: Review, by: str, reason: ReviewReason = ReviewReason.WRONG_DATA) -> Review:
    async with house.world.connection() as connection:
        return await reviewing.overturn(
            connection,
            await house.snapshot(connection),
            house.master,
            reviewer(house, by),
            review.id,
            plan="2x",
            reason=reason,
            words="the issuer says debit",
            now=house.world.now,
        )


async def agree(house: House, review: Review, by: str) -> Review:
    async with house.world.connection() as connection:
        snapshot = await house.snapshot(connection)
        return await reviewing.agree(
            connection, snapshot, house.master, reviewer(house, by), review.id, "seen too", house.world.now
        )


async def read(house: House, review: Review) -> Answered:
    assert review.new_decision_id is not None
    async with house.world.connection() as connection:
        decided = await asking.find(connection, house.actor, review.new_decision_id)
        return await asking.read(connection, house.world.operator_id, decided)


async def test_people_overturn_and_the_quote_of_their_decision_is_accepted(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    answered, review = await contested(house)
    assert (review.state, review.due_at) == (ReviewState.OPEN, house.world.now + timedelta(days=15))
    async with house.world.connection() as connection:
        queue = await reviewing.queue(connection, reviewer(house, "ada"))
        found, words, decided, record = await reviewing.one(connection, house.master, reviewer(house, "ada"), review.id)
    assert ([each.id for each in queue], found, words) == ([review.id], review, "It is a debit card.")
    assert (decided, record) == (answered.decided, answered.record)
    assert b"debit card" not in (await house.world.rows("SELECT sealed FROM decision_reviews"))[0][0]
    house.pass_days(1)
    done = await overturn(house, review, "ada")
    assert (done.state, done.answered_by, done.reason) == (
        ReviewState.OVERTURNED,
        "person:ada",
        ReviewReason.WRONG_DATA,
    )
    made = await read(house, done)
    value = json.loads(made.record)
    assert (value["automated"], value["outcome"]) == (False, "eligible")
    assert value["people"]["overruled"] == ["card_prepaid"]
    assert value["people"]["reviewers"] == ["person:ada"]
    house.pass_days(2)
    opened = await house.accept(made, "2x")
    assert isinstance(opened, Opened)
    async with house.world.connection() as connection:
        assert [each.notice.kind for each in await inbox(connection, made.decided.shopper_id)] == [
            "review_overturned",
            "review_received",
        ]
        figures = await review_figures(connection, house.world.operator_id, house.world.now)
        replayed = await replay_all(connection, house.world.operator_id)
    assert figures["overturned_by_reason"] == {"wrong_data": 1}
    assert figures["overturned_bps"] == 10_000
    assert (replayed.decisions, replayed.faults) == (2, [])
    await house.audit()


async def test_what_people_overruled_is_no_leave_for_anything_else(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    _, review = await contested(house)
    made = await read(house, await overturn(house, review, "ada"))
    await house.load(Role.POLICY, policy_with("dear", amount_min_minor=100_00))
    turned = await house.accept(made, "2x")
    assert isinstance(turned, Turned)
    assert await house.world.rows("SELECT count(*) FROM plans") == [(0,)]


async def test_above_the_amount_a_second_person_must_agree(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    _, review = await contested(house, 600_00)
    waiting = await overturn(house, review, "ada")
    assert (waiting.state, waiting.new_decision_id) == (ReviewState.WAITING, None)
    before = await state_of(engine, house.world.operator_id)
    with pytest.raises(Forbidden) as alone:
        await agree(house, review, "ada")
    assert alone.value.code == "four_eyes"
    with pytest.raises(Conflict):
        await overturn(house, review, "bob")
    assert await state_of(engine, house.world.operator_id) == before
    done = await agree(house, review, "bob")
    assert (done.state, done.second_by) == (ReviewState.OVERTURNED, "person:bob")
    value = json.loads((await read(house, done)).record)
    assert value["people"]["reviewers"] == ["person:ada", "person:bob"]
    await house.audit()


async def test_what_the_law_says_nobody_overrules(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    _, review = await contested(house, of_age=False)
    before = await state_of(engine, house.world.operator_id)
    with pytest.raises(Conflict) as refused:
        await overturn(house, review, "ada")
    assert refused.value.code == "by_law"
    assert "not_of_age" in refused.value.detail
    assert await state_of(engine, house.world.operator_id) == before


async def test_upheld_is_told_and_final(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    answered, review = await contested(house)
    async with house.world.connection() as connection:
        with pytest.raises(Invalid):
            await reviewing.uphold(
                connection, reviewer(house, "ada"), review.id, ReviewReason.POLICY, "no", house.world.now
            )
        await reviewing.assign(connection, reviewer(house, "ada"), review.id, "bob", house.world.now)
    for words in ("", "It is a debit card."):
        assert (await contest_again(house, answered, words)).id == review.id
    with pytest.raises(Conflict) as twice:
        await contest_again(house, answered, "And I have a new job.")
    assert twice.value.code == "review_open"
    async with house.world.connection() as connection:
        done = await reviewing.uphold(
            connection, reviewer(house, "bob"), review.id, ReviewReason.CORRECT, "it is prepaid", house.world.now
        )
    assert (done.state, done.assigned_to) == (ReviewState.UPHELD, "bob")
    async with house.world.connection() as connection:
        told = await inbox(connection, answered.decided.shopper_id)
        assert await reviewing.queue(connection, reviewer(house, "ada")) == []
    assert [each.notice.kind for each in told] == ["review_upheld", "review_received"]
    assert (await contest_again(house, answered, "")).id == review.id
    with pytest.raises(Conflict) as late:
        await contest_again(house, answered, "And I have a new job.")
    assert late.value.code == "already_answered"
    with pytest.raises(Conflict) as refused:
        await overturn(house, review, "ada")
    assert refused.value.code == "already_answered"
    await house.audit()


async def test_who_lacks_the_scope_sees_and_answers_nothing(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    answered, review = await contested(house)
    stranger = house.person("eve", Scope.READ, Scope.SHOPPERS)
    async with house.world.connection() as connection:
        for refused in (
            reviewing.queue(connection, stranger),
            reviewing.one(connection, house.master, stranger, review.id),
            reviewing.assign(connection, stranger, review.id, "eve", house.world.now),
        ):
            with pytest.raises(Forbidden):
                await refused
        open_one = await house.ask(answered.decided.shopper_id, 60_00, plans=("2x",))
    assert open_one.decided.outcome == "refused"
