"""`llm`: asks a language model for text or for data of a given shape."""

from typing import Any

from pydantic import Field

from schemas.budgets import ModelBudget
from schemas.conversation import Effort
from schemas.document import Duration, Retry
from schemas.node_spec import CredentialName, Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class LlmConfig(NodeConfig):
    """Settings of `llm`."""

    model: str = Field(
        default="default",
        min_length=1,
        max_length=200,
        description="Model name or alias. `gpt-…`/`openai/…` and `claude-…`/`anthropic/…` go to their own SDKs, "
        "every other name through LiteLLM.",
    )
    credential: CredentialName | None = Field(
        default=None, description="Credential with the key of the provider; without one the operator's keys are used."
    )
    fallbacks: list[str] = Field(
        default_factory=list,
        max_length=5,
        description="Models tried in order when the one before is unknown, busy, broken or gave an unusable answer.",
    )
    system: str | None = Field(default=None, max_length=200_000, description="Instructions.")
    prompt: str = Field(min_length=1, max_length=800_000, description="What the model is asked.")
    output_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema; the output is then data that satisfies it instead of text."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="How much chance the model may use; its own default if not set."
    )
    max_tokens: int = Field(default=4096, ge=1, le=200_000, description="Longest answer.")
    thinking: int | Effort | None = Field(
        default=None,
        description="Tokens that the model may think before it answers, or how hard; its own default if not set.",
    )
    cache: Duration | None = Field(
        default=None,
        gt=0,
        le=30 * 86400.0,
        description="Age up to which the stored answer to an equal request is taken instead of asking, such as `1d`.",
    )
    budget: ModelBudget = Field(
        default_factory=ModelBudget, description="What its calls may cost until a person allows more."
    )


SPEC = NodeSpec(
    kind="llm",
    title="LLM",
    description="Asks a language model for text or structured data.",
    category="ai",
    icon="sparkles",
    mode=Mode.REMOTE,
    config=LlmConfig,
    output_schema={"description": "Text, or data of the configured output_schema."},
    retry=Retry(max_attempts=6, initial=1.0, backoff=2.0, max_interval=60.0),
    timeout=300.0,
    heartbeat=5.0,
    queue="llm",
    side_effects=False,
    credential_types=("llm_provider",),
    hints={
        "prompt": {"widget": "prompt"},
        "system": {"widget": "prompt"},
        "output_schema": {"widget": "json-schema"},
        "credential": {"widget": "credential", "types": ["llm_provider"]},
    },
    examples=(
        Example(
            name="a sentence",
            config={"prompt": "Say hello to {{ input.name }}. [[sim:reply Hello, {{ input.name }}!]]"},
            scope={"input": {"name": "Ada"}},
            output="Hello, Ada!",
            env=("simulator",),
        ),
        Example(
            name="structured data",
            config={
                "prompt": 'Classify: I want my money back. [[sim:json {"intent": "refund", "amount": 12}]]',
                "output_schema": {
                    "type": "object",
                    "required": ["intent", "amount"],
                    "properties": {"intent": {"type": "string"}, "amount": {"type": "number"}},
                    "additionalProperties": False,
                },
            },
            output={"intent": "refund", "amount": 12},
            env=("simulator",),
        ),
        Example(
            name="another model steps in",
            config={
                "model": "gpt-does-not-exist",
                "fallbacks": ["gpt-4o-mini"],
                "prompt": "Say hello. [[sim:reply Hello!]]",
            },
            output="Hello!",
            env=("simulator",),
        ),
        Example(
            name="unknown model",
            config={"model": "gpt-does-not-exist", "prompt": "hi [[sim:status 404]]"},
            error="unknown_model",
            env=("simulator",),
        ),
    ),
)
