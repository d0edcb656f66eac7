"""Versions that runs are started of, kept in memory: a start needs no query for them.

A version never changes, so an entry by number is true for ever. Which version is the newest may change at any time in
another process; the statement that inserts a run checks it, and a stale entry is dropped (`forget_newest`).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.errors import RequestError, not_found
from api.json_schema import ValueSchema
from db.session import Database
from db.tables import Workflow, WorkflowVersion
from engine.run_orders import plan_reference
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


class VersionCache:
    """LRU of versions by workspace, slug and number; the number `None` stands for the newest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: OrderedDict[_Key, KnownVersion] = OrderedDict()

    async def get(self, workspace_id: UUID, slug: str, version: int | None) -> KnownVersion:
        """The version, from memory if it is there.

        Raises:
            RequestError: `not_found`.
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

    async def _load(self, workspace_id: UUID, slug: str, version: int | None) -> KnownVersion:
        query = (
            select(Workflow.name, WorkflowVersion)
            .join(WorkflowVersion, WorkflowVersion.workflow_id == Workflow.id)
            .where(Workflow.slug == slug, Workflow.archived_at.is_(None))
            .order_by(WorkflowVersion.version.desc())
            .limit(1)
        )
        if version is not None:
            query = query.where(WorkflowVersion.version == version)
        async with self._database.tenant(workspace_id) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            raise not_found("workflow", slug if version is None else f"{slug}@{version}")
        name, found = row
        return KnownVersion(
            workflow_id=found.workflow_id,
            version_id=found.id,
            slug=slug,
            name=name,
            version=found.version,
            plan=plan_reference(found),
            input_schema=ValueSchema(found.document.get("input") or {}),
        )


def check_version_number(version: int) -> None:
    """Refuse numbers that no version can have.

    Raises:
        RequestError: `not_found`.
    """
    if not 1 <= version <= MAX_VERSION:
        raise RequestError(ErrorCode.NOT_FOUND, f"There is no version {version}.")
