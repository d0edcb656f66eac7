"""Versions: listed, shown, compared, exported."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.requests import bad_cursor, decode_cursor, encode_cursor
from api.workflows import repository
from api.workflows.documents import compare_documents
from api.workflows.lookup import require_draft, require_version, require_workflow
from api.workflows.models import VersionDetail, VersionDiff, VersionPage, VersionSummary
from db.tables import Workflow, WorkflowVersion

DRAFT: Final = "draft"


async def list_versions(session: AsyncSession, slug: str, cursor: str | None, limit: int) -> VersionPage:
    """A page of versions, the newest first.

    Raises:
        RequestError: `not_found`.
    """
    workflow = await require_workflow(session, slug)
    before = None if cursor is None else _number(decode_cursor(cursor, 1)[0])
    rows = await repository.list_versions(session, workflow.id, before=before, limit=limit + 1)
    more = encode_cursor(str(rows[limit - 1].version)) if len(rows) > limit else None
    return VersionPage(items=[summarize(version) for version in rows[:limit]], next_cursor=more)


async def get_version(session: AsyncSession, slug: str, number: int) -> VersionDetail:
    """A version.

    Raises:
        RequestError: `not_found`.
    """
    workflow = await require_workflow(session, slug)
    version = await require_version(session, workflow, number)
    return VersionDetail(
        **summarize(version).model_dump(),
        slug=workflow.slug,
        name=version.document.get("name") or workflow.name,
        input_schema=version.document.get("input") or {},
        document=version.document,
    )


async def diff_versions(session: AsyncSession, slug: str, before: str, after: str) -> VersionDiff:
    """What differs between two versions, or a version and the draft.

    Raises:
        RequestError: `not_found`.
    """
    workflow = await require_workflow(session, slug)
    one = await document_of(session, workflow, before)
    other = await document_of(session, workflow, after)
    return VersionDiff(before=before, after=after, diff=await compare_documents(one, other))


async def document_of(session: AsyncSession, workflow: Workflow, version: str | None) -> dict[str, Any]:
    """The document of a version, or of the draft; of the newest version if none is named, else of the draft.

    Raises:
        RequestError: `not_found`.
    """
    found: dict[str, Any]
    if version is None:
        newest = await repository.newest_version(session, workflow.id)
        found = (newest or await require_draft(session, workflow)).document
    elif version == DRAFT:
        found = (await require_draft(session, workflow)).document
    else:
        found = (await require_version(session, workflow, int(version))).document
    return found


def summarize(version: WorkflowVersion) -> VersionSummary:
    """A version without its document."""
    return VersionSummary(
        version=version.version,
        version_id=version.id,
        plan_hash=version.plan_hash,
        note=version.note,
        author=version.author,
        created_at=version.created_at,
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise bad_cursor()
    return int(text)
