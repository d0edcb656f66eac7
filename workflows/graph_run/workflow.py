"""The workflow `graph_run`: a run, or a chunk of foreach items. Thin: signals in, walker, compensation, report."""

import asyncio
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import GRAPH_RUN, RunInput, RunResult, RunStatus
from schemas.plan import Plan
from schemas.service_calls import CloseRun, WriteLog
from schemas.signals import ArrivedEvent, ChildDone, Control, Decision, Steer
from workflows.builds import next_build
from workflows.graph_run.calls import error_info, tell_service
from workflows.graph_run.children import begun, signal, tell
from workflows.graph_run.edits import apply_edit
from workflows.graph_run.items import ItemPlan, ItemRunner
from workflows.graph_run.mailbox import Halt
from workflows.graph_run.measuring import measure_run
from workflows.graph_run.member import member_memo, walk_member
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import Ending, Snapshot, dump_snapshot, dump_undo, load_snapshot
from workflows.graph_run.undo import undo_all
from workflows.graph_run.walker import GraphFailedError, Place, Walker


@workflow.defn(name=GRAPH_RUN)
class GraphRun:
    """Interprets a plan. See docs/workflow.md for the semantics, `RunInput` for the argument."""

    @workflow.init
    def __init__(self, plan: Plan, run: RunInput) -> None:
        self._problem: ErrorInfo | None = None
        snapshot = self._snapshot(plan, run)
        self._run = RunContext(plan, run, snapshot)
        self._told_paused = self._run.paused

    def _snapshot(self, plan: Plan, run: RunInput) -> Snapshot:
        snapshot = Snapshot(steers=list(run.steers)) if run.snapshot is None else load_snapshot(run.snapshot)
        if run.edit is not None:
            try:
                apply_edit(plan.graph, snapshot, run.edit, plan.pinned)
            except PerdureError as error:
                self._problem = error.info
        snapshot.permit(run.approved_tools, run.accepted_tools)
        return snapshot

    # Signals and queries

    @workflow.signal
    async def control(self, message: Control) -> None:
        """Cancels, pauses or resumes; children are told too."""
        run = self._run
        if message.action == "cancel":
            reason = message.reason or "The run was cancelled."
            run.end(RunStatus.CANCELLED, ErrorInfo(code=ErrorCode.CANCELLED, message=reason))
            return  # children are told while their nodes are being cancelled
        run.paused = run.snapshot.paused = message.action == "pause"
        run.wake()
        for child in list(run.children.values()):
            await tell(await begun(run, child), message)

    @workflow.signal
    def decide(self, message: Decision) -> None:
        """A person has decided."""
        self._run.mailbox.put(message.approval_id, message.model_dump(mode="json"))

    @workflow.signal
    def event(self, message: ArrivedEvent) -> None:
        """An awaited event has come."""
        self._run.mailbox.put(message.waiter_id, message.model_dump(mode="json"))

    @workflow.signal
    async def steer(self, message: Steer) -> None:
        """A person says something to an agent, which hears it before its next turn; members of crews are told."""
        run = self._run
        targets, agents = run.members_at(message.path), run.agent_runs_at(message.path)
        if not (targets or agents) or (message.path is None and run.agents):
            run.steer(message)
        elsewhere = message.model_copy(update={"path": None})  # paths of this run mean nothing there
        for target, said in [*((member, message) for member in targets), *((agent, elsewhere) for agent in agents)]:
            if not await signal(await begun(run, target), "steer", said):
                run.steer(message)

    @workflow.signal
    def child_done(self, message: ChildDone) -> None:
        """A child workflow has ended."""
        self._run.mailbox.put(message.child_key, message.model_dump(mode="json"))

    @workflow.signal
    def upgrade(self) -> None:
        """Another build of the workers is current now: go on there, in a fresh history."""
        if workflow.info().is_target_worker_deployment_version_changed():
            self._run.move()

    @workflow.query
    def snapshot(self) -> dict[str, Any]:
        """The interpreter state, for a fork of a run that is still going on."""
        return dump_snapshot(self._run.snapshot)

    # The run

    @workflow.run
    async def run(self, plan: Plan, run: RunInput) -> RunResult:
        """Walks the plan to its end and reports it.

        Raises:
            ApplicationError: when the run has failed, so that Temporal shows it as failed; all is recorded before.
        """
        if run.child is not None and run.snapshot is None:
            await self._write_log(None)  # the row of a child run comes before its steps
        background = [asyncio.create_task(self._keep_log()), asyncio.create_task(self._keep_time())]
        try:
            ending = self._run.snapshot.ending or await self._walk()
            problems = await self._compensate(ending)
        except Halt:
            await self._stop(background)
            await self._move()
        await self._stop(background)
        await self._report(ending, problems)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._answer(ending)

    async def _stop(self, background: list[asyncio.Task[None]]) -> None:
        """Ends the background work; entries that it was about to store are back in the buffer then."""
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)

    async def _walk(self) -> Ending:
        """Walks until the run is over.

        Raises:
            Halt: if it must go on in a fresh history.
        """
        if self._problem is not None:
            return Ending(RunStatus.FAILED, self._problem)
        task = asyncio.create_task(self._walk_once())
        while not task.done():
            try:
                await workflow.wait_condition(task.done)
            except asyncio.CancelledError:
                # Cancelled from outside Perdure: the same as our own signal.
                self._run.end(
                    RunStatus.CANCELLED,
                    ErrorInfo(code=ErrorCode.CANCELLED, message="The run was cancelled in Temporal."),
                )
        return task.result()

    async def _walk_once(self) -> Ending:
        run = self._run
        try:
            output = await self._walk_whole()
            ending = Ending(RunStatus.COMPLETED, output=output)
        except Halt:
            if run.ending is None:
                raise
            ending = run.ending
        except GraphFailedError as error:
            ending = Ending(RunStatus.FAILED, error.info)
        except Exception as error:
            ending = Ending(RunStatus.FAILED, error_info(error))
        run.snapshot.ending = run.ending or ending
        return run.snapshot.ending

    async def _walk_whole(self) -> Any:
        run = self._run
        if run.run.chunk is not None:
            return await self._walk_chunk()
        if run.run.member is not None:
            return await walk_member(run, run.run.member)
        return await Walker(run, run.plan.graph, run.snapshot.frame, Place()).walk()

    async def _walk_chunk(self) -> list[Any]:
        run, chunk = self._run, self._run.run.chunk
        assert chunk is not None  # noqa: S101 - asked before
        body = run.plan.graph_at(chunk.node)
        plan = ItemPlan(
            graph=body,
            plan_path=chunk.node,
            path=chunk.path,
            items=chunk.items,
            first_index=chunk.first_index,
            vars=chunk.vars,
            concurrency=chunk.concurrency,
            on_item_error=chunk.on_item_error,
        )
        runner = ItemRunner(run, plan, run.snapshot.progress)
        await runner.run_all()
        return runner.results()

    async def _compensate(self, ending: Ending) -> list[ErrorInfo]:
        # What a chunk has done is undone by its parent, in one order for the whole run.
        if ending.status is RunStatus.COMPLETED or self._run.run.is_part:
            return []
        return await undo_all(self._run)

    async def _move(self) -> NoReturn:
        run = self._run
        if run.log.entries:
            await self._write_log(None)
        await workflow.wait_condition(workflow.all_handlers_finished)
        fresh = run.run.model_copy(
            update={
                "snapshot": dump_snapshot(run.snapshot),
                "edit": None,
                "started_at": run.started_at,
                "tree_usd": run.tree_usd,
            }
        )
        workflow.continue_as_new(args=[run.run.plan_ref, fresh], initial_versioning_behavior=next_build())

    # Telling the world

    async def _report(self, ending: Ending, problems: list[ErrorInfo]) -> None:
        run = self._run
        error = ending.error
        if problems and error is not None:
            failed = [problem.model_dump(mode="json") for problem in problems]
            error = error.model_copy(update={"details": {**error.details, "compensation_failed": failed}})
            ending.error = error
        if not run.run.is_part:
            await tell_service("close_run", self._closing(ending))
            measure_run(run, ending)
        elif run.log.entries:
            await self._write_log(None)
        if run.run.parent is not None:
            await signal(run.run.parent.workflow_id, "child_done", self._child_done(ending))

    def _closing(self, ending: Ending) -> CloseRun:
        run = self._run
        return CloseRun(
            workspace_id=run.run.workspace_id,
            run_id=run.run.run_id,
            run_attempt=run.run.run_attempt,
            status=ending.status,
            output=ending.output,
            error=ending.error,
            entries=run.log.take(),
            snapshot=dump_snapshot(run.snapshot),
            child=run.run.child,
        )

    def _child_done(self, ending: Ending) -> ChildDone:
        run = self._run
        parent = run.run.parent
        assert parent is not None  # noqa: S101 - asked before
        return ChildDone(
            workspace_id=run.run.workspace_id,
            child_key=parent.child_key,
            status=ending.status,
            output=ending.output,
            error=ending.error,
            cost_usd=run.snapshot.cost_usd,
            seconds=min(run.snapshot.seconds, run.age.total_seconds()),  # of parts side by side each has told its own
            steps=run.snapshot.steps,
            undo=dump_undo(run.undo) if run.run.is_part else [],
            approved_tools=tuple(run.snapshot.approved_tools) if run.run.is_part else (),
            accepted_tools=tuple(run.snapshot.accepted_tools) if run.run.is_part else (),
            memo=self._learnt() if ending.status is not RunStatus.COMPLETED else None,
        )

    def _learnt(self) -> dict[str, Any] | None:
        """How far this part of a run has come, for the one that is started in its place."""
        return member_memo(self._run) if self._run.run.chunk is None else self._run.snapshot.progress

    def _answer(self, ending: Ending) -> RunResult:
        run = self._run.run
        if ending.status is RunStatus.FAILED and run.parent is None and ending.error is not None:
            raise ApplicationError(ending.error.message, type=ending.error.code, non_retryable=True)
        return RunResult(workspace_id=run.workspace_id, status=ending.status, error=ending.error)

    # In the background

    async def _keep_time(self) -> None:
        """Ends the run at its time limit. A part leaves that to its run."""
        if self._run.run.is_part:
            return
        left = (self._run.deadline - workflow.now()).total_seconds()
        await asyncio.sleep(max(left, 0))
        limit = self._run.plan.limits.timeout
        self._run.end(
            RunStatus.FAILED,
            ErrorInfo(code=ErrorCode.RUN_TIMEOUT, message=f"The run exceeded its time limit of {limit:g} seconds."),
        )

    async def _keep_log(self) -> None:
        """Stores entries that found no activity to ride along with, and changes of pause."""
        while True:
            await workflow.wait_condition(lambda: bool(self._run.log.entries) or self._run.paused != self._told_paused)
            # One round of the event loop lets an activity that starts now take the entries.
            await asyncio.sleep(0)
            if self._run.paused != self._told_paused:
                self._told_paused = self._run.paused
                await self._write_log(RunStatus.PAUSED if self._told_paused else RunStatus.RUNNING)
            elif self._run.log.entries:
                await self._write_log(None)

    async def _write_log(self, status: RunStatus | None) -> None:
        run = self._run
        entries = run.log.take()
        message = WriteLog(
            workspace_id=run.run.workspace_id,
            run_id=run.run.run_id,
            run_attempt=run.run.run_attempt,
            entries=entries,
            status=status,
            child=run.run.child,
        )
        try:
            await tell_service("write_log", message)
        except BaseException:
            run.log.put_back(entries)
            raise
