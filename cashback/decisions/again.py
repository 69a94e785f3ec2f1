"""The same question, asked again as of now: at acceptance, and when people look at it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.decisions.asking import Case, case_of
from cashback.decisions.schemas import Asked, Decided
from cashback.errors import NotFound
from cashback.rewards.snapshot import Snapshot
from eligibility import Application, Terms
from webhooks.sealing import SealingKey

KEY_MAX = 200


async def case_again(
    connection: AsyncConnection,
    snapshot: Snapshot,
    master: SealingKey,
    actor: Actor,
    decided: Decided,
    told: Application,
    terms: Terms,
    amount_minor: int,
    key: str,
    now: datetime,
) -> Case:
    """What a decision was about, with one plan alone and everything gathered anew; days and law follow today.

    `told`: the application of its record. The caller holds the shopper's lock. Raises what `case_of` raises.
    """
    shop = snapshot.shops.shops.get(decided.shop_id)
    if shop is None:
        raise NotFound("the shop of this decision is not of the programme any more", code="unknown_shop")
    asked = Asked(
        key=key[:KEY_MAX],
        amount_minor=decided.amount_minor,
        currency=decided.currency,
        shop=None if decided.purchase_id is not None else shop.code,
        purchase_id=decided.purchase_id,
        of_age=told.of_age,
        country=told.country,
        online=told.purchase.online,
        large_company=told.purchase.large_company,
        supplied_on=told.purchase.supplied_on,
        card_id=decided.card_id,
    )
    case = await case_of(connection, snapshot, master, actor.operator_id, decided.shopper_id, asked, now)
    return replace(
        case,
        plans=(terms,),
        purchase=replace(case.purchase, amount_minor=amount_minor),
        asked=replace(asked, amount_minor=amount_minor, plans=(terms.id,)),
    )
