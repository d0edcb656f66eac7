"""Publishing: from a text to a version that never changes."""

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import FaultProblem, RequestError, not_found
from api.requests import decode_cursor, encode_cursor
from api.workflows import repository
from api.workflows.models import (
    PublishedVersion,
    VersionDetail,
    VersionSummary,
    WorkflowDetail,
    WorkflowPage,
    WorkflowSummary,
)
from api.workflows.version_cache import VersionCache
from db.session import Database
from db.tables import Workflow, WorkflowVersion
from engine.blob_store import store_plan
from schemas.compiler import Compiled, compile_document
from schemas.errors import ErrorCode
from schemas.faults import Fault
from schemas.plan import PinnedVersion, Plan, plan_hash
from schemas.yaml_source import Source, parse_source

_NOT_CONTENT: Final = ("layout", "notes")
_MAX_SLUG: Final = 100


@dataclass(frozen=True)
class Checked:
    """A document that was compiled."""

    document: Any
    plan: Plan | None
    faults: list[FaultProblem]


async def check_document(database: Database, workspace_id: UUID, body: bytes) -> Checked:
    """Compile the text of a document against the workflows that it refers to."""
    source = await asyncio.to_thread(parse_source, _text(body))
    if source.value is None and source.faults:
        return Checked(None, None, _problems(source, []))
    async with database.tenant(workspace_id) as session:
        pinned = await repository.find_pinned(session, workflow_references(source.value))
    compiled = await asyncio.to_thread(_compile, source.value, pinned)
    faults = _problems(source, compiled.faults)
    return Checked(source.value, None if faults else compiled.plan, faults)


async def publish(
    database: Database, versions: VersionCache, workspace_id: UUID, body: bytes, slug: str | None
) -> PublishedVersion:
    """Publish a document as the next version of its workflow, unless the newest has the same content.

    Raises:
        RequestError: `invalid_document` with all faults.
    """
    checked = await check_document(database, workspace_id, body)
    if checked.plan is None:
        message = f"The document has {len(checked.faults)} fault(s); nothing was published."
        raise RequestError(ErrorCode.INVALID_DOCUMENT, message, faults=checked.faults)
    slug = slug or slug_of(checked.plan.name)
    async with database.tenant(workspace_id) as session:
        published = await _publish(session, workspace_id, slug, checked.document, checked.plan)
    versions.forget_newest(workspace_id, slug)
    return published


def slug_of(name: str) -> str:
    """The slug of a workflow that was given none: its name in small Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_SLUG].rstrip("-")
    return slug or "workflow-" + hashlib.sha256(name.encode()).hexdigest()[:8]


def workflow_references(value: Any) -> Iterator[str]:
    """What the sub_workflow nodes in a raw document refer to, at any depth."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(top)
        elif isinstance(top, dict):
            stack.extend(top.values())
            config = top.get("with", top.get("config"))
            if top.get("kind") == "sub_workflow" and isinstance(config, dict):
                reference = config.get("workflow")
                if isinstance(reference, str):
                    yield reference


async def list_workflows(session: AsyncSession, cursor: str | None, limit: int) -> WorkflowPage:
    """A page of workflows."""
    after = decode_cursor(cursor, 1)[0] if cursor is not None else None
    rows = await repository.list_workflows(session, after, limit + 1)
    items = [_summary(workflow, version) for workflow, version in rows[:limit]]
    more = encode_cursor(items[-1].slug) if len(rows) > limit else None
    return WorkflowPage(items=items, next_cursor=more)


async def get_workflow(session: AsyncSession, slug: str) -> WorkflowDetail:
    """A workflow.

    Raises:
        RequestError: `not_found`.
    """
    workflow = await repository.find_workflow(session, slug)
    versions = await repository.list_versions(session, workflow.id) if workflow is not None else []
    if workflow is None or not versions:
        raise not_found("workflow", slug)
    summary = _summary(workflow, versions[0])
    return WorkflowDetail(**summary.model_dump(), versions=[_version(version) for version in versions])


async def get_version(session: AsyncSession, slug: str, number: int) -> VersionDetail:
    """A version.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_version(session, slug, number)
    if found is None:
        raise not_found("workflow version", f"{slug}@{number}")
    workflow, version = found
    return VersionDetail(
        **_version(version).model_dump(),
        slug=workflow.slug,
        name=workflow.name,
        input_schema=version.document.get("input") or {},
        document=version.document,
    )


async def _publish(
    session: AsyncSession, workspace_id: UUID, slug: str, document: dict[str, Any], plan: Plan
) -> PublishedVersion:
    workflow_id = await repository.upsert_workflow(session, workspace_id, slug, plan.name)
    newest = await repository.newest_version(session, workflow_id)
    unchanged = newest is not None and newest.plan_hash == plan_hash(plan) and _same(newest.document, document)
    if newest is not None and unchanged:
        return _published(slug, plan.name, newest, created=False)
    stored = await store_plan(session, workspace_id, plan)
    number = 1 if newest is None else newest.version + 1
    version = await repository.add_version(session, workspace_id, workflow_id, number, document, stored)
    return _published(slug, plan.name, version, created=True)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {key: one[key] for key in one.keys() - _NOT_CONTENT} == {
        key: other[key] for key in other.keys() - _NOT_CONTENT
    }


def _compile(value: Any, pinned: dict[str, PinnedVersion]) -> Compiled:
    return compile_document(value, pinned=pinned)


def _problems(source: Source, faults: list[Fault]) -> list[FaultProblem]:
    return [
        FaultProblem(
            code=fault.code,
            node=fault.node,
            field=fault.field,
            message=fault.message,
            line=fault.line,
            column=fault.column,
        )
        for fault in source.place([*source.faults, *faults])
    ]


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(ErrorCode.INVALID_TEXT, f"The document is not UTF-8: byte {error.start}.") from error


def _published(slug: str, name: str, version: WorkflowVersion, *, created: bool) -> PublishedVersion:
    return PublishedVersion(
        slug=slug,
        name=name,
        version=version.version,
        version_id=version.id,
        plan_hash=version.plan_hash,
        created=created,
        created_at=version.created_at,
    )


def _summary(workflow: Workflow, newest: WorkflowVersion) -> WorkflowSummary:
    return WorkflowSummary(
        slug=workflow.slug,
        name=workflow.name,
        version=newest.version,
        created_at=workflow.created_at,
        published_at=newest.created_at,
    )


def _version(version: WorkflowVersion) -> VersionSummary:
    return VersionSummary(
        version=version.version,
        version_id=version.id,
        plan_hash=version.plan_hash,
        note=version.note,
        created_at=version.created_at,
    )
