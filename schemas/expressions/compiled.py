"""Compiling and evaluating one CEL expression."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cel_expr_python import cel  # type: ignore[import-untyped]

from schemas.errors import ErrorCode, PerdureError
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS, environment, tree_of
from schemas.expressions.usage import DynamicNodeError, Usage
from schemas.expressions.values import check_data, plain

_COMPILE_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^'.]*)[^']*'")
_MISSING_KEY = re.compile(r'NOT_FOUND: Key not found in map : "?(.*?)"?$', re.DOTALL)
_MISSING_NAME = re.compile(r'No value with name "([^"]*)"')
_NO_OVERLOAD = re.compile(r"No matching overloads found : (.*)", re.DOTALL)


class CompiledExpression:
    """One CEL expression, ready to be evaluated as often as wanted.

    Attributes:
        source: The text it was compiled from.
        names: Root names that it reads.
        node_fields: Fields that it reads (`output`, `status`, …) by node id.
        refs: Ids of the nodes that it reads.
    """

    def __init__(self, source: str, program: cel.Expression) -> None:
        usage = Usage(tree_of(program))
        self.source = source
        self.names = frozenset(usage.names)
        self.node_fields = {node: frozenset(fields) for node, fields in usage.node_fields.items()}
        self.refs = frozenset(usage.node_fields)
        self._program = program

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """Value of the expression, as JSON.

        Timestamps become RFC 3339 text, durations seconds, bytes text. Only what the expression reads is handed to CEL.

        Args:
            scope: Values by root name.

        Raises:
            PerdureError: EXPRESSION_FAILED, if it cannot be computed, is no JSON, or is too large.
        """
        try:
            data = self._data(scope)
            check_data(data)
            value = self._program.eval(data=data)
            if value.type() == cel.Type.ERROR:
                raise ValueError(_explain(str(value.plain_value())))
            return plain(value)
        except (ValueError, TypeError, RuntimeError, RecursionError) as error:
            raise failure(self.source, _explain(str(error))) from error

    def _data(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        data = {name: scope[name] for name in self.names if name in scope}
        if "nodes" in data:
            nodes = data["nodes"]
            data["nodes"] = {node: nodes[node] for node in self.refs if node in nodes}
        return data


@lru_cache(maxsize=16_384)
def compile_expression(source: str) -> CompiledExpression:
    """Compiles an expression; the result is kept for the life of the process.

    Raises:
        PerdureError: EXPRESSION_FAILED; `details` has `reason` (`syntax`, `unknown_name`, `dynamic_node`) and, if
            known, `line`, `column` and `name`.
    """
    if len(source) > MAX_EXPRESSION_CHARS:
        raise failure(source, f"it is longer than {MAX_EXPRESSION_CHARS:,} characters", reason="syntax")
    try:
        return CompiledExpression(source, environment().compile(source))
    except DynamicNodeError as error:
        raise failure(source, str(error), reason="dynamic_node") from error
    except (RuntimeError, ValueError) as error:
        raise _compile_failure(source, str(error)) from error
    except TypeError as error:
        raise failure(source, "it holds text that is not valid Unicode", reason="syntax") from error


def failure(source: str, message: str, **details: Any) -> PerdureError:
    """The error of an expression, with the expression named in its sentence."""
    text = message.encode(errors="replace").decode()[:500]
    shown = " ".join(source.encode(errors="replace").decode().split())
    shown = shown if len(shown) <= 120 else shown[:119] + "…"
    return PerdureError(ErrorCode.EXPRESSION_FAILED, f"The expression `{shown}` fails: {text}.", details=details)


def _compile_failure(source: str, text: str) -> PerdureError:
    found = _COMPILE_ERROR.search(text)
    if not found:
        return failure(source, text.partition("\n")[0], reason="syntax")
    line, column, message = int(found[1]), int(found[2]), found[3].removesuffix(" [INVALID_ARGUMENT]")
    place = {"line": line, "column": column} if line > 0 else {}
    undeclared = _UNDECLARED.search(message)
    if undeclared:
        name = undeclared[1]
        return failure(source, f"there is no variable or function `{name}`", reason="unknown_name", name=name, **place)
    message = message.removeprefix("Syntax error: ").partition(" expecting {")[0]
    where = f" (line {line}, column {column})" if place else ""
    return failure(source, f"{message}{where}", reason="syntax", **place)


def _explain(text: str) -> str:
    """A person's sentence for an error text of CEL."""
    if found := _MISSING_KEY.search(text):
        return f"there is no field `{found[1]}`"
    if found := _MISSING_NAME.search(text):
        return f"`{found[1]}` has no value here"
    if found := _NO_OVERLOAD.search(text):
        return f"{found[1]} does not work on these types; convert with int(…), double(…) or string(…)"
    if "Applying SELECT to non-message type" in text:
        return "a field is read from a value that is not an object"
    if "Iteration budget exceeded" in text:
        return "it takes more than 10,000 iterations"
    text = re.sub(r"^[A-Z_]+: ", "", text.partition("\n")[0])
    return re.sub(r" \[[A-Z_]+\]$", "", text).rstrip(".") or "it has no value"
