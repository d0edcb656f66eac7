"""`transform`: computes a value from earlier ones, inside the workflow."""

from typing import Any

from pydantic import Field

from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class TransformConfig(NodeConfig):
    """Settings of `transform`."""

    value: Any = Field(description="Any JSON value; templates inside it are filled in.")


SPEC = NodeSpec(
    kind="transform",
    title="Transform",
    description="Builds a value from earlier outputs.",
    category="data",
    icon="transform",
    mode=Mode.INLINE,
    config=TransformConfig,
    examples=(
        Example(
            name="pick and compute",
            config={"value": {"total": "{{ input.net + input.tax }}", "label": "Order {{ input.id }}"}},
            scope={"input": {"net": 10, "tax": 2, "id": "A-7"}},
            output={"total": 12, "label": "Order A-7"},
        ),
        Example(
            name="missing field",
            config={"value": "{{ input.nope }}"},
            scope={"input": {}},
            error="expression_failed",
        ),
    ),
)
