"""A group of messages as the columns of the statement that appends it to the log; the bodies are sealed here."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from webhooks.literals import array_literal, escaped, quoted
from webhooks.messages import NewMessage, lane_of, message_place
from webhooks.sealing import SealingKey, period_of

Name = tuple[int, str]
"""A delivery: the number of its connection's id, which compares faster than the id, and its delivery id."""


def log_columns(
    tenant: UUID,
    messages: Sequence[NewMessage],
    names: Sequence[Name],
    keys: Mapping[date, SealingKey],
    ordinals: Sequence[int],
) -> tuple[str | list[bytes], ...]:
    """The columns of a group in the order in which the log's statement takes them.

    All but the bodies are array literals: the driver's own encoding of an array asks of every element what it is, which
    costs several times as much.
    """
    ids = [name[1] for name in names]
    periods = [period_of(message.received_at.date()) for message in messages]
    return (
        array_literal(
            [str(lane_of(each.subject, delivery_id)) for each, delivery_id in zip(messages, ids, strict=True)]
        ),
        array_literal([f"{name[0]:032x}" for name in names]),
        array_literal([quoted(delivery_id) for delivery_id in ids]),
        array_literal(["NULL" if each.event is None else quoted(each.event) for each in messages]),
        array_literal([escaped(each.digest) for each in messages]),
        array_literal(["NULL" if each.subject is None else escaped(each.subject) for each in messages]),
        array_literal([each.received_at.isoformat() for each in messages]),
        array_literal([period.isoformat() for period in periods]),
        _sealed(tenant, messages, ids, periods, keys),
        array_literal([str(ordinal) for ordinal in ordinals]),
    )


def _sealed(
    tenant: UUID,
    messages: Sequence[NewMessage],
    ids: Sequence[str],
    periods: Sequence[date],
    keys: Mapping[date, SealingKey],
) -> list[bytes]:
    """The bodies, each sealed for its place by the key of its month."""
    places = [message_place(tenant, each.connection_id, name) for each, name in zip(messages, ids, strict=True)]
    if len(keys) == 1:
        return keys[periods[0]].seal_each(zip([each.body for each in messages], places, strict=True))
    return [keys[period].seal(each.body, place) for each, place, period in zip(messages, places, periods, strict=True)]
