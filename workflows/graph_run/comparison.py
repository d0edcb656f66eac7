"""Would a finished run have gone another way under another plan? Pure: its recorded outputs stand in for every effect.

Nodes that compute inside the workflow are computed anew; whatever has an effect gives what it gave then. Where the plan
runs a node that has no recorded output, nobody can know how it would go on, and the comparison ends there.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.document import OnError
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.expressions import resolve
from schemas.messages import NodeStatus, RunStatus
from schemas.node_spec import DEFAULT_PORT, ERROR_PORT
from schemas.nodes import specs
from schemas.plan import Mode, Plan, PlanNode
from workflows.graph_run.scheduler import Scheduler
from workflows.graph_run.scope import FrameScope
from workflows.graph_run.state import Frame
from workflows.nodes import behaviour
from workflows.outcome import NodeOutcome

_SUCCEEDED = (NodeStatus.COMPLETED, NodeStatus.COMPENSATED)
_OWN_ERRORS = (PerdureError, KeyError, TypeError, ValueError)


class Reason(StrEnum):
    """Why a run would have gone another way."""

    RUNS_NOW = "runs_now"
    """A node would be run that was not."""
    RUNS_NO_LONGER = "runs_no_longer"
    """A node was run that would not be."""
    OTHER_PORT = "other_port"
    """A node would leave through another port."""
    FAILS_NOW = "fails_now"
    """A node would fail that did not, or the other way round, or its failure would be handled otherwise."""


@dataclass(frozen=True)
class Divergence:
    """The first place at which the ways part."""

    node: str
    iteration: int
    reason: Reason
    message: str


@dataclass(frozen=True)
class RecordedStep:
    """What the run log holds of one node in one iteration."""

    kind: str
    status: NodeStatus
    port: str | None
    input: Any
    output: Any
    error: ErrorInfo | None


@dataclass(frozen=True)
class RecordedRun:
    """A finished run: what it was given, and what became of the nodes of its root graph."""

    status: RunStatus
    input: Any
    run: Mapping[str, Any]
    """As expressions see it: `id`, `started_at`, `attempt`."""
    workspace: Mapping[str, Any]
    steps: Mapping[tuple[str, int], RecordedStep]
    """By node and iteration, in the order in which they ended."""
    nodes: Mapping[str, OnError]
    """Nodes of the root graph of its version, with what each did about failures."""


@dataclass
class Comparison:
    """What came of comparing a run with a plan."""

    divergence: Divergence | None = None
    other_settings: list[str] = field(default_factory=list)
    """Nodes on the same way that would be called with other settings."""


class OutOfTimeError(Exception):
    """The comparison takes too long."""


def compare_run(plan: Plan, run: RecordedRun, expired: Callable[[], bool] = lambda: False) -> Comparison:
    """Sends a recorded run through a plan.

    Args:
        plan: The plan under which it might go another way.
        run: The run.
        expired: Whether the time for it is over; asked at each node.

    Raises:
        OutOfTimeError: if it is.
    """
    walk = _Walk(plan, run)
    while (node := walk.next_node()) is not None:
        if expired():
            raise OutOfTimeError
        walk.send(node)
    walk.finish()
    return walk.comparison


class _Walk:
    """One recorded run on its way through the plan."""

    def __init__(self, plan: Plan, run: RecordedRun) -> None:
        self.plan = plan
        self.run = run
        self.frame = Frame()
        self.scheduler = Scheduler(plan.graph, self.frame)
        self.comparison = Comparison()
        self.over = False
        """Whether the run ends here, as it did then."""
        self._visited: set[tuple[str, int]] = set()
        names = {"input": run.input, "vars": plan.vars, "run": run.run, "workspace": run.workspace}
        self._scope = FrameScope(names, {}, self.frame).names
        self._last = dict(sorted(run.steps))
        self._rank = {step: rank for rank, step in enumerate(run.steps)}
        self._ready: list[tuple[int, int, str]] = []

    def next_node(self) -> PlanNode | None:
        """Of the nodes that could run the one that ended first then, so that joins are reached as they were.

        One without a record would be run at once.
        """
        if self.comparison.divergence is not None or self.over:
            return None
        while self.scheduler.has_ready:
            node = self.plan.graph.node[self.scheduler.take_ready()]
            rank = self._rank.get((node.id, self._recorded_iteration(node)), -1)
            heapq.heappush(self._ready, (rank, len(self._visited), node.id))
        return self.plan.graph.node[heapq.heappop(self._ready)[2]] if self._ready else None

    def send(self, node: PlanNode) -> None:
        """Sends a node on its way."""
        iteration = self._recorded_iteration(node)
        self._visited.add((node.id, iteration))
        recorded = self.run.steps.get((node.id, iteration))
        if node.mode is Mode.INLINE:
            self._inline(node, recorded)
        else:
            self._effect(node, recorded)
        self._check_loop()

    def finish(self) -> None:
        """Looks for nodes that were run and are not reached any more."""
        if self.comparison.divergence is not None or self.run.status is not RunStatus.COMPLETED:
            return
        for (node, iteration), recorded in self.run.steps.items():
            planned = self.plan.graph.node.get(node)
            gone = planned is None and not _computes(recorded.kind)
            if recorded.status in _SUCCEEDED and (node, iteration) not in self._visited and (planned or gone):
                self._part(node, Reason.RUNS_NO_LONGER, f"It would no longer run `{node}`.", iteration)
                return

    def _recorded_iteration(self, node: PlanNode) -> int:
        """Outside of loops a node counts up only when a retried run does it anew; its last record is what counts."""
        own = self.frame.nodes[node.id].iteration
        return own if node.loop is not None else self._last.get(node.id, own)

    def _inline(self, node: PlanNode, recorded: RecordedStep | None) -> None:
        if not self._known(node, recorded) and node.id in self.run.nodes:
            self._not_run_then(node, recorded)
            return
        try:
            outcome: NodeOutcome = behaviour(node.kind)(node.config, self._scope)
        except _OWN_ERRORS as error:
            self._fail(node, recorded, _info(error))
            return
        if recorded is not None and recorded.status is NodeStatus.FAILED:
            self._part(node.id, Reason.FAILS_NOW, f"`{node.id}` failed and would no longer.")
        elif recorded is not None and recorded.status in _SUCCEEDED and recorded.port != outcome.port:
            message = f"`{node.id}` left through `{recorded.port}` and would leave through `{outcome.port}`."
            self._part(node.id, Reason.OTHER_PORT, message)
        else:
            self.scheduler.complete(node.id, outcome.port, outcome.output)

    def _effect(self, node: PlanNode, recorded: RecordedStep | None) -> None:
        if recorded is None or not self._known(node, recorded):
            self._not_run_then(node, recorded)
        elif recorded.kind != node.kind:
            message = f"It would now run `{node.id}` as `{node.kind}`, which was `{recorded.kind}`."
            self._part(node.id, Reason.RUNS_NOW, message)
        elif recorded.status is NodeStatus.FAILED:
            self._fail(node, recorded, recorded.error or _unknown_error())
        elif (recorded.port or node.ports[0]) not in node.ports:
            message = f"`{node.id}` left through `{recorded.port}`, a port that it no longer has."
            self._part(node.id, Reason.OTHER_PORT, message)
        elif self._settings_hold(node, recorded):
            self.scheduler.complete(node.id, recorded.port or node.ports[0], recorded.output)

    def _settings_hold(self, node: PlanNode, recorded: RecordedStep) -> bool:
        """Notes settings that would differ; false if they could not even be filled in."""
        if node.mode is Mode.CONTROL:
            return True
        try:
            settings = resolve(node.config, self._scope)
        except PerdureError as error:
            self._fail(node, recorded, error.info)
            return False
        if settings != recorded.input:
            self.comparison.other_settings.append(node.id)
        return True

    def _known(self, node: PlanNode, recorded: RecordedStep | None) -> bool:
        return recorded is not None and (recorded.status in _SUCCEEDED or recorded.status is NodeStatus.FAILED)

    def _not_run_then(self, node: PlanNode, recorded: RecordedStep | None) -> None:
        """The run skipped the node, never knew it, or ended before its turn came: then nothing can be said."""
        skipped = recorded is not None and recorded.status is NodeStatus.SKIPPED
        if skipped or node.id not in self.run.nodes or self.run.status is RunStatus.COMPLETED:
            self._part(node.id, Reason.RUNS_NOW, f"It would now run `{node.id}`.")

    def _fail(self, node: PlanNode, recorded: RecordedStep | None, error: ErrorInfo) -> None:
        then = self.run.nodes.get(node.id)
        if recorded is None or recorded.status is not NodeStatus.FAILED:
            self._part(node.id, Reason.FAILS_NOW, f"`{node.id}` would fail: {error.message}")
        elif then is not node.on_error:
            message = f"The failure of `{node.id}` would be handled by `{node.on_error}`, no longer by `{then}`."
            self._part(node.id, Reason.FAILS_NOW, message)
        elif node.on_error is OnError.CONTINUE:
            port = DEFAULT_PORT if DEFAULT_PORT in node.ports else node.ports[0]
            self.scheduler.complete(node.id, port, None, error)
        elif node.on_error is OnError.ROUTE:
            self.scheduler.complete(node.id, ERROR_PORT, None, error)
        else:
            self.over = True

    def _check_loop(self) -> None:
        loop = self.scheduler.exceeded
        if loop is None:
            return
        self.over = True
        if self.run.status is RunStatus.COMPLETED:
            message = f"The loop at `{loop.header}` would reach its limit of {loop.max_iterations} iterations."
            self._part(loop.header, Reason.FAILS_NOW, message)

    def _part(self, node: str, reason: Reason, message: str, iteration: int | None = None) -> None:
        if self.comparison.divergence is None:
            own = self.frame.nodes[node].iteration if iteration is None else iteration
            self.comparison.divergence = Divergence(node, own, reason, message)


def _computes(kind: str) -> bool:
    """Whether nodes of a kind only compute; that such a node was added or taken away changes no way."""
    spec = specs().get(kind)
    return spec is not None and spec.mode is Mode.INLINE


def _info(error: Exception) -> ErrorInfo:
    if isinstance(error, PerdureError):
        return error.info
    return ErrorInfo(code=ErrorCode.INVALID_CONFIG, message=f"Its settings are not valid ({type(error).__name__}).")


def _unknown_error() -> ErrorInfo:
    return ErrorInfo(code=ErrorCode.INTERNAL, message="The step failed.")
