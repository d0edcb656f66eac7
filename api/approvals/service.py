"""Deciding: one answer counts, and whoever comes later hears which."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.approvals import models, repository
from api.approvals.describing import REFUSALS, describe, describe_whole, voter_of
from api.approvals.interventions import problems_of
from api.errors import RequestError, not_found
from api.json_schema import ValueSchema
from db import audit
from db.approvals.handing import already_decided
from db.approvals.settling import PENDING
from db.approvals.voting import KEEP, Answer, entitled, vote
from db.masks import view_mask
from db.session import Database
from db.tables import Approval
from schemas.approvals import REJECTED, SKIPPED
from schemas.errors import ErrorCode, PerdureError


async def get_approval(session: AsyncSession, caller: Caller, approval_id: UUID) -> models.ApprovalDetail:
    """An approval.

    Raises:
        RequestError: `not_found`.
    """
    return await describe_whole(session, await find(session, approval_id), caller)


async def decide_approval(
    session: AsyncSession, caller: Caller, approval_id: UUID, body: models.DecideApproval
) -> models.Approval:
    """Answer, if nobody has settled it.

    Raises:
        PerdureError: `not_found`; `invalid_request` for an unknown decision or a missing reason; `invalid_form` with
            all errors; `already_decided` with the decision that stands; and as `db.approvals.voting.vote`.
    """
    approval = await find(session, approval_id)
    if approval.status != PENDING:
        raise already_decided(approval)
    await entitled(session, approval, voter_of(caller))  # first of all: who may not answer is not told what is wrong
    _check(approval, body)
    answer = Answer(
        decision=body.decision,
        digest=body.digest,
        data=body.data,
        reason=body.reason,
        payload=KEEP if body.payload is None else await _as_meant(session, caller, approval, body.payload),
    )
    verdict = await vote(session, approval_id, answer, voter_of(caller), caller.actor)
    if not verdict.won:
        raise already_decided(verdict.approval)
    # Without the form's data, which may hold what only the workflow should see; the approval itself keeps it.
    after = {
        "decision": body.decision,
        "reason": body.reason,
        "run_id": str(approval.run_id),
        "digest": body.digest,
        "final": verdict.final,
    }
    audit.record(session, caller.actor, "approval.decided", ("approval", approval_id), after=after)
    return describe(verdict.approval)


async def find(session: AsyncSession, approval_id: UUID) -> Approval:
    """A request.

    Raises:
        RequestError: `not_found`.
    """
    approval = await repository.find_approval(session, approval_id)
    if approval is None:
        raise not_found("approval", approval_id)
    return approval


@asynccontextmanager
async def answering(database: Database, caller: Caller, approval_id: UUID, what: str) -> AsyncIterator[AsyncSession]:
    """A transaction in which somebody acts on a request; a refusal is written into the audit log after it.

    Args:
        database: Where it is.
        caller: Who acts.
        approval_id: The request.
        what: What they want, such as `decide`.
    """
    try:
        async with database.tenant(caller.workspace_id) as session:
            yield session
    except PerdureError as refusal:
        if refusal.code in REFUSALS:
            async with database.tenant(caller.workspace_id) as session:
                after = {"wanted": what, "code": refusal.code.value}
                audit.record(session, caller.actor, "approval.refused", ("approval", approval_id), after=after)
        raise


async def _as_meant(session: AsyncSession, caller: Caller, approval: Approval, payload: Any) -> Any:
    """The payload that somebody edited who saw it masked: what is as it was shown stays as it is."""
    mask = None if caller.may(Permission.PERSONAL_READ) else await view_mask(session)
    current = approval.payload if approval.final_payload is None else approval.final_payload
    return payload if mask is None else mask.restored(payload, current)


def _check(approval: Approval, body: models.DecideApproval) -> None:
    options = {option.name: option for option in describe(approval).decisions}
    if body.decision not in options:
        message = f"{body.decision!r} is not a way to answer; choose one of {', '.join(options)}."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, details={"allowed": list(options)})
    if options[body.decision].needs_reason and not (body.reason or "").strip():
        message = f"`reason`: say why you choose {options[body.decision].label!r}."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    if approval.purpose != "approval":
        if problems := problems_of(approval, body.decision, body.data):
            raise RequestError(ErrorCode.INVALID_FORM, f"The data have {len(problems)} error(s).", errors=problems)
        return
    # Whoever says no need not fill in the form.
    if approval.form is None or (body.decision in (REJECTED, SKIPPED) and body.data is None):
        return
    if problems := ValueSchema(approval.form).problems(body.data):
        message = f"The form has {len(problems)} error(s)."
        raise RequestError(ErrorCode.INVALID_FORM, message, errors=problems)
