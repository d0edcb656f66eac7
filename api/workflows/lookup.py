"""Finding what a request names: a workflow, its draft, a version; and refusing what cannot be changed."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.workflows import drafts_repository, repository
from api.workflows.documents import compare_documents
from api.workflows.draft_models import DraftConflict, DraftSide
from api.workflows.drafts_repository import StoredDraft
from api.workflows.version_cache import check_version_number
from db.tables import Workflow, WorkflowVersion
from schemas.agent_documents import AGENT_NODE, WorkflowType, is_agent_document
from schemas.errors import ErrorCode


async def require_workflow(session: AsyncSession, slug: str) -> Workflow:
    """A workflow to be read.

    Raises:
        RequestError: `not_found`.
    """
    workflow = await repository.find_workflow(session, slug)
    if workflow is None:
        raise not_found("workflow", slug)
    return workflow


async def lock_workflow(session: AsyncSession, slug: str) -> Workflow:
    """A workflow to be changed, locked until the transaction ends.

    Raises:
        RequestError: `not_found`.
    """
    workflow = await repository.lock_workflow(session, slug)
    if workflow is None:
        raise not_found("workflow", slug)
    return workflow


def refuse_archived(workflow: Workflow) -> None:
    """Refuse to work on a workflow that was put away.

    Raises:
        RequestError: `conflict`.
    """
    if workflow.archived_at is not None:
        message = f"The workflow {workflow.slug!r} is archived; unarchive it first."
        details = {"archived_at": workflow.archived_at.isoformat()}
        raise RequestError(ErrorCode.CONFLICT, message, details=details)


def refuse_other_shape(workflow: Workflow, document: Any) -> None:
    """Refuse a document that is more than an agent where an agent stands.

    Raises:
        RequestError: `invalid_document`.
    """
    if workflow.type == WorkflowType.AGENT and not is_agent_document(document):
        message = (
            f"{workflow.slug!r} is an agent: its document has one node {AGENT_NODE!r} of the kind {AGENT_NODE!r} and "
            "no other; make a workflow to have more."
        )
        raise RequestError(ErrorCode.INVALID_DOCUMENT, message)


async def require_draft(session: AsyncSession, workflow: Workflow) -> StoredDraft:
    """The draft of a workflow.

    Raises:
        RequestError: `not_found`.
    """
    draft = await drafts_repository.find_draft(session, workflow)
    if draft is None:
        raise not_found("draft of workflow", workflow.slug)
    return draft


async def require_version(session: AsyncSession, workflow: Workflow, number: int) -> WorkflowVersion:
    """A published version.

    Raises:
        RequestError: `not_found`.
    """
    check_version_number(number)
    version = await repository.find_version(session, workflow.id, number)
    if version is None:
        raise not_found("workflow version", f"{workflow.slug}@{number}")
    return version


async def check_revision(session: AsyncSession, draft: StoredDraft, expected: int) -> None:
    """Refuse to go on from a revision that is not the newest.

    Raises:
        RequestError: `stale_revision` with both sides.
    """
    if draft.revision == expected:
        return
    base = await drafts_repository.find_revision(session, draft.workflow, expected)
    conflict = DraftConflict(
        expected=expected,
        stored=_side(draft),
        base=None if base is None else _side(base),
        changes=None if base is None else await compare_documents(base.document, draft.document),
    )
    message = (
        f"The draft of {draft.workflow.slug!r} is at revision {draft.revision}, saved by {draft.saved_by}, and no "
        f"longer at {expected}; take over the changes and save on top of them."
    )
    raise RequestError(ErrorCode.STALE_REVISION, message, details=conflict.model_dump(mode="json"))


def _side(saved: Any) -> DraftSide:
    return DraftSide(revision=saved.revision, document=saved.document, saved_by=saved.saved_by, saved_at=saved.saved_at)
