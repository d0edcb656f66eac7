"""What a node kind declares about itself; one `NodeSpec` per file in `schemas/nodes/`."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.document import Retry, Strict
from schemas.plan import Mode

DEFAULT_PORT = "out"
ERROR_PORT = "error"
LOCAL_TIMEOUT = 5.0
"""Seconds; a local step may not take longer."""


class ExpressionMarker:
    """Marks a config field that holds bare CEL instead of text with `{{ … }}`."""


Expression = Annotated[
    str, ExpressionMarker(), Field(min_length=1, max_length=10_000, json_schema_extra={"format": "cel"})
]
"""A config field of bare CEL."""


class NodeConfig(Strict):
    """Base of every kind's settings (`with` in a document)."""


class Example(BaseModel):
    """A worked example: documentation, contract test and palette preview in one.

    The contract test resolves `config` in `scope`, runs the behaviour and compares. `env` names what the test must
    provide (`simulator`: a model server, `http`: an echo server whose URL replaces `http://example.test`).
    """

    model_config = ConfigDict(frozen=True)

    name: str
    config: dict[str, Any]
    scope: dict[str, Any] = Field(default_factory=dict, description="Values of `input`, `nodes`, `vars`, `item`.")
    output: Any = Field(default=None, description="Expected output; null checks only that the step completes.")
    port: str = DEFAULT_PORT
    error: str | None = Field(default=None, description="Expected error code instead of an output.")
    env: tuple[str, ...] = ()


class NodeSpec(BaseModel):
    """Everything about a kind but its behaviour."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    kind: str
    title: str
    description: str
    category: str = Field(description="Group in the palette: ai, logic, data, people, io.")
    icon: str = Field(description="Tabler icon name.")
    mode: Mode
    config: type[NodeConfig]
    output_schema: dict[str, Any] = Field(default_factory=dict, description="JSON Schema of the output.")
    ports: Callable[[dict[str, Any]], tuple[str, ...]] = Field(
        default=lambda config: (DEFAULT_PORT,), description="Output ports for a raw config."
    )
    latch: bool = Field(default=False, description="Whether a back edge may leave this kind.")
    retry: Retry = Retry()
    timeout: float = Field(default=60.0, description="Default seconds of one attempt.")
    heartbeat: float | None = Field(default=None, description="Seconds; remote kinds only.")
    queue: str | None = Field(default=None, description="Task queue of remote kinds: `actions` or `llm`.")
    repeatable: bool = Field(
        default=True, description="Whether an attempt whose answer was lost may simply be made again."
    )
    hints: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Form hints by config field.")
    examples: tuple[Example, ...] = ()
