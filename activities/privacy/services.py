"""The activities `privacy_page` and `queue_retention`."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.knowledge.index import VectorIndex
from activities.privacy.erasure import erase_person_page
from activities.privacy.export import export_page
from activities.privacy.jobs import Job, Page, Tools, begin, fail
from activities.privacy.retention import retention_page
from activities.privacy.workspace_erasure import erase_workspace_page
from db.audit import Actor
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import PrivacyJob, RetentionRule
from schemas.errors import PerdureError
from schemas.privacy import JobKind, PrivacyOrder, PrivacyProgress

_PAGES: Final[Mapping[JobKind, Callable[[Tools, Job], Awaitable[Page]]]] = {
    JobKind.RETENTION: retention_page,
    JobKind.EXPORT: export_page,
    JobKind.ERASE_PERSON: erase_person_page,
    JobKind.ERASE_WORKSPACE: erase_workspace_page,
}


PAGE_SECONDS: Final = 5.0


class PrivacyServices:
    """Carries out the jobs.

    Args:
        database: Where everything is.
        index: Where vectors are.
    """

    def __init__(self, database: Database, index: VectorIndex) -> None:
        self._database = database
        self._index = index

    @activity.defn(name="privacy_page")
    async def privacy_page(self, order: PrivacyOrder) -> PrivacyProgress:
        """Do the next part of a job, and tell whether any is left."""
        try:
            async with heartbeats():
                return await self._page(order)
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    @activity.defn(name="queue_retention")
    async def queue_retention(self) -> int:
        """Write down a job for every workspace that has rules; how many. The starter begins them."""
        rules = select(RetentionRule.workspace_id).distinct()
        async with self._database.system() as session:
            workspaces = (await session.scalars(rules)).all()
            for workspace_id in workspaces:
                actor = Actor(workspace_id, "system", None, "retention")
                job = insert(PrivacyJob).values(
                    workspace_id=workspace_id, kind=JobKind.RETENTION, created_by=actor.described()
                )
                # One that has not ended from the day before goes on instead.
                await session.execute(job.on_conflict_do_nothing())
        return len(workspaces)

    async def _page(self, order: PrivacyOrder) -> PrivacyProgress:
        """Parts until the page is full, so that many small ones need not each be an activity."""
        until = time.monotonic() + PAGE_SECONDS
        while True:
            progress = await self._part(order)
            if progress.finished or progress.pause_seconds > 0 or time.monotonic() >= until:
                return progress

    async def _part(self, order: PrivacyOrder) -> PrivacyProgress:
        job_id = UUID(order.job_id)
        async with self._database.tenant(order.workspace_id) as session:
            job = await begin(session, job_id)
        if job is None:
            return PrivacyProgress(workspace_id=order.workspace_id, finished=True)
        tools = Tools(self._database, self._index, activity.client())
        try:
            page = await _PAGES[job.kind](tools, job)
        except PerdureError as error:
            if error.info.reaction.retryable:
                raise
            async with self._database.tenant(order.workspace_id) as session:
                await fail(session, job_id, error.info.message)
            return PrivacyProgress(workspace_id=order.workspace_id, finished=True)
        return PrivacyProgress(
            workspace_id=order.workspace_id, finished=page.finished, pause_seconds=page.pause_seconds
        )
