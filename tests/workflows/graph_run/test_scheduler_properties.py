"""Random graphs, outcomes, orders and interruptions: the scheduler does what the reference model does."""

import json
from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.document import OnError
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import NodeStatus, RunEdit
from schemas.plan import PlanGraph, PlanNode
from tests.schemas.documents import branch, compiled, document, transform
from tests.workflows.graph_run.random_graphs import drawn_graphs, wild_graphs
from tests.workflows.graph_run.reference_model import DONE, OPEN, SKIPPED, UNDER_WAY, Reference
from workflows.graph_run.edits import apply_edit
from workflows.graph_run.scheduler import Scheduler
from workflows.graph_run.state import Frame, Snapshot, dump_frame, load_frame

ERROR = ErrorInfo(code=ErrorCode.CODE_FAILED, message="It failed.")
MEANING = {
    NodeStatus.PENDING: OPEN,
    NodeStatus.RUNNING: UNDER_WAY,
    NodeStatus.COMPLETED: DONE,
    NodeStatus.FAILED: DONE,
    NodeStatus.SKIPPED: SKIPPED,
}
deterministic = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


class Race:
    """Drives the scheduler and the reference model side by side with the same random events."""

    def __init__(self, graph: PlanGraph, seed: int, interruptions: float = 0.0) -> None:
        self.graph = graph
        self.random = Random(seed)
        self.interruptions = interruptions
        self.bias = self.random.choice([0.1, 0.5, 0.9])
        self.frame = Frame()
        self.scheduler = Scheduler(graph, self.frame)
        self.reference = Reference(graph)
        self.under_way: list[str] = []
        self.executions: Counter[tuple[str, int]] = Counter()
        self.again: Counter[tuple[str, int]] = Counter()
        self.skipped = [node for node, _ in self.scheduler.take_skipped()]

    def run(self) -> None:
        self.check()
        while self.scheduler.has_ready or self.under_way:
            if self.random.random() < self.interruptions:
                self.interrupt()
            elif self.scheduler.has_ready and (not self.under_way or self.random.random() < self.bias):
                self.start()
            else:
                self.complete(self.under_way.pop(self.random.randrange(len(self.under_way))))
            self.check()
        self.check_end()

    def start(self) -> None:
        node = self.scheduler.peek_ready()
        assert self.scheduler.take_ready() == node
        self.reference.start(node)
        state = self.frame.nodes[node]
        state.status = NodeStatus.RUNNING
        self.executions[node, state.iteration] += 1
        self.under_way.append(node)

    def complete(self, node: str) -> None:
        port, error = self.outcome(self.graph.node[node])
        self.scheduler.complete(node, port, {"by": node}, error)
        self.reference.complete(node, port)
        self.skipped += [node for node, _ in self.scheduler.take_skipped()]

    def outcome(self, node: PlanNode) -> tuple[str, ErrorInfo | None]:
        failed = node.on_error is not OnError.FAIL and self.random.random() < 0.3
        if not failed:
            back = [edge.port for edge in self.graph.outgoing.get(node.id, ()) if edge.back]
            return self.random.choice([port for port in node.ports if port != "error"] + back), None
        return ("error" if node.on_error is OnError.ROUTE else "out"), ERROR

    def interrupt(self) -> None:
        """All that is left is the frame: after the death of a worker, or after a failure and a retry."""
        retried = self.random.random() < 0.3
        for node in self.under_way:
            state = self.frame.nodes[node]
            self.again[node, state.iteration] += 1
            if retried:
                state.status, state.port = self.random.choice([NodeStatus.CANCELLED, NodeStatus.FAILED]), None
        self.under_way = []
        snapshot = Snapshot(frame=load_frame(json.loads(json.dumps(dump_frame(self.frame)))))
        if retried:
            apply_edit(self.graph, snapshot, RunEdit(mode="retry"))
        self.frame = snapshot.frame
        self.scheduler = Scheduler(self.graph, self.frame)
        self.reference.interrupt()
        assert self.scheduler.take_skipped() == []

    def check(self) -> None:
        states = self.frame.nodes
        assert {n: MEANING[states[n].status] for n in states} == self.reference.status
        assert {n: states[n].iteration for n in states} == self.reference.iteration
        assert self.scheduler.has_ready == bool(self.reference.ready())
        assert self.scheduler.finished == self.reference.finished
        assert (self.scheduler.exceeded is not None) == bool(self.reference.exceeded)

    def check_end(self) -> None:
        exceeded = self.scheduler.exceeded
        assert self.reference.finished or (exceeded is not None and exceeded.header in self.reference.exceeded)
        assert Counter(self.skipped) == Counter(node for node, _ in self.reference.skips)
        assert all(count == 1 + self.again[key] for key, count in self.executions.items())
        assert not {(n, i) for n, i in self.reference.skips} & set(self.executions)
        rounds = {loop: done for loop, done in self.reference.rounds.items() if done}
        assert {loop: done for loop, done in self.frame.loops.items() if done} == rounds


SEEDS = st.integers(0, 2**16)


@given(graph=drawn_graphs(), seed=SEEDS)
@deterministic
def test_drawn_graphs_run_as_the_semantics_say(graph: PlanGraph, seed: int) -> None:
    race(graph, seed, [0.0] * 6)


@given(graph=wild_graphs(), seed=SEEDS)
@deterministic
def test_wild_graphs_run_as_the_semantics_say(graph: PlanGraph, seed: int) -> None:
    race(graph, seed, [0.0] * 6)


@given(graph=drawn_graphs(), seed=SEEDS)
@deterministic
def test_drawn_graphs_go_on_from_their_frame_at_any_moment(graph: PlanGraph, seed: int) -> None:
    race(graph, seed, [0.05, 0.3, 0.6])


@given(graph=wild_graphs(), seed=SEEDS)
@deterministic
def test_wild_graphs_go_on_from_their_frame_at_any_moment(graph: PlanGraph, seed: int) -> None:
    race(graph, seed, [0.05, 0.3, 0.6])


def race(graph: PlanGraph, seed: int, interruptions: list[float]) -> None:
    """Runs a graph once for each share of interruptions."""
    for number, often in enumerate(interruptions):
        Race(graph, seed * 10 + number, often).run()


def test_a_latch_in_an_inner_loop_repeats_the_outer_one() -> None:
    nodes = [transform("o", max_iterations=3), transform("i", max_iterations=3), branch("il", "again"), branch("ol")]
    edges = ["o > i", "i > il", "i > ol", "il.again > i", "ol.yes > o"]
    graph = compiled(document(nodes, edges)).graph
    assert [loop.nodes for loop in graph.loops] == [("o", "i", "il", "ol"), ("i", "il", "ol")]
    for seed in range(20):
        race(graph, seed, [0.0, 0.0, 0.3])
