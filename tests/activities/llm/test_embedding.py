"""Texts become vectors by both ways to a vendor, in portions, at the price of the map."""

import pytest

from activities.llm.embedding import MAX_TOKENS, EmbedRequest, batches
from activities.llm.gateway import LlmGateway
from schemas.errors import ErrorCode, PerdureError
from tests.activities.llm.conftest import ANTHROPIC, Stats, settings

MODELS = ("text-embedding-3-small", "mistral/mistral-embed")


def near(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("model", MODELS)
async def test_like_texts_are_near_each_other(gateway: LlmGateway, stats: Stats, model: str) -> None:
    texts = ("the cat sat on the mat", "a cat on a mat", "quarterly tax report", "")
    before = (await stats())["tokens_in"]
    found = await gateway.embed(EmbedRequest(texts * 100, model, step_key="run/embed/0"))
    cat, mat, tax, blank = found.vectors[:4]
    assert near(cat, mat) > near(cat, tax)
    assert not any(blank)
    assert found.vectors[4:8] == found.vectors[:4]
    assert (len(found.vectors), found.details["calls"]) == (400, 2)
    assert found.tokens_in == (await stats())["tokens_in"] - before > 0
    price = {"text-embedding-3-small": 0.02e-6, "mistral/mistral-embed": 0.1e-6}[model]
    assert found.cost_usd == pytest.approx(found.tokens_in * price)


async def test_failures_are_typed_and_nothing_is_guessed(gateway: LlmGateway, simulator_url: str) -> None:
    async def code(texts: tuple[str, ...], model: str = "default", using: LlmGateway = gateway) -> ErrorCode:
        with pytest.raises(PerdureError) as caught:
            await using.embed(EmbedRequest(texts, model))
        return caught.value.code

    assert await code(("x", "[[sim:status 429]]")) is ErrorCode.RATE_LIMITED
    assert await code(("[[sim:fault context_too_long]]",)) is ErrorCode.INVALID_CONFIG
    assert await code(("x",), ANTHROPIC) is ErrorCode.UNKNOWN_MODEL
    assert (await gateway.embed(EmbedRequest(("x",)))).model == "text-embedding-3-small"
    bare = LlmGateway(settings(simulator_url, openai_api_key=None, openai_base_url=None))
    assert await code(("x",), using=bare) is ErrorCode.MISSING_CREDENTIAL


def test_portions_are_as_large_as_a_call_may_be() -> None:
    long = "word " * (MAX_TOKENS // 2)
    assert [len(portion) for portion in batches(("a", long, long, "b", *("c",) * 300))] == [2, 256, 46]
