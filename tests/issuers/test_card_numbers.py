"""No card number is kept, and no identifier that merely looks like one is lost."""

import json
import random
import uuid
from typing import Any

import pytest
from issuer_deliveries import A_MESSAGE, FIXTURES, delivery, fixture

from issuers.card_numbers import mask_card_numbers, mask_text
from issuers.registry import ADAPTERS, adapter

FIDEL_FIELDS = adapter("fidel").capabilities.pan_like_fields

# The test cards that the documentation of Stripe, Adyen and Fidel publishes for integrators.
_PUBLISHED = """
4242424242424242 4000056655665556 5555555555554444 2223003122003222 5200828282828210 5105105105105100
378282246310005 371449635398431 6011111111111117 6011000990139424 6011981111111113 3056930009020004 36227206271667
6555900000604105 3566002020360505 6200000000000005 6200000000000047 6205500000000000004 4000002500001001
5555552500001001 4000050360000001 4000000000000002 4000000000009995 4000002760003184 4000008260000000
4000002500003155 4444000000004004 4444000000004278 4444000000004222 5555000000005093 340000000000301 370000000000388
4111111111111111 4988438843884305 4166676667666746 4646464646464644 4444333322221111 4400000000000008
4977949494949497 4035501428146300 4360000001000005 5100081112223332 5100290029002909 5577000055770004
5136333333333335 5585558555855583 5555444433331111 5500000000000004 5424000000000015 5103221911199245
2222400070000005 2222410740360010 2222400010000008 2222400030000004 370000000000002 374251018720018 3569990010095841
36006666333344 6011601160116611 6445644564456445 6731012345678906 6771798021000008 5000550000000029
6243030000000001 8171999927660000 8171999900000000021 5066991111111118 6062828888666688 6370950000000005
5019555544445555 6703444444444449 135410014004955 4222222222222 5201281505129736 4212345678910006 2201382000000013
"""
TEST_CARDS = _PUBLISHED.split()


def groups(number: str, gap: str) -> str:
    sizes = [4, 6, 5] if len(number) == 15 else [4, 6, 4] if len(number) == 14 else [4] * 5
    parts, rest = [], number
    for size in sizes:
        parts.append(rest[:size])
        rest = rest[size:]
    return gap.join(part for part in parts if part)


def places(number: str) -> list[tuple[bytes, str]]:
    """Bodies that carry the number, each with what must not be in it afterwards."""
    spaced = groups(number, " ")
    return [
        (json.dumps({"note": number}).encode(), number),
        (json.dumps({"note": int(number)}).encode(), number),
        (json.dumps([[{"deep": [number]}]]).encode(), number),
        (json.dumps({"text": f"PAID WITH {spaced} THANKS"}).encode(), spaced),
        (json.dumps({"text": groups(number, "-")}).encode(), groups(number, "-")),
        (json.dumps({"text": groups(number, "\u00a0")}).encode(), groups(number, "\u00a0")),
        (json.dumps({"text": groups(number, "\u00a0")}, ensure_ascii=False).encode(), groups(number, "\u00a0")),
        (json.dumps({"text": f"1 12 2026-09-15 {number} 12"}).encode(), number),
        (json.dumps({"text": f"line\n{number}\tcafé {number}"}).encode(), number),
        (json.dumps({"text": f"é{number}é"}).encode(), number),
        (json.dumps({"url": f"https://x.example/pay/{number}?card={number}&x=%20{number}%26"}).encode(), number),
        (json.dumps({"inner": json.dumps({"pan": number, "t": f"a\n{number}"})}).encode(), number),
        (json.dumps({number: 1}).encode(), number),
        (json.dumps({"test": f"test_{number}"}).encode(), number),
        (json.dumps({"identifiers2": {"MID": number}}).encode(), number),
        (("{" + '"note":"' + "".join(f"\\u00{ord(digit):x}" for digit in number) + '"}').encode(), number),
        (f"card={number}&amount=10".encode(), number),
        (f"<pan>{number}</pan>".encode(), number),
        (b"\xff\xfe " + number.encode(), number),
        (f'{{"broken": "{number}'.encode(), number),
    ]


@pytest.mark.parametrize("number", TEST_CARDS)
def test_every_published_test_card_is_masked_wherever_it_stands(number: str) -> None:
    for body, gone in places(number):
        masked = mask_card_numbers(body, pan_like_fields=FIDEL_FIELDS)
        shown = masked.decode("utf-8", "replace")
        assert gone not in shown, body
        assert number[:-4] not in shown.replace(" ", "").replace("-", "").replace("\u00a0", ""), body
        assert number[-4:] in shown.replace(" ", "").replace("-", "").replace("\u00a0", ""), body
        if body.startswith((b"{", b"[")) and not body.startswith(b'{"broken'):
            json.loads(masked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4242424242424242", "************4242"),
        ("4242 4242 4242 4242", "**** **** **** 4242"),
        ("4242-4242-4242-4242.", "****-****-****-4242."),
        ("3782 822463 10005", "**** ****** *0005"),
        ("4242424242424242, 5555555555554444", "************4242, ************4444"),
        ("12 4242424242424242", "12 ************4242"),
        ("4222 2222 2222 2", "**** **** *222 2"),
        # None of these is a card number standing alone.
        ("4242424242424241", "4242424242424241"),
        ("7242424242424249", "7242424242424249"),
        ("424242424242", "424242424242"),
        ("42424242424242424242", "42424242424242424242"),
        ("a4242424242424242", "a4242424242424242"),
        ("4242424242424242a", "4242424242424242a"),
        ("4242  4242  4242  4242", "4242  4242  4242  4242"),
        ("4242 4242-4242 4242", "4242 4242-4242 4242"),
        ("42424242-4242-4242-4242-424242424242", "42424242-4242-4242-4242-424242424242"),
        ("4111111111111-1234", "4111111111111-1234"),
        ("", ""),
    ],
)
def test_what_counts_as_a_card_number(text: str, expected: str) -> None:
    assert mask_text(text) == expected


def test_only_the_masked_value_changes_and_a_bare_number_becomes_a_string() -> None:
    body = b'{ "a" : 4242424242424242 ,\n "b":[1.50,-4242424242424242,true,null,"\\u00e9\\/"],"c":4242424242424242.0}'
    assert mask_card_numbers(body, pan_like_fields=()) == (
        b'{ "a" : "************4242" ,\n "b":[1.50,-4242424242424242,true,null,"\\u00e9\\/"],"c":"************4242"}'
    )


def test_a_declared_field_is_left_alone_with_all_beneath_it_and_nothing_else_is() -> None:
    pan = "4242424242424242"
    body = {
        "identifiers": {"MID": pan, "list": [{"x": pan}], pan: 1},
        "identifiersX": pan,
        "location": {"id": pan, "city": pan},
    }
    masked = json.loads(mask_card_numbers(json.dumps(body).encode(), pan_like_fields=("identifiers", "location.id")))
    assert masked == {
        "identifiers": {"MID": pan, "list": [{"x": pan}], "************4242": 1},
        "identifiersX": "************4242",
        "location": {"id": pan, "city": "************4242"},
    }


def luhn_valid(digits: str) -> str:
    """The same digits with the last one replaced so that the Luhn check passes: the worst identifier there is."""
    total = 0
    for place, digit in enumerate(reversed(digits[:-1])):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return digits[:-1] + str(-total % 10)


def hostile_identifiers(chance: random.Random) -> dict[str, str]:
    """Ten scheme identifiers, half of the numeric ones valid under Luhn and starting like a card."""

    def digits(length: int) -> str:
        first = chance.choice("12345689") if chance.random() < 0.5 else chance.choice("0123456789")
        text = first + "".join(chance.choices("0123456789", k=length - 1))
        return luhn_valid(text) if chance.random() < 0.5 else text

    return {
        "visaAuthCode": chance.choice([digits(6), f"A{digits(6)}"]),
        "mastercardRefNumber": chance.choice([digits(9), digits(13), f"MCC{digits(6)}"]),
        "mastercardTransactionSequenceNumber": digits(13),
        "visaTransactionId": digits(15),
        "arn": digits(23),
        "MID": chance.choice([digits(8), digits(15), digits(16), digits(19)]),
        "uuid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "digitsOnlyUuid": "-".join(digits(length) for length in (8, 4, 4, 4, 12)),
        "epochMilliseconds": str(chance.randrange(1_600_000_000_000, 1_900_000_000_000)),
        "epochMicroseconds": str(chance.randrange(1_600_000_000_000_000, 1_900_000_000_000_000)),
    }


def test_a_hundred_thousand_scheme_identifiers_survive_in_their_declared_fields() -> None:
    chance = random.Random(20260915)
    survived = 0
    message = fixture("fidel/transaction.auth.json")
    for _ in range(500):
        message["identifiers"] = [hostile_identifiers(chance) for _ in range(20)]
        body = json.dumps(message).encode()
        assert mask_card_numbers(body, pan_like_fields=FIDEL_FIELDS) == body
        survived += sum(len(found) for found in message["identifiers"])
    assert survived == 100_000


def test_uuids_and_epoch_stamps_survive_everywhere_declared_or_not() -> None:
    chance = random.Random(7)
    for _ in range(2_000):
        found = hostile_identifiers(chance)
        kept = [found[name] for name in ("uuid", "digitsOnlyUuid", "arn", "epochMilliseconds", "epochMicroseconds")]
        body = json.dumps({"text": kept}).encode()
        assert mask_card_numbers(body, pan_like_fields=()) == body


def test_stripes_network_identifiers_survive_also_in_listed_transactions() -> None:
    fields = adapter("stripe").capabilities.pan_like_fields
    told = {"merchant_data": {"network_id": "4242424242424242"}, "network_data": {"transaction_id": "371449635398431"}}
    event = {"data": {"object": told | {"transactions": [told]}, "previous_attributes": told}}
    body = json.dumps(event).encode()
    assert mask_card_numbers(body, pan_like_fields=fields) == body
    elsewhere = json.dumps({"data": {"object": {"metadata": told}}}).encode()
    assert b"4242424242424242" not in mask_card_numbers(elsewhere, pan_like_fields=fields)


@pytest.mark.parametrize("path", sorted(str(found.relative_to(FIXTURES)) for found in FIXTURES.rglob("*.json")))
def test_recorded_messages_pass_untouched(path: str) -> None:
    body = (FIXTURES / path).read_bytes()
    fields = adapter(path.split("/")[0]).capabilities.pan_like_fields
    assert mask_card_numbers(body, pan_like_fields=fields) == body


@pytest.mark.parametrize("network", ["fidel", "stripe", "sandbox"])
def test_a_masked_message_states_the_same_facts(network: str) -> None:
    message: dict[str, Any] = json.loads(json.dumps(A_MESSAGE[network]))
    pan = "4242424242424242"
    if network == "fidel":
        message["card"]["firstNumbers"] = pan
        message["identifiers"]["MID"] = pan
    elif network == "stripe":
        message["data"]["object"]["wallet"] = pan
        message["data"]["object"]["merchant_data"]["network_id"] = pan
    else:
        message["merchant"]["descriptor"], message["merchant"]["mid"] = "X", pan
    body = json.dumps(message).encode()
    masked = mask_card_numbers(body, pan_like_fields=ADAPTERS[network].capabilities.pan_like_fields)
    event = {"fidel": "transaction.auth"}.get(network)
    assert ADAPTERS[network].parse(delivery(masked, event)) == ADAPTERS[network].parse(delivery(body, event))
    assert masked.count(pan.encode()) == 1
