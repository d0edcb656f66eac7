"""CEL expressions: values, references, errors."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import ErrorCode, PerdureError
from schemas.expressions import CompileError, compile_expression

SCOPE: dict[str, Any] = {
    "input": {"a": 1, "name": "Ada", "list": [3, 1, 2], "deep": {"b": {"c": [10, {"d": "x"}]}}, "none": None},
    "nodes": {"x": {"output": {"y": 5}, "status": "completed", "iteration": 0, "error": None}},
    "vars": {"rate": 1.5},
    "run": {"id": "r-1", "started_at": "2026-01-01T00:00:00Z", "attempt": 1},
}


def value(source: str, **more: Any) -> Any:
    return compile_expression(source).evaluate({**SCOPE, **more})


def failure(source: str, **more: Any) -> str:
    with pytest.raises(PerdureError) as raised:
        value(source, **more)
    assert raised.value.code is ErrorCode.EXPRESSION_FAILED
    message = raised.value.info.message
    assert message.startswith("The expression `")
    assert message.endswith(".")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("input.a", 1),
        ("input.deep.b.c[1].d", "x"),
        ("input['deep'][\"b\"].c[0]", 10),
        ("input.none", None),
        ("nodes.x.output.y", 5),
        ("nodes['x'].output.y + 1", 6),
        ("vars.rate * 2.0", 3.0),
        ("input.a > 0 && input.name == 'Ada'", True),
        ("input.list.map(x, x * 2)", [6, 2, 4]),
        ("input.list.filter(x, x > 1).map(x, string(x))", ["3", "2"]),
        ("input.list.all(x, x > 0)", True),
        ("input.list.exists(x, x > 2)", True),
        ("input.list.exists_one(x, x == 2)", True),
        ("size(input.list)", 3),
        ("has(input.a) ? 'yes' : 'no'", "yes"),
        ("has(input.zz)", False),
        ("input.?zz.orValue(7)", 7),
        ("cel.bind(total, input.a + 1, total * total)", 4),
        ("'a,b'.split(',')", ["a", "b"]),
        ("['a', 'b'].join('-')", "a-b"),
        ("'%s has %d'.format([input.name, input.a])", "Ada has 1"),
        ("'ABC'.lowerAscii()", "abc"),
        ("math.greatest(input.list)", 3),
        ("base64.encode(b'abc')", "YWJj"),
        ("timestamp('2026-01-02T03:04:05Z')", "2026-01-02T03:04:05Z"),
        ("timestamp('2026-01-02T03:04:05+02:00')", "2026-01-02T01:04:05Z"),
        ("duration('90s')", 90.0),
        (
            "[duration('90s'), timestamp(0), 0, false, '', 0.0, null, 0u]",
            [90.0, "1970-01-01T00:00:00Z", 0, False, "", 0.0, None, 0],
        ),
        ("b'abc'", "abc"),
        ("{1: 'a', true: 'b'}[1]", "a"),
        ("{2: 'a'}", {"2": "a"}),
        ("2.0", 2.0),
        ("null", None),
        ("[1].map(nodes, nodes)", [1]),
    ],
)
def test_values(source: str, expected: Any) -> None:
    found = value(source)
    assert found == expected
    assert type(found) is type(expected)


def test_a_plain_read_gives_the_value_itself() -> None:
    assert value("input.deep") is SCOPE["input"]["deep"]


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("input.zz", "`input` has no field `zz`"),
        ("input.none.x", "`input.none` is null and has no field `x`"),
        ("input.name.x", "`input.name` is text"),
        ("input.list[9]", "`input.list` has 3 items and none at [9]"),
        ("input.a[0]", "`input.a` is a number, not a list"),
        ("input.zz + 1", "`input` has no field `zz`"),
        ("item", "`item` has no value here"),
        ("input.a + 1.5", "convert with"),
        ("input.a ? 1 : 2", "neither true nor false"),
        ("1 / 0", "divide by zero"),
        ("1.0 / 0.0", "not a finite number"),
        ("input.?zz", "orValue"),
        ("type(1)", "not a JSON value"),
        ("b'\\xff'", "not UTF-8"),
        ("'\\u0000'", "NUL"),
        ("input.list.map(x, x.y)", "not an object"),
        ("input.a.map(x, x)", "lists and objects only"),
        ("[{}].map(x, x.q)", "there is no field `q`"),
        ("int('abc')", "abc"),
        ("9223372036854775807 + input.a", "overflow"),
    ],
)
def test_failures_are_one_sentence(source: str, part: str) -> None:
    assert part in failure(source)


def test_only_what_is_needed_must_be_there() -> None:
    assert value("true || input.zz") is True
    assert value("input.zz || true") is True
    assert value("has(input.zz) && input.zz > 1") is False
    assert value("input.a == 1 ? 'one' : input.zz") == "one"
    assert value("input.list.exists(x, input.zz == 1 || x == 3)") is True


def test_references_are_found() -> None:
    found = compile_expression(
        "nodes.a.output.x + nodes['b'].status + (has(nodes.c.error) ? 1 : 2) + input.q"
        " + size([1].map(nodes, nodes)) + nodes.?d.orValue(1) + nodes.e.?output.orValue(1) + vars.w"
    )
    assert found.refs == {"a", "b", "c", "d", "e"}
    assert found.names == {"nodes", "input", "vars"}
    assert found.node_fields["a"] == {"output"}
    assert found.node_fields["c"] == {"error"}
    assert found.node_fields["e"] == {"output"}
    assert compile_expression("nodes.a").node_fields["a"] == {"output", "status", "iteration", "error"}
    assert compile_expression("nodes.a.output").refs == {"a"}
    assert compile_expression("input.list.map(x, nodes.a.output + x)").refs == {"a"}


@pytest.mark.parametrize("source", ["nodes[input.a]", "nodes", "nodes.map(n, n)", "size(nodes)", "nodes[0]", "[nodes]"])
def test_which_node_is_read_cannot_depend_on_a_value(source: str) -> None:
    with pytest.raises(CompileError) as raised:
        compile_expression(source)
    assert raised.value.info.details["problems"][0]["reason"] == "dynamic_node"


def test_a_syntax_error_has_its_place() -> None:
    with pytest.raises(CompileError) as raised:
        compile_expression("1 +\n * 2")
    problem = raised.value.info.details["problems"][0]
    assert (problem["reason"], problem["line"], problem["column"]) == ("syntax", 2, 2)


def test_all_unknown_names_are_reported_and_the_rest_is_still_known() -> None:
    with pytest.raises(CompileError) as raised:
        compile_expression("foo + bar.baz + nodes.a.output + today()")
    messages = " ".join(problem["message"] for problem in raised.value.info.details["problems"])
    assert all(f"`{name}`" in messages for name in ("foo", "bar", "today"))
    assert raised.value.usage is not None
    assert set(raised.value.usage.node_fields) == {"a"}


@pytest.mark.parametrize("name", ["env", "now", "os", "__import__", "credentials", "secrets", "uuid"])
def test_nothing_outside_the_scope_can_be_named(name: str) -> None:
    with pytest.raises(CompileError):
        compile_expression(name)


@pytest.mark.parametrize(
    "source", ["'\ud800'", "\0", "", "'", "x" * 20_000, "(" * 5_000, "[" * 40 + "]" * 40, "!" * 3_000, "a.b.c" * 500]
)
def test_what_cannot_be_compiled_is_refused(source: str) -> None:
    with pytest.raises(CompileError) as raised:
        compile_expression(source)
    raised.value.info.message.encode()


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", ["\0"], {"k": ["\udfff"]}, {"k\0": 1}, object(), 2**70, {1, 2}])
def test_unsound_data_is_refused(bad: Any) -> None:
    assert failure("input.x == 1", input={"x": bad})
    assert failure("input.x", input={"x": bad})


def test_deeply_nested_data_is_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "recursion" in failure("size(input)", input=deep).lower()
    assert failure("input", input=deep)


def test_threads_share_compiled_expressions() -> None:
    def work(number: int) -> int:
        found: int = value(f"input.a + {number % 7} + size(input.list.filter(x, x > 1))")
        return found - number % 7

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(200))) == {3}


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(source=st.text(max_size=40), data=json_values)
@settings(max_examples=200, deadline=None)
def test_any_text_and_data_give_a_value_or_a_typed_error(source: str, data: Any) -> None:
    with suppress(PerdureError):
        compile_expression(source).evaluate({"input": data})


@given(data=json_values)
@settings(max_examples=200, deadline=None)
def test_a_value_survives_its_way_through_cel(data: Any) -> None:
    if "\\u0000" in json.dumps(data):
        with pytest.raises(PerdureError, match="NUL"):
            compile_expression("[input, 1][0]").evaluate({"input": data})
    else:
        assert compile_expression("[input, 1][0]").evaluate({"input": data}) == data
