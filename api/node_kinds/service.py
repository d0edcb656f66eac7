"""Turns node specs into what the API says about them."""

from functools import cache
from typing import Any, Final

from pydantic_core import to_jsonable_python

from api.node_kinds.models import NodeKind, NodeKindList, SideEffects
from schemas.compiler.kinds import field_names, shape_of
from schemas.document import Edge, Node
from schemas.faults import Pointer
from schemas.node_spec import LOCAL_TIMEOUT, NodeSpec
from schemas.nodes import document_specs
from schemas.plan import Mode

SCOPE: Final = {
    "input": "Input of the run.",
    "nodes": "Nodes of the same graph by id, each with `output`, `status`, `iteration` and `error`.",
    "vars": "Constants of the document; in the body of a foreach its `vars` as well.",
    "item": "The item at hand; only in the body of a foreach.",
    "index": "Its place in the list, from 0; only in the body of a foreach.",
    "run": "`id`, `started_at` and `attempt` of the run.",
    "workspace": "`id` of the workspace.",
}


@cache
def list_node_kinds() -> NodeKindList:
    """All kinds; computed once, because they change only with the code."""
    return NodeKindList(
        items=[_describe(spec) for _, spec in sorted(document_specs().items())],
        node_schema=Node.model_json_schema(by_alias=True),
        edge_schema=Edge.model_json_schema(by_alias=True),
        scope=SCOPE,
    )


def _describe(spec: NodeSpec) -> NodeKind:
    shape = shape_of(spec.config)
    return NodeKind(
        kind=spec.kind,
        title=spec.title,
        description=spec.description,
        category=spec.category,
        icon=spec.icon,
        mode=spec.mode,
        ports=list(spec.ports({})),
        ports_by_config=spec.ports.by_settings,
        port_rules=list(spec.ports.rules),
        latch=spec.latch,
        config_schema=spec.config.model_json_schema(by_alias=True),
        config_defaults=_defaults(spec),
        output_schema=spec.output_schema,
        expressions=sorted(_path(pointer) for pointer in shape.expressions),
        graphs=sorted(shape.graphs),
        json_schemas=sorted(shape.schemas),
        hints=spec.hints,
        retry=spec.retry,
        timeout=spec.timeout,
        longest_timeout=LOCAL_TIMEOUT if spec.mode is Mode.LOCAL else None,
        heartbeat=spec.heartbeat,
        queue=spec.queue,
        side_effects=_side_effects(spec),
        examples=list(spec.examples),
    )


def _defaults(spec: NodeSpec) -> dict[str, Any]:
    fields = spec.config.model_fields.values()
    given = zip(field_names(spec.config), fields, strict=True)
    defaults = {name: field.get_default(call_default_factory=True) for name, field in given if not field.is_required()}
    plain: dict[str, Any] = to_jsonable_python(defaults)
    return plain


def _path(pointer: Pointer) -> str:
    return ".".join(str(part) for part in pointer).replace(".*", "[*]")


def _side_effects(spec: NodeSpec) -> SideEffects:
    if callable(spec.side_effects) or shape_of(spec.config).graphs:
        return SideEffects.BY_SETTINGS
    return SideEffects.ALWAYS if spec.has_side_effects({}) else SideEffects.NEVER
