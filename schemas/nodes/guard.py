"""`guard`: lets the guardrails of an agent look at texts."""

from typing import Annotated

from pydantic import Field

from schemas.conversation import FilePart, ImagePart
from schemas.guardrails import Guardrail, Inspection, Stage
from schemas.node_spec import CredentialName, NodeConfig, NodeSpec
from schemas.plan import Mode


class GuardConfig(NodeConfig):
    """Settings of `guard`."""

    guardrails: tuple[Guardrail, ...] = Field(description="Of the agent; those that do not look here are left out.")
    stage: Stage
    texts: tuple[str, ...] = Field(max_length=20_000, description="What they look at.")
    files: tuple[Annotated[ImagePart | FilePart, Field(discriminator="type")], ...] = Field(
        default=(), max_length=1_000, description="Whose texts they look at too."
    )
    credential: CredentialName | None = Field(default=None, description="With the key of the model that judges topics.")


SPEC = NodeSpec(
    kind="guard",
    title="Guardrails",
    description="Looks at what goes into a model or comes out of it.",
    category="ai",
    icon="shield-check",
    mode=Mode.REMOTE,
    internal=True,
    config=GuardConfig,
    output_schema=Inspection.model_json_schema(),
    timeout=120.0,
    heartbeat=5.0,
    queue="llm",
    side_effects=False,
    credential_types=("llm_provider",),
)
