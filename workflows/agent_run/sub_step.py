"""A step of the run log below a node: what an agent does is seen, retried, recorded and asked about like any step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from schemas.budgets import ModelBudget
from schemas.document import OnError, Retry
from schemas.errors import ErrorInfo
from schemas.messages import ApprovalProof, NodeStatus, StepCredentials, StepInput, StepResult
from schemas.nodes import specs
from schemas.plan import PlanNode
from workflows.graph_run.calls import StepFailure, call_step
from workflows.graph_run.interventions import ACCEPTED, DECIDED, ask, parked_error, people_decide
from workflows.graph_run.mailbox import forgotten
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.run_context import checked_size
from workflows.graph_run.state import NodeState


def path_of(call: NodeCall) -> str:
    """What paths of steps below a node begin with: `writer`, and `writer#2` in the third round of a loop."""
    return call.path if call.iteration == 0 else f"{call.path}#{call.iteration}"


def agent_name(call: NodeCall) -> str:
    """The agent as people know it: by the name of its node, or of its document where that is all there is."""
    node, plan = call.node, call.run.plan
    return plan.name if node.name == node.id and len(plan.graph.nodes) == 1 else node.name


class SubStep(NodeCall):
    """One step below a node, carried out by the activity of a kind that no document names.

    Args:
        parent: The node; what the step remembers is kept in its memo.
        name: Of the step below the node, such as `turn[3].call[0]`.
        kind: Of the activity.
        title: For people.
        settings: Of the step; texts inside of them are never taken for templates.
        retry: Overrides the kind's policy.
        timeout: Seconds of one attempt, likewise.
        budget: What it may spend on models.
    """

    def __init__(
        self,
        parent: NodeCall,
        name: str,
        kind: str,
        title: str,
        settings: dict[str, Any],
        *,
        retry: Retry | None = None,
        timeout: float | None = None,
        budget: ModelBudget | None = None,
    ) -> None:
        spec = specs()[kind]
        self.walker, self.run, self.name = parent.walker, parent.run, name
        self.agent_name, self._budget = agent_name(parent), budget
        self.path = f"{path_of(parent)}.{name}"
        self.node = PlanNode(
            id=parent.node.id,
            kind=kind,
            name=title,
            mode=spec.mode,
            config=settings,
            ports=("out",),
            retry=retry or spec.retry,
            timeout=timeout or spec.timeout,
            heartbeat=spec.heartbeat,
            queue=spec.queue,
            on_error=OnError.CONTINUE,
        )
        self._kept: dict[str, Any] = parent.memo.setdefault("steps", {})
        kept = self._kept.setdefault(name, {"iteration": 0, "memo": {}})
        self.state = NodeState(iteration=kept["iteration"], memo=kept["memo"])

    @property
    def label(self) -> str:
        """The agent, and what it does."""
        own = self.node.name
        return own if own.startswith(self.agent_name) else f"{self.agent_name}: {own}"

    @property
    def accepted(self) -> str | None:
        """Digest of a tool that a person has accepted while the step waited."""
        accepted: str | None = self.memo.get(ACCEPTED)
        return accepted

    def settings(self) -> dict[str, Any]:
        """The settings as they are: what a model has written is data, whatever braces it holds."""
        settings = self.node.config if self.edited is None else self.edited
        if self.accepted is not None:
            settings = {**settings, ACCEPTED: [*settings.get(ACCEPTED, ()), self.accepted]}
        checked_size(settings, "input of the step")
        return settings

    async def done(
        self, credentials: StepCredentials | None = None, approved: tuple[ApprovalProof, ...] = ()
    ) -> StepResult:
        """Carries the step out; where only a person can say how it goes on, one is asked.

        Raises:
            StepFailure: when it has failed for good; that is in the log then.
            Halt: if the run moves while a person is asked, or while it is not its turn.
        """
        error = parked_error(self)
        while True:
            if error is None:
                try:
                    return self._ended(await self._perform(credentials, approved))
                except StepFailure as failure:
                    error = failure.info
                    self.memo["attempts"] = failure.attempts
            if not people_decide(error) or self.run.stopping == "end":
                raise self._failed(error)
            verdict = await ask(self, error)
            self._kept[self.name]["iteration"] = self.state.iteration
            if verdict.action == "done":
                self.log(NodeStatus.COMPLETED, output=verdict.value, port="out")
                return self._ended(StepResult(workspace_id=self.run.run.workspace_id, output=verdict.value))
            if verdict.action != "retry":
                raise self._failed(error.model_copy(update={"details": {**error.details, DECIDED: True}}))
            error = None

    def finish(self, output: Any) -> None:
        """Ends a step that no activity has carried out, and puts its output into the log."""
        self.log(NodeStatus.COMPLETED, output=output, port="out")
        self._kept.pop(self.name, None)

    def _ended(self, result: StepResult) -> StepResult:
        self._kept.pop(self.name, None)
        return result

    def _failed(self, error: ErrorInfo) -> StepFailure:
        self.log(NodeStatus.FAILED, error=error.at(self.path))
        self._kept.pop(self.name, None)
        return StepFailure(error)

    async def _perform(self, credentials: StepCredentials | None, approved: tuple[ApprovalProof, ...]) -> StepResult:
        run = self.run
        settings = self.settings()
        await run.breathe()
        async with _slot(self):
            log = run.log.take()
            step = StepInput(
                workspace_id=run.run.workspace_id,
                run_id=run.run.run_id,
                run_attempt=run.run.run_attempt,
                path=self.path,
                iteration=self.iteration,
                kind=self.node.kind,
                name=self.node.name,
                config=settings,
                log=log,
                credentials=credentials,
                approved=approved,
                budget=run.budget(self._budget),
            )
            began = workflow.now()
            try:
                with run.working():
                    result = await call_step(self.node, step, run.rest)
            except BaseException as error:
                if not forgotten():
                    run.log.put_back(log)
                    if is_cancelled_exception(error):
                        self.log(NodeStatus.CANCELLED)
                raise
            finally:
                if not forgotten():
                    self.seconds += (workflow.now() - began).total_seconds()
        run.rested()
        run.add_cost(result.cost_usd)
        return result


@asynccontextmanager
async def _slot(step: SubStep) -> AsyncIterator[None]:
    """One of the steps that a run may have under way at once; counts as a step of the run."""
    run = step.run

    def is_free() -> bool:
        return run.has_slot and (not run.paused or run.stopping is not None)

    while True:
        await workflow.wait_condition(is_free)
        if is_free():  # all who wait are woken by the same slot
            break
    run.count_step()
    run.active += 1
    try:
        yield
    finally:
        if not forgotten():
            run.active -= 1
            run.wake()
