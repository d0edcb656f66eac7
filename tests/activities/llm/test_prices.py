"""Costs against figures worked out by hand from the vendors' price lists (dollars per million tokens)."""

import subprocess
import sys
from decimal import Decimal

import pytest

from activities.llm.prices import accepts_temperature, cost_of, takes_schema
from activities.llm.reply import Usage
from activities.llm.routing import route

CASES = [
    # gpt-4o: 2.50 in, 10 out, 1.25 cached
    ("gpt-4o", Usage(fresh_in=1000, tokens_out=500), "0.0075"),
    ("openai/gpt-4o", Usage(fresh_in=600, cache_read=400, tokens_out=500), "0.007"),
    ("gpt-4o-mini", Usage(fresh_in=1_000_000, tokens_out=1_000_000), "0.75"),
    # claude-haiku-4-5: 1 in, 5 out, 0.10 cache read, 1.25 cache write
    ("claude-haiku-4-5", Usage(fresh_in=1000, tokens_out=1000), "0.006"),
    ("claude-haiku-4-5", Usage(fresh_in=100, cache_read=1000, cache_write=2000, tokens_out=10), "0.00275"),
    # deepseek-chat: 0.28 in, 0.42 out
    ("deepseek/deepseek-chat", Usage(fresh_in=1000, tokens_out=1000), "0.0007"),
    # a fine-tuned gpt-4o: 3.75 in, 15 out
    ("ft:gpt-4o-2024-08-06:acme::7p4l", Usage(fresh_in=1000, tokens_out=1000), "0.01875"),
    # claude-haiku-5-5: 0.10 in and 0.50 out up to 100,000 tokens, 0.50 and 2.50 above
    ("claude-haiku-5-5", Usage(fresh_in=100_000, tokens_out=1000), "0.0105"),
    ("claude-haiku-5-5", Usage(fresh_in=100_001, tokens_out=1000), "0.0525005"),
    ("gpt-4o", Usage(), "0"),
]


@pytest.mark.parametrize(("model", "usage", "dollars"), CASES)
def test_what_a_call_costs(model: str, usage: Usage, dollars: str) -> None:
    assert cost_of(route(model), usage) == Decimal(dollars)


def test_an_unknown_price_is_not_zero() -> None:
    assert cost_of(route("hosted_vllm/our-own"), Usage(fresh_in=10)) is None


def test_what_models_take() -> None:
    assert not accepts_temperature(route("claude-haiku-5-5"))
    assert accepts_temperature(route("claude-haiku-4-5"))
    assert accepts_temperature(route("hosted_vllm/our-own"))
    assert takes_schema(route("deepseek/deepseek-chat"))
    assert not takes_schema(route("hosted_vllm/our-own"))


def test_nothing_heavy_is_imported_for_a_price() -> None:
    code = (
        "import sys; from activities.llm import gateway, prices; from activities.llm.routing import route;"
        "prices.facts(route('gpt-4o'));"
        "sys.exit(', '.join({'openai', 'anthropic', 'litellm', 'jsonschema'} & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
