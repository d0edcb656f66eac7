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
        root_fields: Fields that it reads of `vars`, `run` and `workspace`.
    """

    def __init__(self, source: str, program: cel.Expression) -> None:
        usage = Usage(tree_of(program))
        self.source = source
        self.names = frozenset(usage.names)
        self.node_fields = {node: frozenset(fields) for node, fields in usage.node_fields.items()}
        self.refs = frozenset(usage.node_fields)
        self.root_fields = {root: frozenset(fields) for root, fields in usage.root_fields.items()}
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
            raise _failure(self.source, _explain(str(error))) from error

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
        PerdureError: EXPRESSION_FAILED; `details["problems"]` lists all problems, each with `reason` (`syntax`,
            `unknown_name`, `dynamic_node`), `message` and, if known, `line` and `column`.
    """
    if len(source) > MAX_EXPRESSION_CHARS:
        raise _not_compiled(source, [_problem("syntax", f"it is longer than {MAX_EXPRESSION_CHARS:,} characters")])
    try:
        return CompiledExpression(source, environment().compile(source))
    except DynamicNodeError as error:
        raise _not_compiled(source, [_problem("dynamic_node", str(error))]) from error
    except (RuntimeError, ValueError) as error:
        raise _not_compiled(source, _compile_problems(str(error))) from error
    except TypeError as error:
        raise _not_compiled(source, [_problem("syntax", "it holds text that is not valid Unicode")]) from error


def _failure(source: str, message: str, **details: Any) -> PerdureError:
    return PerdureError(ErrorCode.EXPRESSION_FAILED, _sentence(source, message), details=details)


def _sentence(source: str, message: str) -> str:
    shown = " ".join(_printable(source).split())
    shown = shown if len(shown) <= 120 else shown[:119] + "…"
    return f"The expression `{shown}` fails: {_printable(message)[:500]}."


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")


def _problem(reason: str, message: str, line: int = 0, column: int = 0) -> dict[str, Any]:
    place = {"line": line, "column": column} if line > 0 else {}
    return {"reason": reason, "message": message, **place}


def _not_compiled(source: str, problems: list[dict[str, Any]]) -> PerdureError:
    named = [{**problem, "message": _sentence(source, problem["message"])} for problem in problems]
    return PerdureError(ErrorCode.EXPRESSION_FAILED, named[0]["message"], details={"problems": named})


def _compile_problems(text: str) -> list[dict[str, Any]]:
    problems = []
    for found in _COMPILE_ERROR.finditer(text):
        line, column, message = int(found[1]), int(found[2]), found[3].removesuffix(" [INVALID_ARGUMENT]")
        undeclared = _UNDECLARED.search(message)
        if undeclared:
            message = f"there is no variable or function `{undeclared[1]}`"
            problems.append(_problem("unknown_name", message, line, column))
            continue
        message = message.removeprefix("Syntax error: ").partition(" expecting {")[0].rstrip(".")
        where = f" (line {line}, column {column})" if line > 0 else ""
        problems.append(_problem("syntax", f"{message}{where}", line, column))
    return problems or [_problem("syntax", _explain(text))]


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
