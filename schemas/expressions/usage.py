"""What an expression reads: which root names, which nodes, which of their fields."""

from collections import defaultdict
from typing import Any

from schemas.expressions.syntax import NODE_FIELDS, ROOT_NAMES

_CHECKED_ROOTS = ("vars", "run", "workspace")
_INDEXING = ("_[_]", "_[?_]", "_?._")


class DynamicNodeError(ValueError):
    """`nodes` is used other than as `nodes.<id>`."""


class Usage:
    """Collects what a syntax tree reads.

    Raises:
        DynamicNodeError: if the node that is read depends on a value.
    """

    def __init__(self, tree: Any) -> None:
        self.names: set[str] = set()
        self.node_fields: defaultdict[str, set[str]] = defaultdict(set)
        self.root_fields: defaultdict[str, set[str]] = defaultdict(set)
        self._walk(tree, frozenset())

    def _walk(self, tree: Any, bound: frozenset[str]) -> None:
        read = _node_read(tree, bound)
        if read is not None:
            self.names.add("nodes")
            node, field = read
            self.node_fields[node].update((field,) if field else NODE_FIELDS)
            return
        self._root_field(tree, bound)
        kind = _kind(tree)
        if kind == "ident_expr":
            self._ident(tree.ident_expr.name, bound)
        elif kind == "comprehension_expr":
            self._comprehension(tree.comprehension_expr, bound)
        else:
            for child in _children(tree, kind):
                self._walk(child, bound)

    def _root_field(self, tree: Any, bound: frozenset[str]) -> None:
        """Notes the field of `vars.<name>`; `has(vars.<name>)` may ask for what is not there."""
        step = None if tree.HasField("select_expr") and tree.select_expr.test_only else _step(tree)
        if step is not None and step[0].HasField("ident_expr"):
            name = step[0].ident_expr.name
            if name in _CHECKED_ROOTS and name not in bound:
                self.root_fields[name].add(step[1])

    def _ident(self, name: str, bound: frozenset[str]) -> None:
        if name in bound or name not in ROOT_NAMES:
            return
        if name == "nodes":
            raise DynamicNodeError("read a node as nodes.<id>; which node it is cannot depend on a value")
        self.names.add(name)

    def _comprehension(self, loop: Any, bound: frozenset[str]) -> None:
        self._walk(loop.iter_range, bound)
        self._walk(loop.accu_init, bound)
        inside = bound | {loop.iter_var, loop.iter_var2, loop.accu_var}
        self._walk(loop.loop_condition, inside)
        self._walk(loop.loop_step, inside)
        self._walk(loop.result, bound | {loop.accu_var})


def _kind(tree: Any) -> str:
    for kind in ("ident_expr", "select_expr", "call_expr", "list_expr", "struct_expr", "comprehension_expr"):
        if tree.HasField(kind):
            return kind
    return "const_expr"


def _children(tree: Any, kind: str) -> list[Any]:
    if kind == "select_expr":
        return [tree.select_expr.operand]
    if kind == "call_expr":
        call = tree.call_expr
        return [*([call.target] if call.HasField("target") else []), *call.args]
    if kind == "list_expr":
        return list(tree.list_expr.elements)
    if kind == "struct_expr":
        entries = tree.struct_expr.entries
        return [e.map_key for e in entries if e.HasField("map_key")] + [e.value for e in entries]
    return []


def _node_read(tree: Any, bound: frozenset[str]) -> tuple[str, str | None] | None:
    """Node id and field of `nodes.<id>.<field>`; no field when the node is read as a whole."""
    if "nodes" in bound:
        return None
    step = _step(tree)
    if step is None:
        return None
    operand, key = step
    if _is_nodes(operand):
        return key, None
    inner = _step(operand)
    if inner is not None and _is_nodes(inner[0]):
        return inner[1], key
    return None


def _step(tree: Any) -> tuple[Any, str] | None:
    """Operand and key, if the tree selects a field by a literal name."""
    if tree.HasField("select_expr"):
        return tree.select_expr.operand, tree.select_expr.field
    if tree.HasField("call_expr") and tree.call_expr.function in _INDEXING:
        operand, key = tree.call_expr.args
        if key.HasField("const_expr") and key.const_expr.string_value:
            return operand, key.const_expr.string_value
    return None


def _is_nodes(tree: Any) -> bool:
    return bool(tree.HasField("ident_expr") and tree.ident_expr.name == "nodes")
