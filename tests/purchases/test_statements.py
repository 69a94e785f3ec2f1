"""From a card event to the statement that is kept: what its digest covers."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from cashback.purchases.schemas import Statement
from cashback.purchases.statements import statement
from issuers.events import CardEvent, Channel, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
EVENT = CardEvent(
    kind=EventKind.CLEARING,
    card_token="crd_1",
    fact_ref="clearing:1",
    revision=1,
    purchase_ref="p",
    occurred_at=NOON,
    occurred_until=NOON,
    time_basis=TimeBasis.INSTANT,
    amount_minor=42_30,
    currency="EUR",
    merchant=MerchantEvidence((MerchantIdentifier("mid", "1"),), "SHOP", "5651", "Perth", "GB"),
)


def told(channel: Channel | None) -> Statement:
    event = replace(EVENT, merchant=replace(EVENT.merchant, channel=channel))
    return statement(event, network="sandbox", shopper_id=UUID(int=1), card_id=UUID(int=2))


def test_a_statement_that_tells_no_channel_is_what_it_was_before_there_were_channels() -> None:
    silent = told(None)
    assert silent.merchant == {
        "identifiers": ["mid:1"],
        "descriptor": "SHOP",
        "mcc": "5651",
        "city": "Perth",
        "country": "GB",
    }
    assert silent.digest.hex() == "07a301d9235c662f62171f6093084469"


@pytest.mark.parametrize("channel", list(Channel))
def test_a_channel_is_part_of_what_was_told(channel: Channel) -> None:
    assert told(channel).merchant == {**told(None).merchant, "channel": channel.value}
    assert len({told(each).digest for each in (None, *Channel)}) == 3
