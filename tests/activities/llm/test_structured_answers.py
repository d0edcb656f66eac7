import pytest

from activities.llm.viewers import RESTART_MARK
from schemas.errors import ErrorCode
from tests.activities.llm.conftest import MODELS, OPENAI, SHAPE, Asked, Stats

GOOD = '[[sim:json {"intent": "refund", "amount": 12.5}]]'
DATA = {"intent": "refund", "amount": 12.5}


@pytest.mark.parametrize("model", [*MODELS, "hosted_vllm/our-own", "claude-haiku-5-5"])
async def test_data_of_the_wanted_shape(ask: Asked, model: str) -> None:
    """The last two are told the shape in words or by another form of the schema."""
    answer = await ask(GOOD, model, output_schema=SHAPE)
    assert answer.output == DATA
    assert answer.details["calls"] == 1


@pytest.mark.parametrize("model", [*MODELS, "hosted_vllm/our-own"])
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        {"type": "object", "additionalProperties": {"type": "integer"}, "required": ["x"]},
        {"type": "object", "required": ["kind"], "properties": {"kind": {"oneOf": [{"const": "a"}, {"const": "b"}]}}},
        {**SHAPE, "required": ["intent"]},
    ],
    ids=["a list", "a map", "one of", "an optional field"],
)
async def test_shapes_that_no_api_guarantees(ask: Asked, model: str, schema: dict[str, object]) -> None:
    answer = await ask("Anything.", model, output_schema=schema)
    assert answer.output is not None
    assert answer.details["calls"] == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", ["bad_json_text", "prose", "wrong_json", "two_answers"])
async def test_an_unusable_answer_is_sent_back_once(ask: Asked, model: str, fault: str) -> None:
    prompt = f"{GOOD} [[sim:usage in=100 out=10]] [[sim:fault {fault} times=1 key={model}-{fault}]]"
    answer = await ask(prompt, model, output_schema=SHAPE)
    assert answer.output == DATA
    assert (answer.details["calls"], answer.tokens_in, answer.tokens_out) == (2, 200, 20)
    assert ask.streamed.count(RESTART_MARK) == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", ["bad_json_text", "prose", "wrong_json"])
async def test_twice_unusable_is_an_error_that_says_what_it_cost(ask: Asked, model: str, fault: str) -> None:
    error = await ask.failure(f"x [[sim:usage in=1000 out=0]] [[sim:fault {fault}]]", model, output_schema=SHAPE)
    assert error.code is ErrorCode.OUTPUT_INVALID
    spent = error.info.details["spent"]
    assert (spent["calls"], spent["tokens_in"]) == (2, 2000)
    assert spent["cost_usd"] > 0


async def test_the_model_is_told_what_was_wrong(ask: Asked, stats: Stats) -> None:
    """The second question is longer by the answer and the errors."""
    prompt = f"{GOOD} [[sim:fault wrong_json times=1 key=told]]"
    answer = await ask(prompt, OPENAI, output_schema=SHAPE)
    once = await ask(GOOD, OPENAI, output_schema=SHAPE)
    assert answer.tokens_in > 2 * once.tokens_in + 50


@pytest.mark.parametrize("model", MODELS)
async def test_fences_and_words_around_them_are_no_fault(ask: Asked, model: str) -> None:
    answer = await ask(f"{GOOD} [[sim:fault fenced]]", model, output_schema=SHAPE)
    assert answer.output == DATA
    assert answer.details["calls"] == 1


@pytest.mark.parametrize("model", MODELS)
async def test_data_cut_by_max_tokens(ask: Asked, model: str) -> None:
    error = await ask.failure(GOOD, model, output_schema=SHAPE, max_tokens=3)
    assert error.code is ErrorCode.OUTPUT_INVALID
    assert "max_tokens" in error.info.message
    assert error.info.details["spent"]["calls"] == 1


@pytest.mark.parametrize("model", MODELS)
async def test_unclean_text_in_data_is_cleaned(ask: Asked, model: str) -> None:
    answer = await ask('[[sim:json {"intent": "a\\u0000b", "amount": null}]]', model, output_schema=SHAPE)
    assert answer.output == {"intent": "a\ufffdb", "amount": None}


async def test_a_schema_that_is_none_costs_no_call(ask: Asked) -> None:
    error = await ask.failure("x", OPENAI, output_schema={"type": "nonsense"})
    assert error.code is ErrorCode.INVALID_CONFIG
