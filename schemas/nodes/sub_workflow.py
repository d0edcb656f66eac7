"""`sub_workflow`: runs another published workflow as a run of its own and waits for its result."""

from typing import Any

from pydantic import Field

from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class SubWorkflowConfig(NodeConfig):
    """Settings of `sub_workflow`."""

    workflow: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,99}(@[1-9][0-9]*)?$",
        description="Slug, pinned to a version with `slug@3`; otherwise the version published when this one is.",
    )
    input: Any = Field(default_factory=dict, description="Input of the child run; templates are filled in.")


SPEC = NodeSpec(
    kind="sub_workflow",
    title="Sub-workflow",
    description="Runs another workflow and waits for its result.",
    category="logic",
    icon="hierarchy",
    mode=Mode.CONTROL,
    config=SubWorkflowConfig,
    side_effects=True,
    examples=(
        Example(
            name="double a number elsewhere",
            config={"workflow": "double", "input": {"n": "{{ input.n }}"}},
            scope={"input": {"n": 4}},
            output={"n": 8},
            env=("workflow:double",),
        ),
    ),
)
