"""Recognises what the CEL parser makes of its macros: `map`, `filter`, `all`, `exists`, `cel.bind`."""

from enum import Enum
from typing import Final

from schemas.expressions.syntax import Tree, children

RANGE: Final = "@range"
"""Name under which a macro that runs piece by piece sees the piece of its list."""

PIECE: Final = 100
"""Items of a piece: CEL takes time by the square of the items to build a list."""


class Macro(Enum):
    """Macros whose result over a list is made of the results over its parts."""

    LIST = "list"
    """`map` and `filter`: the lists one after the other."""
    ALL = "all"
    EXISTS = "exists"


def macro_of(tree: Tree) -> Macro | None:
    """Which macro a tree is; None for any other tree."""
    if tree.WhichOneof("kind") != "comprehension_expr":
        return None
    loop = tree.comprehension_expr
    if loop.iter_var2 or loop.result.ident_expr.name != loop.accu_var:
        return None
    start = loop.accu_init
    if start.WhichOneof("kind") == "list_expr" and not start.list_expr.elements:
        return Macro.LIST if _collects(loop.loop_step, loop.accu_var) else None
    folded = loop.loop_step.call_expr.function
    if start.const_expr.WhichOneof("kind") == "bool_value":
        return {"_&&_": Macro.ALL, "_||_": Macro.EXISTS}.get(folded)
    return None


def is_binding(tree: Tree) -> bool:
    """Whether a comprehension is `cel.bind(name, value, body)`: it iterates over nothing."""
    source = tree.comprehension_expr.iter_range
    return source.WhichOneof("kind") == "list_expr" and not source.list_expr.elements


def over_range(tree: Tree) -> bool:
    """Whether a macro, or the first one of its chain, runs over `RANGE`."""
    source = tree.comprehension_expr.iter_range
    while macro_of(source) is Macro.LIST:
        source = source.comprehension_expr.iter_range
    return bool(source.ident_expr.name == RANGE)


def free_names(tree: Tree) -> frozenset[str]:
    """Names that a tree reads and does not bind itself."""
    kind = tree.WhichOneof("kind")
    if kind == "ident_expr":
        return frozenset((tree.ident_expr.name,))
    if kind != "comprehension_expr":
        return frozenset().union(*(free_names(child) for child in children(tree)))
    loop = tree.comprehension_expr
    inside = free_names(loop.loop_condition) | free_names(loop.loop_step)
    own = {loop.iter_var, loop.iter_var2, loop.accu_var}
    result = free_names(loop.result) - {loop.accu_var}
    return free_names(loop.iter_range) | free_names(loop.accu_init) | (inside - own) | result


def _collects(step: Tree, accu: str) -> bool:
    """Whether a step is `accu + [x]`, or that on a condition."""
    call = step.call_expr
    if call.function == "_?_:_":
        _, then, otherwise = call.args
        return otherwise.ident_expr.name == accu and _collects(then, accu)
    if call.function != "_+_":
        return False
    list_so_far, added = call.args
    return list_so_far.ident_expr.name == accu and len(added.list_expr.elements) == 1
