"""Samples that can be copied and run: what an operation is asked with, in curl and in Python. Pure.

Names in an address, and fields of a body that name something, are filled with what the reader's own operator has; an
invented id stands where it has none, and is answered that there is no such thing. Where money is real a sample that
changes something names invented things alone, and nowhere does one take away somebody's access.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

KEY_VARIABLE = "CASHBACK_KEY"
_ID = "01kbcr4zsyfcxa3wp4tqktv42j"
INVENTED: Mapping[str, str] = {
    "reference": "customer-1042",
    "code": "five-percent",
    "shop": "cafe-du-quai",
    "kind": "purchases",
    "domain": "rewards.centre.example",
    "version": "1",
    "message": "msg_019ad0c27f3e7b3aa1f2c4d5e6f70812",
    **{
        name: f"{prefix}_{_ID}"
        for name, prefix in (
            ("account", "pac"),
            ("adjustment", "adj"),
            ("card", "crd"),
            ("claim", "clm"),
            ("decision", "dec"),
            ("endpoint", "whe"),
            ("key", "key"),
            ("mandate", "man"),
            ("member", "mem"),
            ("payout", "pyt"),
            ("plan", "pln"),
            ("purchase", "pur"),
            ("review", "rev"),
            ("secret", "sso"),
            ("settlement", "stl"),
        )
    },
}
"""By the name that an address gives it."""
_FIELDS: Mapping[str, str] = {
    "shopper": "reference",
    "shop": "shop",
    "purchase": "purchase",
    "decision_id": "decision",
    "purchase_id": "purchase",
}
"""Fields of bodies that name what addresses name otherwise."""
_PLACE = re.compile(r"\{(\w+)\}")
_WHOLE: Mapping[str, tuple[str, str, str]] = {
    "put /v1/programme": (
        "?dry_run=true",
        "application/yaml",
        "programme: {code: quai, name: Quai, zone: Europe/Paris, currency: EUR}\n"
        "centres: [{code: quai, name: Quai, country: FR}]\n"
        "assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]",
    ),
    "post /v1/identifiers": (
        "",
        "text/csv",
        "shop,network,scheme,value,valid_from,valid_until\n{shop},sandbox,mid,990017,,",
    ),
    "post /v1/bank-files": (
        "?name=statement.xml",
        "application/xml",
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
    ),
}
"""What is sent whole and is no JSON: query, media type, content. The programme is compared and not applied; of a bank's
file there is no more than its frame, which is refused."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sample sends."""

    method: str
    address: str
    headers: Mapping[str, str]
    """Beside the key; `uuid` stands for a new one each time."""
    json: Any = None
    text: str | None = None


UUID = "uuid"
ACCESS = ("key", "member", "secret")
"""What lets somebody in: a sample that was copied in passing must not end it."""


def nameable(method: str, known: Mapping[str, str], *, sandbox: bool) -> Mapping[str, str]:
    """What a sample may name of what is known."""
    if method == "get":
        return known
    return {name: value for name, value in known.items() if name not in ACCESS} if sandbox else {}


def asked_of(
    method: str,
    path: str,
    public_url: str,
    *,
    headers: Sequence[str],
    required: Mapping[str, str],
    body_type: str,
    sample: Any,
    known: Mapping[str, str],
) -> Asked:
    """The request of a sample. `required`: queries that may not be left out; `known`: ids of the reader's operator."""
    ids = {**INVENTED, **known}
    filled = _PLACE.sub(lambda found: quote(ids.get(found[1], found[0]), safe="{}"), path)
    sent = dict.fromkeys(headers, UUID)
    query, media_type, content = _WHOLE.get(f"{method} {path}", ("", "", ""))
    if content:
        text = content.replace("{shop}", ids["shop"])
        return Asked(method, f"{public_url}{filled}{query}", {**sent, "Content-Type": media_type}, text=text)
    if required:
        filled += "?" + "&".join(f"{name}={quote(value)}" for name, value in required.items())
    held = {**sent, **({"Content-Type": body_type} if body_type else {})}
    return Asked(method, public_url + filled, held, json=_filled(sample, ids))


def _filled(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ids[_FIELDS[name]] if name in _FIELDS and isinstance(each, str) else _filled(each, ids)
        for name, each in value.items()
    }


def curl(asked: Asked) -> str:
    """As a shell runs it."""
    verb = "" if asked.method == "get" else f" -X {asked.method.upper()}"
    lines = [f"curl{verb} {shlex.quote(asked.address)}", f'-H "Authorization: Bearer ${KEY_VARIABLE}"']
    for name, value in asked.headers.items():
        lines.append(f'-H "{name}: $(uuidgen)"' if value == UUID else f"-H '{name}: {value}'")
    if asked.text is not None:
        lines.append(f"--data-binary {shlex.quote(asked.text)}")
    elif asked.json is not None:
        lines.append(f"-d {shlex.quote(json.dumps(asked.json, indent=2, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def python(asked: Asked) -> str:
    """As Python runs it, with httpx."""
    lines = ["import os", "import httpx", ""]
    sent = [f'"Authorization": f"Bearer {{os.environ[\'{KEY_VARIABLE}\']}}"']
    for name, value in asked.headers.items():
        if value == UUID:
            lines.insert(1, "import uuid")
            sent.append(f'"{name}": str(uuid.uuid4())')
        elif asked.text is not None:
            sent.append(f'"{name}": "{value}"')
    lines += [f"answer = httpx.{asked.method}(", f'    "{asked.address}",', f"    headers={{{', '.join(sent)}}},"]
    if asked.text is not None:
        lines.append(f"    content={asked.text!r},")
    elif asked.json is not None:
        lines.append("    json=" + _python_value(asked.json).replace("\n", "\n    ") + ",")
    lines += [")", "answer.raise_for_status()", "print(answer.text)"]
    return "\n".join(lines)


def _python_value(value: Any) -> str:
    text = json.dumps(value, indent=4, ensure_ascii=False)
    return re.sub(r"(?<=[\s\[:])(true|false|null)(?=[,\n\]}]|$)", lambda found: _PYTHON[found[1]], text)


_PYTHON = {"true": "True", "false": "False", "null": "None"}


def title(name: str) -> str:
    """A header as it is usually written."""
    return "-".join(part.capitalize() for part in name.split("-"))
