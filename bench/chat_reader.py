"""A conversation with an agent as a browser has it: messages go by HTTP, answers come as server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bench.perdure import TOKEN
from bench.processes import BenchError

PATIENCE = 30.0
"""Seconds until an answer must be complete."""


@dataclass(frozen=True)
class Talk:
    """One message and its answer, in seconds."""

    first: float
    """From the message to the first word of the answer."""
    way: float
    """From the model, which said when it began, to the reader."""

    @classmethod
    def of(cls, sent: float, first: float, words: str) -> "Talk":
        """Of moments of `perf_counter`, and the words, which are the time at which the model began."""
        return cls(first - sent, first + time.time() - time.perf_counter() - float(words) / 1_000)


@asynccontextmanager
async def talks(client: httpx.AsyncClient, model: str) -> AsyncIterator[Callable[[str], Awaitable[Talk]]]:
    """Sends messages to a new conversation with a new agent, one after the other."""
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    agent = await _asked(client, "/v1/agents", {"name": "Talker", "config": {"model": model}})
    await _asked(client, f"/v1/agents/{agent['slug']}/publish", {"revision": agent["revision"]})
    session = await _asked(client, "/v1/chat/sessions", {"agent": agent["slug"]})
    events: asyncio.Queue[tuple[float, str, dict[str, Any]]] = asyncio.Queue()
    reading = asyncio.create_task(_read(client, session["id"], session["cursor"], events))

    async def talk(text: str) -> Talk:
        sent = time.perf_counter()
        await _asked(client, f"/v1/chat/sessions/{session['id']}/messages", {"content": text})
        async with asyncio.timeout(PATIENCE):
            return await _answer(events, sent)

    try:
        yield talk
    finally:
        reading.cancel()


async def _answer(events: "asyncio.Queue[tuple[float, str, dict[str, Any]]]", sent: float) -> Talk:
    first, words = 0.0, ""
    while True:
        at, name, data = await events.get()
        if name == "delta":
            first = first or at
            words += data["event"]["data"]["text"]
        if name == "done":
            return Talk.of(sent, first, words)


async def _read(
    client: httpx.AsyncClient, session: str, cursor: str, events: "asyncio.Queue[tuple[float, str, dict[str, Any]]]"
) -> None:
    path, name = f"/v1/chat/sessions/{session}/events", ""
    async with client.stream("GET", path, params={"after": cursor}, timeout=None) as answer:
        async for line in answer.aiter_lines():
            at = time.perf_counter()
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                await events.put((at, name, json.loads(line[5:])))


async def _asked(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    if not answer.is_success:
        raise BenchError(f"{path}: {answer.status_code} {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
