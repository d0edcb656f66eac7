"""Expressions with names of their own, such as the rules about approvals: they are read as fields of the root names.

Only the syntax tree is changed; it is evaluated, and its work is bounded, like that of every other expression.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from schemas.expressions.compiled import CompiledExpression, CompileError, compile_problems
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS, Checked, Tree, children, environment_of

_FIRST_ID: Final = 2_000_000
"""What the checker found out is kept by id; what stands for a name must not inherit it."""

_PASSES: Final = 20
"""The checker names a part of the unknown names at a time."""

Place = tuple[str, ...]
"""A root name and fields below it."""


class OwnNames:
    """Which names expressions may read, and where their values are.

    Args:
        names: Root name and fields, by name.
        rest: The object whose fields all other names are.
    """

    def __init__(self, names: Mapping[str, Place], rest: Place) -> None:
        self._names = dict(names)
        self._rest = rest
        self.compile = lru_cache(maxsize=4_096)(self._compile)

    def _compile(self, source: str) -> CompiledExpression:
        """Compiles an expression; the result is kept for the life of the process.

        Raises:
            CompileError: EXPRESSION_FAILED.
        """
        if len(source) > MAX_EXPRESSION_CHARS:
            message = f"it is longer than {MAX_EXPRESSION_CHARS:,} characters"
            raise CompileError(source, [{"reason": "syntax", "message": message}])
        try:
            checked, names = self._checked(source)
            _Renaming({name: self._names.get(name, (*self._rest, name)) for name in names}).run(checked.tree)
            return CompiledExpression(source, checked)
        except CompileError:
            raise
        except (RuntimeError, ValueError) as error:
            raise CompileError(source, compile_problems(str(error))) from error
        except TypeError as error:
            problem = {"reason": "syntax", "message": "it holds text that is not valid Unicode"}
            raise CompileError(source, [problem]) from error

    def _checked(self, source: str) -> tuple[Checked, frozenset[str]]:
        """The tree, and all names that its variables may have: every unknown name is one of `rest`."""
        names = frozenset(self._names)
        for _ in range(_PASSES):
            try:
                return Checked(environment_of(names).compile(source)), names
            except RuntimeError as error:
                problems = compile_problems(str(error))
            found = frozenset(problem["name"] for problem in problems if problem["reason"] == "unknown_name")
            if found <= names or _others(problems):
                break
            names |= found
        raise CompileError(source, [problem for problem in problems if problem.get("name") not in found - names])


def _others(problems: Iterable[Mapping[str, object]]) -> bool:
    """Whether something is wrong that no variable mends."""
    return any(problem["reason"] != "unknown_name" and "*error*" not in str(problem["message"]) for problem in problems)


class _Renaming:
    """Puts reads of fields in the place of names."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places
        self._last_id = _FIRST_ID

    def run(self, tree: Tree, bound: frozenset[str] = frozenset()) -> None:
        """Changes a tree in place, but for the names that macros bind."""
        kind = tree.WhichOneof("kind")
        if kind == "ident_expr":
            name = tree.ident_expr.name
            if name not in bound and name in self._places:
                self._put(tree, self._places[name])
        elif kind == "comprehension_expr":
            self._loop(tree.comprehension_expr, bound)
        else:
            for child in children(tree):
                self.run(child, bound)

    def _loop(self, loop: Tree, bound: frozenset[str]) -> None:
        self.run(loop.iter_range, bound)
        self.run(loop.accu_init, bound)
        inside = bound | {loop.iter_var, loop.iter_var2, loop.accu_var}
        self.run(loop.loop_condition, inside)
        self.run(loop.loop_step, inside)
        self.run(loop.result, bound | {loop.accu_var})

    def _put(self, tree: Tree, place: Place) -> None:
        tree.Clear()
        for step in reversed(place[1:]):
            tree.id = self._fresh_id()
            tree.select_expr.field = step
            tree = tree.select_expr.operand
        tree.id = self._fresh_id()
        tree.ident_expr.name = place[0]

    def _fresh_id(self) -> int:
        self._last_id += 1
        return self._last_id
