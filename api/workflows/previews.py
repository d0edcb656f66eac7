"""What publishing a draft would do: what stays as it is, and which finished runs would have gone another way."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from api.services import Services
from api.workflows import preview_repository, repository
from api.workflows.documents import check_value, compare_documents, same_content
from api.workflows.lookup import check_revision, require_draft, require_workflow
from api.workflows.preview_models import (
    DivergingRun,
    NotCompared,
    NotComparedReason,
    OtherSettings,
    PreviewPublish,
    PublishPreview,
    RunsOnVersion,
)
from api.workflows.preview_repository import StoredRun
from db.tables import Step, WorkflowVersion
from schemas.document import OnError
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, RunStatus
from schemas.plan import Plan
from workflows.graph_run.comparison import Comparison, OutOfTimeError, RecordedRun, RecordedStep, compare_run

MAX_STEPS: Final = 2_000
MAX_BYTES: Final = 8 * 1024 * 1024
"""Of a run's recorded settings and outputs, as they are stored."""
MAX_SECONDS: Final = 5.0


async def preview_publish(services: Services, workspace_id: UUID, slug: str, body: PreviewPublish) -> PublishPreview:
    """What publishing the draft would do.

    Raises:
        RequestError: `not_found`, `stale_revision`.
    """
    async with services.database.tenant(workspace_id) as session:
        workflow = await require_workflow(session, slug)
        draft = await require_draft(session, workflow)
        if body.revision is not None:
            await check_revision(session, draft, body.revision)
        newest = await repository.newest_version(session, workflow.id)
        staying = await preview_repository.runs_by_version(session, workflow.id)
        finished = await preview_repository.finished_runs(session, workflow.id, body.runs)
    checked = await check_value(services.database, workspace_id, draft.document)
    study = _Study(services, workspace_id)
    if checked.plan is not None:
        await study.compare(checked.plan, finished)
    return PublishPreview(
        slug=slug,
        revision=draft.revision,
        newest_version=None if newest is None else newest.version,
        unchanged=newest is not None and await same_content(newest.document, draft.document),
        past_draft=newest is not None and newest.version != draft.base_version,
        faults=checked.faults,
        diff=None if newest is None else await compare_documents(newest.document, draft.document),
        staying=[RunsOnVersion(version=version, runs=runs, approvals=asked) for version, runs, asked in staying],
        compared=study.compared,
        diverging=study.diverging,
        other_settings=[OtherSettings(node=node, runs=runs) for node, runs in study.other_settings.most_common()],
        not_compared=[NotCompared(reason=reason, runs=runs) for reason, runs in study.left_out.items()],
    )


class _Study:
    """Sends finished runs through a plan, one after the other, until the time is over."""

    def __init__(self, services: Services, workspace_id: UUID) -> None:
        self._services = services
        self._workspace_id = workspace_id
        self._deadline = time.monotonic() + MAX_SECONDS
        self.compared = 0
        self.diverging: list[DivergingRun] = []
        self.other_settings: Counter[str] = Counter()
        self.left_out: Counter[NotComparedReason] = Counter()

    async def compare(self, plan: Plan, finished: Sequence[StoredRun]) -> None:
        """Compare each of the runs, the newest first."""
        for stored in finished:
            if (reason := await self._one(plan, stored)) is not None:
                self.left_out[reason] += 1

    async def _one(self, plan: Plan, stored: StoredRun) -> NotComparedReason | None:
        if self._expired():
            return NotComparedReason.OUT_OF_TIME
        if stored.steps > MAX_STEPS or stored.size > MAX_BYTES:
            return NotComparedReason.TOO_LARGE
        async with self._services.database.tenant(self._workspace_id) as session:
            given = await preview_repository.input_of(session, stored.run.id)
            steps = await preview_repository.root_steps(session, stored.run.id)
        if any(step.status == NodeStatus.COMPENSATED for step in steps) and stored.run.attempt > 1:
            return NotComparedReason.REDONE
        recorded = _recorded(stored, given, steps)
        try:
            comparison = await asyncio.to_thread(compare_run, plan, recorded, self._expired)
        except OutOfTimeError:
            return NotComparedReason.OUT_OF_TIME
        self._note(stored, comparison)
        return None

    def _note(self, stored: StoredRun, comparison: Comparison) -> None:
        self.compared += 1
        self.other_settings.update(set(comparison.other_settings))
        parting = comparison.divergence
        if parting is not None:
            self.diverging.append(
                DivergingRun(
                    run_id=stored.run.id,
                    version=stored.version.version,
                    status=RunStatus(stored.run.status),
                    node=parting.node,
                    iteration=parting.iteration,
                    reason=parting.reason,
                    message=parting.message,
                )
            )

    def _expired(self) -> bool:
        return time.monotonic() > self._deadline


def _recorded(stored: StoredRun, given: object, steps: Sequence[Step]) -> RecordedRun:
    run = stored.run
    began = run.started_at or run.created_at
    return RecordedRun(
        status=RunStatus(run.status),
        input=given,
        run={"id": str(run.id), "started_at": began.isoformat(), "attempt": run.attempt},
        workspace={"id": str(run.workspace_id)},
        steps={(step.path, step.iteration): _step(step) for step in steps},
        nodes=_nodes(stored.version),
    )


def _step(step: Step) -> RecordedStep:
    return RecordedStep(
        kind=step.kind,
        status=NodeStatus(step.status),
        port=step.port,
        input=step.input,
        output=step.output,
        error=None if step.error is None else ErrorInfo.model_validate(step.error),
    )


def _nodes(version: WorkflowVersion) -> dict[str, OnError]:
    """Nodes of the root graph of a published version, which are sound."""
    return {node["id"]: OnError(node.get("on_error") or OnError.FAIL) for node in version.document["nodes"]}
