"""Conversations as Anthropic's messages API has them."""

from typing import Any

from activities.llm.transcript import own_thoughts
from schemas.conversation import FilePart, ImagePart, Message, MessageRole, Part, TextPart, ThinkingPart, ToolDefinition

Json = dict[str, Any]
VENDOR = "anthropic"
REMEMBER: Json = {"cache_control": {"type": "ephemeral"}}
"""Ends a part of the request that the provider keeps for the next call, at a tenth of its price."""


def turns(messages: tuple[Message, ...], *, remember: bool) -> list[Json]:
    """The messages: what one side says in a row is one of them, answers of tools first."""
    found: list[Json] = []
    for message in messages:
        role = "assistant" if message.role is MessageRole.ASSISTANT else "user"
        if not found or found[-1]["role"] != role:
            found.append({"role": role, "content": []})
        found[-1]["content"] += _blocks(message)
    for turn in found:
        turn["content"].sort(key=lambda block: turn["role"] == "user" and block["type"] != "tool_result")
    if remember and found:
        found[-1]["content"][-1] = {**found[-1]["content"][-1], **REMEMBER}
    return found


def begins_with_thoughts(messages: tuple[Message, ...]) -> bool:
    """Whether a model may be given a budget to think: the last turn that called tools must have begun with thoughts.

    It has not if another vendor's model or one that was not to think has taken it.
    """
    last = next((message for message in reversed(messages) if message.role is MessageRole.ASSISTANT), None)
    if last is None or not last.tool_calls:
        return True
    return any(isinstance(part, ThinkingPart) for part in own_thoughts(last, VENDOR)[:1])


def instructions(system: str, *, remember: bool) -> Any:
    """The system prompt."""
    return [{"type": "text", "text": system, **REMEMBER}] if remember else system


def tool_list(tools: tuple[ToolDefinition, ...], *, remember: bool) -> list[Json]:
    """The tools."""
    found: list[Json] = [_tool(tool) for tool in tools]
    if remember:
        found[-1] = {**found[-1], **REMEMBER}
    return found


def called_tools(messages: tuple[Message, ...]) -> tuple[ToolDefinition, ...]:
    """The tools that were called: a conversation that has calls is refused without tools, even if none is offered."""
    names = dict.fromkeys(call.name for message in messages for call in message.tool_calls)
    return tuple(ToolDefinition(name=name) for name in names)


def chosen_tool(choice: str) -> Json:
    """Which tool must be called."""
    kinds = {"auto": "auto", "none": "none", "required": "any"}
    return {"type": kinds[choice]} if choice in kinds else {"type": "tool", "name": choice}


def _tool(tool: ToolDefinition) -> Json:
    told: Json = {"name": tool.name, "input_schema": {"type": "object", **tool.input_schema}}
    return {**told, "description": tool.description} if tool.description else told


def _blocks(message: Message) -> list[Json]:
    parts = [_block(part) for part in own_thoughts(message, VENDOR)]
    if message.role is MessageRole.TOOL:
        told: Json = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": parts}
        return [{**told, "is_error": True} if message.is_error else told]
    if message.role is MessageRole.SYSTEM:
        return [{"type": "text", "text": f"<system>\n{message.text}\n</system>"}]
    calls = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in message.tool_calls
    ]
    return [*parts, *calls]


def _block(part: Part) -> Json:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, ThinkingPart):
        if part.data:
            return {"type": "redacted_thinking", "data": part.data}
        return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}
    if isinstance(part, ImagePart):
        return {"type": "image", "source": _source(part)}
    return {"type": "document", "title": part.name, "source": _source(part)}


def _source(part: ImagePart | FilePart) -> Json:
    if isinstance(part, ImagePart) and part.url:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": part.data}
