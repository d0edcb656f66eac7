"""The activities that take access back: of connections that were deleted, and of accounts that others have replaced."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import undefer
from temporalio import activity

from activities.connections.oauth import GrantRefusedError, OAuth, OAuthApp, Tokens
from activities.connections.tokens import TokenKeeper
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from db import audit
from db.audit import Actor
from db.faults import is_outage, unavailable
from db.notifications.notices import tell_responsible
from db.session import Database
from db.tables import Connection
from schemas.connections.messages import RevokeConnection
from schemas.errors import PerdureError
from schemas.notifications import NOT_REVOKED

_BY_ACCESS_TOKEN: Final = ("bearer", "github")
"""Ways of revoking that need an access token which is still good."""
_MARGIN: Final = timedelta(minutes=1)


class RevocationServices:
    """Tells providers that an access has ended.

    Args:
        database: Where deleted connections are.
        tokens: Opens their tokens.
        oauth: Talks to providers.
    """

    def __init__(self, database: Database, tokens: TokenKeeper, oauth: OAuth) -> None:
        self._database = database
        self._tokens = tokens
        self._oauth = oauth

    @activity.defn(name="revoke_connection")
    async def revoke_connection(self, order: RevokeConnection) -> None:
        """Take the access of a deleted connection back at its provider."""
        try:
            async with heartbeats():
                await self._revoke(order)
        except Exception as error:
            raise _told(error) from None

    @activity.defn(name="forget_connection")
    async def forget_connection(self, order: RevokeConnection) -> None:
        """Delete the row of a deleted connection with its tokens, and say so if nobody could take them back."""
        try:
            await self._forget(order)
        except Exception as error:
            raise _told(error) from None

    async def _revoke(self, order: RevokeConnection) -> None:
        row = await self._deleted(order)
        if row is None or row.sealed is None:
            return
        async with self._database.tenant(order.workspace_id) as session:
            app = await self._tokens.app(session, row)
        tokens = await self._valid(row, app, self._tokens.opened(row))
        done = True if tokens is None else await self._oauth.revoke(app, tokens)
        async with self._database.tenant(order.workspace_id) as session:
            about, after = ("connection", row.id), {"name": row.name, "told_provider": done}
            audit.record(session, _system(row), "connection.revoked", about, after=after)
            # So that a repeated attempt has nothing left to do.
            await session.execute(update(Connection).where(Connection.id == row.id).values(sealed=None))

    async def _valid(self, row: Connection, app: OAuthApp, tokens: Tokens) -> Tokens | None:
        """Tokens by which access can be taken back; nothing if the provider says that it has ended by itself."""
        over = row.expires_at is not None and row.expires_at < datetime.now(UTC) + _MARGIN
        if app.endpoints.revocation not in _BY_ACCESS_TOKEN or not over or tokens.refresh_token is None:
            return tokens
        try:
            fresh = await self._oauth.refresh(app, tokens.refresh_token)
        except GrantRefusedError:
            return None
        # The old refresh token may be spent: whoever tries again needs the new one.
        async with self._database.tenant(row.workspace_id) as session:
            renewed = update(Connection).where(Connection.id == row.id)
            await session.execute(renewed.values(self._tokens.columns(row, fresh)))
        return fresh

    async def _forget(self, order: RevokeConnection) -> None:
        async with self._database.tenant(order.workspace_id) as session:
            query = select(Connection).options(undefer(Connection.sealed)).where(_is_deleted(order)).with_for_update()
            row = await session.scalar(query)
            if row is None:
                return
            if row.sealed is not None:
                problem = order.problem or "The tokens could not be read any more."
                facts = {"name": row.name, "provider": row.provider, "problem": problem}
                about = ("connection", row.id)
                audit.record(session, _system(row), "connection.revocation_failed", about, after=facts)
                key = f"{NOT_REVOKED}:{row.id}"
                await tell_responsible(session, row.workspace_id, None, NOT_REVOKED, facts, key)
            await session.delete(row)

    async def _deleted(self, order: RevokeConnection) -> Connection | None:
        query = select(Connection).options(undefer(Connection.sealed)).where(_is_deleted(order))
        async with self._database.tenant(order.workspace_id) as session:
            row: Connection | None = await session.scalar(query)
            return row


def parted(keeper: TokenKeeper, row: Connection, tokens: Tokens | None = None) -> Connection | None:
    """The access that a connection has now as a deleted connection of its own, which is the promise to take it back.

    Args:
        keeper: Opens and seals tokens.
        row: The connection, before others take their place.
        tokens: Others than those of the connection.
    """
    if row.sealed is None and tokens is None:
        return None
    gone = Connection(
        id=uuid4(),
        workspace_id=row.workspace_id,
        name=row.name,
        provider=row.provider,
        app_id=row.app_id,
        account=row.account,
        created_by=row.created_by,
        updated_by=row.updated_by,
        revision=row.revision,
        deleted_at=func.clock_timestamp(),
    )
    try:
        gone.sealed = keeper.columns(gone, tokens or keeper.opened(row))["sealed"]
    except PerdureError:
        # What nobody can read cannot be taken back either.
        return None
    gone.expires_at = row.expires_at if tokens is None else None
    return gone


def _is_deleted(order: RevokeConnection) -> ColumnElement[bool]:
    return (Connection.id == UUID(order.connection_id)) & Connection.deleted_at.is_not(None)


def _system(row: Connection) -> Actor:
    return Actor(row.workspace_id, "system", None, "Perdure")


def _told(error: Exception) -> BaseException:
    return to_application_error(unavailable() if is_outage(error) else error)
