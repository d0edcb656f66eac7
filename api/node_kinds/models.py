"""Answers about node kinds."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from schemas.document import Retry
from schemas.node_spec import Example
from schemas.plan import Mode
from schemas.ports import PortRule


class SideEffects(StrEnum):
    """Whether steps of a kind change anything outside; a test of one that does must be confirmed."""

    NEVER = "never"
    ALWAYS = "always"
    BY_SETTINGS = "by_settings"
    """It depends on the node: reading over HTTP changes nothing, posting does; a body does what its nodes do."""


class NodeKind(BaseModel):
    """A kind of node: what an editor needs to offer it, to build its form and to draw it."""

    kind: str
    title: str
    description: str
    category: str = Field(description="Group in the palette.")
    icon: str = Field(description="Tabler icon name.")
    mode: Mode = Field(description="How its steps run.")
    ports: list[str] = Field(description="Output ports of a node without settings.")
    ports_by_config: bool = Field(description="Whether settings change the ports: cases of a branch, own decisions.")
    port_rules: list[PortRule] = Field(
        description="How settings make the ports, in order. With `on_error: route` a node has the port `error` as well."
    )
    latch: bool = Field(description="Whether a back edge may leave it.")
    config_schema: dict[str, Any] = Field(description="JSON Schema of `with`.")
    config_defaults: dict[str, Any] = Field(description="What `with` holds where nothing is written.")
    output_schema: dict[str, Any] = Field(description="JSON Schema of the output; empty if it may be anything.")
    expressions: list[str] = Field(
        description="Fields of `with` that hold bare CEL; `[*]` is any entry of a list. Other text may hold `{{ … }}`."
    )
    graphs: list[str] = Field(description="Fields of `with` that hold a graph, drawn inside of the node.")
    json_schemas: list[str] = Field(description="Fields of `with` that hold a JSON Schema.")
    hints: dict[str, dict[str, Any]] = Field(description="Form hints by field of `with`.")
    retry: Retry = Field(description="Retry policy of a node that has none of its own.")
    timeout: float = Field(description="Default seconds of one attempt.")
    longest_timeout: float | None = Field(description="Most seconds of one attempt; null if there is no limit.")
    heartbeat: float | None = Field(description="Seconds after which a silent worker is given up; remote steps only.")
    queue: str | None = Field(description="Task queue of its steps; remote steps only.")
    side_effects: SideEffects
    examples: list[Example]


class NodeKindList(BaseModel):
    """All kinds, by name, and what nodes of every kind have."""

    items: list[NodeKind]
    node_schema: dict[str, Any] = Field(description="JSON Schema of a node: policies and all else beside `with`.")
    edge_schema: dict[str, Any] = Field(description="JSON Schema of an edge.")
    scope: dict[str, str] = Field(description="Names that expressions may use, and what they mean.")
