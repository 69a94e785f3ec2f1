"""What of a request may be kept: names and values from an allow-list, everything else hidden.

A value is kept only where its field's name says that it is an amount, a code, a state, an instant or an opaque id of
ours. Field names that are not known are hidden as well: in some answers they are references of shoppers. What looks
like a card number is masked in whatever is left. Of a refusal's sentence, which is ours, only what it quotes of the
request is hidden, unless the quoted word is one of ours or the value of a field that is shown. Pure.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from cashback.actors import Scope
from cashback.ids import PREFIXES
from issuers.card_numbers import mask_text

TEXT_MAX_BYTES = 4096
"""Of a redacted body that is kept."""
PARSED_MAX_BYTES = 64 * 1024
"""A longer body is not looked into."""
DEPTH_MAX = 12
VALUE_MAX = 200
SENTENCE_MAX = 1_000
HIDDEN = "•••"
LONGER = "…"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHOWN = _names(
    """
    amount amount_minor min_amount_minor fee_minor net_minor currency asset kind type types state status result reason
    code title network scheme rail mode payment paused version versions revision expected_revision livemode dry_run
    applied replayed changed failed valid created_at updated_at changed_at linked_at unlinked_at at since until from
    to starts_at ends_at expires_at available_at purchased_at period day limit after before cursor next_cursor
    has_more pending available converted in_transit paid expired id ids shop shops centre offer offers purchase
    purchases reward rewards payout payouts settlement endpoint message deliveries attempts milliseconds event events
    overlap_seconds ed25519 locale language rows added removed rate_bps hold_days threshold priority count total
    matured scopes succeeded attempted last_24_hours held_until failing_since next_at number claim adjustment plan
    instalments scope
    """
)
"""Fields whose values are kept."""

NAMED = _names(
    """
    shopper shoppers reference references external_id name names label detail told iban bic holder account last_four
    token secret secrets key url words why note text email phone address body headers answer error descriptor value
    params en fr document terms conditions content picture registration vat_number notices data facts schema summary
    funder funders segment segments identifiers identifier metadata consents nonce redirect excerpt made origin
    origins
    """
)
"""Fields whose names are kept, and whose values are not."""

PATH_SHOWN = frozenset({"endpoint", "message", "purchase", "payout", "claim", "settlement", "adjustment", "code"})
"""Parts of an address that are ids of ours or codes; all others are shown by their name."""

_ID = re.compile(f"(?:{'|'.join(sorted(PREFIXES.keys() - {'shp'}))})_[0-9a-hjkmnp-tv-z]{{26}}")
"""Ids of ours but for those of shoppers; they say nothing of a person."""

OURS = SHOWN | NAMED | frozenset(scope.value for scope in Scope)
"""Words that stand in our own documents: quoted, they say nothing of who asked."""

_SHOWN_AFTER = _names(
    """
    adjustment asset centre claim code connection currency endpoint kind language locale message mode network offer
    payout plan provider purchase rail reward scheme scope settlement shop slug state type version zone
    """
)
"""A quoted value that follows one of these is one of theirs; words such as `at` and `to` stand in any sentence."""

_QUOTED = re.compile(r"(?<!\w)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|«[^»]*»")
_BEFORE = re.compile(r"(\w+):? \Z")
_FIELD = re.compile(r"(\w+):")
SEGMENTS_MAX = 12


def body_shown(raw: bytes, content_type: str, total: int, detail: str | None = None) -> str | None:
    """A body as it is kept; None of nothing. `raw` may be the beginning of `total` bytes.

    `detail` is what stands for the sentence of a refusal, where who wrote it knows what of it may be kept.
    """
    if not total:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if not (kind == "application/json" or kind.endswith("+json")):
        return f"({kind or 'no content type'}, {total} bytes)"
    if total > len(raw):
        return f"({kind}, {total} bytes: too long to be kept)"
    try:
        read = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return f"({kind}, {total} bytes: not JSON)"
    shown = _hidden(read, DEPTH_MAX)
    if detail is not None and isinstance(shown, dict) and "detail" in shown:
        shown["detail"] = _text(detail, SENTENCE_MAX)
    return _cut(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())


def sentence_shown(sentence: str) -> str:
    """The sentence of a refusal, without what it quotes of the request."""

    def shown(match: re.Match[str]) -> str:
        quoted, text = match[0][1:-1], match.string[: match.start()]
        before = _BEFORE.search(text)
        named = before[1] if before is not None else ""
        if named == "got":
            # "currency: expected …, got 'EURO'" tells the value of the field that the sentence begins with.
            named = next(reversed(_FIELD.findall(text)), "")
        return _text(match[0]) if quoted in OURS or named in _SHOWN_AFTER else f"'{HIDDEN}'"

    return _text(_QUOTED.sub(shown, sentence), SENTENCE_MAX)


def unknown_path_shown(path: str, words: Collection[str]) -> str:
    """An address that is none of ours: of its parts those that stand in our own (`words`), and ids of ours."""
    parts = path.split("/")[1 : SEGMENTS_MAX + 1]
    return "/" + "/".join(part if part in words or _ID.fullmatch(part) else LONGER for part in parts)


def query_shown(query: str) -> str:
    """A query string with the values of the allow-list alone."""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50) if len(query) <= 4096 else []
    kept = [
        (name if name in SHOWN | NAMED else HIDDEN, _text(value) if name in SHOWN else HIDDEN) for name, value in pairs
    ]
    return "&".join(f"{name}={value if value == HIDDEN else quote(value)}" for name, value in kept)


def path_shown(template: str, values: Mapping[str, Any]) -> str:
    """The address by its template: `/v1/wallets/{reference}`, with the ids that say nothing of a person filled in."""
    shown = template
    for name, value in values.items():
        if name in PATH_SHOWN or _ID.fullmatch(str(value)):
            shown = shown.replace("{" + name + "}", _text(str(value)))
    return shown


def key_shown(key: str) -> str:
    """An idempotency key, which its sender chose."""
    return _text(key)


def _hidden(value: object, depth: int, name: str | None = None) -> object:
    if depth == 0:
        return HIDDEN
    if isinstance(value, dict):
        return {
            (each if each in SHOWN or each in NAMED else HIDDEN + (f" {place}" if place else "")): _hidden(
                inner, depth - 1, each
            )
            for place, (each, inner) in enumerate(value.items())
        }
    if isinstance(value, list):
        return [_hidden(each, depth - 1, name) for each in value[:50]]
    if value is None or isinstance(value, bool):
        return value
    if name == "detail" and isinstance(value, str):
        return sentence_shown(value)
    if name not in SHOWN:
        return HIDDEN
    return _text(value) if isinstance(value, str) else value


def _text(value: str, most: int = VALUE_MAX) -> str:
    masked = mask_text(value)
    return masked if len(masked) <= most else masked[:most] + LONGER


def _cut(text: str) -> str:
    raw = text.encode()
    if len(raw) <= TEXT_MAX_BYTES:
        return text
    return raw[: TEXT_MAX_BYTES - len(LONGER.encode()) - 1].decode(errors="ignore") + "\n" + LONGER
