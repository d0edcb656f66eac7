import pytest

from activities.llm.viewers import RESTART_MARK
from schemas.errors import ErrorCode
from tests.activities.llm.conftest import ANTHROPIC, LITELLM, OPENAI, SHAPE, Asked

CURABLE = (
    "rate_limit",
    "http_500",
    "hang",
    "cut",
    "bad_json",
    "empty_content",
    "unknown_model",
    "context_too_long",
    "quota",
)
FINAL = {
    "unauthorized": ErrorCode.AUTH_FAILED,
    "refusal": ErrorCode.CONTENT_REFUSED,
    "bad_request": ErrorCode.INVALID_CONFIG,
}


@pytest.mark.parametrize("fault", CURABLE)
async def test_the_next_model_steps_in(ask: Asked, fault: str) -> None:
    prompt = f"x [[sim:reply fine]] [[sim:fault {fault} model={OPENAI}]]"
    answer = await ask(prompt, OPENAI, fallbacks=(ANTHROPIC,))
    assert (answer.output, answer.model) == ("fine", ANTHROPIC)
    assert answer.details["calls"] == 2


@pytest.mark.parametrize("fault", FINAL)
async def test_what_another_model_would_only_hide_ends_the_attempt(ask: Asked, fault: str) -> None:
    error = await ask.failure(f"x [[sim:fault {fault} model={OPENAI}]]", OPENAI, fallbacks=(ANTHROPIC,))
    assert error.code is FINAL[fault]
    assert error.info.details["spent"]["calls"] == 1


async def test_the_chain_goes_on_to_its_end(ask: Asked) -> None:
    prompt = f"x [[sim:fault http_500 model={OPENAI}]] [[sim:fault http_529 model={ANTHROPIC}]] [[sim:reply fine]]"
    answer = await ask(prompt, OPENAI, fallbacks=(ANTHROPIC, LITELLM))
    assert answer.model == LITELLM


async def test_if_all_fail_the_one_worth_another_attempt_is_reported(ask: Asked) -> None:
    prompt = "x [[sim:fault unknown_model model=gpt-4o-mini]] [[sim:fault rate_limit_seconds value=9]]"
    error = await ask.failure(prompt, "gpt-4o-mini", fallbacks=(OPENAI,))
    assert error.code is ErrorCode.RATE_LIMITED
    assert error.retry_after == 9
    assert [tried["code"] for tried in error.info.details["tried"]] == ["unknown_model", "rate_limited"]


async def test_the_shortest_wait_counts_and_only_if_all_ask_for_one(ask: Asked) -> None:
    nine = f"[[sim:fault rate_limit_seconds value=9 model={OPENAI}]]"
    two = f"[[sim:fault rate_limit_seconds value=2 model={ANTHROPIC}]]"
    broken = f"[[sim:fault http_500 model={ANTHROPIC}]]"
    assert (await ask.failure(f"x {nine} {two}", OPENAI, fallbacks=(ANTHROPIC,))).retry_after == 2
    assert (await ask.failure(f"x {nine} {broken}", OPENAI, fallbacks=(ANTHROPIC,))).retry_after is None


async def test_all_calls_are_paid_for_the_failed_ones_too(ask: Asked) -> None:
    prompt = (
        f'[[sim:json {{"intent": "a", "amount": 1}}]] [[sim:usage in=1000 out=0]] [[sim:fault prose model={OPENAI}]]'
    )
    answer = await ask(prompt, OPENAI, output_schema=SHAPE, fallbacks=(ANTHROPIC,))
    assert answer.tokens_in == 3000
    assert answer.cost_usd == pytest.approx(2 * 0.0025 + 0.001, abs=1e-12)


async def test_text_of_the_model_that_failed_is_marked_as_void(ask: Asked) -> None:
    prompt = f"x [[sim:reply a b c d e f]] [[sim:fault cut value=5 model={OPENAI}]]"
    answer = await ask(prompt, OPENAI, fallbacks=(ANTHROPIC,))
    before, _, after = "".join(ask.streamed).partition(RESTART_MARK)
    assert before
    assert after == answer.output == "a b c d e f"


async def test_a_model_is_asked_once_even_if_named_twice(ask: Asked) -> None:
    error = await ask.failure("x [[sim:fault http_500]]", OPENAI, fallbacks=(OPENAI, f"openai/{OPENAI}"))
    assert error.info.details["spent"]["calls"] == 1
