"""Makes a conversation one that every vendor takes: each tool call has its answer, and nothing is empty."""

from collections.abc import Iterator

from activities.text import clean_text
from schemas.conversation import Message, MessageRole, Part, TextPart, ThinkingPart, ToolCall

NOT_MADE = "This call was not made."


def sound(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation with missing answers of tools filled in, and without what vendors refuse.

    A conversation that was edited, cut or steered may lack answers of tools, or have some to calls that it lost.
    """
    found: list[Message] = []
    waiting: dict[str, ToolCall] = {}
    for message in messages:
        if message.role is MessageRole.TOOL:
            found.append(_answer(message, waiting))
            continue
        found += _unanswered(waiting)
        waiting = {call.id: call for call in message.tool_calls}
        if kept := _without_emptiness(message):
            found.append(kept)
    return (*found, *_unanswered(waiting))


def instructions(system: str | None, messages: tuple[Message, ...]) -> tuple[str | None, tuple[Message, ...]]:
    """All instructions that come before the conversation, and the conversation itself."""
    count = next((at for at, message in enumerate(messages) if message.role is not MessageRole.SYSTEM), len(messages))
    texts = [text for text in (system, *(message.text for message in messages[:count])) if text]
    return "\n\n".join(texts) or None, messages[count:]


def own_thoughts(message: Message, vendor: str) -> tuple[Part, ...]:
    """The parts of a message without the thoughts of other vendors' models."""
    return tuple(part for part in message.content if not isinstance(part, ThinkingPart) or part.vendor == vendor)


def _answer(message: Message, waiting: dict[str, ToolCall]) -> Message:
    """A tool's answer; as plain words if nobody asked for it."""
    if waiting.pop(message.tool_call_id or "", None) is not None:
        return message
    head = TextPart(text=f"Result of an earlier call of {message.name or 'a tool'}:")
    return Message(role=MessageRole.USER, content=(head, *message.content))


def _unanswered(waiting: dict[str, ToolCall]) -> Iterator[Message]:
    while waiting:
        yield Message.tool_result(waiting.pop(next(iter(waiting))), NOT_MADE, is_error=True)


def _without_emptiness(message: Message) -> Message | None:
    parts = tuple(_clean(part) for part in message.content if not isinstance(part, TextPart) or part.text.strip())
    if not parts and not message.tool_calls:
        return None
    return message.model_copy(update={"content": parts})


def _clean(part: Part) -> Part:
    return part.model_copy(update={"text": clean_text(part.text)}) if isinstance(part, TextPart) else part
