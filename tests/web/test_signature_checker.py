"""The checker of signatures in the developer portal: valid, or exactly why not."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW
from portal_site import Portal, a_portal, a_test_house
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import words

from cashback.programmes import connections
from webhooks.sealing import SealingKey
from webhooks.signing import read_secret, sign


@pytest.fixture
async def portal(engine: AsyncEngine) -> AsyncIterator[Portal]:
    async with a_portal(engine, await a_test_house(engine)) as opened:
        yield opened


async def test_the_checker_says_valid_or_exactly_why_not(portal: Portal) -> None:
    secret = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    body = b'{"type":"reward.earned"}'
    headers = "\r\n".join(f"{name}: {value}" for name, value in sign([read_secret(secret)], "msg_1", NOW, body).items())
    form = {"scheme": "out", "secret": secret, "headers": headers, "body": body.decode()}
    said = {
        "Valid": form,
        "no_match": {**form, "body": body.decode() + " "},
        "missing_header": {**form, "headers": ""},
        "bad_secret": {**form, "secret": "nonsense"},
        "too_old": {
            **form,
            "headers": "\n".join(
                f"{name}: {value}"
                for name, value in sign([read_secret(secret)], "msg_1", NOW - timedelta(hours=1), body).items()
            ),
        },
    }
    for word, each in said.items():
        answer = await portal.post("signatures/check", each)
        assert word in words(answer.text), word
        # It stays where it was typed, for the next check, and stands nowhere else.
        assert answer.text.count(secret) == answer.text.count(f'name="secret" value="{secret}"')
    pasted = await portal.post("signatures/check", {**form, "headers": f"POST /events HTTP/1.1\r\n{headers}"})
    assert "Valid" in words(pasted.text)
    assert (await portal.post("signatures/check", {**form, "headers": "no colon"})).status_code == 422
    assert (await portal.post("signatures/check", {**form, "scheme": "another"})).status_code == 422


async def test_the_checker_knows_the_schemes_of_our_connections(
    engine: AsyncEngine, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await portal.post("simulator/card")
    opened = []

    def watched(master: SealingKey, row: Any) -> tuple[bytes, ...]:
        opened.append(row.operator_id)
        return real(master, row)

    async with a_portal(engine, await a_test_house(engine)) as other:
        await other.post("simulator/card")
    real = connections._opened_or_none
    monkeypatch.setattr(connections, "_opened_or_none", watched)
    page = (await portal.get("signatures")).text
    assert set(opened) == {portal.house.operator_id}, "the secrets of no other operator are opened"
    slug = re.search(r'value="(sandbox-[a-z0-9-]+)"', page)
    assert slug is not None
    answer = await portal.post("signatures/check", {"scheme": slug[1], "headers": "webhook-id: a", "body": "{}"})
    assert "Not valid" in words(answer.text)
    assert "signature_refused" in answer.text
