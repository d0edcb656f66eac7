"""The vendors' own SDKs against the simulator over HTTP: each protocol says the same, streamed and whole."""

import json
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
PROMPTS = {
    "text": "Say it. [[sim:reply Once upon a time]] [[sim:usage in=30 out=5]]",
    "tool": '[[sim:tool weather {"city": "Oslo"}]] [[sim:usage in=30 out=5]]',
}
Said = tuple[str, list[tuple[str, Any]], int, int]
"""Text, calls of tools, tokens in and out."""


async def chat_whole(client: AsyncOpenAI, prompt: str) -> Said:
    answer: Any = await client.chat.completions.create(**_chat(prompt))
    message = answer.choices[0].message
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()]
    return message.content or "", calls, answer.usage.prompt_tokens, answer.usage.completion_tokens


async def chat_streamed(client: AsyncOpenAI, prompt: str) -> Said:
    text, calls, usage = "", {}, None
    stream: Any = await client.chat.completions.create(
        **_chat(prompt), stream=True, stream_options={"include_usage": True}
    )
    async for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for call in choice.delta.tool_calls or ():
                name, arguments = calls.get(call.index, ("", ""))
                calls[call.index] = (name + (call.function.name or ""), arguments + (call.function.arguments or ""))
    assert usage is not None
    made = [(name, json.loads(arguments)) for name, arguments in calls.values()]
    return text, made, usage.prompt_tokens, usage.completion_tokens


async def responses_whole(client: AsyncOpenAI, prompt: str) -> Said:
    return _response(await client.responses.create(**_asked(prompt)))


async def responses_streamed(client: AsyncOpenAI, prompt: str) -> Said:
    final: Any = None
    stream: Any = await client.responses.create(**_asked(prompt), stream=True)
    async for event in stream:
        final = event.response if event.type == "response.completed" else final
    return _response(final)


async def messages_whole(client: AsyncAnthropic, prompt: str) -> Said:
    return _message(await client.messages.create(**_told(prompt)))


async def messages_streamed(client: AsyncAnthropic, prompt: str) -> Said:
    async with client.messages.stream(**_told(prompt)) as stream:
        return _message(await stream.get_final_message())


def _chat(prompt: str) -> dict[str, Any]:
    tool = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], "tools": [tool]}


def _asked(prompt: str) -> dict[str, Any]:
    tool = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}
    return {"model": "gpt-4o", "input": prompt, "tools": [tool]}


def _told(prompt: str) -> dict[str, Any]:
    tool = {"name": "weather", "input_schema": SCHEMA}
    messages = [{"role": "user", "content": prompt}]
    return {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": messages, "tools": [tool]}


def _response(answer: Any) -> Said:
    calls = [(item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
    return answer.output_text, calls, answer.usage.input_tokens, answer.usage.output_tokens


def _message(answer: Any) -> Said:
    text = "".join(block.text for block in answer.content if block.type == "text")
    calls = [(block.name, block.input) for block in answer.content if block.type == "tool_use"]
    return text, calls, answer.usage.input_tokens, answer.usage.output_tokens


@pytest.mark.parametrize("prompt", PROMPTS)
async def test_every_protocol_says_the_same_streamed_and_whole(simulator_url: str, prompt: str) -> None:
    openai = AsyncOpenAI(base_url=f"{simulator_url}/v1", api_key="simulator", max_retries=0)
    anthropic = AsyncAnthropic(base_url=simulator_url, api_key="simulator", max_retries=0)
    async with openai, anthropic:
        said = {
            ask.__name__: await ask(client, PROMPTS[prompt])
            for client, asks in (
                (openai, (chat_whole, chat_streamed, responses_whole, responses_streamed)),
                (anthropic, (messages_whole, messages_streamed)),
            )
            for ask in asks
        }
    wanted = {"text": ("Once upon a time", [], 30, 5), "tool": ("", [("weather", {"city": "Oslo"})], 30, 5)}
    assert said == dict.fromkeys(said, wanted[prompt])
