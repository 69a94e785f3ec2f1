"""Kard: the proof, the envelope and what its notifications mean, every field written down."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import FIXTURES, NOW, URL, delivery, fixture, utc

from issuers.adapter import Delivery
from issuers.card_numbers import mask_card_numbers
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.kard import KardAdapter

KARD = KardAdapter()
SECRET = b"whsec_demo_secret"
BODY = b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
# openssl dgst -sha256 -hmac whsec_demo_secret -binary < body | base64
SIGNATURE = "Es2SG3+8Tjeqem4Wp/224RPeVDNDwhMx6djohBA9ElY="


def signed(body: bytes = BODY, signature: str | None = SIGNATURE) -> Delivery:
    return Delivery(body, {} if signature is None else {"notify-signature": signature}, None, URL)


def test_the_vector_verifies_and_is_what_signing_gives() -> None:
    KARD.verify(signed(), (SECRET,), NOW)
    assert KARD.sign(BODY, secret=SECRET, url=URL, event=None, now=NOW) == {
        "content-type": "application/json",
        "notify-signature": SIGNATURE,
    }


def test_any_of_several_secrets_verifies_so_that_they_can_be_rotated() -> None:
    for secrets in ((SECRET, b"another"), (b"another", SECRET), (b"", SECRET)):
        KARD.verify(signed(), secrets, NOW)


REFUSED: list[tuple[str, Delivery, tuple[bytes, ...]]] = [
    ("another secret", signed(), (b"another secret",)),
    ("no secret", signed(), ()),
    ("empty secrets", signed(), (b"", b" \n")),
    ("no header", signed(signature=None), (SECRET,)),
    ("empty header", signed(signature=""), (SECRET,)),
    ("not ASCII in the header", signed(signature="é"), (SECRET,)),
    ("a surrogate in the header", signed(signature="\udcff"), (SECRET,)),
    ("cut short", signed(signature=SIGNATURE[:-1]), (SECRET,)),
    ("in lower case", signed(signature=SIGNATURE.lower()), (SECRET,)),
    ("hex", signed(signature="12cd921b7fbc4e37aa7a6e16a7fdb6e113de543343c21331e9d8e884103d1256"), (SECRET,)),
    ("another body", signed(BODY.replace(b"84.5", b"84.6")), (SECRET,)),
    ("a blank more", signed(BODY + b" "), (SECRET,)),
    ("no body", signed(b""), (SECRET,)),
    # hmac.digest(b"", body, "sha256"): what an empty secret would accept.
    ("signed with nothing", signed(signature="LhWqJ5s2OUXM1nU8TSkTXriF5yAjVsXbSfGwcAI0kso="), (b"", SECRET)),
]


@pytest.mark.parametrize(("case", "refused", "secrets"), REFUSED, ids=[case for case, _, _ in REFUSED])
def test_everything_else_is_refused(case: str, refused: Delivery, secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused) as caught:
        KARD.verify(refused, secrets, NOW)
    assert caught.value.code == "signature_refused"


def test_it_answers_200() -> None:
    assert KARD.acknowledgement(signed()).status == 200


ENVELOPES: list[tuple[str, str | None, str | None]] = [
    ("earnedRewardApproved", "ntf-0001", "user-0001"),
    ("earnedRewardSettled", "ntf-0002", "user-0001"),
    ("earnedRewardRejected", "ntf-0003", "user-0001"),
    ("clawback", "ntf-0004", "user-0001"),
    ("validTransaction", "ntf-0005", "user-0001"),
    ("failedTransaction", "ntf-0006", "user-0001"),
    ("auditUpdate", "ntf-0007", "user-0001"),
    ("fileProcessingResult", "ntf-0008", None),
    # Its id is that of the placement, the same every week.
    ("pushNotificationPlacementFile", None, None),
    ("legacy.earned-reward", None, "user-0001"),
]


@pytest.mark.parametrize(("name", "delivery_id", "card"), ENVELOPES)
def test_an_envelope_has_the_notifications_id_or_a_hash_and_the_user(
    name: str, delivery_id: str | None, card: str | None
) -> None:
    body = (FIXTURES / f"kard/{name}.json").read_bytes()
    found = KARD.envelope(delivery(body))
    assert (found.delivery_id, found.card_token) == (delivery_id or found.content_digest.hex(), card)
    assert KARD.envelope(Delivery(body, {}, None, "https://elsewhere.example")) == found
    assert KARD.envelope(delivery(body + b" ")).content_digest != found.content_digest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"data":7}',
        b'{"data":{"id":7}}',
        b'{"data":{"id":"%b"}}' % (b"x" * 300),
        b'{"data":{"id":"\\u0000"}}',
        b'{"data":{"relationships":{"user":{"data":{"id":7}}}}}',
        b'{"user":{"referringPartnerUserId":7}}',
        b'{"id":NaN}',
    ],
)
def test_what_cannot_be_read_still_has_an_envelope(body: bytes) -> None:
    found = KARD.envelope(delivery(body))
    assert (found.delivery_id, found.card_token) == (found.content_digest.hex(), None)


def test_the_ids_of_a_message_are_not_taken_for_card_numbers() -> None:
    visa_like = "4242424242424242"
    message = fixture("kard/earnedRewardSettled.json")
    message["data"]["attributes"]["transactionId"] = visa_like
    message["data"]["relationships"]["user"]["data"]["id"] = visa_like
    body = delivery(message).body
    assert mask_card_numbers(body, pan_like_fields=KARD.capabilities.pan_like_fields) == body
    message["data"]["attributes"]["message"] = visa_like
    body = delivery(message).body
    assert mask_card_numbers(body, pan_like_fields=KARD.capabilities.pan_like_fields).count(b"*" * 12) == 1


APPROVED = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="user-0001",
    fact_ref="authorization:tx-0001",
    revision=0,
    purchase_ref="tx-0001",
    occurred_at=utc("2026-09-15T08:20:30"),
    occurred_until=utc("2026-09-15T08:20:30"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:30"),
    amount_minor=90_00,
    currency="USD",
    final=False,
    refund_of=None,
    # The channels listed are those of the offer: none is told of the purchase.
    merchant=MerchantEvidence(
        identifiers=(MerchantIdentifier("kard_offer", "offer-0001"),), descriptor="EXAMPLE CAFE", channel=None
    ),
    last_four=None,
    card_scheme=None,
    metadata={},
)
SETTLED = replace(APPROVED, kind=EventKind.CLEARING, fact_ref="clearing:ntf-0002")
REJECTED = replace(APPROVED, kind=EventKind.OTHER, fact_ref="other:ntf-0003", merchant=MerchantEvidence())
VALID = replace(APPROVED, kind=EventKind.OTHER, fact_ref="other:ntf-0005")
LEGACY = CardEvent(
    kind=EventKind.CLEARING,
    card_token="user-0001",
    fact_ref="clearing:tx-0001/1789460430000000/9000",
    revision=0,
    purchase_ref="tx-0001",
    occurred_at=utc("2026-09-15T08:20:30"),
    occurred_until=utc("2026-09-15T08:20:30"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:30"),
    amount_minor=90_00,
    currency="USD",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(
        identifiers=(MerchantIdentifier("kard_merchant", "merchant-0001"),), descriptor="EXAMPLE CAFE"
    ),
    last_four="0001",
    card_scheme="visa",
    metadata={},
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("earnedRewardApproved", (APPROVED,)),
        ("earnedRewardSettled", (SETTLED,)),
        ("earnedRewardRejected", (REJECTED,)),
        ("validTransaction", (VALID,)),
        # No amount, no time: what was granted is the receiver's to know.
        ("clawback", ()),
        ("failedTransaction", ()),
        ("auditUpdate", ()),
        ("fileProcessingResult", ()),
        ("pushNotificationPlacementFile", ()),
        ("legacy.earned-reward", (LEGACY,)),
    ],
)
def test_every_documented_notification(name: str, expected: tuple[CardEvent, ...]) -> None:
    assert KARD.parse(delivery(fixture(f"kard/{name}.json"))) == expected


def parse(name: str, where: str = "attributes", /, **changes: Any) -> tuple[CardEvent, ...]:
    message = fixture(f"kard/{name}.json")
    holder = message.get("data", message)
    if where:
        holder = holder[where]
    holder |= changes
    return KARD.parse(delivery(message))


def test_many_settlements_of_one_transaction_add_up_and_a_replay_adds_nothing() -> None:
    first = parse("earnedRewardSettled", transactionAmountInCents=7500)
    second = parse("earnedRewardSettled", "", id="ntf-0009")
    replayed = parse("earnedRewardSettled", transactionAmountInCents=7500)
    assert replayed == first == (replace(SETTLED, amount_minor=75_00),)
    assert second == (replace(SETTLED, fact_ref="clearing:ntf-0009"),)
    assert {fact.purchase_ref for fact in first + second} == {"tx-0001"}


def test_approvals_of_one_transaction_are_one_fact_whatever_offer_they_matched() -> None:
    again = parse("earnedRewardApproved", "", id="ntf-0010")
    assert again == (APPROVED,)


def test_legacy_settlements_are_told_apart_by_time_and_amount() -> None:
    later = parse("legacy.earned-reward", "transaction", transactionTimeStamp="2026-09-15T10:20:31+02:00")
    moment = utc("2026-09-15T08:20:31")
    assert later == (
        replace(
            LEGACY,
            fact_ref="clearing:tx-0001/1789460431000000/9000",
            occurred_at=moment,
            occurred_until=moment,
            purchase_at=moment,
        ),
    )
    part = parse("legacy.earned-reward", "transaction", transactionAmountInCents=1000)
    assert [fact.fact_ref for fact in part] == ["clearing:tx-0001/1789460430000000/1000"]
    # What the reward says of itself does not make another settlement.
    assert parse("legacy.earned-reward", "reward", status="SETTLED", commissionToIssuer=1) == (LEGACY,)
    approved = parse("legacy.earned-reward", "transaction", status="APPROVED")
    assert approved == (replace(LEGACY, kind=EventKind.AUTHORIZATION, fact_ref="authorization:tx-0001"),)
    assert parse("legacy.earned-reward", "transaction", status="A_STATUS_OF_TOMORROW") == ()
    bare = parse("legacy.earned-reward", "", card=None, reward=None)
    assert bare == (replace(LEGACY, merchant=MerchantEvidence(), last_four=None, card_scheme=None),)


def test_what_is_left_out_is_left_open() -> None:
    linked = parse("earnedRewardSettled", transactionId=None)
    assert linked == (SETTLED,)
    nowhere = parse("earnedRewardSettled", "relationships", offer=None)
    assert nowhere == (replace(SETTLED, merchant=MerchantEvidence(descriptor="EXAMPLE CAFE")),)
    local = parse("earnedRewardSettled", transactionTimestamp="2026-09-15T08:20:30")
    assert local == (replace(SETTLED, time_basis=TimeBasis.ASSUMED_UTC),)
    assert parse("earnedRewardRejected", transactionTimestamp=None) == ()
    assert parse("earnedRewardSettled", "", type="aTypeOfTomorrow", attributes=7) == ()


def test_the_currency_is_a_setting() -> None:
    told = KardAdapter(currency="cad").parse(delivery(fixture("kard/earnedRewardSettled.json")))
    assert told == (replace(SETTLED, currency="CAD"),)
    with pytest.raises(ValueError, match="expected one that has cents, got 'JPY'"):
        KardAdapter(currency="JPY")
    with pytest.raises(ValueError, match="expected an ISO 4217 code such as EUR, got 'BTC'"):
        KardAdapter(currency="BTC")


NEW, OLD = "earnedRewardSettled", "legacy.earned-reward"
UNREADABLE: list[tuple[str, str, dict[str, Any], str]] = [
    # Documented as optional, but a purchase without a time cannot be placed.
    (NEW, "attributes", {"transactionTimestamp": None}, "transactionTimestamp: expected an ISO 8601 date and time"),
    (NEW, "attributes", {"transactionTimestamp": "2026-09-15"}, "transactionTimestamp: expected an ISO 8601"),
    (NEW, "attributes", {"transactionAmountInCents": None}, "transactionAmountInCents: expected cents from zero up"),
    (NEW, "attributes", {"transactionAmountInCents": -1}, "expected cents from zero up, got -1"),
    (NEW, "attributes", {"transactionAmountInCents": 90.5}, "Expected `int | null`, got `float`"),
    (NEW, "attributes", {"transactionAmountInCents": "9000"}, "Expected `int | null`, got `str`"),
    (NEW, "attributes", {"transactionAmountInCents": 10**18}, "amount: expected at most"),
    (NEW, "attributes", {"name": "\u0000"}, "expected text without the character U+0000"),
    (NEW, "", {"id": None}, "kard earnedRewardSettled: $.data.id: expected an id"),
    (NEW, "", {"id": "x" * 256}, "$.data.id: expected an id of 1 to 255 characters"),
    (NEW, "", {"type": None}, "Expected `str`, got `null` - at `$.data.type`"),
    (NEW, "", {"attributes": None}, "$.data.attributes.transactionTimestamp"),
    (NEW, "", {"relationships": None}, "relationships.user.data.id: expected an id"),
    (NEW, "relationships", {"user": {"data": None}}, "relationships.user.data.id: expected an id"),
    (NEW, "relationships", {"user": []}, "Expected `object | null`, got `array`"),
    ("earnedRewardApproved", "", {"attributes": {}, "relationships": None}, "transactionId: expected an id"),
    (OLD, "transaction", {"issuerTransactionId": ""}, "$.transaction.issuerTransactionId: expected an id"),
    (OLD, "transaction", {"transactionTimeStamp": None}, "$.transaction.transactionTimeStamp: expected an ISO 8601"),
    (OLD, "transaction", {"transactionAmountInCents": -9000}, "expected cents from zero up, got -9000"),
    (OLD, "user", {"referringPartnerUserId": None}, "$.user.referringPartnerUserId: expected an id"),
    (OLD, "", {"user": None}, "Expected `object`, got `null` - at `$.user`"),
]


@pytest.mark.parametrize(("name", "where", "changes", "says"), UNREADABLE)
def test_what_is_not_documented_is_unreadable_and_says_where(
    name: str, where: str, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse(name, where, **changes)
    assert says in refusal.value.detail


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"7",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"data":7}',
        b'{"data":{"type":"earnedRewardSettled","attributes":{"transactionAmountInCents":NaN}}}',
        b'{"data":{"type":"earnedRewardSettled","attributes":{"transactionAmountInCents":%b}}}' % (b"9" * 5000),
    ],
)
def test_what_is_not_the_documented_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        KARD.parse(delivery(body))
    assert caught.value.detail.startswith("kard")
