"""The examples in the specs are true: each is run for real and gives what it says.

Examples of control kinds need a workflow; tests/workflows runs them on a Temporal server.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from activities.llm.gateway import LlmGateway
from activities.llm.settings import LlmSettings
from activities.step import Services
from schemas.errors import PerdureError
from schemas.expressions import resolve
from schemas.node_spec import Example, NodeSpec
from schemas.nodes import specs
from schemas.plan import Mode
from simulator.app import create_app
from tests.support.asgi import served
from tests.support.http_server import http_server
from tests.support.steps import run_step, services, step_failure, step_input
from workflows.nodes import behaviour

PLACEHOLDER = "http://example.test"
KNOWN_ENV = {"http", "simulator"}
Case = tuple[NodeSpec, Example]


def cases(*modes: Mode) -> Any:
    found = [(spec, example) for spec in specs().values() for example in spec.examples if spec.mode in modes]
    return pytest.mark.parametrize("case", found, ids=[f"{spec.kind}: {example.name}" for spec, example in found])


@dataclass(frozen=True)
class World:
    """What the examples may count on."""

    services: Services
    http_url: str

    def config(self, example: Example) -> Any:
        return self._here(resolve(example.config, {"nodes": {}, "vars": {}, "input": None, **example.scope}))

    def _here(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(PLACEHOLDER, self.http_url)
        if isinstance(value, dict):
            return {key: self._here(item) for key, item in value.items()}
        return [self._here(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    """An echo server and a model server, both real."""
    async with http_server() as http, served(create_app()) as models:
        gateway = LlmGateway(
            LlmSettings(
                openai_api_key=SecretStr("test"),
                openai_base_url=f"{models}/v1",
                anthropic_api_key=SecretStr("test"),
                anthropic_base_url=models,
            )
        )
        async with services(http.allowed, llm=gateway) as given:
            yield World(given, http.url)
        await gateway.close()


@cases(Mode.LOCAL, Mode.REMOTE)
async def test_examples_of_action_kinds(case: Case, world: World) -> None:
    spec, example = case
    assert set(example.env) <= KNOWN_ENV
    step = step_input(spec.kind, world.config(example))
    if example.error is not None:
        assert (await step_failure(world.services, step)).code == example.error
        return
    result = await run_step(world.services, step)
    assert result.port == example.port
    if example.output is not None:
        assert result.output == example.output
    Draft202012Validator(spec.output_schema).validate(result.output)


@cases(Mode.INLINE)
def test_examples_of_inline_kinds(case: Case) -> None:
    spec, example = case
    run = behaviour(spec.kind)
    scope = {"nodes": {}, "vars": {}, "input": None, **example.scope}
    if example.error is not None:
        with pytest.raises(PerdureError) as caught:
            run(example.config, scope)
        assert caught.value.code == example.error
        return
    outcome = run(example.config, scope)
    assert (outcome.port, outcome.output) == (example.port, example.output)
