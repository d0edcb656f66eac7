"""All node kinds: every module of this package that defines `SPEC` is one kind."""

import importlib
import pkgutil
from functools import cache

from schemas.node_spec import NodeSpec


@cache
def specs() -> dict[str, NodeSpec]:
    """Every kind by name.

    Raises:
        RuntimeError: if a module's `SPEC.kind` is not its file name.
    """
    found: dict[str, NodeSpec] = {}
    for module in pkgutil.iter_modules(__path__):
        spec = importlib.import_module(f"{__name__}.{module.name}").SPEC
        if spec.kind != module.name:
            raise RuntimeError(f"schemas/nodes/{module.name}.py declares kind {spec.kind!r}")
        found[spec.kind] = spec
    return found


@cache
def document_specs() -> dict[str, NodeSpec]:
    """The kinds that a document may name."""
    return {kind: spec for kind, spec in specs().items() if not spec.internal}
