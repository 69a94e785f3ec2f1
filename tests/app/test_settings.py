"""What a process refuses to start with; every reason at once, each with what was expected."""

import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from app_desk import LIVE

from cashback.settings import DEMO_KEY, Mode, UnfitSettings, driver_url, read_settings

ROOT = Path(__file__).resolve().parents[2]

REFUSALS: list[tuple[str, dict[str, str | None], str]] = [
    ("no database", {"DATABASE_URL": None}, "DATABASE_URL is missing"),
    ("an empty database", {"DATABASE_URL": ""}, "DATABASE_URL is missing"),
    ("no master key", {"CASHBACK_MASTER_KEY": None}, "CASHBACK_MASTER_KEY is missing"),
    ("no session key", {"CASHBACK_SESSION_KEY": None}, "CASHBACK_SESSION_KEY is missing"),
    ("the demonstration's key", {"CASHBACK_MASTER_KEY": DEMO_KEY}, "CASHBACK_MASTER_KEY is a default or trivial key"),
    ("a key of zeros", {"CASHBACK_SESSION_KEY": b64encode(bytes(32)).decode()}, "CASHBACK_SESSION_KEY is a default"),
    (
        "a key of few letters",
        {"CASHBACK_SESSION_KEY": b64encode(b"abcdefg" * 4 + b"abcd").decode()},
        "CASHBACK_SESSION_KEY is a default or trivial",
    ),
    ("a short key", {"CASHBACK_MASTER_KEY": b64encode(bytes(range(31))).decode()}, "CASHBACK_MASTER_KEY is not 32"),
    ("a key that is no base64", {"CASHBACK_MASTER_KEY": "changeme"}, "CASHBACK_MASTER_KEY is not 32 bytes in base64"),
    ("role links", {"CASHBACK_ROLE_LINKS": "1"}, "CASHBACK_ROLE_LINKS is 1"),
    ("own machine", {"CASHBACK_LOOPBACK_WEBHOOKS": "1"}, "CASHBACK_LOOPBACK_WEBHOOKS is 1"),
    ("an address without encryption", {"CASHBACK_PUBLIC_URL": "http://rewards.example"}, "CASHBACK_PUBLIC_URL is"),
    ("no address", {"CASHBACK_PUBLIC_URL": None}, "CASHBACK_PUBLIC_URL is"),
    ("no mail server", {"CASHBACK_SMTP_URL": None}, "CASHBACK_SMTP_URL is missing"),
    ("a mail server that is none", {"CASHBACK_SMTP_URL": "https://mail.example"}, "CASHBACK_SMTP_URL is no address"),
    ("letters from nobody", {"CASHBACK_MAIL_FROM": None}, "CASHBACK_MAIL_FROM is ''"),
    ("proxies that cannot be counted", {"CASHBACK_PROXIES": "some"}, "CASHBACK_PROXIES is 'some'"),
    ("a mode that is none", {"CASHBACK_MODE": "production"}, "CASHBACK_MODE is 'production'"),
]


def live(changed: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**LIVE, **changed}.items() if value is not None}


@pytest.mark.parametrize(("changed", "reason"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
def test_live_mode_refuses(changed: dict[str, str | None], reason: str) -> None:
    with pytest.raises(UnfitSettings) as refused:
        read_settings(live(changed), embedded_url="postgresql://embedded/database")
    assert [each[: len(reason)] for each in refused.value.reasons] == [reason]


def test_live_mode_starts_with_what_it_asks_for() -> None:
    settings = read_settings(LIVE)
    assert (settings.mode, settings.role_links, settings.redis_url) == (Mode.LIVE, False, None)
    assert settings.database_url == settings.owner_database_url == "postgresql+asyncpg://app@database/cashback"
    assert (settings.master_key, settings.session_key) == (bytes(range(32)), bytes(range(32, 64)))
    assert settings.public_url == "https://rewards.example"


def test_the_mode_is_live_unless_somebody_says_otherwise() -> None:
    with pytest.raises(UnfitSettings) as refused:
        read_settings({"CASHBACK_PUBLIC_URL": "http://127.0.0.1:8000", "CASHBACK_ROLE_LINKS": "1"})
    assert [reason.split(" ")[0] for reason in refused.value.reasons] == [
        "DATABASE_URL",
        "CASHBACK_MASTER_KEY",
        "CASHBACK_SESSION_KEY",
        "CASHBACK_ROLE_LINKS",
        "CASHBACK_PUBLIC_URL",
        "CASHBACK_SMTP_URL",
    ]


def test_a_demonstration_needs_nothing_but_a_database() -> None:
    settings = read_settings({"CASHBACK_MODE": "demo"}, embedded_url="postgresql+asyncpg:///demo?host=/tmp")
    assert (settings.mode, settings.role_links) == (Mode.DEMO, True)
    assert settings.database_url == "postgresql+asyncpg:///demo?host=/tmp"
    assert read_settings({"CASHBACK_MODE": "demo", "DATABASE_URL": "x", "CASHBACK_ROLE_LINKS": "0"}).role_links is False


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u@h:5/d?x=y", "postgresql+asyncpg://u@h:5/d?x=y"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_a_database_is_reached_by_any_of_its_names(given: str, used: str) -> None:
    assert driver_url(given) == used


@pytest.mark.parametrize("command", ["migrate", "serve", "worker"])
def test_a_process_that_is_refused_ends_with_1_and_says_why(command: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "cashback.cli", command],
        env={"CASHBACK_ROLE_LINKS": "1", "CASHBACK_MASTER_KEY": DEMO_KEY},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    lines = answer.stderr.splitlines()
    assert lines[0] == "Error: these settings are not fit to start with:"
    assert [line.split()[1] for line in lines[1:]] == [
        "DATABASE_URL",
        "CASHBACK_MASTER_KEY",
        "CASHBACK_SESSION_KEY",
        "CASHBACK_ROLE_LINKS",
        "CASHBACK_PUBLIC_URL",
        "CASHBACK_SMTP_URL",
    ]
    assert DEMO_KEY not in answer.stderr
