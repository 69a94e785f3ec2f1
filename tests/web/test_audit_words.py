"""The audit log speaks in words, in both languages: of every kind, thing and code that the product can write."""

from collections.abc import Iterable
from enum import StrEnum

import pytest
from audit_kinds import detail_names, kinds
from builders import NOW, a_house, a_shopper
from counter_site import at_the_counter
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import words

from cashback.actors import Actor, Scope
from cashback.adjustments.schemas import Kind as AdjustmentKind
from cashback.adjustments.schemas import Reason as AdjustmentReason
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Method, Role
from cashback.claims.schemas import Reason as ClaimReason
from cashback.collecting.schemas import RailName as CardRail
from cashback.db.engine import transaction
from cashback.decisions.rulebooks import Role as RuleRole
from cashback.decisions.schemas import ReviewReason
from cashback.funding.schemas import Mode, Payment
from cashback.ids import PREFIXES, show, uuid7
from cashback.insights.members import Why
from cashback.insights.seeking import By
from cashback.instalments.schemas import Lender, PlanState, Way
from cashback.merchants.imports.service import Extent
from cashback.merchants.reviewing import Verdict
from cashback.offers.schemas import FactKind
from cashback.payouts.schemas import RailName
from cashback.programmes import audit_log
from cashback.web.console import audit_speech as speech
from cashback.web.console.audit import GROUPS
from cashback.web.messages import MESSAGES

CODES: dict[str, Iterable[type[StrEnum]]] = {
    "role": (MemberRole, Role, RuleRole),
    "from": (MemberRole,),
    "to": (MemberRole,),
    "method": (Method,),
    "rail": (RailName, CardRail),
    "reason": (ClaimReason, AdjustmentReason, ReviewReason),
    "why": (Why,),
    "by": (By,),
    "kind": (AdjustmentKind, FactKind),
    "payment": (Payment,),
    "mode": (Mode,),
    "state": (PlanState,),
    "lender": (Lender,),
    "way": (Way,),
    "extent": (Extent,),
    "verdict": (Verdict,),
}
"""What stands as a code in a detail, by its name."""


def test_every_kind_that_can_be_written_has_words_and_a_group() -> None:
    written = kinds()
    assert len(written) > 150
    assert sorted(each for each in written if f"{speech.DID}{each}" not in MESSAGES) == []
    begins = tuple(begin for group in GROUPS.values() for begin in group)
    assert sorted(each for each in written if not each.startswith(begins)) == []


def test_every_thing_and_every_detail_has_its_name() -> None:
    things = {*PREFIXES, *speech.ALONE, *speech.WITH_NAMES, *speech.BY_ACTION.values(), "offer"}
    assert sorted(each for each in things if f"{speech.THING}{each}" not in MESSAGES) == []
    names = detail_names()
    assert {"asset", "alone_max", "late_fee_minor", "words"} <= names
    assert sorted(each for each in names if f"{speech.KEY}{each}" not in MESSAGES) == []
    assert set(speech.BY_ACTION) <= kinds()


def test_every_code_of_a_detail_has_words() -> None:
    wordless = [
        f"{name}: {code}"
        for name, kinds_of in CODES.items()
        for codes in kinds_of
        for code in codes
        if not any(f"{begin}{code}" in MESSAGES for begin in (*speech.SAID_AS.get(name, ()), speech.CODE))
    ]
    assert wordless == []
    assert [scope for scope in Scope if scope is not Scope.SYSTEM and f"audit.scope.{scope}" not in MESSAGES] == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "Entry link (admin) Opened a member’s file A purchase or a reward is missing · ticket",
                "Accepted a claim a purchase of that day and amount was told without its shop",
                "Signed in as one of the team",
                "Appearance, version 4",
                "Settings of instalments",
                "Offer “5% back on fashion and home”",
                "Searched members e-mail address",
            ],
        ),
        (
            "fr",
            [
                "Un achat ou une récompense manque · ticket",
                "Apparence, version 4",
                "Réglages du paiement en plusieurs fois",
                "A cherché des membres adresse e-mail",
            ],
        ),
    ],
)
async def test_lines_are_read_in_words(engine: AsyncEngine, language: str, told: list[str]) -> None:
    house = await a_house(engine)
    camille = show("shp", (await a_shopper(house)).shopper_id)
    claim = show("clm", uuid7(NOW))
    somebody = Actor(house.operator_id, "link:admin", frozenset())
    async with transaction(engine, house.operator_id) as connection:
        for action, subject, detail in (
            ("shopper.opened_by_support", camille, {"why": "missing", "words": "ticket"}),
            ("claim.accepted", claim, {"reason": "proven", "shopper": camille}),
            ("session.opened", show("ses", uuid7(NOW)), {"role": "operator", "method": "code"}),
            ("theme.published", "theme:4", {"name": "Lac"}),
            ("plan.settings", "plans", {}),
            ("offer.paused", "five-percent", {"revision": 3}),
            ("shopper.searched", show("opr", house.operator_id), {"by": "address", "found": 1, "members": [camille]}),
        ):
            await audit_log.record(connection, somebody, action, subject, detail, NOW)
    async with at_the_counter(engine, house) as counter:
        page = words((await counter.get("/audit", language)).text)
        (line,) = await counter.rows("SELECT id FROM audit_log WHERE action = 'shopper.searched'")
        one = words((await counter.get(f"/audit/{show('aud', line.id)}", language)).text)
    for each in told:
        assert each.replace(" ", "") in page.replace(" ", ""), each
    assert f"…{camille[-6:]}" in one
    for raw in ("theme:4", "link:admin", "proven", "five-percent"):
        assert raw not in page
