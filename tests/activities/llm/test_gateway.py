import pytest

from activities.llm.call import LlmRequest, asked
from activities.llm.gateway import LlmGateway
from activities.llm.reply import MAX_CHARS, Reply
from schemas.errors import ErrorCode, PerdureError
from tests.activities.llm.conftest import ANTHROPIC, LITELLM, MODELS, OPENAI, Asked, Stats, settings


@pytest.mark.parametrize("model", MODELS)
async def test_text_is_streamed_in_order_and_returned_whole(ask: Asked, model: str) -> None:
    answer = await ask("Say it. [[sim:reply One two three, four fünf 🙂.]]", model)
    assert answer.output == "One two three, four fünf 🙂."
    assert ask.streamed == ["One", " two", " three,", " four", " fünf", " 🙂."]
    assert answer.model == model.removeprefix("responses/")


@pytest.mark.parametrize(
    ("model", "dollars"),
    # 1000 tokens in, 400 of them from the cache, and 500 out; per million, in / cached / out:
    [(OPENAI, 0.007), (ANTHROPIC, 0.00314), (LITELLM, 0.0003892)],  # 2.5/1.25/10, 1/0.1/5, 0.28/0.028/0.42
)
async def test_tokens_and_cost(ask: Asked, model: str, dollars: float) -> None:
    answer = await ask("x [[sim:usage in=1000 out=500 cached=400]]", model)
    assert (answer.tokens_in, answer.tokens_out) == (1000, 500)
    assert answer.cost_usd == dollars
    assert answer.details["calls"] == 1
    assert "price_unknown" not in answer.details


async def test_an_unknown_price_is_said(ask: Asked) -> None:
    answer = await ask("x", "hosted_vllm/our-own")
    assert answer.cost_usd == 0
    assert answer.details["price_unknown"] == ["hosted_vllm/our-own"]


async def test_missing_usage_is_said(ask: Asked) -> None:
    answer = await ask("x [[sim:usage in=0 out=0]]", OPENAI)
    assert answer.details["usage_unknown"] is True


@pytest.mark.parametrize("model", MODELS)
async def test_the_step_is_named_in_a_header(ask: Asked, stats: Stats, model: str) -> None:
    key = f"run/each[1].ask/{model}"
    await ask("x", model, step_key=key)
    assert (await stats())["by_step"][key] == 1


async def test_connections_are_used_again(ask: Asked, stats: Stats) -> None:
    for model in MODELS:
        await ask("warm up", model)
    before = (await stats())["connections"]
    for _ in range(5):
        for model in MODELS:
            await ask("again", model)
    assert (await stats())["connections"] == before


@pytest.mark.parametrize("model", MODELS)
async def test_unclean_text_is_cleaned(ask: Asked, model: str) -> None:
    answer = await ask("x [[sim:fault unclean_text]]", model)
    assert answer.output == "before\ufffd middle\ufffd after"
    assert "".join(ask.streamed) == answer.output


@pytest.mark.parametrize("model", MODELS)
async def test_text_cut_by_max_tokens_is_marked(ask: Asked, model: str) -> None:
    answer = await ask("x [[sim:reply one two three four five]]", model, max_tokens=3)
    assert answer.output == "one two thre"
    assert answer.details["truncated"] is True


@pytest.mark.parametrize("model", MODELS)
async def test_bytes_may_come_in_any_slices(ask: Asked, model: str) -> None:
    answer = await ask("x [[sim:reply fünf 🙂]] [[sim:fault slow]]", model)
    assert answer.output == "fünf 🙂"


async def test_a_system_text_and_a_temperature(ask: Asked) -> None:
    for model in MODELS:
        answer = await ask("x", model, system="[[sim:reply from the system]]", temperature=0.5)
        assert answer.output == "from the system"
        assert "ignored" not in answer.details
    newest = await ask("x", "claude-haiku-5-5", temperature=0.5)
    assert newest.details["ignored"] == ["temperature"]


async def test_an_alias_is_answered_by_its_model(simulator_url: str) -> None:
    gateway = LlmGateway(settings(simulator_url, model_aliases={"writer": "claude-haiku-4-5"}))
    answer = await Asked(gateway)("x", "writer")
    assert answer.model == "claude-haiku-4-5"
    await gateway.close()


async def test_a_viewer_that_fails_costs_nothing(gateway: LlmGateway) -> None:
    async def broken(text: str) -> None:
        raise TimeoutError("the run log is away")

    answer = await gateway.complete(LlmRequest(model=OPENAI, messages=asked("x [[sim:reply a b c]]")), broken)
    assert answer.output == "a b c"


def test_an_endless_answer_is_stopped() -> None:
    reply = Reply()
    reply.hear("x" * MAX_CHARS)
    with pytest.raises(PerdureError) as caught:
        reply.hear_arguments(0, "x")
    assert caught.value.code is ErrorCode.RESULT_TOO_LARGE
