"""Models asked with the key of a credential: that key, that address, and nothing of the operator's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from activities.credentials.vault import Opened
from activities.egress import EgressSettings
from activities.llm.call import LlmAnswer, LlmRequest, asked
from activities.llm.keyed import MAX_GATEWAYS, KeyedGateways
from activities.llm.settings import LlmSettings
from schemas.errors import ErrorCode, PerdureError
from simulator.app import create_app
from tests.support.http_server import Received, answer, http_server
from tests.support.serving import served

OPERATORS, OURS = "sk-operators-own-key", "sk-of-the-workspace"
SETTINGS = LlmSettings(
    openai_api_key=SecretStr(OPERATORS),
    openai_base_url="http://127.0.0.1:9/v1",
    anthropic_api_key=SecretStr(OPERATORS),
    anthropic_base_url="http://127.0.0.1:9",
    litellm_api_base="http://127.0.0.1:9/v1",
    litellm_api_key=SecretStr(OPERATORS),
)


class Recorder:
    """A model server that remembers the keys it was shown."""

    def __init__(self) -> None:
        self.app = create_app()
        self.keys: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope.get("headers", ())}
        self.keys.append(headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key", ""))
        await self.app(scope, receive, send)


def opened(provider: str, base_url: str | None = None, **changes: Any) -> Opened:
    public = {"provider": provider} | ({"base_url": base_url} if base_url else {})
    fields = {"id": uuid4(), "name": "models", "type": "llm_provider", "public": public, "stamp": "1"}
    return Opened(**{**fields, "secret": {"api_key": OURS}, **changes})


async def ask(keyed: KeyedGateways, credential: Opened, model: str, **request: Any) -> LlmAnswer:
    async def ignore(text: str) -> None:
        return None

    async with keyed.gateway(credential) as gateway:
        return await gateway.complete(LlmRequest(model=model, messages=asked("[[sim:reply Hello]]"), **request), ignore)


@asynccontextmanager
async def gateways(*allow: str) -> AsyncIterator[KeyedGateways]:
    keyed = KeyedGateways(SETTINGS, EgressSettings(allow=allow))
    yield keyed
    await keyed.close()


@pytest.mark.parametrize(
    ("provider", "path", "model"),
    [
        ("openai", "/v1", "gpt-4o-mini"),
        ("openai", "/v1", "our-own-model"),
        ("anthropic", "", "claude-haiku-4-5"),
        ("other", "/v1", "llama-of-ours"),
        ("other", "/v1", "mistral/mistral-large"),
    ],
)
async def test_the_key_and_the_address_are_those_of_the_credential(provider: str, path: str, model: str) -> None:
    recorder = Recorder()
    async with served(recorder) as url, gateways("127.0.0.1") as keyed:
        credential = opened(provider, url + path)
        for _ in range(2):
            assert (await ask(keyed, credential, model)).output == "Hello"
    assert recorder.keys == [OURS, OURS]


@pytest.mark.parametrize("provider", ["openai", "anthropic", "other"])
async def test_a_private_address_is_refused(provider: str) -> None:
    recorder = Recorder()
    async with served(recorder) as url, gateways() as keyed:
        for address in (url, url.replace("127.0.0.1", "localhost")):
            with pytest.raises(PerdureError) as refused:
                await ask(keyed, opened(provider, f"{address}/v1"), "gpt-4o" if provider == "openai" else "x")
            assert refused.value.code is ErrorCode.ADDRESS_DENIED
    assert recorder.keys == []


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_a_redirect_does_not_take_the_key_along(provider: str) -> None:
    async with http_server() as other:

        async def send_on(request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(status=307, headers={"location": f"{other.url}{request.target}"}))

        async with http_server(send_on) as server, gateways("127.0.0.1") as keyed:
            with pytest.raises(PerdureError):
                await ask(keyed, opened(provider, server.url), "any-model")
    assert OURS in str(server.received[0])
    assert other.received == []


@pytest.mark.parametrize(
    ("provider", "model", "fallbacks"),
    [
        ("openai", "claude-haiku-4-5", ()),
        ("anthropic", "gpt-4o", ()),
        ("other", "gpt-4o", ()),
        ("openai", "mistral/mistral-large", ()),
        ("openai", "gpt-4o", ("claude-haiku-4-5",)),
    ],
)
async def test_models_of_others_are_not_asked_with_the_operators_key(
    provider: str, model: str, fallbacks: tuple[str, ...]
) -> None:
    async with gateways("127.0.0.1") as keyed:
        with pytest.raises(PerdureError, match="'models'") as refused:
            await ask(keyed, opened(provider), model, fallbacks=fallbacks)
    assert refused.value.code is ErrorCode.INVALID_CONFIG
    assert OURS not in str(refused.value)


async def test_a_replaced_value_is_used_at_once_and_old_connections_are_closed() -> None:
    recorder = Recorder()
    identity: UUID = uuid4()
    async with served(recorder) as url, gateways("127.0.0.1") as keyed:
        for number in range(MAX_GATEWAYS + 3):
            credential = opened(
                "openai", f"{url}/v1", id=identity, stamp=str(number), secret={"api_key": f"key-number-{number}"}
            )
            await ask(keyed, credential, "gpt-4o-mini")
        assert len(keyed._kept) == MAX_GATEWAYS
    assert recorder.keys == [f"key-number-{number}" for number in range(MAX_GATEWAYS + 3)]


async def test_a_gateway_in_use_is_closed_only_when_it_is_left() -> None:
    recorder = Recorder()
    async with served(recorder) as url, gateways("127.0.0.1") as keyed:
        first = opened("openai", f"{url}/v1")
        async with keyed.gateway(first) as gateway:
            for _ in range(MAX_GATEWAYS):
                async with keyed.gateway(opened("openai", f"{url}/v1")):
                    pass
            request = LlmRequest(model="gpt-4o-mini", messages=asked("[[sim:reply Still here]]"))
            assert (await gateway.complete(request, asyncio.Queue[str]().put)).output == "Still here"
