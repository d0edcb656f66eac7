from activities.llm.gateway import LlmGateway
from schemas.errors import ErrorCode
from tests.activities.llm.conftest import SHAPE, Stats
from tests.support.steps import environment, run_step, services, step_failure, step_input


async def test_a_step_gives_its_answer_with_tokens_and_cost(gateway: LlmGateway, stats: Stats) -> None:
    config = {"model": "gpt-4o", "prompt": "[[sim:reply Hello]] [[sim:usage in=1000 out=500]]"}
    step = step_input("llm", config, path="each[2].ask", iteration=3)
    async with services(llm=gateway) as given:
        result = await run_step(given, step)
    assert (result.output, result.tokens_in, result.tokens_out, result.cost_usd) == ("Hello", 1000, 500, 0.0075)
    assert (await stats())["by_step"][step.idempotency_key] == 1


async def test_a_step_gives_data(gateway: LlmGateway) -> None:
    config = {"model": "claude-haiku-5-5", "prompt": "x", "output_schema": SHAPE, "system": "Be brief."}
    async with services(llm=gateway) as given:
        result = await run_step(given, step_input("llm", config))
    assert set(result.output) == {"intent", "amount"}


async def test_a_step_fails_with_a_typed_error(gateway: LlmGateway) -> None:
    async with services(llm=gateway) as given:
        busy = await step_failure(
            given, step_input("llm", {"model": "gpt-4o", "prompt": "[[sim:fault rate_limit_seconds value=3]]"})
        )
        wrong = await step_failure(given, step_input("llm", {"prompt": ""}))
    assert busy.code is ErrorCode.RATE_LIMITED
    assert wrong.code is ErrorCode.INVALID_CONFIG


async def test_a_step_whose_time_is_over_says_what_it_cost(gateway: LlmGateway) -> None:
    prompt = "[[sim:reply " + "many words " * 30 + "]] [[sim:chunk_delay 0.1]]"
    async with services(llm=gateway) as given:
        late = await step_failure(
            given, step_input("llm", {"model": "gpt-4o", "prompt": prompt}), env=environment(seconds=2)
        )
    assert late.code is ErrorCode.TIMEOUT
    assert late.details["spent"]["cost_usd"] > 0
