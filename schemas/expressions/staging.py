"""Prepares an expression for evaluation.

The CEL library has properties that a durable, shared interpreter cannot live with: it iterates over maps in an order
that differs from process to process, building a list takes time by the square of its length, and it stops at 10,000
iterations. So an expression is taken apart: plain reads become slots that are filled without CEL, and macros over
lists become stages that run piece by piece over a list whose order is fixed.
"""

from dataclasses import dataclass, field

from cel_expr_python import cel  # type: ignore[import-untyped]

from schemas.expressions.estimates import growth
from schemas.expressions.macros import RANGE, Macro, free_names, is_binding, macro_of, over_range
from schemas.expressions.paths import Path, path_of
from schemas.expressions.syntax import ORDERED, Checked, Tree, children, copy_of


@dataclass(frozen=True)
class Program:
    """Something that CEL evaluates.

    Attributes:
        tree: Its syntax, for estimates.
        reads: Slots that it reads.
        nested: Whether it holds macros that CEL runs by itself.
        growth: How many times the size of what it reads it can build at most; None if that takes an estimate.
    """

    executable: cel.Expression
    tree: Tree
    reads: tuple[str, ...]
    nested: bool
    growth: int | None


@dataclass(frozen=True)
class Stage:
    """A macro, or a chain of them, over a list that depends on no other macro.

    Attributes:
        source: The list: a slot, or a program that gives it.
        body: The macro over `RANGE`.
    """

    macro: Macro
    source: str | Program
    body: Program


@dataclass
class Staging:
    """An expression taken apart.

    Attributes:
        slots: What to compute first, in order, by slot name.
        main: What is left, or the slot that is already the result.
    """

    slots: dict[str, Path | Stage] = field(default_factory=dict)
    main: str | Program = ""


def stage(checked: Checked) -> Staging:
    """Takes an expression apart."""
    return _Stager(checked).run()


class _Stager:
    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._staging = Staging()
        self._names: dict[Path, str] = {}
        self._last_id = 1_000_000

    def run(self) -> Staging:
        tree = copy_of(self._checked.tree)
        self._rewrite(tree, frozenset())
        self._staging.main = self._slot_or_program(tree)
        return self._staging

    def _rewrite(self, tree: Tree, bound: frozenset[str]) -> None:
        """Replaces what can be computed first by slots, in place."""
        path = path_of(tree, bound)
        if path is not None:
            self._put(tree, self._path_slot(path))
        elif tree.WhichOneof("kind") != "comprehension_expr":
            for child in children(tree):
                self._rewrite(child, bound)
        elif self._is_stage(tree, bound):
            self._put(tree, self._new_slot(self._stage(tree)))
        else:
            self._inner(tree, bound)

    def _is_stage(self, tree: Tree, bound: frozenset[str]) -> bool:
        if macro_of(tree) is None or free_names(tree) & bound:
            return False
        # Lists that are written out are short, and may hold values that are no JSON: CEL does them alone.
        return bool(_base(tree).comprehension_expr.iter_range.WhichOneof("kind") != "list_expr")

    def _stage(self, tree: Tree) -> Stage:
        macro = macro_of(tree)
        if macro is None:
            raise ValueError("no macro")
        body = copy_of(tree)
        part = body
        while True:
            self._iteration(part.comprehension_expr, frozenset())
            if macro_of(part.comprehension_expr.iter_range) is not Macro.LIST:
                break
            part = part.comprehension_expr.iter_range
        source = copy_of(part.comprehension_expr.iter_range)
        self._rewrite(source, frozenset())
        self._put(part.comprehension_expr.iter_range, RANGE)
        return Stage(macro, self._slot_or_program(source), self._program(body))

    def _inner(self, tree: Tree, bound: frozenset[str]) -> None:
        """A macro inside another one: CEL runs it; only the order of maps is made fixed."""
        loop = tree.comprehension_expr
        self._rewrite(loop.iter_range, bound)
        self._rewrite(loop.accu_init, bound)
        self._iteration(loop, bound)
        self._rewrite(loop.result, bound | {loop.accu_var})
        if macro_of(tree) is Macro.LIST and loop.iter_range.WhichOneof("kind") != "list_expr":
            source = copy_of(loop.iter_range)
            loop.iter_range.Clear()
            loop.iter_range.id = self._fresh_id()
            loop.iter_range.call_expr.function = ORDERED
            loop.iter_range.call_expr.args.add().CopyFrom(source)

    def _iteration(self, loop: Tree, bound: frozenset[str]) -> None:
        inside = bound | {loop.iter_var, loop.iter_var2, loop.accu_var}
        self._rewrite(loop.loop_condition, inside)
        self._rewrite(loop.loop_step, inside)

    def _path_slot(self, path: Path) -> str:
        if path not in self._names:
            self._names[path] = self._new_slot(path)
        return self._names[path]

    def _new_slot(self, content: Path | Stage) -> str:
        name = f"@{len(self._staging.slots)}"
        self._staging.slots[name] = content
        return name

    def _put(self, tree: Tree, name: str) -> None:
        tree.Clear()
        tree.id = self._fresh_id()
        tree.ident_expr.name = name

    def _fresh_id(self) -> int:
        # What the checker found out is kept by id; a new node must not inherit it.
        self._last_id += 1
        return self._last_id

    def _slot_or_program(self, tree: Tree) -> str | Program:
        name: str = tree.ident_expr.name
        return name if name in self._staging.slots else self._program(tree)

    def _program(self, tree: Tree) -> Program:
        reads = tuple(sorted(free_names(tree) & self._staging.slots.keys()))
        return Program(self._checked.program(tree), tree, reads, _nested(tree), growth(tree))


def _base(tree: Tree) -> Tree:
    """The first macro of a chain such as `list.filter(…).map(…)`."""
    while macro_of(tree.comprehension_expr.iter_range) is Macro.LIST:
        tree = tree.comprehension_expr.iter_range
    return tree


def _nested(tree: Tree) -> bool:
    """Whether a tree holds macros that CEL runs by itself: all but bindings and the chain over `RANGE`."""
    if tree.WhichOneof("kind") != "comprehension_expr":
        return any(_nested(child) for child in children(tree))
    if not is_binding(tree) and not over_range(tree):
        return True
    loop = tree.comprehension_expr
    return any(_nested(part) for part in (loop.iter_range, loop.accu_init, loop.loop_step, loop.result))
