"""What is said to whoever connects a network: the form of the secret, and where it is to post."""

import base64
from datetime import UTC, datetime

import pytest

from issuers.connecting import WITHOUT_WEBHOOKS, addresses, check_secret
from issuers.registry import ADAPTERS

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)
WHSEC = "whsec_" + base64.b64encode(b"0" * 24).decode()
UNFIT = [
    (
        "mastercard_mrs",
        "whsec_abc",
        "expected the signer's common name, then the certificates of its authorities in PEM",
    ),
    ("mastercard_mrs", "signing.ws.example.com\n", "certificates of its authorities in PEM"),
    ("amex", "abc", "expected <client id>:<client secret of at least 16 characters>"),
    ("amex", "abc:short", "expected <client id>:<client secret of at least 16 characters>"),
    ("berlin_group", "anything", "expected none, as this source is asked and pushes nothing"),
    ("visa", "abc", "expected"),
    ("mastercard", "abc", "expected"),
    ("adyen", "no hex", "expected a key of at least one byte in hex digits"),
    ("marqeta", "abc", "expected <user>:<password> <signing secret>"),
    ("lithic", "abc", "expected whsec_ and base64"),
    ("sandbox", "abc", "expected whsec_ and base64"),
]
FIT = [
    ("amex", "amex-1:0123456789abcdef"),
    ("visa", f"{'0a' * 32}:token-of-the-proxy"),
    ("adyen", "0a1b"),
    ("marqeta", "user:password signing"),
    ("lithic", WHSEC),
    ("sandbox_bank", WHSEC),
    ("plaid", "not known yet"),
    ("fidel", "anything"),
    ("stripe", "whsec_anything"),
    ("kard", "anything"),
    ("cardlytics", "anything"),
]


@pytest.mark.parametrize(("network", "secret", "said"), UNFIT)
def test_a_secret_that_could_prove_nothing_is_refused_with_what_is_expected(
    network: str, secret: str, said: str
) -> None:
    with pytest.raises(ValueError, match=f"^secret: .*{said}"):
        check_secret(network, secret.encode(), NOW)


@pytest.mark.parametrize(("network", "secret"), FIT)
def test_a_secret_of_the_right_form_is_taken(network: str, secret: str) -> None:
    check_secret(network, secret.encode(), NOW)


def test_each_network_says_where_it_is_to_post() -> None:
    told = {network: [each.path for each in addresses(network)] for network in ADAPTERS}
    assert told["amex"] == ["/authorize", ""]
    assert told["mastercard_mrs"] == ["/EUR.Europe.Paris"]
    assert "/transaction.clearing" in told["fidel"]
    assert told["stripe"] == [""]
    assert {network for network, paths in told.items() if not paths} == WITHOUT_WEBHOOKS
    with pytest.raises(LookupError, match="no network is called"):
        addresses("nowhere")
