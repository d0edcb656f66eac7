"""What an agent is told of a conversation before its next answer."""

from collections.abc import Sequence
from typing import Any, Final

from api.chat.repository import StoredMessage
from db.json_text import to_json
from schemas.agents import dumped, first_message
from schemas.conversation import Message, MessageRole
from schemas.errors import ErrorCode
from schemas.guardrails import Stage
from schemas.messages import RunStatus

MOST_MESSAGES: Final = 1_000
"""Of a branch; what is older is left out."""
MOST_CHARS: Final = 600_000
"""Of the history as JSON: a step's settings may have a mebibyte."""


def history_of(branch: Sequence[StoredMessage]) -> list[dict[str, Any]]:
    """The messages of a branch as the input of a run.

    An answer brings all that was said in its run, calls of tools included. If the agent had to summarise what was
    before, the summary stands for it. What guardrails have refused is left out. What is still too long loses the tools
    of older turns first, then the oldest turns.
    """
    turns: list[list[dict[str, Any]]] = []
    refused = {stored.message.parent_id for stored in branch if _refused(stored)}
    for stored in branch:
        if stored.message.id in refused:
            continue
        summary = _output(stored).get("summary")
        if summary:
            turns = [[dumped(Message.said(MessageRole.USER, summary))]]
        turns.append(_said(stored))
    return _fitted(turns)


def words_of(stored: StoredMessage) -> Message:
    """What somebody said in a message, or the agent said last."""
    if stored.run is None or stored.message.content is not None:
        role = MessageRole.USER if stored.message.author == "user" else MessageRole.ASSISTANT
        said = first_message(stored.message.content) if stored.message.content is not None else Message(role=role)
        return said.model_copy(update={"role": role})
    text = _output(stored).get("text")
    return Message.said(MessageRole.ASSISTANT, text) if text else Message(role=MessageRole.ASSISTANT)


def _output(stored: StoredMessage) -> dict[str, Any]:
    run = stored.run
    if run is None or run.status != RunStatus.COMPLETED:
        return {}
    return run.output if isinstance(run.output, dict) else {"text": str(run.output or "")}


def _refused(stored: StoredMessage) -> bool:
    """Whether guardrails did not let in what was to be answered."""
    error = None if stored.run is None else stored.run.error
    if not isinstance(error, dict) or error.get("code") != ErrorCode.CONTENT_REFUSED:
        return False
    return bool(error.get("details", {}).get("stage") == Stage.INPUT)


def _said(stored: StoredMessage) -> list[dict[str, Any]]:
    """All that was said in a turn."""
    messages = _output(stored).get("messages")
    if stored.run is not None and isinstance(messages, list) and messages:
        return messages
    words = words_of(stored)
    return [dumped(words)] if words.content else []


def _fitted(turns: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    sizes = [len(to_json(turn)) for turn in turns]
    for index, turn in enumerate(turns):
        if sum(sizes) <= MOST_CHARS:
            break
        turns[index] = _plain(turn)
        sizes[index] = len(to_json(turns[index]))
    while turns and sum(sizes) > MOST_CHARS:
        turns, sizes = turns[1:], sizes[1:]
    return [message for turn in turns for message in turn]


def _plain(turn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A turn without its tools: what people said, and the agent's last words."""
    people = [message for message in turn if message["role"] == MessageRole.USER]
    last = [message for message in turn if message["role"] == MessageRole.ASSISTANT and not message.get("tool_calls")]
    return [*people, *last[-1:]]
