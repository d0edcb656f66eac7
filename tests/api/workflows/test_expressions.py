"""Expressions tried out with given values: computed exactly as in a run, and nothing else happens."""

from typing import Any

from httpx import AsyncClient

from tests.api.test_gate import check_problem


async def evaluate(api: AsyncClient, **body: Any) -> dict[str, Any]:
    """Results by name."""
    answer = await api.post("/v1/expressions/evaluate", json=body)
    assert answer.status_code == 200, answer.text
    results: dict[str, Any] = answer.json()["results"]
    return results


async def test_templates_and_expressions_are_computed_as_in_a_run(api: AsyncClient) -> None:
    results = await evaluate(
        api,
        templates={"text": "Hi {{ input.name }}", "typed": {"n": ["{{ nodes.a.output.n * 2 }}"]}, "plain": 3},
        expressions={"when": "item.n > vars.least && index == 4"},
        input={"name": "Ada"},
        outputs={"a": {"n": 21}},
        vars={"least": 2},
        item={"n": 3},
        index=4,
    )
    assert {name: (one["status"], one["value"]) for name, one in results.items()} == {
        "text": ("value", "Hi Ada"),
        "typed": ("value", {"n": [42]}),
        "plain": ("value", 3),
        "when": ("value", True),
    }


async def test_outputs_that_were_not_given_are_named(api: AsyncClient) -> None:
    results = await evaluate(
        api,
        expressions={"needs": "nodes.b.output.n + nodes.a.output", "can_do_without": "true || nodes.b.output == 1"},
        outputs={"a": 1},
    )
    assert (results["needs"]["status"], results["needs"]["missing"]) == ("missing", ["b"])
    assert (results["can_do_without"]["status"], results["can_do_without"]["value"]) == ("value", True)


async def test_what_is_wrong_is_said_in_a_sentence(api: AsyncClient) -> None:
    results = await evaluate(api, expressions={"syntax": "1 +", "field": "input.nope"}, templates={"open": "{{ 1"})
    assert {one["status"] for one in results.values()} == {"error"}
    assert "has no field `nope`" in results["field"]["message"]
    outside = await evaluate(api, expressions={"item": "item"})
    assert outside["item"]["status"] == "error"


async def test_work_is_bounded(api: AsyncClient) -> None:
    heavy = "input.list.map(x, input.list.filter(y, y > x)).size()"
    results = await evaluate(api, expressions={"heavy": heavy}, input={"list": list(range(20_000))})
    assert results["heavy"]["status"] == "error"
    many = {str(number): "1" for number in range(101)}
    check_problem(await api.post("/v1/expressions/evaluate", json={"expressions": many}), 422, "invalid_request")
