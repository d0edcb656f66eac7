"""An agent loop without Perdure: the same SDK, the same model server, the same tool, and nothing that would survive."""

import json
import time
from dataclasses import dataclass
from typing import Any

from openai import AsyncOpenAI

ADD: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "calculator",
        "description": "Computes an arithmetic expression.",
        "parameters": {
            "type": "object",
            "required": ["expression"],
            "properties": {"expression": {"type": "string"}},
            "additionalProperties": False,
        },
    },
}


@dataclass
class Said:
    """What the model has said in one turn."""

    text: str = ""
    calls: list[dict[str, Any]] | None = None
    first: float | None = None
    """When its first text came."""


class BareAgent:
    """Asks the model in a loop until it calls no more tools.

    Args:
        url: Of the model server.
        model: Which model.
    """

    def __init__(self, url: str, model: str) -> None:
        self._client = AsyncOpenAI(base_url=f"{url}/v1", api_key="simulator", max_retries=0)
        self._model = model

    async def run(self, message: str, *, tools: bool = True) -> Said:
        """The last thing that the model says."""
        messages: list[dict[str, Any]] = [{"role": "user", "content": message}]
        while True:
            said = await self._turn(messages, tools=tools)
            if not said.calls:
                return said
            messages.append({"role": "assistant", "content": said.text or None, "tool_calls": said.calls})
            for call in said.calls:
                result = _computed(json.loads(call["function"]["arguments"])["expression"])
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _turn(self, messages: list[dict[str, Any]], *, tools: bool) -> Said:
        asked: dict[str, Any] = {"model": self._model, "messages": messages, **({"tools": [ADD]} if tools else {})}
        stream: Any = await self._client.chat.completions.create(
            **asked, stream=True, stream_options={"include_usage": True}
        )
        said = Said()
        async for chunk in stream:
            for choice in chunk.choices:
                if choice.delta.content:
                    said.first = said.first or time.perf_counter()
                    said.text += choice.delta.content
                for piece in choice.delta.tool_calls or ():
                    _hear(said, piece)
        return said


def _hear(said: Said, piece: Any) -> None:
    said.calls = said.calls or []
    while len(said.calls) <= piece.index:
        said.calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call = said.calls[piece.index]
    call["id"] = piece.id or call["id"]
    call["function"]["name"] += piece.function.name or ""
    call["function"]["arguments"] += piece.function.arguments or ""


def _computed(expression: str) -> str:
    left, _, right = expression.partition("+")
    return str(int(left) + int(right))
