"""Opening a request: its row, who may answer, when what is due, what nobody may answer themselves."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.history import note
from db.approvals.principals import principals_of
from db.approvals.rules import apply_rules
from db.approvals.settling import PENDING
from db.approvals.telling import tell
from db.business_time import TimeLine, time_line
from db.run_events import append_event, enter_run
from db.tables import Approval, ApprovalAssignee, Membership, Run, User, Workflow, WorkflowVersion
from schemas.approvals import Alarm, Stage, digest_of
from schemas.notifications import Notice
from schemas.run_events import EventType
from schemas.service_calls import OpenApproval

_SEARCHED_CHARS: Final = 20_000
"""How much of a request can be found by its words."""


async def open_approval(session: AsyncSession, request: OpenApproval) -> Approval:
    """Create the request, or find the one that an earlier try has created.

    Raises:
        PerdureError: `cancelled` if the run has ended, `invalid_config` if the node names people, groups or a
            calendar that the workspace does not have.
    """
    await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, request.log)
    if (known := await _find(session, request)) is not None:
        return known
    line = await time_line(session, request.calendar, request.opened_at)
    approval = Approval(**_columns(request, line), workflow_slug=await _slug(session, UUID(request.run_id)))
    if request.settings.separation_of_duties:
        approval.excluded = await _involved(session, UUID(request.run_id))
    row = {key: value for key, value in approval.__dict__.items() if not key.startswith("_")}
    stored: Approval | None = await session.scalar(insert(Approval).values(row).returning(Approval))
    if stored is None:
        raise RuntimeError("a row that was inserted is returned")
    for number, stage in enumerate(request.settings.stages):
        await add_assignees(session, stored, number, await principals_of(session, stage.assignees))
    await _note_opened(session, stored)
    await apply_rules(session, stored)
    if stored.status == PENDING:
        await tell(session, stored, Notice.OPENED, "opened")
    return stored


async def add_assignees(
    session: AsyncSession,
    approval: Approval,
    stage: int,
    principals: list[str],
    *,
    via: str = "node",
    by_user: UUID | None = None,
) -> None:
    """Let somebody answer in a stage; whoever may already is left as they are."""
    for principal in principals:
        row = insert(ApprovalAssignee).values(
            workspace_id=approval.workspace_id,
            approval_id=approval.id,
            stage=stage,
            principal=principal,
            via=via,
            by_user=by_user,
            open=approval.status == "pending" and stage == approval.stage,
            priority=approval.priority,
            due_at=approval.due_at,
            asked_at=approval.created_at,
        )
        await session.execute(row.on_conflict_do_nothing())


async def _note_opened(session: AsyncSession, approval: Approval) -> None:
    await note(session, approval, "opened", key="opened")
    await append_event(
        session,
        approval.run_id,
        EventType.APPROVAL_OPENED,
        path=approval.path,
        iteration=approval.iteration,
        data={
            "approval_id": str(approval.id),
            "title": approval.title,
            "purpose": approval.purpose,
            "node_name": approval.node_name,
            "due_at": None if approval.due_at is None else approval.due_at.isoformat(),
        },
    )


async def _find(session: AsyncSession, request: OpenApproval) -> Approval | None:
    found = await session.scalars(
        select(Approval).where(
            Approval.run_id == UUID(request.run_id),
            Approval.run_attempt == request.run_attempt,
            Approval.path == request.path,
            Approval.iteration == request.iteration,
            Approval.purpose == request.purpose,
            Approval.round == request.round,
        )
    )
    return found.one_or_none()


async def _slug(session: AsyncSession, run_id: UUID) -> str | None:
    query = select(Workflow.slug).join(Run, Run.workflow_id == Workflow.id).where(Run.id == run_id)
    slug: str | None = await session.scalar(query)
    return slug


async def _involved(session: AsyncSession, run_id: UUID) -> list[UUID]:
    """Who started the run that the request belongs to, and who published what it runs."""
    involved: list[UUID] = []
    run: Run | None = await session.get(Run, run_id)
    while run is not None:
        author = await session.scalar(select(WorkflowVersion.author).where(WorkflowVersion.id == run.version_id))
        if author and (editor := await _member(session, author)) is not None:
            involved.append(editor)
        started_by = run.started_by or {}
        if started_by.get("kind") == "user" and started_by.get("id"):
            involved.append(UUID(started_by["id"]))
        run = None if run.parent_run_id is None else await session.get(Run, run.parent_run_id)
    return list(dict.fromkeys(involved))


async def _member(session: AsyncSession, email: str) -> UUID | None:
    query = select(User.id).join(Membership, Membership.user_id == User.id)
    member: UUID | None = await session.scalar(query.where(func.lower(User.email) == email.lower()))
    return member


def _columns(request: OpenApproval, line: TimeLine) -> dict[str, Any]:
    settings = request.settings.model_copy(update={"alarms": list(_alarms(request, line))})
    stored = settings.model_dump(mode="json")
    decisions = [list(decision) for decision in request.decisions]
    shown = {"title": request.title, "body": request.body, "payload": request.payload, "form": request.form}
    return {
        "id": uuid4(),
        "workspace_id": UUID(request.workspace_id),
        "run_id": UUID(request.run_id),
        "run_attempt": request.run_attempt,
        "workflow_id": request.workflow_id,
        "path": request.path,
        "iteration": request.iteration,
        "round": request.round,
        "purpose": request.purpose,
        "node_name": request.node_name,
        **shown,
        "decisions": decisions,
        "settings": stored,
        "digest": digest_of(**shown, decisions=decisions, settings=stored),
        "priority": request.priority,
        "tags": list(request.tags),
        "due_at": None if request.deadline is None else line.after(request.deadline),
        "words": words_of(request.title, request.node_name, request.tags, request.body, request.payload),
    }


def _alarms(request: OpenApproval, line: TimeLine) -> Iterator[Alarm]:
    times: list[tuple[datetime, str, int]] = []
    times += [(line.after(seconds), "remind", n) for n, seconds in enumerate(request.reminders)]
    times += [(line.after(each.after), "escalate", n) for n, each in enumerate(request.settings.escalate)]
    for at, kind, index in sorted(times):
        yield Alarm.model_validate({"at": at.isoformat(), "kind": kind, "index": index})


def words_of(title: str, node_name: str, tags: Iterable[str], body: str, payload: Any) -> str:
    """What a request is found by."""
    return " ".join((title, node_name, *tags, body[:5_000], *_texts(payload)))[:_SEARCHED_CHARS]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def stage_of(approval: Approval, number: int) -> Stage:
    """A stage as the request was opened with it."""
    stages = approval.settings.get("stages") or [{}]
    return Stage.model_validate(stages[number])
