"""Forged, replayed, truncated and re-keyed deliveries over HTTP: nothing is written; the genuine one is, once."""

import json
import random
from datetime import timedelta

import pytest
from receiver_door import SECRETS, Door

EACH = 60
OTHERS = {"fidel": b"another-secret", "stripe": b"whsec_b3RoZXI=", "sandbox": b"whsec_b3RoZXItc2VjcmV0"}
PROOF = {"fidel": "x-fidel-signature", "stripe": "stripe-signature", "sandbox": "webhook-signature"}
BODY = json.dumps({"id": "evt-1", "type": "clearing"}).encode()


@pytest.mark.parametrize("provider", sorted(SECRETS))
async def test_what_proves_nothing_writes_nothing(door: Door, provider: str) -> None:
    chosen, event = random.Random(provider), "transaction.auth" if provider == "fidel" else None
    good = door.signed(provider, BODY, event)
    name, path = PROOF[provider], door.path(provider, event)
    value, other = good[name], door.signed(provider, BODY, event, secret=OTHERS[provider])
    before = await door.rows()
    refused: set[int] = set()
    for number in range(EACH):
        at, cut = chosen.randrange(len(BODY)), chosen.randrange(len(value) - 1)
        late = door.signed(provider, BODY, event, at=door.clock.now() - timedelta(seconds=301 + number))
        flipped = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
        for headers, body in (
            ({**good, name: value[:cut]}, BODY),
            (other, BODY),
            (late, BODY),
            (good, flipped),
            (good, BODY[:at]),
        ):
            refused.add((await door.client.post(path, content=body, headers=headers)).status_code)
    assert refused == {401}
    assert await door.rows() == before
    for _ in range(3):
        assert (await door.client.post(path, content=BODY, headers=good)).is_success
    assert [each.body for each in await door.log()] == [BODY]
