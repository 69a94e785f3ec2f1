"""Letters leave after the commit, once, and what cannot be sent is tried again until nobody would need it."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from builders import a_house
from entrance import ANNA, SHOPPERS, Entrance
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import MASTER, NOW, Mailbox

from cashback.auth import mail
from cashback.auth.mail import LEASE, RETRY, Letter, LogSender, SmtpSender, open_sender, send_due, write, write_all
from cashback.clock import HeldClock
from cashback.db.engine import transaction

LETTER = Letter(ANNA, "12345678 est votre code", "Bonjour,\n\nvotre code est déjà là : 12345678.\n.\nFin\n")


class Broken:
    """Fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.asked = 0

    async def send(self, letter: Letter) -> None:
        self.asked += 1
        if not self.mended:
            raise ConnectionRefusedError(f"550 no such mailbox {letter.to}")


class SmtpServer:
    """Takes letters as a mail server does (RFC 5321), and remembers who they were for."""

    def __init__(self, *, pause: float = 0) -> None:
        self.taken: list[tuple[str, str, Message]] = []
        self.pause = pause

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = recipient = ""
        writer.write(b"220 mail.test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].upper()
            await asyncio.sleep(self.pause)
            if verb.startswith("EHLO"):
                writer.write(b"250 mail.test\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                body = re.sub(rb"(?m)^\.\.", b".", raw[:-3])
                self.taken.append((sender, recipient, message_from_bytes(body, policy=default)))
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                sender = line if verb == "MAIL FROM" else sender
                recipient = line if verb == "RCPT TO" else recipient
                writer.write(b"250 ok\r\n")
        writer.close()


async def a_letter(engine: AsyncEngine, *, to: str = ANNA) -> "Post":
    house = await a_house(engine)
    letter = Letter(to, LETTER.subject, LETTER.text)
    async with transaction(engine, house.operator_id) as connection:
        await write(connection, house.operator_id, MASTER, letter, now=NOW, until=NOW + timedelta(minutes=10))
    return Post(engine, house.operator_id)


class Post:
    """Sends for one operator."""

    def __init__(self, engine: AsyncEngine, operator_id: object) -> None:
        self.engine, self.operator_id = engine, operator_id

    async def send(self, sender: object, at: timedelta = timedelta(0)) -> int:
        return await send_due(self.engine, self.operator_id, MASTER, sender, HeldClock(NOW + at))  # type: ignore[arg-type]

    async def row(self) -> tuple[object, ...]:
        async with transaction(self.engine, self.operator_id) as connection:  # type: ignore[arg-type]
            statement = "SELECT attempts, ended_at IS NOT NULL, length(sealed) > 0, error FROM outgoing_mail"
            return tuple((await connection.exec_driver_sql(statement)).one())


async def test_a_letter_reaches_a_mail_server_as_it_was_written(engine: AsyncEngine) -> None:
    taker = SmtpServer()
    server = await asyncio.start_server(taker.serve, "127.0.0.1", 0)
    post = await a_letter(engine)
    port = server.sockets[0].getsockname()[1]
    sender = SmtpSender(f"smtp://127.0.0.1:{port}", "Centre Lac <hello@centre.example>")
    assert await post.send(sender) == 1
    assert await post.send(sender, timedelta(hours=1)) == 0
    server.close()
    ((envelope_from, envelope_to, message),) = taker.taken
    assert (envelope_from, envelope_to) == ("mail FROM:<hello@centre.example>", f"rcpt TO:<{ANNA}>")
    assert (message["To"], message["From"], message["Subject"]) == (
        ANNA,
        "Centre Lac <hello@centre.example>",
        LETTER.subject,
    )
    assert message.get_content().replace("\r\n", "\n") == LETTER.text  # type: ignore[attr-defined]
    assert await post.row() == (1, True, False, None)


async def test_a_server_that_is_slow_at_each_step_is_left_before_another_takes_the_letter(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taker = SmtpServer(pause=0.2)
    server = await asyncio.start_server(taker.serve, "127.0.0.1", 0)
    post = await a_letter(engine)
    sender = SmtpSender(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", "Centre Lac <hello@centre.example>")
    with monkeypatch.context() as patch:
        patch.setattr(mail, "CONVERSATION_SECONDS", 0.3)
        assert await post.send(sender) == 0
    assert (taker.taken, await post.row()) == ([], (1, False, True, "SMTPServerDisconnected"))
    taker.pause = 0
    assert await post.send(sender, RETRY) == 1
    server.close()
    assert len(taker.taken) == 1


def test_a_lease_is_longer_than_a_conversation_and_what_it_may_be_cut_in() -> None:
    connecting_handshake_and_greeting = 3 * mail.SMTP_SECONDS
    assert timedelta(seconds=mail.CONVERSATION_SECONDS + connecting_handshake_and_greeting) < LEASE


async def test_a_letter_that_is_refused_waits_and_is_given_up_in_time(engine: AsyncEngine) -> None:
    post, sender = await a_letter(engine), Broken()
    assert await post.send(sender) == 0
    assert await post.row() == (1, False, True, "ConnectionRefusedError"), "what the server said names the address"
    assert await post.send(sender, RETRY - timedelta(seconds=1)) == 0
    assert sender.asked == 1
    assert await post.send(sender, RETRY) == 0
    assert sender.asked == 2
    assert await post.send(sender, timedelta(minutes=10)) == 0
    assert sender.asked == 2
    assert await post.row() == (2, True, False, "ConnectionRefusedError")


async def test_a_letter_leaves_once_however_many_send_and_again_when_its_sender_died(engine: AsyncEngine) -> None:
    post, mailbox = await a_letter(engine), Mailbox()
    sent = await asyncio.gather(*(post.send(mailbox) for _ in range(8)))
    assert sorted(sent) == [0] * 7 + [1]
    assert mailbox.letters == [LETTER]

    class Killed(Exception):
        pass

    class Dies:
        async def send(self, _: Letter) -> None:
            raise Killed

    post = await a_letter(engine)
    with pytest.raises(Killed):
        await post.send(Dies())
    assert await post.send(mailbox) == 0
    assert await post.send(mailbox, LEASE) == 1


async def test_a_slow_server_makes_no_letter_leave_twice(engine: AsyncEngine) -> None:
    house, clock, taken = await a_house(engine), HeldClock(NOW), Counter[str]()
    letters = [Letter(f"p{number}@x.example", "code", str(number)) for number in range(20)]
    async with transaction(engine, house.operator_id) as connection:
        await write_all(connection, house.operator_id, MASTER, letters, now=NOW, until=NOW + timedelta(minutes=10))

    class Fast:
        async def send(self, letter: Letter) -> None:
            taken[letter.to] += 1

    class Slow(Fast):
        async def send(self, letter: Letter) -> None:
            await super().send(letter)
            clock.advance(timedelta(seconds=20))
            if taken.total() == 5:
                assert await send_due(engine, house.operator_id, MASTER, Fast(), clock) == 15

    assert await send_due(engine, house.operator_id, MASTER, Slow(), clock) == 5
    assert set(taken.values()) == {1}


async def test_a_letter_to_nobody_is_never_sent(engine: AsyncEngine) -> None:
    post, mailbox = await a_letter(engine, to=""), Mailbox()
    assert await post.send(mailbox) == 1
    assert mailbox.letters == []
    assert await post.row() == (1, True, False, None)


async def test_a_server_that_is_down_changes_no_answer(entrance: Entrance) -> None:
    broken = Broken()
    entrance.site.postbox._sender = broken
    async with entrance.browser() as browser:
        assert (await browser.ask_code(SHOPPERS, ANNA)).status_code == 303
    assert broken.asked == 1


def test_without_a_mail_server_letters_are_shown_in_the_log() -> None:
    assert isinstance(open_sender(None, ""), LogSender)
    assert isinstance(open_sender("smtps://mail.example", "a@b.example"), SmtpSender)
