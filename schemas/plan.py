"""The compiled workflow: what a run executes. Immutable and content-addressed.

All questions that do not depend on a run's data are answered here once: topology, loops,
resolved policies, ports. Expressions stay source text; `schemas.expressions` caches their compiled form.
"""

import hashlib
from collections import defaultdict
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from schemas.credentials.references import CredentialUse, credential_uses
from schemas.document import Join, Limits, OnError, Retry

PLAN_FORMAT: Final = "perdure-plan/1"


class Mode(StrEnum):
    """How a step runs (measured in docs/benchmarks.md)."""

    INLINE = "inline"
    """Pure and short: computed inside the workflow, no activity."""
    CONTROL = "control"
    """Workflow code that may wait: timers, people, children."""
    LOCAL = "local"
    """Side effect of at most 5 s, run by the worker that holds the run."""
    REMOTE = "remote"
    """Long or queued work: its own task on a task queue, with heartbeats."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlanNode(_Frozen):
    """One node with every policy resolved."""

    id: str
    kind: str
    name: str
    mode: Mode
    config: dict[str, Any] = Field(description="Settings as written, defaults not filled in, templates unresolved.")
    ports: tuple[str, ...]
    join: Join = Join.ALL
    retry: Retry
    timeout: float = Field(description="Seconds of one attempt.")
    heartbeat: float | None = Field(default=None, description="Seconds; remote steps only.")
    queue: str | None = Field(default=None, description="Task queue of a remote step.")
    on_error: OnError = OnError.FAIL
    compensate_with: str | None = None
    compensates: bool = Field(default=False, description="Runs only to undo another node.")
    loop: int | None = Field(default=None, description="Innermost loop this node is in, index into `loops`.")
    body: "PlanGraph | None" = Field(default=None, description="Graph that a foreach runs per item.")

    @cached_property
    def credentials(self) -> tuple[CredentialUse, ...]:
        """Where its settings, as they are written, name credentials."""
        return credential_uses(self.config)


class PlanEdge(_Frozen):
    """An edge; a back edge closes a loop."""

    source: str
    port: str
    target: str
    back: bool = False


class PlanLoop(_Frozen):
    """A natural loop."""

    header: str
    latch: str
    nodes: tuple[str, ...] = Field(description="The region, nested loops included, in topological order.")
    parent: int | None = Field(default=None, description="Loop that this one is directly inside of.")
    max_iterations: int = 25


class PlanGraph(_Frozen):
    """Topology of one level. `nodes` is in topological order of the forward edges."""

    nodes: tuple[PlanNode, ...]
    edges: tuple[PlanEdge, ...]
    loops: tuple[PlanLoop, ...] = ()
    output: Any = Field(default=None, description="Template of the result, null for the default.")

    @cached_property
    def node(self) -> dict[str, PlanNode]:
        """Nodes by id."""
        return {n.id: n for n in self.nodes}

    @cached_property
    def outgoing(self) -> dict[str, tuple[PlanEdge, ...]]:
        """Edges by source, back edges included."""
        found: defaultdict[str, list[PlanEdge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.source].append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    @cached_property
    def incoming(self) -> dict[str, tuple[PlanEdge, ...]]:
        """Forward edges by target."""
        found: defaultdict[str, list[PlanEdge]] = defaultdict(list)
        for edge in self.edges:
            if not edge.back:
                found[edge.target].append(edge)
        return {target: tuple(edges) for target, edges in found.items()}

    @cached_property
    def loop_members(self) -> tuple[frozenset[str], ...]:
        """Region of each loop as a set."""
        return tuple(frozenset(loop.nodes) for loop in self.loops)

    @cached_property
    def loops_inside(self) -> tuple[tuple[int, ...], ...]:
        """For each loop, itself and every loop nested in it."""
        inside: list[list[int]] = [[] for _ in self.loops]
        for index in range(len(self.loops)):
            around: int | None = index
            while around is not None:
                inside[around].append(index)
                around = self.loops[around].parent
        return tuple(tuple(indexes) for indexes in inside)

    @cached_property
    def loop_units(self) -> tuple[int, ...]:
        """For each loop, how many nodes and loops are directly inside of it."""
        units = [0] * len(self.loops)
        for node in self.nodes:
            if node.loop is not None:
                units[node.loop] += 1
        for loop in self.loops:
            if loop.parent is not None:
                units[loop.parent] += 1
        return tuple(units)


class PinnedVersion(_Frozen):
    """The version of another workflow that a sub_workflow node runs."""

    workflow: str = Field(description="Slug.")
    version: int
    version_id: str
    plan_hash: str
    blob_hash: str = Field(default="", description="Where the plan is stored: content address in the blob store.")
    size: int = Field(default=0, description="Bytes of the stored plan.")
    asks_person: bool = Field(default=False, description="Whether a run of it may ask a person.")


class Plan(_Frozen):
    """A frozen, executable workflow version."""

    format: Literal["perdure-plan/1"] = PLAN_FORMAT
    name: str
    input_schema: dict[str, Any]
    vars: dict[str, Any]
    limits: Limits
    graph: PlanGraph
    pinned: dict[str, PinnedVersion] = Field(
        default_factory=dict, description="By workflow reference as written in sub_workflow nodes."
    )

    @cached_property
    def credentials(self) -> tuple[str, ...]:
        """Every reference to a credential, those in bodies included."""
        found: set[str] = set()
        graphs = [self.graph]
        while graphs:
            for node in graphs.pop().nodes:
                found.update(use.reference for use in node.credentials)
                graphs += [node.body] if node.body is not None else []
        return tuple(sorted(found))

    def graph_at(self, path: str) -> PlanGraph:
        """The root graph for `""`, the body of a foreach for its dotted node path (`each.inner`)."""
        graph = self.graph
        for part in path.split(".") if path else ():
            body = graph.node[part].body
            if body is None:
                raise KeyError(path)
            graph = body
        return graph


def plan_bytes(plan: Plan) -> bytes:
    """Canonical JSON of a plan: sorted keys, no spaces, so equal plans have equal bytes."""
    return orjson.dumps(plan.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def plan_hash(plan: Plan) -> str:
    """Content address of a plan: SHA-256 of its canonical JSON, in hex. Layout and notes are not part of it."""
    return hashlib.sha256(plan_bytes(plan)).hexdigest()
