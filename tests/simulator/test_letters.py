"""The contract with `issuers`: each letter, once signed, is genuine and states exactly what happened."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from players import LOCATION, a_card, a_shop

from cashback.simulator.dialects import Letter, descriptor, letters
from cashback.simulator.habits import HABITS
from cashback.simulator.life import TRUE_TO_LIFE, WATCHED, Deed, Happening, link, story
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused
from issuers.events import CardEvent, EventKind
from issuers.registry import adapter

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
URL = "http://127.0.0.1:8000/webhooks/fidel"
SECRETS = {"sandbox": b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "fidel": b"fidel-secret"}
KINDS = {
    Deed.LINK: EventKind.CARD_LINKED,
    Deed.AUTHORIZE: EventKind.AUTHORIZATION,
    Deed.DECLINE: EventKind.DECLINE,
    Deed.REVERSE: EventKind.REVERSAL,
    Deed.CLEAR: EventKind.CLEARING,
    Deed.REFUND: EventKind.REFUND,
}
networks = st.sampled_from(sorted(SECRETS))


def read(letter: Letter) -> CardEvent:
    """The one event of a letter, after its signature was found good."""
    dialect, event = adapter(letter.network), letter.event or None
    url = f"{URL}/{event}" if event else URL
    headers = dialect.sign(letter.body, secret=SECRETS[letter.network], url=url, event=event, now=AT)
    delivery = Delivery(letter.body, headers, event, url)
    dialect.verify(delivery, (SECRETS[letter.network],), AT)
    with pytest.raises(SignatureRefused):
        dialect.verify(delivery, (SECRETS[letter.network][:-4] + b"AAA=",), AT)
    (told,) = dialect.parse(delivery)
    return told


def check(happening: Happening, told: CardEvent) -> None:
    """The event says what happened, to the cent and to the second."""
    assert happening.shop is not None
    refund = happening.deed is Deed.REFUND
    network = happening.card.network
    assert told.kind is KINDS[happening.deed]
    assert told.card_token == happening.card.token
    assert (told.amount_minor, told.currency) == (happening.amount_minor, "EUR")
    assert told.purchase_ref == (happening.fact if refund else happening.purchase)
    assert told.refund_of == (happening.purchase if refund and happening.names_purchase else None)
    assert told.occurred_at == told.occurred_until == happening.occurred_at
    assert (told.purchase_at or told.occurred_at) == (happening.occurred_at if refund else happening.purchased_at)
    assert told.final is (happening.deed is Deed.CLEAR)
    named = {identifier.scheme: identifier.value for identifier in told.merchant.identifiers}
    assert named == {{"sandbox": "mid", "fidel": "fidel_location"}[network]: happening.shop.called_by(network)}
    assert (told.last_four, told.card_scheme) == ("4242", "visa")


@given(
    seed=st.integers(0, 2**32),
    network=networks,
    category=st.sampled_from(sorted(HABITS)),
    pace=st.sampled_from([TRUE_TO_LIFE, WATCHED]),
    known=st.booleans(),
    minutes=st.integers(0, 300 * 24 * 60),
)
def test_every_letter_states_what_happened(
    seed: int, network: str, category: str, pace: object, known: bool, minutes: int
) -> None:
    # From the day after clocks went back, so that no local time of this year is told twice.
    at = datetime(2025, 10, 27, tzinfo=UTC) + timedelta(minutes=minutes)
    shop = a_shop(category=category, known=known)
    for happening in story(random.Random(seed), a_card(network), shop, at, pace):  # type: ignore[arg-type]
        for letter in letters(happening):
            assert letter.due_at == happening.told_at
            check(happening, read(letter))


@pytest.mark.parametrize("network", sorted(SECRETS))
def test_a_linked_card_names_its_shopper(network: str) -> None:
    happening = link(random.Random(1), a_card(network), AT)
    (letter,) = letters(happening)
    told = read(letter)
    assert told.kind is EventKind.CARD_LINKED
    assert (told.card_token, told.occurred_at) == ("card-1", AT)
    assert told.metadata == {"shopper": "Camille Laurent"}


def told_by(network: str, deed: Deed) -> list[Letter]:
    rng = random.Random(2)
    shop = a_shop(category="5621")
    while True:
        for happening in story(rng, a_card(network), shop, AT, WATCHED):
            if happening.deed is deed:
                return list(letters(happening))


@pytest.mark.parametrize(
    ("network", "deed", "events"),
    [
        ("fidel", Deed.AUTHORIZE, ["transaction.auth"]),
        ("fidel", Deed.CLEAR, ["transaction.clearing"]),
        ("fidel", Deed.REFUND, ["transaction.clearing", "transaction.refund"]),
        ("fidel", Deed.DECLINE, []),
        ("fidel", Deed.REVERSE, []),
        ("sandbox", Deed.REFUND, [""]),
        ("sandbox", Deed.DECLINE, [""]),
        ("sandbox", Deed.REVERSE, [""]),
    ],
)
def test_what_a_network_fires(network: str, deed: Deed, events: list[str]) -> None:
    assert [letter.event for letter in told_by(network, deed)] == events


def test_a_refund_that_fidel_fires_twice_is_one_fact_of_two_deliveries() -> None:
    first, second = told_by("fidel", Deed.REFUND)
    assert first.body == second.body
    assert read(first).fact_ref == read(second).fact_ref
    ids = {adapter("fidel").envelope(Delivery(each.body, {}, each.event)).delivery_id for each in (first, second)}
    assert len(ids) == 2


@pytest.mark.parametrize("network", sorted(SECRETS))
def test_told_again_is_the_same_delivery(network: str) -> None:
    rng, repeated = random.Random(4), 0
    for _ in range(50):
        told = story(rng, a_card(network), a_shop(), AT, WATCHED)
        facts = Counter(each.fact for each in told)
        envelopes: dict[str, set[tuple[str, bytes]]] = {}
        for happening in told:
            for letter in letters(happening):
                envelope = adapter(network).envelope(Delivery(letter.body, {}, letter.event or None))
                key = f"{happening.fact}{letter.event}"
                envelopes.setdefault(key, set()).add((envelope.delivery_id, envelope.content_digest))
        assert all(len(each) == 1 for each in envelopes.values())
        repeated += sum(times - 1 for times in facts.values())
    assert repeated > 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Café Sablier", "CAFE SABLIER"),
        ("Pharmacie des Écluses", "PHARMACIE DES ECLUSES"),
        ("Arts de Table Fanny Brel", "ARTS DE TABLE FANNY BR"),
        ("Parfums d’Orée", "PARFUMS D'OREE"),
    ],
)
def test_a_name_on_a_statement(name: str, said: str) -> None:
    assert descriptor(name) == said


def test_a_shop_that_the_programme_does_not_know_is_named_all_the_same() -> None:
    unknown = a_shop(known=False)
    assert unknown.called_by("fidel") not in ("", LOCATION)
    assert unknown.called_by("sandbox").isdigit()
    assert unknown.called_by("sandbox") == a_shop(known=False).called_by("sandbox")
