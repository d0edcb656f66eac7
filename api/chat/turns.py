"""Messages and their answers. A message and the run that answers it are written in one transaction, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.chat import models, repository
from api.chat.history import MOST_MESSAGES, history_of, words_of
from api.chat.lookup import lock_any_session, lock_session, refuse_busy, require_message
from api.chat.models import Author, SessionStatus
from api.chat.repository import Found, StoredMessage
from api.chat.views import show_messages
from api.errors import RequestError
from api.requests import fingerprint
from api.runs.service import input_text
from api.services import Services
from api.workflows.version_cache import KnownVersion
from db import audit
from db.conversations import touch
from db.tables import ChatMessage
from engine.run_creation import Created, NewRun, create_run_within
from schemas.errors import ErrorCode

TRIGGER: Final = "chat"
TITLE_CHARS: Final = 80


@dataclass(frozen=True)
class Turn:
    """What is written in one transaction."""

    services: Services
    session: AsyncSession
    caller: Caller
    found: Found
    key: str | None
    wanted: str
    """Fingerprint of the request."""


class _OutdatedError(Exception):
    """The newest version of the agent is another one by now."""


async def send_message(
    services: Services, caller: Caller, session_id: UUID, body: models.SendMessage, key: str | None
) -> models.Sent:
    """Write a message; the agent's answer begins, unless people answer.

    Raises:
        RequestError: `not_found`, `forbidden`, `conflict` while the agent answers, `idempotency_mismatch`.
        PerdureError: `quota_exceeded`.
    """
    wanted = fingerprint({"chat": str(session_id), **body.model_dump(mode="json")})

    async def write(turn: Turn) -> models.Sent:
        row = turn.found[0]
        parent = row.head_id
        if body.parent_id is not None:
            parent = (await require_message(turn.session, row.id, body.parent_id)).message.id
        if body.as_member or row.status == SessionStatus.HUMAN:
            return await _by_people(turn, body, parent)
        return await _asked(turn, body.content, parent)

    return await _write(services, caller, session_id, key, wanted, write, own=not body.as_member)


async def edit_message(
    services: Services, caller: Caller, session_id: UUID, message_id: UUID, body: models.EditMessage, key: str | None
) -> models.Sent:
    """Write a message anew; both stay, and the conversation goes on from the new one.

    Raises:
        RequestError: as for `send_message`, and `conflict` if an agent has written it.
    """
    wanted = fingerprint({"chat": str(session_id), "edit": str(message_id), **body.model_dump(mode="json")})

    async def write(turn: Turn) -> models.Sent:
        edited = await require_message(turn.session, session_id, message_id)
        if edited.message.author != Author.USER:
            raise RequestError(ErrorCode.CONFLICT, "Only what a user has said can be written anew.")
        return await _asked(turn, body.content, edited.message.parent_id)

    return await _write(services, caller, session_id, key, wanted, write)


async def regenerate(
    services: Services, caller: Caller, session_id: UUID, message_id: UUID, key: str | None
) -> models.Sent:
    """Let the agent answer a message once more; both answers stay.

    Raises:
        RequestError: as for `send_message`, and `conflict` if no agent has written it, or while people answer.
    """
    wanted = fingerprint({"chat": str(session_id), "again": str(message_id)})

    async def write(turn: Turn) -> models.Sent:
        old = await require_message(turn.session, session_id, message_id)
        if old.message.author != Author.AGENT or old.message.parent_id is None:
            raise RequestError(ErrorCode.CONFLICT, "Only an agent's answer can be given once more.")
        if turn.found[0].status == SessionStatus.HUMAN:
            raise RequestError(ErrorCode.CONFLICT, "People answer here; hand the conversation back to the agent first.")
        await refuse_busy(turn.session, turn.found[0])
        return await _answer(turn, await require_message(turn.session, session_id, old.message.parent_id))

    return await _write(services, caller, session_id, key, wanted, write)


async def _write(
    services: Services,
    caller: Caller,
    session_id: UUID,
    key: str | None,
    wanted: str,
    write: Any,
    *,
    own: bool = True,
) -> models.Sent:
    while True:
        try:
            async with services.database.tenant(caller.workspace_id) as session:
                lock = lock_session(session, caller, session_id) if own else lock_any_session(session, session_id)
                found = await lock
                if key is not None and (before := await _replayed(session, session_id, key, wanted)) is not None:
                    return before
                sent: models.Sent = await write(Turn(services, session, caller, found, key, wanted))
        except _OutdatedError:
            services.versions.forget(caller.workspace_id, found[1])
        else:
            if sent.answer is not None and sent.answer.run_id is not None:
                services.dispatcher.start_soon(caller.workspace_id, sent.answer.run_id)
            return sent


async def _replayed(session: AsyncSession, session_id: UUID, key: str, wanted: str) -> models.Sent | None:
    """What the same request has caused before."""
    first = await repository.message_of_key(session, session_id, key)
    if first is None:
        return None
    if first.message.request_hash != wanted:
        message = "This idempotency key was used for another request; choose a new key."
        raise RequestError(ErrorCode.IDEMPOTENCY_MISMATCH, message, details={"message_id": str(first.message.id)})
    if first.message.author == Author.AGENT and first.message.parent_id is not None:
        return await _sent(session, await require_message(session, session_id, first.message.parent_id), first)
    return await _sent(session, first, await repository.first_answer(session, session_id, first.message.id))


async def _asked(turn: Turn, content: Any, parent: UUID | None) -> models.Sent:
    """A user's message, and the agent's answer."""
    row = turn.found[0]
    await refuse_busy(turn.session, row)
    message = await _add(turn, parent, Author.USER, turn.caller.name, _content(content))
    asked = StoredMessage(message, None)
    if row.title is None:
        row.title = " ".join(words_of(asked).text.split())[:TITLE_CHARS] or None
    if row.status == SessionStatus.HUMAN:
        return await _sent(turn.session, asked, None)
    return await _answer(turn, asked)


async def _by_people(turn: Turn, body: models.SendMessage, parent: UUID | None) -> models.Sent:
    """A message while people answer: of the user, or of somebody in place of the agent."""
    row = turn.found[0]
    if not body.as_member:
        return await _asked(turn, body.content, parent)
    if row.status != SessionStatus.HUMAN:
        raise RequestError(ErrorCode.CONFLICT, "The agent answers here; hand the conversation over first.")
    if not turn.caller.may(Permission.RUNS_STEER):
        message = "To answer in place of an agent needs the permission runs:steer."
        raise RequestError(ErrorCode.FORBIDDEN, message, details={"permission": Permission.RUNS_STEER.value})
    row.handler = row.handler or turn.caller.name  # whoever answers first has taken it
    message_row = await _add(turn, parent, Author.MEMBER, turn.caller.name, _content(body.content))
    subject = ("chat_session", row.id)
    audit.record(turn.session, turn.caller.actor, "chat_message.sent", subject, after={"id": str(message_row.id)})
    return await _sent(turn.session, StoredMessage(message_row, None), None)


async def _answer(turn: Turn, asked: StoredMessage) -> models.Sent:
    """Begin the answer to a message."""
    row, agent = turn.found
    version = await turn.services.versions.get(row.workspace_id, agent, row.version)
    before = await repository.branch(turn.session, row.id, asked.message.parent_id, MOST_MESSAGES)
    created = await _run(turn, version, _input(turn, asked, before))
    again = asked.message.request_hash != turn.wanted
    message = await _add(turn, asked.message.id, Author.AGENT, version.name, None, run_id=created.run_id, first=again)
    answer = await require_message(turn.session, row.id, message.id)
    return await _sent(turn.session, asked, answer)


async def _run(turn: Turn, version: KnownVersion, given: dict[str, Any]) -> Created:
    created = await create_run_within(
        turn.session,
        NewRun(
            actor=turn.caller.actor,
            run_id=uuid4(),
            workflow_id=version.workflow_id,
            version_id=version.version_id,
            newest=version.version if turn.found[0].version is None else None,
            input=input_text(given),
            key=None,
            request_hash=turn.wanted,
            trigger=TRIGGER,
        ),
    )
    if created.outcome != "created":
        raise _OutdatedError
    return created


def _input(turn: Turn, asked: StoredMessage, before: Sequence[StoredMessage]) -> dict[str, Any]:
    given: dict[str, Any] = {"message": asked.message.content}
    if history := history_of(before):
        given["history"] = history
    if turn.found[0].context is not None:
        given["context"] = turn.found[0].context
    return given


async def _add(
    turn: Turn,
    parent: UUID | None,
    author: Author,
    name: str,
    content: Any,
    *,
    run_id: UUID | None = None,
    first: bool = True,
) -> ChatMessage:
    """Write a message at the end of the branch.

    Args:
        turn: The request.
        parent: The message before.
        author: Who has written it.
        name: The same for people.
        content: What stands in it.
        run_id: The run that answers.
        first: Whether it is the first message that the request writes.
    """
    row = turn.found[0]
    row.last_seq += 1
    message = ChatMessage(
        id=uuid4(),
        workspace_id=row.workspace_id,
        session_id=row.id,
        seq=row.last_seq,
        parent_id=parent,
        author=author,
        author_name=name,
        content=content,
        run_id=run_id,
        idempotency_key=turn.key if first else None,
        request_hash=turn.wanted if first else None,
    )
    turn.session.add(message)
    await turn.session.flush()
    await turn.session.refresh(message, ["created_at"])
    row.head_id = message.id
    touch(turn.session, row)
    return message


def _content(said: Any) -> Any:
    """Text, or parts as JSON."""
    return said if isinstance(said, str) else [part.model_dump(mode="json", exclude_none=True) for part in said]


async def _sent(session: AsyncSession, asked: StoredMessage, answer: StoredMessage | None) -> models.Sent:
    stored = [asked] if answer is None else [asked, answer]
    shown = await show_messages(session, asked.message.session_id, stored)
    return models.Sent(message=shown[0], answer=shown[1] if len(shown) > 1 else None)
