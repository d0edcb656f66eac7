"""Expressions on large data and against those who mean harm: bounded, deterministic, and still quick."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from schemas.errors import PerdureError
from schemas.expressions import compile_expression, parse_template

OBJECTS = [{"id": i, "ok": i % 2 == 0, "lines": [{"q": j} for j in range(5)]} for i in range(10_000)]


def value(source: str, **scope: Any) -> Any:
    return compile_expression(source).evaluate(scope)


def refused(source: str, **scope: Any) -> str:
    """The sentence with which an expression is refused, in a CPU time that no workflow notices."""
    begin = time.process_time()
    with pytest.raises(PerdureError) as raised:
        value(source, **scope)
    assert time.process_time() - begin < 2
    return raised.value.info.message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("size(input.filter(o, o.ok))", 5_000),
        ("input.filter(o, o.ok).map(o, o.id)[4999]", 9_998),
        ("input.all(o, o.id >= 0)", True),
        ("input.exists(o, o.id == 9999)", True),
        ("input.all(o, o.id < 9999)", False),
        ("input.exists(o, o.nope || o.id == 9999)", True),
        ("size(input.map(o, o.lines.filter(l, l.q > 2)))", 10_000),
        ("input.map(o, o.lines.map(l, l.q).size())[7]", 5),
        ("input.map(o, o.id).filter(i, i in [5, 6])", [5, 6]),
    ],
)
def test_ten_thousand_items_are_fine(source: str, expected: Any) -> None:
    begin = time.process_time()
    assert value(source, input=OBJECTS) == expected
    assert time.process_time() - begin < 2


def test_a_hundred_thousand_items_are_the_limit() -> None:
    assert value("size(input.filter(x, x > 0))", input=[1] * 100_000) == 100_000
    assert "100,000 items" in refused("input.map(x, x)", input=[1] * 100_001)


def test_an_error_in_any_piece_is_reported() -> None:
    items = [{"v": 1}] * 999 + [{}]
    assert "no field `v`" in refused("input.map(x, x.v)", input=items)
    assert "no field `v`" in refused("input.all(x, x.v == 1)", input=items)


def nested(start: str, levels: int, grow: Callable[[str], str]) -> str:
    for _ in range(levels):
        start = grow(start)
    return start


TENFOLD = "x + x + x + x + x + x + x + x + x + x"
BOMBS = {
    "text by macros": nested("'aaaaaaaaaa'", 6, lambda s: f"[{s}].map(x, {TENFOLD})[0]"),
    "lists by macros": nested("[1]", 6, lambda s: f"[{s}].map(x, {TENFOLD})[0]"),
    "shared parts": nested("[0,1,2]", 7, lambda s: f"[{s}].map(x, [x,x,x,x,x,x,x,x,x,x])[0]"),
    "comparison of shared parts": (
        nested("[0,1]", 7, lambda s: f"[{s}].map(x, [x,x,x,x,x,x,x,x,x,x])[0]") + " == input.l"
    ),
    "text by bindings": nested("'aaaaaaaaaa'", 7, lambda s: f"cel.bind(x, {s}, {TENFOLD})"),
    "text of the input": "input.l.map(x, input.s + string(x)).size()",
    "replace": "input.s.replace('a', input.s)",
    "replace of nothing": "input.s.replace('', input.s)",
    "join": "input.l.map(x, string(x)).join(input.s)",
    "search": "input.l.filter(x, input.s.contains(string(x)))",
    "search in a list": "input.l.filter(x, x in input.l)",
    "product": "input.l.map(a, input.l.map(b, [a, b]))",
    "cube": "input.l.map(a, input.l.map(b, input.l.map(c, 1)))",
    "condition": "input.l.all(a, input.l.all(b, input.l.all(c, a == a)))",
    "split": "input.s.split('').map(a, input.s.split('').map(b, b))",
    "exponents": "input.l.map(x, '%.1000f'.format([1.5]) + input.s)",
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused(source: str) -> None:
    assert refused(source, input={"l": list(range(20_000)), "s": "a" * 100_000})


def test_a_large_result_is_refused() -> None:
    assert "1,024 KiB" in refused("input.x", input={"x": "a" * 1_100_000})
    assert "1,024 KiB" in refused("[input.x]", input={"x": "a" * 1_100_000})
    assert "1,024 KiB" in refused("input.x.map(y, y)", input={"x": ["a" * 1_000] * 1_100})


def test_macros_are_nested_eight_deep_at_most() -> None:
    fine = nested("1", 8, lambda s: f"input.map(x, {s})")
    assert value(fine, input=[1]) == [[[[[[[[1]]]]]]]]
    with pytest.raises(PerdureError, match="deeper than 8"):
        compile_expression(nested("1", 9, lambda s: f"input.map(x, {s})"))


def test_patterns_take_linear_time() -> None:
    assert value("input.matches('(a+)+$')", input="a" * 10_000 + "b") is False


ORDER_PROBE = """
from schemas.expressions import compile_expression, parse_template
data = {"input": {"map": {k: 1 for k in "qwertyuiop"}, "list": [{"m": {k: 1 for k in "lkjhgfdsa"}}]}}
for source in ("input.map.map(k, k)", "input.list.map(x, x.m.map(k, k))",
               "input.list.map(x, x.m.filter(k, k > 'd'))",
               "input.list.map(x, {'b': x.m, 'a': 1})", "{'z': 1, 'y': 2, 'x': 3}.map(k, k)",
               "'%s'.format([input.map])"):
    print(compile_expression(source).evaluate(data))
print(parse_template("t {{ {'z': 1, 'a': input.map} }}").render(data))
"""


def test_the_order_of_maps_is_the_same_in_every_process() -> None:
    runs = {
        subprocess.run([sys.executable, "-c", ORDER_PROBE], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    }
    assert len(runs) == 1
    assert "['e', 'i', 'o', 'p', 'q', 'r', 't', 'u', 'w', 'y']" in runs.pop()


def test_types_survive_from_macro_to_macro() -> None:
    scope = {"input": {"t": ["2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]}}
    after = "timestamp('2025-01-01T00:00:00Z')"
    chained = compile_expression(f"input.t.map(t, timestamp(t)).filter(t, t > {after})")
    assert chained.evaluate(scope) == ["2026-01-01T00:00:00Z"]
    assert compile_expression(f"input.t.map(t, timestamp(t))[0] > {after}").evaluate(scope) is True
    assert compile_expression("input.t.map(t, duration('1s'))[0] + duration('1s')").evaluate(scope) == 2.0
    assert compile_expression("input.t.map(t, bytes(t))[0] == b'2026-01-01T00:00:00Z'").evaluate(scope) is True


def test_evaluation_is_quick() -> None:
    expression = compile_expression("input.amount > 100 && nodes.a.output.kind == 'refund'")
    large = ["x" * 100] * 10_000
    scope = {"input": {"amount": 250, "rest": large}, "nodes": {"a": {"output": {"kind": "refund", "rest": large}}}}
    expression.evaluate(scope)
    begin = time.process_time()
    for _ in range(1_000):
        assert expression.evaluate(scope) is True
    assert time.process_time() - begin < 0.5


def test_text_without_braces_is_not_looked_at() -> None:
    assert parse_template("plain").render({}) == "plain"
