"""Links hold for their time and their key; what a session's forms carry gives nothing away."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cashback.actors import Scope
from cashback.auth.roles import OPENED_BY, SCOPES, MemberRole, Page
from cashback.auth.sessions import LINK_LIFETIME_MAX, Role, Signer, cookie_name, csrf_of, door_cookie_name, new_token

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPERATOR = UUID(int=1)
SHOPPER = UUID(int=2)
SIGNER = Signer(b"k" * 32)


def a_link(signer: Signer = SIGNER) -> str:
    return signer.entry_token(role=Role.SHOPPER, operator_id=OPERATOR, shopper_id=SHOPPER, now=NOW)


def test_a_link_is_read_back_until_the_second_it_ends() -> None:
    token = a_link()
    entry = SIGNER.read_entry(token, NOW + LINK_LIFETIME_MAX - timedelta(seconds=1))
    assert entry is not None
    assert (entry.role, entry.operator_id, entry.shopper_id, entry.member_role) == (
        Role.SHOPPER,
        OPERATOR,
        SHOPPER,
        None,
    )
    assert SIGNER.read_entry(token, NOW + LINK_LIFETIME_MAX) is None


def test_no_two_links_are_alike_and_each_has_its_mark() -> None:
    tokens = {a_link() for _ in range(20)}
    entries = [SIGNER.read_entry(token, NOW) for token in tokens]
    assert len(tokens) == len({entry.mark for entry in entries if entry is not None}) == 20


def test_a_changed_payload_or_another_key_is_refused() -> None:
    body, mac = a_link().split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    payload["shopper"] = str(UUID(int=3))
    forged = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    assert SIGNER.read_entry(f"{forged}.{mac}", NOW) is None
    assert Signer(b"q" * 32).read_entry(f"{body}.{mac}", NOW) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "e30.e30", "x" * 5000, "e30", "....", "e30.\n"])
def test_nonsense_is_refused_without_an_exception(token: str) -> None:
    assert SIGNER.read_entry(token, NOW) is None


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=-1), LINK_LIFETIME_MAX + timedelta(seconds=1)])
def test_a_link_never_lives_longer_than_ten_minutes(lifetime: timedelta) -> None:
    with pytest.raises(ValueError, match="lives up to"):
        SIGNER.entry_token(role=Role.SHOPPER, operator_id=OPERATOR, shopper_id=SHOPPER, now=NOW, lifetime=lifetime)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes, got 31"):
        Signer(b"k" * 31)


@pytest.mark.parametrize(("role", "shopper"), [(Role.SHOPPER, None), (Role.OPERATOR, SHOPPER)])
def test_only_a_shoppers_link_names_a_shopper(role: Role, shopper: UUID | None) -> None:
    with pytest.raises(ValueError, match="names a shopper"):
        SIGNER.entry_token(role=role, operator_id=OPERATOR, shopper_id=shopper, now=NOW)


@pytest.mark.parametrize("works_as", MemberRole)
def test_an_operators_link_says_what_one_works_as(works_as: MemberRole) -> None:
    token = SIGNER.entry_token(role=Role.OPERATOR, operator_id=OPERATOR, shopper_id=None, now=NOW, member_role=works_as)
    entry = SIGNER.read_entry(token, NOW)
    assert entry is not None
    assert entry.member_role is works_as


@pytest.mark.parametrize("role", Role)
def test_each_role_has_a_cookie_that_is_bound_to_the_host_over_https(role: Role) -> None:
    names = {Role.SHOPPER: "shopper-cashback", Role.OPERATOR: "operator-cashback"}
    assert cookie_name(role=role, secure=True) == f"__Host-{names[role]}"
    assert cookie_name(role=role, secure=False) == names[role]
    assert door_cookie_name(secure=True) == "__Host-door-cashback"


def test_a_token_has_256_bits_and_its_forms_another_secret() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {32}
    carried = {csrf_of(token) for token in tokens}
    assert len(carried) == 50
    assert not carried & tokens


# -- the one table of roles

R, P = Scope.READ, Scope.PROGRAMME


def test_what_each_role_may_is_this_and_nothing_else() -> None:
    assert {role: sorted(scopes - {R}) for role, scopes in SCOPES.items() if role is not MemberRole.ADMIN} == {
        MemberRole.VIEWER: [],
        MemberRole.EDITOR: [Scope.KEYS, P, Scope.WEBHOOKS],
        MemberRole.APPROVER: [Scope.APPROVAL, Scope.REVIEWS],
        MemberRole.FINANCE: [Scope.BOOKS, Scope.MONEY],
        MemberRole.SUPPORT: [Scope.CLAIMS, Scope.REVIEWS, Scope.SHOPPERS, Scope.SUPPORT],
    }
    assert SCOPES[MemberRole.ADMIN] == set(Scope) - {Scope.SYSTEM}
    assert all(R in scopes for scopes in SCOPES.values())


def test_nobody_but_an_admin_writes_and_approves_or_manages_people() -> None:
    others = [scopes for role, scopes in SCOPES.items() if role is not MemberRole.ADMIN]
    assert not any({P, Scope.APPROVAL} <= scopes or Scope.TEAM in scopes for scopes in others)


def test_every_role_opens_the_feed_and_its_own_doors_and_few_a_trace() -> None:
    assert OPENED_BY[Page.LIVE] == OPENED_BY[Page.PROFILE] == set(MemberRole)
    assert OPENED_BY[Page.TRACE] == {MemberRole.SUPPORT, MemberRole.FINANCE, MemberRole.ADMIN}
