"""Tokens hold for their purpose, their time and their key, and for nothing else."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cashback.auth.sessions import LINK_LIFETIME_MAX, SESSION_LIFETIME, Role, Session, Signer, cookie_name

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPERATOR = UUID(int=1)
SHOPPER = UUID(int=2)
SIGNER = Signer(b"k" * 32)


def a_session(expires_at: datetime = NOW + timedelta(hours=1)) -> Session:
    return Session(Role.SHOPPER, OPERATOR, SHOPPER, expires_at)


def test_a_session_is_read_back_until_the_second_it_ends() -> None:
    token = SIGNER.session_token(a_session())
    assert SIGNER.read_session(token, NOW) == a_session()
    assert SIGNER.read_session(token, NOW + timedelta(minutes=59, seconds=59)) == a_session()
    assert SIGNER.read_session(token, NOW + timedelta(hours=1)) is None


def test_an_entry_link_opens_a_session_that_outlives_it() -> None:
    token = SIGNER.entry_token(role=Role.OPERATOR, operator_id=OPERATOR, shopper_id=None, now=NOW)
    later = NOW + LINK_LIFETIME_MAX - timedelta(seconds=1)
    assert SIGNER.enter(token, later) == Session(Role.OPERATOR, OPERATOR, None, later + SESSION_LIFETIME)
    assert SIGNER.enter(token, NOW + LINK_LIFETIME_MAX) is None


def test_a_token_serves_one_purpose_only() -> None:
    link = SIGNER.entry_token(role=Role.SHOPPER, operator_id=OPERATOR, shopper_id=SHOPPER, now=NOW)
    assert SIGNER.read_session(link, NOW) is None
    assert SIGNER.enter(SIGNER.session_token(a_session()), NOW) is None


def test_a_changed_payload_or_another_key_is_refused() -> None:
    body, mac = SIGNER.session_token(a_session()).split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    payload["shopper"] = str(UUID(int=3))
    forged = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    assert SIGNER.read_session(f"{forged}.{mac}", NOW) is None
    assert Signer(b"q" * 32).read_session(f"{body}.{mac}", NOW) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "e30.e30", "x" * 5000, "e30", "....", "e30.\n"])
def test_nonsense_is_refused_without_an_exception(token: str) -> None:
    assert SIGNER.read_session(token, NOW) is None
    assert SIGNER.enter(token, NOW) is None


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=-1), LINK_LIFETIME_MAX + timedelta(seconds=1)])
def test_a_link_never_lives_longer_than_ten_minutes(lifetime: timedelta) -> None:
    with pytest.raises(ValueError, match="lives up to"):
        SIGNER.entry_token(role=Role.SHOPPER, operator_id=OPERATOR, shopper_id=SHOPPER, now=NOW, lifetime=lifetime)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes, got 31"):
        Signer(b"k" * 31)


@pytest.mark.parametrize(("role", "shopper"), [(Role.SHOPPER, None), (Role.OPERATOR, SHOPPER)])
def test_only_a_shoppers_session_names_a_shopper(role: Role, shopper: UUID | None) -> None:
    with pytest.raises(ValueError, match="names a shopper"):
        Session(role, OPERATOR, shopper, NOW)


@pytest.mark.parametrize("role", Role)
def test_each_role_has_a_cookie_that_is_bound_to_the_host_over_https(role: Role) -> None:
    names = {Role.SHOPPER: "shopper-cashback", Role.OPERATOR: "operator-cashback"}
    assert cookie_name(role=role, secure=True) == f"__Host-{names[role]}"
    assert cookie_name(role=role, secure=False) == names[role]
