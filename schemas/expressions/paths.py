"""Plain reads such as `nodes.fetch.output.body[0].id`: most of what expressions do, answered without CEL.

Nothing is copied or converted, so a read costs the same for a small value and a large one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.expressions.syntax import ROOT_NAMES, Tree

Step = str | int

_ROOT = "|".join(ROOT_NAMES)
_STEP = r"""\.(?!(?:in|true|false|null)\b)[A-Za-z_]\w*|\[\d{1,9}\]|\['[^'"\\\r\n]*'\]|\["[^'"\\\r\n]*"\]"""
_PATH = re.compile(rf"({_ROOT})((?:{_STEP})*)", re.ASCII)
_STEPS = re.compile(_STEP, re.ASCII)


class MissingError(ValueError):
    """The value that a path names is not there."""


@dataclass(frozen=True)
class Path:
    """A root name and the fields and positions below it.

    Attributes:
        has: Whether it asks if the last field is there, instead of reading it.
    """

    root: str
    steps: tuple[Step, ...]
    has: bool = False

    def read(self, scope: Mapping[str, Any]) -> Any:
        """The value, not a copy of it.

        Raises:
            MissingError: if it is not there.
        """
        if self.root not in scope:
            raise MissingError(f"`{self.root}` has no value here")
        value = scope[self.root]
        for count, step in enumerate(self.steps):
            if self.has and count == len(self.steps) - 1:
                return self._present(value, step, count)
            value = self._step(value, step, count)
        return value

    def _step(self, value: Any, step: Step, count: int) -> Any:
        if isinstance(step, str):
            if isinstance(value, (dict, Mapping)):
                try:
                    return value[step]
                except KeyError:
                    raise MissingError(f"`{self._text(count)}` has no field `{step}`") from None
            raise MissingError(f"`{self._text(count)}` is {_type(value)} and has no field `{step}`")
        if not isinstance(value, list | tuple):
            raise MissingError(f"`{self._text(count)}` is {_type(value)}, not a list")
        if step >= len(value):
            raise MissingError(f"`{self._text(count)}` has {len(value)} items and none at [{step}]")
        return value[step]

    def _present(self, value: Any, step: Step, count: int) -> bool:
        if isinstance(value, (dict, Mapping)):
            return step in value
        raise MissingError(f"`{self._text(count)}` is {_type(value)} and has no fields")

    def _text(self, count: int) -> str:
        shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps[:count])
        return self.root + shown


def parse_path(source: str) -> Path | None:
    """The path that a source text is, if it is nothing but one."""
    found = _PATH.fullmatch(source)
    if found is None:
        return None
    return Path(found[1], tuple(_parsed(step) for step in _STEPS.findall(found[2])))


def path_of(tree: Tree, bound: frozenset[str]) -> Path | None:
    """The path that a syntax tree is, if it starts at a root name that no macro variable hides."""
    steps: list[Step] = []
    has = tree.WhichOneof("kind") == "select_expr" and tree.select_expr.test_only
    if has:
        steps.append(tree.select_expr.field)
        tree = tree.select_expr.operand
    while (below := step_of(tree)) is not None:
        tree, step = below
        steps.append(step)
    if tree.WhichOneof("kind") != "ident_expr":
        return None
    name = tree.ident_expr.name
    if name not in ROOT_NAMES or name in bound:
        return None
    return Path(name, tuple(reversed(steps)), has)


def step_of(tree: Tree) -> tuple[Tree, Step] | None:
    """Operand and key of a tree that reads one field or position by a literal."""
    kind = tree.WhichOneof("kind")
    if kind == "select_expr" and not tree.select_expr.test_only:
        return tree.select_expr.operand, tree.select_expr.field
    if kind == "call_expr" and tree.call_expr.function == "_[_]":
        operand, key = tree.call_expr.args
        literal = key.const_expr.WhichOneof("kind") if key.HasField("const_expr") else None
        if literal == "string_value":
            return operand, key.const_expr.string_value
        if literal == "int64_value" and key.const_expr.int64_value >= 0:
            return operand, key.const_expr.int64_value
    return None


def _parsed(step: str) -> Step:
    if step[0] == ".":
        return step[1:]
    inside = step[1:-1]
    return int(inside) if inside.isdigit() else inside[1:-1]


def _type(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "not an object")
