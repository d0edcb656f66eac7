"""Versions that runs are started of, kept in memory: a start needs no query for them.

A version never changes, so an entry by number is true for ever. Which version is the newest may change at any time in
another process; the statement that inserts a run checks it, and a stale entry is dropped (`forget_newest`).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select

from api.errors import RequestError, not_found
from api.json_schema import ValueSchema
from db.session import Database
from db.tables import Workflow, WorkflowVersion
from engine.run_orders import plan_reference
from schemas.agent_documents import WorkflowType
from schemas.errors import ErrorCode
from schemas.messages import PlanRef

MAX_VERSION: Final = 2**31 - 1
_MAX_ENTRIES: Final = 2_000

_Key = tuple[UUID, str, int | None]


@dataclass(frozen=True)
class KnownVersion:
    """What starting a run needs to know of a version."""

    workflow_id: UUID
    version_id: UUID
    slug: str
    name: str
    version: int
    plan: PlanRef
    input_schema: ValueSchema
    type: WorkflowType


class VersionCache:
    """LRU of versions by workspace, slug and number; the number `None` stands for the newest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: OrderedDict[_Key, KnownVersion] = OrderedDict()

    async def get(self, workspace_id: UUID, slug: str, version: int | None) -> KnownVersion:
        """The version, from memory if it is there.

        Raises:
            RequestError: `not_found`, `conflict` if the workflow is archived or was never published.
        """
        key = (workspace_id, slug, version)
        if (known := self._entries.get(key)) is not None:
            self._entries.move_to_end(key)
            return known
        known = await self._load(workspace_id, slug, version)
        self._entries[key] = known
        if len(self._entries) > _MAX_ENTRIES:
            self._entries.popitem(last=False)
        return known

    def forget_newest(self, workspace_id: UUID, slug: str) -> None:
        """Something newer was published."""
        self._entries.pop((workspace_id, slug, None), None)

    def forget(self, workspace_id: UUID, slug: str) -> None:
        """The workflow was archived or brought back."""
        for key in [key for key in self._entries if key[:2] == (workspace_id, slug)]:
            del self._entries[key]

    async def _load(self, workspace_id: UUID, slug: str, version: int | None) -> KnownVersion:
        query = (
            select(Workflow, WorkflowVersion)
            .outerjoin(
                WorkflowVersion,
                and_(
                    WorkflowVersion.workflow_id == Workflow.id,
                    WorkflowVersion.version > 0 if version is None else WorkflowVersion.version == version,
                ),
            )
            .where(Workflow.slug == slug)
            .order_by(WorkflowVersion.version.desc())
            .limit(1)
        )
        async with self._database.tenant(workspace_id) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            raise not_found("workflow", slug)
        workflow, found = row
        _refuse_unstartable(workflow, found, version)
        return KnownVersion(
            workflow_id=found.workflow_id,
            version_id=found.id,
            slug=slug,
            name=workflow.name,
            version=found.version,
            plan=plan_reference(found),
            input_schema=ValueSchema(found.document.get("input") or {}),
            type=WorkflowType(workflow.type),
        )


def _refuse_unstartable(workflow: Workflow, found: WorkflowVersion | None, version: int | None) -> None:
    if workflow.archived_at is not None:
        message = f"The workflow {workflow.slug!r} is archived and starts no runs; unarchive it first."
        raise RequestError(ErrorCode.CONFLICT, message)
    if version == 0:
        message = f"This was a test of a draft of {workflow.slug!r}; start another test instead."
        raise RequestError(ErrorCode.CONFLICT, message)
    if found is None and version is None:
        message = f"The workflow {workflow.slug!r} has no version yet; publish its draft first."
        raise RequestError(ErrorCode.CONFLICT, message)
    if found is None:
        raise not_found("workflow", f"{workflow.slug}@{version}")


def check_version_number(version: int) -> None:
    """Refuse numbers that no version can have.

    Raises:
        RequestError: `not_found`.
    """
    if not 1 <= version <= MAX_VERSION:
        raise RequestError(ErrorCode.NOT_FOUND, f"There is no version {version}.")
