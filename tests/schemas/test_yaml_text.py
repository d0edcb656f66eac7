"""Documents written as YAML are read back as they were."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schemas.yaml_source import parse_source
from schemas.yaml_text import tidy, to_yaml
from tests.schemas.documents import document, foreach, transform

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
WORDS = "0o17 0x1f 1e3 yes on ~ null 1_000 1:30 2020-01-01 = << .5 - ? | > & * ! % @ ` # é 1. +1 -.inf .NaN a: #x"
LINES = ["a\n", "a\n b\n", "\n", "a \nb", "\t", "\ufeff", "\x85", "\u2028x", "a\r\nb", "\x7f", "- a", "a: b"]
TRAPS = st.sampled_from([*WORDS.split(), *LINES, "{{ a }}"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | TRAPS
)
settled = settings(
    max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
KEYS = TEXT | TRAPS | st.sampled_from(["nodes", "edges", "layout", "with", "kind", "body"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@settled
@example({"nodes": [1, None, {"kind": 5, "with": 3}, {"kind": "foreach", "with": {"body": []}}], "edges": ["a"]})
@example({"layout": {"a": 1}, "nodes": {}, "edges": {}})
@example({"k" * 1_500: [{"k" * 1_500: {"a": 1}}, {"k" * 1_500: 1}]})
@example({"a": [[[], {}], [[1]], {"b": [{"c": "1\n2"}, "3\n4\n"]}]})
@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_whatever_is_written_is_read_back(value: dict[str, Any]) -> None:
    source = parse_source(to_yaml(value))
    assert source.faults == []
    assert source.value == value


@settled
@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_readers_of_older_yaml_find_the_same(value: dict[str, Any]) -> None:
    assert yaml.safe_load(to_yaml(value)) == value


def test_the_example_is_read_back() -> None:
    text = (Path(__file__).parents[2] / "examples/refunds/workflow.yaml").read_text()
    value = parse_source(text).value
    assert parse_source(to_yaml(value)).value == value


def test_fields_stand_as_people_write_them() -> None:
    shuffled = document(
        [
            {"with": {"value": "line\nline\n"}, "kind": "transform", "id": "a", "name": "A"},
            foreach("each", [{"kind": "transform", "with": {"value": 1}, "id": "in"}]),
        ],
        [{"to": "each", "from": "a"}],
        zebra=1,
        layout={"a": {"y": 2, "x": 1}},
        format="perdure/v1",
    )
    backwards = dict(reversed(shuffled.items()))
    assert (
        to_yaml(backwards)
        == """\
format: perdure/v1
name: Test
nodes:
  - id: a
    kind: transform
    name: A
    with:
      value: |
        line
        line
  - id: each
    kind: foreach
    with:
      items: input.items
      body:
        nodes:
          - id: in
            kind: transform
            with:
              value: 1
        edges: []
edges:
  - {from: a, to: each}
layout:
  a: {x: 1, y: 2}
zebra: 1
"""
    )


@pytest.mark.parametrize("value", [{}, {"nodes": 1}, {"nodes": [[]]}, document([transform("a")])])
def test_tidying_changes_no_value(value: dict[str, Any]) -> None:
    assert tidy(value) == value
