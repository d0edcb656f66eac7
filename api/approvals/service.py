"""Deciding: one answer counts, and whoever comes later hears which."""

from typing import Any, Final, Literal, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.approvals import models, repository
from api.errors import RequestError, not_found
from api.json_schema import ValueSchema
from api.requests import decode_moment_cursor, encode_cursor
from db.approvals import Verdict, decide
from db.tables import Approval
from schemas.errors import ErrorCode

DECIDER: Final = "api"
"""Who decided, as long as there is one token for all; accounts replace it."""

_REJECTED: Final = "rejected"


async def list_approvals(
    session: AsyncSession, *, status: models.ApprovalStatus | None, run_id: UUID | None, cursor: str | None, limit: int
) -> models.ApprovalPage:
    """A page of approvals."""
    after = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_approvals(session, status=status, run_id=run_id, after=after, limit=limit + 1)
    items = [describe(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.ApprovalPage(items=items, next_cursor=more)


async def get_approval(session: AsyncSession, approval_id: UUID) -> models.Approval:
    """An approval.

    Raises:
        RequestError: `not_found`.
    """
    return describe(await _find(session, approval_id))


async def decide_approval(session: AsyncSession, approval_id: UUID, body: models.DecideApproval) -> models.Approval:
    """Decide, if nobody has.

    Raises:
        RequestError: `not_found`, `invalid_request` for an unknown decision, `invalid_form` with all errors, or
            `already_decided` with the decision that stands.
    """
    approval = await _find(session, approval_id)
    if approval.status != models.ApprovalStatus.PENDING:
        raise _already_decided(approval)
    _check_decision(approval, body)
    verdict: Verdict = await decide(session, approval_id, body.decision, data=body.data, reason=body.reason, by=DECIDER)
    if not verdict.won:
        raise _already_decided(verdict.approval)
    return describe(verdict.approval)


def describe(approval: Approval) -> models.Approval:
    """The row as the API shows it."""
    return models.Approval(
        id=approval.id,
        run_id=approval.run_id,
        run_attempt=approval.run_attempt,
        path=approval.path,
        iteration=approval.iteration,
        node_name=approval.node_name,
        purpose=cast("Literal['approval', 'intervention']", approval.purpose),
        title=approval.title,
        body=approval.body,
        payload=approval.payload,
        form=approval.form,
        decisions=[models.DecisionOption(name=name, label=label) for name, label in approval.decisions],
        status=models.ApprovalStatus(approval.status),
        decision=approval.decision,
        data=approval.data,
        reason=approval.reason,
        decided_by=approval.decided_by,
        decided_at=approval.decided_at,
        due_at=approval.due_at,
        created_at=approval.created_at,
    )


async def _find(session: AsyncSession, approval_id: UUID) -> Approval:
    approval = await repository.find_approval(session, approval_id)
    if approval is None:
        raise not_found("approval", approval_id)
    return approval


def _check_decision(approval: Approval, body: models.DecideApproval) -> None:
    allowed = [str(name) for name, _ in approval.decisions]
    if body.decision not in allowed:
        message = f"{body.decision!r} is not a way to answer; choose one of {', '.join(allowed)}."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, details={"allowed": allowed})
    # Whoever says no need not fill in the form.
    if approval.form is None or (body.decision == _REJECTED and body.data is None):
        return
    if problems := ValueSchema(approval.form).problems(body.data):
        message = f"The form has {len(problems)} error(s)."
        raise RequestError(ErrorCode.INVALID_FORM, message, errors=problems)


def _already_decided(approval: Approval) -> RequestError:
    who = f" by {approval.decided_by}" if approval.decided_by else ""
    what: dict[str, Any] = {
        "status": approval.status,
        "decision": approval.decision,
        "decided_by": approval.decided_by,
        "decided_at": approval.decided_at.isoformat() if approval.decided_at else None,
        "reason": approval.reason,
    }
    message = f"This was answered already: {approval.decision or approval.status}{who}."
    return RequestError(ErrorCode.ALREADY_DECIDED, message, details=what)
