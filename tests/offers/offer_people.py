"""People and one offer: each command in a transaction of its own, naming the newest revision unless told otherwise."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stored import state_of
from world import World

from cashback.actors import Actor, Scope
from cashback.errors import ProductError
from cashback.offers import drafts
from cashback.offers.commands import Done
from cashback.offers.journal import History, find_history
from cashback.programme_file.budgets import save_budgets
from cashback.programme_file.reading import offer_from
from cashback.programme_file.service import read_current
from cashback.programme_file.yaml_text import Tree

BOTH = frozenset({Scope.PROGRAMME, Scope.APPROVAL})
FIVE = {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 500}, "hold_days": 14}
SIX = {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 600}, "hold_days": 14}
SEVEN = {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 700}, "hold_days": 14}


@dataclass(slots=True)
class People:
    """Ada and Bob of one operator, who may both write and approve."""

    world: World
    code: str = "five"

    def person(self, name: str, scopes: frozenset[Scope] = BOTH) -> Actor:
        return Actor(self.world.operator_id, f"person:{name}", scopes)

    async def history(self) -> History:
        async with self.world.connection() as connection:
            found = await find_history(connection, self.world.operator_id, self.code)
        return found or History(self.world.operator_id, self.code, (), (), ())

    async def revision(self) -> int:
        return (await self.history()).revision

    async def status(self) -> str:
        return (await self.history()).standing(self.world.now).status.value

    async def draft_state(self) -> str | None:
        state = (await self.history()).draft_state
        return None if state is None else state.value

    async def intervals(self) -> list[tuple[Any, ...]]:
        return [(each.version, each.live_from, each.live_until) for each in (await self.history()).versions]

    async def write(
        self, terms: Mapping[str, Any] = SIX, name: str = "ada", *, seen: int | None = None, **how: Any
    ) -> Done:
        expected = await self.revision() if seen is None else seen
        async with self.world.connection() as connection:
            current = await read_current(connection, self.world.operator_id, self.world.now)
            assert current is not None
            wanted = offer_from(Tree({**terms, "code": self.code}), current).terms()
            actor = self.person(name, **how)
            return await drafts.revise(
                connection, actor, self.code, wanted, expected_revision=expected, now=self.world.now
            )

    async def do(self, move: str, name: str = "ada", *, seen: int | None = None, **more: Any) -> Done:
        """One command by the name of its move, for example `await people.do("pause")`."""
        if move == "revise":
            return await self.write(name=name, seen=seen)
        expected = await self.revision() if seen is None else seen
        actor = self.person(name, more.pop("scopes", BOTH))
        if move in ("stop", "reject", "request_changes"):
            more.setdefault("reason", "because")
        if move == "approve":
            more["save_budgets"] = save_budgets
        command: Callable[..., Awaitable[Done]] = getattr(drafts, move)
        async with self.world.connection() as connection:
            return await command(connection, actor, self.code, expected_revision=expected, now=self.world.now, **more)

    async def stop_at_once(self, name: str, *, scopes: frozenset[Scope] = BOTH) -> Done:
        """The emergency stop as it is meant: nothing was read before."""
        async with self.world.connection() as connection:
            actor = self.person(name, scopes)
            return await drafts.stop(connection, actor, self.code, reason="pays twice", now=self.world.now)

    async def submitted(self, terms: Mapping[str, Any] = SIX, name: str = "ada") -> Done:
        await self.write(terms, name)
        return await self.do("submit", name)

    async def approved(self, terms: Mapping[str, Any] = SIX, **when: Any) -> Done:
        """Written and submitted by Ada, approved by Bob."""
        await self.submitted(terms)
        return await self.do("approve", "bob", **when)

    async def state(self) -> dict[str, str]:
        return await state_of(self.world.engine, self.world.operator_id)

    async def refused(self, work: Awaitable[Done]) -> tuple[int, str, str]:
        """Status, code and sentence of a refusal, after which nothing has moved."""
        before = await self.state()
        try:
            await work
        except ProductError as error:
            assert await self.state() == before
            return error.status, error.code, error.detail
        raise AssertionError("it was not refused")

    async def audited(self) -> list[tuple[str, str]]:
        """Who did what to the offer, as the audit log tells it."""
        rows = await self.world.rows(
            """SELECT actor, action FROM audit_log WHERE action LIKE 'offer.%' AND subject = $1
            ORDER BY (detail->>'revision')::int""",
            self.code,
        )
        return [(str(actor), str(action)) for actor, action in rows]
