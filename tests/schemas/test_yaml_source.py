"""Reading documents: YAML, JSON, positions, and texts that mean harm."""

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compiler import compile_document
from schemas.faults import FaultCode
from schemas.yaml_source import parse_source

TEXT = """\
name: Test
nodes:
  - id: a
    kind: transfrom
    with: {value: "{{ input.x }}"}
edges: []
"""


def value(text: str) -> Any:
    source = parse_source(text)
    assert source.faults == []
    return source.value


def fault(text: str) -> tuple[FaultCode, int | None, int | None]:
    found = parse_source(text).faults
    assert len(found) == 1
    return found[0].code, found[0].line, found[0].column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: on", {"a": "on"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 010", {"a": 10}),
        ("a: 0x1f", {"a": 31}),
        ("a: 0o17", {"a": 15}),
        ("a: -1.5e3", {"a": -1500.0}),
        ("a: .5", {"a": 0.5}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: '5'", {"a": "5"}),
        ("a: !!str 5", {"a": "5"}),
        ("a: !!int '5'", {"a": 5}),
        ("a: true", {"a": True}),
        ("200: ok\ntrue: x", {"200": "ok", "true": "x"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("x: &x [1, 2]\ny: *x", {"x": [1, 2], "y": [1, 2]}),
        ("k: &k name\n*k : 1", {"k": "name", "name": 1}),
        ("", None),
        ("# only a comment", None),
        ("[1, a, {b: c}]", [1, "a", {"b": "c"}]),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"a":1,\n\t"b":[1,\n2]}', {"a": 1, "b": [1, 2]}),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", (FaultCode.DUPLICATE_KEY, 3, 1)),
        ('{"a": 1,\n "a": 2}', (FaultCode.DUPLICATE_KEY, 2, 2)),
        ("a: [1, 2", (FaultCode.INVALID_SYNTAX, 2, 1)),
        ("a: b: c", (FaultCode.INVALID_SYNTAX, 1, 5)),
        ("a: *x", (FaultCode.INVALID_SYNTAX, 1, 4)),
        ("&a [*a]", (FaultCode.INVALID_SYNTAX, 1, 5)),
        ("a: !!python/object/apply:os.system [x]", (FaultCode.INVALID_SYNTAX, 1, 4)),
        ("a: !!int x", (FaultCode.INVALID_SYNTAX, 1, 4)),
        ("a: !custom x", (FaultCode.INVALID_SYNTAX, 1, 4)),
        ("--- 1\n--- 2", (FaultCode.INVALID_SYNTAX, 2, 1)),
        ("? [a]\n: 1", (FaultCode.INVALID_SYNTAX, 1, 3)),
        ("\ta: 1", (FaultCode.INVALID_SYNTAX, 1, 1)),
        ("a: \x01", (FaultCode.INVALID_SYNTAX, 1, 1)),
        ("a: 1\nb: x\0y", (FaultCode.INVALID_TEXT, 2, 5)),
        ("a: '\ud800'", (FaultCode.INVALID_TEXT, 1, 5)),
        ("a: " + "9" * 200, (FaultCode.INVALID_VALUE, 1, 4)),
        ("- " * 200, (FaultCode.LIMIT_EXCEEDED, 1, 201)),
        ("[" * 1_000_000, (FaultCode.LIMIT_EXCEEDED, 1, 101)),
        ("a: " + "x" * 4_200_000, (FaultCode.LIMIT_EXCEEDED, 1, 1)),
    ],
)
def test_faults(text: str, expected: tuple[FaultCode, int, int]) -> None:
    assert fault(text) == expected


def test_aliases_cannot_unfold_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    begin = time.process_time()
    assert fault("\n".join(lines))[0] is FaultCode.LIMIT_EXCEEDED
    assert fault("a: &a '" + "x" * 1_000_000 + "'\nb: [" + "*a, " * 100_000 + "]")[0] is FaultCode.LIMIT_EXCEEDED
    assert time.process_time() - begin < 5


def test_every_value_has_its_position() -> None:
    source = parse_source(TEXT)
    assert source.position(()) == (1, 1)
    assert source.position(("nodes",)) == (2, 1)
    assert source.position(("nodes", 0)) == (3, 5)
    assert source.position(("nodes", 0, "kind")) == (4, 5)
    assert source.position(("nodes", 0, "with", "value")) == (5, 12)
    assert source.position(("nodes", 0, "with", "missing")) == (5, 5)
    assert source.position(("nowhere",)) == (1, 1)


def test_faults_of_the_compiler_get_line_and_column() -> None:
    source = parse_source(TEXT)
    placed = source.place(compile_document(source.value).faults)
    assert [(fault.code, fault.line, fault.column) for fault in placed] == [(FaultCode.UNKNOWN_KIND, 4, 5)]


@pytest.mark.parametrize("text", ['{"name": NaN}', '{"name": 1e999}', "name: .nan", "name: -.inf", "name: 1e999"])
def test_numbers_that_json_has_not_are_refused(text: str) -> None:
    source = parse_source(text)
    faults = source.place(compile_document(source.value).faults)
    assert [fault.code for fault in faults] == [FaultCode.INVALID_VALUE]
    assert "finite" in faults[0].message
    assert faults[0].line == 1


def test_a_document_of_five_thousand_nodes_is_read_quickly() -> None:
    nodes = [{"id": f"n{i}", "kind": "transform", "with": {"value": f"{{{{ input.x{i} }}}}"}} for i in range(5_000)]
    for text in (json.dumps({"nodes": nodes}, indent=1), yaml.safe_dump({"nodes": nodes})):
        begin = time.process_time()
        assert value(text) == {"nodes": nodes}
        assert time.process_time() - begin < 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(data=st.dictionaries(st.text(max_size=5), json_values, max_size=4), indent=st.sampled_from([None, 2]))
@settings(max_examples=200, deadline=None)
def test_json_comes_back_as_it_was(data: Any, indent: int | None) -> None:
    source = parse_source(json.dumps(data, indent=indent))
    assert source.faults == []
    assert source.value == data


@given(text=st.text(alphabet="ab:-[]{}\"'\n \t#&*!|>%@`,?0.\\", max_size=40) | st.text(max_size=40))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    source = parse_source(text)
    assert all(fault.line and fault.column for fault in source.faults)
    compile_document(source.value)
