"""What publishing would do, told from runs that really happened."""

from typing import Any

from api.workflows import previews
from tests.api.test_gate import check_problem
from tests.api.workflows.drafting import edit, ok
from tests.support.documents import ask, branch, code, foreach, value
from tests.support.perdure import Perdure, edge

NODES = [
    code("score", "n * 2", inputs={"n": "{{ input.n }}"}),
    branch("large", yes="nodes.score.output > 100"),
    code("review", "'reviewed'"),
    code("accept", "'accepted'"),
]
EDGES = ["score>large", "large.yes>review", "large.else>accept"]


def changed(node: str, **fields: Any) -> list[dict[str, Any]]:
    """The nodes, one of them with other fields."""
    return [{**one, **fields} if one["id"] == node else one for one in NODES]


async def preview(perdure: Perdure, slug: str, **body: Any) -> dict[str, Any]:
    return ok(await perdure.api.post(f"/v1/workflows/{slug}/publish/preview", json=body))


async def three_runs(perdure: Perdure) -> tuple[str, list[str]]:
    """A workflow with finished runs of input 10, 40 and 200, oldest first."""
    slug = await perdure.publish(NODES, EDGES, name="Scoring")
    runs = [await perdure.start(slug, {"n": n}) for n in (10, 40, 200)]
    for run in runs:
        assert (await perdure.ended(run))["status"] == "completed"
    return slug, runs


async def test_an_unchanged_draft_changes_nothing(perdure: Perdure) -> None:
    slug, _ = await three_runs(perdure)
    seen = await preview(perdure, slug)
    assert (seen["unchanged"], seen["past_draft"], seen["newest_version"], seen["faults"]) == (True, False, 1, [])
    assert (seen["compared"], seen["diverging"], seen["other_settings"], seen["not_compared"]) == (3, [], [], [])
    assert seen["diff"]["nodes_changed"] == []


async def test_runs_that_would_take_another_port_are_named(perdure: Perdure) -> None:
    slug, runs = await three_runs(perdure)
    await edit(perdure.api, slug, nodes=changed("large", **branch("large", yes="nodes.score.output > 50")))
    seen = await preview(perdure, slug)
    assert seen["compared"] == 3
    assert seen["diverging"] == [
        {
            "run_id": runs[1],
            "version": 1,
            "status": "completed",
            "node": "large",
            "iteration": 0,
            "reason": "other_port",
            "message": "`large` left through `else` and would leave through `yes`.",
        }
    ]
    assert seen["diff"]["nodes_changed"][0]["fields"][0]["field"] == "with.cases[0].when"
    assert (await preview(perdure, slug, runs=1))["compared"] == 1
    assert (await preview(perdure, slug, runs=0))["compared"] == 0
    assert len(ok(await perdure.api.get(f"/v1/workflows/{slug}/versions"))["items"]) == 1


async def test_a_node_without_a_recorded_output_ends_the_comparison(perdure: Perdure) -> None:
    slug, runs = await three_runs(perdure)
    edges = [edge(one) for one in (*EDGES, "review>tell")]
    await edit(perdure.api, slug, nodes=[*NODES, code("tell", "1")], edges=edges)
    diverging = (await preview(perdure, slug))["diverging"]
    assert [(one["run_id"], one["node"], one["reason"]) for one in diverging] == [(runs[2], "tell", "runs_now")]
    assert diverging[0]["message"] == "It would now run `tell`."


async def test_what_would_no_longer_run_is_told(perdure: Perdure) -> None:
    slug, runs = await three_runs(perdure)
    nodes = [node for node in NODES if node["id"] != "accept"]
    await edit(perdure.api, slug, nodes=nodes, edges=[edge(one) for one in EDGES[:2]])
    diverging = (await preview(perdure, slug))["diverging"]
    assert [(one["run_id"], one["node"]) for one in diverging] == [(runs[1], "accept"), (runs[0], "accept")]
    assert {one["reason"] for one in diverging} == {"runs_no_longer"}


async def test_other_settings_on_the_same_way_are_counted(perdure: Perdure) -> None:
    slug, _ = await three_runs(perdure)
    await edit(perdure.api, slug, nodes=changed("score", **code("score", "n * 2", inputs={"n": "{{ input.n + 1 }}"})))
    seen = await preview(perdure, slug)
    assert (seen["diverging"], seen["other_settings"]) == ([], [{"node": "score", "runs": 3}])


async def test_a_step_that_only_computes_is_added_without_notice(perdure: Perdure) -> None:
    slug, _ = await three_runs(perdure)
    between = value("plus", "{{ nodes.score.output + 1 }}")
    edges = [edge(one) for one in ("score>plus", "plus>large", *EDGES[1:])]
    await edit(perdure.api, slug, nodes=[*NODES, between], edges=edges)
    assert (await preview(perdure, slug))["diverging"] == []


async def test_failures_and_their_handling_are_compared(perdure: Perdure) -> None:
    nodes = [code("may_fail", "10 / n", inputs={"n": "{{ input.n }}"}), code("after", "1")]
    slug = await perdure.publish(nodes, ["may_fail>after"])
    failed, fine = await perdure.start(slug, {"n": 0}), await perdure.start(slug, {"n": 1})
    assert (await perdure.ended(failed))["status"] == "failed"
    await perdure.ended(fine)
    assert (await preview(perdure, slug))["diverging"] == []
    await edit(perdure.api, slug, nodes=[{**nodes[0], "on_error": "continue"}, nodes[1]])
    diverging = (await preview(perdure, slug))["diverging"]
    assert [(one["run_id"], one["reason"], one["status"]) for one in diverging] == [(failed, "fails_now", "failed")]
    assert "continue" in diverging[0]["message"]
    broken = code("may_fail", "10 / n", inputs={"n": "{{ input.nope }}"})
    await edit(perdure.api, slug, nodes=[broken, nodes[1]])
    assert {one["run_id"] for one in (await preview(perdure, slug))["diverging"]} == {fine}


async def test_loops_are_sent_round_as_often_as_they_went(perdure: Perdure) -> None:
    nodes = [code("next", "n + 1", inputs={"n": "{{ nodes.next.output == null ? 0 : nodes.next.output }}"})]
    nodes.append(branch("again", more="nodes.next.output < input.n"))
    slug = await perdure.publish(nodes, ["next>again", "again.more>next"])
    run = await perdure.start(slug, {"n": 3})
    await perdure.ended(run)
    assert (await preview(perdure, slug))["diverging"] == []
    await edit(perdure.api, slug, nodes=[nodes[0], branch("again", more="nodes.next.output < input.n - 1")])
    [earlier] = (await preview(perdure, slug))["diverging"]
    assert (earlier["node"], earlier["iteration"], earlier["reason"]) == ("again", 1, "other_port")
    await edit(perdure.api, slug, nodes=[nodes[0], branch("again", more="nodes.next.output < input.n + 1")])
    [later] = (await preview(perdure, slug))["diverging"]
    assert (later["node"], later["iteration"]) == ("again", 2)


async def test_people_and_bodies_answer_as_they_did(perdure: Perdure) -> None:
    nodes = [
        foreach("each", "input.list", [code("twice", "n * 2", inputs={"n": "{{ item }}"})]),
        ask("sure", payload="{{ nodes.each.output }}"),
        value("yes", "{{ nodes.sure.output.by }}"),
    ]
    slug = await perdure.publish(nodes, ["each>sure", "sure.approved>yes"])
    run = await perdure.start(slug, {"list": [1, 2]})
    await perdure.decide(run, "approved")
    await perdure.ended(run)
    assert (await preview(perdure, slug))["diverging"] == []
    custom = ask("sure", decisions=[{"name": "later", "label": "Later"}])
    await edit(perdure.api, slug, nodes=[nodes[0], custom, nodes[2]], edges=[edge("each>sure"), edge("sure.later>yes")])
    [parted] = (await preview(perdure, slug))["diverging"]
    assert (parted["node"], parted["reason"]) == ("yes", "runs_no_longer")


async def test_runs_that_go_on_are_counted_by_version(perdure: Perdure) -> None:
    slug = await perdure.publish([ask("sure")], name="Waiting")
    first = [await perdure.start(slug) for _ in range(2)]
    await perdure.publish([ask("sure", "Really?")], name="Waiting")
    second = await perdure.start(slug)
    for run in (*first, second):
        await perdure.approval(run)
    await edit(perdure.api, slug, description="third")
    seen = await preview(perdure, slug)
    assert seen["staying"] == [{"version": 2, "runs": 1, "approvals": 1}, {"version": 1, "runs": 2, "approvals": 2}]
    await perdure.decide(first[0], "approved")
    await perdure.ended(first[0])
    assert (await preview(perdure, slug))["staying"][1] == {"version": 1, "runs": 1, "approvals": 1}
    for run in (first[1], second):
        await perdure.control(run, "cancel")


async def test_large_runs_and_late_ones_are_left_out_and_counted(perdure: Perdure, monkeypatch: Any) -> None:
    slug, _ = await three_runs(perdure)
    monkeypatch.setattr(previews, "MAX_STEPS", 1)
    assert (await preview(perdure, slug))["not_compared"] == [{"reason": "too_large", "runs": 3}]
    monkeypatch.setattr(previews, "MAX_STEPS", 100)
    monkeypatch.setattr(previews, "MAX_BYTES", 1)
    assert (await preview(perdure, slug))["not_compared"] == [{"reason": "too_large", "runs": 3}]
    monkeypatch.setattr(previews, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(previews, "MAX_SECONDS", -1.0)
    seen = await preview(perdure, slug)
    assert (seen["compared"], seen["not_compared"]) == (0, [{"reason": "out_of_time", "runs": 3}])


async def test_tests_and_forks_are_not_compared(perdure: Perdure) -> None:
    slug, runs = await three_runs(perdure)
    await perdure.ended(await perdure.fork(runs[0], node="accept"))
    tested = ok(await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json={"input": {"n": 1}}), 202)
    await perdure.ended(tested["id"])
    assert (await preview(perdure, slug))["compared"] == 3


async def test_a_faulty_draft_is_previewed_without_comparison(perdure: Perdure) -> None:
    slug, _ = await three_runs(perdure)
    await edit(perdure.api, slug, nodes=[{"id": "a", "kind": "nothing"}])
    seen = await preview(perdure, slug)
    assert next(fault["code"] for fault in seen["faults"]) == "unknown_kind"
    assert (seen["compared"], seen["diverging"]) == (0, [])
    refused = await perdure.api.post(f"/v1/workflows/{slug}/publish/preview", json={"revision": 1})
    check_problem(refused, 409, "stale_revision")


async def test_a_draft_of_nothing_published_is_previewed(perdure: Perdure) -> None:
    ok(await perdure.api.post("/v1/workflows/drafts", json={"name": "Fresh"}), 201)
    seen = await preview(perdure, "fresh")
    assert (seen["newest_version"], seen["diff"], seen["unchanged"], seen["staying"]) == (None, None, False, [])
