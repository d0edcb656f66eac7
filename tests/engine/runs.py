"""Rows of runs for engine tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from db.session import Database
from db.tables import Run, WorkflowVersion
from engine.blob_store import store_plan
from tests.support.plans import stub_plan
from tests.support.workspaces import new_version


def ago(seconds: float) -> datetime:
    """A moment in the past."""
    return datetime.now(UTC) - timedelta(seconds=seconds)


async def pending_run(database: Database, workspace_id: UUID, *, text: str = "", **columns: Any) -> Run:
    """A pending run of a version whose plan is stored."""
    version = await new_version(database, workspace_id)
    async with database.tenant(workspace_id) as session:
        plan = await store_plan(session, workspace_id, stub_plan(text=text))
        # Versions are never changed, so a second one carries the plan.
        stored = WorkflowVersion(
            id=uuid4(),
            workspace_id=workspace_id,
            workflow_id=version.workflow_id,
            version=2,
            document=version.document,
            plan_hash=plan.plan_hash,
            blob_hash=plan.blob_hash,
            blob_size=plan.size,
        )
        session.add(stored)
        await session.flush()
        run = Run(
            id=uuid4(), workspace_id=workspace_id, workflow_id=version.workflow_id, version_id=stored.id, **columns
        )
        session.add(run)
        return run


async def read_run(database: Database, run: Run) -> Run:
    """The row as it is now."""
    async with database.tenant(run.workspace_id) as session:
        return await session.get_one(Run, run.id)
