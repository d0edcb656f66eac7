"""The workflow document: what a person draws or writes, as one pydantic model.

A document is data only. `schemas.compiler` turns it into a `Plan` or reports its faults.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

FORMAT: Final = "perdure/v1"
ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")


def parse_duration(value: object) -> float:
    """Seconds of `90`, `1.5`, `"500ms"`, `"2m"` or `"1h30m"`.

    Raises:
        ValueError: if it is none of these, or negative.
    """
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or value is None:
        raise ValueError("a duration is a number of seconds or text like 30s, 5m, 2h, 30d")
    if isinstance(value, int | float):
        if value < 0 or value != value or value == float("inf"):
            raise ValueError("a duration cannot be negative or infinite")
        return float(value)
    text = str(value).strip()
    parts = _DURATION.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise ValueError("a duration is a number of seconds or text like 30s, 5m, 2h, 30d")
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


Duration = Annotated[
    float,
    BeforeValidator(parse_duration, json_schema_input_type=str | float),
    PlainSerializer(lambda seconds: seconds, return_type=float),
]
"""Seconds; in a document also text such as `30s`, `5m`, `1h30m`, `30d`."""


class Strict(BaseModel):
    """Base of everything in a document: unknown fields are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class OnError(StrEnum):
    """What a run does when a node has failed for good."""

    FAIL = "fail"
    CONTINUE = "continue"
    ROUTE = "route"
    PAUSE = "pause"


class Join(StrEnum):
    """When a node with several incoming edges runs."""

    ALL = "all"
    ANY = "any"


class Retry(Strict):
    """How often and how fast a failed step is attempted again."""

    max_attempts: int = Field(default=5, ge=1, le=1000, description="Attempts in all, the first included.")
    initial: Duration = Field(default=1.0, gt=0, description="Wait before the second attempt.")
    backoff: float = Field(default=2.0, ge=1, le=100, description="Factor from one wait to the next.")
    max_interval: Duration = Field(default=60.0, gt=0, description="Longest wait between attempts.")


class Node(Strict):
    """One step of a workflow."""

    id: str = Field(pattern=ID_PATTERN, description="Slug, unique within its graph.")
    kind: str = Field(min_length=1, max_length=64, description="What the node does, e.g. `llm`.")
    name: str | None = Field(default=None, max_length=200, description="Label for people.")
    description: str | None = Field(default=None, max_length=10_000)
    config: dict[str, Any] = Field(default_factory=dict, alias="with", description="Settings of the kind.")
    join: Join = Field(default=Join.ALL, description="Wait for all incoming edges, or for the first taken.")
    retry: Retry | None = Field(default=None, description="Overrides the kind's retry policy.")
    timeout: Duration | None = Field(default=None, gt=0, description="Longest time of one attempt.")
    on_error: OnError = Field(default=OnError.FAIL, description="What happens when all attempts failed.")
    max_iterations: int | None = Field(
        default=None, ge=1, le=1_000_000, description="On the header of a loop: how often it may run (default 25)."
    )
    compensate_with: str | None = Field(
        default=None, description="Node that undoes this one when the run fails or is cancelled later."
    )


class Edge(Strict):
    """From an output port of a node to another node."""

    source: str = Field(alias="from", description="`node` or `node.port`; the port defaults to `out`.")
    target: str = Field(alias="to", description="Node id.")

    @property
    def source_node(self) -> str:
        """Node part of `source`."""
        return self.source.partition(".")[0]

    @property
    def source_port(self) -> str:
        """Port part of `source`."""
        return self.source.partition(".")[2] or "out"


class Limits(Strict):
    """Bounds of one run."""

    timeout: Duration = Field(default=30 * 86400.0, gt=0, le=3650 * 86400.0, description="Longest time of a run.")
    max_cost_usd: float | None = Field(
        default=None, gt=0, description="What models may cost in it and in runs that it starts; then a person is asked."
    )
    max_steps: int = Field(default=100_000, ge=1, le=10_000_000, description="Steps a run may execute.")
    max_parallel: int = Field(default=50, ge=1, le=500, description="Steps under way at once.")


class Graph(Strict):
    """Nodes and edges; the body of a foreach is one too."""

    nodes: list[Node] = Field(min_length=1)
    edges: list[Edge] = Field(default_factory=list)
    output: Any = Field(default=None, description="Result of the graph; templates are allowed anywhere inside.")


class Note(Strict):
    """A sticky note on the canvas."""

    text: str = Field(max_length=20_000)
    x: float = 0
    y: float = 0
    width: float | None = None
    height: float | None = None
    color: str | None = Field(default=None, max_length=32)


class Position(Strict):
    """Where a node stands on the canvas."""

    x: float
    y: float


class NodeGroup(Strict):
    """A named frame around some nodes on the canvas."""

    title: str = Field(default="", max_length=200)
    nodes: list[str] = Field(max_length=10_000, description="Ids of nodes of the root graph.")
    color: str | None = Field(default=None, max_length=32)


class PinnedOutput(Strict):
    """What a node gives in tests from the editor instead of being executed."""

    output: Any = None
    port: str | None = Field(default=None, description="Port through which it leaves; its first one by default.")


class Document(Graph):
    """A whole workflow."""

    format: Literal["perdure/v1"] = FORMAT
    name: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=20_000)
    input: dict[str, Any] = Field(default_factory=dict, description="JSON Schema of the input.")
    vars: dict[str, Any] = Field(default_factory=dict, description="Constants; expressions read them as `vars.<name>`.")
    limits: Limits = Field(default_factory=Limits)
    layout: dict[str, Position] = Field(default_factory=dict, description="Never part of the content hash.")
    notes: list[Note] = Field(default_factory=list, description="Never part of the content hash.")
    groups: list[NodeGroup] = Field(default_factory=list, description="Never part of the content hash.")
    pins: dict[str, PinnedOutput] = Field(
        default_factory=dict,
        description="Outputs for tests from the editor, by root node id. Runs that are no tests never see them; never "
        "part of the content hash.",
    )
