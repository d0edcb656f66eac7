"""Erases a workspace: who may come in, what it may do elsewhere, its keys, and then all that it owns."""

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import func, select, text, update
from temporalio.service import RPCError, RPCStatusCode

from activities.knowledge.index import Shelf
from activities.privacy.executions import forget_executions
from activities.privacy.jobs import Job, Page, Tools, settle
from db import audit
from db.audit import Actor
from db.audit_chain import redact
from db.erasure import delete_rows, doomed_tables
from db.tables import Connection, Hook, Invitation, KnowledgeBase, Run, Schedule, ScimToken, SignOnProvider, Workspace
from engine.data_keys import destroy_keys
from engine.schedule_keeper import temporal_id

_RUNS: Final = 100
_MOST_LOOKS: Final = 24
"""How often it is looked whether providers were told; in ten minutes they answer, or not today."""
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two looks."""


async def erase_workspace_page(tools: Tools, job: Job) -> Page:
    """Do the next part; `_PHASES` says which there are."""
    page = Page(dict(job.progress), note=job.progress.get("left"))
    phase = page.progress.setdefault("phase", _ORDER[0])
    if not await _PHASES[phase](tools, job, page):
        after = _ORDER.index(phase) + 1
        if after < len(_ORDER):
            page.progress["phase"] = _ORDER[after]
        else:
            page.finished = True
        async with tools.database.system() as session:
            await settle(session, job, page)
    return page


async def _shut(tools: Tools, job: Job, page: Page) -> bool:
    """Nobody may come in any more, nothing may begin from outside, and no connection may be used."""
    async with tools.database.system() as session:
        await session.execute(text("DELETE FROM api_keys WHERE workspace_id = :w"), {"w": job.workspace_id})
        await session.execute(text("DELETE FROM memberships WHERE workspace_id = :w"), {"w": job.workspace_id})
    now = func.clock_timestamp()
    async with tools.database.tenant(job.workspace_id) as session:
        await session.execute(update(Hook).values(enabled=False))
        await session.execute(update(SignOnProvider).values(enabled=False))
        await session.execute(update(ScimToken).where(ScimToken.revoked_at.is_(None)).values(revoked_at=now))
        await session.execute(update(Invitation).where(Invitation.accepted_at.is_(None)).values(revoked_at=now))
        gone = update(Connection).where(Connection.deleted_at.is_(None)).values(deleted_at=now)
        await session.execute(gone)
    return False


async def _take_back(tools: Tools, job: Job, page: Page) -> bool:
    """Wait until providers were told that access has ended. That needs the keys, so they go afterwards."""
    async with tools.database.tenant(job.workspace_id) as session:
        left = await session.scalar(select(func.count()).where(Connection.sealed.is_not(None)))
    looks = page.progress["looks"] = page.progress.get("looks", 0) + 1
    page.note = page.progress["left"] = (
        f"{left} access(es) elsewhere could not be taken back; do so at the providers." if left else None
    )
    if not left or looks > _MOST_LOOKS:
        return False
    page.pause_seconds = min(2.0**looks, _LONGEST_PAUSE)
    async with tools.database.system() as session:
        await settle(session, job, page)
    return True


async def _destroy_keys(tools: Tools, job: Job, page: Page) -> bool:
    async with tools.database.system() as session:
        page.count("data_keys", await destroy_keys(session, job.workspace_id))
    return False


async def _delete_runs(tools: Tools, job: Job, page: Page) -> bool:
    wanted = select(Run.id, Run.attempt).where(Run.workspace_id == job.workspace_id).limit(_RUNS)
    async with tools.database.system() as session:
        found = [(row.id, row.attempt) for row in await session.execute(wanted)]
    if not found:
        return False
    await forget_executions(tools.temporal, found)
    gone = text("DELETE FROM runs WHERE workspace_id = :workspace AND id = ANY(:ids)")
    async with tools.database.system() as session:
        await session.execute(gone, {"workspace": job.workspace_id, "ids": [run_id for run_id, _ in found]})
        page.count("runs", len(found))
        await settle(session, job, page)
    return True


async def _delete_schedules(tools: Tools, job: Job, page: Page) -> bool:
    async with tools.database.system() as session:
        found = (await session.scalars(select(Schedule.id).where(Schedule.workspace_id == job.workspace_id))).all()
    for schedule_id in found:
        try:
            await tools.temporal.get_schedule_handle(temporal_id(schedule_id)).delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    return False


async def _drop_vectors(tools: Tools, job: Job, page: Page) -> bool:
    async with tools.database.system() as session:
        bases = (
            await session.scalars(select(KnowledgeBase).where(KnowledgeBase.workspace_id == job.workspace_id))
        ).all()
    for base in bases:
        await tools.index.drop(Shelf(job.workspace_id, base.id, base.dimensions))
    return False


async def _delete_rows(tools: Tools, job: Job, page: Page) -> bool:
    # What had begun just before may have begun something itself.
    if await _delete_runs(tools, job, page):
        return True
    for table in doomed_tables():
        async with tools.database.system() as session:
            number = await delete_rows(session, table.name, job.workspace_id)
            if number:
                page.count(table.name, number)
                await settle(session, job, page)
                return True
    return False


async def _blank(tools: Tools, job: Job, page: Page) -> bool:
    """The audit log keeps ids and times; names, addresses and contents go."""
    async with tools.database.system() as session:
        if number := await redact(session, job.workspace_id):
            page.count("audit_log", number)
            await settle(session, job, page)
            return True
        actor = Actor(job.workspace_id, "system", None, "system")
        audit.record(session, actor, "workspace.erased", ("workspace", job.workspace_id))
        blank = update(Workspace).where(Workspace.id == job.workspace_id)
        await session.execute(blank.values(name="Erased workspace", slug=f"erased-{job.workspace_id}"))
    return False


_PHASES: Final[dict[str, Callable[[Tools, Job, Page], Awaitable[bool]]]] = {
    "access": _shut,
    "connections": _take_back,
    "keys": _destroy_keys,
    "schedules": _delete_schedules,
    "runs": _delete_runs,
    "vectors": _drop_vectors,
    "rows": _delete_rows,
    "audit": _blank,
}
"""Each gives whether it has more to do."""

_ORDER: Final = tuple(_PHASES)
