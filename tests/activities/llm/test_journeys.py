"""What every vendor must be able to do: against the simulator always, with `make smoke-llm` against the vendors too."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from activities.llm.call import LlmAnswer, LlmRequest
from activities.llm.embedding import EmbedRequest
from activities.llm.gateway import LlmGateway
from activities.llm.routing import DEFAULT_ANTHROPIC_MODEL, DEFAULT_EMBEDDING_MODEL, DEFAULT_OPENAI_MODEL
from activities.llm.settings import LlmSettings
from schemas.conversation import Message, ToolDefinition
from schemas.errors import PerdureError
from tests.activities.llm.conftest import settings

LIVE = bool(os.environ.get("PERDURE_SMOKE_LLM"))
MODELS = {
    "openai": (os.environ.get("SMOKE_OPENAI_MODEL", DEFAULT_OPENAI_MODEL), "OPENAI_API_KEY"),
    "responses": (f"responses/{os.environ.get('SMOKE_OPENAI_MODEL', DEFAULT_OPENAI_MODEL)}", "OPENAI_API_KEY"),
    "anthropic": (os.environ.get("SMOKE_ANTHROPIC_MODEL", DEFAULT_ANTHROPIC_MODEL), "ANTHROPIC_API_KEY"),
}
WEATHER = ToolDefinition(
    name="weather",
    description="The weather in a city.",
    input_schema={"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}},
)
SHAPE = {
    "type": "object",
    "required": ["colour"],
    "properties": {"colour": {"type": "string"}},
    "additionalProperties": False,
}


@dataclass
class Vendor:
    """A model, and whether it is real."""

    gateway: LlmGateway
    model: str
    live: bool
    streamed: str = ""

    def said(self, text: str, marker: str) -> Message:
        """A message; only the simulator is told what to say."""
        return Message.said("user", text if self.live else f"{text} [[sim:{marker}]]")

    async def ask(self, *messages: Message, **fields: Any) -> LlmAnswer:
        self.streamed = ""
        return await self.gateway.complete(LlmRequest(self.model, messages, **fields), self._hear)

    async def _hear(self, text: str) -> None:
        self.streamed += text


@pytest.fixture(params=[(name, live) for live in ((False, True) if LIVE else (False,)) for name in MODELS])
async def vendor(request: pytest.FixtureRequest, simulator_url: str) -> AsyncIterator[Vendor]:
    name, live = request.param
    model, key = MODELS[name]
    if live and not os.environ.get(key):
        pytest.skip(f"{key} is not set, so {model} was not asked")
    gateway = LlmGateway(LlmSettings() if live else settings(simulator_url, idle_timeout=60))
    yield Vendor(gateway, model, live)
    await gateway.close()


async def test_text_is_streamed_and_priced(vendor: Vendor) -> None:
    answer = await vendor.ask(vendor.said("Answer with the word hello, in lower case.", "reply hello"), max_tokens=2000)
    assert "hello" in answer.output
    assert vendor.streamed == answer.output
    assert answer.cost_usd > 0


async def test_data_has_its_shape(vendor: Vendor) -> None:
    asked = vendor.said("Which colour has a ripe tomato?", 'json {"colour": "red"}')
    answer = await vendor.ask(asked, output_schema=SHAPE, max_tokens=2000)
    assert answer.output["colour"].lower().startswith("red")


@pytest.mark.parametrize("thinking", [None, "low"])
async def test_tools_are_called_and_their_answers_read(vendor: Vendor, thinking: str | None) -> None:
    calls = [{"name": "weather", "arguments": {"city": city}} for city in ("Oslo", "Rome")]
    script = f"script {json.dumps([{'tools': calls}, {'text': 'Rome is warmer.'}])}"
    asked = vendor.said("Which is warmer now, Oslo or Rome? Use the tool for both, then name the city.", script)
    fields: dict[str, Any] = {"tools": (WEATHER,), "thinking": thinking, "max_tokens": 4000, "prompt_cache": True}
    messages, answer = [asked], await vendor.ask(asked, **fields)
    for _ in range(4):
        if not answer.message.tool_calls:
            break
        assert {call.fault for call in answer.message.tool_calls} == {None}
        degrees = {call.id: 25 if "rome" in call.arguments["city"].lower() else 2 for call in answer.message.tool_calls}
        results = [Message.tool_result(call, f"{degrees[call.id]} °C") for call in answer.message.tool_calls]
        messages += [answer.message, *results]
        answer = await vendor.ask(*messages, **fields)
    assert len(messages) > 2
    assert "Rome" in answer.output


async def test_texts_become_vectors(vendor: Vendor) -> None:
    if vendor.model.startswith("claude"):
        with pytest.raises(PerdureError, match="Anthropic has no model"):
            await vendor.gateway.embed(EmbedRequest(("a cat",), vendor.model))
        return
    found = await vendor.gateway.embed(EmbedRequest(("a cat", "the cat", "tax law"), DEFAULT_EMBEDDING_MODEL))
    cat, same, other = found.vectors
    assert sum(a * b for a, b in zip(cat, same, strict=True)) > sum(a * b for a, b in zip(cat, other, strict=True))
