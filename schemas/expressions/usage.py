"""What an expression reads: which root names, which nodes, which of their fields."""

from collections import defaultdict
from typing import Final

from schemas.expressions.paths import Path, path_of
from schemas.expressions.syntax import NODE_FIELDS, Tree, children

_CHECKED_ROOTS = ("vars", "run", "workspace")
_OPTIONAL_READS = ("_[?_]", "_?._")


MAX_MACRO_DEPTH: Final = 8
"""Macros inside one another."""


class DynamicNodeError(ValueError):
    """`nodes` is used other than as `nodes.<id>`."""


class Usage:
    """Collects what an expression reads.

    Attributes:
        names: Root names.
        node_fields: Fields of nodes, by node id.
        root_fields: Fields of `vars`, `run` and `workspace`.

    Raises:
        DynamicNodeError: if the node that is read depends on a value.
        ValueError: if macros are nested too deeply.
    """

    def __init__(self, read: Tree | Path) -> None:
        self.names: set[str] = set()
        self.node_fields: defaultdict[str, set[str]] = defaultdict(set)
        self.root_fields: defaultdict[str, set[str]] = defaultdict(set)
        if isinstance(read, Path):
            self._path(read)
        else:
            self._walk(read, frozenset())

    def _walk(self, tree: Tree, bound: frozenset[str], depth: int = 0) -> None:
        kind = tree.WhichOneof("kind")
        if kind == "const_expr":
            return
        if kind == "comprehension_expr":
            self._comprehension(tree.comprehension_expr, bound, depth + 1)
            return
        path = _read(tree, kind, bound)
        if path is not None:
            self._path(path)
            return
        # The key of a computed read is looked at too; the operand may be a path again.
        for child in children(tree):
            self._walk(child, bound, depth)

    def _path(self, path: Path) -> None:
        self.names.add(path.root)
        if path.root == "nodes":
            self._node(path)
        elif path.root in _CHECKED_ROOTS and path.steps and not (path.has and len(path.steps) == 1):
            # `has(vars.<name>)` may ask for what is not there.
            self.root_fields[path.root].add(str(path.steps[0]))

    def _node(self, path: Path) -> None:
        if not path.steps or not isinstance(path.steps[0], str):
            raise DynamicNodeError("read a node as nodes.<id>; which node it is cannot depend on a value")
        fields = NODE_FIELDS if len(path.steps) == 1 else (str(path.steps[1]),)
        self.node_fields[path.steps[0]].update(fields)

    def _comprehension(self, loop: Tree, bound: frozenset[str], depth: int) -> None:
        if depth > MAX_MACRO_DEPTH:
            raise ValueError(f"macros such as map and filter are nested deeper than {MAX_MACRO_DEPTH} levels")
        self._walk(loop.iter_range, bound, depth)
        self._walk(loop.accu_init, bound, depth)
        inside = bound | {loop.iter_var, loop.iter_var2, loop.accu_var}
        self._walk(loop.loop_condition, inside, depth)
        self._walk(loop.loop_step, inside, depth)
        self._walk(loop.result, bound | {loop.accu_var}, depth)


def _read(tree: Tree, kind: str, bound: frozenset[str]) -> Path | None:
    if kind in ("ident_expr", "select_expr"):
        return path_of(tree, bound)
    function = tree.call_expr.function if kind == "call_expr" else ""
    if function == "_[_]":
        return path_of(tree, bound)
    return _optional_path(tree, bound) if function in _OPTIONAL_READS else None


def _optional_path(tree: Tree, bound: frozenset[str]) -> Path | None:
    """`nodes.?a` and `nodes.a.?output` as paths, so that the node they read is known."""
    operand, key = tree.call_expr.args
    inner = path_of(operand, bound)
    if inner is None or inner.root != "nodes" or len(inner.steps) > 1 or not key.const_expr.string_value:
        return None
    return Path("nodes", (*inner.steps, key.const_expr.string_value))
