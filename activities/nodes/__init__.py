"""All action kinds: every module of this package is the behaviour of the kind of its name."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from activities.step import Outcome, StepContext
from schemas.nodes import specs
from schemas.plan import Mode

Behaviour = Callable[[Any, StepContext], Awaitable[Outcome]]
"""`async def run(config, context) -> Outcome`, with `config` an instance of the spec's model."""


@cache
def behaviours() -> dict[str, Behaviour]:
    """Every action kind's behaviour by kind.

    Raises:
        RuntimeError: if a module has no spec of its name, no `async def run`, or its kind is not an action.
    """
    return {module.name: _behaviour(module.name) for module in pkgutil.iter_modules(__path__)}


def _behaviour(kind: str) -> Behaviour:
    spec = specs().get(kind)
    if spec is None:
        raise RuntimeError(f"activities/nodes/{kind}.py has no spec schemas/nodes/{kind}.py")
    if spec.mode not in (Mode.LOCAL, Mode.REMOTE):
        raise RuntimeError(f"activities/nodes/{kind}.py: a kind of mode {spec.mode} runs in workflows/nodes")
    run: Any = getattr(importlib.import_module(f"{__name__}.{kind}"), "run", None)
    if not inspect.iscoroutinefunction(run):
        raise RuntimeError(f"activities/nodes/{kind}.py defines no `async def run(config, context)`")
    behaviour: Behaviour = run
    return behaviour
