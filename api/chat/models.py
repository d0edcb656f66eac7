"""Requests and answers about conversations."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.agents.models import Said
from api.approvals.models import Approval
from api.runs.models import Slug
from api.workflows.draft_models import Body
from schemas.conversation import Part
from schemas.errors import ErrorInfo
from schemas.messages import RunStatus

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SessionStatus(StrEnum):
    """Who answers."""

    AGENT = "agent"
    HUMAN = "human"


class Author(StrEnum):
    """Who has written a message."""

    USER = "user"
    """Whoever talks to the agent."""
    AGENT = "agent"
    MEMBER = "member"
    """A person who answers in place of the agent."""


class ChatSession(BaseModel):
    """A conversation."""

    id: UUID
    agent: str = Field(description="Slug of the agent.")
    version: int | None = Field(description="Version that answers; null for the newest one at each turn.")
    title: str | None = Field(description="By default the beginning of the first message.")
    status: SessionStatus
    handler: str | None = Field(
        description="Who has taken over, while `status` is `human`; null while it waits for somebody to take it."
    )
    handed_by: str | None = Field(description="Who has given it to people, the agent or a person; null otherwise.")
    handed_note: str | None = Field(description="What they have said about it.")
    owner: str = Field(description="Who began it: e-mail address, name of the key, or `operator`.")
    mine: bool = Field(description="Whether that is the caller.")
    context: Any
    head_id: UUID | None = Field(description="Last message of the branch that is shown.")
    revision: int = Field(description="Counts up with every change.")
    created_at: datetime
    updated_at: datetime


class ChatSessionPage(BaseModel):
    """Conversations, the latest first."""

    items: list[ChatSession]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class ChatSessionDetail(ChatSession):
    """A conversation with what is under way in it."""

    run_id: UUID | None = Field(description="Run that is answering now.")
    approvals: list[Approval] = Field(description="Requests to people that it waits for; decide them as any other.")
    cursor: str = Field(description="`after` of the stream: what comes after this answer, and the answer under way.")


class ChatMessage(BaseModel):
    """A message."""

    id: UUID
    parent_id: UUID | None
    seq: int = Field(description="Counts within the conversation, in the order of writing.")
    author: Author
    author_name: str | None
    content: list[Part] = Field(description="Of an agent: its last words, as far as it has ended.")
    output: Any = Field(description="Of an agent with an output schema: its data.")
    run_id: UUID | None = Field(description="Run that answers; GET /v1/runs/{id}/transcript has all that it did.")
    status: RunStatus = Field(description="Of an agent: where its run stands; else `completed`.")
    end: str | None = Field(description="Why the agent ended: `completed`, or a limit that it reached.")
    error: ErrorInfo | None
    cost_usd: float
    tokens_in: int
    tokens_out: int
    siblings: list[UUID] = Field(description="Messages in the same place, itself included, the oldest first.")
    created_at: datetime
    ended_at: datetime | None


class ChatMessagePage(BaseModel):
    """The branch of messages that is shown, or all of them."""

    items: list[ChatMessage] = Field(description="The oldest first.")
    before: UUID | None = Field(description="`before` of the page that comes before this one; null on the first.")


class CreateSession(Body):
    """Body of beginning a conversation."""

    agent: Slug
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="The newest at each turn by default.")
    title: Title | None = None
    context: Any = Field(default=None, description="What the agent's instructions read as `input.context`.")


class RenameSession(Body):
    """Body of renaming a conversation."""

    title: Title


class SendMessage(Body):
    """Body of a message."""

    content: Said = Field(description="Text, or parts: text, images, files.")
    as_member: bool = Field(
        default=False, description="Answer in place of the agent; the conversation must be in the hands of people."
    )
    parent_id: UUID | None = Field(default=None, description="Message to go on from; the last one by default.")


class EditMessage(Body):
    """Body of writing a message anew, which begins a branch."""

    content: Said


class ChooseBranch(Body):
    """Body of choosing what is shown."""

    message_id: UUID = Field(description="Any message of the branch; its latest continuation is shown.")


class HandOver(Body):
    """Body of handing a conversation to people."""

    to: str | None = Field(
        default=None,
        min_length=1,
        max_length=320,
        description="Who, and hears of it if a member; the caller by default.",
    )
    note: str | None = Field(default=None, max_length=2_000, description="Why, and what they should know.")


class Sent(BaseModel):
    """What a message has caused."""

    message: ChatMessage
    answer: ChatMessage | None = Field(description="The agent's, under way; null while people answer.")
