"""A conversation as server-sent events: new messages, and all that happens in the runs that answer.

The id of an event is the reader's position after it. Whoever comes back with it misses nothing and sees nothing twice,
from whatever process.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.access.caller import Caller
from api.chat import models, repository
from api.chat.lookup import require_session
from api.chat.positions import Position
from api.chat.views import show_messages, show_session
from api.runs.event_streams import HEARTBEAT
from api.services import Services
from db.event_stream import POLL
from db.faults import is_outage
from db.run_events import read_events
from db.tables import ChatMessage, Run
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus
from schemas.run_events import EventType, RunEvent

BATCH: Final = 200
_TURN: Final = re.compile(r".*\.turn\[\d+\]")
_CALL: Final = re.compile(r".*\.call\[\d+\]")


class ChatRunEvent(BaseModel):
    """Data of the events `delta`, `superseded`, `turn`, `tool`, `approval` and `run`."""

    message_id: UUID = Field(description="The answer that the run gives.")
    run_id: UUID
    event: RunEvent


def stream_session(services: Services, caller: Caller, session_id: UUID, after: Position) -> EventSourceResponse:
    """All that happens in a conversation after a position; it goes on until the reader leaves."""
    return EventSourceResponse(_events(services, caller, session_id, after), ping=HEARTBEAT)


@dataclass(frozen=True)
class _News:
    session: models.ChatSession
    messages: list[models.ChatMessage]
    run: ChatMessage | None
    """The answer whose run is told now."""
    events: list[RunEvent]
    answer: models.ChatMessage | None
    """The same when its run has ended with the last of the events."""


async def _events(
    services: Services, caller: Caller, session_id: UUID, after: Position
) -> AsyncIterator[ServerSentEvent]:
    run_id: UUID | None = None
    while True:
        with services.events.woken(*filter(None, (session_id, run_id))) as changed:
            while True:
                changed.clear()
                news = await _read(services, caller, session_id, after)
                if news is None:
                    return
                async with contextlib.aclosing(_told(news, after)) as told:
                    async for event, position in told:
                        after = position
                        yield event
                following = None if news.run is None or news.answer is not None else news.run.run_id
                if following != run_id:
                    run_id = following
                    break
                if len(news.events) < BATCH and news.answer is None:
                    await _wait(changed)


async def _told(news: _News, position: Position) -> AsyncGenerator[tuple[ServerSentEvent, Position]]:
    for message in news.messages:
        position = replace(position, message=message.seq)
        yield _sse("message", message, position), position
    if news.session.revision != position.revision:
        position = replace(position, revision=news.session.revision)
        yield _sse("session", news.session, position), position
    if news.run is None or news.run.run_id is None:
        return
    for event in news.events:
        position = replace(position, telling=news.run.seq, event=event.seq)
        data = ChatRunEvent(message_id=news.run.id, run_id=news.run.run_id, event=event)
        yield _sse(_name(event), data, position), position
    if news.answer is not None:
        position = replace(position, ended=news.run.seq, telling=0, event=0)
        yield _sse("done", news.answer, position), position


async def _read(services: Services, caller: Caller, session_id: UUID, after: Position) -> _News | None:
    """What has happened since; nothing if the conversation is gone."""
    try:
        async with services.database.tenant(caller.workspace_id) as session:
            found = await require_session(session, session_id)
            fresh = await repository.messages(session, session_id, after.message, BATCH)
            messages = await show_messages(session, session_id, fresh)
            run, events, ended = await _run_news(session, session_id, after)
            answer = await _answer(session, session_id, run) if run is not None and ended else None
            return _News(show_session(found, caller), messages, run, events, answer)
    except PerdureError as error:
        if error.code is ErrorCode.NOT_FOUND:
            return None
        raise
    except Exception as error:
        if not is_outage(error):
            raise
        await asyncio.sleep(POLL)
        return await _read(services, caller, session_id, after)


async def _run_news(
    session: AsyncSession, session_id: UUID, after: Position
) -> tuple[ChatMessage | None, list[RunEvent], bool]:
    """The run that is told now, its next events, and whether it has ended with the last of them."""
    query = (
        select(ChatMessage, Run.status, Run.last_event_seq)
        .join(Run, Run.id == ChatMessage.run_id)
        .where(ChatMessage.session_id == session_id, ChatMessage.seq > after.ended)
        .order_by(ChatMessage.seq)
        .limit(1)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None or row[0].run_id is None:
        return None, [], False
    told = after.within(row[0].seq)
    events = await read_events(session, row[0].run_id, told, BATCH)
    last = events[-1].seq if events else told
    return row[0], events, RunStatus(row[1]).ended and last >= row[2]


async def _answer(session: AsyncSession, session_id: UUID, message: ChatMessage) -> models.ChatMessage | None:
    stored = await repository.find_message(session, session_id, message.id)
    return None if stored is None else (await show_messages(session, session_id, [stored]))[0]


def _name(event: RunEvent) -> str:
    """What an event is about, for whoever shows a conversation."""
    if event.type is EventType.STEP_DELTA:
        return "delta"
    if event.type is EventType.STEP_SUPERSEDED:
        return "superseded"
    if event.type.startswith("approval."):
        return "approval"
    if event.path is not None and _CALL.fullmatch(event.path):
        return "tool"
    return "turn" if event.path is not None and _TURN.fullmatch(event.path) else "run"


def _sse(name: str, data: Any, position: Position) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data.model_dump_json(), id=str(position))


async def _wait(changed: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(POLL):
            await changed.wait()
