"""Compiling one CEL expression, and evaluating it."""

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from schemas.errors import ErrorCode, PerdureError
from schemas.expressions.evaluation import FAILURES, Evaluation, cleaned
from schemas.expressions.paths import Path, parse_path
from schemas.expressions.staging import Staging, stage
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS, Checked, environment
from schemas.expressions.usage import DynamicNodeError, Usage
from schemas.expressions.values import read
from schemas.expressions.work import PLAIN_READ, spend

_COMPILE_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^'.]*)[^']*'")


class CompiledExpression:
    """One CEL expression, ready to be evaluated as often as wanted.

    Attributes:
        source: The text it was compiled from.
        names: Root names that it reads.
        node_fields: Fields that it reads (`output`, `status`, …) by node id.
        refs: Ids of the nodes that it reads.
        usage: All that it reads.
    """

    def __init__(self, source: str, content: Path | Checked) -> None:
        self.source = source
        self.usage = Usage(content if isinstance(content, Path) else content.tree)
        self.names = frozenset(self.usage.names)
        self.node_fields = {node: frozenset(fields) for node, fields in self.usage.node_fields.items()}
        self.refs = frozenset(self.usage.node_fields)
        self._content = content

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """Value of the expression, as JSON.

        Times become RFC 3339 text, durations seconds, bytes text; a plain read gives the value itself, not a copy.

        Args:
            scope: Values by root name.

        Raises:
            PerdureError: EXPRESSION_FAILED, if it cannot be computed, is no JSON, or is too large.
        """
        try:
            if isinstance(self._content, Path):
                spend(PLAIN_READ)
                return read(self._content.read(scope))
            return Evaluation(self._staging, scope).result()
        except FAILURES as error:
            raise _failure(self.source, cleaned(str(error))) from error

    @cached_property
    def _staging(self) -> Staging:
        if isinstance(self._content, Path):
            return Staging(slots={"@0": self._content}, main="@0")
        return stage(self._content)


class CompileError(PerdureError):
    """An expression that does not compile.

    Args:
        source: The expression.
        problems: All that is wrong, each with `reason` (`syntax`, `unknown_name`, `dynamic_node`), `message` and, if
            known, `line` and `column`; they are the error's `details["problems"]`.
        usage: What the expression reads, if only names in it are wrong.
    """

    def __init__(self, source: str, problems: list[dict[str, Any]], usage: Usage | None = None) -> None:
        named = [{**problem, "message": _sentence(source, problem["message"])} for problem in problems]
        super().__init__(ErrorCode.EXPRESSION_FAILED, named[0]["message"], details={"problems": named})
        self.usage = usage


@lru_cache(maxsize=16_384)
def compile_expression(source: str) -> CompiledExpression:
    """Compiles an expression; the result is kept for the life of the process.

    Raises:
        CompileError: EXPRESSION_FAILED.
    """
    if len(source) > MAX_EXPRESSION_CHARS:
        message = f"it is longer than {MAX_EXPRESSION_CHARS:,} characters"
        raise CompileError(source, [_problem("syntax", message)])
    path = parse_path(source)
    try:
        return CompiledExpression(source, path or Checked(environment().compile(source)))
    except DynamicNodeError as error:
        raise CompileError(source, [_problem("dynamic_node", str(error))]) from error
    except (RuntimeError, ValueError) as error:
        problems = compile_problems(str(error))
        raise CompileError(source, problems, _usage_anyway(source, problems)) from error
    except TypeError as error:
        raise CompileError(source, [_problem("syntax", "it holds text that is not valid Unicode")]) from error


def _usage_anyway(source: str, problems: list[dict[str, Any]]) -> Usage | None:
    if any(problem["reason"] != "unknown_name" for problem in problems):
        return None
    try:
        return Usage(Checked(environment().compile(source, disable_check=True)).tree)
    except (RuntimeError, ValueError):
        return None


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


def compile_problems(text: str) -> list[dict[str, Any]]:
    """What is wrong according to an error text of the compiler; an unknown name is also given as `name`."""
    problems = []
    for found in _COMPILE_ERROR.finditer(text):
        line, column, message = int(found[1]), int(found[2]), found[3].removesuffix(" [INVALID_ARGUMENT]")
        undeclared = _UNDECLARED.search(message)
        if undeclared:
            message = f"there is no variable or function `{undeclared[1]}`"
            problems.append({**_problem("unknown_name", message, line, column), "name": undeclared[1]})
            continue
        message = message.removeprefix("Syntax error: ").partition(" expecting {")[0].rstrip(".")
        where = f" (line {line}, column {column})" if line > 0 else ""
        problems.append(_problem("syntax", f"{message}{where}", line, column))
    return problems or [_problem("syntax", cleaned(text))]
