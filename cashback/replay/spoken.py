"""The answer of a replay for a person at a terminal."""

from typing import Any


def spoken_replay(answer: dict[str, Any]) -> str:
    """The answer of a replay for a person at a terminal."""
    lines = [f"at {answer['at']}", "", "wallets"]
    for shopper, assets in answer["wallets"].items():
        for asset, held in assets.items():
            figures = ", ".join(f"{name} {value}" for name, value in held.items() if value or name == "available")
            lines.append(f"  {shopper}  {asset}  {figures}")
    lines += ["", "purchases"]
    for each in answer["purchases"]:
        lines.append(
            f"  {each['purchased_at']}  {each['shopper']}  {each['shop'] or 'unmatched'}  {each['state']}"
            f"  {each['net_minor']} {each['currency']}"
        )
        for reward in each["rewards"]:
            lines.append(
                f"      {reward['offer']} v{reward['version']}: {reward['amount']} {reward['asset']} {reward['state']}"
            )
            lines += [f"          {entry['en']}" for entry in reward["why"]]
        if not each["rewards"]:
            lines += [f"      {entry['en']}" for offer in each["why"] for entry in offer["why"]]
    lines += [
        "",
        f"unmatched  {len(answer['unmatched'])}",
        f"ledger     {answer['ledger']['transfers']} transfers, audit: {answer['ledger']['audit']}",
    ]
    return "\n".join(lines)
