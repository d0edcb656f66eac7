"""Upper bounds of what an evaluation may build and do, computed before it starts.

CEL bounds iterations, but not bytes: `list.map(x, big + x)` fills the memory in a few thousand of them. The bound
follows the syntax tree with the real sizes of the values it reads.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from schemas.expressions.macros import PIECE, Macro, is_binding, macro_of, over_range
from schemas.expressions.syntax import ORDERED, Tree, children

MAX_BUILT_BYTES: Final = 16 * 1024 * 1024
MAX_WORK: Final = 500_000_000
"""About nanoseconds."""

_NODE_WORK = 100
_APPEND_WORK = 30
"""To copy one item; CEL copies the whole list for each item it adds."""
_SCALAR_BYTES = 32
_SELECTING = frozenset({"_[_]", "_[?_]", "_?._", "orValue", "or", "value", "optional.of", ORDERED})
_CHOOSING = frozenset({"_&&_", "_||_", "!_", "@not_strictly_false"})
_SCALAR = frozenset(
    {
        *("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_-_", "_*_", "_/_", "_%_", "-_"),
        *("size", "contains", "startsWith", "endsWith", "matches", "indexOf", "lastIndexOf"),
        *("int", "uint", "double", "bool", "timestamp", "duration", "type", "hasValue"),
    }
)
_GROWING = frozenset({"replace", "join", "format", "split", "strings.quote"})


class Bound(NamedTuple):
    """How large a value can be at most, and how much work it takes to get it.

    Attributes:
        size: Bytes, all parts counted as often as they are used.
        length: Items of it, if it is a list or map.
        inner: Items of the longest list or map inside it.
        work: About nanoseconds.
    """

    size: int
    length: int = 0
    inner: int = 0
    work: int = 0

    def item(self, size: int) -> "Bound":
        """A part of it."""
        return Bound(size, self.inner, self.inner)


def measure(value: Any, size: int, *, deep: bool) -> Bound:
    """Bound of a value that is there; its insides are looked at only if `deep`."""
    if not isinstance(value, list | dict):
        return Bound(max(size, _SCALAR_BYTES))
    return Bound(size, len(value), _longest_inside(value) if deep else 0)


def estimate(tree: Tree, known: Mapping[str, Bound]) -> Bound:
    """Bound of an expression, by the bounds of the names it reads.

    Raises:
        ValueError: if it may build or do too much.
    """
    bound = _estimate(tree, known)
    if bound.size > MAX_BUILT_BYTES:
        raise ValueError(f"it may build more than {MAX_BUILT_BYTES // 2**20} MiB")
    if bound.work > MAX_WORK:
        raise ValueError("it may take too long on this much data")
    return bound


def growth(tree: Tree) -> int | None:
    """How many times the size of what it reads an expression can build at most, for each item of `RANGE`.

    None if it may grow faster than by putting together what it reads.
    """
    kind = tree.WhichOneof("kind")
    if kind == "call_expr" and tree.call_expr.function in _GROWING:
        return None
    if kind == "comprehension_expr":
        if not over_range(tree):
            return None
        parts = [growth(tree.comprehension_expr.iter_range), growth(tree.comprehension_expr.loop_step)]
    else:
        parts = [growth(child) for child in children(tree)]
    return 1 + sum(part for part in parts if part is not None) if None not in parts else None


def _estimate(tree: Tree, known: Mapping[str, Bound]) -> Bound:
    kind = tree.WhichOneof("kind")
    if kind == "ident_expr":
        return known.get(tree.ident_expr.name, Bound(_SCALAR_BYTES))._replace(work=_NODE_WORK)
    if kind == "const_expr":
        return Bound(_SCALAR_BYTES + len(tree.const_expr.string_value) + len(tree.const_expr.bytes_value))
    if kind == "comprehension_expr":
        return _loop(tree, known)
    parts = [_estimate(child, known) for child in children(tree)]
    work = _NODE_WORK + sum(part.work for part in parts)
    if kind == "select_expr":
        return parts[0].item(parts[0].size)._replace(work=work)
    if kind == "call_expr":
        return _call(tree.call_expr, parts, work)
    inner = max((max(part.length, part.inner) for part in parts), default=0)
    return Bound(_SCALAR_BYTES + sum(part.size for part in parts), len(parts), inner, work)


def _loop(tree: Tree, known: Mapping[str, Bound]) -> Bound:
    loop = tree.comprehension_expr
    if is_binding(tree):
        value = _estimate(loop.accu_init, known)
        body = _estimate(loop.result, {**known, loop.accu_var: value})
        return body._replace(work=body.work + value.work)
    source = _estimate(loop.iter_range, known)
    # Each bound grows at least in proportion to its item, so that all items together cost no more than one item of
    # the size of the whole list and as many empty ones.
    names = {**known, loop.accu_var: Bound(0)}
    empty = _estimate(loop.loop_step, {**names, loop.iter_var: source.item(0)})
    whole = _estimate(loop.loop_step, {**names, loop.iter_var: source.item(source.size)})
    count = source.length
    work = source.work + count * empty.work + whole.work
    if macro_of(tree) is not Macro.LIST:
        return Bound(_SCALAR_BYTES, work=work)
    inner = max(empty.inner, whole.inner, source.inner)
    at_once = min(count, PIECE if over_range(tree) else count)
    return Bound(count * empty.size + whole.size, count, inner, work + _APPEND_WORK * count * at_once)


def _call(call: Tree, parts: list[Bound], work: int) -> Bound:
    function: str = call.function
    total = sum(part.size for part in parts)
    length, inner = max(part.length for part in parts), max(part.inner for part in parts)
    if function == "_?_:_":
        return Bound(max(parts[1].size, parts[2].size), length, inner, work)
    if function in _SELECTING:
        size = max(part.size for part in parts)
        nested = max(length, inner) if function == "optional.of" else inner
        return Bound(size, length if function in ("orValue", "or", "value", ORDERED) else nested, inner, work)
    if function in _CHOOSING:
        return Bound(_SCALAR_BYTES, work=work)
    work += total
    if function in _SCALAR:
        return Bound(_SCALAR_BYTES, work=work)
    return _built(call, parts, total, work)


def _built(call: Tree, parts: list[Bound], total: int, work: int) -> Bound:
    """Functions that make text or lists."""
    function: str = call.function
    length, inner = sum(part.length for part in parts), max(part.inner for part in parts)
    if function == "replace":
        total = (parts[0].size + 1) * (parts[2].size + 1)
    elif function == "join":
        total += parts[0].length * (parts[1].size if len(parts) > 1 else 0)
    elif function == "format" and "%." in (call.target.const_expr.string_value or "%."):
        total += 1_000 * parts[0].size
    elif function == "split":
        return Bound(2 * total, parts[0].size, 0, work + total)
    elif function == "strings.quote":
        total *= 6
    return Bound(total, length, inner, work + total)


def _longest_inside(value: Any) -> int:
    longest, stack = 0, [value]
    while stack:
        top = stack.pop()
        for part in top.values() if isinstance(top, dict) else top:
            if isinstance(part, list | dict):
                longest = max(longest, len(part))
                stack.append(part)
    return longest
