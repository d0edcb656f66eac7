"""The compiler on expressions: what they may read, and where."""

from typing import Any

import pytest

from schemas.faults import Fault, FaultCode
from tests.schemas.documents import branch, compiled, document, faults_of, foreach, node, only_fault, transform


def only(nodes: list[Any], edges: list[Any] | None = None, **fields: Any) -> Fault:
    return only_fault(document(nodes, edges, **fields))


def test_a_node_may_read_what_comes_before_it() -> None:
    nodes = [transform("a"), branch("b"), transform("c", "{{ nodes.a.output + nodes.b.output.case }}")]
    compiled(document(nodes, ["a > b", "b.yes > c"]))


@pytest.mark.parametrize(("reader", "read"), [("a", "b"), ("a", "a"), ("b", "c"), ("c", "b")])
def test_a_node_may_not_read_what_cannot_have_run(reader: str, read: str) -> None:
    nodes = [transform("a"), transform("b"), transform("c")]
    nodes["abc".index(reader)] = transform(reader, f"{{{{ nodes.{read}.output }}}}")
    fault = only(nodes, ["a > b", "a > c"])
    assert fault.code is FaultCode.NOT_YET_RUN
    assert (fault.node, fault.field) == (reader, "with.value")
    assert f"`{read}`" in fault.message


def test_in_a_loop_a_node_may_read_the_iteration_before() -> None:
    nodes = [transform("draft", "{{ nodes.check.output }} {{ nodes.draft.output }}"), branch("check", "again")]
    compiled(document(nodes, ["draft > check", "check.again > draft"]))


def test_the_output_may_read_everything() -> None:
    nodes = [transform("a", compensate_with="undo"), transform("undo")]
    compiled(document(nodes, output=["{{ nodes.a.output }}", "{{ nodes.undo.status }}"]))
    fault = only([transform("a")], output={"x": ["{{ nodes.b.output }}"]})
    assert (fault.code, fault.node, fault.field) == (FaultCode.UNKNOWN_NODE, None, "output.x[0]")


def test_a_compensation_reads_everything_and_is_read_by_nobody() -> None:
    nodes = [transform("a", compensate_with="undo"), transform("undo", "{{ nodes.a.output + nodes.b.output }}")]
    compiled(document([*nodes, transform("b")], ["a > b"]))
    fault = only([*nodes, transform("b", "{{ nodes.undo.output }}")], ["a > b"])
    assert fault.code is FaultCode.NOT_YET_RUN
    assert "only undoes" in fault.message


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ("{{ nodes.fist.output }}", FaultCode.UNKNOWN_NODE, "did you mean `first`"),
        ("{{ nodes.first.outptu }}", FaultCode.UNKNOWN_NAME, "`output`, `status`, `iteration`, `error`"),
        ("{{ vars.lmit }}", FaultCode.UNKNOWN_NAME, "did you mean `limit`"),
        ("{{ run.time }}", FaultCode.UNKNOWN_NAME, "`run.time`"),
        ("{{ workspace.name }}", FaultCode.UNKNOWN_NAME, "`workspace.name`"),
        ("{{ item }}", FaultCode.UNKNOWN_NAME, "body of a foreach"),
        ("{{ env.HOME }}", FaultCode.UNKNOWN_NAME, "`env`"),
        ("{{ now() }}", FaultCode.UNKNOWN_NAME, "`now`"),
        ("{{ 1 + }}", FaultCode.INVALID_EXPRESSION, "line 1, column 4"),
        ("{{ 1 + 'a' }}", FaultCode.INVALID_EXPRESSION, "no matching overload"),
        ("{{ nodes[input.x] }}", FaultCode.INVALID_EXPRESSION, "nodes.<id>"),
        ("{{ input.x", FaultCode.INVALID_EXPRESSION, "no closing"),
        ("x {{ }} y", FaultCode.INVALID_EXPRESSION, "fails"),
    ],
)
def test_faults_of_expressions(value: str, code: FaultCode, part: str) -> None:
    fault = only([transform("first"), transform("a", value)], ["first > a"], vars={"limit": 1})
    assert (fault.code, fault.node) == (code, "a")
    assert part in fault.message


def test_each_expression_of_a_text_is_checked() -> None:
    raw = document([transform("a", "{{ foo }} {{ bar }} {{ nodes.x.output }} {{ baz + vars.y }}")])
    found = [fault.message.split("`")[-2] for fault in faults_of(raw)]
    assert found == ["foo", "bar", "nodes.x", "baz", "vars.y"]


def test_what_is_asked_for_with_has_need_not_be_there() -> None:
    compiled(document([transform("a", "{{ has(vars.x) ? 1 : 2 }}")]))


def test_bare_expressions_are_checked_where_they_stand() -> None:
    cases = [{"name": "x", "when": "input.a >"}, {"name": "y", "when": "nodes.q.output"}]
    raw = document([{"id": "b", "kind": "branch", "with": {"cases": cases}}])
    found = {(fault.code, fault.field) for fault in faults_of(raw)}
    assert found == {
        (FaultCode.INVALID_EXPRESSION, "with.cases[0].when"),
        (FaultCode.UNKNOWN_NODE, "with.cases[1].when"),
    }


def test_braces_around_a_bare_expression_are_explained() -> None:
    faults = faults_of(document([branch("b", when="{{ input.x }}")]))
    assert all("without braces" in fault.message for fault in faults)


def test_a_body_sees_its_own_nodes_and_the_item() -> None:
    inside = [
        transform("inner", "{{ item.x + index + vars.a + vars.b + input.c }}"),
        transform("in2", "{{ nodes.inner.output }}"),
    ]
    each = foreach("each", inside, ["inner > in2"], vars={"b": "{{ nodes.first.output }}"})
    compiled(document([transform("first"), each], ["first > each"], vars={"a": 1}))


@pytest.mark.parametrize("outer", ["first", "each", "after"])
def test_a_body_does_not_see_the_nodes_around_it(outer: str) -> None:
    each = foreach("each", [transform("inner", f"{{{{ nodes.{outer}.output }}}}")])
    fault = only([transform("first"), each, transform("after")], ["first > each", "each > after"])
    assert (fault.code, fault.node) == (FaultCode.UNKNOWN_NODE, "each.inner")


def test_settings_of_a_foreach_stand_outside_its_body() -> None:
    assert only([foreach("each", [transform("inner")], items="item.x")]).code is FaultCode.UNKNOWN_NAME
    assert (
        only([foreach("each", [transform("inner")], vars={"v": "{{ nodes.inner.output }}"})]).code
        is FaultCode.UNKNOWN_NODE
    )
    assert only([foreach("each", [transform("inner", "{{ vars.w }}")], vars={"v": 1})]).code is FaultCode.UNKNOWN_NAME


def test_other_fields_are_no_templates() -> None:
    compiled(document([transform("a", name="{{ broken", description="{{ foo }}")], vars={"x": "{{ foo }}"}, name="{{"))
    compiled(document([node("a", "code", code="d = {'a': {'b': 1}}; d")]))
