"""Answers about node kinds."""

from typing import Any

from pydantic import BaseModel, Field

from schemas.node_spec import Example
from schemas.plan import Mode


class NodeKind(BaseModel):
    """A kind of node: what an editor needs to offer it and to build its form."""

    kind: str
    title: str
    description: str
    category: str = Field(description="Group in the palette.")
    icon: str = Field(description="Tabler icon name.")
    mode: Mode = Field(description="How its steps run.")
    ports: list[str] = Field(description="Output ports of a node without settings.")
    ports_by_config: bool = Field(description="Whether settings change the ports: cases of a branch, own decisions.")
    latch: bool = Field(description="Whether a back edge may leave it.")
    config_schema: dict[str, Any] = Field(description="JSON Schema of `with`.")
    output_schema: dict[str, Any] = Field(description="JSON Schema of the output; empty if it may be anything.")
    hints: dict[str, dict[str, Any]] = Field(description="Form hints by field of `with`.")
    timeout: float = Field(description="Default seconds of one attempt.")
    examples: list[Example]


class NodeKindList(BaseModel):
    """All kinds, by name."""

    items: list[NodeKind]
