"""The activities `open_approval`, `expire_approval`, `await_event` and `cancel_wait`; each may be repeated."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.failures import to_application_error
from db import approvals, waits
from db.faults import is_outage, unavailable
from db.run_events import enter_run
from db.session import Database
from db.tables import Approval
from schemas.messages import ApprovalState, AwaitEvent, CancelWait, EventState, ExpireApproval, OpenApproval


class PeopleServices:
    """What the interpreter needs of people and of the world outside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="open_approval")
    async def open_approval(self, request: OpenApproval) -> ApprovalState:
        """Ask a person, or find the question of an earlier try."""
        async with self._session(request.workspace_id) as session:
            return _state(await approvals.open_approval(session, request))

    @activity.defn(name="expire_approval")
    async def expire_approval(self, request: ExpireApproval) -> ApprovalState:
        """Close a question; the decision that stands may be a person's."""
        async with self._session(request.workspace_id) as session:
            await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, request.log)
            return _state(await approvals.expire(session, UUID(request.approval_id), request.outcome))

    @activity.defn(name="await_event")
    async def await_event(self, request: AwaitEvent) -> EventState:
        """Take a kept event, or register as waiter."""
        async with self._session(request.workspace_id) as session:
            return await waits.await_event(session, request)

    @activity.defn(name="cancel_wait")
    async def cancel_wait(self, request: CancelWait) -> EventState:
        """Stop waiting, unless an event was faster."""
        async with self._session(request.workspace_id) as session:
            return await waits.cancel_wait(session, request)

    @asynccontextmanager
    async def _session(self, workspace_id: str) -> AsyncIterator[AsyncSession]:
        try:
            async with self._database.tenant(workspace_id) as session:
                yield session
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None


def _state(approval: Approval) -> ApprovalState:
    return ApprovalState(
        workspace_id=str(approval.workspace_id),
        approval_id=str(approval.id),
        decision=approvals.decision_of(approval),
    )
