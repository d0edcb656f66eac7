"""`output`: sets the result of the graph it stands in."""

from typing import Any

from pydantic import Field

from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class OutputConfig(NodeConfig):
    """Settings of `output`."""

    value: Any = Field(description="The result; templates inside it are filled in. The last output node to run wins.")


SPEC = NodeSpec(
    kind="output",
    title="Output",
    description="Sets the result of the run.",
    category="data",
    icon="flag",
    mode=Mode.INLINE,
    config=OutputConfig,
    examples=(
        Example(
            name="result from the input",
            config={"value": {"answer": "{{ input.question }}?"}},
            scope={"input": {"question": "why"}},
            output={"answer": "why?"},
        ),
    ),
)
