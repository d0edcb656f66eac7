"""The tree of runs, and the difference of two."""

from typing import Any
from uuid import uuid4

import httpx

from tests.api.documents import publish, start
from tests.api.test_gate import check_problem
from tests.support.perdure import Perdure


def sub(workflow: str, node: str = "sub") -> dict[str, Any]:
    return {"id": node, "kind": "sub_workflow", "with": {"workflow": workflow}}


def shape(node: str, value: Any) -> dict[str, Any]:
    return {"id": node, "kind": "transform", "with": {"value": value}}


async def tree(perdure: Perdure, run: str, **params: int) -> dict[str, Any]:
    answer: dict[str, Any] = (await perdure.api.get(f"/v1/runs/{run}/tree", params=params)).raise_for_status().json()
    return answer


async def diff(perdure: Perdure, run: str, other: str, **params: Any) -> dict[str, Any]:
    answer = await perdure.api.get(f"/v1/runs/{run}/diff", params={"with": other, **params})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def test_a_tree_shows_children_at_every_depth_and_the_way_up(perdure: Perdure) -> None:
    leaf = await perdure.publish([shape("one", 1)])
    middle = await perdure.publish([sub(leaf)])
    run = (await perdure.run([sub(middle, "left"), sub(leaf, "right")]))["id"]
    whole = await tree(perdure, run)
    assert (whole["runs"], whole["complete"], whole["ancestors"]) == (4, True, [])
    below = {branch["run"]["parent_path"]: branch for branch in whole["root"]["children"]}
    assert below.keys() == {"left", "right"}
    [grandchild] = below["left"]["children"]
    assert grandchild["run"]["workflow"] == leaf
    from_below = await tree(perdure, grandchild["run"]["id"])
    assert [one["id"] for one in from_below["ancestors"]] == [run, below["left"]["run"]["id"]]
    assert from_below["runs"] == 1


async def test_a_tree_says_what_it_leaves_out(perdure: Perdure) -> None:
    leaf = await perdure.publish([shape("one", 1)])
    middle = await perdure.publish([sub(leaf)])
    run = (await perdure.run([sub(middle, "a"), sub(middle, "b"), sub(middle, "c")]))["id"]
    flat = await tree(perdure, run, depth=1)
    assert (flat["runs"], flat["complete"], flat["root"]["children_left_out"]) == (4, False, False)
    assert [branch["children_left_out"] for branch in flat["root"]["children"]] == [True, True, True]
    few = await tree(perdure, run, limit=3)
    assert (few["runs"], few["complete"], few["root"]["children_left_out"]) == (3, False, True)


async def test_two_runs_that_went_different_ways(perdure: Perdure) -> None:
    cases = [{"name": "high", "when": "input.amount > 100"}]
    slug = await perdure.publish(
        [
            shape("read", {"fixed": True}),
            {"id": "risk", "kind": "branch", "with": {"cases": cases}},
            shape("ask", "{{ input.amount }}"),
            shape("pay", "{{ input.amount }}"),
        ],
        ["read>risk", "risk.high>ask", "risk.else>pay"],
    )
    high = (await perdure.ended(await perdure.start(slug, {"amount": 500})))["id"]
    low = (await perdure.ended(await perdure.start(slug, {"amount": 5})))["id"]
    found = await diff(perdure, high, low)
    assert found["same_version"] is True
    assert found["input"] == {"same": False, "run": {"amount": 500}, "other": {"amount": 5}}
    assert found["counts"] == {"same": 1, "changed": 3}
    assert found["first_divergence"] == {
        "path": "risk",
        "iteration": 0,
        "sentence": "risk left through `high` here, and through `else` in the other run.",
    }
    changed = {step["path"]: step for step in found["steps"]}
    assert changed.keys() == {"risk", "ask", "pay"}
    assert changed["risk"]["fields"] == ["port", "output"]
    assert (changed["ask"]["run"]["status"], changed["ask"]["other"]["status"]) == ("completed", "skipped")
    assert changed["pay"]["other"]["output"] == 5
    everything = await diff(perdure, high, low, all=True)
    assert {step["path"]: step["difference"] for step in everything["steps"]}["read"] == "same"
    pages = [await diff(perdure, high, low, limit=2)]
    pages.append(await diff(perdure, high, low, limit=2, cursor=pages[0]["next_cursor"]))
    assert [step["path"] for page in pages for step in page["steps"]] == [step["path"] for step in found["steps"]]
    assert pages[1]["next_cursor"] is None


async def test_a_fork_shows_what_it_kept_and_what_it_was_given(perdure: Perdure) -> None:
    row = ["a", "b", "c"]
    slug = await perdure.publish(
        [shape("a", 1), shape("b", 2), shape("c", "{{ nodes.b.output }}")],
        ["a>b", "b>c"],
        output="{{ nodes.c.output }}",
    )
    run = (await perdure.ended(await perdure.start(slug)))["id"]
    fork = await perdure.fork(run, node="c", outputs={"b": 7})
    await perdure.ended(fork)
    found = await diff(perdure, fork, run, all=True)
    assert [step["path"] for step in found["steps"]] == row
    assert [step["difference"] for step in found["steps"]] == ["kept", "given", "changed"]
    assert "output" in found["steps"][2]["fields"]
    assert found["output"] == {"same": False, "run": 7, "other": 2}
    assert found["first_divergence"]["sentence"] == "The output of b was given to the fork."
    mirrored = await diff(perdure, run, fork, all=True)
    assert [step["difference"] for step in mirrored["steps"]] == ["kept", "given", "changed"]


async def test_equal_runs_have_no_difference(perdure: Perdure) -> None:
    leaf = await perdure.publish([shape("one", 1)])
    slug = await perdure.publish([sub(leaf), {"id": "rest", "kind": "wait", "with": {"duration": "10ms"}}])
    one, other = [(await perdure.ended(await perdure.start(slug)))["id"] for _ in range(2)]
    found = await diff(perdure, one, other)
    assert (found["first_divergence"], found["steps"]) == (None, [])
    assert found["counts"] == {"same": 2}


async def test_runs_of_others_are_not_there(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    await publish(api)
    await publish(other_api)
    ours, theirs = (await start(api, "greeting"))["id"], (await start(other_api, "greeting"))["id"]
    check_problem(await api.get(f"/v1/runs/{theirs}/tree"), 404, "not_found")
    for one, two in ((ours, theirs), (theirs, ours), (ours, str(uuid4()))):
        check_problem(await api.get(f"/v1/runs/{one}/diff", params={"with": two}), 404, "not_found")
    check_problem(await api.get(f"/v1/runs/{ours}/diff"), 422, "invalid_request")
    bad = await api.get(f"/v1/runs/{ours}/diff", params={"with": ours, "cursor": "W10"})
    check_problem(bad, 422, "invalid_request")
