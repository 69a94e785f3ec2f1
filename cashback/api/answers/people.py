"""Answers about shoppers: their cards, wallets, facts, claims, and what they were told."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from cashback.api.answers.kinds import ErasureObstacle, FactKind, PurchaseState
from cashback.api.answers.words import (
    Asset,
    CardId,
    ClaimId,
    Code,
    Currency,
    Instant,
    Minor,
    Name,
    Page,
    PurchaseId,
    Reason,
    Said,
    ShopperId,
    Texts,
    Units,
)

CLOCK = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
"""An hour of the day without a zone, which the `time` of JSON Schema would have to carry."""


class OpenedShoppers(RootModel[dict[str, ShopperId]]):
    """Ids by reference."""


class LinkedCard(BaseModel):
    """A card that is linked."""

    shopper: ShopperId
    card: CardId
    linked_at: Instant


class UnlinkedCard(BaseModel):
    """A card that is not linked any more."""

    shopper: ShopperId
    unlinked_at: Instant


class HeldOf(BaseModel):
    """What stands in a wallet in one asset."""

    pending: Units
    available: Units
    owed: Units


class ErasureOutlook(BaseModel):
    """What erasing a shopper would meet."""

    obstacles: list[ErasureObstacle]
    held: dict[str, HeldOf]


class Erased(BaseModel):
    """A shopper who was erased."""

    shopper: ShopperId
    erased_at: Instant
    given_up: dict[str, HeldOf]


class Stand(BaseModel):
    """How much of one asset stands where."""

    pending: Units
    available: Units
    converted: Units
    in_transit: Units
    paid: Units
    expired: Units


class Wallet(RootModel[dict[str, Stand]]):
    """Stands by asset."""


class Notice(BaseModel):
    """Something that a shopper was told."""

    kind: Annotated[str, Field(examples=["reward_earned"])]
    told_at: Instant
    read_at: Instant | None
    params: Annotated[dict[str, int | str | None], Field(description="Ids, amounts and codes of its words")]
    en: Annotated[str, Field(examples=["You have earned 12.50 euros"])]
    fr: Annotated[str, Field(examples=["Vous avez gagné 12,50 euros"])]


class Notices(Page):
    """A page of what a shopper was told."""

    data: list[Notice]


class EntryLink(BaseModel):
    """An address that opens a wallet, for ten minutes."""

    url: Annotated[str, Field(examples=["https://rewards.example/enter?t=…"])]
    expires_at: Instant


class PaymentRecorded(BaseModel):
    """Whether the payment had been recorded before."""

    replayed: bool


class PurchasesJoined(BaseModel):
    """Purchases that are one."""

    joined: list[PurchaseId]


class PurchaseSplit(BaseModel):
    """A purchase that stands by itself."""

    split: PurchaseId


class FactsTold(BaseModel):
    """How many facts were told, and how many transfers followed."""

    told: int
    transfers: int


class FactEnded(BaseModel):
    """When a fact ends, and how many transfers followed."""

    ended_at: Instant
    transfers: int


class Activated(BaseModel):
    """An offer that is active for a shopper."""

    shopper: ShopperId
    offer: Code
    already_active: bool


class Fact(BaseModel):
    """Something said of a shopper over an interval."""

    kind: FactKind
    value: Annotated[str, Field(examples=["gold"])]
    since: Instant
    until: Instant | None
    holds: bool


class Facts(Page):
    """A page of facts."""

    data: list[Fact]


class Sentence(BaseModel):
    """A condition with its figures, in words."""

    model_config = ConfigDict(extra="allow")

    ok: bool
    en: Annotated[str, Field(examples=["At a shop of the centre"])]
    fr: Annotated[str, Field(examples=["Dans une boutique du centre"])]


class RunningOffer(BaseModel):
    """An offer that runs now, and how far its shopper is."""

    offer: Code
    version: int
    name: Texts | None
    promise: Texts | None
    asset: Asset
    until: Instant | None
    activated_since: Instant | None
    for_shopper: bool
    who: list[Sentence]
    progress: list[Sentence]


class RunningOffers(Page):
    """A page of offers that run."""

    data: list[RunningOffer]


class Claim(BaseModel):
    """A purchase that a shopper misses."""

    id: ClaimId
    shop: Code
    shop_name: Name
    day: date
    time: Annotated[str | None, Field(description="On the shop's own clock", pattern=CLOCK, examples=["17:20:00"])]
    amount_minor: Minor
    currency: Currency
    last_four: Annotated[str | None, Field(pattern="^[0-9]{4}$")]
    picture: Annotated[str | None, Field(description="Its media type", examples=["image/jpeg"])]
    claimed_at: Instant
    state: Said
    reason: Said | None
    words: Reason | None
    answered_at: Instant | None
    purchase: PurchaseId | None


class Beside(BaseModel):
    """A purchase near a claim, and what agrees."""

    purchase: PurchaseId
    network: Annotated[str, Field(examples=["sandbox"])]
    state: PurchaseState
    amount_minor: Minor
    net_minor: Minor
    currency: Currency
    purchased_at: Instant
    purchased_until: Instant
    descriptor: Annotated[str | None, Field(examples=["CAFE 75001 PARIS"])]
    shop: Code | None
    earned: bool
    compared: list[Said]


class UnknownIdentifier(BaseModel):
    """By what a purchase near a claim names its shop, which nobody knows."""

    purchase: PurchaseId
    network: Annotated[str, Field(examples=["sandbox"])]
    identifier: Annotated[str, Field(examples=["mid:11112222"])]


class ClaimShown(Claim):
    """A claim with its evidence."""

    shopper: ShopperId
    answered_by: Annotated[str | None, Field(examples=["key:desk"])]
    looked_at_from: Instant
    evidence: list[Beside]
    unknown_identifiers: list[UnknownIdentifier]


class Waiting(BaseModel):
    """Open claims of one currency."""

    claims: int
    amount_minor: Minor


class OpenClaims(Page):
    """A page of open claims, and what waits in all, by currency."""

    data: list[ClaimShown]
    waiting: dict[str, Waiting]


class Claims(Page):
    """A page of a shopper's claims."""

    data: list[Claim]


class IdentifiersChanged(BaseModel):
    """How many identifiers lead elsewhere now."""

    added: int
    removed: int


class IdentifiersImported(IdentifiersChanged):
    """The same of a file."""

    rows: int


class ProgrammeApplied(BaseModel):
    """The difference that a programme file makes."""

    applied: Annotated[bool, Field(description="False for a dry run")]
    changes: Annotated[list[str], Field(examples=[["~ offer five: reward.rate_bps: 500 -> 600"]])]
    warnings: list[str]


class MemberInvited(BaseModel):
    """Somebody who may sign in now."""

    member: Annotated[str, Field(pattern="^mem_[0-9a-hjkmnp-tv-z]{26}$")]
    actor: Annotated[str, Field(description="What the audit log calls them")]


class RoleChanged(BaseModel):
    """False: it was their role already."""

    changed: bool


class MemberReset(BaseModel):
    """Somebody who signs in by a code again."""

    reset: bool


class KeyLeft(BaseModel):
    """A key in force that somebody made who was removed, or that was made through one of theirs."""

    key: Annotated[str, Field(examples=["key_00000000000000000000000000"])]
    label: Annotated[str, Field(examples=["till integration"])]
    revoked: Annotated[bool, Field(description="Whether it ended with them")]


class MemberRemoved(BaseModel):
    """Somebody who is let in no more, and the keys that they made."""

    removed: bool
    keys_made: Annotated[int, Field(description="How many keys in force they made")]
    keys: Annotated[list[KeyLeft], Field(description="Which; empty for who lacks the scope `keys`")]


class EmailTold(BaseModel):
    """False: it was their address already."""

    changed: bool


class WholeShopper(BaseModel):
    """Everything that is kept of a shopper: each part a list, as the shopper's own export has it."""

    model_config = ConfigDict(extra="allow")

    exported_at: Instant
    shopper: Annotated[Any, Field(description="As they were opened")]
