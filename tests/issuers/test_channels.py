"""In store or online: what each provider tells of it, and what is left untold."""

from typing import Any

import pytest
from issuer_deliveries import (
    a_sandbox_message,
    a_stripe_authorization,
    a_stripe_event,
    a_stripe_transaction,
    delivery,
    fixture,
)

from issuers.errors import Unreadable
from issuers.events import Channel, MerchantEvidence
from issuers.fidel import FidelAdapter
from issuers.sandbox import SandboxAdapter
from issuers.stripe_issuing import StripeIssuingAdapter


def of_sandbox(**merchant: Any) -> MerchantEvidence:
    (event,) = SandboxAdapter().parse(delivery(a_sandbox_message(merchant={"mid": "1", **merchant})))
    return event.merchant


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ({}, None),
        ({"channel": None}, None),
        ({"channel": "in_store"}, Channel.IN_STORE),
        ({"channel": "online"}, Channel.ONLINE),
    ],
)
def test_the_sandbox_tells_it_if_it_likes(told: dict[str, Any], channel: Channel | None) -> None:
    assert of_sandbox(**told).channel is channel


def test_the_sandbox_refuses_a_channel_that_nobody_knows() -> None:
    with pytest.raises(Unreadable, match=r"at `\$.merchant.channel`"):
        of_sandbox(channel="telephone")


@pytest.mark.parametrize(
    ("method", "channel"),
    [
        ("chip", Channel.IN_STORE),
        ("contactless", Channel.IN_STORE),
        ("swipe", Channel.IN_STORE),
        ("online", Channel.ONLINE),
        ("keyed_in", None),
        ("of_the_future", None),
        ("", None),
        (None, None),
    ],
)
def test_stripe_tells_how_the_card_was_read(method: str | None, channel: Channel | None) -> None:
    stated = a_stripe_authorization(authorization_method=method, status="closed", transactions=[a_stripe_transaction()])
    authorization, capture = StripeIssuingAdapter().parse(
        delivery(a_stripe_event("issuing_authorization.updated", stated))
    )
    assert authorization.merchant.channel is channel
    # The transaction says the same whether it comes within its authorization or alone: one content, one digest.
    (alone,) = StripeIssuingAdapter().parse(
        delivery(a_stripe_event("issuing_transaction.created", a_stripe_transaction()))
    )
    assert capture.merchant == alone.merchant
    assert capture.merchant.channel is None


def test_stripe_tells_it_of_a_seller_it_does_not_name() -> None:
    stated = a_stripe_authorization(authorization_method="online", merchant_data=None)
    (event,) = StripeIssuingAdapter().parse(delivery(a_stripe_event("issuing_authorization.created", stated)))
    assert event.merchant == MerchantEvidence(channel=Channel.ONLINE)


@pytest.mark.parametrize(
    ("present", "channel"), [(True, Channel.IN_STORE), (False, None), (None, None), ("true", None), (1, None)]
)
def test_fidel_tells_that_the_card_was_there_and_nothing_else(present: Any, channel: Channel | None) -> None:
    body = fixture("fidel/transaction.auth.json", cardPresent=present)
    (event,) = FidelAdapter().parse(delivery(body, "transaction.auth"))
    assert event.merchant.channel is channel


def test_fidel_of_before_the_field_tells_nothing() -> None:
    body = fixture("fidel/transaction.auth.json")
    del body["cardPresent"]
    (event,) = FidelAdapter().parse(delivery(body, "transaction.auth"))
    assert event.merchant.channel is None
