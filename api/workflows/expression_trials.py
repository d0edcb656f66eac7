"""Filling in expressions outside of any run, with values that the caller gives; nothing is stored or executed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.workflows.expression_models import EvaluatedExpression, EvaluatedExpressions, EvaluateExpressions
from schemas.errors import PerdureError
from schemas.expressions import compile_expression, metered, references, resolve

_RUN: Final = {"id": "00000000-0000-0000-0000-000000000000", "started_at": "2026-01-01T00:00:00+00:00", "attempt": 1}
"""A run that stands for any."""


def evaluate(body: EvaluateExpressions, workspace_id: str) -> EvaluatedExpressions:
    """Fill in all of them. Together they may do as much work as those of one node."""
    scope = _scope(body, workspace_id)
    results = {}
    with metered():
        for name, template in body.templates.items():
            results[name] = _result(template, references, resolve, scope)
        for name, source in body.expressions.items():
            results[name] = _result(source, _refs, _value, scope)
    return EvaluatedExpressions(results=results)


def _refs(source: str) -> frozenset[str]:
    return compile_expression(source).refs


def _value(source: str, scope: Mapping[str, Any]) -> Any:
    return compile_expression(source).evaluate(scope)


def _result(
    written: Any,
    read: Callable[[Any], frozenset[str]],
    fill: Callable[[Any, Mapping[str, Any]], Any],
    scope: Mapping[str, Any],
) -> EvaluatedExpression:
    missing: list[str] = []
    try:
        missing = sorted(read(written) - scope["nodes"].keys())
        return EvaluatedExpression(status="value", value=fill(written, scope), message=None, missing=missing)
    except PerdureError as error:
        status = "missing" if missing else "error"
        return EvaluatedExpression(status=status, value=None, message=str(error), missing=missing)


def _scope(body: EvaluateExpressions, workspace_id: str) -> dict[str, Any]:
    item = {} if body.index is None else {"item": body.item, "index": body.index}
    return {
        **item,
        "input": body.input,
        "nodes": {
            node: {"output": output, "status": "completed", "iteration": 0, "error": None}
            for node, output in body.outputs.items()
        },
        "vars": body.vars,
        "run": _RUN,
        "workspace": {"id": workspace_id},
    }
