"""Plans that a model writes, on the real server: mended, shown, changed by a person, and run as a run of their own."""

import json
from typing import Any

from tests.support.perdure import Perdure
from tests.support.polling import eventually


def planned(*nodes: dict[str, Any], edges: tuple[tuple[str, str], ...] = ()) -> dict[str, str]:
    """A turn of a script that writes a plan."""
    document = {"nodes": list(nodes), "edges": [{"from": a, "to": b} for a, b in edges]}
    return {"text": f"Here is my plan:\n```json\n{json.dumps(document)}\n```\nDone."}


def doubled(factor: int = 2) -> dict[str, Any]:
    return {"id": "twice", "kind": "transform", "with": {"value": f"{{{{ input.n * {factor} }}}}"}}


def plan(**config: Any) -> dict[str, Any]:
    return {
        "id": "plan",
        "kind": "plan",
        "with": {"goal": "{{ input.goal }}", "input": {"n": 4}, "model": "gpt-4o-mini", **config},
    }


async def test_a_plan_is_mended_sent_back_changed_and_run(perdure: Perdure) -> None:
    bad = {"id": "call", "kind": "http_request", "with": {"url": "http://x", "credential": "stripe"}}
    script = [planned(bad, {"id": "two", "kind": "nope"}), planned(doubled(3)), planned(doubled(5))]
    slug = await perdure.publish([plan()])
    run = await perdure.start(slug, {"goal": f"Double it. [[sim:script {json.dumps(script)}]]"})
    asked = await perdure.approval(run)
    assert asked["payload"]["plan"]["nodes"] == [doubled(3)]
    steps = await perdure.steps(run)
    told = steps["plan.draft[1]"]["input"]["messages"][-1]["content"][0]["text"]
    for fault in ("may not hold a `http_request`", "may not name credentials", "There is no kind `nope`"):
        assert fault in told, told
    await perdure.decide(run, "revise", reason="Not three times.")

    async def again() -> dict[str, Any] | None:
        found = await perdure.approval(run)
        return found if found["id"] != asked["id"] else None

    second = await eventually(again)
    assert second is not None
    changed = {**second["payload"]["plan"], "nodes": [doubled(2)]}
    await perdure.decide(run, "approved", payload={**second["payload"], "plan": changed})
    ended = await perdure.ended(run)
    assert (ended["status"], ended["output"]["output"], ended["output"]["drafts"]) == ("completed", 8, 3), ended
    child = (await perdure.api.get(f"/v1/runs/{run}/tree")).json()["root"]["children"][0]["run"]
    assert (child["status"], child["version"], child["parent_path"]) == ("completed", 0, "plan")


async def test_a_plan_that_cannot_be_mended_fails_and_one_that_nobody_must_see_runs(perdure: Perdure) -> None:
    script = [planned({"id": "x", "kind": "nope"}), planned({"id": "x", "kind": "nope"})]
    slug = await perdure.publish([plan(repairs=1, approve=False)])
    failed = await perdure.ended(await perdure.start(slug, {"goal": f"[[sim:script {json.dumps(script)}]]"}))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "invalid_document")
    script = [planned(doubled(), {"id": "more", "kind": "transform", "with": {"value": 1}}, edges=(("twice", "more"),))]
    done = await perdure.ended(await perdure.start(slug, {"goal": f"[[sim:script {json.dumps(script)}]]"}))
    assert (done["status"], done["output"]["output"]) == ("completed", 1), done
