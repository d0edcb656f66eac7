"""The activities by which a run asks people and waits for events; each may be repeated."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.failures import to_application_error
from db import waits
from db.approvals.alarms import ring
from db.approvals.opening import open_approval
from db.approvals.principals import principals_of
from db.approvals.settling import decision_of, expire
from db.audit import Actor
from db.conversations import ANSWERING, HandOver, conversation_of, hand_over, let_pass, was_told
from db.faults import is_outage, unavailable
from db.run_events import enter_run
from db.session import Database
from db.tables import Approval, ChatSession
from schemas.approvals import ANYONE, Assignees, RequestSettings
from schemas.errors import PerdureError
from schemas.service_calls import (
    ApprovalState,
    AwaitEvent,
    CancelWait,
    ConversationHanded,
    EventState,
    ExpireApproval,
    HandOverConversation,
    LetPass,
    LetPassed,
    OpenApproval,
    RingApproval,
)


class PeopleServices:
    """What the interpreter needs of people and of the world outside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="open_approval")
    async def open_approval(self, request: OpenApproval) -> ApprovalState:
        """Ask a person, or find the question of an earlier try."""
        async with self._session(request.workspace_id) as session:
            return await _state(session, await open_approval(session, request))

    @activity.defn(name="ring_approval")
    async def ring_approval(self, request: RingApproval) -> ApprovalState:
        """Remind people, or ask others too."""
        async with self._session(request.workspace_id) as session:
            await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, ())
            return await _state(session, await ring(session, UUID(request.approval_id), request.kind, request.index))

    @activity.defn(name="expire_approval")
    async def expire_approval(self, request: ExpireApproval) -> ApprovalState:
        """Close a question; the decision that stands may be a person's."""
        async with self._session(request.workspace_id) as session:
            await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, request.log)
            return await _state(session, await expire(session, UUID(request.approval_id), request.outcome))

    @activity.defn(name="hand_over_conversation")
    async def hand_over_conversation(self, request: HandOverConversation) -> ConversationHanded:
        """Let people answer in place of an agent, as it wants it."""
        async with self._session(request.workspace_id) as session:
            found = await conversation_of(session, UUID(request.run_id))
            if found is not None:
                await _hand_over(session, found, request)
            return ConversationHanded(workspace_id=request.workspace_id, found=found is not None)

    @activity.defn(name="let_pass")
    async def let_pass(self, request: LetPass) -> LetPassed:
        """Remember what people let pass in a conversation, and tell all that they have."""
        async with self._session(request.workspace_id) as session:
            found = await conversation_of(session, UUID(request.run_id))
            known = [] if found is None else let_pass(found, request.digests)
            return LetPassed(workspace_id=request.workspace_id, digests=tuple(known))

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


async def _hand_over(session: AsyncSession, row: ChatSession, request: HandOverConversation) -> None:
    key = f"{request.run_id}/{request.path}#{request.iteration}"
    if await was_told(session, row, key):
        return
    try:
        principals = await principals_of(session, Assignees.model_validate(list(request.to)))
    except (PerdureError, ValidationError):
        principals = []  # whoever is named is gone; that is no reason why nobody should hear of it
    everybody = not principals or ANYONE in principals
    actor = Actor(row.workspace_id, "system", None, request.agent)
    handed = HandOver(None, request.reason, ANSWERING if everybody else principals, key)
    await hand_over(session, row, actor, handed)


async def _state(session: AsyncSession, approval: Approval) -> ApprovalState:
    # A decision that can still be taken back is not told: the run waits for its signal.
    decision = await decision_of(session, approval) if approval.told else None
    return ApprovalState(
        workspace_id=str(approval.workspace_id),
        approval_id=str(approval.id),
        decision=decision,
        due_at=None if approval.due_at is None else approval.due_at.isoformat(),
        alarms=tuple(RequestSettings.model_validate(approval.settings).alarms),
    )
