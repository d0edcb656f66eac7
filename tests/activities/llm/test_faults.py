"""Every fault of the simulator, as each provider meets it."""

import asyncio
import socket
import time

import pytest
from pydantic import SecretStr

from activities.llm.call import LlmRequest, asked
from activities.llm.gateway import LlmGateway
from schemas.errors import ErrorCode, PerdureError
from tests.activities.llm.conftest import (
    ANTHROPIC,
    ANTHROPIC_KEY,
    IDLE,
    LITELLM,
    MODELS,
    OPENAI,
    OPENAI_KEY,
    Asked,
    Stats,
    settings,
)

PROMPT = "Tell me a story. [[sim:reply Once upon a time there was a teapot.]]"
CODES = {
    "rate_limit": ErrorCode.RATE_LIMITED,
    "http_500": ErrorCode.UPSTREAM_FAILED,
    "http_502_html": ErrorCode.UPSTREAM_FAILED,
    "http_503": ErrorCode.UPSTREAM_FAILED,
    "http_529": ErrorCode.UPSTREAM_FAILED,
    "stream_error": ErrorCode.UPSTREAM_FAILED,
    "bad_json": ErrorCode.UPSTREAM_FAILED,
    "cut": ErrorCode.STREAM_CUT,
    "cut_clean": ErrorCode.STREAM_CUT,
    "hang": ErrorCode.TIMEOUT,
    "hang_mid": ErrorCode.TIMEOUT,
    "empty_choices": ErrorCode.OUTPUT_INVALID,
    "empty_content": ErrorCode.OUTPUT_INVALID,
    "unknown_tool": ErrorCode.OUTPUT_INVALID,
    "many_tools": ErrorCode.OUTPUT_INVALID,
    "refusal": ErrorCode.CONTENT_REFUSED,
    "content_filter": ErrorCode.CONTENT_REFUSED,
    "context_too_long": ErrorCode.INVALID_CONFIG,
    "too_large": ErrorCode.INVALID_CONFIG,
    "bad_request": ErrorCode.INVALID_CONFIG,
    "unknown_model": ErrorCode.UNKNOWN_MODEL,
    "unauthorized": ErrorCode.AUTH_FAILED,
    "forbidden": ErrorCode.AUTH_FAILED,
    "quota": ErrorCode.AUTH_FAILED,
    "billing": ErrorCode.AUTH_FAILED,
}
# LiteLLM loses the text of a refusal, so all that is left of it is an empty answer.
EXCEPTIONS = {("refusal", LITELLM): ErrorCode.OUTPUT_INVALID}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", CODES)
async def test_every_fault_is_a_typed_error(ask: Asked, model: str, fault: str) -> None:
    error = await ask.failure(f"{PROMPT} [[sim:fault {fault}]]", model)
    assert error.code is EXCEPTIONS.get((fault, model), CODES[fault])
    assert error.info.details["model"] == model.removeprefix("responses/")
    assert error.info.message.startswith("The provider of ")
    assert error.info.message.endswith((".", "help with that."))
    assert error.info.details["spent"]["calls"] == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ("rate_limit", None),
        ("rate_limit_nonsense", None),
        ("rate_limit_seconds value=7", 7.0),
        ("rate_limit_ms value=0.25", 0.25),
        ("rate_limit_date value=30", 30.0),
        ("rate_limit_seconds value=86400", 3600.0),
    ],
)
async def test_every_form_of_retry_after(ask: Asked, model: str, fault: str, seconds: float | None) -> None:
    error = await ask.failure(f"{PROMPT} [[sim:fault {fault}]]", model)
    assert error.code is ErrorCode.RATE_LIMITED
    # A date has whole seconds and is measured by the other side's clock.
    assert error.retry_after == (
        seconds if seconds is None else pytest.approx(seconds, abs=1.01 if "date" in fault else 0)
    )


@pytest.mark.parametrize("model", MODELS)
async def test_sdks_do_not_try_again_by_themselves(ask: Asked, stats: Stats, model: str) -> None:
    key = f"no-retry/{model}"
    for fault in ("http_500", "rate_limit_ms value=0.001", "cut"):
        await ask.failure(f"{PROMPT} [[sim:fault {fault}]]", model, step_key=key)
    assert (await stats())["started_by_step"][key] == 3


@pytest.mark.parametrize("model", MODELS)
async def test_a_slow_answer_is_not_a_time_out(ask: Asked, model: str) -> None:
    """The limit is on silence, not on the whole call."""
    started = time.monotonic()
    story = "a b c d e f g h i j k l m n o p"
    answer = await ask(f"x [[sim:reply {story}]] [[sim:chunk_delay 0.1]]", model)
    assert answer.output == story
    assert time.monotonic() - started > IDLE


@pytest.mark.parametrize("model", MODELS)
async def test_text_before_a_cut_was_streamed(ask: Asked, model: str) -> None:
    await ask.failure(f"{PROMPT} [[sim:fault cut value=6]]", model)
    assert "".join(ask.streamed).startswith("Once upon")


async def test_what_was_spent_before_a_cut_is_reported_where_the_vendor_says_so(ask: Asked) -> None:
    error = await ask.failure(f"{PROMPT} [[sim:usage in=1000 out=9]] [[sim:fault cut]]", ANTHROPIC)
    assert error.info.details["spent"]["tokens_in"] == 1000


@pytest.mark.parametrize("model", MODELS)
async def test_what_broke_off_is_counted_as_far_as_it_was_heard(ask: Asked, model: str) -> None:
    said = "[[sim:reply " + "many words " * 30 + "]]"
    for fault in ("cut value=20", "cut_clean value=20"):
        spent = (await ask.failure(f"{said} [[sim:fault {fault}]]", model)).info.details["spent"]
        assert spent["tokens_out"] > 5, (fault, spent)
        assert spent["tokens_in"] > 0
        assert spent["cost_usd"] > 0
        assert spent["usage_estimated"] is True
    until = asyncio.get_running_loop().time() + 1
    request = LlmRequest(model=model, messages=asked(f"{said} [[sim:chunk_delay 0.1]]"))
    with pytest.raises(PerdureError) as caught:
        await ask.gateway.complete(request, asyncio.Queue[str]().put, until=until)
    assert caught.value.code is ErrorCode.TIMEOUT
    assert caught.value.info.details["spent"]["cost_usd"] > 0
    refused = await ask.failure(f"{said} [[sim:fault http_500]]", model)
    assert refused.info.details["spent"]["cost_usd"] == 0


async def test_nobody_listens_at_the_address(simulator_url: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        gateway = LlmGateway(settings(nowhere))
        for model in MODELS:
            error = await Asked(gateway).failure(PROMPT, model)
            assert error.code is ErrorCode.NETWORK


async def test_missing_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MISTRAL_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    bare = settings(
        "http://unused",
        **dict.fromkeys(
            ("openai_api_key", "openai_base_url", "anthropic_api_key", "anthropic_base_url", "litellm_api_base")
        ),
    )
    ask = Asked(LlmGateway(bare))
    for model, name in (
        ("gpt-4o", "OPENAI_API_KEY"),
        ("claude-haiku-4-5", "ANTHROPIC_API_KEY"),
        ("mistral/mistral-small-latest", "MISTRAL_API_KEY"),
    ):
        error = await ask.failure("x", model)
        assert error.code is ErrorCode.MISSING_CREDENTIAL
        assert name in error.info.message


@pytest.mark.parametrize("model", ["no-such-thing", "nosuchprovider/model"])
async def test_a_model_of_nobody(ask: Asked, model: str) -> None:
    error = await ask.failure("x", model)
    assert error.code is ErrorCode.UNKNOWN_MODEL
    assert model in error.info.message


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])
async def test_a_key_that_is_not_accepted(simulator_url: str, model: str) -> None:
    bad = SecretStr("invalid-key")
    gateway = LlmGateway(settings(simulator_url, openai_api_key=bad, anthropic_api_key=bad))
    error = await Asked(gateway).failure(PROMPT, model)
    assert error.code is ErrorCode.AUTH_FAILED
    assert "invalid-key" not in error.info.model_dump_json()
    await gateway.close()


@pytest.mark.parametrize("model", MODELS)
async def test_no_key_is_ever_shown(ask: Asked, model: str) -> None:
    for fault in CODES:
        if not fault.startswith("hang"):
            shown = (await ask.failure(f"{PROMPT} [[sim:fault {fault}]]", model)).info.model_dump_json()
            assert OPENAI_KEY not in shown
            assert ANTHROPIC_KEY not in shown
