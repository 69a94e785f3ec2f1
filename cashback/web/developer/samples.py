"""Samples that can be copied and run: what an operation is asked with, in curl and in Python. Pure.

Names in an address, ids and codes in a body, are filled with what the reader's own operator has; where it has none a
place to fill in stands, such as `YOUR_PAYOUT`. Where money is real a sample that changes something shows places alone,
and nowhere does one take away somebody's access.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cashback.insights.examples import TEST_SHOPPER

KEY_VARIABLE = "CASHBACK_KEY"
_PREFIXES: Mapping[str, str] = {
    "pac": "account",
    "adj": "adjustment",
    "crd": "card",
    "clm": "claim",
    "dec": "decision",
    "whe": "endpoint",
    "key": "key",
    "man": "mandate",
    "mem": "member",
    "msg": "message",
    "pyt": "payout",
    "pln": "plan",
    "pur": "purchase",
    "rev": "review",
    "sso": "secret",
    "stl": "settlement",
}
"""What an id with this prefix is called in addresses."""
_GIVEN: Mapping[str, str] = {"kind": "purchases", "version": "1", "domain": "rewards.centre.example"}
_FIELDS: Mapping[str, str] = {"shopper": "reference", "shop": "shop", "offer": "code"}
"""Fields of bodies that name what addresses name otherwise."""
_OF_NOBODY = (
    "post /v1/cards",
    "post /v1/cards/facts",
    "post /v1/cards/unlink",
    "post /v1/shoppers",
    "put /v1/shoppers/{reference}",
    "put /v1/shoppers/{reference}/email",
    "post /v1/shoppers/{reference}/erasure",
)
"""They make or undo what is a person's: they name the test shopper, who is nobody."""
_NEW_OFFER = "sample-offer"
"""Which the samples draft, submit and stop, and not one that people get."""
_RULED = ("post /v1/purchases/join", "post /v1/purchases/{purchase}/split")
"""They change what a purchase is: the reader chooses which."""
_URL = "https://YOUR-HOST/events"
_OWN_ID = re.compile(r"([a-z]{3})_[0-9a-z]{6,}")
_FUNDER = re.compile(r"shop:.+")
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
    ids = _named_in(method, path, known)
    filled = _PLACE.sub(lambda found: quote(ids.get(found[1], place_of(found[1]))), path)
    sent = dict.fromkeys(headers, UUID)
    query, media_type, content = _WHOLE.get(f"{method} {path}", ("", "", ""))
    if content:
        text = content.replace("{shop}", ids.get("shop", place_of("shop")))
        return Asked(method, f"{public_url}{filled}{query}", {**sent, "Content-Type": media_type}, text=text)
    if required:
        filled += "?" + "&".join(f"{name}={quote(value)}" for name, value in required.items())
    held = {**sent, **({"Content-Type": body_type} if body_type else {})}
    return Asked(method, public_url + filled, held, json=_filled(sample, ids))


def _named_in(method: str, path: str, known: Mapping[str, str]) -> dict[str, str]:
    """What the sample of an operation names."""
    ids = {**_GIVEN, **(known if method != "delete" else {})}
    if f"{method} {path}" in _OF_NOBODY:
        ids["reference"] = TEST_SHOPPER
    if f"{method} {path}" in _RULED:
        ids.pop("purchase", None)
    if path.startswith("/v1/decisions/"):
        ids.pop("plan", None)
    if path == "/v1/activations":
        ids["code"] = known.get("activation", place_of("offer"))
    elif method != "get" and path.startswith("/v1/offers/"):
        ids["code"] = _NEW_OFFER
    return ids


def place_of(name: str) -> str:
    """What stands where the reader is to fill something in."""
    return f"YOUR_{'SHOPPER' if name == 'reference' else 'OFFER' if name == 'code' else name.upper()}"


def _filled(value: Any, ids: Mapping[str, str], name: str = "") -> Any:
    if isinstance(value, list):
        return [_filled(each, ids, name) for each in value]
    if isinstance(value, dict):
        return {each: _filled(inner, ids, each) for each, inner in value.items()}
    if not isinstance(value, str):
        return value
    if name in _FIELDS or name == "references":
        named = _FIELDS.get(name, "reference")
        return ids.get(named, place_of(named))
    if name == "url":
        return ids.get("url", _URL)
    own = _OWN_ID.fullmatch(value)
    if own is not None and own[1] in _PREFIXES:
        return ids.get(_PREFIXES[own[1]], place_of(_PREFIXES[own[1]]))
    return f"shop:{ids.get('shop', place_of('shop'))}" if _FUNDER.fullmatch(value) else value


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
    lines += [")", "print(answer.status_code, answer.text)"]
    return "\n".join(lines)


def _python_value(value: Any) -> str:
    text = json.dumps(value, indent=4, ensure_ascii=False)
    return re.sub(r"(?<=[\s\[:])(true|false|null)(?=[,\n\]}]|$)", lambda found: _PYTHON[found[1]], text)


_PYTHON = {"true": "True", "false": "False", "null": "None"}


def title(name: str) -> str:
    """A header as it is usually written."""
    return "-".join(part.capitalize() for part in name.split("-"))
