"""Routes of approvals."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Concatenate, ParamSpec
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CurrentCaller
from api.approvals import handling, service
from api.approvals.models import (
    Approval,
    ApprovalDetail,
    AssignApproval,
    BulkDecisions,
    CommentOnApproval,
    DecideApproval,
    DecideApprovals,
    DelegateApproval,
    ReviseApproval,
)
from api.approvals.service import answering
from api.requests import parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("approvals")

_Body = ParamSpec("_Body")


async def _approval_id(approval_id: Annotated[str, Path(max_length=100, description="Id of the approval.")]) -> UUID:
    return parse_id("approval", approval_id)


ApprovalId = Annotated[UUID, Depends(_approval_id)]


class _Acting:
    """Somebody who wants something of a question."""

    def __init__(self, services: CurrentServices, caller: CurrentCaller, approval_id: ApprovalId) -> None:
        self._services = services
        self._caller = caller
        self._approval_id = approval_id

    async def do(
        self,
        what: str,
        act: Callable[Concatenate[AsyncSession, Caller, UUID, _Body], Awaitable[Approval]],
        *body: _Body.args,
        **named: _Body.kwargs,
    ) -> Approval:
        """Act in a transaction of its own; a refusal is audited as one of `what`."""
        async with answering(self._services.database, self._caller, self._approval_id, what) as session:
            return await act(session, self._caller, self._approval_id, *body, **named)


Acting = Annotated[_Acting, Depends()]


@router.get("/v1/approvals/{approval_id}", operation_id="get_approval")
async def get_approval(services: CurrentServices, caller: CurrentCaller, approval_id: ApprovalId) -> ApprovalDetail:
    """A question to a person, with its votes, its history, and what the caller may do."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.get_approval(session, caller, approval_id)


@router.post("/v1/approvals/{approval_id}/decide", operation_id="decide_approval")
async def decide_approval(acting: Acting, body: DecideApproval) -> Approval:
    """Answer a question. Of several answers exactly one counts; the others get a 409 that names it.

    The answer carries the `digest` of what was shown: if the question has changed since, it is refused.
    """
    return await acting.do("decide", service.decide_approval, body)


@router.post("/v1/approvals/decide", operation_id="decide_approvals")
async def decide_approvals(services: CurrentServices, caller: CurrentCaller, body: DecideApprovals) -> BulkDecisions:
    """Give several like questions the same answer. Each is decided or refused by itself, with a record of its own."""
    return await handling.decide_several(services.database, caller, body)


@router.post("/v1/approvals/{approval_id}/undo", operation_id="undo_decision")
async def undo_decision(acting: Acting) -> Approval:
    """Take one's own answer back: while others are still to answer, or within the grace period of the node."""
    return await acting.do("undo", handling.undo)


@router.post("/v1/approvals/{approval_id}/claim", operation_id="claim_approval")
async def claim_approval(acting: Acting) -> Approval:
    """Reserve a question for oneself; doing it again changes nothing."""
    return await acting.do("claim", handling.claim)


@router.post("/v1/approvals/{approval_id}/release", operation_id="release_approval")
async def release_approval(acting: Acting) -> Approval:
    """Give a claimed question back to everybody who is asked; an admin may do that for others."""
    return await acting.do("release", handling.release)


@router.post("/v1/approvals/{approval_id}/delegate", operation_id="delegate_approval")
async def delegate_approval(acting: Acting, body: DelegateApproval) -> Approval:
    """Let another member answer in one's place."""
    return await acting.do("delegate", handling.delegate, body)


@router.post("/v1/approvals/{approval_id}/assign", operation_id="assign_approval")
async def assign_approval(acting: Acting, body: AssignApproval) -> Approval:
    """Ask others, beside or instead of those who are asked."""
    return await acting.do("assign", handling.assign, body)


@router.post("/v1/approvals/{approval_id}/revise", operation_id="revise_approval")
async def revise_approval(acting: Acting, body: ReviseApproval) -> Approval:
    """Change the question while it is open. It is shown anew: answers to the earlier one do not count."""
    return await acting.do("revise", handling.revise, body)


@router.post("/v1/approvals/{approval_id}/comments", operation_id="comment_on_approval")
async def comment_on_approval(acting: Acting, body: CommentOnApproval) -> Approval:
    """Say or ask something about a question."""
    return await acting.do("comment", handling.comment, body)
