"""The text of a replay: what was earned, what was not and why, and everything that could not be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.errors import Invalid
from cashback.replay.script import read_script
from cashback.replay.service import replay_on
from cashback.replay.spoken import spoken_replay

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMME = (EXAMPLES / "percent-centre.yaml").read_text()
EVENTS = (EXAMPLES / "events.ndjson").read_text().splitlines()
PARKED = "unreadable: sandbox clearing: Object missing required field `purchase`"
LATER = "2026-12-11T09:00:00+01:00"


def told(kind: str, **more: Any) -> str:
    body = {
        "id": f"evt_{kind}",
        "type": kind,
        "created_at": LATER,
        "card": {"token": "card_lea_visa"},
        "occurred_at": LATER,
        "currency": "EUR",
        "merchant": {"mid": "0033100001"},
        **more,
    }
    return json.dumps({"at": LATER, "deliver": {"provider": "sandbox", "body": body}})


async def spoken(engine: AsyncEngine, *more: str, programme: str = PROGRAMME) -> str:
    return spoken_replay(await replay_on(engine, programme, [*EVENTS, *more], source="programme"))


async def test_money_is_written_for_people_and_every_offer_says_what_it_gave(engine: AsyncEngine) -> None:
    text = (await spoken(engine)).replace("\u00a0", " ")
    assert "  lea  EUR  available €1.80, paid €5.00\n  lea  PARKMIN  available 60\n  sam  nothing\n" in text
    assert (
        "  2026-11-05T15:20:00+00:00  lea  dune-mode  partly_refunded  €75.00\n"
        "      fashion-week v1: €6.00 available\n"
        "          ✓ Bought at Dune\n"
        "          ✓ Minimum spend €40.00: you spent €75.00\n"
        "          ✓ 8% of €75.00: €6.00\n"
        "          ✓ Better for you than welcome-back, which would have given €2.25\n"
        "      spring-draw v1: no reward, one condition short\n"
        "          ✗ Valid from 20 Mar 2027 to 20 Jun 2027: you bought on 5 Nov 2026\n"
        "          – 1 for every full €20.00 of €75.00: 3 TICKET:spring\n"
        "      welcome-back v1: no reward, fashion-week gave more\n"
        "          ✗ Another offer gave more: fashion-week, €6.00\n"
        "          ✓ Bought at Centre Les Quais\n"
        "          ✓ Minimum spend €15.00: you spent €75.00\n"
        "          – 3% of €75.00: €2.25\n"
    ) in text
    assert (
        "  2026-11-11T08:58:00+00:00  sam  grand-four  cleared  €9.40\n"
        "      no reward\n"
        "      free-parking v1: no reward, one condition short\n"
        "          ✗ Minimum spend €12.00: you spent €9.40\n"
        "          ✓ Shop category: bakeries\n"
        "          – 60 PARKMIN per purchase\n"
    ) in text
    assert (
        "  sam  unmatched  authorized  €32.00\n"
        "      no reward\n"
        "      ✗ The shop of this purchase is not known yet; it earns as soon as it is\n"
    ) in text
    assert text.endswith("\n\nunmatched  1\nledger     9 transfers, audit: clean")
    assert "parked" not in text
    assert "conflicts" not in text
    assert "unclaimed" not in text


async def test_what_was_not_taken_in_is_listed(engine: AsyncEngine) -> None:
    late = told("refund", id="evt_stranger", card={"token": "card_of_nobody"}, purchase="r", fact="r", amount_minor=1)
    text = await spoken(engine, told("clearing"), told("clearing", purchase="p"), late)
    assert (
        "\nparked     1\n"
        f"  evt_clearing  {PARKED}\n"
        "conflicts  1, came again with other content\n"
        "  evt_clearing\n"
        "unclaimed  1, of cards that nobody has linked, or linked later\n"
        "unmatched  1\n"
    ) in text


async def test_a_reward_that_was_taken_back_says_so(engine: AsyncEngine) -> None:
    text = await spoken(engine, told("refund", purchase="r", fact="r", refund_of="pay_lunch", amount_minor=26_80))
    lunch = text.split("lea  alma-cafe  refunded  €0.00\n")[1].split("  2026-11-05")[0]
    assert lunch.startswith("      no reward\n      free-parking v1: clawed back, nothing is left of it\n          ✗ ")
    assert "      welcome-back v1: clawed back, nothing is left of it\n" in lunch
    assert "available" not in lunch
    assert "✓" not in lunch


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{not json", "line 1: not JSON: object keys must be strings (byte 1)"),
        ('{"at": "2026-11-01T09:00:00Z"', "line 1: not JSON: the line ends before its object does"),
        ('{"at": "2026-11-01T09:00:00Z"} 1', "line 1: not JSON: trailing characters (byte 32)"),
        ("{}", "line 1: Object missing required field `at`"),
    ],
)
def test_a_line_that_is_no_json_says_where_it_stops_being_it(line: str, complaint: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_script([line])
    assert (refused.value.detail, refused.value.code) == (complaint, "unreadable_line")
