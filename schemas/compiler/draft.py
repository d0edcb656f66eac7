"""A document as far as it is sound: the compiler goes on with it, whatever is wrong elsewhere."""

from dataclasses import dataclass, field
from typing import Any

from schemas.compiler.report import Place
from schemas.document import Node
from schemas.faults import Pointer
from schemas.node_spec import NodeSpec


@dataclass
class DraftNode:
    """One node; fields that were wrong have their defaults."""

    id: str
    place: Place
    node: Node
    spec: NodeSpec | None
    """None if the kind is unknown."""
    config_pointer: Pointer
    """Where its settings stand in the node."""
    ports: tuple[str, ...] | None = None
    """None if they cannot be known."""
    body: "DraftGraph | None" = None
    compensates: bool = False


@dataclass(frozen=True)
class DraftEdge:
    """An edge between two nodes that exist."""

    source: str
    port: str
    target: str
    pointer: Pointer
    """Relative to the graph."""


@dataclass
class DraftGraph:
    """One level: the document itself or the body of a foreach."""

    place: Place
    nodes: dict[str, DraftNode] = field(default_factory=dict)
    """By id, in document order."""
    edges: list[DraftEdge] = field(default_factory=list)
    output: Any = None
    inside_foreach: bool = False
