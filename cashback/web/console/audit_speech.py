"""Lines of the audit log in words: the deed, the thing it was done to, and what was written down beside it.

Every kind that the product writes has words; a test reads the kinds from its source. What has none all the same, of
another version or from somebody's own system, is shown as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cashback.funding.service import named
from cashback.ids import PREFIXES
from cashback.ledger.chart import FUNDER_PREFIX
from cashback.programmes.audit_log import Line
from cashback.web.console.frame import Call
from cashback.web.console.money.funders import address_of
from cashback.web.console.money.settlement_views import funder_name
from cashback.web.console.people import People, people_of
from cashback.web.messages import MESSAGES

DID = "audit.did."
THING = "audit.thing."
KEY = "audit.key."
CODE = "audit.code."
OF_ROLE = "audit.role."
OF_RAIL = "audit.rail."
OF_WHY = "audit.why."
OF_STATE = "audit.state."
OF_BY = "audit.by."
OF_FOUND = "audit.found."
OF_CONSENT = "audit.consent."
OF_SCOPE = "audit.scope."
SAID_AS: Mapping[str, tuple[str, ...]] = {
    "role": ("door.role.", OF_ROLE),
    "from": ("door.role.",),
    "to": ("door.role.",),
    "rail": ("payouts.rail.", OF_RAIL),
    "reason": ("payouts.why.", "adjustments.reason.", "reviews.reason.", "charges.reason.", "claim_word."),
    "why": ("members.why.", OF_WHY),
    "kind": ("adjustments.kind.",),
    "payment": ("funders.pay.",),
    "mode": ("settlement.mode.",),
    "state": ("plan.state.", OF_STATE),
    "lender": ("book.lender.",),
    "verdict": ("match.verdict.",),
    "by": (OF_BY,),
    "found": (OF_FOUND,),
    "consent": (OF_CONSENT,),
    "scopes": (OF_SCOPE,),
}
"""Under which beginnings of keys the codes of a detail have words; `audit.code.` is asked for all of them."""
_OWN_WORDS = frozenset({"words", "label", "name", "text", "reference", "origin", "origins", "previous_url", "url"})
"""What somebody wrote or named: never taken for a code."""
BY_ACTION: Mapping[str, str] = {
    "adjustment.limit": "scope",
    "api_key.created": "key_label",
    "api_key.rotated": "key_label",
    "api_key.revoked": "key_label",
    "bank.explained": "difference",
    "charge_rail.opened": "rail",
    "payout_rail.opened": "rail",
    "drift.accepted": "shop",
    "matches.sampled": "programme",
    "match.answered": "identifier",
    "match.judged": "identifier",
    "identity_provider.set": "provider",
    "identity_provider.removed": "provider",
    "seller.told": "seller",
    "settlement.issued": "period",
    "gifts.imported": "programme",
    "identifiers.imported": "programme",
    "matching.changed": "programme",
    "outlets.replaced": "programme",
    "programme.applied": "programme",
}
"""Things that are named by a code alone, by what was done to them; offers by every deed of theirs."""
ALONE = ("embed", "everybody", "plans", "shoppers", "welcome")
WITH_NAMES = ("address", "bank_file", "connection", "domain", "export", "file", "poster", "theme")
"""Things that are written with their kind before a colon."""
_ID = re.compile(r"([a-z]{3})_[0-9a-z]{26}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ACTOR = re.compile(r"(member|link|key|person|shopper|system):.+")
_PLACES = {
    "pyt": "/payouts/",
    "bat": "/payouts/files/",
    "stl": "/settlement/",
    "pln": "/book/",
    "rev": "/decisions/",
    "mem": "/team/",
    "adj": "/adjustments/",
    "shp": "/members/",
    "clm": "/claims/",
    "pur": "/purchases/",
    "imp": "/shop-imports/",
}
"""Where the page of a thing is, by the prefix of its id."""


@dataclass(frozen=True, slots=True)
class AuditWords:
    """The lines of one page in words."""

    call: Call
    people: People

    def sentence(self, action: str) -> str:
        """What was done."""
        return self._known((DID,), action) or action

    def thing(self, line: Line) -> str:
        """What a line is about."""
        t, subject = self.call.t, line.subject
        if subject.startswith(FUNDER_PREFIX) and self.call.house:
            return funder_name(self.call, named(subject, self.call.house.snapshot.shops.shops))
        if _ID.fullmatch(subject):
            return self._thing_of_id(subject)
        kind, _, name = subject.partition(":")
        if kind in WITH_NAMES and name:
            return t(f"{THING}{kind}", name=name[:8] if kind in ("address", "bank_file") else name)
        if subject in ALONE:
            return t(f"{THING}{subject}")
        if line.action.startswith("offer."):
            return t(f"{THING}offer", name=self._offer(subject))
        by_action = BY_ACTION.get(line.action)
        return subject if by_action is None else self._by_code(by_action, subject)

    def place(self, line: Line) -> str:
        """The page of what a line is about; empty where there is none."""
        subject = line.subject
        if subject.startswith(FUNDER_PREFIX) and self.call.house:
            return address_of(self.call, named(subject, self.call.house.snapshot.shops.shops))
        if line.action.startswith("offer.") and not _ID.fullmatch(subject):
            return self.call.address(f"/offers/{subject}")
        prefix = subject.partition("_")[0]
        return self.call.address(f"{_PLACES[prefix]}{subject}") if prefix in _PLACES else ""

    def facts(self, detail: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The details with their names, amounts and instants as people read them."""
        told = []
        for name, value in detail.items():
            if value in (None, "", [], {}) or (name == "asset" and "amount" in detail):
                continue
            word = self._known((KEY,), name) or name.replace("_", " ")
            told.append((word, self._told(detail, name, value)))
        return told

    def _told(self, detail: Mapping[str, Any], name: str, value: Any) -> str:
        match value:
            case bool():
                return self.call.t("audit.yes" if value else "audit.no")
            case list():
                return ", ".join(self._told(detail, name, each) for each in value)
            case dict():
                pairs = ((self._known((KEY,), key) or key.replace("_", " "), each) for key, each in value.items())
                return ", ".join(f"{key} {each}" for key, each in pairs)
            case _:
                return self._money(detail, name, value) or self._text(name, str(value))

    def _money(self, detail: Mapping[str, Any], name: str, value: Any) -> str:
        house, formats = self.call.house, self.call.formats
        if house is None or not str(value).lstrip("-").isdigit():
            return ""
        if name in ("amount", "alone_max") and isinstance(detail.get("asset"), str):
            return formats.amount(int(value), house.asset(detail["asset"]))
        return formats.money(int(value), house.programme.currency) if name.endswith("_minor") else ""

    def _text(self, name: str, value: str) -> str:
        if name in _OWN_WORDS:
            return value
        if _ID.fullmatch(value):
            return self._thing_of_id(value)
        if _INSTANT.fullmatch(value):
            return self._moment(value)
        if _DAY.fullmatch(value):
            return self.call.formats.tongue.day(date.fromisoformat(value))
        if _ACTOR.fullmatch(value):
            return self.people(value)
        if name in ("shop", "accepted", "silent", "appeared"):
            return self._shop(value)
        if name == "offer":
            return self._offer(value)
        return self._known((*SAID_AS.get(name, ()), CODE), value) or value

    def _moment(self, value: str) -> str:
        try:
            return self.call.formats.moment(datetime.fromisoformat(value), self.call.zone)
        except ValueError:
            return value

    def _thing_of_id(self, shown: str) -> str:
        prefix, _, rest = shown.partition("_")
        return self.call.t(f"{THING}{prefix}", name=f"…{rest[-6:]}") if prefix in PREFIXES else shown

    def _by_code(self, kind: str, code: str) -> str:
        name = code
        if kind == "shop":
            name = self._shop(code)
        elif kind == "programme" and self.call.house is not None and code == self.call.house.programme.code:
            name = self.call.house.programme.name
        elif kind == "rail":
            name = self._known(SAID_AS["rail"], code) or code
        elif kind == "scope":
            name = self._known(SAID_AS["scopes"], code) or code
        return self.call.t(f"{THING}{kind}", name=name)

    def _shop(self, code: str) -> str:
        house = self.call.house
        shop = None if house is None else house.snapshot.shops.by_code.get(code)
        return code if shop is None else shop.name

    def _offer(self, code: str) -> str:
        names = {} if self.call.house is None else self.call.house.by_code.get(code, {})
        return names.get(self.call.t.language, code)

    def _known(self, begins: Iterable[str], code: str) -> str:
        """The words of a code under the first of these beginnings that has some; empty where none has."""
        for begin in begins:
            key = f"{begin}{code.replace(' ', '_')}"
            if key in MESSAGES and "{" not in MESSAGES[key].en:
                return self.call.t(key)
        return ""


async def words_of(call: Call, lines: Iterable[Line]) -> AuditWords:
    """The words for these lines; the people in them are read at once."""
    given = list(lines)
    actors = {each.actor for each in given} | {one for each in given for one in _actors(each.detail.values())}
    return AuditWords(call, await people_of(call, actors))


def _actors(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str) and _ACTOR.fullmatch(value):
            yield value
