"""The folder of a world: `programme.yaml`, `events.ndjson`, `truth.ndjson`, `world.json`; see docs/simulator.md.

`events.ndjson` is an events file as `cashback replay` reads it. The same world gives the same bytes.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cashback.errors import Invalid
from cashback.simulator.chaos.people import CURRENCY, programme
from cashback.simulator.chaos.truth import Purchase
from cashback.simulator.chaos.world import World

PROGRAMME, EVENTS, TRUTH, WORLD = "programme.yaml", "events.ndjson", "truth.ndjson", "world.json"
FORMAT = 1
_MISSING = "{} is missing: expected a folder that `cashback simulate --chaos` wrote"
_ENCODER = msgspec.json.Encoder()


class TrueRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount that was given back, and under which names sources tell it."""

    at: datetime
    amount_minor: int
    views: tuple[tuple[str, str], ...]


class TruePurchase(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `truth.ndjson`. Amounts are minor units of `currency`."""

    id: str
    shopper: str
    shop: str
    at: datetime
    amount_minor: int
    """What was collected; 0 where the authorization expired."""
    net_minor: int
    """What was not given back of it."""
    currency: str
    cleared_at: datetime | None
    """When the last part was collected."""
    disturbances: tuple[str, ...]
    views: tuple[tuple[str, str], ...]
    """Network and reference of every view that a source gives of it."""
    refunds: tuple[TrueRefund, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    """Views that their own source took back: a pending row that was booked under another name, or never."""


class LinkLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A shopper links a card or an account."""

    shopper: str
    provider: str
    card: str
    last_four: str | None = None


class DeliverLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A source's delivery, with its body as it was sent."""

    provider: str
    body: msgspec.Raw
    event: str | None = None


class EventLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `events.ndjson`: one of the two happens at an instant, or only time passes."""

    at: datetime
    link: LinkLine | None = None
    deliver: DeliverLine | None = None


_EVENT = msgspec.json.Decoder(EventLine)
_TRUE = msgspec.json.Decoder(TruePurchase)


def write(world: World, folder: Path) -> None:
    """Write the four files; the folder is made, and one that holds a world already is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = [name for name in (PROGRAMME, EVENTS, TRUTH, WORLD) if (folder / name).exists()]
    if taken:
        raise Invalid(f"{folder} already holds {taken[0]}; expected a folder without a world", code="folder_taken")
    (folder / PROGRAMME).write_text(programme(world.town.shops), encoding="utf-8")
    _write_lines(folder / EVENTS, event_lines(world))
    _write_lines(folder / TRUTH, (_ENCODER.encode(true_purchase(each)) for each in world.purchases))
    # Last: a folder with it is whole.
    (folder / WORLD).write_text(json.dumps(_described(world), indent=2) + "\n", encoding="utf-8")


def event_lines(world: World) -> Iterator[bytes]:
    """All links and deliveries in the order of their instants, and the instant at which the world ends."""
    happened: list[tuple[datetime, int, dict[str, Any]]] = []
    for link in world.links:
        told = {"shopper": link.shopper, "provider": link.provider, "card": link.token}
        happened.append((link.at, 0, {"link": told | ({"last_four": link.last_four} if link.last_four else {})}))
    for sent in world.deliveries:
        named = {"event": sent.event} if sent.event else {}
        happened.append((sent.at, 1, {"deliver": {"provider": sent.provider, **named, "body": msgspec.Raw(sent.body)}}))
    for at, _, what in sorted(happened, key=lambda each: each[:2]):
        yield _ENCODER.encode({"at": at.astimezone(UTC), **what})
    yield _ENCODER.encode({"at": world.ends_at.astimezone(UTC)})


def decoded_event(line: bytes) -> EventLine:
    """A line of `event_lines`, read back."""
    return _EVENT.decode(line)


def true_purchase(each: Purchase) -> TruePurchase:
    """A purchase as the truth tells it."""
    return TruePurchase(
        id=each.id,
        shopper=each.shopper.name,
        shop=each.shop.code,
        at=each.at,
        amount_minor=each.amount_minor,
        net_minor=each.net_minor,
        currency=CURRENCY,
        cleared_at=max((at for at, _ in each.settled), default=None),
        disturbances=tuple(sorted(each.disturbances)),
        views=tuple(sorted(each.views)),
        refunds=tuple(
            TrueRefund(refund.at, refund.amount_minor, tuple(sorted(refund.views))) for refund in each.refunds
        ),
        withdrawn=tuple(sorted(each.withdrawn)),
    )


def read_programme(folder: Path) -> str:
    """The text of the programme file."""
    return _text(folder / PROGRAMME)


def begins(folder: Path) -> datetime:
    """A moment before anything happens."""
    return datetime.fromisoformat(_world(folder)["from"]) - timedelta(days=2)


def count_deliveries(folder: Path) -> int:
    """How many deliveries there are."""
    return int(_world(folder)["deliveries"])


def read_truth(folder: Path) -> list[TruePurchase]:
    """All true purchases; `Invalid` names the line that cannot be read."""
    return [_read(_TRUE, folder / TRUTH, number, line) for number, line in _lines(folder / TRUTH)]


def read_events(folder: Path) -> Iterator[EventLine]:
    """All events, one after the other; `Invalid` names the line that cannot be read."""
    for number, line in _lines(folder / EVENTS):
        yield _read(_EVENT, folder / EVENTS, number, line)


def _world(folder: Path) -> dict[str, Any]:
    try:
        described: dict[str, Any] = json.loads(_text(folder / WORLD))
    except ValueError as error:
        raise Invalid(f"{folder / WORLD}: {error}", code="no_world") from error
    if described.get("format") != FORMAT:
        raise Invalid(f"{folder / WORLD}: expected format {FORMAT}, got {described.get('format')}", code="no_world")
    return described


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Invalid(_MISSING.format(path), code="no_world") from error


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            yield from enumerate(file, 1)
    except FileNotFoundError as error:
        raise Invalid(_MISSING.format(path), code="no_world") from error


def _read(decoder: Any, path: Path, number: int, line: bytes) -> Any:
    try:
        return decoder.decode(line)
    except msgspec.MsgspecError as error:
        raise Invalid(f"{path}, line {number}: {error}", code="unreadable_line") from error


def _write_lines(path: Path, lines: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for line in lines:
            file.write(line + b"\n")


def _described(world: World) -> dict[str, Any]:
    town = world.town
    return {
        "format": FORMAT,
        "seed": world.seed,
        "purchases": len(world.purchases),
        "shoppers": len(town.shoppers),
        "shops": len(town.shops),
        "deliveries": len(world.deliveries),
        "from": town.begin.isoformat(),
        "to": town.end.isoformat(),
        "rates": {each.value: share for each, share in town.rates.shares.items()},
    }
