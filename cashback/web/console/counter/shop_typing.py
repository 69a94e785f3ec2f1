"""The fields of one shop as a form shows them: as they are stored, or as they were typed and refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cashback.errors import ProductError
from cashback.merchants.imports.columns import Field
from cashback.merchants.imports.single import NEEDED, TYPED, FaultyShop, mark
from cashback.merchants.schemas import Shop
from cashback.trades import TRADES
from cashback.web.console.counter.imports import said_of
from cashback.web.console.counter.sent import Sent
from cashback.web.console.frame import Call


@dataclass(frozen=True, slots=True)
class Typing:
    """What stands in the fields, and what is wrong with it."""

    values: Mapping[str, str]
    centres: tuple[tuple[str, str], ...]
    """Code and name of those that a shop may lie in."""
    trades: tuple[tuple[str, str], ...]
    """Code and name of those that are proposed."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """By field."""
    seen: str = ""
    """Names the shop that the page shows; empty of a new one."""
    open: bool = False
    """Whether the form stands open: something of it was refused."""
    needed: tuple[str, ...] = (Field.SHOP, *NEEDED)


def as_stored(call: Call, shop: Shop | None = None, *, moved: bool = False) -> Typing:
    """The fields of a shop, or those of a new one; `moved` where somebody else has corrected it meanwhile."""
    if shop is None:
        return _typing(call, {}, "")
    values = {each.value: str(getattr(shop, each)) for each in TYPED[1:] if each is not Field.CENTRE}
    values["centre"] = call.programme.programme.centres[shop.centre_id].code
    return replace(_typing(call, values, mark(shop)), open=moved)


def as_typed(call: Call, form: Sent, refused: ProductError) -> Typing:
    """The fields as they were sent, each with what is wrong with it."""
    problems = refused.problems if isinstance(refused, FaultyShop) else ()
    wrong = {each.field.value: said_of(call, each) for each in reversed(problems)}
    values = {each.value: form.get(each.value, "") for each in TYPED}
    return replace(_typing(call, values, form.get("seen", "")), wrong=wrong, open=True)


def typed_in(form: Sent) -> Mapping[Field, str]:
    """What a form says of a shop."""
    return {each: form.get(each.value, "") for each in TYPED}


def _typing(call: Call, values: Mapping[str, str], seen: str) -> Typing:
    centres = tuple((each.code, each.name) for each in call.programme.programme.centres.values())
    trades = tuple((each.code, each.said(call.t.language)) for each in TRADES.values() if each.code == each.last)
    return Typing(values, centres, trades, seen=seen)
