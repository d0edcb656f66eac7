"""Carries out what the scheduler decides for one graph instance: starts nodes, waits, records what became of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from schemas.budgets import ModelBudget
from schemas.document import OnError
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.expressions import resolve
from schemas.limits import MAX_LIST_BYTES, MAX_VALUE_BYTES
from schemas.messages import NodeStatus, Pin, StepEntry, StepInput
from schemas.node_spec import DEFAULT_PORT, ERROR_PORT
from schemas.plan import Mode, PlanGraph, PlanNode
from workflows.graph_run.calls import call_step, error_info
from workflows.graph_run.interventions import Verdict, ask, parked_error, people_decide
from workflows.graph_run.mailbox import Halt, forgotten
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.proofs import approvals_before
from workflows.graph_run.run_context import RunContext, checked_size
from workflows.graph_run.scheduler import Scheduler
from workflows.graph_run.scope import FrameScope
from workflows.graph_run.state import Frame
from workflows.graph_run.undo import undo_now, undo_of
from workflows.graph_run.verifications import undo_failed, undone
from workflows.nodes import behaviour
from workflows.outcome import NodeOutcome


class GraphFailedError(Exception):
    """A graph instance has failed."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.info = info


@dataclass(frozen=True)
class Place:
    """Where a graph instance stands in the run."""

    prefix: str = ""
    """Put before node ids to make paths: empty, or `each[3].`."""
    plan_path: str = ""
    """Dotted path of the foreach whose body this is."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """Further names for expressions: `item`, `index`, `vars`."""

    def path(self, node: str) -> str:
        """Path of a node in the run log."""
        return self.prefix + node


def _own_budget(config: Mapping[str, Any]) -> ModelBudget | None:
    """What the settings of a step say of its budget, where its kind has one.

    Raises:
        ValidationError: if they make no sense; so says the step itself of all other settings.
    """
    budget = config.get("budget")
    return ModelBudget.model_validate(budget) if isinstance(budget, Mapping) else None


def _takes_slot(node: PlanNode) -> bool:
    return node.mode in (Mode.LOCAL, Mode.REMOTE)


class Walker:
    """Walks one graph instance to its end."""

    def __init__(self, run: RunContext, graph: PlanGraph, frame: Frame, place: Place) -> None:
        self.run = run
        self.graph = graph
        self.frame = frame
        self.place = place
        self.failure: ErrorInfo | None = None
        self._scope = FrameScope(run.scope(), place.names, frame)
        self._wake = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._scheduler = Scheduler(graph, frame)
        self._check_loops()

    def wake(self) -> None:
        """Lets the walker look at the state again."""
        self._wake.set()

    def scope(self) -> Mapping[str, Any]:
        """Names that expressions of this graph may use."""
        return self._scope.names

    async def walk(self) -> Any:
        """Runs the graph and returns its result.

        Raises:
            GraphFailedError: if a node failed and its `on_error` says `fail`.
            Halt: if the run stops or moves; the frame holds what is needed to go on.
        """
        self.run.register(self)
        try:
            await self._advance()
        finally:
            if not forgotten():
                await self._drain()
            self.run.unregister(self)
        if self.failure is not None:
            raise GraphFailedError(self.failure)
        if self.run.stopping is not None and not self._scheduler.finished:
            raise Halt
        return self._result()

    async def _advance(self) -> None:
        while True:
            self._wake.clear()
            await self._launch_ready()
            if self._scheduler.finished or self.failure is not None or self.run.stopping is not None:
                return
            if not self._tasks and not self._scheduler.has_ready:
                self.failure = ErrorInfo(code=ErrorCode.INTERNAL, message="The run has no node left that could go on.")
                return
            await self._wake.wait()

    async def _drain(self) -> None:
        """Ends all that is under way: at once after a failure, at the next boundary when the run moves."""
        told = False
        while self._tasks:
            self._wake.clear()
            if not told and (self.run.stopping != "move" or self.failure is not None):
                told = True
                for task in self._tasks:
                    task.cancel()
            await self._wake.wait()

    # Starting nodes

    async def _launch_ready(self) -> None:
        self._log_skipped()
        while self._scheduler.has_ready and self._may_launch():
            node = self.graph.node[self._scheduler.peek_ready()]
            if _takes_slot(node) and not self.run.has_slot:
                return
            if self.frame.nodes[node.id].memo is None:
                self.run.count_step()  # one that goes on in a fresh history was counted before
            if self.run.stopping is not None:
                return
            self._scheduler.take_ready()
            pin = self._pin(node)
            if pin is not None:
                self._take_pin(node, pin)
                await self.run.breathe()
            elif node.mode is Mode.INLINE:
                self._run_inline(node)
                await self.run.breathe()
            else:
                self._start(NodeCall(self, node))

    def _may_launch(self) -> bool:
        return self.failure is None and self.run.stopping is None and not self.run.paused

    def _start(self, call: NodeCall, error: ErrorInfo | None = None) -> None:
        call.state.status, call.state.memo = NodeStatus.RUNNING, call.memo
        counted = _takes_slot(call.node)
        self.run.active += counted
        task = asyncio.create_task(self._run_node(call, error))
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._ended(done, counted=counted))

    def _ended(self, task: asyncio.Task[None], *, counted: bool) -> None:
        self._tasks.pop(task, None)
        if counted:
            self.run.active -= 1
            self.run.wake()
        self._wake.set()

    def _pin(self, node: PlanNode) -> Pin | None:
        """What a test gives in place of the node; only nodes of the root graph can be pinned."""
        pins = self.run.run.pins
        return pins.nodes.get(node.id) if pins is not None and not self.place.plan_path else None

    def _take_pin(self, node: PlanNode, pin: Pin) -> None:
        call = NodeCall(self, node)
        try:
            outcome = self.run.measured(lambda: NodeOutcome(pin.output, pin.port or node.ports[0]))
            self._record(call, outcome, told=True)  # and there is nothing that could be undone
        except PerdureError as error:
            self._failed(call, error.info)

    # Running nodes

    def _run_inline(self, node: PlanNode) -> None:
        call = NodeCall(self, node)
        try:
            self._completed(call, self._compute(node, node.config))
        except Exception as error:
            if node.on_error is OnError.PAUSE:
                self._start(call, error_info(error))
            else:
                self._failed(call, error_info(error))

    async def _run_node(self, call: NodeCall, error: ErrorInfo | None = None) -> None:
        """Everything that can happen to a node ends here; nothing leaves the run hanging."""
        error = error or parked_error(call)
        try:
            while True:
                verdict = await self._try_once(call) if error is None else await self._park(call, error)
                if verdict is None:
                    return
                error = None
        except Halt:
            return
        except asyncio.CancelledError:
            self._cancelled(call)
        except Exception as unexpected:
            if is_cancelled_exception(unexpected):
                self._cancelled(call)
            else:
                self._failed(call, error_info(unexpected))

    async def _try_once(self, call: NodeCall) -> Verdict | None:
        try:
            self._completed(call, await self._execute(call))
        except Exception as error:
            if isinstance(error, Halt) or is_cancelled_exception(error):
                raise
            info = error_info(error)
            asks = call.node.on_error is OnError.PAUSE or people_decide(info)
            if asks and self.run.stopping != "end":
                call.memo["attempts"] = getattr(error, "attempts", None)
                return await self._park(call, info)
            self._failed(call, info)
        return None

    async def _park(self, call: NodeCall, error: ErrorInfo) -> Verdict | None:
        """Asks a person what to do about a failed node; None when that settles the node."""
        verdict = await ask(call, error)
        if verdict.action == "retry":
            self.frame.nodes[call.node.id].status = NodeStatus.RUNNING
            return verdict
        if verdict.action == "done":
            self._completed(call, NodeOutcome(verdict.value, call.node.ports[0]), told=True)
        elif verdict.action == "compensate":
            problem = await undo_now(call, verdict.value)
            if problem is not None:
                return await self._park(call, undo_failed(error, problem))
            self._failed(call, undone(error))
            # Whoever runs the node once more asks for something new, not for what was undone.
            call.state.iteration += 1
        else:
            self._failed(call, error)
        return None

    async def _execute(self, call: NodeCall) -> NodeOutcome:
        if call.node.mode is Mode.INLINE:
            return self._compute(call.node, call.written)
        if call.node.mode is Mode.CONTROL:
            controlled: NodeOutcome = await behaviour(call.node.kind)(call)
            return controlled
        result = await self._execute_action(call)
        self.run.rested()
        return result

    def _compute(self, node: PlanNode, config: dict[str, Any]) -> NodeOutcome:
        outcome: NodeOutcome = self.run.measured(lambda: behaviour(node.kind)(config, self.scope()))
        return outcome

    async def _execute_action(self, call: NodeCall) -> NodeOutcome:
        config, remote = call.settings(), call.node.mode is Mode.REMOTE
        own = _own_budget(config) if remote else None
        await self.run.breathe()
        log = self.run.log.take()
        step = StepInput(
            workspace_id=self.run.run.workspace_id,
            run_id=self.run.run.run_id,
            run_attempt=self.run.run.run_attempt,
            path=call.path,
            iteration=call.iteration,
            kind=call.node.kind,
            name=call.node.name,
            config=config,
            log=log,
            credentials=self.run.credentials_of(call.node),
            approved=approvals_before(self.graph, self.frame, call.node.id),
            budget=self.run.budget(own) if remote else None,
        )
        try:
            with self.run.working():
                result = await call_step(call.node, step, self.run.rest)
        except BaseException:
            self.run.log.put_back(log)
            raise
        self.run.add_cost(result.cost_usd)
        return NodeOutcome(result.output, result.port)

    # What became of them

    def _completed(self, call: NodeCall, outcome: NodeOutcome, *, told: bool = False) -> None:
        """Records a finished node, and how it can be undone; `told` means that no activity has put it into the log."""
        self._record(call, outcome, told=told)
        self._remember_undo(call)

    def _record(self, call: NodeCall, outcome: NodeOutcome, *, told: bool) -> None:
        node, state = call.node, call.state
        limit = MAX_VALUE_BYTES if node.body is None else MAX_LIST_BYTES
        size = checked_size(outcome.output, "output of the step", limit)
        if outcome.port not in node.ports:
            raise PerdureError(ErrorCode.INTERNAL, f"{node.kind} left through unknown port {outcome.port!r}.")
        self.run.account(size - state.size)
        state.size = size
        if node.kind == "output":
            self.frame.result, self.frame.has_result = outcome.output, True
        if told or node.mode in (Mode.INLINE, Mode.CONTROL):
            call.log(NodeStatus.COMPLETED, output=outcome.output, port=outcome.port)
        self._resolved(node, outcome.port, outcome.output)

    def _failed(self, call: NodeCall, error: ErrorInfo) -> None:
        node, placed = call.node, error.at(call.path)
        call.log(NodeStatus.FAILED, error=placed)
        if node.on_error is OnError.CONTINUE:
            self._resolved(node, DEFAULT_PORT if DEFAULT_PORT in node.ports else node.ports[0], None, placed)
        elif node.on_error is OnError.ROUTE:
            self._resolved(node, ERROR_PORT, None, placed)
        else:
            call.state.status, call.state.port, call.state.error = NodeStatus.FAILED, None, placed
            self._fail(placed)

    def _resolved(self, node: PlanNode, port: str, output: Any, error: ErrorInfo | None = None) -> None:
        self._scheduler.complete(node.id, port, output, error)
        self._check_loops()
        self._log_skipped()

    def _check_loops(self) -> None:
        loop = self._scheduler.exceeded
        if loop is None:
            return
        info = ErrorInfo(
            code=ErrorCode.LOOP_LIMIT,
            message=f"The loop at {loop.header!r} did not end within {loop.max_iterations} iterations; "
            "check its condition or raise max_iterations.",
            node=self.place.path(loop.header),
        )
        header = self.frame.nodes[loop.header]
        header.status, header.port, header.error = NodeStatus.FAILED, None, info
        self._fail(info)

    def _fail(self, error: ErrorInfo) -> None:
        if self.failure is None:
            self.failure = error
        self._wake.set()

    def _cancelled(self, call: NodeCall) -> None:
        call.state.status, call.state.port = NodeStatus.CANCELLED, None
        call.log(NodeStatus.CANCELLED)

    def _remember_undo(self, call: NodeCall) -> None:
        try:
            undo = undo_of(call)
        except PerdureError as error:
            # Better to stop now than to find out, when it must be undone, that it cannot be.
            self._fail(error.info.at(self.place.path(call.node.compensate_with or "")))
            return
        if undo is not None:
            self.run.undo.append(undo)

    def _log_skipped(self) -> None:
        for node_id, iteration in self._scheduler.take_skipped():
            node = self.graph.node[node_id]
            entry = StepEntry(
                path=self.place.path(node_id),
                iteration=iteration,
                kind=node.kind,
                name=node.name,
                status=NodeStatus.SKIPPED,
                at=workflow.now().isoformat(),
            )
            self.run.log.add(entry)

    def _result(self) -> Any:
        """The declared output, else that of the last `output` node, else that of the nodes at the ends."""
        if self.graph.output is not None:
            try:
                value = self.run.measured(lambda: resolve(self.graph.output, self.scope()))
                checked_size(value, "output of the workflow")
            except PerdureError as error:
                raise GraphFailedError(error.info) from error
            return value
        if self.frame.has_result:
            return self.frame.result
        ends = [n.id for n in self.graph.nodes if not self.graph.outgoing.get(n.id) and not n.compensates]
        if len(ends) == 1:
            return self.frame.nodes[ends[0]].output
        done = {n: self.frame.nodes[n] for n in ends}
        return {n: state.output for n, state in done.items() if state.status is NodeStatus.COMPLETED}
