"""Conversations that an agent, or somebody, gives to people: the row, the audit log, and who hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit
from db.audit import Actor
from db.effects import effects
from db.tables import ChatMessage, ChatSession, Notification
from schemas.notifications import Notice
from schemas.roles import Role

ANSWERING: Final = tuple(f"role:{role.value}" for role in Role if role is not Role.VIEWER)
"""Principals of all who may answer in place of an agent."""

MOST_LET_PASS: Final = 1_000
"""Of one conversation; the oldest are asked about anew."""


@dataclass(frozen=True)
class HandOver:
    """How a conversation is given to people."""

    handler: str | None
    """Who answers from now on; nothing until somebody takes it."""
    note: str | None
    """Why, and what they should know."""
    principals: Sequence[str]
    """Who hears of it; nobody if empty."""
    key: str
    """Tells the occasion from others, so that nobody hears of it twice."""


async def hand_over(session: AsyncSession, row: ChatSession, actor: Actor, handed: HandOver) -> None:
    """Let people answer from now on, and let them hear of it once the transaction commits.

    Args:
        session: The transaction.
        row: The conversation, locked.
        actor: Who gives it away, and needs not hear of it.
        handed: How.
    """
    taken = row.status == "human" and handed.note is None
    row.status, row.handler = "human", handed.handler
    if not taken:  # whoever takes it does not make the reason forgotten for which it was given
        row.handed_by, row.handed_note = actor.name, handed.note
    after = {"to": handed.handler, "note": handed.note}
    audit.record(session, actor, "chat_session.handed_over", ("chat_session", row.id), after=after)
    touch(session, row)
    if handed.principals:
        await _tell(session, row, actor, handed)


async def conversation_of(session: AsyncSession, run_id: UUID) -> ChatSession | None:
    """The conversation in which a run answers, locked until the transaction ends."""
    answers = exists().where(ChatMessage.session_id == ChatSession.id, ChatMessage.run_id == run_id)
    query = select(ChatSession).where(answers).with_for_update(of=ChatSession)
    found: ChatSession | None = await session.scalar(query)
    return found


def let_pass(row: ChatSession, digests: Sequence[str]) -> list[str]:
    """Remember messages that people have let pass, by digest; all that are remembered."""
    if new := [digest for digest in digests if digest not in row.let_pass]:
        row.let_pass = [*row.let_pass, *new][-MOST_LET_PASS:]
    return list(row.let_pass)


async def was_told(session: AsyncSession, row: ChatSession, key: str) -> bool:
    """Whether people have heard of an occasion."""
    told = exists().where(Notification.session_id == row.id, Notification.key == key)
    return bool(await session.scalar(select(told)))


def touch(session: AsyncSession, row: ChatSession) -> None:
    """Note that a conversation has changed; whoever follows it is told after the commit."""
    row.revision += 1
    row.updated_at = func.clock_timestamp()
    effects(session).runs.add(row.id)


async def _tell(session: AsyncSession, row: ChatSession, actor: Actor, handed: HandOver) -> None:
    told = insert(Notification).values(
        workspace_id=row.workspace_id,
        session_id=row.id,
        event=Notice.HANDED_OVER.value,
        stage=0,
        principals=list(handed.principals),
        actor_id=actor.id or (row.owner_id if row.owner_kind == "user" else None),  # who waits for the answer
        actor_name=actor.name,
        text=handed.note,
        key=handed.key,
    )
    await session.execute(told.on_conflict_do_nothing())
