"""A model card as a page to read."""

from collections.abc import Iterator
from typing import Any


def model_text(model: dict[str, Any]) -> str:
    """Markdown of a model card."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: dict[str, Any]) -> Iterator[str]:
    card, data, ranking = model["card"], model["data"], model["ranking"]
    yield f"# Model card: {card['id']}"
    yield ""
    yield f"Card SHA-256 {card['sha256']}, {card['cells']} cells."
    yield ""
    yield "## Data"
    yield ""
    yield f"{data['rows']} rows, {data['bad']} of them bad; file SHA-256 {data['sha256']}."
    yield f"{model['split']['trained']} trained, {model['split']['held_out']} held out (seed {model['split']['seed']})."
    yield ""
    for title, names in (("Used", "used"), ("Dropped", "dropped"), ("Groups, held out of the card", "groups")):
        yield f"* {title}: {', '.join(data[names]) or 'none'}"
    yield ""
    yield "## How good it is, on the rows held out"
    yield ""
    yield "| figure | value | 95 % from | to |"
    yield "|---|---|---|---|"
    for name in ("auc", "gini", "ks"):
        yield f"| {name.upper()} | {ranking[name]['value']} | {ranking[name]['low']} | {ranking[name]['high']} |"
    yield ""
    yield f"AUC on the rows trained on: {ranking['auc_trained']}. PSI between the two: {model['stability']['psi']}."
    yield ""
    yield f"Chosen inside the training rows: at most {model['choice']['bins']} bins, price {model['choice']['price']};"
    tried = ", ".join(f"{key} {value}" for key, value in model["choice"]["inner_auc"].items())
    yield f"inner AUC by bins/price: {tried}."
    yield ""
    yield f"## Calibration (ECE {model['calibration']['ece']})"
    yield ""
    yield "| cases | told | seen |"
    yield "|---|---|---|"
    for row in model["calibration"]["tenths"]:
        yield f"| {row['cases']} | {row['told']} | {row['seen']} |"
    yield ""
    yield from _groups(model["approvals"])
    yield "## Limits"
    yield ""
    yield from (f"* {line}" for line in model["limits"])


def _groups(approvals: dict[str, Any]) -> Iterator[str]:
    yield f"## Groups, when {approvals['approved']} of all are approved"
    yield ""
    for name, group in approvals["groups"].items():
        yield f"**{name}**: lowest over highest {group['ratio']['lowest_over_highest']}"
        yield ""
        yield "| group | cases | approved | bad |"
        yield "|---|---|---|---|"
        for value, row in group.items():
            if value != "ratio":
                yield f"| {value} | {row['cases']} | {row['approved']} | {row['bad']} |"
        yield ""
    if not approvals["groups"]:
        yield "No group was named (`--group`): nothing is known of them."
        yield ""
