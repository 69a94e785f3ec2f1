"""The sandbox of an operator: its test connection and card, and sending purchases that nobody made.

What is sent is signed as its network signs and comes in by the front door. Refused wherever money is real.
"""

import random
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from cashback.db.engine import fetch, transaction
from cashback.errors import Conflict, Forbidden, Invalid
from cashback.ids import show
from cashback.insights.examples import TEST_SHOPPER
from cashback.pipeline import link_card
from cashback.programmes.connections import load_connections, open_connection
from cashback.shoppers import service as shoppers
from cashback.simulator.cast import SCHEMES, Card, Cast, assemble, load_shops
from cashback.simulator.dialects import letters
from cashback.simulator.player import Line, Player, Tally
from cashback.simulator.scenarios import Scenario, play
from cashback.web.developer.frame import Frame
from issuers.registry import ADAPTERS
from webhooks import signing

NETWORK = "sandbox"
LINKED_BEFORE = timedelta(days=90)
NETWORKS = sorted(SCHEMES)
CARDS_PLAYED = 200
_CARDS = """
WITH linked AS NOT MATERIALIZED (
    SELECT * FROM cards WHERE operator_id = $1 AND unlinked_at IS NULL AND network = ANY($2::text[])
), chosen AS (
    SELECT * FROM linked WHERE token = $3 UNION (SELECT * FROM linked ORDER BY card_id DESC LIMIT $4)
)
SELECT shopper_id::text, network, token, coalesce(scheme, 'visa') AS scheme, coalesce(last_four, '0000') AS last_four
FROM chosen ORDER BY token <> $3, card_id DESC, network, token
"""
_LINKED = """
SELECT linked_at FROM cards WHERE operator_id = $1 AND network = $2 AND token = $3 AND unlinked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What there is to play with."""

    cast: Cast
    lines: dict[str, Line]
    """Of the operator's own connections, by network."""


def require_sandbox(frame: Frame) -> None:
    """Forbidden wherever money is real."""
    if not frame.integrator.sandbox:
        raise Forbidden("purchases can be invented in a sandbox only, never where money is real", code="live_mode")


async def open_sandbox(frame: Frame) -> Sandbox:
    """The newest `CARDS_PLAYED` cards that a connection can play, the test card first; and the shops."""
    operator_id = frame.integrator.session.operator_id
    every = (await load_connections(frame.web.engine, frame.integrator.bench.keyring.master, of=operator_id)).values()
    lines = {
        each.provider: Line(each.registered_url, each.secrets[0])
        for each in every
        if each.provider in SCHEMES and each.secrets
    }
    if frame.house is None:
        return Sandbox(Cast((), (), ()), lines)
    async with transaction(frame.web.engine, operator_id) as connection:
        asked = (operator_id, sorted(lines), test_token(operator_id), CARDS_PLAYED)
        cards = [Card(*row) for row in await fetch(connection, _CARDS, asked)]
        return Sandbox(assemble(await load_shops(connection, operator_id, frame.now), cards), lines)


def test_token(operator_id: UUID) -> str:
    """The token of an operator's test card."""
    return f"test-card-{operator_id.hex[-12:]}"


async def prepare(frame: Frame) -> None:
    """Open what is missing: a connection to the sandbox network, a shopper, and a card of that network.

    The card counts as linked since before the oldest purchase that a scenario makes, so that each of them counts.
    """
    require_sandbox(frame)
    bench, actor, now = frame.integrator.bench, frame.integrator.actor, frame.now
    if NETWORK not in (await open_sandbox(frame)).lines:
        # As a receiver knows it: Standard Webhooks secrets are text.
        secret = signing.new_secret("v1").told().encode()
        slug = f"sandbox-{show('opr', actor.operator_id)[-8:]}-{secrets.token_hex(2)}"
        async with transaction(frame.web.engine, actor.operator_id) as connection:
            await open_connection(
                connection,
                actor,
                slug=slug,
                provider=NETWORK,
                registered_url=f"{bench.public_url}/webhooks/{slug}",
                secret=secret,
                providers=ADAPTERS.keys(),
                master=bench.keyring.master,
                now=now,
            )
        bench.connections_changed()
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        opened = await shoppers.open_shoppers(connection, actor, [TEST_SHOPPER], locale="en", now=now)
    await link_card(
        frame.web.engine,
        bench.road,
        actor,
        shopper_id=opened[TEST_SHOPPER],
        network=NETWORK,
        token=test_token(actor.operator_id),
        linked_at=now - LINKED_BEFORE,
        last_four="4242",
        scheme="visa",
        now=now,
    )


async def counts_from(frame: Frame, card: Card) -> datetime | None:
    """Since when purchases with this card count; None where it is linked no more."""
    operator_id = frame.integrator.session.operator_id
    async with transaction(frame.web.engine, operator_id) as connection:
        rows = await fetch(connection, _LINKED, (operator_id, card.network, card.token))
    return rows[0].linked_at if rows else None


def card_key(card: Card) -> str:
    """A name of a card for forms, which stays its own when others are linked."""
    return blake2b(f"{card.network}/{card.token}".encode(), digest_size=8).hexdigest()


async def chosen_of(frame: Frame, card: str) -> tuple[Card, Sandbox]:
    """The card of this key, empty for the first, and everything there is to play with.

    Conflict where there is nothing, Invalid for a card that cannot be played.
    """
    require_sandbox(frame)
    box = await open_sandbox(frame)
    cast = box.cast
    if not cast.cards or not cast.shops:
        raise Conflict("there is no card or no shop to play with; open the test card first", code="sandbox_empty")
    chosen = cast.cards[0] if not card else next((each for each in cast.cards if card_key(each) == card), None)
    if chosen is None:
        raise Invalid("card: there is none of this key that can be played; reload the page", code="bad_place")
    return chosen, box


async def send(
    frame: Frame, scenario: Scenario, card: str, shop: int, amount_minor: int, at: datetime
) -> tuple[Tally, Card]:
    """Play a scenario and wait until every webhook of it was answered; what became of them, and with which card.

    `card` is the key of one, empty for the first; `shop` is a place in the sandbox's list. Conflict where there is
    nothing to play with, Invalid for a card that cannot be played.
    """
    chosen, box = await chosen_of(frame, card)
    cards, shops = box.cast.cards, box.cast.shops
    rng = random.Random()  # noqa: S311 - a game of chance, not a secret
    facts = play(
        scenario,
        rng,
        [chosen, *cards],
        [shops[shop % len(shops)], *shops],
        at,
        amount_minor=amount_minor,
    )
    async with frame.integrator.bench.client() as client:
        player = Player(client, box.lines, frame.web.clock)
        for fact in facts:
            for letter in letters(fact):
                await player.deliver(letter)
    return player.tally, chosen
