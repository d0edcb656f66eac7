"""The gateway against a simulator, over real HTTP and with the real SDKs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from activities.llm.call import LlmAnswer, LlmRequest, asked
from activities.llm.gateway import LlmGateway
from activities.llm.settings import LlmSettings
from schemas.conversation import Message
from schemas.errors import PerdureError
from simulator.main import in_thread

OPENAI, ANTHROPIC, LITELLM = "gpt-4o", "claude-haiku-4-5", "deepseek/deepseek-chat"
Stats = Callable[[], Awaitable[dict[str, Any]]]
RESPONSES = "responses/gpt-4o"
MODELS = (OPENAI, RESPONSES, ANTHROPIC, LITELLM)
OPENAI_KEY, ANTHROPIC_KEY = "sk-proj-openai-secret-1", "sk-ant-anthropic-secret-2"
IDLE = 1.5
"""Seconds of silence that the gateway of the tests bears."""

SHAPE = {
    "type": "object",
    "required": ["intent", "amount"],
    "additionalProperties": False,
    "properties": {"intent": {"type": "string"}, "amount": {"type": ["number", "null"]}},
}


class Asked:
    """A gateway with a short way to ask and a record of what was streamed."""

    def __init__(self, gateway: LlmGateway) -> None:
        self.gateway = gateway
        self.streamed: list[str] = []

    async def __call__(self, prompt: str, model: str = OPENAI, **fields: Any) -> LlmAnswer:
        self.streamed.clear()
        return await self.gateway.complete(LlmRequest(model=model, messages=asked(prompt), **fields), self._hear)

    async def turn(self, messages: tuple[Message, ...], model: str = OPENAI, **fields: Any) -> LlmAnswer:
        """The next message of a conversation."""
        self.streamed.clear()
        return await self.gateway.complete(LlmRequest(model=model, messages=messages, **fields), self._hear)

    async def failure(self, prompt: str, model: str = OPENAI, **fields: Any) -> PerdureError:
        """The error that a request ends with."""
        with pytest.raises(PerdureError) as caught:
            await self(prompt, model, **fields)
        return caught.value

    async def _hear(self, text: str) -> None:
        self.streamed.append(text)


def settings(url: str, **changes: Any) -> LlmSettings:
    """Settings that lead every provider to one simulator."""
    values = {
        "openai_api_key": SecretStr(OPENAI_KEY),
        "openai_base_url": f"{url}/v1",
        "anthropic_api_key": SecretStr(ANTHROPIC_KEY),
        "anthropic_base_url": url,
        "litellm_api_base": f"{url}/v1",
        "idle_timeout": IDLE,
    }
    return LlmSettings(**{**values, **changes})


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with in_thread() as url:
        yield url


@pytest.fixture(scope="session")
async def gateway(simulator_url: str) -> AsyncIterator[LlmGateway]:
    # The first call of each SDK imports for seconds, which must not count as silence of the other side.
    patient = Asked(LlmGateway(settings(simulator_url, idle_timeout=60)))
    for model in MODELS:
        await patient("warm up", model)
    gateway = LlmGateway(settings(simulator_url))
    yield gateway
    await gateway.close()


@pytest.fixture
def ask(gateway: LlmGateway) -> Asked:
    return Asked(gateway)


@pytest.fixture
async def stats(simulator_url: str) -> AsyncIterator[Stats]:
    """Reads the counters of the simulator."""
    async with httpx.AsyncClient(base_url=simulator_url) as client:

        async def read() -> dict[str, Any]:
            found: dict[str, Any] = (await client.get("/sim/stats")).json()
            return found

        yield read
