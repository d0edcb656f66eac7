"""People for tests: members of workspaces, and clients that act as them. Fixtures to import at the end."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import randrange
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.access.opaque_tokens import digest
from api.access.tokens import AccessToken
from api.services import Services
from db.session import Database
from db.tables import LoginSession, Membership, User
from schemas.roles import Role

PASSWORD = "a rather long password"
_HASH = PasswordHasher().hash(PASSWORD)


@dataclass(frozen=True)
class Member:
    """Somebody with an account."""

    id: UUID
    email: str
    password: str = PASSWORD

    @property
    def credentials(self) -> dict[str, str]:
        """Body of a sign-in."""
        return {"email": self.email, "password": self.password}


async def new_member(database: Database, workspace_id: UUID, role: Role = Role.OWNER, **columns: Any) -> Member:
    """A member of a workspace, with a password; it is known that the mailbox is theirs."""
    user_id, now = uuid4(), datetime.now(UTC)
    email = f"{role}-{user_id.hex[:8]}@example.com"
    async with database.identity() as session:
        person = {"id": user_id, "email": email, "email_verified_at": now, "name": role.title(), "password_hash": _HASH}
        session.add(User(**(person | columns)))
        await session.flush()
        session.add(Membership(workspace_id=workspace_id, user_id=user_id, role=role.value))
    return Member(user_id, columns.get("email", email))


@asynccontextmanager
async def nobody(
    app: FastAPI, *, base_url: str = "http://api", address: str | None = None, **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential, at an address of its own: its failures slow nobody else down."""
    transport = httpx.ASGITransport(app=app, client=(address or f"198.18.{randrange(256)}.{randrange(256)}", 1))
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
        yield client


async def access_token(services: Services, member: Member) -> str:
    """Access token of a new session of somebody, without the slow way over the password."""
    return services.tokens.issue_access(await _begin_session(services, member))


async def _begin_session(services: Services, member: Member) -> AccessToken:
    session_id = uuid4()
    begun = LoginSession(
        id=session_id,
        user_id=member.id,
        workspace_id=services.workspace_id,
        family=digest(str(session_id)),
        token_hash=b"",
        salt=b"",
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    async with services.database.identity() as session:
        session.add(begun)
    return AccessToken(member.id, session_id, services.workspace_id)


class _Renewed(httpx.Auth):
    """Puts a fresh token in the place of the client's first one, which would expire in a long test run."""

    def __init__(self, services: Services, token: AccessToken) -> None:
        self._services, self._token = services, token
        self.first = f"Bearer {services.tokens.issue_access(token)}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Leave alone what a test sends instead."""
        if request.headers.get("Authorization") == self.first:
            request.headers["Authorization"] = f"Bearer {self._services.tokens.issue_access(self._token)}"
        yield request


@asynccontextmanager
async def signed_in(app: FastAPI, member: Member) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as somebody, in the workspace of the application."""
    services: Services = app.state.services
    renewed = _Renewed(services, await _begin_session(services, member))
    async with nobody(app, Authorization=renewed.first) as client:
        client.auth = renewed
        yield client


@asynccontextmanager
async def member(app: FastAPI, role: Role = Role.OWNER) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as a new member of the workspace of the application."""
    services: Services = app.state.services
    async with signed_in(app, await new_member(services.database, services.workspace_id, role)) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with nobody(app) as client:
        yield client


@pytest.fixture
async def owner(services: Services) -> Member:
    """An owner of the workspace."""
    return await new_member(services.database, services.workspace_id, Role.OWNER)


@pytest.fixture
async def as_owner(app: FastAPI, owner: Member) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as the owner."""
    async with signed_in(app, owner) as client:
        yield client
