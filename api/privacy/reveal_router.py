"""Routes that show a masked value for a reason; each is audited."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CurrentCaller
from api.approvals.router import ApprovalId
from api.errors import not_found
from api.privacy import models
from api.requests import router as feature_router
from api.runs.parameters import RunId
from api.services import CurrentServices
from db import audit
from db.tables import Approval, Run, Step

router = feature_router("privacy")


@router.post("/v1/runs/{run_id}/reveal", operation_id="reveal_step")
async def reveal_step(
    services: CurrentServices, caller: CurrentCaller, run_id: RunId, body: models.RevealStep
) -> models.Revealed:
    """A field of a run or of one of its steps as it is; who looked, and why, is in the audit log."""
    async with services.database.tenant(caller.workspace_id) as session:
        run = await session.get(Run, run_id)
        if run is None:
            raise not_found("run", run_id)
        row: Run | Step = run if body.path is None else await _step(session, run_id, body.path, body.iteration)
        where = {"path": body.path, "iteration": body.iteration}
        _write_down(session, caller, ("run", run_id), body.field, body.reason, where)
        return models.Revealed(value=getattr(row, body.field))


@router.post("/v1/approvals/{approval_id}/reveal", operation_id="reveal_approval")
async def reveal_approval(
    services: CurrentServices, caller: CurrentCaller, approval_id: ApprovalId, body: models.RevealApproval
) -> models.Revealed:
    """A field of an approval as it is; who looked, and why, is in the audit log."""
    async with services.database.tenant(caller.workspace_id) as session:
        approval = await session.get(Approval, approval_id)
        if approval is None:
            raise not_found("approval", approval_id)
        edited = body.field == "payload" and approval.final_payload is not None
        value = approval.final_payload if edited else getattr(approval, body.field)
        _write_down(session, caller, ("approval", approval_id), body.field, body.reason, {})
        return models.Revealed(value=value)


async def _step(session: AsyncSession, run_id: UUID, path: str, iteration: int) -> Step:
    query = select(Step).where(Step.run_id == run_id, Step.path == path, Step.iteration == iteration)
    step = (await session.scalars(query)).one_or_none()
    if step is None:
        raise not_found("step", path)
    return step


def _write_down(
    session: AsyncSession, caller: Caller, subject: tuple[str, UUID], field: str, reason: str, where: dict[str, Any]
) -> None:
    after = {"field": field, "reason": reason, **where}
    audit.record(session, caller.actor, "personal_data.revealed", subject, after=after)
