"""TGX2 clearing files: what each record states, what two of them have in common, and which files are refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from issuer_deliveries import FIXTURES, URL

from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.feed_place import FeedPlace
from issuers.file_formats import FORMATS, formats_of, read_file
from issuers.files import PROBLEMS_MAX, Column, FileContent, FileRefused
from issuers.mastercard_mrs import MastercardMrsAdapter
from issuers.mastercard_tgx2 import AMOUNT, Trailer

MRS = MastercardMrsAdapter()
FOLDER = FIXTURES / "mastercard_mrs"
SETTLED = (FOLDER / "settled.tgx2").read_bytes()
REFUNDS = (FOLDER / "refunds.tgx2").read_bytes()
PARIS = FeedPlace("EUR", "Europe/Paris")
EVENT = "tgx2-settled.EUR.Europe.Paris"


def line(kind: bytes, *fields: tuple[int, str]) -> bytes:
    """850 spaces with texts at columns, counted from 0."""
    written = bytearray(b" " * 850)
    for at, text in ((0, kind.decode()), *fields):
        written[at : at + len(text)] = text.encode()
    return bytes(written)


HEADER = line(b"H", (1, "20260917"), (9, "120000"))
TRAILER = line(b"T", (1, "20260917"), (9, "120000"))


def detail(
    token: str = "card-token-0002",
    day: str = "20260915",
    time: str = "1020",
    amount: str = "000000004250",
    mid: str = "1500001",
    location: str = "000300000001",
    aggregate: str = "700001",
    auth: str = "A00001",
    ref: str = "MXXX0ABCD",
) -> bytes:
    places = (21, 102, 563, 518, 451, 500, 512, 567, 761)
    texts = (token, day, time, amount, mid, location, aggregate, auth, ref)
    return line(b"D", *zip(places, texts, strict=True))


def a_file(*details: bytes, header: bytes = HEADER, trailer: bytes = TRAILER) -> bytes:
    return b"\n".join((header, *details, trailer)) + b"\n"


def content(
    data: bytes, name: str = "tgx2-settled", place: FeedPlace = PARIS, trailer: Trailer | None = None
) -> FileContent:
    return read_file(name, data, place, trailer or Trailer())


def facts(read: FileContent) -> list[CardEvent]:
    return [event for record in read.records for event in MRS.parse(Delivery(record.body, {}, read.event, URL))]


def refused(data: bytes, **choices: object) -> tuple[str, ...]:
    with pytest.raises(FileRefused) as caught:
        content(data, **choices)  # type: ignore[arg-type]
    assert caught.value.code == "file_refused"
    return caught.value.problems


def minute(text: str) -> tuple[datetime, datetime]:
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return at, at.replace(second=59, microsecond=999_999)


def test_every_field_of_a_settled_record() -> None:
    read = content(SETTLED)
    assert (read.event, [record.line for record in read.records]) == (EVENT, [2, 3, 4])
    assert read.totals == (("clearing", "EUR", 42_50 + 12_90 + 12_90),)
    first, second, third = facts(read)
    earliest, latest = minute("2026-09-15T08:20")
    assert first == CardEvent(
        kind=EventKind.CLEARING,
        card_token="card-token-0002",
        fact_ref=first.fact_ref,
        revision=0,
        purchase_ref="card-token-0002/MXXX0ABCD/2026-09-15",
        occurred_at=earliest,
        occurred_until=latest,
        time_basis=TimeBasis.MERCHANT_LOCAL,
        purchase_at=earliest,
        amount_minor=42_50,
        currency="EUR",
        final=False,
        refund_of=None,
        merchant=MerchantEvidence(
            identifiers=(
                MerchantIdentifier("mid", "1500001"),
                MerchantIdentifier("mc_location", "000300000001"),
                MerchantIdentifier("mc_aggregate", "700001"),
            )
        ),
        card_scheme="mastercard",
    )
    assert first.fact_ref.startswith("clearing:card-token-0002/file-")
    # Two coffees within a minute, without an id: two facts of two purchases that stand alone.
    assert (second.amount_minor, second.occurred_at) == (12_90, minute("2026-09-16T16:31")[0])
    assert second.purchase_ref != third.purchase_ref
    assert second.fact_ref != third.fact_ref
    assert second.purchase_ref.startswith("card-token-0002/file-")


def test_every_field_of_a_refund() -> None:
    read = content(REFUNDS, "tgx2-refunds")
    assert (read.event, read.totals) == ("tgx2-refunds.EUR.Europe.Paris", (("refund", "EUR", 10_00),))
    (given_back,) = facts(read)
    earliest, latest = minute("2026-09-18T13:05")
    assert (given_back.kind, given_back.amount_minor, given_back.currency) == (EventKind.REFUND, 10_00, "EUR")
    assert (given_back.occurred_at, given_back.occurred_until, given_back.purchase_at) == (earliest, latest, None)
    assert given_back.refund_of is None, "it names no purchase"
    assert given_back.fact_ref == f"refund:{given_back.purchase_ref}"


def test_a_clearing_names_the_purchase_of_its_authorization_when_card_id_and_day_are_the_same() -> None:
    (authorized,) = MRS.parse(
        Delivery((FOLDER / "authorization.xml").read_bytes(), {}, "EUR.Europe.Paris", f"{URL}/EUR.Europe.Paris")
    )

    def joins(one: bytes) -> bool:
        (cleared,) = facts(content(a_file(one)))
        return cleared.purchase_ref == authorized.purchase_ref

    assert joins(detail())
    assert joins(detail(amount="000000004300")), "a tip"
    assert joins(detail(mid="999", time="2359"))
    assert not joins(detail(day="20260916")), "ids are used again on later days"
    assert not joins(detail(token="card-token-0003"))
    assert not joins(detail(ref=""))
    assert not joins(detail(ref="000000000"))
    assert not joins(detail(ref="10000000001")), "a transId of the authorization is no reference"


def test_the_same_record_is_one_fact_in_whichever_file_and_place_it_stands() -> None:
    blank = detail(ref="")
    one = facts(content(a_file(detail(), blank, blank)))
    other = facts(content(a_file(blank, detail(amount="000000000001"), blank, detail())))
    assert {each.fact_ref for each in one} < {each.fact_ref for each in other}
    assert len({each.fact_ref for each in one}) == 3
    twice = content(a_file(detail(), detail()))
    assert len({MRS.envelope(Delivery(each.body, {}, EVENT, URL)).delivery_id for each in twice.records}) == 1


def test_several_clearings_of_one_authorization_add_up() -> None:
    first, second = facts(content(a_file(detail(amount="000000002000"), detail(amount="000000002250"))))
    assert first.purchase_ref == second.purchase_ref
    assert first.fact_ref != second.fact_ref


@pytest.mark.parametrize(
    ("place", "time", "first", "last", "basis"),
    [
        (FeedPlace("GBP", "Europe/London"), "1020", "2026-09-15T09:20", "2026-09-15T09:20", TimeBasis.MERCHANT_LOCAL),
        (FeedPlace("EUR", None), "1020", "2026-09-15T10:20", "2026-09-15T10:20", TimeBasis.ASSUMED_UTC),
        (PARIS, "0000", "2026-09-14T22:00", "2026-09-14T22:00", TimeBasis.MERCHANT_LOCAL),
    ],
)
def test_the_time_is_a_minute_in_the_zone_that_is_assumed(
    place: FeedPlace, time: str, first: str, last: str, basis: TimeBasis
) -> None:
    (cleared,) = facts(content(a_file(detail(time=time)), place=place))
    assert (cleared.occurred_at, cleared.occurred_until) == (minute(first)[0], minute(last)[1])
    assert (cleared.time_basis, cleared.currency) == (basis, place.currency)


def test_the_repeated_hour_makes_the_minute_an_hour_longer() -> None:
    (cleared,) = facts(content(a_file(detail(day="20261025", time="0230"))))
    assert (cleared.occurred_at, cleared.occurred_until) == (
        minute("2026-10-25T00:30")[0],
        minute("2026-10-25T01:30")[1],
    )


def test_a_padded_merchant_id_is_told_with_and_without_its_zeros() -> None:
    (cleared,) = facts(content(a_file(detail(mid="000000011112222", location="            "))))
    assert cleared.merchant.identifiers == (
        MerchantIdentifier("mid", "000000011112222"),
        MerchantIdentifier("mid", "11112222"),
        MerchantIdentifier("mc_aggregate", "700001"),
    )


def test_what_no_adapter_reads_is_not_kept() -> None:
    secret = bytearray(detail())
    secret[1:20] = b"4242424242424242   "
    secret[600:616] = b"5555555555554444"
    (record,) = content(a_file(bytes(secret))).records
    assert record.body == detail()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", ["the file: expected records, got nothing"]),
        (b"\n", ["line 1: expected 850 characters, got 0"]),
        (HEADER, ["the file: expected a header and a trailer"]),
        (a_file(), []),
        (a_file(detail()[:-1]), ["line 2: expected 850 characters, got 849"]),
        (a_file(detail() + b" "), ["line 2: expected 850 characters, got 851"]),
        (a_file(detail()).decode().encode("utf-16"), ["line 1: expected 850 characters"]),
        (a_file(detail())[:-900], ["line 2: expected 850 characters, got"]),
        (a_file(detail())[: 851 * 2], ["line 2: expected a record of type T, got 'D'"]),
        (b"\n".join((detail(), TRAILER)), ["line 1: expected a record of type H, got 'D'"]),
        (a_file(HEADER), ["line 2: expected a record of type D, got 'H'"]),
        (a_file(detail(), TRAILER), ["line 3: expected a record of type D, got 'T'"]),
        (a_file(line(b"X")), ["line 2: expected a record of type D, got 'X'"]),
        (a_file(detail(), b""), ["line 3: expected 850 characters, got 0"]),
        (a_file(detail(), header=line(b"H")), ["line 1: date and time: expected YYYYMMDDHHmmss"]),
        (
            a_file(detail(), header=line(b"H", (1, "20261317120000"))),
            ["line 1: date and time: expected YYYYMMDDHHmmss, got '20261317120000'"],
        ),
        (
            a_file(detail(token=""), detail(amount="00000000425 "), detail(amount="-00000004250")),
            [
                "line 2: mastercard_mrs TGX2 record: token, column 21: expected the card's token",
                "line 4: mastercard_mrs TGX2 record: amount, column 518: expected minor units, got '-00000004250'",
            ],
        ),
        (a_file(detail(amount="            ")), ["line 2: mastercard_mrs TGX2 record: amount, column 518"]),
        (
            a_file(detail(token="4242424242424242")),
            ["line 2: mastercard_mrs TGX2 record: token, column 21: expected a token, got what looks like a card"],
        ),
        (
            a_file(detail(day="20260231"), detail(time="2460"), detail(time="12 0"), detail(day="")),
            [
                "line 2: mastercard_mrs TGX2 record: date and time, columns 102 and 563: expected YYYYMMDD and HHmm, "
                "got '202602311020'",
                "line 3: mastercard_mrs TGX2 record: date and time",
                "line 4: mastercard_mrs TGX2 record: date and time",
                "line 5: mastercard_mrs TGX2 record: date and time",
            ],
        ),
        (a_file(detail().replace(b"A00001", b"A\xe90001")), ["line 2: mastercard_mrs TGX2 record: auth code"]),
        (a_file(detail().replace(b"MXXX0ABCD", b"MXXX0\x00BCD")), ["transaction id, column 761: expected ASCII"]),
    ],
)
def test_a_file_with_a_bad_line_is_refused_whole_and_every_bad_line_is_named(data: bytes, says: list[str]) -> None:
    if not says:
        assert content(data).records == ()
        return
    problems = refused(data)
    assert all(any(wanted in problem for problem in problems) for wanted in says), problems
    assert len(problems) >= len(says)


def test_of_many_bad_lines_the_first_are_told_and_the_others_counted() -> None:
    problems = refused(a_file(*[detail(amount="x" * 12)] * 50))
    assert len(problems) == PROBLEMS_MAX + 1
    assert problems[0].startswith("line 2: ")
    assert problems[-1] == "and 30 more"


class TestTrailer:
    COUNTED = line(b"T", (1, "000000000002"), (13, "000000005540"))
    AT = Trailer(count=Column(1, 12), total=Column(13, 12))

    def data(self, *details: bytes) -> bytes:
        return a_file(*details, trailer=self.COUNTED)

    def test_count_and_total_are_checked_where_it_is_known_where_they_stand(self) -> None:
        whole = self.data(detail(), detail(amount="000000001290", ref="MXXX0EFGH"))
        assert content(whole, trailer=self.AT).unchecked == ()
        all_lines = whole.replace(b"T000000000002", b"T000000000004")
        assert content(all_lines, trailer=Trailer(Column(1, 12), counts_all_lines=True)).records

    def test_a_file_that_lost_a_line_or_a_cent_is_refused(self) -> None:
        assert refused(self.data(detail()), trailer=self.AT) == (
            "line 3: the trailer's records: the file has 1, the trailer says '000000000002'",
            "line 3: the trailer's total: the file has 4250, the trailer says '000000005540'",
        )
        cent = self.data(detail(), detail(amount="000000001291", ref="MXXX0EFGH"))
        assert refused(cent, trailer=self.AT) == (
            "line 4: the trailer's total: the file has 5541, the trailer says '000000005540'",
        )
        blank = Trailer(count=Column(100, 12))
        assert "the trailer says ''" in refused(self.data(detail()), trailer=blank)[0]

    def test_where_it_is_not_known_that_is_said(self) -> None:
        assert content(SETTLED).unchecked == (
            "the trailer: its count was not checked, its columns are not told",
            "the trailer: its total was not checked, its columns are not told",
        )


@pytest.mark.parametrize(
    ("body", "event", "says"),
    [
        (detail(), "tgx2-other.EUR", "expected a file of settled or refunds, got 'other'"),
        (detail(), "tgx2-settled", "the file: expected the currency"),
        (detail(), "tgx2-settled.XYZ", "currency"),
        (b"", EVENT, "expected a detail of 850 characters, got 0"),
        (HEADER, EVENT, "expected a detail"),
        (detail() + b"\nx", EVENT, "expected a detail"),
        (detail() + b"\n0", EVENT, "expected a detail"),
        (b"<Transaction/>", EVENT, "expected a detail"),
    ],
)
def test_a_kept_record_that_is_none_is_unreadable(body: bytes, event: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        MRS.parse(Delivery(body, {}, event, URL))
    assert says in caught.value.detail
    assert len(MRS.envelope(Delivery(body, {}, event, URL)).delivery_id) == 64


def test_the_formats_of_a_network() -> None:
    assert formats_of("mastercard_mrs") == ["tgx2-settled", "tgx2-refunds"]
    assert formats_of("visa") == ["visa-settlement"]
    assert formats_of("fidel") == []
    with pytest.raises(FileRefused, match="tells no currency"):
        FORMATS["tgx2-settled"].read(SETTLED, None, Trailer())


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_is_refused_or_sums_up_to_its_records(data: st.DataObject) -> None:
    damaged = bytearray(SETTLED)
    for _ in range(data.draw(st.integers(0, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(damaged) - 900, len(damaged)))
    try:
        read = content(bytes(damaged[:cut]))
    except FileRefused:
        return
    amounts = [int(record.body[AMOUNT.start : AMOUNT.start + AMOUNT.length]) for record in read.records]
    assert sum(amounts) == sum(total for _, _, total in read.totals) == sum(e.amount_minor for e in facts(read))
