"""What a notification of Mastercard's rewards service states, and what is answered to it."""

import re

import pytest
from issuer_deliveries import NOW, mrs_secret
from mrs_documents import (
    BELIEVED,
    EXPECTED,
    INNER,
    MRS,
    PLACE,
    PLAIN,
    SIGNATURE,
    SIGNED,
    delivery,
    said,
    signed,
    told,
)

from issuers import xml_signature
from issuers.errors import Unreadable
from issuers.events import EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis


class TestAnswer:
    def test_it_is_the_same_document_without_the_signature(self) -> None:
        answered = MRS.acknowledgement(delivery(SIGNED))
        assert (answered.status, answered.content_type) == (200, "text/xml")
        assert b"Signature" not in answered.body
        assert xml_signature.canonical(xml_signature.document(answered.body)) == xml_signature.canonical(
            xml_signature.document(PLAIN)
        )

    def test_what_follows_the_signature_stays(self) -> None:
        moved = INNER.replace(b"<retCd/>", SIGNATURE + b"\n  <retCd/>")
        assert b"<transId>10000000001</transId>" in MRS.acknowledgement(delivery(moved)).body
        MRS.verify(delivery(signed(moved)), BELIEVED, NOW)

    def test_the_envelope_tells_addresses_and_contents_apart_and_not_signatures(self) -> None:
        first = MRS.envelope(delivery(SIGNED))
        assert first.card_token == "card-token-0002"
        assert first == MRS.envelope(delivery(signed(secret=mrs_secret("second"))))
        others = (delivery(SIGNED, "GBP"), delivery(SIGNED.replace(b"42.50", b"42.51")), delivery(SIGNED, None))
        assert len({first.delivery_id, *(MRS.envelope(each).delivery_id for each in others)}) == 4


class TestFacts:
    def test_every_field(self) -> None:
        assert told() == EXPECTED
        assert MRS.parse(delivery(SIGNED)) == (EXPECTED,)

    @pytest.mark.parametrize(
        ("changes", "purchase"),
        [
            ({"transDate": "09162026", "timestamp": "2026-09-16T03:20:30-05:00"}, "MXXX0ABCD/2026-09-16"),
            ({"refNum": ""}, "trans-10000000001/2026-09-15"),
            ({"refNum": "   "}, "trans-10000000001/2026-09-15"),
            ({"refNum": None}, "trans-10000000001/2026-09-15"),
            ({"refNum": "000000000"}, "trans-10000000001/2026-09-15"),
        ],
    )
    def test_a_reference_names_a_purchase_of_its_day_only(self, changes: dict[str, str | None], purchase: str) -> None:
        event = told(said(**changes))
        assert event.purchase_ref == f"card-token-0002/{purchase}"
        assert event.fact_ref == f"authorization:card-token-0002/{purchase}"

    def test_without_any_id_the_content_names_it(self) -> None:
        bare = said(refNum="", transId="")
        first, again, other = told(bare), told(signed(bare)), told(said(refNum="", transId="", transAmt="42.51"))
        assert first.purchase_ref == again.purchase_ref != other.purchase_ref
        assert re.fullmatch(r"card-token-0002/trans-[0-9a-f]{64}/2026-09-15", first.purchase_ref)

    @pytest.mark.parametrize(
        ("changes", "event", "kind", "minor", "currency"),
        [
            ({"transAmt": "0.00"}, PLACE, EventKind.AUTHORIZATION, 0, "EUR"),
            ({"transAmt": "7"}, PLACE, EventKind.AUTHORIZATION, 7_00, "EUR"),
            ({"transAmt": "700"}, "JPY.Asia.Tokyo", EventKind.AUTHORIZATION, 700, "JPY"),
            ({"transAmt": "7.125"}, "KWD", EventKind.AUTHORIZATION, 7_125, "KWD"),
            ({"transAmt": "-7.00"}, PLACE, EventKind.OTHER, 7_00, "EUR"),
            ({"retCd": "0"}, PLACE, EventKind.AUTHORIZATION, 42_50, "EUR"),
            ({"retCd": "000"}, PLACE, EventKind.AUTHORIZATION, 42_50, "EUR"),
            ({"retCd": "05"}, PLACE, EventKind.OTHER, 42_50, "EUR"),
        ],
    )
    def test_kind_and_amount(
        self, changes: dict[str, str | None], event: str, kind: EventKind, minor: int, currency: str
    ) -> None:
        found = told(said(**changes), event)
        assert (found.kind, found.amount_minor, found.currency) == (kind, minor, currency)
        assert found.fact_ref.startswith(f"{kind.value}:")

    @pytest.mark.parametrize(
        ("changes", "event", "first", "last", "basis"),
        [
            # The receipt, 08:20:30 UTC, confirms Paris to five minutes, before and after.
            ({"transTime": "101531"}, PLACE, "08:15:31", "08:15:31", TimeBasis.MERCHANT_LOCAL),
            ({"transTime": "102530"}, PLACE, "08:25:30", "08:25:30", TimeBasis.MERCHANT_LOCAL),
            # Later than the receipt a purchase cannot be: another zone, or a clock that runs ahead.
            ({"transTime": "112000"}, PLACE, "08:20:30", "08:20:30", TimeBasis.INSTANT),
            # Earlier: told late, or made in a zone further west.
            ({"transTime": "092000"}, PLACE, "07:20:00", "08:20:30", TimeBasis.MERCHANT_LOCAL),
            # Without a receipt the zone is all there is.
            ({"timestamp": None}, PLACE, "08:20:00", "08:20:00", TimeBasis.MERCHANT_LOCAL),
            ({"timestamp": ""}, "EUR", "10:20:00", "10:20:00", TimeBasis.ASSUMED_UTC),
            # Without a zone the clock is read as UTC, which the receipt refutes here.
            ({}, "EUR", "08:20:30", "08:20:30", TimeBasis.INSTANT),
            ({"transTime": "082000"}, "EUR", "08:20:00", "08:20:00", TimeBasis.ASSUMED_UTC),
            ({"transTime": "042000"}, "EUR", "04:20:00", "08:20:30", TimeBasis.ASSUMED_UTC),
        ],
    )
    def test_the_time_is_as_precise_as_clock_zone_and_receipt_make_it(
        self, changes: dict[str, str | None], event: str, first: str, last: str, basis: TimeBasis
    ) -> None:
        found = told(said(**changes), event)
        day = "2026-09-15T"
        assert (found.occurred_at.isoformat(), found.occurred_until.isoformat(), found.time_basis) == (
            f"{day}{first}+00:00",
            f"{day}{last}+00:00",
            basis,
        )
        assert found.purchase_at == found.occurred_at

    def test_the_receipt_tells_which_of_the_two_hours_when_clocks_go_back(self) -> None:
        night = {"transDate": "10252026", "transTime": "023000"}
        early = told(said(**night, timestamp="2026-10-25T00:30:05Z"))
        late = told(said(**night, timestamp="2026-10-25T01:30:05Z"))
        unknown = told(said(**night, timestamp=None))
        assert [each.occurred_at.hour for each in (early, late, unknown)] == [0, 1, 0]
        assert [each.occurred_until.hour for each in (early, late, unknown)] == [0, 1, 1]

    def test_a_merchant_that_is_not_named_is_not_invented(self) -> None:
        found = told(said(merchId="", acquirerIca="000000", merchNameLoc="", merchCatCd=None))
        assert found.merchant == MerchantEvidence()
        assert told(said(acquirerIca="")).merchant.identifiers == (MerchantIdentifier("mid", "1500001"),)

    def test_another_document_states_nothing(self) -> None:
        assert MRS.parse(delivery(b"<Ping/>")) == ()
        assert MRS.parse(delivery(b'<Transaction xmlns="urn:other"/>')) == ()

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"bankCustNum": ""}, "bankCustNum: expected an id of 1 to 255 characters"),
            ({"bankCustNum": None}, "bankCustNum: expected an id"),
            ({"bankCustNum": "x" * 256}, "bankCustNum: expected an id"),
            ({"bankCustNum": "************4242"}, "bankCustNum: expected an id"),
            ({"bankCustNum": "<b>1</b>"}, "bankCustNum: expected one text"),
            ({"transAmt": ""}, "transAmt: amount"),
            ({"transAmt": None}, "transAmt: amount"),
            ({"transAmt": "1,50"}, "transAmt: amount"),
            ({"transAmt": "1.505"}, "transAmt: amount: EUR has 2 decimals"),
            ({"transAmt": "NaN"}, "transAmt: amount"),
            ({"transAmt": "1e400"}, "transAmt: amount"),
            ({"transAmt": "9" * 40}, "transAmt: amount"),
            ({"transDate": "2026-09-15"}, "transDate, transTime: expected MMDDYYYY and HHmmss"),
            ({"transDate": "13152026"}, "transDate, transTime: expected"),
            ({"transTime": "1020"}, "transDate, transTime: expected"),
            ({"transTime": "256000"}, "transDate, transTime: expected"),
            ({"transTime": None}, "transDate, transTime: expected"),
            ({"timestamp": "yesterday"}, "timestamp: expected an ISO 8601"),
        ],
    )
    def test_a_field_that_is_not_as_documented_is_named(self, changes: dict[str, str | None], says: str) -> None:
        with pytest.raises(Unreadable, match=r"^mastercard_mrs notification: ") as caught:
            told(said(**changes))
        assert says in caught.value.detail

    def test_a_field_told_twice_is_not_chosen_from(self) -> None:
        with pytest.raises(Unreadable, match="transAmt: expected one text"):
            told(PLAIN.replace(b"<retCd/>", b"<transAmt>1.00</transAmt>"))

    @pytest.mark.parametrize(
        ("event", "says"),
        [
            (None, "expected the currency and the zone as the last segment of the address"),
            ("", "such as EUR.Europe.Paris, got 'none'"),
            ("eur", "got 'eur'"),
            ("EUR.", "got 'EUR.'"),
            ("XYZ", "currency: expected an ISO 4217 code"),
            ("EUR.Europe.Atlantis", "expected a zone such as Europe.Paris, got 'Europe.Atlantis'"),
            ("EUR....etc.passwd", "expected a zone"),
        ],
    )
    def test_without_the_currency_and_a_true_zone_in_the_address_it_waits(self, event: str | None, says: str) -> None:
        with pytest.raises(Unreadable) as caught:
            told(event=event)
        assert says in caught.value.detail


def test_no_card_number_of_a_message_becomes_a_card() -> None:
    """The receiver masks before it opens the envelope; what is left of the number could stand for several cards."""
    masked = said(bankCustNum="************4242", refNum="", transId="************0000")
    assert MRS.envelope(delivery(masked)).card_token is None
    assert "trans-" + "*" not in told(said(refNum="", transId="************0000")).purchase_ref
