"""A workflow under the name of `graph_run` that writes down what it is told and ends when it is told to."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from schemas.messages import GRAPH_RUN, RunInput, RunResult, RunStatus
from schemas.plan import Plan
from schemas.signals import ChildDone, Control, Decision


@workflow.defn(name=GRAPH_RUN)
class StubRun:
    @workflow.init
    def __init__(self, plan: Plan, run: RunInput) -> None:
        self.plan, self.run_input = plan, run
        self.told: list[str] = []
        self.ending: str | None = None

    @workflow.run
    async def run(self, plan: Plan, run: RunInput) -> RunResult:
        await workflow.wait_condition(lambda: self.ending is not None)
        if self.ending == "fail":
            raise ApplicationError("It broke.", type="code_failed", non_retryable=True)
        return RunResult(workspace_id=run.workspace_id, status=RunStatus.COMPLETED)

    @workflow.signal
    def control(self, message: Control) -> None:
        self.told.append(message.action)
        if message.action == "cancel":
            self.ending = message.reason or "end"

    @workflow.signal
    def decide(self, message: Decision) -> None:
        self.told.append(message.decision)

    @workflow.signal
    def child_done(self, message: ChildDone) -> None:
        self.told.append(f"{message.child_key}:{message.status}")

    @workflow.query
    def seen(self) -> dict[str, Any]:
        return {
            "told": self.told,
            "plan": self.plan.name,
            "run": self.run_input.model_dump(mode="json"),
            "task_timeout": workflow.info().task_timeout.total_seconds(),
        }
