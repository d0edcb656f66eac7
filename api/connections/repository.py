"""Queries on connections and OAuth clients."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Connection, ConnectionApp, ConnectionAttempt, ConnectionCall


async def find_connection(session: AsyncSession, connection_id: UUID, *, lock: bool = False) -> Connection | None:
    """A connection that was not deleted."""
    query = select(Connection).where(Connection.id == connection_id, Connection.deleted_at.is_(None))
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def list_connections(session: AsyncSession, after: str | None, limit: int) -> list[Connection]:
    """Connections by name."""
    query = select(Connection).where(Connection.deleted_at.is_(None)).order_by(Connection.name).limit(limit)
    return list(await session.scalars(query if after is None else query.where(Connection.name > after)))


async def count_connections(session: AsyncSession) -> int:
    """How many there are."""
    return await session.scalar(select(func.count()).select_from(Connection)) or 0


async def insert(session: AsyncSession, row: Connection | ConnectionApp) -> bool:
    """Insert a row; false if its name is taken."""
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError:
        return False
    return True


async def find_app(session: AsyncSession, app_id: UUID, *, lock: bool = False) -> ConnectionApp | None:
    """An OAuth client."""
    query = select(ConnectionApp).where(ConnectionApp.id == app_id)
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def list_apps(session: AsyncSession) -> Sequence[tuple[ConnectionApp, bool]]:
    """OAuth clients by name, each with whether it has a secret."""
    rows = await session.execute(
        select(ConnectionApp, ConnectionApp.sealed.is_not(None)).order_by(ConnectionApp.name).limit(200)
    )
    return [(app, bool(secret)) for app, secret in rows]


async def has_secret(session: AsyncSession, app: ConnectionApp) -> bool:
    """Whether an OAuth client has a secret."""
    query = select(ConnectionApp.sealed.is_not(None)).where(ConnectionApp.id == app.id)
    return bool(await session.scalar(query))


async def connections_of_app(session: AsyncSession, app_id: UUID) -> list[str]:
    """Names of the connections that need an OAuth client; those that are being revoked too."""
    return list(await session.scalars(select(Connection.name).where(Connection.app_id == app_id).limit(20)))


async def use_attempt(session: AsyncSession, state_hash: bytes, actor: str) -> ConnectionAttempt | None:
    """Take the one sign-in of a state, if this person began it, and it was neither taken nor is too old."""
    taken = (
        update(ConnectionAttempt)
        .where(
            ConnectionAttempt.state_hash == state_hash,
            ConnectionAttempt.actor == actor,
            ConnectionAttempt.used_at.is_(None),
            ConnectionAttempt.expires_at > func.clock_timestamp(),
        )
        .values(used_at=func.clock_timestamp())
    )
    return (await session.scalars(taken.returning(ConnectionAttempt))).one_or_none()


async def list_calls(
    session: AsyncSession, connection_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[ConnectionCall]:
    """Calls, the newest first."""
    place = tuple_(ConnectionCall.created_at, ConnectionCall.id)
    query = select(ConnectionCall).where(ConnectionCall.connection_id == connection_id)
    query = query.order_by(ConnectionCall.created_at.desc(), ConnectionCall.id.desc()).limit(limit)
    return list(await session.scalars(query if after is None else query.where(place < after)))
