"""What people call whoever did something: members by their names, everything else by what it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cashback.auth.members import names_of
from cashback.web.console.frame import Call
from cashback.web.messages import MESSAGES, Translator


@dataclass(frozen=True, slots=True)
class People:
    """The actors of one page, told in words."""

    t: Translator
    names: Mapping[str, str]

    def __call__(self, actor: str | None) -> str:
        """`Ada Martin`, `API key till`, `The product itself`; a dash for nobody."""
        if not actor:
            return "–"
        if actor in self.names:
            return self.names[actor]
        kind, _, named = actor.partition(":")
        if kind == "link":
            return self.t("who.link", role=self.t(f"door.role.{named}")) if f"door.role.{named}" in MESSAGES else named
        key = f"who.{kind}"
        return self.t(key, name=named) if key in MESSAGES else actor


async def people_of(call: Call, actors: Iterable[str | None]) -> People:
    """These actors of the operator; their names are read at once."""
    given = {each for each in actors if each}
    found = await names_of(call.connection, call.operator_id, call.web.doors.master, given)
    return People(call.t, found)
