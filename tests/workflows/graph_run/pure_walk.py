"""Walks a graph without Temporal: nodes run one after the other and leave through the ports of a script."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import NodeStatus
from schemas.plan import PlanGraph
from workflows.graph_run.scheduler import Scheduler
from workflows.graph_run.state import Frame

FAILURE = ErrorInfo(code=ErrorCode.CODE_FAILED, message="It failed.")
STOP = "stop"
"""In a script: the node fails for good and the walk ends."""


class PureWalk:
    """One walk.

    Args:
        graph: The graph.
        script: Ports by node, one per execution, the last again and again; by default `out` or `else`.
        frame: State to go on from.
    """

    def __init__(
        self, graph: PlanGraph, script: Mapping[str, Sequence[str]] | None = None, frame: Frame | None = None
    ) -> None:
        self.graph = graph
        self.frame = frame or Frame()
        self.scheduler = Scheduler(graph, self.frame)
        self.executed: list[str] = []
        """Nodes in the order in which they ran, from the second iteration on as `node#1`."""
        self.skipped = [node for node, _ in self.scheduler.take_skipped()]
        self.failed: str | None = None
        self._script = script or {}
        self._count: defaultdict[str, int] = defaultdict(int)

    def run(self) -> "PureWalk":
        """Walks to the end."""
        while self.scheduler.has_ready and self.failed is None and self.scheduler.exceeded is None:
            self.finish(self.start())
        return self

    def start(self) -> str:
        """Takes the next ready node."""
        node = self.scheduler.take_ready()
        self.frame.nodes[node].status = NodeStatus.RUNNING
        iteration = self.frame.nodes[node].iteration
        self.executed.append(f"{node}#{iteration}" if iteration else node)
        return node

    def finish(self, node: str, output: Any = None) -> None:
        """Ends a started node as the script says."""
        port = self._port(node)
        state = self.frame.nodes[node]
        if port == STOP:
            state.status, state.port, state.error, self.failed = NodeStatus.FAILED, None, FAILURE, node
            return
        error = FAILURE if port == "error" else None
        self.scheduler.complete(node, port, output or f"{node}:{state.iteration}", error)
        self.skipped += [node for node, _ in self.scheduler.take_skipped()]

    def _port(self, node: str) -> str:
        ports = self._script.get(node)
        if ports is None:
            return [port for port in self.graph.node[node].ports if port != "error"][-1]
        count, self._count[node] = self._count[node], self._count[node] + 1
        return ports[min(count, len(ports) - 1)]
