"""Queries on hooks and on what came in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db.tables import Hook, HookDelivery, Workflow


async def find(session: AsyncSession, hook_id: UUID, *, lock: bool = False) -> tuple[Hook, str] | None:
    """A hook with its secrets and the slug of its workflow."""
    query = (
        select(Hook, Workflow.slug)
        .join(Workflow, Workflow.id == Hook.workflow_id)
        .options(undefer(Hook.sealed))
        .where(Hook.id == hook_id)
    )
    row = (await session.execute(query.with_for_update(of=Hook) if lock else query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def count(session: AsyncSession) -> int:
    """How many hooks the workspace has."""
    return await session.scalar(select(func.count()).select_from(Hook)) or 0


async def list_all(
    session: AsyncSession, *, workflow: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[Hook, str]]:
    """Hooks, the newest first."""
    query = select(Hook, Workflow.slug).join(Workflow, Workflow.id == Hook.workflow_id).options(undefer(Hook.sealed))
    if workflow is not None:
        query = query.where(Workflow.slug == workflow)
    if before is not None:
        query = query.where(tuple_(Hook.created_at, Hook.id) < before)
    newest = query.order_by(Hook.created_at.desc(), Hook.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in await session.execute(newest)]


async def find_delivery(session: AsyncSession, delivery_id: UUID, hook_id: UUID | None = None) -> HookDelivery | None:
    """Something that came in."""
    query = select(HookDelivery).where(HookDelivery.id == delivery_id)
    if hook_id is not None:
        query = query.where(HookDelivery.hook_id == hook_id)
    found: HookDelivery | None = await session.scalar(query)
    return found


async def list_deliveries(
    session: AsyncSession, hook_id: UUID, *, status: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[HookDelivery]:
    """What came in, the newest first."""
    query = select(HookDelivery).where(HookDelivery.hook_id == hook_id)
    if status is not None:
        query = query.where(HookDelivery.status == status)
    if before is not None:
        query = query.where(tuple_(HookDelivery.received_at, HookDelivery.id) < before)
    newest = (HookDelivery.received_at.desc(), HookDelivery.id.desc())
    return list(await session.scalars(query.order_by(*newest).limit(limit)))
