"""Behaviour of `sub_workflow`: the child is a run of its own, pinned when this workflow was published."""

import uuid

from temporalio import workflow

from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import ChildRun, NodeStatus, ParentLink, PlanRef, RunInput, RunStatus
from schemas.nodes.sub_workflow import SubWorkflowConfig
from schemas.plan import PinnedVersion
from workflows.graph_run.children import run_child
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.run_context import checked_size
from workflows.outcome import NodeOutcome

MAX_DEPTH = 16
"""Levels of runs that start runs."""


async def run(call: NodeCall) -> NodeOutcome:
    """Runs the pinned version and gives its output.

    Raises:
        PerdureError: CHILD_FAILED with the child's error, or INVALID_CONFIG if runs are nested too deep.
    """
    config = call.config(SubWorkflowConfig)
    checked_size(config.input, "input of the child run")
    run = call.run.run
    if run.depth >= MAX_DEPTH:
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"Workflows call each other more than {MAX_DEPTH} levels deep.")
    version = call.run.plan.pinned[call.node.config["workflow"]]
    child_id = str(uuid.uuid5(uuid.UUID(run.run_id), f"{run.run_attempt}/{call.key}"))
    call.waiting(
        NodeStatus.WAITING, input={"run_id": child_id, "workflow": version.workflow, "version": version.version}
    )
    done = await run_child(
        call.run, call.key, f"run-{child_id}", _ref(run.workspace_id, version), _child(call, child_id, version, config)
    )
    call.run.add_cost(done.cost_usd)
    if done.status is not RunStatus.COMPLETED:
        raise _failure(child_id, done.error)
    return NodeOutcome(done.output)


def _ref(workspace_id: str, version: PinnedVersion) -> PlanRef:
    return PlanRef(
        workspace_id=workspace_id, plan_hash=version.plan_hash, blob_hash=version.blob_hash, size=version.size
    )


def _child(call: NodeCall, child_id: str, version: PinnedVersion, config: SubWorkflowConfig) -> RunInput:
    run = call.run.run
    return RunInput(
        workspace_id=run.workspace_id,
        run_id=child_id,
        plan_ref=_ref(run.workspace_id, version),
        input=config.input,
        parent=ParentLink(
            workflow_id=workflow.info().workflow_id, child_key=call.key, run_id=run.run_id, path=call.path
        ),
        depth=run.depth + 1,
        child=ChildRun(parent_run_id=run.run_id, parent_path=call.path, version=version, input=config.input),
    )


def _failure(child_id: str, error: ErrorInfo | None) -> PerdureError:
    reason = error.message if error is not None else "it was stopped."
    return PerdureError(
        ErrorCode.CHILD_FAILED,
        f"The child run failed: {reason}",
        details={"run_id": child_id, "error": None if error is None else error.model_dump(mode="json")},
    )
