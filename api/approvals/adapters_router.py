"""Routes under which other products' clients find and answer requests."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.access.caller import Caller, CurrentCaller
from api.approvals import listing, models
from api.approvals.adapters import (
    AgentInterrupts,
    HumanResponse,
    InterruptOutcome,
    Resumed,
    ResumedRun,
    ResumeEntry,
    ResumeRun,
    RunFinished,
    agent_interrupt,
    decision_of_response,
    decision_of_resume,
    interrupt,
    read_interrupt_id,
)
from api.approvals.lists import ApprovalFilter, ApprovalListName
from api.approvals.service import answering, decide_approval, find
from api.errors import not_found
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.runs.repository import find_summary
from api.services import CurrentServices
from db.session import Database
from schemas.errors import PerdureError

router = feature_router("approvals")

MOST_OF_A_RUN = 100


async def _interrupt(interrupt_id: Annotated[str, Path(max_length=200, description="Id of the interrupt.")]) -> str:
    return interrupt_id


async def _run_id(run_id: Annotated[str, Path(max_length=100, description="Id of the run.")]) -> UUID:
    return parse_id("run", run_id)


RunId = Annotated[UUID, Depends(_run_id)]


@router.get("/v1/agent-inbox/interrupts", operation_id="list_agent_interrupts")
async def list_agent_interrupts(
    services: CurrentServices,
    caller: CurrentCaller,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AgentInterrupts:
    """What the caller is asked, as LangChain's Agent Inbox reads it."""
    chosen = ApprovalFilter(view=ApprovalListName.MINE)
    async with services.database.tenant(caller.workspace_id) as session:
        rows, following = await listing.read_page(session, caller, chosen, cursor, limit)
    return AgentInterrupts(items=[agent_interrupt(row) for row in rows], next_cursor=following)


@router.post("/v1/agent-inbox/interrupts/{interrupt_id}", operation_id="answer_agent_interrupt")
async def answer_agent_interrupt(
    services: CurrentServices,
    caller: CurrentCaller,
    interrupt_id: Annotated[str, Depends(_interrupt)],
    body: HumanResponse,
) -> models.Approval:
    """Answer as the Agent Inbox does: accept, edit, respond or ignore."""
    approval_id, digest = read_interrupt_id(interrupt_id)
    async with answering(services.database, caller, approval_id, "decide") as session:
        approval = await find(session, approval_id)
        return await decide_approval(session, caller, approval_id, decision_of_response(approval, digest, body))


@router.get("/v1/ag-ui/runs/{run_id}/interrupts", operation_id="get_run_interrupts")
async def get_run_interrupts(services: CurrentServices, caller: CurrentCaller, run_id: RunId) -> RunFinished:
    """What a run waits for people to answer, as the event with which AG-UI ends an interrupted run."""
    chosen = ApprovalFilter(run=run_id, status=models.ApprovalStatus.PENDING)
    async with services.database.tenant(caller.workspace_id) as session:
        if await find_summary(session, run_id) is None:
            raise not_found("run", run_id)
        rows, _ = await listing.read_page(session, caller, chosen, None, MOST_OF_A_RUN)
    outcome = InterruptOutcome(type="interrupt" if rows else "success", interrupts=[interrupt(row) for row in rows])
    return RunFinished(type="RUN_FINISHED", threadId=run_id, runId=run_id, outcome=outcome)


@router.post("/v1/ag-ui/runs/{run_id}/interrupts", operation_id="answer_run_interrupts")
async def answer_run_interrupts(
    services: CurrentServices, caller: CurrentCaller, run_id: RunId, body: ResumeRun
) -> ResumedRun:
    """Answer interrupts as AG-UI's `resume` does. Each is decided or refused by itself."""
    async with services.database.tenant(caller.workspace_id) as session:
        if await find_summary(session, run_id) is None:
            raise not_found("run", run_id)
    return ResumedRun(items=[await _resume(services.database, caller, run_id, entry) for entry in body.resume])


async def _resume(database: Database, caller: Caller, run_id: UUID, entry: ResumeEntry) -> Resumed:
    try:
        approval_id, digest = read_interrupt_id(entry.interruptId)
        async with answering(database, caller, approval_id, "decide") as session:
            approval = await find(session, approval_id)
            if approval.run_id != run_id:
                raise not_found("interrupt", entry.interruptId)
            decided = await decide_approval(session, caller, approval_id, decision_of_resume(approval, digest, entry))
    except PerdureError as error:
        refusal = models.BulkRefusal(code=error.code.value, message=error.info.message)
        return Resumed(interruptId=entry.interruptId, decision=None, error=refusal)
    return Resumed(interruptId=entry.interruptId, decision=decided.decision, error=None)
