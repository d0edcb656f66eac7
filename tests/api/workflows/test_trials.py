"""Drafts run with outputs given for some nodes, and single nodes run alone: real runs that change no version."""

from typing import Any

import pytest

from tests.api.test_gate import check_problem
from tests.api.workflows.drafting import edit, ok, publish_draft
from tests.support.documents import ask, branch, code, foreach, value
from tests.support.perdure import Perdure, edge

POST: dict[str, Any] = {"id": "post", "kind": "http_request", "with": {"url": "http://127.0.0.1:9/", "method": "POST"}}


async def draft_of(perdure: Perdure, nodes: list[dict[str, Any]], edges: list[str] = (), **document: Any) -> str:
    """A workflow that has only a draft; gives its slug."""
    content = {"nodes": nodes, "edges": [edge(one) for one in edges], **document}
    made = await perdure.api.post("/v1/workflows/drafts", json={"name": "Trial", "document": content})
    slug: str = ok(made, 201)["slug"]
    return slug


async def run_draft(perdure: Perdure, slug: str, **body: Any) -> dict[str, Any]:
    """A test run at its end."""
    started = ok(await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json=body), 202)
    assert started["version"] == 0
    return await perdure.ended(started["id"])


async def test_node(perdure: Perdure, slug: str, node: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The outcome of one node."""
    answer = await perdure.api.post(f"/v1/workflows/{slug}/test-node", json={"node": node, **body})
    assert answer.headers["Location"].startswith("/v1/runs/"), answer.text
    return ok(answer)


test_node.__test__ = False  # type: ignore[attr-defined]


async def test_a_draft_runs_without_becoming_a_version(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", "{{ input.n + 1 }}")], input={"required": ["n"]})
    run = await run_draft(perdure, slug, input={"n": 1})
    assert (run["status"], run["output"], run["trigger"], run["version"]) == ("completed", 2, "test", 0)
    assert ok(await perdure.api.get(f"/v1/workflows/{slug}/versions"))["items"] == []
    shown = ok(await perdure.api.get(f"/v1/workflows/{slug}"))
    assert (shown["version"], shown["last_run"], shown["success_rate"]) == (None, None, None)
    wrong = await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json={"input": {}})
    check_problem(wrong, 422, "invalid_input")
    check_problem(await perdure.api.post("/v1/runs", json={"workflow": slug}), 409, "conflict")


async def test_publishing_after_tests_counts_from_one(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    await run_draft(perdure, slug)
    await run_draft(perdure, slug)
    await edit(perdure.api, slug, nodes=[value("a", 2)])
    second = await run_draft(perdure, slug)
    assert second["output"] == 2
    assert ok(await publish_draft(perdure.api, 2, slug), 201)["version"] == 1
    assert (await perdure.ended(await perdure.start(slug)))["output"] == 2
    assert [v["version"] for v in ok(await perdure.api.get(f"/v1/workflows/{slug}"))["versions"]] == [1]


async def test_pinned_nodes_give_what_they_are_told_and_do_nothing(perdure: Perdure) -> None:
    nodes = [
        code("first", "1 / 0"),
        POST,
        value("last", "{{ string(nodes.first.output.n) + nodes.post.output.body }}"),
    ]
    slug = await draft_of(perdure, nodes, ["first>post", "post>last"])
    pins = {"first": {"output": {"n": 7}}, "post": {"output": {"body": "!"}}}
    run = await run_draft(perdure, slug, pins=pins)
    assert run["output"] == "7!"
    steps = await perdure.steps(run["id"])
    assert {path: step["status"] for path, step in steps.items()} == dict.fromkeys(
        ("first", "post", "last"), "completed"
    )
    assert steps["post"]["output"] == {"body": "!"}


async def test_pins_leave_the_ways_through_the_graph_as_they_are(perdure: Perdure) -> None:
    nodes = [
        branch("which", high="input.n > 100"),
        code("dear", "1 / 0"),
        code("cheap", "1 / 0"),
        value("end", "{{ [nodes.dear.output, nodes.cheap.output] }}"),
    ]
    edges = ["which.high>dear", "which.else>cheap", "dear>end", "cheap>end"]
    slug = await draft_of(perdure, nodes, edges)
    pins = {"dear": {"output": "dear"}, "cheap": {"output": "cheap"}}
    run = await run_draft(perdure, slug, input={"n": 5}, pins=pins)
    assert run["output"] == [None, "cheap"]
    assert (await perdure.statuses(run["id"]))["dear"] == "skipped"
    forced = {**pins, "which": {"output": {"case": "high"}, "port": "high"}}
    assert (await run_draft(perdure, slug, input={"n": 5}, pins=forced))["output"] == ["dear", None]


async def test_a_pinned_node_leaves_a_loop_turning(perdure: Perdure) -> None:
    nodes = [
        code("ask", "1 / 0"),
        value("count", "{{ nodes.count.output == null ? 1 : nodes.count.output + 1 }}"),
        branch("again", more="nodes.count.output < 3"),
    ]
    slug = await draft_of(perdure, nodes, ["ask>count", "count>again", "again.more>ask"])
    run = await run_draft(perdure, slug, pins={"ask": {"output": "x"}})
    assert run["status"] == "completed"
    assert sorted(path for path in await perdure.steps(run["id"]) if path.startswith("ask")) == [
        "ask",
        "ask#1",
        "ask#2",
    ]


async def test_an_approval_can_be_pinned_in_a_test(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [ask("sure"), value("yes", "{{ nodes.sure.output.by }}")], ["sure.approved>yes"])
    refused: Any = check_problem(
        await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json={}), 422, "invalid_request"
    )
    assert refused["details"]["side_effects"] == [{"node": "sure", "kind": "approval"}]
    vague: Any = check_problem(
        await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json={"pins": {"sure": {"output": 1}}}),
        422,
        "invalid_request",
    )
    assert "approved, rejected, expired" in vague["errors"][0]["message"]
    pins = {"sure": {"output": {"by": "Ada"}, "port": "approved"}}
    assert (await run_draft(perdure, slug, pins=pins))["output"] == "Ada"


async def test_side_effects_in_bodies_must_be_confirmed_too(perdure: Perdure, model_server: str) -> None:
    send = {"id": "send", "kind": "http_request", "with": {"url": f"{model_server}/v1/models", "method": "POST"}}
    slug = await draft_of(perdure, [foreach("each", "[1]", [{**send, "on_error": "continue"}])])
    url = f"/v1/workflows/{slug}/draft/runs"
    refused: Any = check_problem(await perdure.api.post(url, json={}), 422, "invalid_request")
    assert refused["details"]["side_effects"] == [{"node": "each.send", "kind": "http_request"}]
    assert (await run_draft(perdure, slug, confirm=True))["status"] == "completed"
    assert (await run_draft(perdure, slug, pins={"each": {"output": [1]}}))["output"] == [1]


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        ({"nobody": {"output": 1}}, "no such node"),
        ({"a": {"output": 1, "port": "left"}}, "no port 'left'"),
        ({"undo": {"output": 1}}, "only undoes"),
    ],
)
async def test_wrong_pins_are_refused(perdure: Perdure, pins: dict[str, Any], said: str) -> None:
    nodes = [code("a", "1", compensate_with="undo"), code("undo", "2")]
    slug = await draft_of(perdure, nodes)
    problem: Any = check_problem(
        await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json={"pins": pins}), 422, "invalid_request"
    )
    assert said in problem["errors"][0]["message"]


async def test_a_pinned_node_is_not_undone(perdure: Perdure) -> None:
    nodes = [code("pay", "1 / 0", compensate_with="refund"), code("refund", "'back'"), code("fail", "1 / 0")]
    slug = await draft_of(perdure, nodes, ["pay>fail"])
    run = await run_draft(perdure, slug, pins={"pay": {"output": "paid"}})
    assert run["status"] == "failed"
    assert "refund" not in await perdure.steps(run["id"])


async def test_faulty_and_stale_drafts_are_not_run(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", "{{ nodes.b.output }}")])
    url = f"/v1/workflows/{slug}/draft/runs"
    check_problem(await perdure.api.post(url, json={}), 422, "invalid_document")
    await edit(perdure.api, slug, nodes=[value("a", 1)])
    check_problem(await perdure.api.post(url, json={"revision": 1}), 409, "stale_revision")
    ok(await perdure.api.post(f"/v1/workflows/{slug}/archive"))
    check_problem(await perdure.api.post(url, json={}), 409, "conflict")


async def test_a_test_run_is_started_once_per_key(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", "{{ input.n }}")])
    url, key = f"/v1/workflows/{slug}/draft/runs", {"Idempotency-Key": "once"}
    first = await perdure.api.post(url, json={"input": {"n": 1}}, headers=key)
    again = await perdure.api.post(url, json={"input": {"n": 1}}, headers=key)
    assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (first.json()["id"], "true")
    check_problem(await perdure.api.post(url, json={"input": {"n": 2}}, headers=key), 409, "idempotency_mismatch")
    assert (await perdure.ended(first.json()["id"]))["output"] == 1


async def test_a_fork_of_a_test_is_a_test_with_the_same_pins(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [code("pinned", "1 / 0"), value("a", "{{ nodes.pinned.output }}")], ["pinned>a"])
    run = await run_draft(perdure, slug, pins={"pinned": {"output": 7}})
    forked = await perdure.ended(await perdure.fork(run["id"], node="pinned"))
    assert (forked["status"], forked["output"], forked["trigger"], forked["version"]) == ("completed", 7, "test", 0)


async def test_a_failed_test_run_is_retried_with_its_pins(perdure: Perdure) -> None:
    nodes = [code("pinned", "1 / 0"), code("fails", "1 / 0")]
    slug = await draft_of(perdure, nodes, ["pinned>fails"])
    run = await run_draft(perdure, slug, pins={"pinned": {"output": 1}})
    await perdure.control(run["id"], "retry")
    again = await perdure.ended_again(run["id"], 2)
    assert (await perdure.statuses(run["id"]))["pinned"] == "completed"
    assert again["error"]["node"] == "fails"


async def test_one_node_is_tested_with_what_it_reads(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)], vars={"tax": 2})
    node = value("sum", "{{ input.net + vars.tax + nodes.extra.output.n }}")
    tested = await test_node(perdure, slug, node, input={"net": 10}, outputs={"extra": {"n": 5}})
    assert (tested["status"], tested["port"], tested["output"]) == ("completed", "out", 17)
    other = await test_node(perdure, slug, node, input={"net": 1}, outputs={"extra": {"n": 1}}, vars={"tax": 100})
    assert other["output"] == 102
    run = await perdure.get(tested["run_id"])
    assert (run["trigger"], run["workflow"], run["output"]) == ("test", slug, 17)


async def test_given_values_are_no_templates(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    node = value("say", {"text": "{{ nodes.mail.output }}"})
    tested = await test_node(perdure, slug, node, outputs={"mail": "{{ 1 + 1 }}"})
    assert tested["output"] == {"text": "{{ 1 + 1 }}"}


async def test_a_node_is_tested_that_stands_in_a_body(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    node = value("each", "{{ [item.n, index, nodes.before.output] }}", compensate_with="gone", on_error="pause")
    tested = await test_node(perdure, slug, node, item={"n": 3}, index=4, outputs={"before": "b"})
    assert tested["output"] == [3, 4, "b"]
    outside: Any = check_problem(
        await perdure.api.post(f"/v1/workflows/{slug}/test-node", json={"node": node, "outputs": {"before": 1}}),
        422,
        "invalid_document",
    )
    assert {fault["code"] for fault in outside["faults"]} == {"unknown_name"}


async def test_a_foreach_is_tested_with_its_body(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    node = foreach("each", "input.list", [value("twice", "{{ item * 2 }}")])
    assert (await test_node(perdure, slug, node, input={"list": [1, 2]}))["output"] == [2, 4]


async def test_an_action_is_tested_with_its_settings_shown(perdure: Perdure, model_server: str) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    node = {
        "id": "say",
        "kind": "llm",
        "with": {"prompt": "Hi {{ input.name }} [[sim:reply Hello, {{ input.name }}!]]"},
    }
    tested = await test_node(perdure, slug, node, input={"name": "Ada"})
    assert tested["output"] == "Hello, Ada!"
    assert tested["input"]["prompt"].startswith("Hi Ada")
    assert tested["tokens_out"] > 0


async def test_a_fault_of_a_tested_node_is_answered(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    failed = await test_node(perdure, slug, code("bad", "1 / 0", on_error="continue"))
    assert (failed["status"], failed["error"]["code"], failed["error"]["node"]) == ("failed", "code_failed", "bad")
    inline = await test_node(perdure, slug, value("bad", "{{ input.nope }}"))
    assert (inline["status"], inline["error"]["code"]) == ("failed", "expression_failed")
    unknown: Any = check_problem(
        await perdure.api.post(f"/v1/workflows/{slug}/test-node", json={"node": value("x", "{{ nodes.y.output }}")}),
        422,
        "invalid_document",
    )
    assert unknown["faults"][0]["node"] == "x"
    assert "outputs" in unknown["faults"][0]["message"]


async def test_a_node_with_side_effects_is_tested_only_when_confirmed(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    url = f"/v1/workflows/{slug}/test-node"
    refused: Any = check_problem(await perdure.api.post(url, json={"node": POST}), 422, "invalid_request")
    assert refused["details"]["side_effects"] == [{"node": "post", "kind": "http_request"}]
    node = {**POST, "retry": {"max_attempts": 1}}
    tested = await test_node(perdure, slug, node, confirm=True)
    assert (tested["status"], tested["error"]["code"]) == ("failed", "network")


async def test_a_test_that_waits_is_answered_before_its_end(perdure: Perdure) -> None:
    slug = await draft_of(perdure, [value("a", 1)])
    body = {"node": {"id": "w", "kind": "wait", "with": {"duration": "1h"}}, "wait_seconds": 0.5}
    answer = await perdure.api.post(f"/v1/workflows/{slug}/test-node", json=body)
    going_on = ok(answer, 202)
    assert going_on["status"] in ("pending", "waiting")
    await perdure.control(going_on["run_id"], "cancel")
    assert (await perdure.ended(going_on["run_id"]))["status"] == "cancelled"
