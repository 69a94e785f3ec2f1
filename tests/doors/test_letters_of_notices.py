"""What shoppers are told by mail: what they chose, what must be sent, once; a muted subject stays in the inbox."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from builders import NOW, a_shopper
from entrance import ANNA, Entrance
from web_site import MASTER, csrf_in, entry_of_shopper, words

from cashback.actors import system
from cashback.auth.mail import Letter, send_due
from cashback.branding import service as branding
from cashback.branding.colours import read_colour
from cashback.branding.palette import Chosen
from cashback.branding.schemas import Draft
from cashback.catalogue.reading import texts_in
from cashback.clock import HeldClock
from cashback.db.engine import transaction
from cashback.errors import Invalid
from cashback.insights.wallet import read_unread
from cashback.letters import OLD, write_letters
from cashback.notifications import preferences
from cashback.notifications.schemas import Notice
from cashback.notifications.service import inbox, tell
from cashback.notifications.topics import MUST, Channel, Topic, topic_of

EUROS = {"asset": "EUR", "amount": 1250}
URL = "https://pages.test"


async def told(entrance: Entrance, kinds: Sequence[str], *, at: timedelta = timedelta(0)) -> None:
    shopper = entrance.anna.shopper_id
    given = {"day": "2026-12-01", "reason": "rejected", "last_four": "2606", **EUROS}
    notices = [Notice(shopper, f"{kind}:{at}", kind, given) for kind in kinds]
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        await tell(connection, entrance.house.operator_id, notices, NOW + at)


async def letters(entrance: Entrance, *, at: timedelta = timedelta(0)) -> list[Letter]:
    """Those that go out now."""
    mailbox = entrance.site.mailbox
    mailbox.letters.clear()
    operator_id = entrance.house.operator_id
    await write_letters(entrance.engine, MASTER, operator_id, URL, NOW + at)
    await send_due(entrance.engine, operator_id, MASTER, mailbox, HeldClock(NOW + at))
    return mailbox.letters


async def choose(entrance: Entrance, topic: Topic, channel: Channel, wanted: bool) -> None:
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        chosen = {(topic, channel): wanted}
        await preferences.choose(
            connection, system(entrance.house.operator_id, "tests"), entrance.anna.shopper_id, chosen, NOW
        )


async def kept(entrance: Entrance) -> tuple[set[str], int]:
    """What the inbox holds, and how much of it lights the badge."""
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        held = await inbox(connection, entrance.anna.shopper_id)
        return {each.notice.kind for each in held}, await read_unread(connection, entrance.anna.shopper_id)


async def test_a_payout_is_mailed_once_and_says_where_that_is_changed(entrance: Entrance) -> None:
    await told(entrance, ["payout_paid"])
    (letter,) = await letters(entrance)
    assert letter.to == ANNA
    assert letter.subject.replace("\u00a0", " ") in (
        "Centre Lac: €12.50 have been paid to you",
        "Centre Lac : 12,50 € vous ont été versés",
    )
    assert f"{URL}/" in letter.text
    assert "/wallet/preferences" in letter.text
    assert await letters(entrance) == []


async def test_a_muted_subject_is_not_mailed_and_the_inbox_keeps_it(entrance: Entrance) -> None:
    await choose(entrance, Topic.PAYOUTS, Channel.MAIL, False)
    await told(entrance, ["payout_paid"])
    assert await letters(entrance) == []
    assert await kept(entrance) == ({"payout_paid"}, 1)
    await choose(entrance, Topic.PAYOUTS, Channel.INBOX, False)
    await told(entrance, ["payout_held"])
    assert await kept(entrance) == ({"payout_paid", "payout_held"}, 1)


async def test_what_the_law_asks_for_is_sent_whatever_is_chosen(entrance: Entrance) -> None:
    for topic in MUST:
        with pytest.raises(Invalid, match="whatever is chosen"):
            await choose(entrance, topic, Channel.MAIL, False)
    await told(entrance, ["instalment_soon", "payout_account_added", "reward_expires", "instalment_paid"])
    (letter,) = await letters(entrance)
    lines = letter.text.split("\n\n")[0].splitlines()
    assert len(lines) == 2
    assert "2606" in letter.text
    assert await kept(entrance) == (
        {"instalment_soon", "payout_account_added", "reward_expires", "instalment_paid"},
        4,
    )


async def test_a_subject_that_is_asked_for_is_mailed(entrance: Entrance) -> None:
    await choose(entrance, Topic.REWARDS, Channel.MAIL, True)
    await told(entrance, ["reward_expires"])
    assert len(await letters(entrance)) == 1


async def test_what_is_old_or_has_no_address_is_not_mailed(entrance: Entrance) -> None:
    await told(entrance, ["payout_paid"])
    assert await letters(entrance, at=OLD) == []
    nobody = await a_shopper(entrance.house, reference="nobody")
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        notice = Notice(nobody.shopper_id, "k", "payout_paid", EUROS)
        await tell(connection, entrance.house.operator_id, [notice], NOW)
    assert await letters(entrance) == []
    assert await entrance.rows("SELECT 1 FROM notices WHERE to_mail") == []


async def test_letters_carry_the_name_of_the_theme(entrance: Entrance) -> None:
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        draft = Draft("Lac & Co", Chosen(read_colour("#1a4fd8")), 8)
        await branding.publish(connection, entrance.admin, draft, seen=0, now=NOW)
    await told(entrance, ["payout_paid"])
    (letter,) = await letters(entrance)
    assert letter.subject.startswith("Lac & Co")


async def test_the_page_shows_what_comes_and_keeps_what_is_switched(entrance: Entrance) -> None:
    async with entrance.browser() as person:
        browser = person.client
        await browser.get("/enter", params={"t": entry_of_shopper(entrance.anna)})
        page = (await browser.get("/en/wallet/preferences")).text
        assert 'name="payouts.mail" value="yes" checked' in page
        assert 'name="rewards.mail" value="yes">' in page
        assert "plans.mail" not in page
        said = words(page)
        assert "Sent whatever you choose" in said
        assert "the law on credit requires it" in said
        assert f"E-mails go to {ANNA}." in said
        form = {"csrf": csrf_in(page), "rewards.mail": "yes", "rewards.inbox": "yes", "plans.mail": ""}
        answer = await browser.post("/en/wallet/preferences", data=form, headers={"sec-fetch-site": "same-origin"})
        assert answer.headers["location"] == "/en/wallet/preferences?done=saved"
        page = (await browser.get("/en/wallet/preferences")).text
        assert 'name="payouts.mail" value="yes">' in page
        assert 'name="rewards.mail" value="yes" checked' in page
    await told(entrance, ["payout_paid", "instalment_soon"])
    (letter,) = await letters(entrance)
    assert "1" in letter.text.split("\n\n")[0][:400]
    assert len(letter.text.split("\n\n")[0].splitlines()) == 1


def test_every_kind_of_notice_has_its_subject() -> None:
    kinds = {key.removeprefix("notice.") for key in texts_in("en") if key.startswith("notice.")}
    unsorted = {kind for kind in kinds if topic_of(kind) is Topic.SECURITY}
    assert unsorted == {"payout_account_added", "payout_account_removed", "adjustment_taken"}
    assert topic_of("something_new") in MUST
