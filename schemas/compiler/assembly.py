"""Puts the plan together once a document is known to be sound."""

from typing import Any

from schemas.compiler.draft import DraftGraph, DraftNode
from schemas.compiler.graphs import Topology
from schemas.compiler.kinds import shape_of
from schemas.compiler.topology import members
from schemas.node_spec import NodeSpec
from schemas.plan import PlanEdge, PlanGraph, PlanLoop, PlanNode

DEFAULT_MAX_ITERATIONS = 25


def plan_graph(graph: DraftGraph, topology: Topology, bodies: dict[str, PlanGraph]) -> PlanGraph:
    """One level of the plan; `bodies` are those of its foreach nodes, by node id."""
    drafts = [graph.nodes[name] for name in topology.order]
    nodes = [_node(d, loop, bodies.get(d.id)) for d, loop in zip(drafts, topology.owners, strict=True)]
    edges = [PlanEdge(source=e.source, port=e.port, target=e.target, back=e in topology.back) for e in graph.edges]
    return PlanGraph(nodes=tuple(nodes), edges=tuple(edges), loops=_loops(topology, drafts), output=graph.output)


def _loops(topology: Topology, drafts: list[DraftNode]) -> tuple[PlanLoop, ...]:
    return tuple(
        PlanLoop(
            header=topology.order[loop.header],
            latch=topology.order[loop.latch],
            nodes=tuple(topology.order[node] for node in members(loop.region)),
            parent=loop.parent,
            max_iterations=drafts[loop.header].node.max_iterations or DEFAULT_MAX_ITERATIONS,
        )
        for loop in topology.loops
    )


def _node(draft: DraftNode, loop: int | None, body: PlanGraph | None) -> PlanNode:
    node, spec = draft.node, _known(draft)
    return PlanNode(
        id=node.id,
        kind=node.kind,
        name=node.name or node.id,
        mode=spec.mode,
        config=_settings(node.config, spec),
        ports=draft.ports or (),
        join=node.join,
        retry=node.retry or spec.retry,
        timeout=node.timeout or spec.timeout,
        heartbeat=spec.heartbeat,
        queue=spec.queue,
        on_error=node.on_error,
        compensate_with=node.compensate_with,
        compensates=draft.compensates,
        loop=loop,
        body=body,
    )


def _settings(config: dict[str, Any], spec: NodeSpec) -> dict[str, Any]:
    """Settings without graphs, which the plan holds in their compiled form."""
    graphs = shape_of(spec.config).graphs
    return {key: value for key, value in config.items() if key not in graphs} if graphs else config


def _known(draft: DraftNode) -> NodeSpec:
    if draft.spec is None:
        raise ValueError(f"node {draft.id!r} has no known kind")
    return draft.spec
