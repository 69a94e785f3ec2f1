"""The same questions to every network of the registry."""

import hmac
from base64 import b64encode
from datetime import UTC, timedelta

import pytest
from issuer_deliveries import (
    A_MESSAGE,
    EVENT,
    NOW,
    OTHER_SECRETS,
    PROOF,
    PULLED,
    SECRETS,
    URL,
    delivery,
    fixture,
    signed,
    with_headers,
)
from msgspec.structs import replace

from issuers.adapter import Delivery
from issuers.currencies import exponent
from issuers.errors import SignatureRefused, TimestampExpired, Unreadable
from issuers.events import EventKind
from issuers.registry import ADAPTERS, adapter

STAMP = {
    "fidel": "x-fidel-timestamp",
    "stripe": "stripe-signature",
    "sandbox": "webhook-timestamp",
    "sandbox_bank": "webhook-timestamp",
    "lithic": "webhook-timestamp",
}
NOT_OVER_THE_BODY = ("visa", "mastercard", "amex")
"""A client certificate and a token prove who speaks, not what was said."""
IN_THE_BODY = "mastercard_mrs"
"""Its signature is over the document that the bytes mean: `test_mastercard_mrs_proof.py` says what of it may differ."""
every_network = pytest.mark.parametrize("network", list(ADAPTERS))
every_pushing_network = pytest.mark.parametrize("network", [name for name in ADAPTERS if name not in PULLED])
every_stamped_network = pytest.mark.parametrize("network", STAMP)
every_signing_network = pytest.mark.parametrize(
    "network", [name for name in ADAPTERS if name not in (*NOT_OVER_THE_BODY, IN_THE_BODY)]
)
every_network_with_a_header = pytest.mark.parametrize("network", [name for name in ADAPTERS if name != IN_THE_BODY])


def a_delivery(network: str, **choices: object) -> Delivery:
    return signed(network, A_MESSAGE[network], event=EVENT.get(network), **choices)  # type: ignore[arg-type]


def refusal(network: str, refused: Delivery, *secrets: bytes) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        ADAPTERS[network].verify(refused, secrets or (SECRETS[network],), NOW)
    return caught.value


def test_the_registry_knows_its_networks_by_their_own_names() -> None:
    assert set(ADAPTERS) == set(PROOF) == set(SECRETS) == set(A_MESSAGE), "every network is asked the same questions"
    assert [adapter(name).name for name in ADAPTERS] == list(ADAPTERS)
    with pytest.raises(LookupError, match="no network is called 'visca': expected one of fidel, visa, mastercard"):
        adapter("visca")


@every_pushing_network
def test_a_good_signature_verifies(network: str) -> None:
    ADAPTERS[network].verify(a_delivery(network), (SECRETS[network],), NOW)


@every_stamped_network
@pytest.mark.parametrize("seconds", [-300, -299, 299, 300])
def test_the_window_is_five_minutes_both_ways_inclusive(network: str, seconds: int) -> None:
    ADAPTERS[network].verify(a_delivery(network), (SECRETS[network],), NOW + timedelta(seconds=seconds))


@every_stamped_network
@pytest.mark.parametrize(("seconds", "says"), [(-301, "301 s ahead"), (301, "301 s ago"), (86_400 * 365, "ago")])
def test_outside_the_window_a_genuine_signature_is_expired(network: str, seconds: int, says: str) -> None:
    with pytest.raises(TimestampExpired, match=says) as caught:
        ADAPTERS[network].verify(a_delivery(network), (SECRETS[network],), NOW + timedelta(seconds=seconds))
    assert caught.value.code == "timestamp_expired"


@every_network
def test_a_wrong_signature_is_refused_and_not_called_expired(network: str) -> None:
    old = a_delivery(network, secret=OTHER_SECRETS[network], now=NOW - timedelta(days=1))
    for wrong in (a_delivery(network, secret=OTHER_SECRETS[network]), old):
        assert refusal(network, wrong).code == "signature_refused"


@every_pushing_network
def test_any_of_several_secrets_verifies_so_that_they_can_be_rotated(network: str) -> None:
    old, new = OTHER_SECRETS[network], SECRETS[network]
    for secret in (old, new):
        ADAPTERS[network].verify(a_delivery(network, secret=secret), (old, new), NOW)
        ADAPTERS[network].verify(a_delivery(network, secret=secret), (b"", new, old), NOW)


@every_network
@pytest.mark.parametrize("secrets", [(), (b"",), (b"", b"  \n")])
def test_without_a_secret_nothing_verifies(network: str, secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused, match="no secret is configured"):
        ADAPTERS[network].verify(a_delivery(network), secrets, NOW)


@every_network
def test_an_empty_secret_beside_a_good_one_proves_nothing(network: str) -> None:
    empty = b"whsec_" if network in ("sandbox", "sandbox_bank", "lithic", "lender") else b""
    try:
        forged = a_delivery(network, secret=empty)
    except ValueError:
        others = ("lender", "lithic", "marqeta", "adyen", "visa", "mastercard", "mastercard_mrs", "amex", "plaid")
        assert network in ("sandbox", "sandbox_bank", *others)
    else:
        assert refusal(network, forged, empty, SECRETS[network]).code == "signature_refused"


@pytest.mark.parametrize("network", ["sandbox", "sandbox_bank", "lithic"])
def test_a_signature_by_the_empty_key_of_an_empty_secret_proves_nothing(network: str) -> None:
    good = a_delivery(network)
    by_hand = f"{good.headers['webhook-id']}.{good.headers['webhook-timestamp']}.".encode() + good.body
    forged = with_headers(good, webhook_signature="v1," + b64encode(hmac.digest(b"", by_hand, "sha256")).decode())
    assert refusal(network, forged, b"whsec_", SECRETS[network]).code == "signature_refused"


@every_signing_network
def test_the_bytes_are_signed_not_their_meaning(network: str) -> None:
    good = a_delivery(network)
    for body in (good.body + b" ", good.body.replace(b": ", b":"), b"", good.body[:-1]):
        assert refusal(network, replace(good, body=body)).code == "signature_refused"


def test_fidel_signs_the_registered_url_and_its_own_stamp() -> None:
    good = a_delivery("fidel")
    assert refusal("fidel", replace(good, url=URL + "/")).code == "signature_refused"
    assert refusal("fidel", replace(good, url="")).code == "signature_refused"
    assert refusal("fidel", with_headers(good, x_fidel_timestamp="1790000000001")).code == "signature_refused"


@every_network_with_a_header
@pytest.mark.parametrize("value", [None, "", " ", "v1", "v1,", "t=1", "=", "t=,v1=", "é", "v1,é", "t=1790000000,v1=é"])
def test_a_missing_or_malformed_signature_is_refused(network: str, value: str | None) -> None:
    broken = with_headers(a_delivery(network), **{PROOF[network][0].replace("-", "_"): value})
    assert refusal(network, broken).code == "signature_refused"


@every_stamped_network
@pytest.mark.parametrize("value", [None, "", "now", "-1", "1.5", "1e9", "١٧٩", "9" * 40, "9" * 5000])
def test_a_missing_or_malformed_stamp_is_refused(network: str, value: str | None) -> None:
    good = a_delivery(network)
    if network == "stripe":
        value = f"t={value},{good.headers['stripe-signature'].split(',')[1]}"
    broken = with_headers(good, **{STAMP[network].replace("-", "_"): value})
    assert refusal(network, broken).code == "signature_refused"


def test_stripe_and_the_sandbox_accept_one_good_signature_among_others() -> None:
    stripe = a_delivery("stripe")
    stamp, good = stripe.headers["stripe-signature"].split(",")
    listed = with_headers(stripe, stripe_signature=f"{stamp},v1={'0' * 64},v0=old,{good}")
    ADAPTERS["stripe"].verify(listed, (SECRETS["stripe"],), NOW)
    sandbox = a_delivery("sandbox")
    value = f"v1a,x v1,AAAA {sandbox.headers['webhook-signature']}"
    ADAPTERS["sandbox"].verify(with_headers(sandbox, webhook_signature=value), (SECRETS["sandbox"],), NOW)
    buried = "v1,AAAA " * 16 + sandbox.headers["webhook-signature"]
    assert refusal("sandbox", with_headers(sandbox, webhook_signature=buried)).code == "signature_refused"


@pytest.mark.parametrize("secret", [b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", b"whsec_***", b"whsec_", b"\xff"])
def test_a_sandbox_secret_that_is_not_one_verifies_nothing(secret: bytes) -> None:
    assert refusal("sandbox", a_delivery("sandbox"), secret).code == "signature_refused"


def test_a_stripe_secret_or_body_that_is_not_text_is_refused() -> None:
    good = a_delivery("stripe")
    assert refusal("stripe", good, b"\xff\xfe").code == "signature_refused"
    assert refusal("stripe", replace(good, body=b"\xff" + good.body)).code == "signature_refused"


@every_network
def test_an_envelope_is_the_same_for_every_delivery_of_one_event(network: str) -> None:
    first = ADAPTERS[network].envelope(a_delivery(network))
    retried = replace(a_delivery(network, now=NOW + timedelta(minutes=2)), url="https://elsewhere.example/hooks")
    assert ADAPTERS[network].envelope(retried) == first
    assert len(first.content_digest) == 32


@every_network
def test_the_envelope_and_the_parsed_facts_name_one_card(network: str) -> None:
    events = ADAPTERS[network].parse(a_delivery(network))
    assert {event.card_token for event in events} == {ADAPTERS[network].envelope(a_delivery(network)).card_token}


@every_network
@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\x00", b"[" * 100_000, b'{"id":"\\u0000"}']
)
def test_what_cannot_be_read_still_has_an_envelope(network: str, body: bytes) -> None:
    envelope = ADAPTERS[network].envelope(delivery(body))
    assert envelope.card_token is None
    assert len(envelope.delivery_id) == 64
    assert len(envelope.content_digest) == 32


@every_network
@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"7", b"\xff\x00", b"[" * 100_000])
def test_what_is_not_the_documented_json_is_unreadable(network: str, body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        ADAPTERS[network].parse(delivery(body, EVENT.get(network)))
    assert caught.value.detail.startswith(network)


@every_network
def test_every_fact_keeps_the_promises_of_the_vocabulary(network: str) -> None:
    for event in ADAPTERS[network].parse(a_delivery(network)):
        assert event.fact_ref.startswith(f"{event.kind.value}:")
        if event.kind is EventKind.CHARGE_NEWS:
            assert (event.amount_minor, event.currency) == (0, "XXX"), "news of a charge is only a reason to ask"
        else:
            assert event.amount_minor > 0
            assert exponent(event.currency) == 2
        assert event.occurred_at.tzinfo is UTC
        assert event.occurred_at <= event.occurred_until
        assert {found.scheme for found in event.merchant.identifiers} <= set(
            ADAPTERS[network].capabilities.identifier_schemes
        )


@every_network
def test_the_acknowledgement_is_a_success(network: str) -> None:
    expected = 202 if network.startswith("sandbox") else 200
    assert ADAPTERS[network].acknowledgement(a_delivery(network)).status == expected


def test_fidels_delivery_id_tells_the_events_of_one_transaction_apart() -> None:
    body = A_MESSAGE["fidel"]
    ids = {
        ADAPTERS["fidel"].envelope(delivery(body, event)).delivery_id
        for event in (None, "transaction.auth", "transaction.clearing")
    }
    assert len(ids) == 3


def test_fidels_lane_is_the_card_also_where_the_body_is_the_card() -> None:
    lanes = {
        name: ADAPTERS["fidel"].envelope(delivery(fixture(f"fidel/{name}.json"), name)).card_token
        for name in (
            "card.linked",
            "card.failed",
            "transaction.refund",
            "missing-transaction-request-failed",
            "location.status",
        )
    }
    assert lanes == {
        "card.linked": "00000000-0000-4000-8000-c00000000004",
        "card.failed": "00000000-0000-4000-8000-c00000000005",
        "transaction.refund": "00000000-0000-4000-8000-c00000000002",
        "missing-transaction-request-failed": "00000000-0000-4000-8000-c00000000003",
        "location.status": None,
    }
