"""Both answers for a person at a terminal: money as people write it, a mark before every reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cashback.money import BPS
from cashback.offers.wording import Tongue

_TONGUE = Tongue("en")
_DAYS_SHOWN = 31
_SHOPS_SHOWN = 10
_LABEL = 14


def spoken_backtest(answer: Mapping[str, Any]) -> str:
    """The answer of `report` as text."""
    asset = answer["asset"]
    rewarded, considered, spread = answer["rewarded"], answer["considered"], answer["range"]
    lines = [
        f"offer {answer['offer']}, {answer['from']} to {answer['to']} (excluded), {answer['zone']}",
        *(["in the place of the running offer of this code"] if answer["replaces"] else []),
        "",
        _line("cost", _amount(answer["cost"]["total"], asset)),
        _line("range", f"{_amount(spread['p5'], asset)} to {_amount(spread['p95'], asset)} (90 in 100 resamples)"),
        _line("shoppers", _reach(rewarded["shoppers"], considered["shoppers"], rewarded["shoppers_bps"])),
        _line("purchases", _reach(rewarded["purchases"], considered["purchases"], rewarded["purchases_bps"])),
        _line("shops", f"{rewarded['shops']:,}"),
        *_money(answer["cost"], asset),
        *_quotas(answer, asset),
    ]
    if answer["held_out"]["shoppers"]:
        held = answer["held_out"]
        lines.append(_line("held out", f"{held['shoppers']:,} shoppers, {_amount(held['wanted'], asset)} not given"))
    lines += ["", "beside other offers", *_overlap(answer["overlap"])]
    lines += [
        _line("net change", ", ".join(_amount(amount, each) for each, amount in answer["net_change"].items())),
        "",
        *_table("days", "day", answer["cost"]["by_day"], _DAYS_SHOWN, asset),
        *_table("shops", "shop", answer["cost"]["by_shop"], _SHOPS_SHOWN, asset),
        *(f"note: {each['text']}" for each in answer["notes"]),
    ]
    return "\n".join(lines)


def spoken_simulation(answer: Mapping[str, Any]) -> str:
    """The answer of `simulate` as text, every reason in both languages."""
    who = answer["shopper"] or "an imagined shopper"
    spent = _TONGUE.money(answer["amount_minor"], answer["currency"])
    lines = [f"{who} spends {spent} at {answer['shop']}, {answer['at']}", ""]
    total = [_amount(amount, asset) for asset, amount in answer["total"].items()]
    lines.append(_line("total", ", ".join(total) or "nothing"))
    for offer in answer["offers"]:
        given = f", {_amount(offer['amount'], offer['asset'])}" if offer["amount"] else ""
        lines += ["", f"{offer['offer']}: {offer['verdict'].replace('_', ' ')}{given}"]
        for entry in offer["why"]:
            mark = "+" if entry["ok"] else "-"
            lines += [f"  {mark} {entry['en']}", f"    {entry['fr']}"]
    if answer["near_misses"]:
        lines += ["", "nearly"]
        lines += [f"  {each['offer']}: {each['en']} / {each['fr']}" for each in answer["near_misses"]]
    return "\n".join(lines)


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _amount(amount: int, asset: str) -> str:
    return _TONGUE.amount(amount, asset)


def _reach(part: int, whole: int, share_bps: int) -> str:
    return f"{part:,} of {whole:,} ({share_bps * 100 / BPS:.1f} %)"


def _money(cost: Mapping[str, Any], asset: str) -> Iterator[str]:
    for funder, amount in cost.get("funders", {}).items():
        yield _line(f"{funder} pays", _amount(amount, asset))
    if cost.get("commission"):
        yield _line("commission", _amount(cost["commission"], asset))


def _quotas(answer: Mapping[str, Any], asset: str) -> Iterator[str]:
    budget = answer["budget"]
    if budget is not None and budget["ends_on"] is None:
        yield _line("budget", f"lasts, {_amount(budget['left'], asset)} left")
    elif budget is not None:
        wanted = _amount(budget["wanted_after"], asset)
        yield _line("budget", f"ends on {budget['ends_on']}; {wanted} more would have been wanted")
    for each in answer["used_up"]:
        yield _line("used up", f"{each['limit']} on {each['on']}, {each['purchases']} purchases got less")


def _overlap(overlap: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not overlap:
        yield "  it meets none"
    for each in overlap:
        yield (
            f"  {each['offer']}: both apply to {each['both']:,} purchases, the new one wins {each['new_wins']:,}, "
            f"loses {each['new_loses']:,}, side by side {each['side_by_side']:,}; "
            f"{_amount(each['difference'], each['asset'])}"
        )


def _table(title: str, name: str, rows: Sequence[Mapping[str, Any]], shown: int, asset: str) -> Iterator[str]:
    yield title
    width = max([_LABEL, *(len(each[name]) + 1 for each in rows[:shown])])
    for each in rows[:shown]:
        count = f"{each['purchases']:,} purchase{'' if each['purchases'] == 1 else 's'}"
        yield f"  {each[name]:<{width}}{_amount(each['amount'], asset):>16}   {count}"
    if len(rows) > shown:
        yield f"  and {len(rows) - shown} more (--json shows all)"
    yield ""
