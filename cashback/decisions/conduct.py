"""How an operator goes about decisions: which plans it offers, who looks again and by when, how long things are kept.

It judges nobody, so no record depends on it; what judges is in the policy. Days and hours are whole, amounts are minor
units of the policy's currency.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cashback.errors import Invalid
from eligibility import Lender, Terms

PLANS_MAX = 24
_Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class OfferedPlan(_Strict):
    """One plan that may be asked for by its id; its words are what shoppers read."""

    id: _Name
    count: int = Field(ge=2, le=12)
    every_days: int | None = Field(None, ge=1, le=92)
    first_share_bps: int | None = Field(None, gt=0, lt=10_000)
    fee_bps: int = Field(0, ge=0, le=10_000)
    fee_fixed_minor: int = Field(0, ge=0)
    lender: Literal["merchant", "partner"] = "merchant"
    assigned: bool = False
    en: str = Field(min_length=1, max_length=80)
    fr: str = Field(min_length=1, max_length=80)

    @property
    def terms(self) -> Terms:
        """As it is judged."""
        return Terms(
            id=self.id,
            count=self.count,
            every_days=self.every_days,
            first_share_bps=self.first_share_bps,
            fee_bps=self.fee_bps,
            fee_fixed_minor=self.fee_fixed_minor,
            lender=Lender(self.lender),
            assigned=self.assigned,
        )


class Conduct(_Strict):
    """The whole of it, as it stands in its file."""

    format: Literal[1]
    id: str = Field(min_length=1, max_length=80)
    plans: tuple[OfferedPlan, ...] = Field(min_length=1, max_length=PLANS_MAX, strict=False)
    review_days: int = Field(ge=1, le=90)
    """A contested decision is answered within so many days."""
    second_person_above_minor: int = Field(ge=0)
    """Overturning a decision on more than this needs a second person."""
    overturned_valid_days: int = Field(ge=1, le=30)
    """So long the quote of a decision that people overturned may be accepted."""
    ficp_valid_hours: int = Field(ge=0, le=24 * 30)
    """So long a lender's consultation of the FICP stands for further decisions."""
    records_kept_days: int = Field(ge=30, le=3653)
    """Then records are destroyed; CNIL's draft on credit granting speaks of five years at most."""
    means_kept_days: int = Field(ge=1, le=3653)
    """Then what a shopper declared is destroyed."""

    @field_validator("plans")
    @classmethod
    def _of_their_own(cls, plans: tuple[OfferedPlan, ...]) -> tuple[OfferedPlan, ...]:
        if len({each.id for each in plans}) != len(plans):
            raise ValueError("expected an id of its own for each plan")
        return plans

    def plan(self, name: str) -> OfferedPlan:
        """The plan of an id. Raises Invalid, naming those there are."""
        found = next((each for each in self.plans if each.id == name), None)
        if found is None:
            known = ", ".join(each.id for each in self.plans)
            raise Invalid(f"there is no plan {name[:40]!r}, expected one of {known}", code="unknown_plan")
        return found


def load_conduct(data: bytes) -> Conduct:
    """A conduct from its JSON. Raises Invalid: names the field, what was found and what was expected."""
    try:
        return Conduct.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(("conduct", *map(str, first["loc"])))
        raise Invalid(f"{place}: {first['msg']}", code="conduct_refused") from error


@cache
def shipped_conduct_bytes() -> bytes:
    """The JSON of the conduct that is shipped."""
    return files("cashback.decisions").joinpath("conduct_shipped.json").read_bytes()
