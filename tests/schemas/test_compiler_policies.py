"""The compiler on policies: timeouts, compensation, schemas, other workflows."""

from typing import Any

import pytest

from schemas.faults import FaultCode
from schemas.plan import PinnedVersion
from tests.schemas.documents import branch, codes_of, compiled, document, foreach, node, only_fault, transform

PINNED = PinnedVersion(workflow="double", version=3, version_id="v", plan_hash="h")


def test_compensation_nodes_stand_apart() -> None:
    nodes = [transform("undo"), transform("b"), transform("a", compensate_with="undo")]
    plan = compiled(document(nodes, ["a > b"]))
    assert [n.id for n in plan.graph.nodes] == ["a", "b", "undo"]
    assert plan.graph.node["undo"].compensates
    assert not plan.graph.node["a"].compensates
    assert plan.graph.node["a"].compensate_with == "undo"


@pytest.mark.parametrize(
    ("nodes", "edges", "part"),
    [
        ([transform("a", compensate_with="undu"), transform("undo")], [], "did you mean `undo`"),
        ([transform("a", compensate_with="a")], [], "itself"),
        ([transform("a", compensate_with="w"), node("w", "wait", duration="1s")], [], "waits for others"),
        ([transform("a", compensate_with="f"), foreach("f", [transform("x")])], [], "waits for others"),
        (
            [transform("a", compensate_with="b"), transform("b", compensate_with="c"), transform("c")],
            [],
            "undo it itself",
        ),
        ([transform("a", compensate_with="b"), transform("b")], ["a > b"], "no edge may lead"),
        ([transform("a", compensate_with="b"), transform("b"), transform("c")], ["b > c"], "no edge may lead"),
    ],
)
def test_wrong_compensations(nodes: list[Any], edges: list[str], part: str) -> None:
    fault = only_fault(document(nodes, edges))
    assert fault.code is FaultCode.INVALID_COMPENSATION
    assert part in fault.message


def test_a_local_step_is_short() -> None:
    compiled(
        document([{**node("a", "code", code="1"), "timeout": "5s"}, {**node("b", "llm", prompt="x"), "timeout": "1h"}])
    )
    fault = only_fault(document([{**node("a", "code", code="1"), "timeout": "6s"}]))
    assert (fault.code, fault.field) == (FaultCode.INVALID_TIMEOUT, "timeout")


def test_iteration_limits_stand_on_headers() -> None:
    fault = only_fault(document([transform("a", max_iterations=3)]))
    assert (fault.code, fault.field) == (FaultCode.NOT_A_LOOP, "max_iterations")
    raw = document([transform("a", max_iterations=3), branch("b")], ["a > b", "b.yes > a"])
    assert compiled(raw).graph.loops[0].max_iterations == 3
    raw = document([transform("a"), branch("b", max_iterations=3)], ["a > b", "b.yes > a"])
    assert only_fault(raw).code is FaultCode.NOT_A_LOOP


@pytest.mark.parametrize(
    ("schema", "field", "part"),
    [
        ({"type": "strin"}, "type", "no valid JSON Schema"),
        ({"properties": {"a": {"minLength": -1}}}, "properties.a.minLength", "no valid JSON Schema"),
        ({"$ref": "https://example.com/s.json"}, "$ref", "leads out of"),
        ({"$ref": "file:///etc/passwd"}, "$ref", "leads out of"),
        ({"properties": {"a": {"$ref": "#/$defs/nope"}}}, "properties.a.$ref", "leads to nothing"),
        ({"pattern": "("}, "pattern", "does not compile"),
        ({"patternProperties": {"[": {}}}, "patternProperties.[", "does not compile"),
    ],
)
def test_wrong_schemas(schema: dict[str, Any], field: str, part: str) -> None:
    places = [
        (document([transform("a")], input=schema), "input"),
        (document([node("a", "llm", prompt="x", output_schema=schema)]), "with.output_schema"),
        (document([node("a", "approval", title="x", form=schema)]), "with.form"),
    ]
    for raw, at in places:
        fault = only_fault(raw)
        assert (fault.code, fault.field) == (FaultCode.INVALID_SCHEMA, f"{at}.{field}")
        assert part in fault.message


def test_sound_schemas() -> None:
    schema = {
        "type": "object",
        "properties": {"$ref": {"type": "string"}, "a": {"$ref": "#/$defs/a~1b"}, "l": {"$ref": "#"}},
        "$defs": {"a/b": {"enum": [{"$ref": "http://no.reference"}]}, "n": {"$anchor": "here"}},
        "additionalProperties": {"$ref": "#here"},
    }
    compiled(document([transform("a")], input=schema))
    compiled(
        document([node("a", "llm", prompt="x", output_schema={"enum": "{{ vars.choices }}"})], vars={"choices": []})
    )


def test_deep_schemas_are_refused_not_followed() -> None:
    schema: dict[str, Any] = {}
    for _ in range(45):
        schema = {"properties": {"a": schema}}
    compiled(document([transform("a")], input=schema))


def test_sub_workflows_are_pinned() -> None:
    raw = document([node("a", "sub_workflow", workflow="double", input={"n": "{{ input.n }}"})])
    assert compiled(raw, pinned={"double": PINNED, "other": PINNED}).pinned == {"double": PINNED}
    inside = document([foreach("each", [node("a", "sub_workflow", workflow="double@3")])])
    assert compiled(inside, pinned={"double@3": PINNED}).pinned == {"double@3": PINNED}
    assert compiled(raw, resolve_pins=False).pinned == {}


def test_unknown_workflows_are_faults() -> None:
    raw = document([node("a", "sub_workflow", workflow="duble")])
    fault = only_fault(raw, pinned={"double": PINNED})
    assert (fault.code, fault.node, fault.field) == (FaultCode.UNKNOWN_WORKFLOW, "a", "with.workflow")
    assert "did you mean `double`" in fault.message
    inside = document([foreach("each", [node("a", "sub_workflow", workflow="x")])])
    assert only_fault(inside).node == "each.a"


def test_which_workflow_runs_cannot_depend_on_a_value() -> None:
    raw = document([node("a", "sub_workflow", workflow="{{ input.w }}")])
    assert FaultCode.INVALID_VALUE in codes_of(raw)
