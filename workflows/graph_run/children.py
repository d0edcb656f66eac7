"""Child workflows: started once, told to stop, awaited through a signal so that the parent's history may change."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError

from schemas.messages import GRAPH_RUN, ParentLink, PlanRef, RunInput, RunStatus
from schemas.signals import ChildDone, Control
from workflows.graph_run.mailbox import Halt, forgotten
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import load_undo

STOP_SECONDS = 600.0
"""How long a cancelled run waits for its children to compensate."""


class Tries:
    """Children that ended without success in one place of a node: the next one there needs an id of its own.

    One that was told to stop may have done all its work before it heard of it; its end is kept for whoever tries again.
    One that has not ended in time is waited for before the next one begins.

    Args:
        memo: Of the node.
        name: Of the place below the node.
    """

    def __init__(self, memo: dict[str, Any], name: str) -> None:
        self._failed: dict[str, list[Any]] = memo.setdefault("failed", {})
        self._begun: dict[str, str] = memo.setdefault("begun", {})
        self._late: dict[str, list[str]] = memo.setdefault("late", {})
        self._done: dict[str, Any] = memo.setdefault("stopped", {})
        self._name = name

    @property
    def number(self) -> int:
        """How many there were."""
        return len(self._failed.get(self._name, ()))

    @property
    def memo(self) -> dict[str, Any] | None:
        """How far the last one had come, if it has said so."""
        before = self._failed.get(self._name)
        memo: dict[str, Any] | None = before[-1] if before else None
        return memo

    def is_begun(self, workflow_id: str) -> bool:
        """Whether this run has started the child, in this history or in one before."""
        return self._begun.get(self._name) == workflow_id

    def begin(self, workflow_id: str) -> None:
        """The child is started."""
        self._begun[self._name] = workflow_id

    def ended(self, memo: dict[str, Any] | None) -> None:
        """One has ended. What it has learnt is kept once; of those before it only their number counts."""
        self._failed[self._name] = [*(None for _ in range(self.number)), self.memo if memo is None else memo]

    def late(self, parent: str) -> str | None:
        """Key of one that was told to stop and has not ended yet, if it is this workflow that it tells of its end."""
        told, key = self._late.get(self._name, ("", ""))
        return key if told == parent else None

    def is_late(self, link: ParentLink) -> None:
        """One has not ended in time; what it learns is known when it ends after all."""
        self.ended(None)
        self._late[self._name] = [link.workflow_id, link.child_key]

    def not_late(self, memo: dict[str, Any] | None) -> None:
        """It has ended after all, or is not waited for any longer; it was the last one."""
        self._late.pop(self._name, None)
        self._failed[self._name][-1] = self.memo if memo is None else memo

    def keep(self, done: ChildDone) -> None:
        """One had completed when it was told to stop; it is counted."""
        self._done[self._name] = done.model_dump(mode="json")

    def take(self) -> ChildDone | None:
        """The end of such a one, once."""
        kept = self._done.pop(self._name, None)
        return None if kept is None else ChildDone.model_validate(kept)


async def run_child(
    run: RunContext, tries: Tries, key: str, workflow_id: str, ref: PlanRef, given: Callable[[], RunInput]
) -> ChildDone:
    """Starts a child unless an earlier part of this run did, and waits for its end; counts what it cost.

    The child outlives this execution (it may continue as new) and answers by the signal `child_done`.

    Args:
        run: The run that starts it.
        tries: Of its place; one more if it does not complete.
        key: Under which its end is awaited; never used for another child.
        workflow_id: Its id, likewise.
        ref: Its plan.
        given: Makes its argument of what is known when it starts.

    Raises:
        Halt: if the run moves to a fresh history; call it again there.
        asyncio.CancelledError: if the run stops; the child has been told and has ended.
    """
    run.starting.add(workflow_id)
    try:
        await _await_late(run, tries, given())
        if (before := tries.take()) is not None:
            return before
        return await _run(run, tries, key, workflow_id, ref, given())
    finally:
        run.starting.discard(workflow_id)


async def _run(run: RunContext, tries: Tries, key: str, workflow_id: str, ref: PlanRef, child: RunInput) -> ChildDone:
    run.children[key] = workflow_id
    try:
        if not tries.is_begun(workflow_id) and key not in run.mailbox.kept:
            await _start(workflow_id, ref, child)
            tries.begin(workflow_id)
        run.starting.discard(workflow_id)
        answer = await run.mailbox.take(key)
    except Halt:
        raise
    except BaseException:
        if not forgotten():
            await _stop(run, tries, key, workflow_id, child)
        raise
    del run.children[key]
    return _settled(run, tries, child, answer)


async def _await_late(run: RunContext, tries: Tries, child: RunInput) -> None:
    """Waits for a child that was told to stop and had not ended in time, for two must not do the same side by side.

    Raises:
        Halt: if the run moves to a fresh history.
    """
    late = None if child.parent is None else tries.late(child.parent.workflow_id)
    if late is None:
        return
    try:
        done = _counted(run, child, await run.mailbox.take(late, STOP_SECONDS))
    except TimeoutError:
        workflow.logger.warning("A child does not end; another one is started in its place.", extra={"child": late})
        tries.not_late(None)
        return
    tries.not_late(done.memo)
    if done.status is RunStatus.COMPLETED:
        tries.keep(done)


def _settled(run: RunContext, tries: Tries, child: RunInput, answer: Any) -> ChildDone:
    """The end of a child, which has been counted."""
    done = _counted(run, child, answer)
    if done.status is not RunStatus.COMPLETED:
        tries.ended(done.memo)
    return done


def _counted(run: RunContext, child: RunInput, answer: Any) -> ChildDone:
    done = ChildDone.model_validate(answer)
    run.add_cost(done.cost_usd, done.steps if child.is_part else 0)
    run.snapshot.seconds += done.seconds
    run.undo.extend(load_undo(done.undo))
    run.snapshot.permit(done.approved_tools, done.accepted_tools)
    return done


async def _start(workflow_id: str, ref: PlanRef, child: RunInput) -> None:
    try:
        await workflow.start_child_workflow(
            GRAPH_RUN,
            args=[ref, child],
            id=workflow_id,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            # One that is over was begun by what a restore has cut off: its recorded steps lead to the same end.
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            task_timeout=workflow.info().task_timeout,
        )
    except WorkflowAlreadyStartedError:
        return  # it runs, and will tell


async def _stop(run: RunContext, tries: Tries, key: str, workflow_id: str, child: RunInput) -> None:
    await tell(
        workflow_id, Control(workspace_id=run.run.workspace_id, action="cancel", reason="The parent run stopped.")
    )
    try:
        done = _settled(run, tries, child, await run.mailbox.take(key, STOP_SECONDS))
        if done.status is RunStatus.COMPLETED:
            tries.keep(done)
    except (TimeoutError, Halt):
        if child.parent is not None:
            tries.is_late(child.parent)
        workflow.logger.warning("A child did not end in time.", extra={"child": workflow_id})


async def tell(workflow_id: str, control: Control) -> None:
    """Passes a control signal on; a workflow that is gone needs none."""
    await signal(workflow_id, "control", control)


async def begun(run: RunContext, workflow_id: str) -> str:
    """The same id once that child is there: what is said to it earlier reaches nobody."""
    if workflow_id in run.starting:
        await workflow.wait_condition(lambda: workflow_id not in run.starting)
    return workflow_id


async def signal(workflow_id: str, name: str, message: Any) -> bool:
    """Signals another workflow; whether it is there to hear it."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(name, message)
    except (ApplicationError, FailureError):
        workflow.logger.info("A workflow to be signalled is gone.", extra={"target": workflow_id, "signal": name})
        return False
    return True


def window(count: int, size: int) -> list[range]:
    """`count` items in chunks of `size`."""
    return [range(start, min(start + size, count)) for start in range(0, count, size)]
