"""Tools of agents: every module of `schemas.tools.types` that defines `SPEC` is one type of them."""

import importlib
import pkgutil
from functools import cache

from schemas.tools import types
from schemas.tools.spec import ToolSpec


@cache
def tool_specs() -> dict[str, ToolSpec]:
    """Every type of tools by name.

    Raises:
        RuntimeError: if a module's `SPEC.type` is not its file name.
    """
    found: dict[str, ToolSpec] = {}
    for module in pkgutil.iter_modules(types.__path__):
        spec = importlib.import_module(f"{types.__name__}.{module.name}").SPEC
        if spec.type != module.name:
            raise RuntimeError(f"schemas/tools/types/{module.name}.py declares type {spec.type!r}")
        found[spec.type] = spec
    return found
