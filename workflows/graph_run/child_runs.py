"""Runs a published workflow, which may be an agent, as a run of its own and waits for its end."""

import uuid
from typing import Any, Final

from temporalio import workflow

from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import ChildRun, NodeStatus, ParentLink, PlanRef, RunInput, RunStatus
from schemas.plan import PinnedVersion
from schemas.signals import ChildDone
from workflows.graph_run.children import Tries, run_child
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.run_context import checked_size

MAX_DEPTH: Final = 16
"""Levels of runs that start runs."""


async def run_agent(call: NodeCall, version: PinnedVersion, given: Any, *, early: bool = False) -> Any:
    """Runs a pinned agent, which hears what is said to this run meanwhile, and gives its output.

    Args:
        call: The step that waits for it.
        version: The agent.
        given: Its input.
        early: Whether it also hears what was said to the step before it began.

    Raises:
        PerdureError: as `run_version`.
    """
    run = call.run
    if early and "said_before" not in call.memo:  # once, for whoever starts it anew gives it the same
        call.memo["said_before"] = [{**one, "path": None} for one in run.steers_for(call.path)]
    try:
        return await run_version(call, version, given, agent=True)
    finally:
        run.agent_runs.pop(call.path, None)


async def run_version(call: NodeCall, version: PinnedVersion, given: Any, *, agent: bool = False) -> Any:
    """Runs a pinned version and gives its output.

    Args:
        call: The step that waits for it.
        version: What to run.
        given: Its input.
        agent: Whether it hears what is said to this run.

    Raises:
        PerdureError: CHILD_FAILED with the child's error, or INVALID_CONFIG if runs are nested too deep.
    """
    checked_size(given, "input of the child run")
    run = call.run.run
    if run.depth >= MAX_DEPTH:
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"Workflows call each other more than {MAX_DEPTH} levels deep.")
    tries = Tries(call.memo, "child")
    key = f"{call.key}/{tries.number}" if tries.number else call.key
    child_id = str(uuid.uuid5(uuid.UUID(run.run_id), f"{run.run_attempt}/{key}"))
    call.waiting(
        NodeStatus.WAITING, input={"run_id": child_id, "workflow": version.workflow, "version": version.version}
    )
    child = _child(call, key, child_id, version, given)
    if agent:
        call.run.agent_runs[call.path] = f"run-{child_id}"
    done = await run_child(call.run, tries, key, f"run-{child_id}", child.plan_ref, lambda: child)
    call.took(done)
    if done.status is not RunStatus.COMPLETED:
        raise _failure(child_id, done)
    return done.output


def _child(call: NodeCall, key: str, child_id: str, version: PinnedVersion, given: Any) -> RunInput:
    run = call.run.run
    plan = PlanRef(
        workspace_id=run.workspace_id, plan_hash=version.plan_hash, blob_hash=version.blob_hash, size=version.size
    )
    return RunInput(
        workspace_id=run.workspace_id,
        run_id=child_id,
        plan_ref=plan,
        input=given,
        parent=ParentLink(workflow_id=workflow.info().workflow_id, child_key=key, run_id=run.run_id, path=call.path),
        depth=run.depth + 1,
        root_run_id=call.run.root_run_id,
        tree_usd=call.run.tree_usd,
        crews=call.run.budgets_of_children,
        workflow=version.workflow,
        steers=tuple(call.memo.get("said_before", ())),
        child=ChildRun(parent_run_id=run.run_id, parent_path=call.path, version=version, input=given),
    )


def _failure(child_id: str, done: ChildDone) -> PerdureError:
    error: ErrorInfo | None = done.error
    reason = error.message if error is not None else "it was stopped."
    return PerdureError(
        ErrorCode.CHILD_FAILED,
        f"The child run failed: {reason}",
        details={"run_id": child_id, "error": None if error is None else error.model_dump(mode="json")},
    )
