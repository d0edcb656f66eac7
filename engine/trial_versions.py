"""Plans that are run without being published: drafts that are tried out, and plans that models write."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Workflow, WorkflowVersion
from schemas.messages import PlanRef


async def keep_trial(
    session: AsyncSession, workflow: Workflow, document: dict[str, Any], plan: PlanRef, *, author: str
) -> UUID:
    """The row of a draft that is tried out: version 0, one for all drafts with the same plan."""
    row = insert(WorkflowVersion).values(
        id=uuid4(),
        workspace_id=workflow.workspace_id,
        workflow_id=workflow.id,
        version=0,
        document=document,
        plan_hash=plan.plan_hash,
        blob_hash=plan.blob_hash,
        blob_size=plan.size,
        author=author,
        trial=plan.plan_hash,
    )
    await session.execute(row.on_conflict_do_nothing())
    kept = select(WorkflowVersion.id).where(
        WorkflowVersion.workflow_id == workflow.id,
        WorkflowVersion.version == 0,
        WorkflowVersion.trial == plan.plan_hash,
    )
    return (await session.scalars(kept)).one()
