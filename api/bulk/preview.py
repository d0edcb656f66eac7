"""Previews: what an operation would do, and to which runs exactly."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, case
from sqlalchemy.ext.asyncio import AsyncSession

from api.bulk import repository
from api.bulk.applicability import APPLIES, WHY_NOT, applicability
from api.bulk.models import MAX_RUNS, BulkEffect, BulkPreview, PreviewBulk
from api.bulk.repository import Group
from api.errors import RequestError
from api.runs.listing import conditions
from db.audit import Actor
from db.patience import within
from db.tables import BulkJob, Run
from engine.forking import Fork, check_nodes
from schemas.bulk import BulkOperation
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus

VALID: Final = timedelta(minutes=15)
"""For how long a preview can be started."""

PATIENCE: Final = 20.0
"""Seconds that each statement of a preview may take."""

MAX_VERSIONS: Final = 50
"""Versions whose runs may be forked at once; each is asked whether it has the node."""

_ADVICE: Final = "The filter means too many runs to look at; narrow it down, for example with `created_after`."
_ENDS_RUNS: Final = (BulkOperation.CANCEL, BulkOperation.TERMINATE)
_COSTS: Final = (BulkOperation.RETRY, BulkOperation.FORK)
_REFUSED: Final = "refused"


async def preview_bulk(session: AsyncSession, actor: Actor, body: PreviewBulk) -> BulkPreview:
    """Choose the runs of an operation and count what it would do.

    Raises:
        RequestError: `invalid_request` if it means too many runs.
        PerdureError: `invalid_request` if no version of the runs can be forked like that.
    """
    meant = [Run.id.in_(body.ids or ())] if body.filter is None else conditions(body.filter)
    now = datetime.now(UTC)
    job = BulkJob(
        id=uuid4(),
        workspace_id=actor.workspace_id,
        operation=body.operation,
        parameters={"reason": body.reason, "fork": None if body.fork is None else body.fork.model_dump(mode="json")},
        filter=_filter(body),
        preview={},
        total=0,
        created_by=actor.described(),
        created_at=now,
        expires_at=now + VALID,
    )
    session.add(job)
    await session.flush()
    async with within(session, PATIENCE, _ADVICE):
        refused = await _refused_versions(session, meant, body)
        applies = _with_refused(applicability(body.operation), refused)
        groups = await repository.choose_runs(session, job, meant, applies, MAX_RUNS)
        preview = await _preview(session, job, body, groups, refused)
    if preview.affected > MAX_RUNS:
        message = f"The operation applies to {preview.affected:,} runs; at most {MAX_RUNS:,} are handled at once."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, details={"runs": preview.affected, "limit": MAX_RUNS})
    job.total, job.preview = preview.affected, preview.model_dump(mode="json")
    return preview


async def _preview(
    session: AsyncSession, job: BulkJob, body: PreviewBulk, groups: Sequence[Group], refused: Mapping[UUID, str]
) -> BulkPreview:
    affected = [group for group in groups if group.applies == APPLIES]
    spent = float(sum(group.cost_usd for group in affected))
    ends = body.operation in _ENDS_RUNS
    matched, chosen = sum(group.runs for group in groups), sum(group.runs for group in affected)
    return BulkPreview(
        token=job.id,
        operation=body.operation,
        matched=matched,
        affected=chosen,
        skipped=matched - chosen,
        unknown=[] if body.ids is None else await repository.unknown_ids(session, body.ids),
        effects=_effects(groups, next(iter(refused.values()), None)),
        spent_usd=spent,
        lost_usd=spent if ends else 0.0,
        expected_usd=await _expected(session, affected, body.operation) if body.operation in _COSTS else 0.0,
        open_approvals=await repository.count_open_approvals(session, job.id) if ends else 0,
        child_runs=await repository.count_child_runs(session, job.id) if body.operation not in _COSTS else 0,
        at=job.created_at,
        expires_at=job.created_at + VALID,
    )


def _effects(groups: Sequence[Group], refusal: str | None) -> list[BulkEffect]:
    """Groups without their versions, in the order of statuses."""
    found: dict[tuple[str, str], BulkEffect] = {}
    for group in groups:
        known = found.get((group.status, group.applies))
        why = refusal if group.applies == _REFUSED else WHY_NOT.get(group.applies)
        found[group.status, group.applies] = BulkEffect(
            status=RunStatus(group.status),
            runs=group.runs + (0 if known is None else known.runs),
            cost_usd=float(group.cost_usd) + (0.0 if known is None else known.cost_usd),
            affected=group.applies == APPLIES,
            why=why,
        )
    order = list(RunStatus)
    return sorted(
        found.values(), key=lambda effect: (order.index(effect.status), not effect.affected, effect.why or "")
    )


async def _expected(session: AsyncSession, affected: Sequence[Group], operation: BulkOperation) -> float | None:
    """What further attempts or forks will cost; a retry does not pay again for what it has."""
    by_size = sorted(affected, key=lambda group: -group.runs)
    typical = await repository.typical_costs(session, list(dict.fromkeys(group.version_id for group in by_size)))
    priced = [group for group in affected if group.version_id in typical]
    if affected and not priced:
        return None
    kept = operation is BulkOperation.RETRY
    costs = (group.runs * typical[group.version_id] - (float(group.cost_usd) if kept else 0.0) for group in priced)
    return sum(max(0.0, cost) for cost in costs)


async def _refused_versions(
    session: AsyncSession, meant: Sequence[ColumnElement[bool]], body: PreviewBulk
) -> dict[UUID, str]:
    """Versions that cannot be forked as it is wanted, and why."""
    if body.fork is None:
        return {}
    versions = await repository.versions_of(session, meant, MAX_VERSIONS + 1)
    if len(versions) > MAX_VERSIONS:
        message = f"The runs are of more than {MAX_VERSIONS} versions; narrow the filter down to fewer."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    refused: dict[UUID, str] = {}
    for version_id, run in versions.items():
        try:
            await check_nodes(session, run, Fork(body.fork.node, body.fork.outputs))
        except PerdureError as error:
            refused[version_id] = error.info.message
    return refused


def _with_refused(applies: ColumnElement[Any], refused: Mapping[UUID, str]) -> ColumnElement[Any]:
    return case((Run.version_id.in_(list(refused)), _REFUSED), else_=applies) if refused else applies


def _filter(body: PreviewBulk) -> dict[str, Any]:
    if body.filter is not None:
        return body.filter.model_dump(mode="json", exclude_defaults=True)
    return {"ids": [str(one) for one in body.ids or ()]}
