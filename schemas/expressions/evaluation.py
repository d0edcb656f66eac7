"""Evaluates an expression that was taken apart: slots first, then what is left."""

import re
from collections.abc import Mapping
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped]

from schemas.expressions.estimates import MAX_BUILT_BYTES, Bound, estimate, measure
from schemas.expressions.macros import PIECE, RANGE, Macro
from schemas.expressions.paths import Path
from schemas.expressions.staging import Program, Stage, Staging
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS
from schemas.expressions.values import checked_size, for_cel, plain, read, typed
from schemas.expressions.work import EVALUATION, PER_BYTE, PER_ITEM, spend
from schemas.limits import MAX_ITEMS

_MISSING_KEY = re.compile(r'NOT_FOUND: Key not found in map : "?(.*?)"?$', re.DOTALL)
_MISSING_NAME = re.compile(r'No value with name "([^"]*)"')
_NO_OVERLOAD = re.compile(r"No matching overloads found : (.*)", re.DOTALL)
_BUDGET = "Iteration budget exceeded"
_SMALL_PIECE_BYTES = 20_000
_LITERAL_BYTES = MAX_EXPRESSION_CHARS

FAILURES = (ValueError, TypeError, RuntimeError, RecursionError)
"""What CEL and the conversion of values raise."""


class Evaluation:
    """One evaluation in one scope.

    Slots that cannot be filled are left out: whether that matters is for CEL to say, since `a || b`, `a ? b : c` and
    macros may never read them.
    """

    def __init__(self, staging: Staging, scope: Mapping[str, Any]) -> None:
        self._staging = staging
        self._scope = scope
        self._values: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._missing: dict[str, str] = {}
        self._items = 0

    def result(self) -> Any:
        """The value as JSON.

        Raises:
            ValueError: or another of `FAILURES`, with a sentence.
        """
        for name, slot in self._staging.slots.items():
            try:
                self._values[name] = slot.read(self._scope) if isinstance(slot, Path) else self._stage(slot)
            except FAILURES as error:
                self._missing[name] = self._explain(str(error))
        main = self._staging.main
        if isinstance(main, Program):
            try:
                return plain(self._run(main))
            except FAILURES as error:
                raise ValueError(self._explain(str(error))) from error
        if main in self._missing:
            raise ValueError(self._missing[main])
        made_by_cel = isinstance(self._staging.slots[main], Stage)
        return plain(self._values[main]) if made_by_cel else read(self._values[main])

    def _run(self, program: Program) -> Any:
        """Value of a program, with the types of CEL."""
        data = self._data(program)
        read_bytes = sum(self._sizes[name] for name in data) + _LITERAL_BYTES
        spend(EVALUATION + PER_BYTE * read_bytes)
        if program.growth is None or program.growth * read_bytes > MAX_BUILT_BYTES:
            spend(estimate(program.tree, self._bounds(program, data)).work)
        return self._evaluate(program, data)

    def _evaluate(self, program: Program, data: dict[str, Any]) -> Any:
        value = program.executable.eval(data=data)
        if value.type() == cel.Type.ERROR:
            raise ValueError(self._explain(str(value.plain_value())))
        return typed(value)

    def _data(self, program: Program) -> dict[str, Any]:
        data = {}
        for name in program.reads:
            if name in self._values:
                if name not in self._sizes:
                    self._admit(name)
                data[name] = self._values[name]
        return data

    def _admit(self, name: str) -> None:
        """Makes the value of a slot ready for CEL."""
        if isinstance(self._staging.slots[name], Stage):
            self._values[name] = for_cel(self._values[name])
        self._sizes[name] = checked_size(self._values[name])

    def _bounds(self, program: Program, data: Mapping[str, Any]) -> dict[str, Bound]:
        return {name: measure(value, self._sizes[name], deep=program.nested) for name, value in data.items()}

    def _stage(self, stage: Stage) -> Any:
        items = self._items_of(stage)
        self._items += len(items)
        if self._items > MAX_ITEMS:
            raise ValueError(f"it goes through more than {MAX_ITEMS:,} items")
        spend(EVALUATION + PER_ITEM * len(items))
        side = self._data(stage.body)
        side_bytes = sum(self._sizes[name] for name in side)
        self._check_stage(stage.body, side, side_bytes, items)
        # Each piece hands the side data to CEL again, so much of it makes larger pieces cheaper.
        heavy = side_bytes > _SMALL_PIECE_BYTES
        return _Pieces(self, stage, side, PIECE * 5 if heavy else PIECE).run(items)

    def _check_stage(self, body: Program, side: dict[str, Any], side_bytes: int, items: list[Any]) -> None:
        size = checked_size(items)
        reads = size + len(items) * (side_bytes + _LITERAL_BYTES)
        if body.growth is None or body.growth * reads > MAX_BUILT_BYTES:
            bounds = self._bounds(body, side)
            bounds[RANGE] = measure(items, size, deep=body.nested)
            spend(estimate(body.tree, bounds).work)

    def _items_of(self, stage: Stage) -> list[Any]:
        source = stage.source
        if isinstance(source, Program):
            value = for_cel(self._run(source))
        elif source in self._missing:
            raise ValueError(self._missing[source])
        else:
            value = self._values[source]
        if isinstance(value, dict):
            return sorted(value, key=lambda key: (type(key).__name__, key))
        if not isinstance(value, list):
            raise ValueError("a macro such as map or filter works on lists and objects only")
        return value

    def piece(self, stage: Stage, side: dict[str, Any], items: list[Any]) -> Any:
        """Result of a stage over a part of its list."""
        return self._evaluate(stage.body, {**side, RANGE: items})

    def _explain(self, text: str) -> str:
        """A person's sentence for an error text of CEL."""
        if found := _MISSING_NAME.search(text):
            return self._missing.get(found[1], f"`{found[1]}` has no value here")
        if found := _MISSING_KEY.search(text):
            return f"there is no field `{found[1]}`"
        if "<jump_condition>" in text:
            return "a condition is neither true nor false"
        if found := _NO_OVERLOAD.search(text):
            return f"{found[1]} does not work on these types; convert with int(…), double(…) or string(…)"
        if "Applying SELECT to non-message type" in text:
            return "a field is read from a value that is not an object"
        if _BUDGET in text:
            return "macros inside one another take more than 10,000 iterations for one item"
        if "Unable to convert function return value" in text:
            return "the result is an optional value or a type; end it with .orValue(…)"
        return cleaned(text)


class _Pieces:
    """Runs a stage piece by piece."""

    def __init__(self, evaluation: Evaluation, stage: Stage, side: dict[str, Any], size: int) -> None:
        self._evaluation = evaluation
        self._stage = stage
        self._side = side
        self._size = size

    def run(self, items: list[Any]) -> Any:
        pieces = (items[start : start + self._size] for start in range(0, len(items), self._size))
        if self._stage.macro is Macro.LIST:
            return [item for piece in pieces for item in self._list(piece)]
        return self._fold(pieces, self._stage.macro is Macro.EXISTS)

    def _list(self, items: list[Any]) -> list[Any]:
        try:
            found: list[Any] = self._evaluation.piece(self._stage, self._side, items)
            return found
        except RuntimeError as error:
            if _BUDGET not in str(error) or len(items) == 1:
                raise
        half = len(items) // 2
        return self._list(items[:half]) + self._list(items[half:])

    def _fold(self, pieces: Any, decisive: bool) -> bool:
        """`all` or `exists`: one piece may decide, whatever errors there are in others."""
        failure: Exception | None = None
        for piece in pieces:
            try:
                if self._decide(piece, decisive) is decisive:
                    return decisive
            except FAILURES as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return not decisive

    def _decide(self, items: list[Any], decisive: bool) -> bool:
        try:
            return bool(self._evaluation.piece(self._stage, self._side, items))
        except RuntimeError as error:
            if _BUDGET not in str(error) or len(items) == 1:
                raise
        half = len(items) // 2
        return self._fold([items[:half], items[half:]], decisive)


def cleaned(text: str) -> str:
    """An error text of CEL without its codes."""
    text = re.sub(r"^[A-Z_]+: ", "", text.partition("\n")[0])
    return re.sub(r" \[[A-Z_]+\]$", "", text).rstrip(".") or "it has no value"
