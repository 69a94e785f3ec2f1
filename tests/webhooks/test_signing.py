"""Signatures: what we sign other people's libraries accept, and what anybody altered everybody refuses."""

import base64
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks.webhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from webhooks.signing import ID, SIGNATURE, TIMESTAMP, Refused, Secret, new_secret, read_secret, sign, verify

BODY = b'{"type":"reward.earned","data":{"amount":100}}'
FORGED = 10_000


def present() -> datetime:
    """The clock that other people's libraries read."""
    return datetime.now(UTC)


Headers = dict[str, str]
Verifier = Callable[[str, Headers, bytes], Any]


def ours(secret: str, headers: Headers, body: bytes) -> None:
    verify(secret, headers, body, present())


def standard(secret: str, headers: Headers, body: bytes) -> None:
    standardwebhooks.webhooks.Webhook(secret).verify(body, headers)


def of_svix(secret: str, headers: Headers, body: bytes) -> None:
    svix.webhooks.Webhook(secret).verify(body, headers)


VERIFIERS = [ours, standard, of_svix]
REFUSALS = (
    Refused,
    ValueError,  # what both libraries raise for a signature without a comma
    standardwebhooks.webhooks.WebhookVerificationError,
    svix.webhooks.WebhookVerificationError,
)


def refused(verifier: Verifier, secret: str, headers: Headers, body: bytes) -> bool:
    try:
        verifier(secret, headers, body)
    except REFUSALS:
        return True
    return False


@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("size", [24, 32, 64])
@pytest.mark.parametrize("seconds", [-290, 0, 299])
def test_what_is_signed_is_accepted_by_everybody(verifier: Verifier, size: int, seconds: int) -> None:
    secret = Secret("v1", bytes(range(size)))
    verifier(secret.told(), sign([secret], "msg_1", present() + timedelta(seconds=seconds), BODY), BODY)


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_while_a_secret_is_rotated_both_prove_the_message_and_then_only_the_new_one(verifier: Verifier) -> None:
    new, old = new_secret(), new_secret()
    now = present()
    ending = Secret("v1", old.key, until=now + timedelta(seconds=1))
    headers = sign([new, ending], "msg_1", now, BODY)
    assert headers[SIGNATURE].count("v1,") == 2
    verifier(new.told(), headers, BODY)
    verifier(old.told(), headers, BODY)
    headers = sign([new, Secret("v1", old.key, until=now)], "msg_1", now, BODY)
    verifier(new.told(), headers, BODY)
    assert refused(verifier, old.told(), headers, BODY)


def test_ed25519_is_verified_by_the_public_half_alone_and_beside_it_the_shared_secret_holds() -> None:
    pair, shared = new_secret("v1a"), new_secret()
    headers = sign([shared, pair], "msg_1", present(), BODY)
    public = pair.told()
    assert public.startswith("whpk_")
    made = next(each for each in headers[SIGNATURE].split(" ") if each.startswith("v1a,"))
    signed = f"msg_1.{headers[TIMESTAMP]}.".encode() + BODY
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    key.verify(base64.b64decode(made.removeprefix("v1a,")), signed)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(made.removeprefix("v1a,")), signed + b" ")
    ours(public, headers, BODY)
    ours(shared.told(), headers, BODY)
    standard(shared.told(), headers, BODY)
    of_svix(shared.told(), headers, BODY)
    assert refused(ours, new_secret("v1a").told(), headers, BODY)


def forgeries(secret: Secret, count: int) -> list[tuple[str, str, Headers, bytes]]:
    """Kind, secret, headers and body of messages each of which proves nothing; the same ones in every run."""
    chosen = random.Random(7)
    now, made = present(), []
    for number in range(count):
        body = BODY + str(number).encode()
        headers = sign([secret], f"msg_{number}", now, body)
        signature = headers[SIGNATURE].removeprefix("v1,")
        known = secret.told()
        kind = KINDS[number % len(KINDS)]
        if kind == "body":
            at = chosen.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ (1 << chosen.randrange(7))]) + body[at + 1 :]
        elif kind == "flipped":
            raw = bytearray(base64.b64decode(signature))
            raw[chosen.randrange(32)] ^= 1 << chosen.randrange(8)
            headers[SIGNATURE] = "v1," + base64.b64encode(raw).decode()
        elif kind == "truncated":
            headers[SIGNATURE] = "v1," + base64.b64encode(base64.b64decode(signature)[: chosen.randrange(32)]).decode()
        elif kind == "expired":
            headers = sign([secret], f"msg_{number}", now - timedelta(seconds=330 + chosen.randrange(10**6)), body)
        elif kind == "future":
            headers = sign([secret], f"msg_{number}", now + timedelta(seconds=330 + chosen.randrange(10**6)), body)
        elif kind == "new_timestamp":
            headers[TIMESTAMP] = str(int(headers[TIMESTAMP]) - 1 - chosen.randrange(250))
        elif kind == "other_id":
            headers[ID] += str(chosen.randrange(10))
        elif kind == "other_key":
            headers = sign([Secret("v1", chosen.randbytes(32))], f"msg_{number}", now, body)
        elif kind == "scheme":
            headers[SIGNATURE] = chosen.choice(["v2,", "v1a,", "V1,", "", ","]) + signature
        elif kind == "missing":
            del headers[chosen.choice([ID, TIMESTAMP, SIGNATURE])]
        elif kind == "spliced":
            headers[ID] = f"msg_{number}.{headers[TIMESTAMP]}"
            headers[TIMESTAMP] = str(int(headers[TIMESTAMP]) + 1)
        else:
            headers[TIMESTAMP] = chosen.choice(["", "now", "NaN", "1e9", "-1", "٠", "9" * 30])
        made.append((kind, known, headers, body))
    return made


KINDS = (
    "body",
    "flipped",
    "truncated",
    "expired",
    "future",
    "new_timestamp",
    "other_id",
    "other_key",
    "scheme",
    "missing",
    "spliced",
    "nonsense",
)


def test_forged_expired_truncated_and_rekeyed_messages_are_refused_by_everybody() -> None:
    forged = forgeries(new_secret(), FORGED)
    accepted = {verifier.__name__: 0 for verifier in VERIFIERS}
    for number, (_, known, headers, body) in enumerate(forged):
        # Ours sees all of them; theirs, which are slower, one of each kind in turn.
        for verifier in VERIFIERS if number < 1200 else VERIFIERS[:1]:
            accepted[verifier.__name__] += not refused(verifier, known, headers, body)
    assert accepted == {"ours": 0, "standard": 0, "of_svix": 0}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({SIGNATURE: ""}, "missing_header"),
        ({ID: "a.b"}, "malformed"),
        ({TIMESTAMP: "soon"}, "malformed"),
        ({TIMESTAMP: "1"}, "too_old"),
        ({TIMESTAMP: "99999999999"}, "too_new"),
        ({SIGNATURE: "v1"}, "malformed"),
        ({SIGNATURE: "v1,=="}, "malformed"),
        ({SIGNATURE: "v1, v1,"}, "malformed"),
    ],
)
def test_a_refusal_says_why(change: Headers, code: str) -> None:
    secret = new_secret()
    with pytest.raises(Refused) as refusal:
        ours(secret.told(), sign([secret], "msg_1", present(), BODY) | change, BODY)
    assert refusal.value.code == code
    assert refusal.value.detail


@given(st.dictionaries(st.sampled_from([ID, TIMESTAMP, SIGNATURE, "x"]), st.text(max_size=60)), st.binary(max_size=60))
def test_no_header_whatever_makes_the_verifier_fail_otherwise_than_by_refusing(headers: Headers, body: bytes) -> None:
    with pytest.raises(Refused):
        ours("whsec_" + base64.b64encode(b"k" * 32).decode(), headers, body)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "secret",
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_" + base64.b64encode(b"k" * 65).decode(),
        "whsec_" + base64.b64encode(b"k" * 32).decode().rstrip("="),
        "whsec_" + "*" * 44,
        "whsk_" + base64.b64encode(b"k" * 31).decode(),
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|begins with") as refusal:
        read_secret(text)
    assert len(text) < 12 or text[7:] not in str(refusal.value)


def test_secrets_are_random_and_read_back() -> None:
    made = [new_secret() for _ in range(100)]
    assert len({each.key for each in made}) == 100
    assert [read_secret(each.told()) for each in made] == made
    assert "key" not in repr(made[0])
    with pytest.raises(ValueError, match="v1 or v1a"):
        new_secret("v2")


@pytest.mark.parametrize("message_id", ["", "a.b", "x" * 256, "é"])
def test_an_id_that_could_be_read_in_two_ways_is_not_signed(message_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        sign([new_secret()], message_id, present(), BODY)


def test_nothing_is_sent_that_no_secret_signs() -> None:
    now = present()
    for keys in ([], [Secret("v1", b"k" * 32, until=now)]):
        with pytest.raises(ValueError, match="no secret"):
            sign(keys, "msg_1", now, BODY)
