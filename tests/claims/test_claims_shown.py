"""What `cashback claims show` lists: the purchases that may be the claimed one, and on request the others near it."""

from uuid import UUID

from test_claim_comparing import BEGIN, ENDINGS, SHOPS, a_claim, a_row

from cashback.claims.comparing import beside
from cashback.claims.reading import Shown
from cashback.claims.schemas import ToldIdentifier
from cashback.cli_claims import shown_lines
from cashback.ids import show
from cashback.purchases.service import PurchaseRow

MAY_BE, OTHER = a_row(1), a_row(2, shop_id=UUID(int=22), descriptor="LIBRAIRIE")


def shown(*rows: PurchaseRow) -> Shown:
    claim = a_claim()
    near = tuple(beside(claim, [each for each in (MAY_BE, OTHER) if each in rows], SHOPS, ENDINGS, frozenset()))
    unknown = tuple(ToldIdentifier(each.row.id, "sandbox_bank", f"mid:{each.row.id.int}", BEGIN) for each in near)
    return Shown(claim, SHOPS[claim.shop_id], BEGIN, near, unknown)


def test_what_is_certainly_another_purchase_is_counted_and_left_out() -> None:
    lines = shown_lines(shown(MAY_BE, OTHER), everything=False)
    told = "\n".join(lines)
    assert show("pur", MAY_BE.id) in told
    assert show("pur", OTHER.id) not in told
    assert "  1 near it are other purchases (--all shows them)" in lines
    assert sum("leads to no shop" in each for each in lines) == 1


def test_all_of_them_are_listed_on_request() -> None:
    lines = shown_lines(shown(MAY_BE, OTHER), everything=True)
    told = "\n".join(lines)
    assert show("pur", MAY_BE.id) in told
    assert show("pur", OTHER.id) in told
    assert "--all" not in told
    assert sum("leads to no shop" in each for each in lines) == 2


def test_nothing_that_may_be_it_is_said_apart_from_nothing_near_it() -> None:
    assert "  no purchase near it may be it" in shown_lines(shown(OTHER), everything=False)
    assert "  no purchase is near it" in shown_lines(shown(), everything=False)
