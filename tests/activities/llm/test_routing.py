from typing import Any

import pytest
from pydantic import SecretStr

from activities.llm import prices
from activities.llm.call import LlmRequest, asked
from activities.llm.first_call import first_call
from activities.llm.routing import DEFAULT_ANTHROPIC_MODEL, DEFAULT_OPENAI_MODEL, Route, Vendor, chain, route
from activities.llm.settings import LlmSettings
from schemas.conversation import ToolDefinition
from schemas.errors import ErrorCode, PerdureError

NOTHING: dict[str, Any] = dict.fromkeys(
    ("openai_api_key", "openai_base_url", "anthropic_api_key", "anthropic_base_url", "litellm_api_base")
)


def settings(**values: Any) -> LlmSettings:
    return LlmSettings(**{**NOTHING, "model_aliases": {}, **values})


@pytest.mark.parametrize(
    ("name", "vendor", "model"),
    [
        ("gpt-4o", Vendor.OPENAI, "gpt-4o"),
        ("chatgpt-4o-latest", Vendor.OPENAI, "chatgpt-4o-latest"),
        ("o3-mini", Vendor.OPENAI, "o3-mini"),
        ("openai/my-model", Vendor.OPENAI, "my-model"),
        ("ft:gpt-4o-2024-08-06:acme::7p4l", Vendor.OPENAI, "ft:gpt-4o-2024-08-06:acme::7p4l"),
        ("claude-haiku-5-5", Vendor.ANTHROPIC, "claude-haiku-5-5"),
        ("anthropic/claude-x", Vendor.ANTHROPIC, "claude-x"),
        ("gemini/gemini-2.5-pro", Vendor.LITELLM, "gemini/gemini-2.5-pro"),
        ("openrouter/openai/gpt-4o", Vendor.LITELLM, "openrouter/openai/gpt-4o"),
        ("azure/gpt-4o", Vendor.LITELLM, "azure/gpt-4o"),
        ("ollama/llama3:8b", Vendor.LITELLM, "ollama/llama3:8b"),
        ("command-r", Vendor.LITELLM, "command-r"),
    ],
)
def test_the_name_decides_who_answers(name: str, vendor: Vendor, model: str) -> None:
    assert route(name) == Route(vendor, model)


@pytest.mark.parametrize("name", ["responses/gpt-5.4-mini", "openai/responses/gpt-5.4-mini"])
async def test_openais_models_can_be_asked_by_responses(name: str) -> None:
    assert route(name) == Route(Vendor.OPENAI, "gpt-5.4-mini", responses=True)
    await prices.ready()

    def by_responses(model: str, *tools: ToolDefinition, **changes: Any) -> bool:
        request = LlmRequest(model, asked("x"), tools=tools)
        return first_call(route(model), request, settings(**changes))[0].responses

    tool, own = ToolDefinition(name="t"), "http://127.0.0.1/v1"
    assert by_responses(name)
    assert by_responses(name, openai_base_url=own)
    assert by_responses("o3-pro")
    # OpenAI itself wants models that think to be given tools there only.
    assert not by_responses("gpt-5.4-mini")
    assert by_responses("gpt-5.4-mini", tool)
    assert by_responses("gpt-5.4-mini", tool, openai_base_url="https://api.openai.com/v1")
    assert not by_responses("gpt-4o", tool)
    assert not by_responses("gpt-5.4-mini", tool, openai_base_url=own)
    assert not by_responses("gpt-5.4-mini", tool, openai_api="chat")
    assert by_responses("gpt-4o", openai_base_url=own, openai_api="responses")


@pytest.mark.parametrize("name", ["", " ", "http://10.0.0.1/x", "huggingface/https://evil.test", "a b", "x\ny", "ö"])
def test_a_name_that_cannot_be_a_model(name: str) -> None:
    with pytest.raises(PerdureError) as caught:
        route(name)
    assert caught.value.code is ErrorCode.UNKNOWN_MODEL


def names(found: list[Route]) -> list[str]:
    return [one.model for one in found]


def test_aliases_stand_for_models_lists_and_other_aliases() -> None:
    given = settings(model_aliases={"fast": ["gpt-4o-mini", "small"], "small": "claude-haiku-5-5", "gpt-4o": "gpt-4o"})
    assert names(chain(given, "fast", ("gpt-4o", "small"))) == ["gpt-4o-mini", "claude-haiku-5-5", "gpt-4o"]


def test_an_alias_may_put_further_models_behind_its_own_name() -> None:
    given = settings(model_aliases={"gpt-4o": ["gpt-4o", "claude-haiku-5-5"]})
    assert names(chain(given, "gpt-4o", ())) == ["gpt-4o", "claude-haiku-5-5"]


def test_aliases_in_a_circle() -> None:
    with pytest.raises(PerdureError) as caught:
        chain(settings(model_aliases={"a": "b", "b": "a"}), "a", ())
    assert caught.value.code is ErrorCode.INVALID_CONFIG


@pytest.mark.parametrize(
    ("values", "model"),
    [
        ({"openai_api_key": SecretStr("k"), "anthropic_api_key": SecretStr("k")}, DEFAULT_OPENAI_MODEL),
        ({"openai_base_url": "http://localhost/v1"}, DEFAULT_OPENAI_MODEL),
        ({"anthropic_api_key": SecretStr("k")}, DEFAULT_ANTHROPIC_MODEL),
        ({"model_aliases": {"default": "gemini/x"}}, "gemini/x"),
    ],
)
def test_what_default_stands_for(values: dict[str, Any], model: str) -> None:
    assert names(chain(settings(**values), "default", ())) == [model]


def test_default_without_any_provider() -> None:
    with pytest.raises(PerdureError) as caught:
        chain(settings(), "default", ())
    assert caught.value.code is ErrorCode.MISSING_CREDENTIAL
    assert "OPENAI_API_KEY" in caught.value.info.message


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERDURE_MODEL_ALIASES", '{"fast": ["gpt-4o-mini", "claude-haiku-5-5"]}')
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PERDURE_LLM_IDLE_TIMEOUT", "5")
    given = LlmSettings()
    assert given.model_aliases == {"fast": ["gpt-4o-mini", "claude-haiku-5-5"]}
    assert given.idle_timeout == 5
    assert "sk-secret" in given.secrets()
    assert "sk-secret" not in repr(given)
