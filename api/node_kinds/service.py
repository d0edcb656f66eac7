"""Turns node specs into what the API says about them."""

from functools import cache

from api.node_kinds.models import NodeKind, NodeKindList
from schemas.node_spec import NodeSpec
from schemas.nodes import specs


@cache
def list_node_kinds() -> NodeKindList:
    """All kinds; computed once, because they change only with the code."""
    return NodeKindList(items=[_describe(spec) for _, spec in sorted(specs().items())])


def _describe(spec: NodeSpec) -> NodeKind:
    return NodeKind(
        kind=spec.kind,
        title=spec.title,
        description=spec.description,
        category=spec.category,
        icon=spec.icon,
        mode=spec.mode,
        ports=list(spec.ports({})),
        ports_by_config=spec.ports is not NodeSpec.model_fields["ports"].default,
        latch=spec.latch,
        config_schema=spec.config.model_json_schema(by_alias=True),
        output_schema=spec.output_schema,
        hints=spec.hints,
        timeout=spec.timeout,
        examples=list(spec.examples),
    )
