"""Settings from the environment, checked once at start. Live mode refuses what is only fit for a demonstration."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

KEY_BYTES = 32
DEMO_KEY = base64.b64encode(b"demonstration-key-never-for-live").decode()
"""The master key of a demonstration; known to everybody who reads this, so live mode refuses it."""


API_RATE_PER_MINUTE = 6_000
API_RATE_MAX = 1_000_000


class Mode(StrEnum):
    """How much is at stake."""

    DEMO = "demo"
    """A demonstration on this machine: role links, a simulator, known keys."""
    LIVE = "live"
    """Real shoppers and real money."""


class UnfitSettings(Exception):
    """The process must not start; every reason at once, each with what was expected."""

    def __init__(self, reasons: list[str]) -> None:
        listed = "\n".join(f"  - {reason}" for reason in reasons)
        super().__init__(f"these settings are not fit to start with:\n{listed}")
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know of its surroundings."""

    mode: Mode
    database_url: str
    owner_database_url: str
    """Used by `cashback migrate` only: a role that owns the tables."""
    redis_url: str | None
    master_key: bytes
    """32 bytes that seal inbox keys and provider secrets."""
    session_key: bytes
    """32 bytes that sign sessions and entry links."""
    public_url: str
    """Where browsers and providers reach this product, without a trailing slash."""
    role_links: bool
    """Whether the start page lets anybody in as any role; demonstration only."""
    loopback_webhooks: bool = False
    """Whether events may be sent to this machine itself, also over http; demonstration only."""
    api_rate_per_minute: int = API_RATE_PER_MINUTE
    """What one key may ask of the API."""
    smtp_url: str | None = None
    """The mail server that carries codes; without one a demonstration shows them in its log."""
    mail_from: str = ""
    """Whom these letters are from."""
    proxies: int = 0
    """How many reverse proxies of one's own stand in front, each of which appends to `X-Forwarded-For`."""


def read_settings(environment: Mapping[str, str], *, embedded_url: str | None = None) -> Settings:
    """Settings from environment variables; `embedded_url` serves where no `DATABASE_URL` is set, in demo mode only.

    Raises `UnfitSettings` with all reasons.
    """
    reasons: list[str] = []
    try:
        mode = Mode(environment.get("CASHBACK_MODE", "live"))
    except ValueError:
        raise UnfitSettings([f"CASHBACK_MODE is {environment['CASHBACK_MODE']!r}; expected demo or live"]) from None
    url = environment.get("DATABASE_URL") or (embedded_url if mode is Mode.DEMO else None)
    if not url:
        reasons.append(
            "DATABASE_URL is missing; live mode needs a PostgreSQL of its own (postgresql://user@host/database)"
        )
    demo_key = DEMO_KEY if mode is Mode.DEMO else None
    master = _key(environment.get("CASHBACK_MASTER_KEY") or demo_key, "CASHBACK_MASTER_KEY", mode, reasons)
    session = _key(environment.get("CASHBACK_SESSION_KEY") or demo_key, "CASHBACK_SESSION_KEY", mode, reasons)
    role_links = environment.get("CASHBACK_ROLE_LINKS", "1" if mode is Mode.DEMO else "0") == "1"
    if role_links and mode is Mode.LIVE:
        reasons.append("CASHBACK_ROLE_LINKS is 1; links that let anybody in exist in demo mode only")
    loopback = environment.get("CASHBACK_LOOPBACK_WEBHOOKS", "0") == "1"
    if loopback and mode is Mode.LIVE:
        reasons.append("CASHBACK_LOOPBACK_WEBHOOKS is 1; events are sent to this machine itself in demo mode only")
    public_url = environment.get("CASHBACK_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    if mode is Mode.LIVE and not public_url.startswith("https://"):
        reasons.append(f"CASHBACK_PUBLIC_URL is {public_url!r}; live mode is reached over https://")
    rate = environment.get("CASHBACK_API_RATE_PER_MINUTE", str(API_RATE_PER_MINUTE))
    if not rate.isascii() or not rate.isdecimal() or not 1 <= int(rate) <= API_RATE_MAX:
        reasons.append(f"CASHBACK_API_RATE_PER_MINUTE is {rate!r}; expected a number from 1 to {API_RATE_MAX}")
    smtp_url, mail_from = _mail(environment, mode, reasons)
    proxies = environment.get("CASHBACK_PROXIES") or ("1" if mode is Mode.LIVE else "0")
    if proxies not in ("0", "1", "2", "3"):
        reasons.append(f"CASHBACK_PROXIES is {proxies!r}; expected how many reverse proxies stand in front, 0 to 3")
    if reasons:
        raise UnfitSettings(reasons)
    database_url = driver_url(url or "")
    return Settings(
        mode=mode,
        database_url=database_url,
        owner_database_url=driver_url(environment.get("OWNER_DATABASE_URL") or database_url),
        redis_url=environment.get("REDIS_URL") or None,
        master_key=master,
        session_key=session,
        public_url=public_url,
        role_links=role_links,
        loopback_webhooks=loopback,
        api_rate_per_minute=int(rate),
        smtp_url=smtp_url,
        mail_from=mail_from,
        proxies=int(proxies),
    )


def _mail(environment: Mapping[str, str], mode: Mode, reasons: list[str]) -> tuple[str | None, str]:
    url, sender = environment.get("CASHBACK_SMTP_URL") or None, environment.get("CASHBACK_MAIL_FROM", "")
    if url is None:
        if mode is Mode.LIVE:
            reasons.append(
                "CASHBACK_SMTP_URL is missing; live mode sends codes (smtps://user:password@mail.example:465)"
            )
        return None, sender
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        reasons.append("CASHBACK_SMTP_URL is no address of a mail server (smtps://user:password@mail.example:465)")
    if "@" not in sender or not sender.isprintable():
        reasons.append(f"CASHBACK_MAIL_FROM is {sender!r}; expected an address such as Centre <hello@centre.example>")
    return url, sender


def driver_url(url: str) -> str:
    """The same database through the asynchronous driver, whichever way the URL names PostgreSQL."""
    for scheme in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    return url


def _key(text: str | None, name: str, mode: Mode, reasons: list[str]) -> bytes:
    if not text:
        reasons.append(f"{name} is missing; expected {KEY_BYTES} random bytes in base64 (openssl rand -base64 32)")
        return b""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        reasons.append(f"{name} is not {KEY_BYTES} bytes in base64 (openssl rand -base64 32)")
    elif mode is Mode.LIVE and (key == base64.b64decode(DEMO_KEY) or len(set(key)) < 8):
        reasons.append(f"{name} is a default or trivial key; live mode needs one that nobody else knows")
    return key
