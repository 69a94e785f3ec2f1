"""`cashback team` as people type it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings

OF = ("--operator", "quai")
BY = (*OF, "--as", "root")
ADA = "ada@centre.example"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def test_a_team_from_the_first_admin_to_the_log(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    assert line("team", "list", *OF)[0] == "nobody has been invited yet\n"
    invited, _ = line("team", "invite", ADA, *BY, "--name", "Ada", "--role", "admin")
    assert invited.endswith("works as admin and signs in at https://rewards.example/en/operator/sign-in?centre=quai\n")
    member = invited.split()[0]
    assert line("team", "list", *OF)[0] == f"{member}  admin  {ADA}  Ada  not signed in yet  0 passkeys\n"
    assert "the last admin" in line("team", "remove", ADA, *BY, code=1)[1]
    assert "the last admin" in line("team", "role", ADA, *BY, "--role", "viewer", code=1)[1]
    line("team", "invite", "vera@centre.example", *BY, "--name", "Vera", "--role", "viewer")
    assert line("team", "role", "Vera@centre.example", *BY, "--role", "support")[0].endswith(
        "works as support from now on\n"
    )
    assert line("team", "role", "vera@centre.example", *BY, "--role", "support")[0].endswith("already\n")
    assert line("team", "reset", ADA, *BY)[0] == f"{member} signs in by a code again\n"
    assert line("team", "remove", "vera@centre.example", *BY)[0].endswith("is let in no more\n")
    assert "there is no member" in line("team", "reset", "vera@centre.example", *BY, code=1)[1]
    assert "expected an e-mail address" in line("team", "reset", "vera", *BY, code=1)[1]
    told, _ = line("team", "log", *OF, "--action", "member.")
    assert [entry.split()[2:4] for entry in told.splitlines()] == [
        ["person:root", "member.removed"],
        ["person:root", "member.reset"],
        ["person:root", "member.role_changed"],
        ["person:root", "member.invited"],
        ["person:root", "member.invited"],
    ]
    assert ADA not in told
    assert line("team", "log", *OF, "--actor", "nobody")[0] == "there is no such line\n"
    link, _ = line("enter", "quai", "--role", "viewer")
    assert link.startswith("https://rewards.example/enter?t=")


async def test_an_identity_provider_is_set_and_removed(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    given = ("team", "provider", *BY, "--issuer", "https://login.example", "--client-id", "cashback")
    told, _ = line(*given, CASHBACK_OIDC_SECRET="the secret")
    assert told == "register this address with it: https://rewards.example/sign-in/oidc/quai\n"
    local = ("team", "provider", *BY, "--issuer", "http://127.0.0.1:9", "--client-id", "c", "--secret", "s")
    assert "expected an https address" in line(*local, code=1)[1]
    assert "--issuer and --client-id" in line("team", "provider", *BY, code=2)[1]
    assert line("team", "provider", *BY, "--remove")[0] == "the identity provider vouches no more\n"
    assert "there is no identity provider" in line("team", "provider", *BY, "--remove", code=1)[1]
    log, _ = line("team", "log", *OF, "--action", "identity_provider.")
    assert log.splitlines()[0].endswith("Removed the identity provider")
    assert len(log.splitlines()) == 2
    assert "the secret" not in log
