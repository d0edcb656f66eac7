"""Queries on calendars."""

from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Calendar

_USERS = text("""
    SELECT DISTINCT w.slug
    FROM workflows w
    JOIN LATERAL (
        SELECT v.document FROM workflow_versions v
        WHERE v.workflow_id = w.id AND v.version > 0 ORDER BY v.version DESC LIMIT 1
    ) latest ON true
    CROSS JOIN LATERAL jsonb_path_query(latest.document, '$.**.calendar') named
    WHERE w.archived_at IS NULL AND lower(named #>> '{}') = lower(:name)
    ORDER BY w.slug
    LIMIT 20
""")


async def find_calendar(session: AsyncSession, calendar_id: UUID) -> Calendar | None:
    """A calendar."""
    return (await session.scalars(select(Calendar).where(Calendar.id == calendar_id))).one_or_none()


async def lock_calendar(session: AsyncSession, calendar_id: UUID) -> Calendar | None:
    """A calendar, locked until the transaction ends."""
    query = select(Calendar).where(Calendar.id == calendar_id).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def list_calendars(session: AsyncSession, *, after: tuple[str, UUID] | None, limit: int) -> list[Calendar]:
    """Calendars by name, whatever the case of its letters."""
    order = (func.lower(Calendar.name), Calendar.id)
    query = select(Calendar)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(func.lower(after[0]), after[1]))
    return list(await session.scalars(query.order_by(*order).limit(limit)))


async def lock_names(session: AsyncSession, workspace_id: UUID) -> None:
    """Whoever gives a calendar of the workspace a name waits for whoever else does."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"calendars:{workspace_id}", 0))))


async def name_is_taken(session: AsyncSession, name: str, but: UUID | None = None) -> bool:
    """Whether another calendar has a name already."""
    query = select(Calendar.id).where(func.lower(Calendar.name) == func.lower(name))
    if but is not None:
        query = query.where(Calendar.id != but)
    return await session.scalar(query) is not None


async def users_of(session: AsyncSession, name: str) -> list[str]:
    """Slugs of workflows whose latest version names a calendar; at most twenty."""
    return list(await session.scalars(_USERS, {"name": name}))
