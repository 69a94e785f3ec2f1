"""One operator's receivers keep nobody else's events waiting; and who looks after endpoints hears of one that ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from post_office import PostOffice
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import system
from cashback.auth import mail, members
from cashback.auth.mail import Letter
from cashback.auth.roles import MemberRole
from cashback.courier import rounds
from cashback.courier.rounds import Courier
from cashback.db.engine import fetch, transaction
from webhooks import courier, outbox
from webhooks.courier import SIDE_BY_SIDE, round_of
from webhooks.schedule import Answer

ADA, ED, VERA = "ada@centre.example", "ed@centre.example", "vera@centre.example"


async def test_an_operator_whose_receivers_hang_has_its_share_of_attempts_and_no_more(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "ATTEMPTS_MAX", 8)
    monkeypatch.setattr(rounds, "ATTEMPTS_OF_ONE", 4)
    slow, other = PostOffice(engine), PostOffice(engine)
    under_way, most, go_on = 0, 0, asyncio.Event()

    async def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        nonlocal under_way, most
        if url not in slow.secrets:
            return await other.post(url, headers, body)
        under_way += 1
        most = max(most, under_way)
        await go_on.wait()
        under_way -= 1
        return await slow.post(url, headers, body)

    for name in ("a", "b", "c"):
        await slow.add(name)
    await other.add("elsewhere")
    await slow.tell(6)
    await other.tell(2)
    sending = Courier(engine, slow.keyring, slow.clock, post)
    async with asyncio.timeout(20):
        await sending.begin_round([slow.operator_id, other.operator_id])
        while len(other.sent) < 2:  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
        assert slow.sent == []
        go_on.set()
        await sending.quiet()
    assert (most, len(slow.sent), len(other.sent)) == (4, 18, 2)


async def test_a_round_that_is_over_begins_no_attempt_though_a_place_is_free(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "ROUND_SECONDS", 0.1)
    office = PostOffice(engine)
    await office.add("crm")
    await office.tell(SIDE_BY_SIDE + 4)

    async def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        await asyncio.sleep(0.2)
        return await office.post(url, headers, body)

    async def tell(*_: object) -> None:
        raise AssertionError("nothing was disabled")

    @asynccontextmanager
    async def at_once() -> AsyncIterator[None]:
        yield

    async with transaction(engine, office.operator_id) as connection:
        await outbox.hand_out(connection, office.operator_id, office.clock.now())
        ((endpoint_id,),) = await fetch(connection, "SELECT id FROM webhook_endpoints")
    made = await round_of(
        lambda: transaction(engine, office.operator_id),
        office.operator_id,
        endpoint_id,
        post=post,
        turn=at_once,
        master=office.keyring.master,
        clock=office.clock.now,
        clean=str,
        tell=tell,
    )
    assert (made, len(office.sent)) == (SIDE_BY_SIDE, SIDE_BY_SIDE)
    assert await office.rows("SELECT count(*) FROM webhook_deliveries WHERE taken_at IS NOT NULL") == [(0,)]
    await office.run()
    assert len({each.message_id for each in office.sent}) == len(office.sent) == SIDE_BY_SIDE + 4


class Letters:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        self.sent.append(letter)


@pytest.mark.parametrize(("answer", "words"), [(410, "answered 410"), (500, "For five days nothing")])
async def test_who_may_handle_endpoints_is_written_to_when_one_is_disabled_by_itself(
    engine: AsyncEngine, answer: int, words: str
) -> None:
    office, letters = PostOffice(engine), Letters()
    people = {ADA: MemberRole.ADMIN, ED: MemberRole.EDITOR, VERA: MemberRole.VIEWER}
    async with transaction(engine, office.operator_id) as connection:
        for address, role in people.items():
            actor, now = system(office.operator_id, "tests"), office.clock.now()
            await members.invite(
                connection, actor, office.keyring.master, address=address, name="N", role=role, now=now
            )
    await office.add("crm", lambda *_: answer)
    for _ in range(20):
        await office.tell()
        await office.run(office.clock.now())
        if (await office.rows("SELECT count(*) FROM outgoing_mail"))[0] != (0,):
            break
        office.clock.advance(timedelta(hours=8))
    assert await mail.send_due(engine, office.operator_id, office.keyring.master, letters, office.clock) == 2
    assert sorted(each.to for each in letters.sent) == [ADA, ED]
    assert all(words in each.text and "crm.example" in each.text for each in letters.sent)
    assert all("whe_" in each.text and "https://" not in each.text for each in letters.sent)
