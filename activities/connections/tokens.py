"""Keeps the tokens of connections: opens them, renews each of them once whoever asks, and never drops a new one.

A renewal holds the lock of the connection's row from before the request until the new tokens are committed, so that
of many workers one asks the provider and the others find its answer. That a renewal has begun is committed before the
request leaves. A new refresh token exists nowhere else from the provider's answer to our commit; docs/connections.md
says what becomes of it if a process dies in between.
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from activities.connections.oauth import GrantRefusedError, OAuth, OAuthApp, Tokens
from activities.credentials.redactions import Redactions
from db import audit
from db.audit import Actor
from db.faults import is_outage
from db.session import Database
from db.tables import Connection, ConnectionApp
from engine.connection_settings import ConnectionSettings
from engine.secrets import Encryption
from engine.secrets.purposes import CONNECTION, CONNECTION_APP
from schemas.connections.providers import Endpoints
from schemas.errors import ErrorCode, PerdureError

EARLY: Final = timedelta(minutes=5)
"""So long before its end an access token is renewed: if that fails, the old one still serves while people mend it."""

LAST_MOMENT: Final = timedelta(seconds=10)
"""A token that ends so soon is used no more."""

STORING_SECONDS: Final = 120.0
"""How long new tokens are tried to be stored while the database is away; they exist nowhere else."""

_AT_ONCE: Final = 2
"""Renewals of one process under way; each holds a connection to the database meanwhile."""

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Access:
    """An access token that may be used."""

    token: str = field(repr=False)
    revision: int
    """Of the connection's tokens, to say which one was refused."""


@dataclass(frozen=True)
class _Answered:
    """What the provider has answered to a renewal."""

    columns: dict[str, Any] = field(repr=False)
    found: Access | None
    problem: PerdureError | None = None

    def access(self) -> Access:
        """The new access token.

        Raises:
            PerdureError: `auth_failed` if there is none.
        """
        if self.found is None:
            raise self.problem or PerdureError(ErrorCode.AUTH_FAILED, "The access has ended.")
        return self.found


class TokenKeeper:
    """Access tokens of connections.

    Args:
        database: Where they are sealed.
        encryption: Opens and seals them.
        redactions: Learns every token that is opened.
        oauth: Talks to providers.
        settings: OAuth clients of the operator.
    """

    def __init__(
        self,
        database: Database,
        encryption: Encryption,
        redactions: Redactions,
        oauth: OAuth,
        settings: ConnectionSettings,
    ) -> None:
        self._database = database
        self._encryption = encryption
        self._redactions = redactions
        self._oauth = oauth
        self._settings = settings
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._turns: weakref.WeakValueDictionary[UUID, asyncio.Lock] = weakref.WeakValueDictionary()
        self._renewals: set[asyncio.Task[Access]] = set()

    async def access(self, workspace_id: str, connection_id: UUID, refused: int | None = None) -> Access:
        """An access token that is good for a while.

        Args:
            workspace_id: Whose connection it is.
            connection_id: The connection.
            refused: Revision of a token that the provider has just refused.

        Raises:
            PerdureError: `auth_failed` if a person must connect again, `missing_credential` if nobody ever has;
                what the provider's failures raise, once the old token is of no use any more.
        """
        async with self._database.tenant(workspace_id) as session:
            row = await _row(session, connection_id)
        if not _is_due(row, refused):
            return self._opened_access(row)
        return await self._renewed(workspace_id, row, refused)

    async def renew(self, workspace_id: str, connection_id: UUID) -> Access:
        """A new access token, whatever the age of the one that is there, and even if it was refused before.

        Raises:
            PerdureError: as `access`.
        """
        async with self._database.tenant(workspace_id) as session:
            row = await _row(session, connection_id)
        return await self._once(workspace_id, row.id, row.revision, again=True)

    async def app(self, session: AsyncSession, row: Connection) -> OAuthApp:
        """The OAuth client that a connection was made with.

        Raises:
            PerdureError: `missing_credential` if there is none any more.
        """
        if row.app_id is None:
            return self._operators(row.provider)
        query = select(ConnectionApp).options(undefer(ConnectionApp.sealed)).where(ConnectionApp.id == row.app_id)
        app = (await session.scalars(query)).one()
        secret = None
        if app.sealed is not None:
            secret = self._encryption.decrypt(CONNECTION_APP, app.workspace_id, app.id, app.sealed).decode()
            self._redactions.add(str(app.workspace_id), app.name, [secret])
        return OAuthApp(app.client_id, secret, Endpoints.model_validate(app.endpoints))

    def opened(self, row: Connection) -> Tokens:
        """The tokens of a connection.

        Raises:
            PerdureError: `missing_credential` if there are none, or they cannot be read.
        """
        if row.sealed is None:
            message = f"Nobody has connected {row.name!r} yet; do that on the page of connections."
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
        tokens = Tokens.of(self._encryption.decrypt(CONNECTION, row.workspace_id, row.id, row.sealed))
        self._redactions.add(str(row.workspace_id), row.name, tokens.values())
        return tokens

    def columns(self, row: Connection, tokens: Tokens) -> dict[str, Any]:
        """What is stored of new tokens."""
        self._redactions.add(str(row.workspace_id), row.name, tokens.values())
        now = datetime.now(UTC)
        ends = None if tokens.expires_in is None else now + timedelta(seconds=tokens.expires_in)
        return {
            "sealed": self._encryption.encrypt(CONNECTION, row.workspace_id, row.id, tokens.stored()),
            "revision": row.revision + 1,
            "expires_at": ends,
            "refreshed_at": func.clock_timestamp(),
            "refreshing_since": None,
            "status": "active",
            "problem": None,
        }

    async def store(self, row: Connection, columns: dict[str, Any]) -> bool:
        """Store renewed tokens, over an outage of the database if need be; false if others are there already."""
        change = update(Connection).where(Connection.id == row.id, Connection.revision == row.revision)

        async def write(session: AsyncSession) -> bool:
            found = await session.scalars(change.values(columns).returning(Connection.id))
            return found.one_or_none() is not None

        return await self._written(row, write)

    async def replace(self, row: Connection, change: Callable[[Connection | None], Connection | None]) -> None:
        """Give a connection the tokens of a sign-in, over an outage of the database if need be.

        Args:
            row: The connection as it was found.
            change: Changes the connection as it is now, locked; gets nothing if it was deleted meanwhile. Gives an
                access that is to be taken back, if there is one.
        """

        async def write(session: AsyncSession) -> None:
            query = select(Connection).options(undefer(Connection.sealed)).where(Connection.id == row.id)
            query = query.where(Connection.deleted_at.is_(None)).with_for_update()
            over = change((await session.scalars(query)).one_or_none())
            if over is not None:
                session.add(over)

        await self._written(row, write)

    async def _written(self, row: Connection, write: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        """What came of a transaction with new tokens, which exist nowhere else."""
        deadline = asyncio.get_running_loop().time() + STORING_SECONDS
        while True:
            try:
                async with self._database.tenant(row.workspace_id) as session:
                    return await write(session)
            except Exception as error:
                away = is_outage(error) or isinstance(error, PoolTimeoutError | PerdureError)
                if not away or asyncio.get_running_loop().time() > deadline:
                    raise
                _log.warning("new tokens wait for the database", connection=str(row.id))
                await asyncio.sleep(0.5)

    async def _renewed(self, workspace_id: str, row: Connection, refused: int | None) -> Access:
        """A new token; the old one if there is no new one and it serves for a while yet."""
        try:
            return await self._once(workspace_id, row.id, refused)
        except PerdureError:
            if refused is not None or not _serves(row):
                raise
            return self._opened_access(row)

    async def _once(
        self, workspace_id: str, connection_id: UUID, refused: int | None, *, again: bool = False
    ) -> Access:
        """Renew in a task of its own: whoever waits may be cancelled, and what the provider gave must be stored."""
        turn = self._turns.setdefault(connection_id, asyncio.Lock())
        async with turn:
            task = asyncio.create_task(self._renew(workspace_id, connection_id, refused, again))
            self._renewals.add(task)
            task.add_done_callback(self._renewals.discard)
            return await asyncio.shield(task)

    async def _renew(self, workspace_id: str, connection_id: UUID, refused: int | None, again: bool) -> Access:
        async with self._slots:
            async with self._database.tenant(workspace_id) as session:
                row = await _row(session, connection_id, lock=True)
                if not _is_due(row, refused, again=again):
                    return self._opened_access(row)
                interrupted, row.refreshing_since = row.refreshing_since is not None, datetime.now(UTC)
            answered: _Answered | None = None
            try:
                async with self._database.tenant(workspace_id) as session:
                    row = await _row(session, connection_id, lock=True)
                    if not _is_due(row, refused, again=again):
                        return self._opened_access(row)
                    answered = await self._asked(session, row, interrupted)
                    await session.execute(update(Connection).where(Connection.id == row.id).values(answered.columns))
            except Exception:
                # The provider may have answered, and it was not stored: the lock is gone, the tokens are still here.
                if answered is None or not await self.store(row, answered.columns):
                    raise
            return answered.access()

    async def _asked(self, session: AsyncSession, row: Connection, interrupted: bool) -> "_Answered":
        """What the provider's answer changes; the lock of the row is held.

        Raises:
            PerdureError: what failures of the provider raise: nobody knows then whether it has renewed the access.
        """
        old = None if row.own_access else self.opened(row).refresh_token
        if old is None and not row.own_access:
            return _broken(session, row, "The access has ended, and the provider gave nothing to renew it by.")
        app = await self.app(session, row)
        try:
            fresh = await (self._oauth.own(app, row.scopes) if old is None else self._oauth.refresh(app, old))
        except GrantRefusedError as error:
            why = "; the answer to an earlier renewal never arrived" if interrupted else ""
            said = error.info.details["error"]
            return _broken(session, row, f"The provider does not renew the access ({said}{why}).")
        except PerdureError as error:
            if error.code is not ErrorCode.AUTH_FAILED:
                raise
            # A clear answer, and not about this access: it is renewed as soon as the client is mended.
            return _Answered({"refreshing_since": None}, None, error)
        return _Answered(self.columns(row, fresh), Access(fresh.access_token, row.revision + 1))

    def _opened_access(self, row: Connection) -> Access:
        if row.status == "broken" and not _serves(row):
            raise _must_connect(row.name, row.problem)
        return Access(self.opened(row).access_token, row.revision)

    def _operators(self, provider: str) -> OAuthApp:
        app, endpoints = self._settings.apps.get(provider), self._settings.endpoints(provider)
        if app is None or endpoints is None:
            message = f"The operator has no OAuth client of {provider!r} any more; connect with one of your own."
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
        secret = app.client_secret.get_secret_value() if app.client_secret is not None else None
        return OAuthApp(app.client_id, secret, endpoints)


async def _row(session: AsyncSession, connection_id: UUID, *, lock: bool = False) -> Connection:
    query = select(Connection).options(undefer(Connection.sealed)).where(Connection.id == connection_id)
    query = query.where(Connection.deleted_at.is_(None))
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "The connection was deleted meanwhile.")
    return row


def _is_due(row: Connection, refused: int | None, *, again: bool = False) -> bool:
    """Whether a token must be renewed, or fetched for the first time where nobody signs in.

    One that only a person can replace is not, unless they want it tried again.
    """
    if row.status == "broken" and not again:
        return False
    if row.sealed is None:
        return row.own_access
    if refused is not None:
        return row.revision <= refused
    if row.expires_at is None:
        return False
    whole = row.expires_at - (row.refreshed_at or row.created_at)
    return row.expires_at - datetime.now(UTC) < min(EARLY, whole / 2)


def _serves(row: Connection) -> bool:
    return row.expires_at is not None and row.expires_at > datetime.now(UTC) + LAST_MOMENT


def _broken(session: AsyncSession, row: Connection, problem: str) -> _Answered:
    """A person must connect again; that is for the audit log too."""
    actor = Actor(row.workspace_id, "system", None, "Perdure")
    audit.record(session, actor, "connection.broken", ("connection", row.id), after={"problem": problem})
    columns = {"status": "broken", "problem": problem, "refreshing_since": None}
    return _Answered(columns, None, _must_connect(row.name, problem))


def _must_connect(name: str, problem: str | None) -> PerdureError:
    text = f"The connection {name!r} must be connected again: {problem or 'its access has ended.'}"
    return PerdureError(ErrorCode.AUTH_FAILED, text, details={"connection": name})
