"""Terms, purchases and books with boring defaults."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.offers.amounts import FileUnits
from cashback.offers.compiled import OfferVersion
from cashback.offers.entitlements import judge
from cashback.offers.explanation import Considered, Verdict, explain
from cashback.offers.kinds import Surroundings
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import SOMEBODY, Fact, Facts, Grant, History, Spend
from cashback.offers.terms import Terms

PARIS, LONDON, SANTIAGO = ZoneInfo("Europe/Paris"), ZoneInfo("Europe/London"), ZoneInfo("America/Santiago")
NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Spot:
    """A shop or a centre."""

    id: UUID
    code: str
    name: str


SHOPS = tuple(Spot(UUID(int=100 + n), code, code.title()) for n, code in enumerate(("fnac", "zara", "lush", "tape")))
FNAC, ZARA, LUSH, TAPE = SHOPS
QUAIS, TOWN, SUR = CENTRES = tuple(
    Spot(UUID(int=200 + n), code, code.title()) for n, code in enumerate(("quais", "town", "sur"))
)
ZONES = {QUAIS.id: PARIS, TOWN.id: LONDON, SUR.id: SANTIAGO}
AROUND = Surroundings(currency="EUR", default_zone=PARIS, zones=ZONES, shops=SHOPS, centres=CENTRES)

FIXED = {"kind": "fixed", "asset": "PTS", "amount": 10}


def some_terms(
    *conditions: Mapping[str, Any], reward: Mapping[str, Any] = FIXED, currency: str = "EUR", **more: Any
) -> Terms:
    """Terms as a programme file writes them."""
    document = {"conditions": list(conditions), "reward": reward, **more}
    return Terms.model_validate(document, context=FileUnits(currency))


def a_purchase(
    minor: int = 50_00,
    *,
    currency: str = "EUR",
    at: datetime = NOON,
    shop: Spot | None = FNAC,
    centre: Spot | None = QUAIS,
    category: str | None = "5942",
    number: int = 1,
    gross: int | None = None,
    card: int = 1,
    **more: Any,
) -> Spend:
    """A purchase that counts; `more` are other fields of `Spend`."""
    known = {"brand": None, "floor": None, "area": None, "channel": None, "network": "sandbox", "cleared_at": None}
    return Spend(
        purchase_id=UUID(int=number),
        ref=f"sandbox:{number:06d}",
        counts=True,
        net_minor=minor,
        gross_minor=minor if gross is None else gross,
        card_id=UUID(int=card),
        currency=currency,
        purchased_at=at,
        shop_id=None if shop is None else shop.id,
        centre_id=None if centre is None else centre.id,
        category=category,
        **{**known, **more},
    )


def an_offer(
    terms: Terms,
    code: str = "offer",
    *,
    version: int = 1,
    live_from: datetime | None = None,
    live_until: datetime | None = None,
) -> OfferVersion:
    """A version; every code has an id of its own."""
    return OfferVersion(UUID(int=hash(code) % 2**64), code, version, terms, live_from, live_until)


def a_book(offers: Iterable[OfferVersion], shops: Sequence[Spot] = SHOPS, **more: Any) -> OfferBook:
    """A book of the centres and shops above, in which a cent is worth a cent."""
    return OfferBook.compile(
        offers, ZONES, PARIS, "EUR", shops=shops, centres=CENTRES, **{"worth": {"EUR": (1, 1)}, **more}
    )


def paris(text: str) -> datetime:
    """An instant by the clock of Paris, written `2026-11-21 11:00:00`; of a repeated hour the first one."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def a_history(spends: Iterable[Spend], facts: Iterable[Fact] = (), *, shopper: UUID = SOMEBODY) -> History:
    """One shopper with these purchases, of whom this is said."""
    return History(shopper, list(spends), Facts(facts))


Grants = Mapping[tuple[UUID, UUID], Grant]


def earned(
    book: OfferBook, spends: Iterable[Spend], facts: Iterable[Fact] = (), *, grants: Grants | None = None
) -> dict[tuple[int, str], int]:
    """What is owed, by the number of the purchase and the offer's code; the explanation must say the same."""
    history, codes = a_history(spends, facts), {offer.offer_id: offer.code for offer in book.offers}
    owed = {
        (each.purchase_id.int, codes[each.offer_id]): each.amount
        for each in judge([history], book, grants or {}).owed
        if each.amount
    }
    everything = explain(history, {each.purchase_id for each in history.spends}, book, grants or {}, may_ask=True)
    told = {
        (purchase_id.int, each.offer.code): each.amount
        for purchase_id, considered in everything.items()
        for each in considered
        if each.verdict is Verdict.REWARDED
    }
    assert told == owed
    return owed


def which(terms: Terms, spends: Iterable[Spend], facts: Iterable[Fact] = ()) -> list[int]:
    """The numbers of the purchases that one offer rewards."""
    return sorted(number for number, _ in earned(a_book([an_offer(terms)]), spends, facts))


def looked_at(
    book: OfferBook,
    spends: Iterable[Spend],
    number: int,
    facts: Iterable[Fact] = (),
    *,
    code: str = "offer",
    grants: Grants | None = None,
) -> Considered:
    """What the explanation says of one offer and one purchase."""
    found = explain(a_history(spends, facts), {UUID(int=number)}, book, grants or {}, may_ask=True)[UUID(int=number)]
    (considered,) = (each for each in found if each.offer.code == code)
    return considered


def entry_of(terms: Terms, spends: Iterable[Spend], number: int, facts: Iterable[Fact] = ()) -> dict[str, Any]:
    """The first entry of the trail of one offer and one purchase: that of its first condition."""
    return looked_at(a_book([an_offer(terms)]), spends, number, facts).trail[0]
