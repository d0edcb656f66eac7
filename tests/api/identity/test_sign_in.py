"""Signing in with a password: what is answered, what is not told, and how guessing is slowed down."""

from datetime import UTC, datetime

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import undefer_group

from api.access import passwords
from api.services import Services
from db.tables import SECRETS, AuditEntry, LoginSession, Membership, Throttle, User
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import PASSWORD, Member, new_member, nobody
from tests.support.workspaces import new_workspace

WRONG = "wrong wrong wrong"


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delay that is not over before the next line, however slow the machine is."""
    monkeypatch.setattr("api.access.throttle.FIRST_DELAY", 600.0)


async def login(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/v1/auth/login", json={"email": email, "password": password})


async def test_a_password_gives_an_access_token(stranger: httpx.AsyncClient, owner: Member) -> None:
    answer = await login(stranger, owner.email)
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert given["second_factor_required"] is False
    assert given["user"] == {"id": str(owner.id), "email": owner.email, "name": "Owner"}
    assert given["workspace"]["role"] == "owner"
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 600
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    me = await stranger.get("/v1/me", headers={"Authorization": f"Bearer {given['access_token']}"})
    assert me.json()["user"]["id"] == str(owner.id)
    assert "workspace:own" in me.json()["permissions"]


@pytest.mark.parametrize("spelt", [str.upper, str.title, lambda email: f"  {email}\t"])
async def test_the_address_may_be_spelt_in_any_case(stranger: httpx.AsyncClient, owner: Member, spelt) -> None:  # type: ignore[no-untyped-def]
    assert (await login(stranger, spelt(owner.email))).status_code == 200


async def test_every_reason_has_the_same_answer(stranger: httpx.AsyncClient, services: Services) -> None:
    async def member(**columns: object) -> str:
        return (await new_member(services.database, services.workspace_id, **columns)).email

    known, closed = await member(), await member(disabled_at=datetime.now(UTC))
    without_password = await member(password_hash=None)
    answers = [
        await login(stranger, known, WRONG),
        await login(stranger, "nobody@example.com", WRONG),
        await login(stranger, "not an address", WRONG),
        await login(stranger, closed, PASSWORD),
        await login(stranger, without_password, PASSWORD),
        await login(stranger, known, ""),
    ]
    for answer in answers:
        check_problem(answer, 401, "unauthenticated")
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert len({tuple(sorted(set(answer.headers) - {"x-request-id"})) for answer in answers}) == 1


async def test_a_hash_is_computed_for_unknown_addresses_too(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str | None] = []
    real = passwords.is_right

    async def watched(password: str, kept: str | None) -> bool:
        checked.append(kept)
        return await real(password, kept)

    monkeypatch.setattr(passwords, "is_right", watched)
    await login(stranger, "nobody@example.com", WRONG)
    assert checked == [None]


async def test_guessing_at_an_account_is_slowed_down_whether_it_exists_or_not(
    stranger: httpx.AsyncClient, owner: Member
) -> None:
    for email in (owner.email, "nobody-in-particular@example.com"):
        answers = [await login(stranger, email, WRONG) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        check_problem(answers[-1], 429, "rate_limited")
        assert 0 < int(answers[-1].headers["retry-after"]) <= 600


async def test_the_right_password_must_wait_too(stranger: httpx.AsyncClient, services: Services, owner: Member) -> None:
    for _ in range(5):
        await login(stranger, owner.email, WRONG)
    check_problem(await login(stranger, owner.email), 429, "rate_limited")
    async with services.database.identity() as session:
        await session.execute(update(Throttle).values(blocked_until=None))
    assert (await login(stranger, owner.email)).status_code == 200
    assert (await login(stranger, owner.email, WRONG)).status_code == 401, "the count began anew"


async def test_guessing_from_one_address_at_many_accounts_is_slowed_down(app: FastAPI, services: Services) -> None:
    async with nobody(app, address="203.0.113.20") as client:
        await login(client, "nobody-0@example.com", WRONG)
        async with services.database.identity() as session:
            of_address = update(Throttle).where(Throttle.key == "address:203.0.113.20")
            await session.execute(of_address.values(failures=19))
        answers = [await login(client, f"nobody-{number}@example.com", WRONG) for number in range(2)]
    assert [answer.status_code for answer in answers] == [401, 429]


async def test_who_has_a_session_is_not_kept_from_working_by_guesses(
    as_owner: httpx.AsyncClient, stranger: httpx.AsyncClient, owner: Member
) -> None:
    for _ in range(6):
        await login(stranger, owner.email, WRONG)
    assert (await as_owner.get("/v1/me")).status_code == 200


async def test_a_sign_in_is_audited_without_secrets(
    stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    given = (await login(stranger, owner.email)).json()
    async with services.database.tenant(services.workspace_id) as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "session.started"))).one()
    assert (entry.actor_kind, entry.actor_name, entry.subject_id) == ("user", owner.email, given["session_id"])
    assert entry.address.startswith("198.18.")
    assert entry.after["how"] == "password"


async def test_secrets_are_kept_as_hashes_only(stranger: httpx.AsyncClient, services: Services, owner: Member) -> None:
    given = (await login(stranger, owner.email)).json()
    _, family, secret = given["refresh_token"].split("_")
    async with services.database.identity() as session:
        row = (await session.scalars(select(LoginSession).where(LoginSession.user_id == owner.id))).one()
    for kept in (row.family, row.token_hash, row.previous_hash or b"", row.salt):
        assert family not in kept.hex()
        assert secret not in kept.hex()


async def test_an_old_hash_is_made_anew(stranger: httpx.AsyncClient, services: Services) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(PASSWORD)
    member = await new_member(services.database, services.workspace_id, password_hash=weak)
    assert (await login(stranger, member.email)).status_code == 200
    async with services.database.identity() as session:
        user = await session.get_one(User, member.id, options=[undefer_group(SECRETS)])
    assert user.password_hash is not None
    assert not passwords.is_outdated(user.password_hash)
    assert (await login(stranger, member.email)).status_code == 200


async def test_one_goes_on_where_one_was_last(
    stranger: httpx.AsyncClient, services: Services, database_url: str
) -> None:
    member = await new_member(services.database, services.workspace_id, Role.VIEWER)
    first = (await login(stranger, member.email)).json()
    assert first["workspace"]["id"] == str(services.workspace_id)
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    made = (await stranger.post("/v1/workspaces", json={"name": "Second"}, headers=headers)).json()
    await stranger.post("/v1/auth/workspace", json={"workspace_id": made["id"]}, headers=headers)
    assert (await login(stranger, member.email)).json()["workspace"]["id"] == made["id"]


async def test_who_is_a_member_of_nothing_cannot_sign_in(
    stranger: httpx.AsyncClient, services: Services, database_url: str
) -> None:
    member = await new_member(services.database, await new_workspace(database_url))
    async with services.database.identity() as session:
        await session.execute(delete(Membership).where(Membership.user_id == member.id))
    check_problem(await login(stranger, member.email), 403, "forbidden")


async def test_the_session_used_longest_ago_makes_room(
    stranger: httpx.AsyncClient, services: Services, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.identity.sessions.MAX_SESSIONS", 2)
    first, second, third = [(await login(stranger, owner.email)).json() for _ in range(3)]
    live = [
        (await stranger.post("/v1/auth/refresh", json={"refresh_token": one["refresh_token"]})).status_code
        for one in (first, second, third)
    ]
    assert live == [401, 200, 200]


async def test_sessions_that_ended_long_ago_are_removed(
    stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    await login(stranger, owner.email)
    async with services.database.identity() as session:
        old = func.now() - func.make_interval(0, 0, 0, 31)
        await session.execute(update(LoginSession).where(LoginSession.user_id == owner.id).values(expires_at=old))
    await login(stranger, owner.email)
    async with services.database.identity() as session:
        query = select(func.count()).select_from(LoginSession).where(LoginSession.user_id == owner.id)
        assert await session.scalar(query) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@example.com"},
        {"email": "a@example.com", "password": 1},
        {"email": ["a"], "password": "x"},
        {"email": "a" * 300, "password": "x"},
        {"email": "a@example.com", "password": "x" * 201},
        {"email": "a@example.com", "password": "x", "role": "owner"},
    ],
)
async def test_bodies_that_are_refused_tell_no_secret(stranger: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await stranger.post("/v1/auth/login", json=body)
    check_problem(answer, 422, "invalid_request")
    assert "xxx" not in answer.text


async def test_the_second_step_needs_the_first(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/v1/auth/login/second-factor", json={"challenge": "x.y.z", "code": "123456"})
    check_problem(answer, 401, "unauthenticated")


async def test_with_a_second_factor_the_password_alone_gives_nothing(
    stranger: httpx.AsyncClient, services: Services
) -> None:
    member = await new_member(services.database, services.workspace_id, totp_confirmed_at=datetime.now(UTC))
    answer = (await login(stranger, member.email)).json()
    assert answer.keys() == {"second_factor_required", "challenge", "expires_in"}
    assert answer["second_factor_required"] is True
    async with nobody(stranger._transport.app, Authorization=f"Bearer {answer['challenge']}") as client:  # type: ignore[attr-defined]
        check_problem(await client.get("/v1/me"), 401, "unauthenticated")
    async with services.database.identity() as session:
        assert await session.scalar(select(LoginSession.id).where(LoginSession.user_id == member.id)) is None


async def test_guessing_at_the_second_factor_is_slowed_down(stranger: httpx.AsyncClient, services: Services) -> None:
    member = await new_member(services.database, services.workspace_id, totp_confirmed_at=datetime.now(UTC))
    challenge = (await login(stranger, member.email)).json()["challenge"]
    body = {"challenge": challenge, "code": "000000"}
    answers = [await stranger.post("/v1/auth/login/second-factor", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    again = (await login(stranger, member.email)).json()["challenge"]
    answer = await stranger.post("/v1/auth/login/second-factor", json={"challenge": again, "code": "000000"})
    check_problem(answer, 429, "rate_limited")
