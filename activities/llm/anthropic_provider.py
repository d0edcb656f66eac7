"""Anthropic's own models, by its SDK: messages, always streamed."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from activities.llm import transcript
from activities.llm.anthropic_messages import (
    begins_with_thoughts,
    called_tools,
    chosen_tool,
    instructions,
    tool_list,
    turns,
)
from activities.llm.call import EmbedCall, ModelCall, OnText, Vectors
from activities.llm.connections import Guarded, library_of, unguarded
from activities.llm.headers import call_headers
from activities.llm.reply import Reply, Usage
from activities.llm.settings import LlmSettings
from activities.llm.shapes import spread_types
from activities.llm.thinking import anthropic_thinking
from schemas.conversation import Finish
from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

NO_KEY = "none"

_FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "pause_turn": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "refusal": Finish.REFUSED,
    "model_context_window_exceeded": Finish.CONTEXT_FULL,
}


class AnthropicProvider:
    """Speaks to api.anthropic.com, or to whatever `ANTHROPIC_BASE_URL` names."""

    def __init__(self, settings: LlmSettings, guarded: Guarded = unguarded) -> None:
        self._settings = settings
        self._guarded = guarded
        self._client: AsyncAnthropic | None = None

    async def ask(self, call: ModelCall, reply: Reply, on_text: OnText) -> None:
        """Make the call and fill in the reply."""
        client = await self._connected()
        stream = await client.messages.create(**_arguments(call), extra_headers=call_headers(call))
        reply.started = True
        async with stream:
            async for event in stream:
                await _hear(event, reply, on_text)

    async def embed(self, call: EmbedCall) -> Vectors:
        """See `Provider`; there are no such models.

        Raises:
            PerdureError: `unknown_model`.
        """
        raise PerdureError(
            ErrorCode.UNKNOWN_MODEL,
            f"Anthropic has no model that turns texts into vectors, and {call.model!r} is none; use another vendor's.",
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> "AsyncAnthropic":
        if self._client is None:
            # The import takes seconds; heartbeats must go on.
            await asyncio.to_thread(importlib.import_module, "anthropic")
            self._client = self._client or self._new_client()
        return self._client

    def _new_client(self) -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient, Timeout

        settings = self._settings
        if settings.anthropic_api_key is None and settings.anthropic_base_url is None:
            raise PerdureError(
                ErrorCode.MISSING_CREDENTIAL, "There is no key for Anthropic's models: set ANTHROPIC_API_KEY."
            )
        key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else NO_KEY
        timeout = Timeout(settings.idle_timeout, connect=settings.connect_timeout)
        guard = self._guarded(library_of(DefaultAsyncHttpxClient))
        return AsyncAnthropic(
            api_key=key or NO_KEY,
            base_url=settings.anthropic_base_url or "https://api.anthropic.com",
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAsyncHttpxClient(timeout=timeout, **guard) if guard else None,
        )


def _arguments(call: ModelCall) -> dict[str, Any]:
    system, messages = transcript.instructions(call.system, transcript.sound(call.messages))
    arguments: dict[str, Any] = {
        "model": call.model,
        "messages": turns(messages, remember=call.prompt_cache),
        "max_tokens": call.max_tokens,
        "stream": True,
    }
    if system:
        arguments["system"] = instructions(system, remember=call.prompt_cache)
    tools = call.tools or called_tools(messages)
    if tools:
        arguments["tools"] = tool_list(tools, remember=call.prompt_cache)
        arguments["tool_choice"] = chosen_tool(call.tool_choice if call.tools else "none")
    if call.thinking is not None and (call.adaptive_thinking or begins_with_thoughts(messages)):
        arguments |= anthropic_thinking(call.thinking, call.max_tokens, adaptive=call.adaptive_thinking)
    if call.temperature is not None:
        # The SDK has dropped the parameter, for the newest models refuse it; older ones still take it.
        arguments["extra_body"] = {"temperature": call.temperature}
    if call.output_schema is not None:
        from anthropic import transform_schema

        form = {"type": "json_schema", "schema": transform_schema(spread_types(call.output_schema))}
        arguments["output_config"] = {**arguments.get("output_config", {}), "format": form}
    return arguments


async def _hear(event: Any, reply: Reply, on_text: OnText) -> None:
    if event.type == "message_start":
        reply.usage = _usage(event.message.usage)
    elif event.type == "content_block_start":
        _begin(event.index, event.content_block, reply)
    elif event.type == "content_block_delta":
        await _hear_delta(event.index, event.delta, reply, on_text)
    elif event.type == "message_delta":
        reply.usage.tokens_out = event.usage.output_tokens
        reason = event.delta.stop_reason
        reply.finish = _FINISHES.get(reason, Finish.STOP) if reason else None
        details = event.delta.stop_details
        reply.refusal = (details.explanation or "") if details else ""


def _begin(index: int, block: Any, reply: Reply) -> None:
    """A block of the answer begins."""
    if block.type == "tool_use":
        call = reply.call(index)
        call.id, call.name = block.id, block.name
    elif block.type == "redacted_thinking":
        reply.begun(thought=True, anew=True).data = block.data
    elif block.type in ("thinking", "text"):
        reply.begun(thought=block.type == "thinking", anew=True)


async def _hear_delta(index: int, delta: Any, reply: Reply, on_text: OnText) -> None:
    if delta.type == "text_delta":
        reply.hear(delta.text)
        await on_text(delta.text)
    elif delta.type == "input_json_delta":
        reply.hear_arguments(index, delta.partial_json)
    elif delta.type == "thinking_delta":
        reply.hear(delta.thinking, thought=True)
    elif delta.type == "signature_delta":
        reply.begun(thought=True).signature += delta.signature


def _usage(usage: Any) -> Usage:
    return Usage(
        fresh_in=usage.input_tokens,
        cache_read=usage.cache_read_input_tokens or 0,
        cache_write=usage.cache_creation_input_tokens or 0,
        tokens_out=usage.output_tokens,
    )
