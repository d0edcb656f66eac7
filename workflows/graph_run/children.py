"""Child workflows: started once, told to stop, awaited through a signal so that the parent's history may change."""

from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError

from schemas.messages import GRAPH_RUN, ChildDone, Control, PlanRef, RunInput
from workflows.graph_run.mailbox import Halt
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import load_undo

STOP_SECONDS = 600.0
"""How long a cancelled run waits for its children to compensate."""


async def run_child(run: RunContext, key: str, workflow_id: str, ref: PlanRef, child: RunInput) -> ChildDone:
    """Starts a child unless an earlier part of this run did, and waits for its end.

    The child outlives this execution (it may continue as new) and answers by the signal `child_done`.

    Raises:
        Halt: if the run moves to a fresh history; call it again there.
        asyncio.CancelledError: if the run stops; the child has been told and has ended.
    """
    run.children[key] = workflow_id
    try:
        await _start(workflow_id, ref, child)
        done = await run.mailbox.take(key)
    except Halt:
        raise
    except BaseException:
        await _stop(run, key, workflow_id)
        raise
    del run.children[key]
    return ChildDone.model_validate(done)


async def _start(workflow_id: str, ref: PlanRef, child: RunInput) -> None:
    try:
        await workflow.start_child_workflow(
            GRAPH_RUN,
            args=[ref, child],
            id=workflow_id,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=workflow.info().task_timeout,
        )
    except WorkflowAlreadyStartedError:
        return  # by an earlier part of this run, before it continued as new


async def _stop(run: RunContext, key: str, workflow_id: str) -> None:
    await tell(
        workflow_id, Control(workspace_id=run.run.workspace_id, action="cancel", reason="The parent run stopped.")
    )
    try:
        done = ChildDone.model_validate(await run.mailbox.take(key, STOP_SECONDS))
        run.undo.extend(load_undo(done.undo))
    except (TimeoutError, Halt):
        workflow.logger.warning("A child did not end in time.", extra={"child": workflow_id})


async def tell(workflow_id: str, control: Control) -> None:
    """Passes a control signal on; a workflow that is gone needs none."""
    await signal(workflow_id, "control", control)


async def signal(workflow_id: str, name: str, message: Any) -> None:
    """Signals another workflow, which may be gone."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(name, message)
    except (ApplicationError, FailureError):
        workflow.logger.info("A workflow to be signalled is gone.", extra={"target": workflow_id, "signal": name})


def window(count: int, size: int) -> list[range]:
    """`count` items in chunks of `size`."""
    return [range(start, min(start + size, count)) for start in range(0, count, size)]
