"""Whatever arrives, a dialect answers with its own refusals and never with a surprise."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from issuer_deliveries import A_MESSAGE, NOW, PROOF, SECRETS, URL

from issuers.adapter import Delivery
from issuers.card_numbers import mask_card_numbers, mask_text
from issuers.errors import SignatureRefused, Unreadable
from issuers.registry import ADAPTERS

EVENTS = [
    None,
    "",
    "transaction.auth",
    "transaction.clearing",
    "transaction.refund",
    "card.linked",
    "card.failed",
    "USD",
    "EUR.Europe.Paris",
    "tgx2-settled.EUR.Europe.Paris",
    "x",
]
SEVERAL_CARDS = ("stripe", "marqeta", "cardlytics")
"""One message of these may tell of several cards, or of a card and its parts; its lane is that of the first."""
every_network = pytest.mark.parametrize("network", list(ADAPTERS))

header_text = st.one_of(
    st.text(max_size=80),
    st.from_regex(r"t=[0-9]{1,20}(,v[01]=[0-9a-f]{0,64}){0,3}", fullmatch=True),
    st.from_regex(r"(Basic|Bearer|Token) [A-Za-z0-9._=-]{0,60}", fullmatch=True),
    st.from_regex(r"(v1,[A-Za-z0-9+/=]{0,44} ?){0,3}", fullmatch=True),
    st.integers().map(str),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["NaN", "sNaN", "-1e999999999", "1e-9", "0", "EUR", "eur", "2026-09-15T10:20:30", "\u0000", "capture"]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged_lines(draw: st.DrawFn, message: bytes) -> bytes:
    """A document of an element a line, some of which are lost, told twice or say something else."""
    lines = message.split(b"\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        said = draw(
            scalars.map(str)
            | st.sampled_from(["<b/>", "&amp;", "<!-- x -->", '<b xmlns="c"/>', "\u00e9", "4242424242424242"])
        )
        others = [[], [lines[at]] * 2, [lines[at].replace(b">", b">" + said.encode("utf-8", "replace"), 1)]]
        lines[at : at + 1] = draw(st.sampled_from(others))
        lines = lines or [b""]
    return b"\n".join(lines)


@st.composite
def damaged(draw: st.DrawFn, network: str) -> bytes:
    """A good message with some values at any depth replaced, added or removed."""
    if isinstance(A_MESSAGE[network], bytes):
        return draw(damaged_lines(A_MESSAGE[network]))
    message = json.loads(json.dumps(A_MESSAGE[network]))
    for _ in range(draw(st.integers(1, 3))):
        holder = message
        while True:
            key = draw(st.sampled_from(sorted(holder)))
            if isinstance(holder[key], dict) and holder[key] and draw(st.integers(0, 2)):
                holder = holder[key]
                continue
            break
        if draw(st.booleans()):
            holder[key] = draw(anything)
        elif len(holder) > 1:
            del holder[key]
    return json.dumps(message).encode()


@every_network
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_verify_returns_or_refuses(network: str, data: st.DataObject) -> None:
    headers = {name: data.draw(header_text) for name in PROOF[network] if data.draw(st.integers(0, 9))}
    delivery = Delivery(data.draw(st.binary(max_size=40)), headers, None, URL)
    secrets = (SECRETS[network], data.draw(st.binary(max_size=12)))
    # An accidental success would need a forged HMAC.
    with pytest.raises(SignatureRefused):
        ADAPTERS[network].verify(delivery, secrets, NOW)


@every_network
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_parse_returns_or_calls_it_unreadable_and_the_envelope_always_answers(
    network: str, data: st.DataObject
) -> None:
    body = data.draw(
        st.one_of(damaged(network), st.binary(max_size=60), anything.map(lambda value: json.dumps(value).encode()))
    )
    delivery = Delivery(body, {}, data.draw(st.sampled_from(EVENTS)), URL)
    envelope = ADAPTERS[network].envelope(delivery)
    assert 1 <= len(envelope.delivery_id) <= 255
    assert len(envelope.content_digest) == 32
    assert envelope.card_token is None or "\x00" not in envelope.card_token
    with suppress(Unreadable):
        for event in ADAPTERS[network].parse(delivery):
            assert event.amount_minor >= 0
            assert event.card_token == envelope.card_token or network in SEVERAL_CARDS
            assert (
                "\x00" not in f"{event.fact_ref}{event.purchase_ref}{event.refund_of}{event.merchant}{event.metadata}"
            )


@given(
    st.one_of(
        st.binary(max_size=80),
        anything.map(lambda value: json.dumps(value).encode()),
        st.text(alphabet='0123456789 -+%\\u"{}[]:,a4\u00a0', max_size=60).map(str.encode),
        st.text(alphabet="0123456789 -", max_size=60).map(
            lambda text: json.dumps({text: [text, {"a": text}]}).encode()
        ),
    )
)
@settings(max_examples=500, deadline=None)
def test_masking_never_fails_is_stable_and_keeps_json(body: bytes) -> None:
    masked = mask_card_numbers(body, pan_like_fields=("a.b",))
    assert mask_card_numbers(masked, pan_like_fields=("a.b",)) == masked
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return
    json.loads(masked)


@given(
    st.lists(
        st.sampled_from(
            ["4242424242424242", "3782 822463 10005", "%20", "\\n", "-", " ", "+", "a", "12", "\u00a0", "é", "0" * 13]
        )
    )
)
@settings(max_examples=500, deadline=None)
def test_the_quick_test_never_hides_a_card_number_from_the_slow_one(parts: list[str]) -> None:
    text = "x" + "".join(parts)
    assert mask_card_numbers(text.encode(), pan_like_fields=()).decode() == mask_text(text)
    quoted = json.dumps({"a": text}).encode()
    assert json.loads(mask_card_numbers(quoted, pan_like_fields=())) == {"a": mask_text(text)}
