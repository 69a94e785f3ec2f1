"""A decision: what is asked becomes an application, `eligibility` judges it, and the record is kept.

Never commits. The shopper is locked first, so what was gathered stands until the decision is stored. The lender is
asked between two transactions: the first finds out whether it must be, the second decides with its answer.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.decision_log import service as log
from cashback.decision_log.service import Kept
from cashback.decisions import ficp, means, rulebooks, storage
from cashback.decisions.conduct import OfferedPlan
from cashback.decisions.gathering import Gathered, gather
from cashback.decisions.rulebooks import InForce
from cashback.decisions.schemas import Answered, Asked, Decided
from cashback.errors import Conflict, Invalid, NotFound
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show, uuid7
from cashback.merchants.schemas import Shop
from cashback.purchases.service import PurchaseRow, purchase_of
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from cashback.shoppers.card_facts import CardFacts
from eligibility import (
    Application,
    Decision,
    Ficp,
    Instrument,
    Lender,
    Outcome,
    PlanAnswer,
    Purchase,
    Reason,
    Terms,
    decide,
)
from webhooks.sealing import SealingKey

AMOUNT_MAX_MINOR = 10**9
_JUDGED = frozenset({"score_too_low", "over_limit", "limit_used", "over_means", "no_means", "ficp_listed"})
"""Refusals after which the policy asks for a pause: the shopper was judged. Who can mend it at once need not wait."""
_WAITING = "wait_after_refusal"
"""To be told to wait makes nobody wait longer."""
_CERTAIN = frozenset(
    {
        "amount_too_low", "amount_too_high", "category_refused", "in_arrears", "too_many_plans", "wait_after_plan",
        "wait_after_refusal", "card_prepaid", "card_expires", "no_strong_authentication", "regime_refused",
        "needs_partner",
    }
)  # fmt: skip
"""Reasons that hold whatever the shopper declares and the lender says."""
_LENDER_MUST_SAY = frozenset({"ficp_missing", "nothing_to_do"})


@dataclass(frozen=True, slots=True)
class Case:
    """Everything about one question that does not change while it is answered."""

    shopper_id: UUID
    pseudonym: UUID
    asked: Asked
    shop: Shop
    purchase: Purchase
    card: CardFacts
    of_age: bool
    country: str
    declared: means.Declared | None
    declared_at: datetime | None
    plans: tuple[Terms, ...]
    force: InForce
    gathered: Gathered

    def application(self, decision_id: UUID, consulted: Ficp | None, now: datetime) -> Application:
        """As it is judged, and as it stands in the record."""
        declared = None if self.declared is None or self.declared_at is None else self.declared.means(self.declared_at)
        return Application(
            decision_id=show("dec", decision_id),
            shopper=str(self.pseudonym),
            as_of=now,
            of_age=self.of_age,
            country=self.country,
            purchase=self.purchase,
            instrument=Instrument(
                prepaid=self.card.prepaid,
                expires_on=self.card.expires_on,
                strong_authentication=self.card.strong_authentication,
            ),
            history=self.gathered.history,
            told=self.gathered.told,
            plans=self.plans,
            means=declared,
            ficp=consulted,
        )


def digest_of(asked: Asked, shopper_id: UUID) -> bytes:
    """What tells whether a key came with the same content."""
    return hashlib.sha256(msgspec.json.encode({"shopper": shopper_id, **asdict(asked)}, order="sorted")).digest()


async def before(connection: AsyncConnection, shopper_id: UUID, asked: Asked) -> Decided | None:
    """The decision that this key made before. Raises Conflict: it came with other content."""
    known = await storage.of_key(connection, shopper_id, asked.key)
    if known is not None and known.digest != digest_of(asked, shopper_id):
        raise Conflict(f"the key of decision {known.ref} came again with other content", code="idempotency_key")
    return known


async def needs_lender(
    connection: AsyncConnection, snapshot: Snapshot, master: SealingKey, actor: Actor, shopper_id: UUID, asked: Asked,
    lender: ficp.FicpPort, now: datetime,
) -> UUID | None:  # fmt: skip
    """The consultation to call the lender with; None: nobody can be asked, or nothing hangs on the FICP alone.

    A plan that is refused whatever the file says is no reason to look into it. What is cheap to know is looked at
    first: `ask` gathers everything again.
    """
    require_asker(actor, shopper_id)
    if not lender.lends:
        return None
    await lock(connection, shopper_id)
    if await before(connection, shopper_id, asked) is not None:
        return None
    hours = (await rulebooks.in_force(connection, actor.operator_id, now)).conduct.ficp_valid_hours
    if await ficp.newest(connection, actor.operator_id, shopper_id, valid_hours=hours, now=now) is not None:
        return None
    case = await case_of(connection, snapshot, master, actor.operator_id, shopper_id, asked, now)
    tried = decide(case.force.rulebook, case.application(UUID(int=0), None, now))
    if not any({each.code for each in plan.reasons} <= _LENDER_MUST_SAY for plan in tried.plans if not plan.eligible):
        return None
    return await ficp.intend(connection, actor.operator_id, shopper_id, now)


async def foreseen(
    connection: AsyncConnection, snapshot: Snapshot, master: SealingKey, actor: Actor, shopper_id: UUID, asked: Asked,
    now: datetime,
) -> tuple[Reason, ...]:  # fmt: skip
    """Why a question would be refused whatever is declared and whatever the lender says; empty where it may be open.

    Nothing is decided, kept or asked of anybody. Raises as `ask` for what cannot be asked.
    """
    require_asker(actor, shopper_id)
    case = await case_of(connection, snapshot, master, actor.operator_id, shopper_id, asked, now)
    tried = decide(case.force.rulebook, case.application(UUID(int=0), None, now))
    certain = [[each for each in plan.reasons if each.code in _CERTAIN] for plan in tried.plans]
    if not certain or not all(certain):
        return ()
    return tuple({each.code: each for reasons in certain for each in reasons}.values())


async def ask(
    connection: AsyncConnection, snapshot: Snapshot, master: SealingKey, actor: Actor, shopper_id: UUID, asked: Asked,
    now: datetime,
) -> Answered:  # fmt: skip
    """Decide and keep the decision; a key that comes again answers the decision it made.

    Raises Invalid and NotFound for what cannot be asked, Conflict for a key that came with other content and where
    nothing is known of a card that could be charged: nothing is kept of those. A refusal is an answer.
    """
    require_asker(actor, shopper_id)
    await lock(connection, shopper_id)
    known = await before(connection, shopper_id, asked)
    if known is not None:
        return await read(connection, actor.operator_id, known)
    case = await case_of(connection, snapshot, master, actor.operator_id, shopper_id, asked, now)
    hours = case.force.conduct.ficp_valid_hours
    consulted = await ficp.newest(connection, actor.operator_id, shopper_id, valid_hours=hours, now=now)
    return await judge(connection, actor, case, consulted, now)


async def judge(
    connection: AsyncConnection,
    actor: Actor,
    case: Case,
    consulted: Ficp | None,
    now: datetime,
    *,
    earlier_id: UUID | None = None,
) -> Answered:
    """Decide on a case and keep the decision; the caller holds the shopper's lock."""
    decision_id = uuid7(now)
    decision = decide(case.force.rulebook, case.application(decision_id, consulted, now))
    decided = _decided(case, decision_id, decision, now, earlier_id)
    return await keep(connection, actor, case, decided, decision.record, now)


async def keep(
    connection: AsyncConnection,
    actor: Actor,
    case: Case,
    decided: Decided,
    record: bytes,
    now: datetime,
    *,
    automated: bool = True,
) -> Answered:
    """Write a decision down, with the tables it was made by, and tell the outside."""
    operator_id = actor.operator_id
    await rulebooks.keep_tables(connection, operator_id, case.force.bodies, actor.name, now)
    kept = Kept(decided.id, case.pseudonym, now, record)
    await log.keep(connection, operator_id, [kept], automated=automated)
    await storage.save(connection, operator_id, [decided])
    told = event(
        "eligibility.decided",
        decided.id.hex,
        now,
        of=case.shopper_id,
        decision=decided.ref,
        shopper=show("shp", case.shopper_id),
        outcome=decided.outcome,
    )
    await events.tell(connection, operator_id, [told], now)
    return Answered(decided, record)


async def read(connection: AsyncConnection, operator_id: UUID, decided: Decided) -> Answered:
    """A decision with its record. Raises NotFound: its record had its time and was destroyed."""
    kept = (await log.read(connection, operator_id, [decided.id])).get(decided.id)
    if kept is None:
        raise NotFound(f"the record of {decided.ref} was destroyed when its time was over", code="record_destroyed")
    return Answered(decided, kept.record)


async def find(connection: AsyncConnection, actor: Actor, decision_id: UUID) -> Decided:
    """A decision by its id. Raises NotFound; a shopper finds their own alone."""
    decided = await storage.by_id(connection, actor.operator_id, decision_id)
    if decided is None or (actor.shopper_id is not None and actor.shopper_id != decided.shopper_id):
        raise NotFound(f"there is no decision {show('dec', decision_id)}", code="unknown_decision")
    return decided


def require_asker(actor: Actor, shopper_id: UUID) -> None:
    """Refuse who may not ask for this shopper: a key with its scope may, and the shopper."""
    if actor.shopper_id != shopper_id:
        shoppers.require(actor, Scope.SHOPPERS)


async def lock(connection: AsyncConnection, shopper_id: UUID) -> None:
    """Lock the shopper. Raises NotFound."""
    if not await shoppers.lock(connection, [shopper_id]):
        raise NotFound("there is no such shopper", code="unknown_shopper")


async def case_of(
    connection: AsyncConnection,
    snapshot: Snapshot,
    master: SealingKey,
    operator_id: UUID,
    shopper_id: UUID,
    asked: Asked,
    now: datetime,
) -> Case:
    """Gather what a question is judged by. The caller holds the shopper's lock."""
    _check(asked, snapshot)
    force = await rulebooks.in_force(connection, operator_id, now)
    row = await _purchase_to_split(connection, shopper_id, asked)
    shop = _shop(snapshot, asked, row)
    cards = await card_facts.chargeable(connection, operator_id, [shopper_id], asked.card_id)
    if shopper_id not in cards:
        raise Conflict(
            "nothing is known of a linked card that could be charged: tell what it is (POST /v1/cards/facts)",
            code="no_card_facts",
        )
    declared = await means.declared_by(connection, master, operator_id, shopper_id)
    said = None if declared is None else declared[0]
    of_age = asked.of_age if asked.of_age is not None else None if said is None else said.of_age
    if of_age is None:
        raise Invalid("of_age: expected true or false, as the shopper has declared nothing", code="age_untold")
    centre = snapshot.programme.centres[shop.centre_id]
    today = now.astimezone(centre.zone).date()
    return Case(
        shopper_id=shopper_id,
        pseudonym=(await storage.pseudonyms(connection, operator_id, [shopper_id]))[shopper_id],
        asked=asked,
        shop=shop,
        purchase=_bought(asked, shop, today, None if row is None else row.folded.purchased_at.astimezone(centre.zone)),
        card=cards[shopper_id],
        of_age=of_age,
        country=asked.country or (centre.country if said is None else said.country),
        declared=said,
        declared_at=None if declared is None else declared[1],
        plans=tuple(each.terms for each in _plans(force, asked)),
        force=force,
        gathered=(await gather(connection, snapshot, [shopper_id], now))[shopper_id],
    )


def _check(asked: Asked, snapshot: Snapshot) -> None:
    if not 1 <= len(asked.key) <= 200:
        raise Invalid("an idempotency key has 1 to 200 characters", code="idempotency_key")
    if not 0 < asked.amount_minor <= AMOUNT_MAX_MINOR:
        raise Invalid(f"amount_minor: expected 1 to {AMOUNT_MAX_MINOR}, got {asked.amount_minor}", code="amount")
    if (asked.shop is None) == (asked.purchase_id is None):
        raise Invalid("expected a shop, or the purchase that is to be split", code="shop_or_purchase")
    if asked.currency != snapshot.programme.currency:
        raise Invalid(
            f"currency: this programme counts in {snapshot.programme.currency}, got {asked.currency}", code="currency"
        )


def _plans(force: InForce, asked: Asked) -> Sequence[OfferedPlan]:
    """The plans to judge: of a purchase that is to be split, those of the partner who lends."""
    offered = force.conduct.plans
    if asked.plans is not None:
        if not asked.plans or len(set(asked.plans)) != len(asked.plans):
            raise Invalid("plans: expected each plan once, and one at least", code="plans")
        offered = tuple(force.conduct.plan(name) for name in asked.plans)
    if asked.purchase_id is None:
        return offered
    partner = tuple(each for each in offered if each.terms.lender is Lender.PARTNER)
    if not partner or (asked.plans is not None and len(partner) != len(offered)):
        raise Invalid("a purchase is split by the partner who lends alone: ask for plans of that lender", code="lender")
    return partner


async def _purchase_to_split(connection: AsyncConnection, shopper_id: UUID, asked: Asked) -> PurchaseRow | None:
    if asked.purchase_id is None:
        return None
    row = await purchase_of(connection, shopper_id, asked.purchase_id)
    named = show("pur", asked.purchase_id)
    if await storage.was_split(connection, shopper_id, asked.purchase_id):
        raise Conflict(f"{named} is paid in instalments already", code="already_split")
    if row is None or row.shop_id is None:
        raise NotFound(f"this shopper has no purchase {named} in a shop that is known", code="unknown_purchase")
    if not row.folded.state.may_earn() or row.folded.net_minor <= 0:
        raise Conflict(f"{named} is {row.folded.state.value}: there is nothing to split", code="nothing_to_split")
    if asked.currency != row.folded.currency or asked.amount_minor > row.folded.net_minor:
        raise Invalid(
            f"amount_minor: {named} amounts to {row.folded.net_minor} {row.folded.currency}, got {asked.amount_minor}"
            f" {asked.currency}",
            code="amount",
        )
    return row


def _shop(snapshot: Snapshot, asked: Asked, row: PurchaseRow | None) -> Shop:
    if row is not None and row.shop_id is not None:
        return snapshot.shops.shops[row.shop_id]
    shop = snapshot.shops.by_code.get(asked.shop or "")
    if shop is None:
        raise NotFound(f"there is no shop {(asked.shop or '')[:64]!r}", code="unknown_shop")
    return shop


def _bought(asked: Asked, shop: Shop, today: date, bought_at: datetime | None) -> Purchase:
    """A plan is concluded today, whatever it pays for; supplied is what was bought on the day it was bought."""
    supplied = asked.supplied_on or today
    return Purchase(
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        made_on=today,
        supplied_on=supplied if bought_at is None else bought_at.date(),
        category=shop.category,
        online=asked.online,
        large_company=asked.online if asked.large_company is None else asked.large_company,
    )


def _decided(
    case: Case, decision_id: UUID, decision: Decision, now: datetime, earlier_id: UUID | None = None
) -> Decided:
    asked, score = case.asked, decision.score
    return Decided(
        shopper_id=case.shopper_id,
        id=decision_id,
        key=asked.key,
        digest=digest_of(asked, case.shopper_id),
        decided_at=now,
        outcome=decision.outcome.value,
        expires_at=decision.expires_at,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        shop_id=case.shop.id,
        purchase_id=asked.purchase_id,
        card_id=case.card.card_id,
        discovery=asked.plans is None,
        score=None if score is None else score.value,
        band="none" if score is None else score.band,
        pauses=pauses(decision.outcome, decision.plans),
        earlier_id=earlier_id,
    )


def pauses(outcome: Outcome, plans: Sequence[PlanAnswer]) -> bool:
    """Whether a decision is a refusal after which the policy asks for a pause."""
    codes = {each.code for plan in plans for each in plan.reasons}
    return outcome is Outcome.REFUSED and bool(codes & _JUDGED) and _WAITING not in codes
