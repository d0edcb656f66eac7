"""What a run is given that it cannot digest: a typed error each time, and a worker that goes on."""

from typing import Any

import pytest

from tests.support.documents import code, foreach, value
from tests.support.perdure import Perdure

HEAVY = "{{ input.many.map(a, input.many.map(b, a + b).size()).size() }}"


@pytest.mark.parametrize(
    ("node", "error"),
    [
        (value("x", "{{ input.many.map(a, input.many.map(b, input.many.map(c, 1))) }}"), "expression_failed"),
        (value("x", {f"k{i}": HEAVY for i in range(300)}), "expression_failed"),
        (value("x", "{{ input.text + input.text }}"), "expression_failed"),
        (value("x", ["{{ input.text }}", "{{ input.text }}"]), "result_too_large"),
        (code("x", "'a' * 2000000"), "result_too_large"),
        (code("x", "while True: pass", retry={"max_attempts": 1}), "code_limit"),
        (value("x", "{{ input.nope.nope }}"), "expression_failed"),
        ({"id": "x", "kind": "http_request", "with": {"url": "http://10.0.0.1/"}}, "address_denied"),
        (
            {"id": "x", "kind": "http_request", "with": {"url": "http://127.0.0.1:1/"}, "retry": {"max_attempts": 1}},
            "network",
        ),
        (
            {"id": "x", "kind": "llm", "with": {"model": "gpt-does-not-exist", "prompt": "hi"}},
            "unknown_model",
        ),
        (
            {
                "id": "x",
                "kind": "llm",
                "with": {
                    "model": "gpt-4o-mini",
                    "prompt": "[[sim:reply no json at all]]",
                    "output_schema": {"type": "object", "required": ["a"]},
                },
                "retry": {"max_attempts": 1},
            },
            "output_invalid",
        ),
        ({"id": "x", "kind": "wait", "with": {"until": "{{ input.text }}"}}, "invalid_config"),
        (foreach("x", "input.text", [value("y", 1)]), "invalid_config"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
async def test_a_typed_error_and_a_healthy_worker(perdure: Perdure, node: dict[str, Any], error: str) -> None:
    given = {"many": list(range(300)), "text": "t" * 600_000}
    run = await perdure.run([node], input=given)
    assert (run["status"], run["error"]["code"], run["error"]["node"]) == ("failed", error, "x")
    assert len(run["error"]["message"]) > 20
    assert (await perdure.run([value("ok", 1)]))["output"] == 1


async def test_text_with_nul_and_half_surrogates_is_refused_before_a_run_begins(perdure: Perdure) -> None:
    slug = await perdure.publish([value("a", "{{ input.x }}")])
    for text in ('"a\\u0000b"', '"\\ud800"'):
        answer = await perdure.api.post(
            "/v1/runs",
            content=f'{{"workflow": "{slug}", "input": {{"x": {text}}}}}',
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_text")


async def test_documents_that_are_too_much_are_refused_with_faults(perdure: Perdure) -> None:
    body: list[dict[str, Any]] = [value("leaf", 1)]
    for _ in range(200):
        body = [foreach("each", "[1]", body)]
    document = {"format": "perdure/v1", "name": "deep", "nodes": body}
    answer = await perdure.api.post("/v1/workflows", json=document)
    assert answer.status_code in (413, 422)
    wide = {"format": "perdure/v1", "name": "wide", "nodes": [value(f"n{i}", i) for i in range(10_001)]}
    answer = await perdure.api.post("/v1/workflows", json=wide)
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (422, "limit_exceeded")


async def test_a_document_of_five_thousand_nodes_runs(perdure: Perdure) -> None:
    nodes = [value("n0", 1), *(value(f"n{i}", i) for i in range(1, 5000))]
    edges = [f"n0>n{i}" for i in range(1, 5000)]
    run = await perdure.start(await perdure.publish(nodes, edges, output="{{ nodes.n4999.output }}"))
    assert (await perdure.ended(run, seconds=110))["output"] == 4999
