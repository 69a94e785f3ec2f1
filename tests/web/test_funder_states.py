"""What the list of funders says of one: little is what its pace makes little, an alert an amount that was chosen."""

from datetime import timedelta

from builders import NOW

from cashback.funding.outlook import Outlook
from cashback.funding.schemas import Funder, Mode, Standing
from cashback.web.console.money import funders


def test_little_left_is_what_the_pace_of_spending_makes_little() -> None:
    funder = Funder("funder:brand:Lune", "Lune", Mode.PREPAID, alert_minor=6_000_00)

    def state(left_minor: int, days: int | None) -> str:
        lasts = None if days is None else NOW + timedelta(days=days)
        return funders.state_of(Standing(funder, worth_minor=left_minor), Outlook(None, None, 0, None, lasts), NOW)

    assert [state(4_992_76, each) for each in (None, 200, 15, 14)] == ["alert", "alert", "alert", "low"]
    assert [state(80_000_00, each) for each in (None, 15, 3)] == ["fine", "fine", "low"]
    assert state(0, None) == "low"
