"""From what has come in to the input of a run: values with `{{ … }}` over names that only triggers know."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from schemas.errors import PerdureError
from schemas.expressions.compiled import CompiledExpression
from schemas.expressions.own_names import OwnNames
from schemas.expressions.templates import Template, expression_spans
from schemas.expressions.work import metered

NAMES: Final = ("body", "headers", "query", "hook", "schedule", "event", "values")
"""What an expression may read, by kind of trigger: of a hook the first four, of a schedule and of a wait the others."""

_OPEN: Final = "{{"
_NAMES: Final = OwnNames({name: ("vars", name) for name in NAMES}, rest=("vars",))


def compile_condition(source: str) -> CompiledExpression:
    """A bare expression, such as the filter of a hook.

    Raises:
        CompileError: EXPRESSION_FAILED.
    """
    return _NAMES.compile(source)


def checked_condition(source: str) -> str:
    """A condition that compiles, for a field of a model.

    Raises:
        ValueError: It does not.
    """
    try:
        compile_condition(source)
    except PerdureError as error:
        raise ValueError(str(error)) from None
    return source


def checked_mapping(value: Any) -> Any:
    """A mapping that compiles, for a field of a model.

    Raises:
        ValueError: It does not.
    """
    try:
        check_mapping(value)
    except PerdureError as error:
        raise ValueError(str(error)) from None
    return value


def check_mapping(value: Any) -> None:
    """Compile everything in a mapping.

    Raises:
        PerdureError: EXPRESSION_FAILED.
    """
    if isinstance(value, str) and _OPEN in value:
        _template(value)
    elif isinstance(value, dict):
        for item in value.values():
            check_mapping(item)
    elif isinstance(value, list):
        for item in value:
            check_mapping(item)


def fill(mapping: Any, known: Mapping[str, Any]) -> Any:
    """A mapping with every template filled in.

    Args:
        mapping: Any JSON value; strings in it may hold templates.
        known: Values by the names of `NAMES`.

    Raises:
        PerdureError: EXPRESSION_FAILED.
    """
    with metered():
        return _filled(mapping, {"vars": dict(known)})


def holds(condition: str, known: Mapping[str, Any]) -> bool:
    """Whether a condition is true; whatever is not `true` is not.

    Raises:
        PerdureError: EXPRESSION_FAILED.
    """
    with metered():
        return compile_condition(condition).evaluate({"vars": dict(known)}) is True


def _filled(value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _template(value).render(scope) if _OPEN in value else value
    if isinstance(value, dict):
        return {key: _filled(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, scope) for item in value]
    return value


@lru_cache(maxsize=4_096)
def _template(text: str) -> Template:
    parts: list[str | CompiledExpression] = []
    position = 0
    for start, end in expression_spans(text):
        if start - 2 > position:
            parts.append(text[position : start - 2])
        parts.append(_NAMES.compile(text[start:end].strip()))
        position = end + 2
    if position < len(text):
        parts.append(text[position:])
    return Template(parts)
