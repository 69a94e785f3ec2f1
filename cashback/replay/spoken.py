"""The answer of a replay for a person at a terminal: money as people write it, every reason with a mark before it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cashback.offers.explanation import Verdict
from cashback.offers.terms import REWARDS
from cashback.offers.wording import Tongue

_TONGUE = Tongue("en")
_NEAR = 1
"""Conditions missed by an offer that was missed by little: it is told in full, first what is missing."""
_NOTHING_GIVEN = {
    Verdict.TOO_LITTLE: "its conditions hold, the reward comes to nothing",
    Verdict.USED_UP: "a limit or the budget was used up",
    Verdict.HELD_OUT: "held out, to measure the offer by",
}


def spoken_replay(answer: Mapping[str, Any]) -> str:
    """The answer of `report` as text; what could not be read is told even when the rest went well."""
    ledger = answer["ledger"]
    lines = [f"at {answer['at']}", "", "wallets", *_wallets(answer["wallets"]), "", "purchases"]
    for purchase in answer["purchases"]:
        lines += _purchase(purchase)
    lines += ["", *_inbox(answer["inbox"]), f"unmatched  {len(answer['unmatched'])}"]
    lines.append(f"ledger     {ledger['transfers']} transfers, audit: {_audit(ledger['audit'])}")
    return "\n".join(lines)


def _wallets(wallets: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[str]:
    for shopper, assets in wallets.items():
        if not assets:
            yield f"  {shopper}  nothing"
        for asset, held in assets.items():
            figures = (f"{name} {_TONGUE.count(n, asset)}" for name, n in held.items() if n or name == "available")
            yield f"  {shopper}  {asset}  {', '.join(figures)}"


def _purchase(purchase: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"  {purchase['purchased_at']}  {purchase['shopper']}  {purchase['shop'] or 'unmatched'}  {purchase['state']}"
        f"  {_TONGUE.money(purchase['net_minor'], purchase['currency'])}"
    )
    rewards = purchase["rewards"]
    if not any(each["amount"] for each in rewards):
        yield "      no reward"
    for reward in rewards:
        yield f"      {reward['offer']} v{reward['version']}: {_outcome(reward)}"
        yield from _reasons(reward["why"], earned=reward["amount"] > 0)
    rewarded = {each["offer"] for each in rewards}
    for judged in sorted(purchase["why"], key=lambda each: each.get("missed", 0)):
        if judged["offer"] is None:
            yield from _reasons(judged["why"], earned=False, indent=6)
        elif judged["offer"] not in rewarded:
            yield f"      {judged['offer']} v{judged['version']}: no reward, {_refusal(judged, rewards)}"
            yield from _reasons(_telling(judged), earned=False)


def _outcome(reward: Mapping[str, Any]) -> str:
    if reward["state"] == "clawed_back":
        return "clawed back, nothing is left of it"
    if reward["state"] == "held_out":
        return f"no reward, {_NOTHING_GIVEN[Verdict.HELD_OUT]}"
    if not reward["amount"]:
        return "no reward"
    return f"{_TONGUE.amount(reward['amount'], reward['asset'])} {reward['state']}"


def _refusal(judged: Mapping[str, Any], rewards: Sequence[Mapping[str, Any]]) -> str:
    """Why an offer gave nothing, in a few words."""
    verdict = Verdict(judged["verdict"])
    if verdict is Verdict.LOST:
        for reward in rewards:
            for entry in reward["why"]:
                if entry["kind"] == "beats" and entry["offer"] == judged["offer"]:
                    return f"{reward['offer']} {'comes first' if entry.get('reason') == 'priority' else 'gave more'}"
        return "another offer was chosen"
    if verdict is Verdict.NOT_MET:
        return "one condition short" if judged["missed"] == _NEAR else f"{judged['missed']} conditions short"
    return _NOTHING_GIVEN.get(verdict, "although its conditions hold")


def _telling(judged: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """All of a near miss, what is missing first; of an offer that was far from it only what is missing."""
    missing = [entry for entry in judged["why"] if not entry["ok"]]
    held = [entry for entry in judged["why"] if entry["ok"]]
    return missing if judged["missed"] > _NEAR else [*missing, *held]


def _reasons(why: Sequence[Mapping[str, Any]], *, earned: bool, indent: int = 10) -> Iterator[str]:
    """One line each; what an offer would have given stands without a ✓ when it gave nothing."""
    for entry in why:
        mark = "✗" if not entry["ok"] else "–" if entry["kind"] in REWARDS and not earned else "✓"
        yield f"{' ' * indent}{mark} {entry['en']}"


def _inbox(inbox: Mapping[str, Any]) -> Iterator[str]:
    """Only what needs a look: nothing is said of an inbox that was read in full."""
    if inbox["parked"]:
        yield f"parked     {len(inbox['parked'])}"
        for each in inbox["parked"]:
            yield f"  {each['delivery']}  {each['code']}: {each['detail']}"
    if inbox["conflicts"]:
        yield f"conflicts  {len(inbox['conflicts'])}, came again with other content"
        for delivery in inbox["conflicts"]:
            yield f"  {delivery}"
    if inbox["unclaimed"]:
        yield f"unclaimed  {inbox['unclaimed']}, of cards that nobody has linked, or linked later"


def _audit(audit: str | Sequence[str]) -> str:
    return audit if isinstance(audit, str) else "\n  ".join([f"{len(audit)} invariants do not hold", *audit])
