"""Behaviour of `output`; the walker makes the value the result of the graph."""

from collections.abc import Mapping
from typing import Any

from schemas.expressions import resolve
from workflows.outcome import NodeOutcome


def run(config: Mapping[str, Any], scope: Mapping[str, Any]) -> NodeOutcome:
    """Fills in the templates of `value`.

    Raises:
        PerdureError: EXPRESSION_FAILED if one of them fails.
    """
    return NodeOutcome(resolve(config["value"], scope))
