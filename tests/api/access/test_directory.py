"""The memory of who is behind a session: short, and never older than what was taken away."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from api.access import directory as directories
from api.access.directory import REMEMBERED_SECONDS, Directory
from api.access.opaque_tokens import KeyToken, digest
from api.access.permissions import GRANTS, Permission
from db.session import Database
from db.tables import ApiKey, LoginSession, Membership, User
from schemas.roles import Role
from tests.support.people import new_member


@dataclass
class Clock:
    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Known:
    """A session of a member."""

    user_id: UUID
    session_id: UUID
    workspace_id: UUID


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(database: Database, clock: Clock) -> Directory:
    return Directory(database, clock)


@pytest.fixture
async def known(database: Database, workspace_id: UUID) -> Known:
    member = await new_member(database, workspace_id, Role.EDITOR)
    session_id = uuid4()
    async with database.identity() as session:
        session.add(
            LoginSession(
                id=session_id,
                user_id=member.id,
                workspace_id=workspace_id,
                family=digest(str(session_id)),
                token_hash=b"x",
                salt=b"x",
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
        )
    return Known(member.id, session_id, workspace_id)


async def test_a_session_is_found_and_remembered_for_a_moment(
    database: Database, directory: Directory, clock: Clock, known: Known
) -> None:
    found = await directory.session(known.session_id, known.workspace_id)
    assert found is not None
    assert (found.user_id, found.role) == (known.user_id, Role.EDITOR)
    async with database.identity() as session:
        await session.execute(update(Membership).values(role="viewer").where(Membership.user_id == known.user_id))
    clock.seconds += REMEMBERED_SECONDS - 0.01
    assert await directory.session(known.session_id, known.workspace_id) == found
    clock.seconds += 0.02
    assert (await directory.session(known.session_id, known.workspace_id)).role is Role.VIEWER  # type: ignore[union-attr]
    assert REMEMBERED_SECONDS <= 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET revoked_at = now() WHERE id = :session",
        "UPDATE sessions SET expires_at = now() WHERE id = :session",
        "UPDATE users SET disabled_at = now() WHERE id = :user",
        "DELETE FROM memberships WHERE user_id = :user",
    ],
)
async def test_what_is_taken_away_is_gone_after_forgetting(
    database: Database, directory: Directory, known: Known, statement: str
) -> None:
    assert await directory.session(known.session_id, known.workspace_id) is not None
    async with database.identity() as session:
        names = {"session": known.session_id, "user": known.user_id}
        await session.execute(text(statement), {name: names[name] for name in names if f":{name}" in statement})
    directory.forget()
    assert await directory.session(known.session_id, known.workspace_id) is None


async def test_a_session_is_good_for_the_workspaces_of_its_person_only(directory: Directory, known: Known) -> None:
    assert await directory.session(known.session_id, uuid4()) is None
    assert await directory.session(uuid4(), known.workspace_id) is None


async def test_what_is_loaded_while_something_is_taken_away_is_not_remembered(
    directory: Directory, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, loaded, go_on = directories.lookup.find_session_owner, asyncio.Event(), asyncio.Event()

    async def slowly(*args: object) -> object:
        found = await real(*args)  # type: ignore[arg-type]
        loaded.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(directories.lookup, "find_session_owner", slowly)
    looking = asyncio.create_task(directory.session(known.session_id, known.workspace_id))
    await loaded.wait()
    directory.forget()
    go_on.set()
    assert await looking is not None
    monkeypatch.setattr(directories.lookup, "find_session_owner", _nobody)
    assert await directory.session(known.session_id, known.workspace_id) is None


async def _nobody(*_: object) -> None:
    return None


async def test_memory_is_bounded(directory: Directory, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "_MAX_REMEMBERED", 3)
    found = await directory.session(known.session_id, known.workspace_id)

    async def load() -> object:
        return found

    for _ in range(10):
        await directory._sessions.get((uuid4(), uuid4()), load)  # type: ignore[arg-type]
    assert len(directory._sessions._known) == 3


async def new_key(database: Database, workspace_id: UUID, **columns: object) -> KeyToken:
    token = KeyToken.fresh()
    async with database.tenant(workspace_id) as session:
        values = {"scopes": ["runs:read", "runs:start", "workspace:own", "gone:scope"], "role": "editor", "name": "k"}
        session.add(
            ApiKey(
                id=uuid4(),
                workspace_id=workspace_id,
                prefix=token.prefix,
                secret_hash=digest(token.secret),
                **(values | columns),
            )
        )
    return token


async def test_a_key_may_what_scopes_and_role_both_allow(
    database: Database, directory: Directory, workspace_id: UUID
) -> None:
    token = await new_key(database, workspace_id)
    found = await directory.key(token.prefix, digest(token.secret))
    assert found is not None
    assert found.permissions == {Permission.RUNS_READ, Permission.RUNS_START}
    assert found.permissions <= GRANTS[Role.EDITOR]


async def test_a_key_with_another_secret_is_unknown_even_while_it_is_remembered(
    database: Database, directory: Directory, workspace_id: UUID
) -> None:
    token = await new_key(database, workspace_id)
    assert await directory.key(token.prefix, digest("wrong")) is None
    assert await directory.key(token.prefix, digest(token.secret)) is not None
    assert await directory.key(token.prefix, digest("wrong")) is None


async def test_use_is_noted_at_most_once_a_minute(database: Database, directory: Directory, workspace_id: UUID) -> None:
    token = await new_key(database, workspace_id)

    async def last_used() -> datetime | None:
        async with database.identity() as session:
            return await session.scalar(
                text("SELECT last_used_at FROM api_keys WHERE prefix = :prefix"), {"prefix": token.prefix}
            )

    assert await directory.key(token.prefix, digest("wrong")) is None
    assert await last_used() is None
    await directory.key(token.prefix, digest(token.secret))
    first = await last_used()
    assert first is not None
    directory.forget()
    await directory.key(token.prefix, digest(token.secret))
    assert await last_used() == first
    async with database.identity() as session:
        await session.execute(
            update(ApiKey).where(ApiKey.prefix == token.prefix).values(last_used_at=first - timedelta(seconds=61))
        )
    directory.forget()
    await directory.key(token.prefix, digest(token.secret))
    assert (await last_used() or first) > first - timedelta(seconds=1)


async def test_a_key_is_lowered_with_its_maker_and_ends_with_them(
    database: Database, directory: Directory, workspace_id: UUID
) -> None:
    maker = await new_member(database, workspace_id, Role.EDITOR)
    token = await new_key(database, workspace_id, created_by=maker.id)

    async def permissions() -> frozenset[Permission] | None:
        directory.forget()
        found = await directory.key(token.prefix, digest(token.secret))
        return None if found is None else found.permissions

    assert await permissions() == {Permission.RUNS_READ, Permission.RUNS_START}
    async with database.identity() as session:
        await session.execute(update(Membership).values(role="viewer").where(Membership.user_id == maker.id))
    assert await permissions() == {Permission.RUNS_READ}
    async with database.identity() as session:
        await session.execute(update(Membership).values(role="owner").where(Membership.user_id == maker.id))
    assert await permissions() == {Permission.RUNS_READ, Permission.RUNS_START}, "never above what it was made with"
    async with database.identity() as session:
        await session.execute(update(User).values(disabled_at=datetime.now(UTC)).where(User.id == maker.id))
    assert await permissions() is None
    async with database.identity() as session:
        await session.execute(update(User).values(disabled_at=None).where(User.id == maker.id))
        await session.execute(text("DELETE FROM memberships WHERE user_id = :id"), {"id": maker.id})
    assert await permissions() is None


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_ended_keys_are_unknown(
    database: Database, directory: Directory, workspace_id: UUID, column: str
) -> None:
    token = await new_key(database, workspace_id, **{column: datetime.now(UTC)})
    assert await directory.key(token.prefix, digest(token.secret)) is None


async def test_a_key_that_expires_while_it_is_remembered_does_not_count(
    database: Database, directory: Directory, workspace_id: UUID
) -> None:
    token = await new_key(database, workspace_id, expires_at=datetime.now(UTC) + timedelta(minutes=1))
    found = await directory.key(token.prefix, digest(token.secret))
    assert found is not None
    assert found.counts
    assert not replace(found, expires_at=datetime.now(UTC)).counts
