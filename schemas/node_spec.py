"""What a node kind declares about itself; one `NodeSpec` per file in `schemas/nodes/`."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.credentials.references import REFERENCE_PATTERN
from schemas.document import Retry, Strict
from schemas.plan import Mode
from schemas.ports import DEFAULT_PORT, ERROR_PORT, PortRules, fixed_ports

__all__ = [
    "DEFAULT_PORT",
    "ERROR_PORT",
    "LOCAL_TIMEOUT",
    "CredentialName",
    "Example",
    "Expression",
    "ExpressionMarker",
    "NodeConfig",
    "NodeSpec",
]

LOCAL_TIMEOUT = 5.0
"""Seconds; a local step may not take longer."""


class ExpressionMarker:
    """Marks a config field that holds bare CEL instead of text with `{{ … }}`."""


CredentialName = Annotated[str, Field(pattern=REFERENCE_PATTERN, json_schema_extra={"format": "credential"})]
"""A config field that names a credential, by name or id; it is `credential` and never holds a template."""

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
    internal: bool = Field(
        default=False,
        description="Whether only our own workflows make steps of it: it is in no palette and in no document.",
    )
    config: type[NodeConfig]
    output_schema: dict[str, Any] = Field(default_factory=dict, description="JSON Schema of the output.")
    ports: PortRules = Field(default=fixed_ports(DEFAULT_PORT), description="Output ports, for a raw config.")
    latch: bool = Field(default=False, description="Whether a back edge may leave this kind.")
    retry: Retry = Retry()
    timeout: float = Field(default=60.0, description="Default seconds of one attempt.")
    heartbeat: float | None = Field(default=None, description="Seconds; remote kinds only.")
    queue: str | None = Field(default=None, description="Task queue of remote kinds: `actions` or `llm`.")
    repeatable: bool | Callable[[Any], bool] = Field(
        default=True,
        description="Whether an attempt whose answer was lost may simply be made again, perhaps depending on the "
        "step's validated settings. If not, its behaviour tells `context.delivery` what it sends; people are asked.",
    )
    side_effects: bool | Callable[[dict[str, Any]], bool] | None = Field(
        default=None,
        description="Whether a step changes anything outside, perhaps depending on its raw config; if it is not said, "
        "whatever is neither inline nor local is taken to.",
    )
    credential_types: tuple[str, ...] = Field(
        default=(), description="Types that the field `credential` accepts; empty if there is no such field."
    )
    secret_fields: tuple[str, ...] = Field(
        default=(), description="Config fields inside of which `$credential` markers may stand."
    )
    hints: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Form hints by config field.")
    examples: tuple[Example, ...] = ()

    def is_repeatable(self, config: NodeConfig) -> bool:
        """Whether a step with these settings may be made again when nobody knows whether it was done."""
        return self.repeatable(config) if callable(self.repeatable) else self.repeatable

    def has_side_effects(self, config: dict[str, Any]) -> bool:
        """Whether a step with this raw config changes anything outside; a body is not looked at."""
        if callable(self.side_effects):
            return self.side_effects(config)
        return self.mode in (Mode.REMOTE, Mode.CONTROL) if self.side_effects is None else self.side_effects
