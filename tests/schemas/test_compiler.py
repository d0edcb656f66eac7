"""The compiler on the shape of documents: what is sound, what is not, and that it never breaks."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compiler import compile_document
from schemas.document import Join, OnError, Retry
from schemas.faults import FaultCode
from schemas.limits import MAX_EDGES, MAX_NODES
from schemas.nodes import document_specs, specs
from schemas.plan import Mode, plan_bytes, plan_hash
from tests.schemas.documents import (
    branch,
    codes_of,
    compiled,
    document,
    faults_of,
    foreach,
    node,
    only_fault,
    transform,
)


def test_a_sound_document_becomes_a_plan() -> None:
    plan = compiled(
        document(
            [transform("b", "{{ nodes.a.output }}"), branch("a", "high", when="input.n > 1"), transform("c")],
            ["a.high > b", "a.else > c"],
            input={"type": "object"},
            vars={"limit": 3},
            output={"b": "{{ nodes.b.output }}"},
            limits={"timeout": "1h", "max_steps": 5},
        )
    )
    assert [n.id for n in plan.graph.nodes] == ["a", "b", "c"]
    assert plan.graph.node["a"].ports == ("high", "else")
    assert plan.graph.node["b"].mode is Mode.INLINE
    assert [(e.source, e.port, e.target, e.back) for e in plan.graph.edges] == [
        ("a", "high", "b", False),
        ("a", "else", "c", False),
    ]
    assert plan.graph.output == {"b": "{{ nodes.b.output }}"}
    assert (plan.name, plan.vars, plan.input_schema) == ("Test", {"limit": 3}, {"type": "object"})
    assert (plan.limits.timeout, plan.limits.max_steps) == (3600, 5)


def test_policies_are_resolved() -> None:
    mine = {"id": "a", "kind": "llm", "with": {"prompt": "x"}, "retry": {"max_attempts": 2, "initial": "3s"}}
    mine |= {"timeout": "2m", "on_error": "route", "join": "any", "name": "Ask"}
    plan = compiled(document([mine, node("b", "llm", prompt="y"), node("c", "code", code="1")]))
    a, b, c = (plan.graph.node[name] for name in "abc")
    assert (a.retry.max_attempts, a.retry.initial, a.timeout) == (2, 3.0, 120.0)
    assert (a.ports, a.on_error, a.join, a.name) == (("out", "error"), OnError.ROUTE, Join.ANY, "Ask")
    spec = specs()["llm"]
    assert (b.retry, b.timeout, b.heartbeat, b.queue) == (spec.retry, spec.timeout, spec.heartbeat, "llm")
    assert (b.name, b.ports, b.mode) == ("b", ("out",), Mode.REMOTE)
    assert (c.mode, c.queue, c.timeout) == (Mode.LOCAL, None, 5.0)
    assert isinstance(c.retry, Retry)


def test_bodies_are_compiled_into_their_node() -> None:
    inner = foreach("inner", [transform("deep", "{{ item }}")], items="item.parts", output="{{ nodes.deep.output }}")
    plan = compiled(document([foreach("each", [inner], vars={"x": 1}, concurrency=3)]))
    each = plan.graph.node["each"]
    assert each.body is not None
    assert "body" not in each.config
    assert each.config["concurrency"] == 3
    assert plan.graph_at("each.inner").node["deep"].config == {"value": "{{ item }}"}
    assert plan.graph_at("each.inner").output == "{{ nodes.deep.output }}"


def test_settings_may_be_written_by_alias() -> None:
    compiled(document([node("a", "http_request", url="https://example.com", json={"a": "{{ input.x }}"})]))


@pytest.mark.parametrize("kind", sorted(document_specs()))
def test_the_examples_of_every_kind_compile(kind: str) -> None:
    for example in specs()[kind].examples:
        if example.error == "invalid_config":
            continue
        raw = document([node("n", kind, **example.config)], vars=example.scope.get("vars", {}))
        result = compile_document(raw, resolve_pins=False)
        assert result.faults == [], example.name


def test_layout_and_notes_are_no_part_of_the_plan() -> None:
    raw = document([transform("a")])
    drawn = {**raw, "layout": {"a": {"x": 1, "y": 2}}, "notes": [{"text": "hi"}]}
    assert plan_bytes(compiled(raw)) == plan_bytes(compiled(drawn))
    assert plan_hash(compiled(raw)) == plan_hash(compiled(drawn))
    assert plan_hash(compiled(raw)) != plan_hash(compiled(document([transform("a", 2)])))
    assert len(plan_hash(compiled(raw))) == 64


def test_all_faults_are_reported_at_once() -> None:
    raw = document(
        [
            transform("a", "{{ foo + nodes.zz.output + vars.q + item }}"),
            transform("a"),
            {"id": "b", "kind": "trasform"},
            {"id": "c", "kind": "branch", "retyr": {}, "with": {"cases": [{"name": "x", "when": 5}], "more": 1}},
            {"id": "BAD", "kind": "transform", "with": {"value": "{{ 1 + }}"}, "timeout": "soon"},
            {"kind": "transform"},
            "nonsense",
        ],
        ["a > nowhere", "c.nope > a", "c.x > a", "c.x > a", 7],
        foo=1,
        limits={"max_steps": 0},
        input={"type": "nothing"},
    )
    found = {(fault.code.value, fault.node, fault.field) for fault in faults_of(raw)}
    assert found == {
        ("unknown_field", None, "foo"),
        ("invalid_value", None, "limits.max_steps"),
        ("invalid_schema", None, "input.type"),
        ("duplicate_id", "a", "id"),
        ("unknown_kind", "b", "kind"),
        ("unknown_field", "c", "retyr"),
        ("invalid_value", "c", "with.cases[0].when"),
        ("unknown_field", "c", "with.more"),
        ("invalid_value", "BAD", "id"),
        ("invalid_value", "BAD", "timeout"),
        ("invalid_expression", "BAD", "with.value"),
        ("missing_field", None, "id"),
        ("invalid_value", None, None),
        ("dangling_edge", None, "edges[0].to"),
        ("unknown_port", None, "edges[1].from"),
        ("duplicate_edge", None, "edges[3]"),
        ("invalid_value", None, "edges[4]"),
        ("unknown_name", "a", "with.value"),
        ("unknown_node", "a", "with.value"),
    }


def test_faults_name_the_place_in_the_raw_document() -> None:
    raw = document([transform("a"), foreach("each", [transform("in", "{{ nope }}")])])
    fault = only_fault(raw)
    assert fault.node == "each.in"
    assert fault.field == "with.value"
    assert fault.pointer == ("nodes", 1, "with", "body", "nodes", 0, "with", "value")
    assert fault.message.endswith(".")


@pytest.mark.parametrize(
    ("raw", "code", "part"),
    [
        ([], FaultCode.INVALID_VALUE, "is an object, not a list"),
        (None, FaultCode.INVALID_VALUE, "is an object, not null"),
        ({"nodes": [transform("a")]}, FaultCode.MISSING_FIELD, "`name`"),
        ({"name": "x"}, FaultCode.MISSING_FIELD, "`nodes`"),
        (document([]), FaultCode.INVALID_VALUE, "at least 1"),
        (document([transform("a")], format="perdure/v9"), FaultCode.INVALID_VALUE, "`format`"),
        (document([{"id": "a", "kind": "llm", "with": {}}]), FaultCode.MISSING_FIELD, "`with.prompt`"),
        (document([{"id": "a", "kind": "lmm"}]), FaultCode.UNKNOWN_KIND, "did you mean `llm`"),
        (document([node("a", "llm", prompt="x", tempratur=1)]), FaultCode.UNKNOWN_FIELD, "did you mean `temperature`"),
        (document([node("a", "llm", prompt="x", temperature="hot")]), FaultCode.INVALID_VALUE, "`with.temperature`"),
        (document([node("a", "wait")]), FaultCode.INVALID_VALUE, "exactly one of"),
        (document([node("a", "wait", duration="2 parsecs")]), FaultCode.INVALID_VALUE, "30s"),
        (document([branch("a")], ["a > a"]), FaultCode.UNKNOWN_PORT, "it has `yes`, `else`"),
        (document([transform("a")], ["a.error > a"]), FaultCode.UNKNOWN_PORT, "only with on_error: route"),
        (document([transform("abc")], ["abd > abc"]), FaultCode.DANGLING_EDGE, "did you mean `abc`"),
        (document([transform("a", "x\0y")]), FaultCode.INVALID_TEXT, "NUL"),
        (document([transform("a", "\ud800")]), FaultCode.INVALID_TEXT, "surrogates"),
        (document([transform("a", {"k\0": 1})]), FaultCode.INVALID_TEXT, "NUL"),
        (document([transform("a", 2**64)]), FaultCode.INVALID_VALUE, "64 bits"),
        (document([transform("a", float("nan"))]), FaultCode.INVALID_VALUE, "finite"),
        (document([transform("a", {1: 2})]), FaultCode.INVALID_VALUE, "not text"),
        (document([transform("a", {1, 2})]), FaultCode.INVALID_VALUE, "not a JSON value"),
        (document([transform("a", "x" * 5_000_000)]), FaultCode.LIMIT_EXCEEDED, "bytes"),
        (document([branch("a", "error", on_error="route")]), FaultCode.INVALID_VALUE, "`error` is taken"),
        (document([branch("a", "{{ input.x }}")]), FaultCode.INVALID_VALUE, "pattern"),
        (document([foreach("a", [transform("b")], concurrency="{{ 1 }}")]), FaultCode.INVALID_VALUE, "concurrency"),
    ],
)
def test_single_faults(raw: Any, code: FaultCode, part: str) -> None:
    fault = only_fault(raw)
    assert fault.code is code
    assert part in fault.message


def test_values_may_be_templates_where_a_type_is_expected() -> None:
    compiled(document([node("a", "llm", prompt="{{ input.p }}", temperature="{{ vars.t }}")], vars={"t": 1}))
    compiled(
        document([node("a", "http_request", url="{{ input.u }}", method="{{ input.m }}", headers="{{ input.h }}")])
    )


def nest(levels: int) -> dict[str, Any]:
    inner = transform("leaf")
    for _ in range(levels):
        inner = foreach("each", [inner])
    return document([inner])


def test_limits() -> None:
    many = [transform(f"n{i}") for i in range(MAX_NODES + 1)]
    assert only_fault(document(many)).code is FaultCode.LIMIT_EXCEEDED
    bodies = [foreach("each", many[: MAX_NODES - 1]), foreach("more", many[:1])]
    assert codes_of(document(bodies)) == {FaultCode.LIMIT_EXCEEDED}
    assert codes_of(document([transform("a")], [{}] * (MAX_EDGES + 1))) == {FaultCode.LIMIT_EXCEEDED}
    compiled(nest(16))
    assert "Bodies" in only_fault(nest(17)).message
    assert codes_of(nest(200)) == {FaultCode.LIMIT_EXCEEDED}
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert "deeper than 100" in only_fault(document([transform("a", deep)])).message


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert codes_of(document([transform("a", loop)])) == {FaultCode.LIMIT_EXCEEDED}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
words = st.sampled_from(["a", "b", "a.out", "b.yes", "transform", "branch", "foreach", "llm", "wait", "{{ nodes.a }}"])
things = json_values | words
node_like = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b"]) | things, "kind": words | things},
    optional={
        "with": st.dictionaries(st.sampled_from(["value", "cases", "items", "body", "event"]) | st.text(), things)
        | things,
        "compensate_with": words,
        "max_iterations": things,
        "on_error": st.sampled_from(["route", "fail"]) | things,
        "timeout": things,
        "retry": things,
    },
)
document_like = st.fixed_dictionaries(
    {"nodes": st.lists(node_like | things, max_size=4) | things},
    optional={
        "name": things,
        "edges": st.lists(st.fixed_dictionaries({"from": words, "to": words}) | things, max_size=4) | things,
        "input": things,
        "vars": things,
        "output": things,
        "limits": things,
        "layout": things,
    },
)


@given(raw=json_values | document_like)
@settings(max_examples=400, deadline=None)
def test_nothing_breaks_the_compiler(raw: Any) -> None:
    result = compile_document(raw)
    assert (result.plan is None) == bool(result.faults)
    for fault in result.faults:
        assert fault.message.endswith((".", "?"))
        fault.model_dump_json()


def test_kinds_of_our_own_workflows_are_no_part_of_documents() -> None:
    [fault] = compile_document(document([node("a", "model_turn", messages=[])])).faults
    assert (fault.code, fault.node) == (FaultCode.UNKNOWN_KIND, "a")
