"""Ten thousand deliveries that prove nothing, of every scheme that comes in: all refused; and one that proves: taken.

Truncated, altered, missing and re-keyed proofs, altered and truncated bodies, genuine signatures out of their time.
"""

import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from issuer_deliveries import A_MESSAGE, EVENT, NOW, OTHER_SECRETS, PROOF, PULLED, SECRETS, signed
from test_adapter_contract import IN_THE_BODY, NOT_OVER_THE_BODY, STAMP

from issuers.adapter import Delivery
from issuers.errors import SignatureRefused, TimestampExpired
from issuers.registry import ADAPTERS

PUSHING = tuple(name for name in ADAPTERS if name not in PULLED)
EACH = 10_000 // len(PUSHING) + 1
SIGNED_VALUE = re.compile(rb"SignatureValue[^>]*>([^<]+)<")
Forgery = tuple[str, Delivery, datetime]


def genuine(network: str, *, secret: bytes | None = None, now: datetime = NOW) -> Delivery:
    """What the provider would send."""
    return signed(network, A_MESSAGE[network], event=EVENT.get(network), secret=secret, now=now)


def altered(text: str, chosen: random.Random) -> str:
    """The text with one character replaced by quite another one."""
    at = chosen.randrange(len(text))
    other = chosen.choice([each for each in "0Zaf9_" if each.lower() != text[at].lower()])
    return text[:at] + other + text[at + 1 :]


def forged_proofs(network: str, good: Delivery, chosen: random.Random) -> Iterator[Forgery]:
    """The proof of the right delivery, cut short, altered, taken away, or made with another key."""
    if network == IN_THE_BODY:
        (start, end) = SIGNED_VALUE.search(good.body).span(1)  # type: ignore[union-attr]
        while True:
            value = altered(good.body[start:end].decode(), chosen).encode()
            other = good.body[:start] + value + good.body[end:]
            yield "altered", Delivery(other, good.headers, good.event, good.url), NOW
            yield "truncated", Delivery(good.body[: chosen.randrange(end)], good.headers, good.event, good.url), NOW
            yield "re-keyed", genuine(network, secret=OTHER_SECRETS[network]), NOW
    names = PROOF[network]

    def under(value: str | None, name: str = names[0]) -> Delivery:
        kept = {each: held for each, held in good.headers.items() if each != name}
        headers = kept if value is None else {**kept, name: value}
        return Delivery(good.body, headers, good.event, good.url)

    proof = good.headers[names[0]]
    for name in names:
        yield "missing", under(None, name), NOW
        yield "empty", under("", name), NOW
    while True:
        yield "truncated", under(proof[: chosen.randrange(len(proof) - 1)]), NOW
        yield "altered", under(altered(proof, chosen)), NOW
        yield "re-keyed", genuine(network, secret=OTHER_SECRETS[network]), NOW


def forged_bodies(network: str, good: Delivery, chosen: random.Random) -> Iterator[Forgery]:
    """The right proof under other bytes, where the proof is over the bytes."""
    while network not in (*NOT_OVER_THE_BODY, IN_THE_BODY):
        at = chosen.randrange(len(good.body))
        bit = bytes([good.body[at] ^ (1 << chosen.randrange(7))])
        yield "body", Delivery(good.body[:at] + bit + good.body[at + 1 :], good.headers, good.event, good.url), NOW
        yield "short body", Delivery(good.body[:at], good.headers, good.event, good.url), NOW


def out_of_time(network: str, good: Delivery, chosen: random.Random) -> Iterator[Forgery]:
    """The right delivery, shown again later, or before it can have been made."""
    while network in STAMP:
        yield "replayed", good, NOW + timedelta(seconds=301 + chosen.randrange(10**7))
        yield "future", good, NOW - timedelta(seconds=301 + chosen.randrange(10**7))


def forgeries(network: str) -> list[Forgery]:
    """So many of this network, of every kind that it has, in turns; the same ones in every run."""
    chosen, good = random.Random(network), genuine(network)
    sources = [each(network, good, chosen) for each in (forged_proofs, forged_bodies, out_of_time)]
    made: list[Forgery] = []
    while len(made) < EACH:
        made += [forgery for source in sources if (forgery := next(source, None)) is not None]
    return made[:EACH]


@pytest.mark.parametrize("network", PUSHING)
def test_nothing_that_proves_nothing_is_taken(network: str) -> None:
    taken = []
    for kind, delivery, now in forgeries(network):
        try:
            ADAPTERS[network].verify(delivery, (SECRETS[network],), now)
        except (SignatureRefused, TimestampExpired):
            continue
        taken.append((kind, delivery.headers, delivery.body[:100]))
    assert taken == []
    ADAPTERS[network].verify(genuine(network), (SECRETS[network],), NOW)


def test_there_are_ten_thousand_of_them() -> None:
    assert EACH * len(PUSHING) >= 10_000


def test_a_token_whose_last_character_has_another_spelling_is_another_token() -> None:
    good = genuine("plaid")
    name = PROOF["plaid"][0]
    token = good.headers[name]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelled = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
    for other in (respelled, f"{token}\n", f"{token}!"):
        delivery = Delivery(good.body, {**good.headers, name: other}, good.event, good.url)
        with pytest.raises(SignatureRefused):
            ADAPTERS["plaid"].verify(delivery, (SECRETS["plaid"],), NOW)
