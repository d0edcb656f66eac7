"""Finding a slug for a new workflow."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError
from api.workflows import repository
from api.workflows.documents import MAX_SLUG
from db.tables import Workflow
from schemas.agent_documents import WorkflowType
from schemas.errors import ErrorCode


async def insert_under_free_slug(
    session: AsyncSession,
    workspace_id: UUID,
    *,
    slug: str | None,
    wanted: str,
    name: str,
    description: str | None,
    tags: Iterable[str],
    workflow_type: WorkflowType,
) -> Workflow:
    """Create a workflow under the slug that the caller chose, else under `wanted` or `wanted-2`, `wanted-3`, ….

    Raises:
        RequestError: `conflict` if the chosen slug is taken.
    """
    while True:
        free = slug or await _free(session, wanted)
        made = await repository.insert_workflow(
            session, workspace_id, free, name, description=description, tags=tags, workflow_type=workflow_type
        )
        if made is not None:
            return made
        if slug is not None:
            message = f"There is a workflow or agent {slug!r} already; choose another slug."
            raise RequestError(ErrorCode.CONFLICT, message, details={"slug": slug})


async def _free(session: AsyncSession, wanted: str) -> str:
    taken = set(await session.scalars(select(Workflow.slug).where(Workflow.slug.startswith(wanted[: MAX_SLUG - 8]))))
    number, free = 1, wanted
    while free in taken:
        number += 1
        end = f"-{number}"
        free = wanted[: MAX_SLUG - len(end)] + end
    return free
