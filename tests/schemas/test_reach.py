"""What lies behind a node, and whom it asks."""

from typing import Any

from schemas.plan import PinnedVersion, PlanGraph
from schemas.reach import asks_person, downstream, outermost_header
from tests.schemas.documents import branch, compiled, document, foreach, node, transform


def graph(nodes: list[Any], edges: list[str], pinned: dict[str, PinnedVersion] | None = None) -> PlanGraph:
    written = [transform(n) if isinstance(n, str) else n for n in nodes]
    return compiled(document(written, edges), pinned=pinned or {}).graph


def version(*, asks: bool) -> PinnedVersion:
    return PinnedVersion(workflow="w", version=1, version_id="v", plan_hash="h", asks_person=asks)


def test_downstream_follows_edges_in_topological_order() -> None:
    plan = graph(["a", "b", "c", "d"], ["a > c", "b > d", "c > d"])
    assert downstream(plan, ["a"]) == ["a", "c", "d"]
    assert downstream(plan, ["d", "b"]) == ["b", "d"]
    assert downstream(plan, []) == []


def test_downstream_of_a_node_in_a_loop_is_what_the_loop_leads_to() -> None:
    plan = graph(["h", "log", branch("l", "again"), "z", "other"], ["h > log", "h > l", "l.again > h", "l.else > z"])
    assert downstream(plan, ["log"]) == ["log", "z"]


def test_downstream_leaves_all_loops_around() -> None:
    plan = graph(
        ["o", "i", "side", branch("il", "again"), branch("ol", "again"), "z"],
        ["o > i", "i > il", "i > side", "il.again > i", "il.else > ol", "ol.again > o", "ol.else > z"],
    )
    assert downstream(plan, ["side"]) == ["side", "ol", "z"]
    assert outermost_header(plan, "il") == "o"
    assert outermost_header(plan, "z") is None


def test_a_person_is_asked_by_an_approval_also_deep_in_bodies() -> None:
    inner = foreach("inner", [node("ask", "approval", title="?")], items="[1]")
    plan = graph([foreach("each", [inner]), foreach("plain", [transform("t")]), "tell"], [])
    assert [name for name in ("each", "plain", "tell") if asks_person(plan, name)] == ["each"]


def test_a_person_is_asked_by_a_workflow_that_is_run() -> None:
    pinned = {"one": version(asks=False), "two": version(asks=True)}
    nodes = [node(name, "sub_workflow", workflow=name) for name in pinned]
    plan = graph(nodes, [], pinned)
    assert [name for name in ("one", "two") if asks_person(plan, name, pinned)] == ["two"]
