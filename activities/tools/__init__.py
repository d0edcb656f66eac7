"""What tools do: every module of `activities.tools.types` is the behaviour of the type of its name."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from activities.step import Outcome, StepContext
from activities.tools import types
from schemas.tools import tool_specs

ToolBehaviour = Callable[[Any, str, dict[str, Any], StepContext], Awaitable[Outcome]]
"""`async def run(settings, name, arguments, context) -> Outcome`, with checked arguments and validated settings.

Its output is what the model reads, or a `ToolResult`.
"""


@cache
def tool_behaviours() -> dict[str, ToolBehaviour]:
    """Every behaviour by type of tools.

    Raises:
        RuntimeError: if a module has no spec of its name, no `async def run`, or its calls belong to the workflow.
    """
    return {module.name: _behaviour(module.name) for module in pkgutil.iter_modules(types.__path__)}


def _behaviour(type_name: str) -> ToolBehaviour:
    spec = tool_specs().get(type_name)
    if spec is None or spec.control:
        raise RuntimeError(f"activities/tools/types/{type_name}.py has no spec of a tool that activities carry out")
    run: Any = getattr(importlib.import_module(f"{types.__name__}.{type_name}"), "run", None)
    if not inspect.iscoroutinefunction(run):
        raise RuntimeError(f"activities/tools/types/{type_name}.py defines no `async def run`")
    behaviour: ToolBehaviour = run
    return behaviour
