"""A conversation as a file, for people or for programs."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from pydantic import BaseModel

from api.chat import models
from schemas.conversation import FilePart, ImagePart, Part, TextPart

_WHO: Final = {models.Author.USER: "You", models.Author.AGENT: "Agent", models.Author.MEMBER: "Member"}


class ChatFormat(StrEnum):
    """How a conversation is written."""

    JSON = "json"
    MARKDOWN = "markdown"


class ExportedSession(BaseModel):
    """A conversation with all its messages."""

    session: models.ChatSession
    messages: list[models.ChatMessage]


def as_json(session: models.ChatSession, messages: Sequence[models.ChatMessage]) -> str:
    """Everything, branches included."""
    return ExportedSession(session=session, messages=list(messages)).model_dump_json(indent=2)


def as_markdown(session: models.ChatSession, branch: Sequence[models.ChatMessage]) -> str:
    """The branch that is shown, to be read."""
    return "\n".join(_lines(session, branch)) + "\n"


def _lines(session: models.ChatSession, branch: Sequence[models.ChatMessage]) -> Iterator[str]:
    yield f"# {session.title or 'Conversation'}"
    yield ""
    yield f"With {session.agent}, {session.created_at:%Y-%m-%d}."
    for message in branch:
        yield ""
        yield f"## {message.author_name or _WHO[message.author]} · {message.created_at:%Y-%m-%d %H:%M} UTC"
        yield ""
        yield "\n\n".join(filter(None, map(_written, message.content))) or f"*{message.status}*"


def _written(part: Part) -> str:
    if isinstance(part, TextPart):
        return part.text
    if isinstance(part, ImagePart):
        return f"![image]({part.url or part.file or 'inline'})"
    return f"[{part.name}]({part.file or 'inline'})" if isinstance(part, FilePart) else ""
