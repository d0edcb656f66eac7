"""Rows of runs for engine tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client

from db.session import Database
from db.tables import Run, WorkflowVersion
from engine.blob_store import store_plan
from engine.starting import RPC_TIMEOUT
from schemas.messages import GRAPH_RUN, RUNS_QUEUE, ParentLink, PlanRef, RunInput
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


async def start_child(
    client: Client, database: Database, run: Run, child_id: str, link: ParentLink | None = None
) -> None:
    """Start a workflow below that of a run."""
    async with database.tenant(run.workspace_id) as session:
        version = await session.get_one(WorkflowVersion, run.version_id)
    plan = PlanRef(
        workspace_id=str(run.workspace_id),
        plan_hash=version.plan_hash,
        blob_hash=version.blob_hash,
        size=version.blob_size,
    )
    message = RunInput(workspace_id=str(run.workspace_id), run_id=str(run.id), plan_ref=plan, parent=link)
    await client.start_workflow(
        GRAPH_RUN, args=[plan, message], id=child_id, task_queue=RUNS_QUEUE, rpc_timeout=RPC_TIMEOUT
    )
