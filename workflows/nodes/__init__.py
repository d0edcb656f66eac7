"""Behaviour of the kinds that run inside the workflow; one file per kind, named like its spec."""

import importlib
from functools import cache
from typing import Any

from schemas.nodes import specs
from schemas.plan import Mode


@cache
def behaviour(kind: str) -> Any:
    """The `run` of a kind: `run(config, scope) -> NodeOutcome` for inline kinds, `async run(call)` for control kinds.

    Raises:
        KeyError: if the kind does not run inside the workflow.
    """
    if kind not in specs() or specs()[kind].mode not in (Mode.INLINE, Mode.CONTROL):
        raise KeyError(kind)
    return importlib.import_module(f"workflows.nodes.{kind}").run
