"""`plan`: lets a model write a workflow for a goal, shows it to a person, and runs it."""

from typing import Any

from pydantic import Field

from schemas.approvals import Assignees
from schemas.budgets import ModelBudget
from schemas.conversation import Effort
from schemas.document import Limits, Retry
from schemas.node_spec import CredentialName, Example, NodeConfig, NodeSpec
from schemas.plan import Mode
from schemas.planning import DEFAULT_KINDS

_PLANNED = '{"nodes": [{"id": "twice", "kind": "transform", "with": {"value": 8}}]}'


class PlanConfig(NodeConfig):
    """Settings of `plan`."""

    goal: Any = Field(description="What the plan is for: text, or data.")
    instructions: str = Field(default="", max_length=100_000, description="What the planner must heed.")
    input: dict[str, Any] = Field(default_factory=dict, description="Input of the plan's run, which it may read.")
    kinds: list[str] = Field(
        default_factory=lambda: list(DEFAULT_KINDS),
        min_length=1,
        max_length=50,
        description="Kinds of nodes that the plan may consist of. By default none that reaches outside.",
    )
    approve: bool = Field(default=True, description="Whether a person must approve the plan before it is run.")
    assignees: Assignees = Field(
        default_factory=Assignees, description="Who may approve it; everybody with the permission if nobody is named."
    )
    repairs: int = Field(default=2, ge=0, le=5, description="How often the model may mend a plan that cannot be run.")
    max_nodes: int = Field(default=30, ge=1, le=500, description="Largest plan.")
    limits: Limits = Field(
        default_factory=lambda: Limits(timeout=86_400.0, max_steps=1_000), description="Bounds of the plan's run."
    )
    model: str = Field(default="default", min_length=1, max_length=200, description="Model name or alias.")
    fallbacks: list[str] = Field(default_factory=list, max_length=5, description="Models tried in order.")
    credential: CredentialName | None = Field(
        default=None, description="Credential with the key of the provider; without one the operator's keys are used."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="How much chance the model may use.")
    max_tokens: int = Field(default=8_192, ge=1, le=200_000, description="Longest answer.")
    thinking: int | Effort | None = Field(default=None, description="Tokens that it may think, or how hard.")
    budget: ModelBudget = Field(
        default_factory=ModelBudget, description="What writing the plan may cost until a person allows more."
    )


SPEC = NodeSpec(
    kind="plan",
    title="Plan",
    description="Lets a model write a workflow for a goal, shows it to a person, and runs it.",
    category="ai",
    icon="route",
    mode=Mode.CONTROL,
    config=PlanConfig,
    output_schema={
        "type": "object",
        "properties": {
            "output": {"description": "What the plan gave back."},
            "document": {"type": "object", "description": "The plan that was run."},
            "drafts": {"type": "integer", "description": "How often the model wrote it."},
        },
    },
    retry=Retry(max_attempts=6, initial=1.0, backoff=2.0, max_interval=60.0),
    timeout=600.0,
    side_effects=True,
    credential_types=("llm_provider",),
    hints={
        "goal": {"widget": "prompt"},
        "instructions": {"widget": "prompt"},
        "credential": {"widget": "credential", "types": ["llm_provider"]},
    },
    examples=(
        Example(
            name="double a number",
            config={"goal": f"Double it. [[sim:json {_PLANNED}]]", "input": {"n": 4}, "approve": False},
            env=("simulator",),
        ),
    ),
)
