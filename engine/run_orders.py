"""What it takes to start the workflow of a run, as data: known to the API at once, or loaded from the row."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.snapshots import unpack_snapshot
from db.tables import Run, Workflow, WorkflowVersion
from engine.telemetry import TRACEPARENT
from schemas.messages import Pins, PlanRef, RunEdit, RunInput

LARGE_PLAN_BYTES: Final = 200_000
"""Stored size of a plan of about 500 nodes; above it the first workflow task may take seconds."""


@dataclass(frozen=True)
class RunOrder:
    """A run that is to be started."""

    workflow_name: str
    run: RunInput
    traceparent: str | None = None
    """Trace of the request that asked for the run."""

    @property
    def large(self) -> bool:
        """Whether the plan is so large that loading it takes time."""
        return self.run.plan_ref.size > LARGE_PLAN_BYTES


async def load_order(session: AsyncSession, run_id: UUID) -> RunOrder | None:
    """The order of a run that waits for its start; nothing if it was started already or does not exist."""
    waiting = (
        select(Run, WorkflowVersion, Workflow)
        .join(WorkflowVersion, Run.version_id == WorkflowVersion.id)
        .join(Workflow, Run.workflow_id == Workflow.id)
        .where(Run.id == run_id, Run.status == "pending", Run.dispatched_at.is_(None))
    )
    row = (await session.execute(waiting)).one_or_none()
    if row is None:
        return None
    run, version, workflow = row
    trace = (run.started_by or {}).get(TRACEPARENT)
    return RunOrder(workflow.name, _input(run, workflow.slug, plan_reference(version)), trace)


def plan_reference(version: WorkflowVersion) -> PlanRef:
    """Where the plan of a version is stored."""
    return PlanRef(
        workspace_id=str(version.workspace_id),
        plan_hash=version.plan_hash,
        blob_hash=version.blob_hash,
        size=version.blob_size,
    )


def _input(run: Run, slug: str, plan: PlanRef) -> RunInput:
    edit = RunEdit.model_validate(run.edit) if run.edit is not None else None
    return RunInput(
        workspace_id=str(run.workspace_id),
        run_id=str(run.id),
        run_attempt=run.attempt,
        plan_ref=plan,
        input=run.input,
        # A row keeps its last snapshot for good; only a retry or a fork goes on from it.
        snapshot=unpack_snapshot(run.snapshot) if edit is not None and run.snapshot is not None else None,
        edit=edit,
        pins=Pins.model_validate(run.pinned) if run.pinned else None,
        workflow=slug,
    )
