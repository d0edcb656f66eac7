"""`code_turn`: runs a model's Python up to the next calls of tools that have no answer yet."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.document import Retry, Strict
from schemas.node_spec import NodeConfig, NodeSpec
from schemas.plan import Mode


class AnsweredCall(Strict):
    """A call that the code has made before, and what came of it."""

    name: str
    arguments: dict[str, Any]
    value: Any = Field(default=None, description="What the tool gave back.")
    error: str | None = Field(default=None, description="Why it failed; raised inside the code.")


class CodeTurnConfig(NodeConfig):
    """Settings of `code_turn`. The code is run from its beginning every time; what it called is not called again."""

    code: str = Field(min_length=1, max_length=50_000)
    tools: dict[str, list[str]] = Field(
        default_factory=dict, description="Names of the parameters of each tool it may call, in order."
    )
    calls: list[AnsweredCall] = Field(default_factory=list, max_length=1_000, description="In order.")
    now: str = Field(description="RFC 3339; the time that the code sees, the same in every turn.")
    seed: str = Field(default="", description="Of its random numbers, the same in every turn.")
    max_seconds: float = Field(default=2.0, gt=0, le=10.0)
    max_memory_mb: int = Field(default=64, ge=1, le=512)


class CodeCall(BaseModel):
    """A call that the code waits for."""

    model_config = ConfigDict(frozen=True)

    name: str
    arguments: dict[str, Any]


class CodeTurn(BaseModel):
    """Output of `code_turn`."""

    model_config = ConfigDict(frozen=True)

    status: Literal["done", "calls"]
    value: Any = Field(default=None, description="Of its last expression, once it is done.")
    printed: str = ""
    calls: tuple[CodeCall, ...] = Field(default=(), description="What it waits for, else.")


SPEC = NodeSpec(
    kind="code_turn",
    title="Python",
    description="Python of an agent, up to its next calls of tools.",
    category="ai",
    icon="brand-python",
    mode=Mode.REMOTE,
    internal=True,
    config=CodeTurnConfig,
    retry=Retry(max_attempts=2, initial=0.1),
    timeout=30.0,
    heartbeat=5.0,
    queue="actions",
    side_effects=False,
)
