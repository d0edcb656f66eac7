"""OpenAI's responses API: the other way to ask its models, with thoughts that go back to it sealed."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from activities.llm import transcript
from activities.llm.call import ModelCall, OnText
from activities.llm.headers import call_headers
from activities.llm.openai_messages import data_url, tool_text
from activities.llm.reply import Reply, Usage
from activities.llm.shapes import is_strict
from activities.llm.thinking import effort_of
from schemas.conversation import FilePart, Finish, ImagePart, Message, MessageRole, Part, TextPart, ThinkingPart

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Json = dict[str, Any]
_VENDOR = "openai"
_UNFINISHED = {"max_output_tokens": Finish.LENGTH, "content_filter": Finish.REFUSED}


async def ask_by_responses(client: "AsyncOpenAI", call: ModelCall, reply: Reply, on_text: OnText) -> None:
    """Make the call and fill in the reply."""
    stream: Any = await client.responses.create(**_arguments(call), extra_headers=call_headers(call))
    reply.started = True
    async with stream:
        await _hear(stream, reply, on_text)


def _arguments(call: ModelCall) -> Json:
    system, messages = transcript.instructions(call.system, transcript.sound(call.messages))
    arguments: Json = {
        "model": call.model,
        "input": [item for message in messages for item in _items(message)],
        "max_output_tokens": call.max_tokens,
        "store": False,
        "stream": True,
    }
    if system:
        arguments["instructions"] = system
    if call.tools:
        arguments["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.input_schema,
                "strict": is_strict(tool.input_schema),
            }
            for tool in call.tools
        ]
        arguments["tool_choice"] = _chosen_tool(call.tool_choice)
    if call.reasons:
        # Nothing is stored over there, so what the model thought has to come back with the conversation.
        arguments["include"] = ["reasoning.encrypted_content"]
    if call.thinking is not None:
        arguments["reasoning"] = {"effort": effort_of(call.thinking), "summary": "auto"}
    if call.temperature is not None:
        arguments["temperature"] = call.temperature
    if call.output_schema is not None:
        strict = is_strict(call.output_schema)
        form = {"type": "json_schema", "name": "answer", "schema": call.output_schema, "strict": strict}
        arguments["text"] = {"format": form}
    return arguments


def _chosen_tool(choice: str) -> Any:
    return choice if choice in ("auto", "none", "required") else {"type": "function", "name": choice}


def _items(message: Message) -> Iterator[Json]:
    if message.role is MessageRole.TOOL:
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": _tool_output(message)}
    elif message.role is not MessageRole.ASSISTANT:
        yield {"role": message.role.value, "content": [_part(part) for part in message.content if _is_shown(part)]}
    else:
        yield from (_thought(part) for part in message.content if isinstance(part, ThinkingPart) and _is_ours(part))
        if message.text:
            yield {"role": "assistant", "content": message.text}
        for call in message.tool_calls:
            arguments = json.dumps(call.arguments)
            yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments}


def _tool_output(message: Message) -> Any:
    if all(isinstance(part, TextPart) for part in message.content):
        return tool_text(message)
    return [_part(part) for part in message.content if _is_shown(part)]


def _is_shown(part: Part) -> bool:
    return not isinstance(part, ThinkingPart)


def _is_ours(part: ThinkingPart) -> bool:
    return part.vendor == _VENDOR and part.data is not None


def _thought(part: ThinkingPart) -> Json:
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    return {"type": "reasoning", "id": part.signature, "summary": summary, "encrypted_content": part.data}


def _part(part: Part) -> Json:
    if isinstance(part, ImagePart):
        return {"type": "input_image", "image_url": data_url(part), "detail": "auto"}
    if isinstance(part, FilePart):
        return {"type": "input_file", "filename": part.name, "file_data": data_url(part)}
    return {"type": "input_text", "text": part.text}


async def _hear(stream: AsyncIterator[Any], reply: Reply, on_text: OnText) -> None:
    async for event in stream:
        if event.type == "response.output_text.delta":
            reply.hear(event.delta)
            await on_text(event.delta)
        elif event.type == "response.refusal.delta":
            reply.refusal += event.delta
        elif event.type == "response.function_call_arguments.delta":
            reply.hear_arguments(event.output_index, event.delta)
        elif event.type in ("response.output_item.added", "response.output_item.done"):
            _hear_item(event, reply)
        elif event.type in ("response.completed", "response.incomplete"):
            _end(event.response, reply)
        elif event.type in ("response.failed", "error"):
            raise _failure(event)


def _hear_item(event: Any, reply: Reply) -> None:
    item = event.item
    if item.type == "function_call":
        call = reply.call(event.output_index)
        call.id, call.name = item.call_id, item.name
    elif item.type == "reasoning" and event.type == "response.output_item.done":
        thought = reply.begun(thought=True, anew=True)
        thought.pieces = ["\n\n".join(part.text for part in item.summary)]
        thought.signature, thought.data = item.id, item.encrypted_content or ""


def _end(response: Any, reply: Reply) -> None:
    usage = response.usage
    if usage is not None:
        read = usage.input_tokens_details.cached_tokens or 0
        reply.usage = Usage(fresh_in=usage.input_tokens - read, cache_read=read, tokens_out=usage.output_tokens)
    details = response.incomplete_details
    if reply.refusal:
        reply.finish = Finish.REFUSED
    elif details is not None:
        reply.finish = _UNFINISHED.get(details.reason, Finish.LENGTH)
    else:
        reply.finish = Finish.STOP


def _failure(event: Any) -> Exception:
    """What went wrong on the other side, as the SDK raises it elsewhere."""
    import httpx
    from openai import APIError

    error = event if event.type == "error" else event.response.error
    message: str = getattr(error, "message", "") or "It failed."
    body = {"code": getattr(error, "code", None), "message": message}
    return APIError(message, request=httpx.Request("POST", "https://responses"), body=body)
