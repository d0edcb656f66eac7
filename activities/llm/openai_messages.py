"""Conversations as OpenAI's chat completions have them; LiteLLM takes the same."""

import json
from collections.abc import Iterator
from typing import Any

from activities.llm.shapes import is_strict
from activities.llm.transcript import own_thoughts
from schemas.conversation import FilePart, ImagePart, Message, MessageRole, Part, TextPart, ThinkingPart, ToolDefinition

Json = dict[str, Any]
LITELLM = "litellm"


def chat_messages(messages: tuple[Message, ...], system: str | None, vendor: str) -> list[Json]:
    """The messages; pictures that tools gave back follow their answers, which can only hold text."""
    found: list[Json] = [{"role": "system", "content": system}] if system else []
    shown: list[Part] = []
    for message in messages:
        if message.role is not MessageRole.TOOL and shown:
            found.append({"role": "user", "content": _content(tuple(shown))})
            shown = []
        found.append(_message(message, vendor))
        if message.role is MessageRole.TOOL:
            shown += [part for part in message.content if not isinstance(part, TextPart)]
    return [*found, *([{"role": "user", "content": _content(tuple(shown))}] if shown else [])]


def function_tools(tools: tuple[ToolDefinition, ...], *, strict: bool) -> list[Json]:
    """The tools as functions; where the vendor can hold a model to their schemas, it is told to."""
    return [{"type": "function", "function": function(tool, strict=strict)} for tool in tools]


def function(tool: ToolDefinition, *, strict: bool) -> Json:
    """A tool as a function."""
    told: Json = {"name": tool.name, "parameters": tool.input_schema}
    if tool.description:
        told["description"] = tool.description
    if strict:
        told["strict"] = is_strict(tool.input_schema)
    return told


def chosen_tool(choice: str) -> Any:
    """Which tool must be called."""
    return choice if choice in ("auto", "none", "required") else {"type": "function", "function": {"name": choice}}


def data_url(part: ImagePart | FilePart) -> str:
    """Where an image or a file is; its own bytes as an address."""
    if isinstance(part, ImagePart) and part.url:
        return part.url
    return f"data:{part.media_type};base64,{part.data}"


def tool_text(message: Message) -> str:
    """What a tool gave back; the protocol has no mark for a failure."""
    return f"Error: {message.text}" if message.is_error else message.text


def _message(message: Message, vendor: str) -> Json:
    if message.role is MessageRole.TOOL:
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": tool_text(message)}
    if message.role is not MessageRole.ASSISTANT:
        return {"role": message.role.value, "content": _content(message.content)}
    told: Json = {"role": "assistant", "content": message.text or None}
    if message.tool_calls:
        told["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in message.tool_calls
        ]
    if vendor == LITELLM and (blocks := list(_thoughts(message, vendor))):
        told["thinking_blocks"] = blocks
    return told


def _thoughts(message: Message, vendor: str) -> Iterator[Json]:
    """Sealed thoughts, which some vendors behind LiteLLM want back."""
    for part in own_thoughts(message, vendor):
        if isinstance(part, ThinkingPart) and part.data:
            yield {"type": "redacted_thinking", "data": part.data}
        elif isinstance(part, ThinkingPart) and part.signature:
            yield {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _content(parts: tuple[Part, ...]) -> Any:
    if all(isinstance(part, TextPart) for part in parts):
        return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
    return [_part(part) for part in parts if not isinstance(part, ThinkingPart)]


def _part(part: Part) -> Json:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": data_url(part)}}
    if isinstance(part, FilePart):
        return {"type": "file", "file": {"filename": part.name, "file_data": data_url(part)}}
    return {"type": "text", "text": part.text}
