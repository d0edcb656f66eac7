"""What was said in a run of an agent: its conversation, put together from the recorded results of its steps."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from api.requests import encode_cursor
from api.runs import repository
from api.runs.reading import NEVER, require_run, step_cursor
from db.tables import Approval, Run, RunEventRow, Step
from schemas.agents import first_message
from schemas.conversation import Message, Part, ToolCall
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus
from schemas.run_events import EventType
from schemas.tools.result import ToolResult

_CALL: Final = re.compile(r"(?P<turn>.+\.turn\[\d+\])\.call\[(?P<index>\d+)\]")
_FIRST: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


class TranscriptEntry(BaseModel):
    """Something that was said, asked or done."""

    role: Literal["user", "assistant", "tool"]
    path: str | None = Field(description="Path of the step: `agent.turn[3].call[0]`; null if a person spoke.")
    content: list[Part] = Field(description="Parts of the message; of a tool, what the model was told.")
    tool_calls: list[ToolCall] = Field(description="What the model wanted to call, as it wrote it.")
    tool_call_id: str | None = Field(description="Of a tool: the call that it answers.")
    name: str | None = Field(description="Of a tool: its name. Of a person who spoke in mid-run: who.")
    arguments: dict[str, Any] | None = Field(description="Of a tool: what it was really called with.")
    is_error: bool
    status: NodeStatus
    error: ErrorInfo | None
    approval_id: UUID | None = Field(description="Of a tool: the request to a person about this call.")
    approval_status: str | None
    model: str | None = Field(description="Of an assistant: the model that answered.")
    cost_usd: float
    tokens_in: int
    tokens_out: int
    started_at: datetime | None
    ended_at: datetime | None


class Transcript(BaseModel):
    """The conversation of a run in the order in which it happened."""

    run_id: UUID
    summary: str | None = Field(description="What stands for what was said before, if it was summarised.")
    items: list[TranscriptEntry]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


async def read_transcript(session: AsyncSession, run_id: UUID, cursor: str | None, limit: int) -> Transcript:
    """A page of what was said in a run.

    Raises:
        RequestError: `not_found` if there is no such run.
    """
    run = await require_run(session, run_id)
    after = None if cursor is None else step_cursor(cursor)
    steps = await _steps(session, run_id, after, limit + 1)
    more = None
    if len(steps) > limit:
        last = steps[limit - 1]
        more = encode_cursor((last.started_at or NEVER).isoformat(), last.path, str(last.iteration))
    page = steps[:limit]
    items = await _entries(session, run_id, page)
    start = _FIRST if after is None else after[0]
    end = NEVER if more is None else (page[-1].started_at or NEVER)
    said = [entry for entry in await _steered(session, run_id) if start < (entry.started_at or start) <= end]
    items = sorted([*items, *said], key=lambda entry: entry.started_at or NEVER)
    beginning = _beginning(run) if cursor is None else []
    output = run.output if isinstance(run.output, dict) else {}
    return Transcript(run_id=run_id, summary=output.get("summary"), items=[*beginning, *items], next_cursor=more)


def entry_of_message(message: Message, at: datetime | None = None) -> TranscriptEntry:
    """A message that belongs to no step."""
    return _entry(
        role="user" if message.role == "system" else message.role.value,
        content=message.content,
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
        name=message.name,
        is_error=message.is_error,
        started_at=at,
        ended_at=at,
    )


async def _steps(
    session: AsyncSession, run_id: UUID, after: tuple[datetime, str, int] | None, limit: int
) -> list[Step]:
    """Turns of models and calls of tools; inputs of turns hold whole conversations and stay where they are."""
    order = (repository.began(), Step.path, Step.iteration)
    query = select(Step).where(Step.run_id == run_id, Step.path.op("~")(r"\.turn\[\d+\](\.call\[\d+\])?$"))
    if after is not None:
        query = query.where(tuple_(*order) > after)
    query = query.options(defer(Step.input)).order_by(*order).limit(limit)
    return list(await session.scalars(query))


async def _entries(session: AsyncSession, run_id: UUID, steps: Sequence[Step]) -> list[TranscriptEntry]:
    calls = [step.path for step in steps if _CALL.fullmatch(step.path)]
    settings = await _settings(session, run_id, calls)
    asked = await _asked(session, run_id, {path[: path.rindex(".call[")] for path in calls})
    approvals = await _approvals(session, run_id, calls)
    entries = []
    for step in steps:
        call = _CALL.fullmatch(step.path)
        if call is None:
            entries.append(_assistant(step))
        else:
            wanted = asked.get((call["turn"], step.iteration), ())
            index = int(call["index"])
            of = wanted[index] if index < len(wanted) else None
            entries.append(_tool(step, of, settings.get((step.path, step.iteration)), approvals.get(step.path)))
    return entries


async def _settings(session: AsyncSession, run_id: UUID, paths: Iterable[str]) -> dict[tuple[str, int], Any]:
    query = select(Step.path, Step.iteration, Step.input).where(Step.run_id == run_id, Step.path.in_(list(paths)))
    return {(row.path, row.iteration): row.input for row in await session.execute(query)}


async def _asked(session: AsyncSession, run_id: UUID, turns: Iterable[str]) -> dict[tuple[str, int], list[ToolCall]]:
    """What models wanted to call, by the turn."""
    calls = Step.output["message"]["tool_calls"]
    query = select(Step.path, Step.iteration, calls).where(Step.run_id == run_id, Step.path.in_(list(turns)))
    return {
        (path, iteration): [ToolCall.model_validate(call) for call in found or ()]
        for path, iteration, found in await session.execute(query)
    }


async def _approvals(session: AsyncSession, run_id: UUID, paths: Iterable[str]) -> dict[str, Approval]:
    query = select(Approval).where(Approval.run_id == run_id, Approval.path.in_(list(paths)))
    return {row.path: row for row in await session.scalars(query.order_by(Approval.created_at))}


async def _steered(session: AsyncSession, run_id: UUID) -> list[TranscriptEntry]:
    query = select(RunEventRow).where(RunEventRow.run_id == run_id, RunEventRow.type == EventType.RUN_STEERED)
    return [
        _entry(
            role="user",
            content=Message.said("user", row.data["message"]).content,
            name=row.data.get("by"),
            started_at=row.at,
            ended_at=row.at,
        )
        for row in await session.scalars(query.order_by(RunEventRow.seq))
    ]


def _beginning(run: Run) -> list[TranscriptEntry]:
    """What the run of a stored agent began with."""
    given = run.input if isinstance(run.input, dict) else {}
    history = given.get("history") or []
    try:
        messages = [Message.model_validate(message) for message in history]
        messages += [first_message(given["message"])] if given.get("message") else []
    except ValidationError:
        return []
    return [entry_of_message(message, run.created_at) for message in messages if message.role != "system"]


def _assistant(step: Step) -> TranscriptEntry:
    output = step.output if isinstance(step.output, dict) else {}
    message = Message.model_validate(output["message"]) if "message" in output else Message(role="assistant")
    return _of_step(
        step, role="assistant", content=message.content, tool_calls=message.tool_calls, model=output.get("model")
    )


def _tool(step: Step, asked: ToolCall | None, settings: Any, approval: Approval | None) -> TranscriptEntry:
    given = settings if isinstance(settings, dict) else {}
    arguments = given.get("arguments", None if asked is None else asked.arguments)
    result = _result(step)
    return _of_step(
        step,
        role="tool",
        content=() if result is None else result.content,
        tool_call_id=None if asked is None else asked.id,
        name=step.name if asked is None else asked.name,
        arguments=arguments if isinstance(arguments, dict) else None,
        is_error=step.status == NodeStatus.FAILED or (result is not None and result.is_error),
        approval_id=None if approval is None else approval.id,
        approval_status=None if approval is None else approval.status,
    )


def _result(step: Step) -> ToolResult | None:
    if step.output is None:
        return None
    if isinstance(step.output, dict) and set(step.output) <= set(ToolResult.model_fields):
        return ToolResult.model_validate(step.output)
    return ToolResult(value=step.output)


def _of_step(step: Step, **fields: Any) -> TranscriptEntry:
    return _entry(
        path=step.path,
        status=NodeStatus(step.status),
        error=None if step.error is None else ErrorInfo.model_validate(step.error),
        cost_usd=float(step.cost_usd),
        tokens_in=step.tokens_in,
        tokens_out=step.tokens_out,
        started_at=step.started_at,
        ended_at=step.ended_at,
        **fields,
    )


def _entry(**fields: Any) -> TranscriptEntry:
    nothing: dict[str, Any] = dict.fromkeys(TranscriptEntry.model_fields)
    given = {"content": (), "tool_calls": (), "is_error": False, "status": NodeStatus.COMPLETED, "cost_usd": 0.0}
    return TranscriptEntry(**{**nothing, **given, "tokens_in": 0, "tokens_out": 0, **fields})
