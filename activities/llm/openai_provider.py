"""OpenAI's own models, by its SDK: chat completions or responses, always streamed."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from activities.llm import transcript
from activities.llm.call import EmbedCall, ModelCall, OnText, Vectors
from activities.llm.connections import Guarded, library_of, read_to_the_end, unguarded
from activities.llm.headers import call_headers
from activities.llm.openai_messages import chat_messages, chosen_tool, function_tools
from activities.llm.openai_responses import ask_by_responses
from activities.llm.reply import Reply, Usage
from activities.llm.settings import LlmSettings
from activities.llm.shapes import is_strict
from activities.llm.thinking import effort_of
from schemas.conversation import Finish
from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

VENDOR = "openai"
NO_KEY = "none"
"""Sent to a configured address that needs no key."""

FINISHES = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "content_filter": Finish.REFUSED,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
}


class OpenAiProvider:
    """Speaks to api.openai.com, or to whatever `OPENAI_BASE_URL` names."""

    def __init__(self, settings: LlmSettings, guarded: Guarded = unguarded) -> None:
        self._settings = settings
        self._guarded = guarded
        self._client: AsyncOpenAI | None = None

    async def ask(self, call: ModelCall, reply: Reply, on_text: OnText) -> None:
        """Make the call and fill in the reply."""
        client = await self._connected()
        if call.responses:
            await ask_by_responses(client, call, reply, on_text)
            return
        stream = await client.chat.completions.create(
            **chat_arguments(call, VENDOR), max_completion_tokens=call.max_tokens, extra_headers=call_headers(call)
        )
        reply.started = True
        async with stream:
            await hear(stream, reply, on_text)

    async def embed(self, call: EmbedCall) -> Vectors:
        """See `Provider`."""
        client = await self._connected()
        answer = await client.embeddings.create(**embed_arguments(call), extra_headers=call_headers(call))
        return vectors_of(answer)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> "AsyncOpenAI":
        if self._client is None:
            # The import takes seconds; heartbeats must go on.
            await asyncio.to_thread(importlib.import_module, "openai")
            self._client = self._client or self._new_client()
        return self._client

    def _new_client(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        settings = self._settings
        if settings.openai_api_key is None and settings.openai_base_url is None:
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "There is no key for OpenAI's models: set OPENAI_API_KEY.")
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else NO_KEY
        timeout = Timeout(settings.idle_timeout, connect=settings.connect_timeout)
        hooks, guard = {"response": [read_to_the_end]}, self._guarded(library_of(DefaultAsyncHttpxClient))
        return AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=settings.openai_base_url or "https://api.openai.com/v1",
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAsyncHttpxClient(timeout=timeout, event_hooks=hooks, **guard),
        )


def chat_arguments(call: ModelCall, vendor: str) -> dict[str, Any]:
    """The arguments of a chat completion that OpenAI and LiteLLM share."""
    arguments: dict[str, Any] = {
        "model": call.model,
        "messages": chat_messages(transcript.sound(call.messages), call.system, vendor),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if call.tools:
        arguments["tools"] = function_tools(call.tools, strict=vendor == VENDOR)
        arguments["tool_choice"] = chosen_tool(call.tool_choice)
    if call.thinking is not None:
        arguments["reasoning_effort"] = effort_of(call.thinking)
    if call.temperature is not None:
        arguments["temperature"] = call.temperature
    if call.output_schema is not None:
        form = {"name": "answer", "schema": call.output_schema, "strict": is_strict(call.output_schema)}
        arguments["response_format"] = {"type": "json_schema", "json_schema": form}
    return arguments


def embed_arguments(call: EmbedCall) -> dict[str, Any]:
    """The arguments of a call for vectors that OpenAI and LiteLLM share."""
    length = {} if call.dimensions is None else {"dimensions": call.dimensions}
    return {"model": call.model, "input": list(call.texts), **length}


def vectors_of(answer: Any) -> Vectors:
    """The vectors of an answer, in the order of the texts."""
    items = [item if isinstance(item, dict) else item.model_dump() for item in answer.data]
    items.sort(key=lambda item: item["index"])
    usage = answer.usage
    return Vectors([item["embedding"] for item in items], (usage.prompt_tokens or 0) if usage else 0)


async def hear(stream: AsyncIterator[Any], reply: Reply, on_text: OnText) -> None:
    """Take in a streamed chat completion."""
    async for chunk in stream:
        if getattr(chunk, "usage", None):
            reply.usage = _usage(chunk.usage)
        for choice in chunk.choices:
            await _hear_choice(choice, reply, on_text)
    if reply.finish is None and reply.usage.tokens_in and not reply.said and not reply.calls:
        # The usage comes last, so nothing was cut off: there was no choice at all.
        reply.finish = Finish.STOP


async def _hear_choice(choice: Any, reply: Reply, on_text: OnText) -> None:
    delta = choice.delta
    reply.refusal += getattr(delta, "refusal", None) or ""
    if thought := getattr(delta, "reasoning_content", None):
        reply.hear(thought, thought=True)
    for block in getattr(delta, "thinking_blocks", None) or ():
        _hear_seal(block, reply)
    if delta.content:
        reply.hear(delta.content)
        await on_text(delta.content)
    for piece in getattr(delta, "tool_calls", None) or ():
        _hear_call(piece, reply)
    if choice.finish_reason:
        reply.finish = Finish.REFUSED if reply.refusal else FINISHES.get(choice.finish_reason, Finish.STOP)


def _hear_seal(block: Any, reply: Reply) -> None:
    """What LiteLLM tells of sealed thoughts, besides their text."""
    if data := block.get("data"):
        reply.begun(thought=True, anew=True).data = data
    elif signature := block.get("signature"):
        reply.begun(thought=True).signature += signature


def _hear_call(piece: Any, reply: Reply) -> None:
    # Some servers number all calls 0 and tell them apart by their ids only.
    last = next(reversed(reply.calls), None)
    key: int | str = piece.index or 0
    if piece.id and key in reply.calls and reply.calls[key].id not in ("", piece.id):
        key = piece.id
    elif not piece.id and isinstance(last, str):
        key = last
    call = reply.call(key)
    call.id = call.id or piece.id or ""
    if piece.function is not None:
        call.name = call.name or piece.function.name or ""
        reply.hear_arguments(key, piece.function.arguments or "")


def _usage(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    read = getattr(details, "cached_tokens", None) or 0
    write = getattr(details, "cache_write_tokens", None) or getattr(details, "cache_creation_tokens", None) or 0
    prompt = usage.prompt_tokens or 0
    return Usage(
        fresh_in=max(prompt - read - write, 0),
        cache_read=read,
        cache_write=write,
        tokens_out=usage.completion_tokens or 0,
    )
