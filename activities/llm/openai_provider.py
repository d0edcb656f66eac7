"""OpenAI's own models, by its SDK: chat completions, always streamed."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from activities.llm.call import Finish, ModelCall, OnText, Reply, Usage
from activities.llm.connections import read_to_the_end
from activities.llm.headers import call_headers
from activities.llm.settings import LlmSettings
from activities.llm.shapes import is_strict
from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

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

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._client: AsyncOpenAI | None = None

    async def ask(self, call: ModelCall, reply: Reply, on_text: OnText) -> None:
        """Make the call and fill in the reply."""
        client = await self._connected()
        stream = await client.chat.completions.create(
            **chat_arguments(call), max_completion_tokens=call.max_tokens, extra_headers=call_headers(call)
        )
        reply.started = True
        async with stream:
            await hear(stream, reply, on_text)

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
        return AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=settings.openai_base_url or "https://api.openai.com/v1",
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAsyncHttpxClient(timeout=timeout, event_hooks={"response": [read_to_the_end]}),
        )


def chat_arguments(call: ModelCall) -> dict[str, Any]:
    """The arguments of a chat completion that OpenAI and LiteLLM share."""
    turns: list[dict[str, Any]] = [{"role": turn.role, "content": turn.text} for turn in call.turns]
    arguments: dict[str, Any] = {
        "model": call.model,
        "messages": [{"role": "system", "content": call.system}, *turns] if call.system else turns,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if call.temperature is not None:
        arguments["temperature"] = call.temperature
    if call.output_schema is not None:
        form = {"name": "answer", "schema": call.output_schema, "strict": is_strict(call.output_schema)}
        arguments["response_format"] = {"type": "json_schema", "json_schema": form}
    return arguments


async def hear(stream: AsyncIterator[Any], reply: Reply, on_text: OnText) -> None:
    """Take in a streamed chat completion."""
    async for chunk in stream:
        if getattr(chunk, "usage", None):
            reply.usage = _usage(chunk.usage)
        for choice in chunk.choices:
            await _hear_choice(choice, reply, on_text)
    if reply.finish is None and reply.usage.tokens_in and not reply.parts:
        # The usage comes last, so nothing was cut off: there was no choice at all.
        reply.finish = Finish.STOP


async def _hear_choice(choice: Any, reply: Reply, on_text: OnText) -> None:
    reply.refusal += getattr(choice.delta, "refusal", None) or ""
    if choice.delta.content:
        reply.parts.append(choice.delta.content)
        await on_text(choice.delta.content)
    if choice.finish_reason:
        reply.finish = Finish.REFUSED if reply.refusal else FINISHES.get(choice.finish_reason, Finish.STOP)


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
