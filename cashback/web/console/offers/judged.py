"""A typed offer judged: its terms or what is wrong with it, its sentence, its rivals, the card that members see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cashback.offers.clauses import Rule, rule_of, sentence
from cashback.offers.compiled import CompiledOffer, OfferVersion
from cashback.offers.effects.multiplier import Multiplier
from cashback.offers.kinds import Surroundings
from cashback.offers.terms import Terms
from cashback.offers.wording import Language, Tongue
from cashback.programme_file.document import OfferEntry
from cashback.programme_file.reach import apart
from cashback.programme_file.reading import Problem, UnreadableOffer, offer_from
from cashback.programme_file.yaml_text import Tree
from cashback.rewards.running import Running
from cashback.web.console.frame import Call
from cashback.web.console.offers.desk import Filed
from cashback.web.console.offers.problems import told
from cashback.web.console.offers.typed import Made, Typed, document_of
from cashback.web.context import told_of
from cashback.web.rendering import LANGUAGES
from cashback.web.shopper.offer_facts import OfferView, view_of

RIVALS_SHOWN = 12
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Rival:
    """An offer that runs and may meet the same purchase; `how` is a key of the messages."""

    code: str
    name: str
    how: str


@dataclass(frozen=True, slots=True)
class Told:
    """An offer in words, in one language: `said` is its sentence, `card` what a member sees."""

    rule: Rule
    said: str
    card: OfferView
    whole: str
    """The sentence with every name, where it leaves some out; else empty."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was typed, and what came of it."""

    typed: Typed
    made: Made
    terms: Terms | None
    problems: Mapping[str, str]
    """By the name of a field."""
    found: Sequence[Problem] = ()
    told: Mapping[Language, Told] | None = None
    rivals: Sequence[Rival] = ()

    @property
    def code(self) -> str:
        """The code it has or will have."""
        return self.typed.code


def judge(call: Call, filed: Filed, typed: Typed) -> Judged:
    """Read what was typed by the rules of a programme file."""
    made = document_of(typed, filed.file.programme.currency)
    try:
        entry = offer_from(Tree(made.document), filed.file, "the offer")
    except UnreadableOffer as refused:
        return Judged(typed, made, None, told(typed, made, refused.problems, call.t), refused.problems)
    if made.unread:
        return Judged(typed, made, None, told(typed, made, (), call.t))
    terms = entry.terms()
    return Judged(typed, made, terms, {}, told=in_words(call, entry.code, terms), rivals=rivals_of(filed, entry, call))


def in_words(call: Call, code: str, terms: Terms, until: datetime | None = None) -> dict[Language, Told]:
    """Terms told and shown in every language of the pages; `until` is when their version ends, where that is known."""
    house = call.programme
    around = alone(house.book.around)
    offer = CompiledOffer(OfferVersion(_NOBODY, code, 1, terms, None, until), around, call.now)
    running = Running(offer, [], [], None)
    found: dict[Language, Told] = {}
    for language in LANGUAGES:
        words = told_of(house, language, call.now)
        names = {each: said.get(language, each) for each, said in house.by_code.items()}
        tongue = words.formats.tongue
        rule = rule_of(terms, around, tongue, names)
        said, whole = sentence(rule, tongue), _whole(terms, around, tongue, names)
        found[language] = Told(rule, said, view_of(running, house, words), "" if whole == said else whole)
    return found


def _whole(terms: Terms, around: Surroundings, tongue: Tongue, names: Mapping[str, str]) -> str:
    told = replace(tongue, whole=True)
    return sentence(rule_of(terms, around, told, names), told)


def alone(around: Surroundings) -> Surroundings:
    """The same surroundings with marks of their own: what is only tried leaves nothing in the book."""
    return Surroundings(
        currency=around.currency,
        default_zone=around.default_zone,
        zones=around.zones,
        shops=around.shops.values(),
        centres=around.centres.values(),
        pauses=around.pauses,
    )


def rivals_of(filed: Filed, entry: OfferEntry, call: Call) -> list[Rival]:
    """Offers that run, meet the same purchases and cannot stand beside this one."""
    found: list[Rival] = []
    for other in filed.file.offers:
        if other.code == entry.code or _group(other) != _group(entry) or _stack(entry, other):
            continue
        if len(found) < RIVALS_SHOWN and not apart(entry, other, filed.shopping):
            name = other.code if other.name is None else other.name.said(call.t.language)
            found.append(Rival(other.code, name, _how(entry, other)))
    return found


def _how(entry: OfferEntry, other: OfferEntry) -> str:
    if entry.priority == other.priority:
        return "console.offers.rival.better"
    return "console.offers.rival.wins" if entry.priority > other.priority else "console.offers.rival.loses"


def _group(offer: OfferEntry) -> tuple[str, str]:
    """What competes with what, as the engine divides it."""
    if offer.group is not None:
        return "group", offer.group
    return "multiplier" if isinstance(offer.reward, Multiplier) else "asset", offer.reward.asset


def _stack(one: OfferEntry, other: OfferEntry) -> bool:
    return one.stacks_as is not None and other.stacks_as is not None and one.stacks_as != other.stacks_as
