"""Behaviour of `branch`."""

from collections.abc import Mapping
from typing import Any

from schemas.errors import ErrorCode, PerdureError
from schemas.expressions import compile_expression
from schemas.nodes.branch import ELSE
from workflows.outcome import NodeOutcome


def run(config: Mapping[str, Any], scope: Mapping[str, Any]) -> NodeOutcome:
    """Takes the port of the first case whose condition is true.

    Raises:
        PerdureError: EXPRESSION_FAILED if a condition fails or is not a boolean.
    """
    for case in config["cases"]:
        value = compile_expression(case["when"]).evaluate(scope)
        if not isinstance(value, bool):
            raise PerdureError(
                ErrorCode.EXPRESSION_FAILED,
                f"The condition of case {case['name']!r} gives {type(value).__name__}, not true or false: "
                f"{case['when']}",
            )
        if value:
            return NodeOutcome({"case": case["name"]}, case["name"])
    return NodeOutcome({"case": ELSE}, ELSE)
