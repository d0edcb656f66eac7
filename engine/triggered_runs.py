"""Starts runs for triggers, within the transaction that writes down why."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import Actor
from db.json_text import to_json
from db.tables import Workflow, WorkflowVersion
from engine.input_schema import InputSchema
from engine.run_creation import NewRun, create_run_within
from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_INPUT_BYTES


@dataclass(frozen=True)
class Target:
    """What a trigger starts."""

    workflow_id: UUID
    version: int | None
    """Nothing for the newest."""


@dataclass(frozen=True)
class TriggeredRun:
    """A run that a trigger starts.

    Args:
        actor: The trigger, as the run names who started it.
        target: What is started.
        input: Its input.
        key: The same key starts the same run.
        trigger: Kind of trigger.
    """

    actor: Actor
    target: Target
    input: Any
    key: str
    trigger: str


def run_key(kind: str, trigger_id: UUID, occasion: str) -> str:
    """Idempotency key of a triggered run; with spaces, which no caller's key can have."""
    return f"{kind} {trigger_id} {occasion}"


async def start_triggered(session: AsyncSession, run: TriggeredRun) -> UUID:
    """Insert a run; the dispatcher starts it after the commit.

    Raises:
        PerdureError: `conflict` if nothing can be started, `invalid_input`, `body_too_large`, `quota_exceeded`.
    """
    while True:
        version = await find_version(session, run.target)
        text = _checked_input(version, run.input)
        newest = version.version if run.target.version is None else None
        new = NewRun(
            run.actor, uuid4(), version.workflow_id, version.id, newest, text, run.key, run.key, trigger=run.trigger
        )
        created = await create_run_within(session, new)
        if created.outcome != "stale":
            return created.run_id


async def find_version(session: AsyncSession, target: Target) -> WorkflowVersion:
    """The version that a trigger starts now.

    Raises:
        PerdureError: `conflict` if the workflow is archived, or has no such version.
    """
    query = select(WorkflowVersion, Workflow.archived_at, Workflow.slug).join(
        Workflow, Workflow.id == WorkflowVersion.workflow_id
    )
    wanted = WorkflowVersion.version > 0 if target.version is None else WorkflowVersion.version == target.version
    newest = query.where(WorkflowVersion.workflow_id == target.workflow_id, wanted).order_by(
        WorkflowVersion.version.desc()
    )
    row = (await session.execute(newest.limit(1))).one_or_none()
    if row is None:
        raise PerdureError(ErrorCode.CONFLICT, "The workflow of this trigger has no such version; publish it first.")
    version, archived_at, slug = row
    if archived_at is not None:
        raise PerdureError(ErrorCode.CONFLICT, f"The workflow {slug!r} is archived and starts no runs.")
    found: WorkflowVersion = version
    return found


def _checked_input(version: WorkflowVersion, value: Any) -> str:
    if misfits := InputSchema(version.document.get("input") or {}).misfits(value):
        listed = "; ".join(f"{one.place or '/'}: {one.message}" for one in misfits[:5])
        message = f"The input does not fit the schema of version {version.version}: {listed}"
        errors = [{"field": one.place, "message": one.message} for one in misfits[:20]]
        raise PerdureError(ErrorCode.INVALID_INPUT, message, details={"errors": errors})
    text = to_json(value)
    if len(text.encode()) > MAX_INPUT_BYTES:
        message = f"The input of a run may have at most {MAX_INPUT_BYTES:,} bytes as JSON."
        raise PerdureError(ErrorCode.BODY_TOO_LARGE, message)
    return text
