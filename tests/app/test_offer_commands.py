"""`cashback offer` as people type it: a draft by one, its approval by another, and what is said when it is refused."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

OFFER = "code: five\nreward: {kind: percent, asset: EUR, rate_bps: 600}\nhold_days: 14\n"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def test_two_people_change_an_offer(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")

    def offer(*arguments: str, code: int = 0) -> str:
        printed, complaint = line("offer", *arguments, "--operator", "quai", code=code)
        return complaint if code else printed

    assert offer("list") == "five  live, version 1 is live, revision 1\n"
    file = line.write("five.yaml", OFFER)
    assert offer("draft", file, "--as", "Ada", "--revision", "1").splitlines() == [
        "offer five is at revision 2; nothing is live of it before another person approves",
        "  reward.rate_bps: 500 -> 600",
    ]
    refused = offer("submit", "five", "--as", "ada", "--revision", "1", code=1)
    assert refused.startswith("Error: offer five is at revision 2, not 1: person:ada revised it at ")
    assert offer("submit", "five", "--as", "ada", "--revision", "2").startswith("offer five is submitted at revision 3")
    refused = offer("approve", "five", "--as", "ADA", "--revision", "3", code=1)
    assert refused == "Error: person:ada wrote revision 2 of this draft of offer five: another person approves it\n"
    assert offer("list") == "five  live, version 1 is live, draft submitted by person:ada, revision 3\n"
    assert "version 2 of offer five judges purchases from " in offer(
        "approve", "five", "--as", "bob", "--revision", "3"
    )
    assert "  reward.rate_bps: 500 -> 600" in offer("show", "five").splitlines()
    assert offer("stop", "five", "--as", "ada", "--reason", "pays twice") == "offer five is stopped\n"
    assert offer("list") == "five  ended, revision 5\n"
    assert offer("show", "five").splitlines()[-1].endswith("person:ada  stop version 2: pays twice")
    assert line("audit", "--operator", "quai")[0].endswith("every invariant holds\n")


async def test_what_is_typed_wrong_is_said(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    broken = line.write("broken.yaml", OFFER.replace("rate_bps", "rate_bp"))
    asked = ("offer", "draft", broken, "--operator", "quai", "--as", "ada", "--revision", "0")
    assert line(*asked, code=1)[1].startswith("Error: this operator has no programme yet")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    complaint = line(*asked, code=1)[1]
    assert complaint.startswith(f"Error: {broken}: 2 problems, nothing was applied\n  line 2: reward")
    assert "rate_bp: unknown field (did you mean rate_bps?)" in complaint
    complaint = line("offer", "pause", "none", "--operator", "quai", "--as", "ada", "--revision", "1", code=1)[1]
    assert complaint == "Error: there is no offer 'none'\n"
    nobody = line("offer", "pause", "five", "--operator", "quai", "--as", "a b", "--revision", "1", code=2)[1]
    assert "expected letters, digits, dots, dashes or an address, got 'a b'" in nobody
    naive = ("offer", "approve", "five", "--operator", "quai", "--as", "bob", "--revision", "1")
    assert "expected an instant with its offset" in line(*naive, "--starts-at", "2026-12-01T00:00", code=2)[1]
