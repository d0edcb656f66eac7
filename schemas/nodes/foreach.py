"""`foreach`: runs a body graph once per item."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from schemas.document import Graph
from schemas.node_spec import Example, Expression, NodeConfig, NodeSpec
from schemas.plan import Mode


class OnItemError(StrEnum):
    """What becomes of an item whose body failed."""

    FAIL = "fail"
    CONTINUE = "continue"
    DROP = "drop"


class ForeachConfig(NodeConfig):
    """Settings of `foreach`. Inside the body, `nodes` are the body's own; outer values come in through `vars`."""

    items: Expression = Field(description="CEL expression that gives a list.")
    body: Graph = Field(description="Graph to run per item; `item` and `index` are in scope.")
    vars: dict[str, Any] = Field(
        default_factory=dict, description="Values computed once, read as `vars.<name>` inside."
    )
    concurrency: int = Field(default=10, ge=1, le=500, description="Items under way at once.")
    on_item_error: OnItemError = Field(
        default=OnItemError.FAIL,
        description="fail: the node fails; continue: null stands in its place; drop: it is left out of the list.",
    )


SPEC = NodeSpec(
    kind="foreach",
    title="For each",
    description="Runs a small graph for every item of a list; 10,000 items are fine.",
    category="logic",
    icon="repeat",
    mode=Mode.CONTROL,
    config=ForeachConfig,
    side_effects=False,
    output_schema={"type": "array"},
    examples=(
        Example(
            name="double each number",
            config={
                "items": "input.numbers",
                "body": {"nodes": [{"id": "twice", "kind": "transform", "with": {"value": "{{ item * 2 }}"}}]},
            },
            scope={"input": {"numbers": [1, 2, 3]}},
            output=[2, 4, 6],
        ),
        Example(
            name="bad items are dropped",
            config={
                "items": "input.numbers",
                "on_item_error": "drop",
                "body": {"nodes": [{"id": "inverse", "kind": "transform", "with": {"value": "{{ 10 / item }}"}}]},
            },
            scope={"input": {"numbers": [1, 0, 2]}},
            output=[10, 5],
        ),
    ),
)
