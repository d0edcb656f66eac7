"""What differs between two documents: golden cases, and laws that hold for any two."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.document_diff import MAX_CHANGES, DocumentDiff, FieldChange, diff_documents
from tests.schemas.documents import branch, document, foreach, node, transform

settled = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

BEFORE = document(
    [
        transform("a", {"x": 1, "y": [1, 2, 3]}),
        branch("b", "high", "low", when="input.n > 1"),
        foreach("each", [transform("in1", "{{ item }}"), transform("in2")], ["in1 > in2"], concurrency=5),
        transform("gone"),
    ],
    ["a > b", "b.high > each", "b.low > gone"],
    description="old",
    layout={"a": {"x": 0, "y": 0}},
)
AFTER = document(
    [
        transform("a", {"x": True, "y": [1, 3], "z": None}, name="A"),
        branch("b", "high", "mid", "low", when="input.n > 1"),
        foreach("each", [transform("in1", "{{ index }}"), transform("in3")], ["in1 > in3"], concurrency=6),
        transform("new"),
    ],
    ["a.out > b", "b.high > each", "b.mid > new"],
    limits={"timeout": "1d"},
    layout={"a": {"x": 5, "y": 0}, "new": {"x": 1, "y": 1}},
)


def shown(change: FieldChange) -> tuple[str, str, Any, Any]:
    return change.field, change.kind, change.before, change.after


def test_everything_that_differs_is_named_once_in_a_stable_order() -> None:
    diff = diff_documents(BEFORE, AFTER)
    assert [entry.node for entry in diff.nodes_added] == ["each.in3", "new"]
    assert [entry.node for entry in diff.nodes_removed] == ["gone", "each.in2"]
    assert {change.node: [shown(field) for field in change.fields] for change in diff.nodes_changed} == {
        "a": [
            ("name", "added", None, "A"),
            ("with.value.x", "changed", 1, True),
            ("with.value.y[1]", "removed", 2, None),
            ("with.value.z", "added", None, None),
        ],
        "b": [("with.cases[1]", "added", None, {"name": "mid", "when": "input.n > 1"})],
        "each": [("with.concurrency", "changed", 5, 6)],
        "each.in1": [("with.value", "changed", "{{ item }}", "{{ index }}")],
    }
    assert [(edge.graph, edge.source, edge.target) for edge in diff.edges_added] == [
        ("each", "in1", "in3"),
        ("", "b.mid", "new"),
    ]
    assert [(edge.graph, edge.source, edge.target) for edge in diff.edges_removed] == [
        ("each", "in1", "in2"),
        ("", "b.low", "gone"),
    ]
    assert [shown(change) for change in diff.settings] == [
        ("description", "removed", "old", None),
        ("limits", "added", None, {"timeout": "1d"}),
    ]
    assert [shown(change) for change in diff.canvas] == [
        ("layout.a.x", "changed", 0, 5),
        ("layout.new", "added", None, {"x": 1, "y": 1}),
    ]
    assert diff.reordered == []


def test_the_canvas_is_no_content() -> None:
    canvas = {"notes": [{"text": "hi"}], "groups": [{"title": "g", "nodes": ["a"]}], "pins": {"a": {"output": 1}}}
    moved = diff_documents(BEFORE, {**BEFORE, "layout": {}, **canvas})
    assert moved.same_content
    assert not moved.empty


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document([transform("a")], ["a > a"]), document([transform("a")], ["a.out > a"])),
        (
            document([{"id": "a", "kind": "k", "with": {"x": 1}}]),
            document([{"id": "a", "kind": "k", "config": {"x": 1}}]),
        ),
        ({"edges": [{"from": "a", "to": "b"}]}, {"edges": [{"source": "a", "target": "b"}]}),
    ],
)
def test_two_ways_to_write_the_same_do_not_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert diff_documents(one, other).empty


def test_order_is_told_apart_from_content() -> None:
    body = foreach("each", [transform("x"), transform("y")])
    turned = foreach("each", [transform("y"), transform("x")])
    diff = diff_documents(document([body, transform("z")]), document([transform("z"), turned]))
    assert diff.reordered == ["each", ""]
    assert not diff.same_content
    assert diff_documents(document([body]), document([turned])).reordered == ["each"]


def test_a_node_whose_kind_changes_is_compared_as_a_whole() -> None:
    before, after = foreach("a", [transform("x")]), node("a", "transform", value=1)
    [change] = diff_documents(document([before]), document([after])).nodes_changed
    assert [field.field for field in change.fields] == ["kind", "with.body", "with.items", "with.value"]


def test_equal_edges_are_counted() -> None:
    diff = diff_documents(document([], ["a > b"] * 3), document([], ["a > b"]))
    assert len(diff.edges_removed) == 2


def test_drafts_with_faults_are_compared_too() -> None:
    before = {"nodes": [{"kind": "x"}, {"id": "a", "kind": "x"}, {"id": "a", "kind": "y"}], "edges": [{}, {"from": 1}]}
    after = {"nodes": [{"id": "a", "kind": "x"}, {"id": 7}], "edges": "none"}
    diff = diff_documents(before, after)
    assert [entry.node for entry in diff.nodes_removed] == ["[0]", "[2]"]
    assert [entry.node for entry in diff.nodes_added] == ["[1]"]
    assert len(diff.edges_removed) == 2


def test_half_a_million_differences_are_not_all_told() -> None:
    before = {"vars": {"x": list(range(500_000))}, "nodes": [transform("a", 1)]}
    after = {"vars": {"x": list(range(1, 500_001))}, "nodes": [transform("a", 2), transform("b")]}
    diff = diff_documents(before, after)
    assert (len(diff.settings), diff.complete) == (MAX_CHANGES, False)
    assert [entry.node for entry in diff.nodes_added] == ["b"]
    assert diff_documents(after, after).complete


# Laws.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
IDS = st.sampled_from(["a", "b", "c", "d"])
NODES = st.fixed_dictionaries({"id": IDS, "kind": st.sampled_from(["transform", "llm"]), "with": JSON})


def graphs(nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    edge = st.fixed_dictionaries({"from": IDS, "to": IDS})
    return st.fixed_dictionaries(
        {
            "nodes": st.lists(nodes, max_size=4, unique_by=lambda one: one["id"]),
            "edges": st.lists(edge, max_size=4, unique_by=lambda one: (one["from"], one["to"])),
        }
    )


EACH = st.builds(
    lambda name, body, items: {"id": name, "kind": "foreach", "with": {"items": items, "body": body}},
    IDS,
    graphs(NODES),
    JSON,
)
DOCUMENTS = st.builds(
    lambda graph, rest, layout: {**graph, **rest, "layout": layout},
    graphs(NODES | EACH),
    st.dictionaries(st.sampled_from(["name", "vars", "output"]), JSON),
    JSON,
)


@settled
@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(one: dict[str, Any]) -> None:
    assert diff_documents(one, one).empty


@settled
@given(DOCUMENTS, DOCUMENTS)
def test_documents_that_differ_have_a_difference(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert diff_documents(one, other).empty == exactly_equal(one, other)


@settled
@given(DOCUMENTS, DOCUMENTS)
def test_the_way_back_says_the_opposite(one: dict[str, Any], other: dict[str, Any]) -> None:
    there, back = diff_documents(one, other), diff_documents(other, one)
    assert {n.node for n in there.nodes_added} == {n.node for n in back.nodes_removed}
    assert {n.node for n in there.nodes_changed} == {n.node for n in back.nodes_changed}
    assert sorted(map(str, there.edges_added)) == sorted(map(str, back.edges_removed))
    assert sorted(there.reordered) == sorted(back.reordered)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert [(c.field, turned[c.kind], c.after, c.before) for c in there.settings] == [shown(c) for c in back.settings]


@settled
@given(DOCUMENTS, DOCUMENTS)
def test_every_change_stands_where_it_says(one: dict[str, Any], other: dict[str, Any]) -> None:
    diff: DocumentDiff = diff_documents(one, other)
    for change in (*diff.settings, *diff.canvas):
        if change.kind != "added":
            assert at(one, change.pointer) == change.before
        if change.kind != "removed":
            assert at(other, change.pointer) == change.after


def at(value: Any, pointer: list[str | int]) -> Any:
    for part in pointer:
        value = value[part]
    return value


def exactly_equal(one: Any, other: Any) -> bool:
    """Equality of JSON: unlike in Python, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(exactly_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(exactly_equal(*pair) for pair in zip(one, other, strict=True))
    return type(one) is type(other) and one == other
