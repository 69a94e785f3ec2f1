"""The operator's feed and traces, asked over HTTP without a browser."""

import re
from datetime import timedelta

import pytest
from builders import NOW
from story import Story
from web_site import Site, words

from cashback.auth.roles import OPENED_BY, MemberRole, Page
from cashback.ids import show


async def test_the_feed_shows_state_reward_and_why_not(site: Site, story: Story) -> None:
    async with site.operator(story.house) as browser:
        said = words((await browser.get("/en/operator/live")).text)
    assert "14:13:00 Maison Lumière" in said
    assert "€249.00 Pending +€12.45 · +10 points" in said
    assert "€9.40 No reward Minimum spend €10.00: the member spent €9.40" in said
    assert "Unmatched: Open the trace of Unmatched, €14.00 mid 99999999" in said
    assert "Purchases today 11" in said
    assert "10 of 11 · 1 without a shop" in said
    assert "€20.33" in said


@pytest.mark.parametrize(
    ("query", "present", "absent"),
    [
        ("matched=no", "mid 99999999", "Marché Frais"),
        ("matched=yes", "Marché Frais", "mid 99999999"),
        ("result=available", "Earned", "Being matched"),
        ("result=closed", "Refunded", "Being matched"),
        ("result=nothing", "Pharmacie centrale", "Maison Lumière"),
        ("shop=MARCH%C3%89", "Marché Frais", "Maison Lumière"),
        ("shop=kiosque", "mid 99999999", "Marché Frais"),
        ("result=nothing&matched=yes&shop=pharma", "Pharmacie centrale", "Boulangerie"),
    ],
)
async def test_filters_live_in_the_address(site: Site, story: Story, query: str, present: str, absent: str) -> None:
    async with site.operator(story.house) as browser:
        fragment = await browser.get(f"/en/operator/live?{query}", headers={"HX-Request": "true"})
        page = await browser.get(f"/en/operator/live?{query}")
    body = fragment.text
    assert fragment.text.lstrip().startswith('<section class="feed" id="feed"')
    assert absent not in body
    assert present in body
    assert "feed-row" in page.text


@pytest.mark.parametrize("query", ["result=all", "matched=maybe"])
async def test_a_filter_that_is_not_understood_is_refused(site: Site, story: Story, query: str) -> None:
    async with site.operator(story.house) as browser:
        assert (await browser.get(f"/en/operator/live?{query}")).status_code == 422


async def test_filters_that_let_nothing_through_say_how_far_they_looked(site: Site, story: Story) -> None:
    async with site.operator(story.house) as browser:
        said = words((await browser.get("/en/operator/live?shop=nowhere%25_")).text)
    assert "Nothing passes these filters" in said
    assert "newest 2,000 purchases" in said


async def test_the_trace_tells_everything_behind_a_row(site: Site, story: Story) -> None:
    address = f"/en/operator/purchases/{show('pur', story.why_nothing)}"
    async with site.operator(story.house) as browser:
        page = await browser.get(address)
        drawer = await browser.get(address, headers={"HX-Request": "true"})
    said = words(page.text)
    assert "Authorisation €18.50" in said
    assert "Clearing final €18.50" in said
    assert "Net€18.50" in said
    assert "Matched by mid 90000004, always valid" in said
    assert "10 points per purchase Terms of 20 Nov version 1, since 1 Jan +10 points" in said
    assert "Minimum spend €30.00: the member spent €18.50" in said
    assert "Operator → Pending 10 points" in said
    assert "Shopper camille" in said
    assert "<html" not in drawer.text
    assert "drawer-close" not in page.text


@pytest.mark.parametrize("role", MemberRole)
async def test_rows_lead_to_the_trace_for_who_may_open_it_and_for_nobody_else(
    site: Site, story: Story, role: MemberRole
) -> None:
    heard = int((NOW - timedelta(minutes=15)).timestamp() * 1000)
    opens = role in OPENED_BY[Page.TRACE]
    async with site.operator(story.house, role) as browser:
        page = (await browser.get("/en/operator/live")).text
        told = (await browser.get(f"/en/operator/live/rows?heard={heard}")).text
        trace = await browser.get(
            f"/en/operator/purchases/{show('pur', story.why_nothing)}", headers={"HX-Request": "true"}
        )
    assert trace.status_code == (200 if opens else 403)
    for rows in (page, told):
        assert "feed-row" in rows
        assert ("data-drawer" in rows) is opens
    assert ("for support, finance and administrators" in words(page)) is not opens
    assert re.search(r'<dialog class="drawer".*?<form method="dialog".*?Close.*?id="drawer-body"', page, re.S)


@pytest.mark.parametrize(
    ("language", "spoken_to"), [("en", r"\byours?\b|\byou\b"), ("fr", r"\bvous\b|\bvotre\b|\bvos\b")]
)
async def test_staff_read_of_the_member_and_are_not_spoken_to_in_their_place(
    site: Site, story: Story, language: str, spoken_to: str
) -> None:
    async with site.operator(story.house) as browser:
        feed = (await browser.get(f"/{language}/operator/live", headers={"HX-Request": "true"})).text
        purchases = list(dict.fromkeys(re.findall(r'id="(pur_\w+)"', feed)))[:24]
        assert len(purchases) > 15
        for address in purchases:
            trace = await browser.get(f"/{language}/operator/purchases/{address}", headers={"HX-Request": "true"})
            assert re.findall(spoken_to, words(trace.text), re.I) == [], address
    assert re.findall(spoken_to, words(feed), re.I) == []


async def test_a_browser_without_a_stream_gets_rows_and_tiles_as_json(site: Site, story: Story) -> None:
    heard = int((NOW - timedelta(minutes=15)).timestamp() * 1000)
    async with site.operator(story.house) as browser:
        told = (await browser.get(f"/en/operator/live/rows?matched=yes&heard={heard}")).json()
        refused = await browser.get("/en/operator/live/rows?heard=yesterday")
    rows = [each for each in told["news"] if "id" in each]
    assert [("Pharmacie" in each["html"], "Marché" in each["html"]) for each in rows] == [(True, False), (False, True)]
    assert "Purchases today" in told["news"][-1]["tiles"]
    assert told["heard"] == str(int(NOW.timestamp() * 1000))
    assert refused.status_code == 422
